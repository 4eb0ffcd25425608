//! What can be said on the command line. Scripts rely on these names.

use crate::domain::{DirectedEdge, Split};
use crate::gpu::Compute;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// See where massive activations sit inside a graph transformer, bond by bond.
#[derive(Debug, Parser)]
#[command(version)]
pub(super) struct Args {
    /// Molecules to open in the window: SMILES in CSV, TSV or .smi, plain or gzip [default: the bundled ZINC molecules]
    pub(super) file: Option<PathBuf>,
    /// Where to compute: a real GPU if there is one (auto), the GPU, or the CPU
    #[arg(long, global = true, value_enum, default_value_t = DeviceChoice::Auto)]
    pub(super) device: DeviceChoice,
    /// Neither read nor write remembered window settings
    #[arg(long)]
    pub(super) no_persist: bool,
    /// Without one of these, the window opens
    #[command(subcommand)]
    pub(super) task: Option<Task>,
}

/// `--device`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DeviceChoice {
    /// A real GPU for sweeps and training if there is one, else the CPU
    Auto,
    /// Everything on the GPU, even a software one
    Gpu,
    /// Everything on the CPU
    Cpu,
}

impl From<DeviceChoice> for Compute {
    fn from(choice: DeviceChoice) -> Self {
        match choice {
            DeviceChoice::Auto => Self::Auto,
            DeviceChoice::Gpu => Self::Gpu,
            DeviceChoice::Cpu => Self::Cpu,
        }
    }
}

/// What to do without a window.
#[derive(Debug, Subcommand)]
pub(super) enum Task {
    /// Say what a file holds, which lines cannot be used, and why
    Inspect(Inspect),
    /// Write everything that goes on inside the model for one molecule
    Trace(Trace),
    /// Measure massive activations over many molecules: tables and figures
    Analyze(Analyze),
    /// Draw one figure
    Figure(Figure),
    /// Train a model
    Train(Train),
    /// List the bundled models
    Models,
}

/// `inspect`
#[derive(Debug, ClapArgs)]
pub(super) struct Inspect {
    /// The file to look at
    pub(super) file: PathBuf,
    /// Also describe every usable molecule
    #[arg(long)]
    pub(super) records: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub(super) format: TextFormat,
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TextFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Which model answers, and about what.
#[derive(Debug, ClapArgs)]
pub(super) struct Subject {
    /// The file with molecules
    pub(super) file: PathBuf,
    /// A bundled model (see `bondscope models`) or a weight file
    #[arg(long, default_value = "gt-zinc")]
    pub(super) model: String,
    /// The molecule: its place among the usable records, from 0
    #[arg(long, default_value_t = 0)]
    pub(super) molecule: u32,
    /// Scale of the trained explicit bias terms, 0 to 1
    #[arg(long, value_parser = unit_interval)]
    pub(super) ebt: Option<f32>,
    /// Edges to take out of message passing: 3-7 (both directions) or 3>7 (one), separated by commas
    #[arg(long, value_delimiter = ',', value_parser = edges)]
    pub(super) ablate: Vec<Edges>,
}

/// `trace`
#[derive(Debug, ClapArgs)]
pub(super) struct Trace {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// Where to write: .safetensors, .npz or .json
    #[arg(long)]
    pub(super) out: PathBuf,
}

/// Which molecules are measured.
#[derive(Debug, ClapArgs)]
pub(super) struct Chosen {
    /// Only the molecules of this split [default: test where the file has splits, else all]
    #[arg(long, value_enum)]
    pub(super) split: Option<SplitChoice>,
    /// Only the first N of them
    #[arg(long)]
    pub(super) limit: Option<usize>,
}

/// `--split`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SplitChoice {
    /// Every molecule
    All,
    /// The training molecules
    Train,
    /// The validation molecules
    Val,
    /// The test molecules
    Test,
}

impl SplitChoice {
    /// The split, or `None` for every molecule.
    pub(super) fn split(self) -> Option<Split> {
        match self {
            Self::All => None,
            Self::Train => Some(Split::Train),
            Self::Val => Some(Split::Val),
            Self::Test => Some(Split::Test),
        }
    }
}

/// `analyze`
#[derive(Debug, ClapArgs)]
pub(super) struct Analyze {
    /// The file with molecules
    pub(super) file: PathBuf,
    /// A bundled model (see `bondscope models`) or a weight file
    #[arg(long, default_value = "gt-zinc")]
    pub(super) model: String,
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// The folder for tables and figures; made if it does not exist
    #[arg(long)]
    pub(super) out: PathBuf,
}

/// `figure`
#[derive(Debug, ClapArgs)]
pub(super) struct Figure {
    #[command(flatten)]
    pub(super) subject: Subject,
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// The layer, from 0
    #[arg(long, default_value_t = 0)]
    pub(super) layer: usize,
    /// What to draw
    #[arg(long, value_enum, default_value_t = Kind::Molecule)]
    pub(super) kind: Kind,
    /// Pixels per point of a .png
    #[arg(long, default_value_t = 2.0, value_parser = pixel_scale)]
    pub(super) scale: f32,
    /// Where to write: .svg, .pdf, .png, or .csv for the numbers
    #[arg(long)]
    pub(super) out: PathBuf,
}

/// `--kind`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// The molecule, bonds coloured by MA ratio
    Molecule,
    /// Sorted ratio curves of the molecule's edges, one per layer
    EdgeRatios,
    /// Sorted batch maxima over the split, trained over the base range
    Curves,
    /// Histogram of -log10(ratio) over the split with its gamma fit
    Histogram,
}

/// `train`
#[derive(Debug, ClapArgs)]
pub(super) struct Train {
    /// The file with molecules, targets and a train/val/test column
    pub(super) file: PathBuf,
    /// The architecture
    #[arg(long, value_enum, default_value_t = Arch::Gt)]
    pub(super) arch: Arch,
    /// Train with explicit bias terms
    #[arg(long)]
    pub(super) ebt: bool,
    /// At most this many epochs
    #[arg(long, default_value_t = 1000)]
    pub(super) epochs: u32,
    /// Seed of the initial weights and of the order of molecules
    #[arg(long, default_value_t = crate::engine::BASE_SEED)]
    pub(super) seed: u64,
    /// Go on from the state beside --out
    #[arg(long)]
    pub(super) resume: bool,
    /// Weights of the best validation epoch; `.last.safetensors` and `.state` are written beside it
    #[arg(long)]
    pub(super) out: PathBuf,
}

/// `--arch`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Arch {
    /// Graph transformer with an edge stream
    Gt,
}

/// What one item of `--ablate` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edges(pub(super) Vec<DirectedEdge>);

fn edges(text: &str) -> Result<Edges, String> {
    let parse = |separator: char| {
        let (source, target) = text.split_once(separator)?;
        Some(DirectedEdge::new(source.trim().parse().ok()?, target.trim().parse().ok()?))
    };
    if let Some(edge) = parse('>') {
        return Ok(Edges(vec![edge]));
    }
    parse('-')
        .map(|edge| Edges(vec![edge, edge.reversed()]))
        .ok_or_else(|| "an edge is written 3-7 (both directions) or 3>7 (one), atoms counted from 0".to_owned())
}

fn unit_interval(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|scale| (0.0..=1.0).contains(scale))
        .ok_or_else(|| "the scale is a number from 0 (off) to 1 (as trained)".to_owned())
}

fn pixel_scale(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|scale| (0.1..=20.0).contains(scale))
        .ok_or_else(|| "the scale is a number from 0.1 to 20".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn edges_are_read_in_both_forms() {
        let args =
            Args::try_parse_from(["bondscope", "trace", "x.csv", "--ablate", "3-7,5>6", "--out", "y.npz"]).unwrap();
        let Some(Task::Trace(trace)) = args.task else { panic!("not a trace") };
        let all: Vec<DirectedEdge> = trace.subject.ablate.into_iter().flat_map(|edges| edges.0).collect();
        assert_eq!(all, [DirectedEdge::new(3, 7), DirectedEdge::new(7, 3), DirectedEdge::new(5, 6)]);
        assert!(edges("3").is_err() && edges("a-b").is_err() && edges("3--4").is_err());
    }

    #[test]
    fn scales_outside_their_range_are_refused() {
        assert!(unit_interval("1.01").is_err() && unit_interval("NaN").is_err());
        assert_eq!(unit_interval("0.25"), Ok(0.25));
        assert!(pixel_scale("0").is_err());
    }
}
