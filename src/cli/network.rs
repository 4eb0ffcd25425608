//! What can be said of a network: its parts when one is trained, and what a weight file leaves open.

use crate::models::{self, Connectivity, Ebt, Encoding, Features, Hints, Readout};
use clap::{Args as ClapArgs, ValueEnum};

/// What PyTorch weights do not say of themselves; what is not given here is assumed as in the paper's recipes.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(super) struct ModelHints {
    /// The architecture of weights that fit GraphiT and SAN alike
    #[arg(long, value_enum, help_heading = "What PyTorch weights do not say")]
    model_arch: Option<Arch>,
    /// Their number of attention heads
    #[arg(long, help_heading = "What PyTorch weights do not say")]
    model_heads: Option<usize>,
    /// Where their attention weights come from, if they have explicit bias terms
    #[arg(long, value_enum, help_heading = "What PyTorch weights do not say")]
    model_ebt: Option<EbtChoice>,
    /// How their nodes become one row per molecule
    #[arg(long, value_enum, help_heading = "What PyTorch weights do not say")]
    model_readout: Option<ReadoutChoice>,
    /// What they predict
    #[arg(long, value_enum, help_heading = "What PyTorch weights do not say")]
    model_task: Option<TaskChoice>,
    /// How much absent bonds count in SAN's full graph
    #[arg(long, help_heading = "What PyTorch weights do not say")]
    model_gamma: Option<f32>,
}

/// `--model-task`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TaskChoice {
    /// Values per molecule
    Regression,
    /// Labels of molecules
    Labels,
    /// Labels of atoms
    NodeLabels,
}

/// `--model-readout`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReadoutChoice {
    /// Average
    Mean,
    /// Sum
    Sum,
}

impl From<ReadoutChoice> for Readout {
    fn from(choice: ReadoutChoice) -> Self {
        match choice {
            ReadoutChoice::Mean => Self::Mean,
            ReadoutChoice::Sum => Self::Sum,
        }
    }
}

impl ModelHints {
    pub(super) fn hints(&self) -> Hints {
        Hints {
            arch: self.model_arch.map(Into::into),
            heads: self.model_heads,
            ebt: self.model_ebt.map(Into::into),
            readout: self.model_readout.map(Into::into),
            task: self.model_task.map(|task| match task {
                TaskChoice::Regression => models::Task::GraphRegression,
                TaskChoice::Labels => models::Task::GraphLabels,
                TaskChoice::NodeLabels => models::Task::NodeLabels,
            }),
            connectivity: self.model_gamma.map(|gamma| Connectivity::Gamma { gamma }),
        }
    }
}

/// `--arch`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Arch {
    /// Graph transformer with an edge stream
    Gt,
    /// GraphiT
    Graphit,
    /// SAN
    San,
}

impl From<Arch> for crate::models::Arch {
    fn from(choice: Arch) -> Self {
        match choice {
            Arch::Gt => Self::Gt,
            Arch::Graphit => Self::Graphit,
            Arch::San => Self::San,
        }
    }
}

/// `--ebt` of `train`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EbtChoice {
    /// Attention weights from the biased edge score
    Paper,
    /// Attention weights from the bias alone
    Code,
}

impl From<EbtChoice> for Ebt {
    fn from(choice: EbtChoice) -> Self {
        match choice {
            EbtChoice::Paper => Self::Paper,
            EbtChoice::Code => Self::Code,
        }
    }
}

/// `--features`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FeatureChoice {
    /// 28 atom types; single, double and triple bonds
    Zinc,
    /// The same atom types, all bonds alike
    ZincConstant,
    /// The fields of the Open Graph Benchmark
    Ogb,
    /// The 74 and 12 integers that GT reads on TOX21
    Canonical,
}

impl From<FeatureChoice> for Features {
    fn from(choice: FeatureChoice) -> Self {
        match choice {
            FeatureChoice::Zinc => Self::Zinc,
            FeatureChoice::ZincConstant => Self::ZincConstant,
            FeatureChoice::Ogb => Self::Ogb,
            FeatureChoice::Canonical => Self::Canonical,
        }
    }
}

/// `--full-graph`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FullGraph {
    /// With the constants of the architecture's authors
    Fixed,
    /// SAN only: gamma is learned
    Learned,
}

impl FullGraph {
    /// What it means for an architecture.
    pub(super) fn connectivity(self, arch: models::Arch) -> Connectivity {
        match self {
            Self::Fixed => Connectivity::full(arch),
            Self::Learned => Connectivity::LearnedGamma,
        }
    }
}

/// `--encoding`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EncodingChoice {
    /// Nothing
    Off,
    /// 8 eigenvectors of the Laplacian, signs drawn anew for every batch
    Laplacian,
    /// SAN's learned encoding of 10 eigenvalues and eigenvectors
    Learned,
    /// Return probabilities of a random walk of 16 steps
    RandomWalk,
    /// Number of neighbours, up to 6
    Degree,
}

impl From<EncodingChoice> for Encoding {
    fn from(choice: EncodingChoice) -> Self {
        match choice {
            EncodingChoice::Off => Self::Off,
            EncodingChoice::Laplacian => Self::LAPLACIAN,
            EncodingChoice::Learned => Self::LEARNED,
            EncodingChoice::RandomWalk => Self::RANDOM_WALK,
            EncodingChoice::Degree => Self::DEGREE,
        }
    }
}
