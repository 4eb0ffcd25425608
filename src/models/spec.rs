//! What a network looks like, apart from its numbers.
//!
//! A specification travels as JSON in the metadata of every weight file, so a file alone is enough
//! to rebuild its network, and a file of another network is refused by name instead of by shape.

use super::features::{Embedding, Features};
use serde::{Deserialize, Serialize};

/// Key of the specification in the metadata of [`crate::domain::Weights`].
pub(super) const METADATA_KEY: &str = "spec";

/// Which architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// Graph Transformer with an edge stream: edges are updated by a tail of their own.
    Gt,
    /// GraphiT: nodes only; in full-graph mode attention is weighted by a random-walk kernel.
    Graphit,
    /// SAN: nodes only; in full-graph mode gamma says how much absent bonds count.
    San,
}

/// How node rows become one row per graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readout {
    /// Average over the nodes of the graph.
    Mean,
    /// Sum over the nodes of the graph.
    Sum,
}

/// Whether a network has explicit bias terms (EBT), and what its attention weights come from
/// (model-spec section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ebt {
    /// No explicit bias.
    Off,
    /// Weights from the biased edge score, as equations 2 and 3 of the paper say.
    Paper,
    /// Weights from the query's bias score alone, as the authors' program computes GraphiT and SAN:
    /// all neighbours count alike, and keys and bonds have no influence on the prediction.
    Code,
}

/// What is predicted, and so how a network is trained and judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Values per graph; mean absolute error.
    GraphRegression,
    /// Yes or no per graph and label, as logits; binary cross entropy over the labels that are known.
    GraphLabels,
    /// Yes or no per node and label, as logits; there is no pooling.
    NodeLabels,
}

/// Which pairs of nodes attend to each other, and how much each pair counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// Along bonds only, as in all experiments of the paper.
    Sparse,
    /// Every pair, weighted by the random-walk kernel (I - gamma L)^steps: GraphiT.
    Kernel {
        /// Step width of the walk.
        gamma: f64,
        /// Steps of the walk.
        steps: u32,
    },
    /// Every pair, bonds weighted by 1/(1+gamma), absent bonds by gamma/(1+gamma): SAN.
    Gamma {
        /// How much absent bonds count.
        gamma: f32,
    },
    /// The same with one gamma for all layers that is learned, kept within 0..=1: SAN.
    LearnedGamma,
}

/// What nodes are told about their place in the graph (off in all experiments of the paper).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Nothing.
    Off,
    /// The eigenvectors of the normalised Laplacian with the smallest eigenvalues above the first,
    /// mapped to the hidden width and added. Their signs are drawn anew for every training batch.
    Laplacian {
        /// Number of eigenvectors.
        vectors: usize,
    },
    /// SAN's learned encoding (Kreuzer et al. 2021): a small transformer over the pairs (eigenvalue,
    /// entry of the eigenvector) of each node, summed and put beside the node's embedding.
    Learned {
        /// Number of eigenvectors, the first included.
        vectors: usize,
        /// Width of the encoding; the node's embedding gets the rest of the hidden width.
        dim: usize,
        /// Layers of the small transformer.
        layers: usize,
        /// Its heads; divides `dim`.
        heads: usize,
    },
    /// The probability that a random walk is back at its start after 1, 2, .. steps, mapped to the
    /// hidden width and added.
    RandomWalk {
        /// Number of steps.
        steps: usize,
    },
    /// A learned row for each number of neighbours, added.
    Degree {
        /// Degrees from here on share a row.
        most: usize,
    },
}

/// Everything that fixes the shapes of a network and how it computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Architecture.
    pub arch: Arch,
    /// Number of layers, at least 1.
    pub layers: usize,
    /// Attention heads h; divides `dim`.
    pub heads: usize,
    /// Hidden width H, at least 4.
    pub dim: usize,
    /// Which numbers describe a node and an edge.
    pub features: Features,
    /// Values predicted per graph, or per node.
    pub outputs: usize,
    /// What the values are.
    pub task: Task,
    /// How node rows become one row per graph.
    pub readout: Readout,
    /// Whether the projections Wq, Wk, Wv, We have biases.
    pub use_bias: bool,
    /// Explicit bias terms k', e', v' in every layer.
    pub ebt: Ebt,
    /// Who attends to whom.
    pub connectivity: Connectivity,
    /// Positional or structural encoding of nodes.
    pub encoding: Encoding,
}

/// Why a specification describes no network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpecError {
    /// A count is zero or the width too small to be quartered by the readout.
    #[error("`{field}` is {value}, but must be at least {least}")]
    TooSmall {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: usize,
        /// The smallest value allowed.
        least: usize,
    },
    /// A count is larger than any network this program could hold.
    #[error("`{field}` is {value}, but must be at most {most}")]
    TooLarge {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: usize,
        /// The largest value allowed.
        most: usize,
    },
    /// A part must be a whole fraction of another.
    #[error("`{field}` is {value}, which does not divide `{of}` {whole}")]
    Divide {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: usize,
        /// Name of what it should divide.
        of: &'static str,
        /// Its value.
        whole: usize,
    },
    /// A factor of full-graph attention is out of range.
    #[error("`gamma` is {value}, but must be {range}")]
    Gamma {
        /// Its value.
        value: f64,
        /// What is allowed, in words.
        range: &'static str,
    },
    /// Two fields contradict each other.
    #[error("{0}")]
    Combination(&'static str),
}

impl SpecError {
    /// The field to mend; `network` where it is a matter of several.
    pub fn field(&self) -> &'static str {
        match self {
            Self::TooSmall { field, .. } | Self::TooLarge { field, .. } | Self::Divide { field, .. } => field,
            Self::Gamma { .. } => "gamma",
            Self::Combination(_) => "network",
        }
    }
}

impl Arch {
    /// All architectures.
    pub const ALL: [Self; 3] = [Self::Gt, Self::Graphit, Self::San];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gt => "gt",
            Self::Graphit => "graphit",
            Self::San => "san",
        }
    }

    /// The name in print.
    pub fn title(self) -> &'static str {
        match self {
            Self::Gt => "GT",
            Self::Graphit => "GraphiT",
            Self::San => "SAN",
        }
    }
}

impl Connectivity {
    /// The full-graph mode of an architecture with the constants of its authors; for GT, which has none,
    /// one that no validation lets pass.
    pub fn full(arch: Arch) -> Self {
        match arch {
            Arch::Graphit => Self::Kernel { gamma: 0.25, steps: 16 },
            Arch::Gt | Arch::San => Self::Gamma { gamma: 1e-5 },
        }
    }

    /// Whether every pair of nodes attends to each other.
    pub fn is_full(self) -> bool {
        self != Self::Sparse
    }
}

impl Encoding {
    /// Eight eigenvectors, as GT was published with.
    pub const LAPLACIAN: Self = Self::Laplacian { vectors: 8 };
    /// Ten eigenvectors, three layers of width 16 and four heads, as SAN was published with.
    pub const LEARNED: Self = Self::Learned { vectors: 10, dim: 16, layers: 3, heads: 4 };
    /// Sixteen steps.
    pub const RANDOM_WALK: Self = Self::RandomWalk { steps: 16 };
    /// A row for each degree up to six.
    pub const DEGREE: Self = Self::Degree { most: 6 };

    fn is_learned(self) -> bool {
        matches!(self, Self::Learned { .. })
    }

    /// Columns of a graph's [`super::GraphInput::encoding`].
    pub(super) fn columns(self) -> usize {
        match self {
            Self::Off => 0,
            Self::Laplacian { vectors } | Self::Learned { vectors, .. } => vectors,
            Self::RandomWalk { steps } => steps,
            Self::Degree { most } => most + 1,
        }
    }
}

impl ModelSpec {
    /// A network of the paper's recipes (model-spec section 7): 10 layers; GT with mean readout,
    /// GraphiT and SAN with sum; width 64 (SAN 56) and one regression output with ZINC codes, twelve
    /// labels and width 88 with OGB fields or 444 with canonical features. Networks with explicit bias terms
    /// also have projection biases.
    pub fn recipe(arch: Arch, features: Features, ebt: Ebt) -> Self {
        let tox21 = matches!(features, Features::Ogb | Features::Canonical);
        let (dim, heads) = match (arch, tox21) {
            (Arch::San, false) => (56, 8),
            (_, false) => (64, 8),
            // The smallest width that both 74 and 12 fields share evenly.
            (_, true) if features == Features::Canonical => (444, 12),
            (_, true) => (88, 8),
        };
        Self {
            arch,
            layers: 10,
            heads,
            dim,
            features,
            outputs: if tox21 { 12 } else { 1 },
            task: if tox21 { Task::GraphLabels } else { Task::GraphRegression },
            readout: if arch == Arch::Gt { Readout::Mean } else { Readout::Sum },
            use_bias: ebt != Ebt::Off,
            ebt,
            connectivity: Connectivity::Sparse,
            encoding: Encoding::Off,
        }
    }

    /// The same network without explicit bias terms and the biases that come with them: the base
    /// band that the paper draws.
    #[must_use]
    pub fn without_ebt(&self) -> Self {
        Self { ebt: Ebt::Off, use_bias: false, ..self.clone() }
    }

    /// What a raw output means to people: the value, or the probability that a label's logit stands for.
    pub fn meaning(&self, output: f32) -> f32 {
        match self.task {
            Task::GraphRegression => output,
            Task::GraphLabels | Task::NodeLabels => 1.0 / (1.0 + (-output).exp()),
        }
    }

    /// Whether there are explicit bias terms.
    pub fn has_ebt(&self) -> bool {
        self.ebt != Ebt::Off
    }

    /// Width of a node's embedding: the hidden width less what an encoding puts beside it.
    pub(super) fn embedding_width(&self) -> usize {
        match self.encoding {
            Encoding::Learned { dim, .. } => self.dim.saturating_sub(dim),
            _ => self.dim,
        }
    }

    /// Checks every field; a specification read from a file may say anything.
    ///
    /// # Errors
    /// A field out of range, or fields that contradict each other: the first of [`Self::conflicts`].
    pub fn validate(&self) -> Result<(), SpecError> {
        self.conflicts().into_iter().next().map_or(Ok(()), Err)
    }

    /// Everything that keeps this from being a network. Fields that are out of range are all there is to say
    /// until they are mended.
    pub fn conflicts(&self) -> Vec<SpecError> {
        let ranges = self.ranges();
        if !ranges.is_empty() {
            return ranges;
        }
        let mut found = Vec::new();
        found.extend(divides("heads", self.heads, "dim", self.dim));
        if let Encoding::Learned { dim, heads, .. } = self.encoding {
            found.extend(divides("encoding heads", heads, "encoding dim", dim));
        }
        if self.features == Features::Canonical && self.encoding.is_learned() {
            let reason = "74 canonical fields fill the width evenly, so a learned encoding finds no room beside them: \
                          choose other features or another encoding";
            found.push(SpecError::Combination(reason));
        } else {
            let embeddings = [(self.features.node(), self.embedding_width()), (self.features.edge(), self.dim)];
            for (embedding, width) in embeddings {
                if let Embedding::Shared { fields, .. } = embedding {
                    found.extend(divides("number of feature fields", fields, "embedding width", width));
                }
            }
        }
        self.check_connectivity(&mut found);
        if self.arch == Arch::Gt && self.ebt == Ebt::Code {
            let reason = "GT computes explicit bias the same way in the paper and as coded: choose `paper`";
            found.push(SpecError::Combination(reason));
        }
        found
    }

    /// Numbers that are out of range.
    fn ranges(&self) -> Vec<SpecError> {
        let mut bounds = vec![
            ("layers", self.layers, 1, 256),
            ("heads", self.heads, 1, 256),
            ("dim", self.dim, 4, 4096),
            ("outputs", self.outputs, 1, 1 << 12),
        ];
        match self.encoding {
            Encoding::Off => {}
            Encoding::Laplacian { vectors } => bounds.push(("vectors", vectors, 1, 256)),
            Encoding::Learned { vectors, dim, layers, heads } => bounds.extend([
                ("vectors", vectors, 1, 256),
                ("encoding dim", dim, 1, self.dim.saturating_sub(1)),
                ("encoding layers", layers, 1, 16),
                ("encoding heads", heads, 1, 64),
            ]),
            Encoding::RandomWalk { steps } => bounds.push(("steps", steps, 1, 256)),
            Encoding::Degree { most } => bounds.push(("most", most, 1, 256)),
        }
        let outside = |(field, value, least, most): (&'static str, usize, usize, usize)| match value {
            _ if value < least => Some(SpecError::TooSmall { field, value, least }),
            _ if value > most => Some(SpecError::TooLarge { field, value, most }),
            _ => None,
        };
        let mut found: Vec<SpecError> = bounds.into_iter().filter_map(outside).collect();
        if found.is_empty() {
            // Four times the largest network of the paper; a file may not make the program ask for more memory.
            found.extend(outside(("layers x dim x dim", self.layers * self.dim * self.dim, 0, 1 << 23)));
        }
        found
    }

    fn check_connectivity(&self, found: &mut Vec<SpecError>) {
        if !self.connectivity.is_full() {
            return;
        }
        if self.has_ebt() {
            let reason = "explicit bias in full-graph mode is defined nowhere: switch one of them off";
            found.push(SpecError::Combination(reason));
        }
        let refused = |reason| Some(SpecError::Combination(reason));
        found.extend(match (self.arch, self.connectivity) {
            (Arch::Gt, _) => refused("GT has no full-graph mode: use GraphiT or SAN, or bonds only"),
            (Arch::Graphit, Connectivity::Kernel { gamma, .. }) if !(gamma > 0.0 && gamma <= 1.0) => {
                Some(SpecError::Gamma { value: gamma, range: "above 0 and at most 1" })
            }
            (Arch::Graphit, Connectivity::Kernel { steps, .. }) if steps > 1 << 16 => {
                Some(SpecError::TooLarge { field: "steps", value: steps as usize, most: 1 << 16 })
            }
            (Arch::San, Connectivity::Gamma { gamma }) if !(gamma >= 0.0 && gamma.is_finite()) => {
                Some(SpecError::Gamma { value: f64::from(gamma), range: "a number from 0 on" })
            }
            (Arch::Graphit, Connectivity::Kernel { .. })
            | (Arch::San, Connectivity::Gamma { .. } | Connectivity::LearnedGamma) => None,
            (Arch::Graphit, _) => refused("GraphiT weights a full graph by its random-walk kernel, not by gamma"),
            (Arch::San, _) => refused("SAN weights a full graph by gamma, not by a random-walk kernel"),
        });
    }
}

fn divides(field: &'static str, value: usize, of: &'static str, whole: usize) -> Option<SpecError> {
    (!whole.is_multiple_of(value)).then_some(SpecError::Divide { field, value, of, whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zinc(arch: Arch) -> ModelSpec {
        ModelSpec::recipe(arch, Features::Zinc, Ebt::Off)
    }

    #[test]
    fn json_round_trips_and_refuses_unknown_fields() {
        let spec = ModelSpec {
            connectivity: Connectivity::Kernel { gamma: 0.25, steps: 16 },
            encoding: Encoding::RandomWalk { steps: 8 },
            ..zinc(Arch::Graphit)
        };
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<ModelSpec>(&text).unwrap(), spec);
        assert!(text.contains(r#""arch":"graphit""#) && text.contains(r#""readout":"sum""#), "{text}");
        let unknown = text.replacen("\"ebt\"", "\"ebtt\"", 1);
        assert!(serde_json::from_str::<ModelSpec>(&unknown).is_err());
    }

    #[test]
    fn logits_mean_probabilities() {
        let labels = ModelSpec::recipe(Arch::San, Features::Ogb, Ebt::Off);
        assert!((labels.meaning(2.0) - 0.880_797).abs() < 1e-6);
        assert!(labels.meaning(-200.0) >= 0.0 && labels.meaning(200.0) <= 1.0);
        assert!((zinc(Arch::Gt).meaning(-7.5) + 7.5).abs() < 1e-9);
    }

    #[test]
    fn recipes_are_valid() {
        for arch in Arch::ALL {
            for features in Features::ALL {
                for ebt in [Ebt::Off, Ebt::Paper] {
                    assert_eq!(ModelSpec::recipe(arch, features, ebt).validate(), Ok(()), "{arch:?} {features:?}");
                }
            }
        }
    }

    #[test]
    fn validation_names_the_field() {
        let message = |spec: ModelSpec| spec.validate().unwrap_err().to_string();
        let heads = message(ModelSpec { heads: 7, ..zinc(Arch::Gt) });
        assert_eq!(heads, "`heads` is 7, which does not divide `dim` 64");
        assert_eq!(message(ModelSpec { layers: 0, ..zinc(Arch::Gt) }), "`layers` is 0, but must be at least 1");
        assert!(message(ModelSpec { dim: 4096, heads: 8, ..zinc(Arch::San) }).contains("layers x dim x dim"));
        let canonical = ModelSpec { dim: 80, heads: 8, ..ModelSpec::recipe(Arch::San, Features::Canonical, Ebt::Off) };
        assert!(message(canonical).contains("74, which does not divide `embedding width` 80"));
        let learned = Encoding::Learned { vectors: 4, dim: 10, layers: 1, heads: 4 };
        assert!(message(ModelSpec { encoding: learned, ..zinc(Arch::San) }).contains("`encoding heads` is 4"));
        let nan = Connectivity::Kernel { gamma: f64::NAN, steps: 16 };
        assert!(message(ModelSpec { connectivity: nan, ..zinc(Arch::Graphit) }).contains("`gamma` is NaN"));
    }

    #[test]
    fn contradictions_are_refused() {
        let kernel = Connectivity::Kernel { gamma: 0.25, steps: 16 };
        let gamma = Connectivity::Gamma { gamma: 1e-5 };
        let wrong = [
            ModelSpec { connectivity: kernel, ..zinc(Arch::Gt) },
            ModelSpec { connectivity: kernel, ..zinc(Arch::San) },
            ModelSpec { connectivity: gamma, ..zinc(Arch::Graphit) },
            ModelSpec { connectivity: gamma, ..ModelSpec::recipe(Arch::San, Features::Zinc, Ebt::Paper) },
            ModelSpec::recipe(Arch::Gt, Features::Zinc, Ebt::Code),
        ];
        for spec in wrong {
            assert!(matches!(spec.validate(), Err(SpecError::Combination(_))), "{spec:?}");
        }
        assert_eq!(ModelSpec { connectivity: gamma, ..zinc(Arch::San) }.validate(), Ok(()));
        let both = ModelSpec { connectivity: gamma, ..ModelSpec::recipe(Arch::Gt, Features::Zinc, Ebt::Code) };
        let reasons: Vec<String> = both.conflicts().iter().map(ToString::to_string).collect();
        assert_eq!(reasons.len(), 3, "{reasons:?}");
        assert_eq!(both.validate().unwrap_err().to_string(), reasons[0]);
        assert_eq!(ModelSpec { connectivity: Connectivity::LearnedGamma, ..zinc(Arch::San) }.validate(), Ok(()));
    }
}
