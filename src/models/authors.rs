//! Weights that do not say what network they belong to: checkpoints of the paper's authors, and files
//! under our own names without metadata.
//!
//! Names are translated (model-spec section 14), and what the shapes tell becomes a specification. What
//! they do not tell is taken from the published recipes and said in words, because a wrong guess
//! computes something without any sign of it. Whether every tensor of the network is there, and no
//! other, is checked where all weights are: in [`super::Model::from_weights`].

#[cfg(test)]
mod tests;

use super::features::{Embedding, Features};
use super::spec::{Arch, Connectivity, Ebt, Encoding, METADATA_KEY, ModelSpec, Readout, SpecError, Task};
use crate::domain::{Array, Weights};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a user knows about weights beyond what their shapes tell; `None` leaves it to the recipes of
/// the paper (model-spec section 7). A hint never overrules the tensors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hints {
    /// GraphiT or SAN, where the tensors are those of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<Arch>,
    /// Number of attention heads, which only explicit bias terms show. By default 12 at width 444, else
    /// 8 or the next smaller number that divides the width.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<usize>,
    /// By default the mean for GT, the sum for GraphiT and SAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readout: Option<Readout>,
    /// Where GraphiT and SAN with explicit bias terms take their attention weights from. By default
    /// `code` under the names of the authors, whose program computes it so, else `paper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ebt: Option<Ebt>,
    /// By default labels of graphs with the features of TOX21, else values of graphs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// How a full graph is weighted. By default the authors' kernel for GraphiT and fixed gamma for SAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connectivity: Option<Connectivity>,
}

/// Something that the tensors of a file may leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// GraphiT or SAN.
    Arch,
    /// How many heads.
    Heads,
    /// Mean or sum.
    Readout,
    /// What attention weights come from.
    Ebt,
    /// What is predicted.
    Task,
    /// How a full graph is weighted.
    Connectivity,
}

impl Hints {
    /// The answers that a network gives to some questions.
    pub fn answering(questions: &[Question], spec: &ModelSpec) -> Self {
        let mut hints = Self::default();
        for question in questions {
            match question {
                Question::Arch => hints.arch = Some(spec.arch),
                Question::Heads => hints.heads = Some(spec.heads),
                Question::Readout => hints.readout = Some(spec.readout),
                Question::Ebt => hints.ebt = Some(spec.ebt),
                Question::Task => hints.task = Some(spec.task),
                Question::Connectivity => hints.connectivity = Some(spec.connectivity),
            }
        }
        hints
    }
}

/// Weights under our names with a specification in their metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct Adopted {
    /// The weights.
    pub weights: Weights,
    /// What neither the tensors nor the hints tell and was assumed, one plain sentence each.
    pub assumed: Vec<String>,
    /// What the tensors do not tell, whether a hint did or not.
    pub open: Vec<Question>,
}

/// Why weights cannot be turned into a network of this program.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AdoptError {
    /// Tensors that every network has, and from which the rest is inferred, are not there.
    #[error(
        "the weights carry no model specification, and none can be inferred without a matrix {missing}; the file has {found}"
    )]
    Missing {
        /// The first of them, in our name and the authors'.
        missing: String,
        /// Some names that are there.
        found: String,
    },
    /// Two tensors would have the same name.
    #[error("the tensors {first} and {second} both stand for {name}; remove one of them")]
    Twice {
        /// One name in the file.
        first: String,
        /// The other.
        second: String,
        /// Our name for both.
        name: String,
    },
    /// No known set of features reads such tables.
    #[error("the embedding tables ({node} for nodes, {edge} for edges) belong to no set of features known here")]
    Tables {
        /// The node tables in words.
        node: String,
        /// The edge tables in words.
        edge: String,
    },
    /// What was inferred describes no network.
    #[error("the network inferred from the weights is not usable: {0}")]
    Spec(#[from] SpecError),
}

/// Translates the names of the paper's authors to ours and infers the specification. Weights that
/// have a specification are left as they are.
///
/// # Errors
/// Tensors from which too little can be inferred, tables of unknown features, or a network that is
/// none. Tensors that are missing, superfluous or of another shape than the specification says are
/// named when the network is built.
pub fn adopt(weights: Weights, hints: &Hints) -> Result<Adopted, AdoptError> {
    if weights.metadata.contains_key(METADATA_KEY) {
        return Ok(Adopted { weights, assumed: Vec::new(), open: Vec::new() });
    }
    let Weights { arrays, mut metadata } = weights;
    let theirs = arrays.keys().any(|name| renamed(name).is_some());
    let mut arrays = translated(arrays)?;
    let spare = without_spare_bond(&mut arrays);
    let assumed = spare.then(|| "The fifth row of its bond table, which no bond has, was left out.".to_owned());
    let assumed = assumed.into_iter().collect();
    let mut inference = Inference { arrays: &arrays, hints, theirs, assumed, open: Vec::new() };
    let spec = inference.spec()?;
    let (mut assumed, open) = (inference.assumed, inference.open);
    if !spec.connectivity.is_full() && arrays.remove("gamma").is_some() {
        assumed.push("Its gamma is not used without a full graph and was left out.".into());
    }
    metadata.insert(METADATA_KEY.to_owned(), serde_json::to_string(&spec).unwrap_or_default());
    Ok(Adopted { weights: Weights { arrays, metadata }, assumed, open })
}

/// SAN's own repository gives the bond table of ZINC a row more than there are codes (model-spec section 3.4):
/// drops it, and says whether it was there.
fn without_spare_bond(arrays: &mut BTreeMap<String, Array>) -> bool {
    let Some(Array { shape, values }) = arrays.get_mut("embed_edge.weight") else { return false };
    let [5, width] = *shape.as_slice() else { return false };
    values.truncate(4 * width);
    shape[0] = 4;
    true
}

/// Parts of a layer: the authors' name (with the dot that ends it) and ours.
const LAYER_PARTS: [(&str, &str); 21] = [
    ("attention.Q.", "q."),
    ("attention.K.", "k."),
    ("attention.V.", "v."),
    // GT and the others name it differently.
    ("attention.proj_e.", "e."),
    ("attention.E.", "e."),
    ("attention.Q_2.", "q2."),
    ("attention.K_2.", "k2."),
    ("attention.E_2.", "e2."),
    ("attention.k_bias", "ebt.k"),
    ("attention.e_bias", "ebt.e"),
    ("attention.v_bias", "ebt.v"),
    ("O_h.", "node.out."),
    ("batch_norm1_h.", "node.bn1."),
    ("batch_norm2_h.", "node.bn2."),
    ("FFN_h_layer1.", "node.ffn.up."),
    ("FFN_h_layer2.", "node.ffn.down."),
    ("O_e.", "edge.out."),
    ("batch_norm1_e.", "edge.bn1."),
    ("batch_norm2_e.", "edge.bn2."),
    ("FFN_e_layer1.", "edge.ffn.up."),
    ("FFN_e_layer2.", "edge.ffn.down."),
];

/// Our name for a tensor of the authors; `None` for all other names, ours among them.
fn renamed(name: &str) -> Option<String> {
    match name {
        "embedding_h.weight" => return Some("embed_node.weight".into()),
        "embedding_e.weight" => return Some("embed_edge.weight".into()),
        _ => {}
    }
    let tables = [
        ("embedding_h.atom_embedding_list.", "embed_node.tables"),
        ("embedding_e.bond_embedding_list.", "embed_edge.tables"),
    ];
    for (theirs, ours) in tables {
        if let Some(field) = name.strip_prefix(theirs).and_then(|rest| rest.strip_suffix(".weight")) {
            return Some(format!("{ours}.{field}"));
        }
    }
    if let Some(rest) = name.strip_prefix("MLP_layer.FC_layers.") {
        return Some(format!("readout.fc.{rest}"));
    }
    let (layer, part) = name.strip_prefix("layers.")?.split_once('.')?;
    let (rest, ours) = LAYER_PARTS.iter().find_map(|(theirs, ours)| Some((part.strip_prefix(theirs)?, ours)))?;
    Some(format!("layers.{layer}.{ours}{rest}"))
}

/// All tensors under our names and in our shapes; unknown names stay.
fn translated(arrays: BTreeMap<String, Array>) -> Result<BTreeMap<String, Array>, AdoptError> {
    let mut found: BTreeMap<String, (String, Array)> = BTreeMap::new();
    for (theirs, mut array) in arrays {
        let name = renamed(&theirs).unwrap_or_else(|| theirs.clone());
        array.shape = our_shape(&name, array.shape);
        if let Some((first, _)) = found.get(&name) {
            return Err(AdoptError::Twice { first: first.clone(), second: theirs, name });
        }
        found.insert(name, (theirs, array));
    }
    Ok(found.into_iter().map(|(name, (_, array))| (name, array)).collect())
}

/// The authors' explicit bias vectors carry an axis of length one for products of whole batches.
fn our_shape(name: &str, shape: Vec<usize>) -> Vec<usize> {
    match *shape.as_slice() {
        [heads, channels, 1] if name.ends_with(".ebt.k") => vec![heads, channels],
        [heads, 1, channels] if name.ends_with(".ebt.e") || name.ends_with(".ebt.v") => vec![heads, channels],
        [] if name == "gamma" => vec![1],
        _ => shape,
    }
}

/// From tensors to a specification.
struct Inference<'a> {
    arrays: &'a BTreeMap<String, Array>,
    hints: &'a Hints,
    /// Whether the names were those of the authors.
    theirs: bool,
    assumed: Vec<String>,
    open: Vec<Question>,
}

impl Inference<'_> {
    fn spec(&mut self) -> Result<ModelSpec, AdoptError> {
        let [dim, _] = self.matrix("layers.0.q.weight", "layers.0.attention.Q.weight")?;
        let [outputs, _] = self.matrix("readout.fc.2.weight", "MLP_layer.FC_layers.2.weight")?;
        let features = self.features(dim)?;
        let full = self.arrays.contains_key("layers.0.q2.weight");
        let arch = self.arch(dim, full);
        let task = self.task(features, outputs);
        let spec = ModelSpec {
            arch,
            layers: self.layers(),
            heads: self.heads(dim),
            dim,
            features,
            outputs,
            task,
            readout: self.readout(arch, task),
            use_bias: self.arrays.contains_key("layers.0.q.bias"),
            ebt: self.ebt(arch),
            connectivity: if full { self.connectivity(arch) } else { Connectivity::Sparse },
            encoding: Encoding::Off,
        };
        spec.validate()?;
        Ok(spec)
    }

    /// The shape of a matrix that every network has.
    fn matrix(&self, ours: &str, theirs: &str) -> Result<[usize; 2], AdoptError> {
        let shape = self.arrays.get(ours).and_then(|array| <[usize; 2]>::try_from(array.shape.as_slice()).ok());
        shape.ok_or_else(|| AdoptError::Missing {
            missing: format!("{ours} (`{theirs}` in the authors' files)"),
            found: self.some_names(),
        })
    }

    fn some_names(&self) -> String {
        const SHOWN: usize = 4;
        let shown: Vec<&str> = self.arrays.keys().take(SHOWN).map(String::as_str).collect();
        match self.arrays.len() {
            0 => "no tensor".into(),
            1..=SHOWN => shown.join(", "),
            count => format!("{} and {} more", shown.join(", "), count - SHOWN),
        }
    }

    /// One more than the highest layer that is named; a gap shows as missing tensors.
    fn layers(&self) -> usize {
        let layer = |name: &String| name.strip_prefix("layers.")?.split_once('.')?.0.parse::<usize>().ok();
        self.arrays.keys().filter_map(layer).max().unwrap_or(0).saturating_add(1)
    }

    fn features(&self, dim: usize) -> Result<Features, AdoptError> {
        let (node, edge) = (self.tables("embed_node")?, self.tables("embed_edge")?);
        let fits = |embedding: Embedding, tables: &[[usize; 2]]| match embedding {
            Embedding::Table { codes } => tables == [[codes, dim]],
            Embedding::Sum { codes } => {
                tables.len() == codes.len() && codes.iter().zip(tables).all(|(&codes, &table)| table == [codes, dim])
            }
            Embedding::Shared { codes, fields } => tables == [[codes, dim / fields]],
        };
        let known = Features::ALL.into_iter().find(|set| fits(set.node(), &node) && fits(set.edge(), &edge));
        let words = |tables: &[[usize; 2]]| {
            let each: Vec<String> = tables.iter().map(|[rows, width]| format!("{rows} x {width}")).collect();
            each.join(", ")
        };
        known.ok_or_else(|| AdoptError::Tables { node: words(&node), edge: words(&edge) })
    }

    /// Rows and width of the table of each field.
    fn tables(&self, part: &str) -> Result<Vec<[usize; 2]>, AdoptError> {
        if !self.arrays.contains_key(&format!("{part}.tables.0")) {
            let theirs = if part == "embed_node" { "embedding_h.weight" } else { "embedding_e.weight" };
            return Ok(vec![self.matrix(&format!("{part}.weight"), theirs)?]);
        }
        let table = |field| self.arrays.get(&format!("{part}.tables.{field}"));
        let shapes = (0_usize..).map_while(table).map(|array| <[usize; 2]>::try_from(array.shape.as_slice()));
        Ok(shapes.map(Result::unwrap_or_default).collect())
    }

    fn arch(&mut self, dim: usize, full: bool) -> Arch {
        if self.arrays.contains_key("layers.0.edge.out.weight") {
            return Arch::Gt;
        }
        if self.arrays.contains_key("gamma") {
            return Arch::San;
        }
        self.open.push(Question::Arch);
        if let Some(arch) = self.hints.arch.filter(|&arch| arch != Arch::Gt) {
            return arch;
        }
        // The width of SAN's recipe for ZINC.
        let arch = if dim == 56 && !full { Arch::San } else { Arch::Graphit };
        let meaning =
            if full { "which weight a full graph differently" } else { "which compute the same without a full graph" };
        self.assume(format!("The tensors fit both GraphiT and SAN, {meaning}; it is taken for {}.", arch.title()));
        arch
    }

    fn heads(&mut self, dim: usize) -> usize {
        if let Some(&[heads, _]) = self.arrays.get("layers.0.ebt.k").map(|array| array.shape.as_slice()) {
            return heads;
        }
        self.open.push(Question::Heads);
        self.hints.heads.unwrap_or_else(|| {
            let divisor = (1..=8).rev().find(|&heads| dim.is_multiple_of(heads)).unwrap_or(1);
            let heads = if dim == 444 { 12 } else { divisor };
            self.assume(format!("It is taken to have {heads} attention heads of width {}.", dim / heads));
            heads
        })
    }

    fn readout(&mut self, arch: Arch, task: Task) -> Readout {
        if task != Task::NodeLabels {
            self.open.push(Question::Readout);
        }
        self.hints.readout.unwrap_or_else(|| {
            let (readout, words) =
                if arch == Arch::Gt { (Readout::Mean, "the mean") } else { (Readout::Sum, "the sum") };
            if task != Task::NodeLabels {
                self.assume(format!("A graph's row is taken to be {words} of its nodes' rows."));
            }
            readout
        })
    }

    fn task(&mut self, features: Features, outputs: usize) -> Task {
        self.open.push(Question::Task);
        self.hints.task.unwrap_or_else(|| {
            let labels = matches!(features, Features::Ogb | Features::Canonical);
            let (task, words) = if labels {
                (Task::GraphLabels, "logits of yes-or-no labels")
            } else {
                (Task::GraphRegression, "values to be regressed")
            };
            self.assume(format!("Its predictions ({outputs} per graph) are taken for {words}."));
            task
        })
    }

    fn ebt(&mut self, arch: Arch) -> Ebt {
        if !self.arrays.contains_key("layers.0.ebt.k") {
            return Ebt::Off;
        }
        // For GT the two are the same.
        if arch == Arch::Gt {
            return Ebt::Paper;
        }
        self.open.push(Question::Ebt);
        if let Some(ebt) = self.hints.ebt.filter(|&ebt| ebt != Ebt::Off) {
            return ebt;
        }
        let (ebt, words) = if self.theirs {
            (Ebt::Code, "the bias score alone, as the authors' program computes it")
        } else {
            (Ebt::Paper, "the biased edge score, as the paper says")
        };
        self.assume(format!("Its attention weights are taken from {words}."));
        ebt
    }

    fn connectivity(&mut self, arch: Arch) -> Connectivity {
        if arch == Arch::San && self.arrays.contains_key("gamma") {
            return Connectivity::LearnedGamma;
        }
        self.open.push(Question::Connectivity);
        if let Some(connectivity) = self.hints.connectivity {
            return connectivity;
        }
        let connectivity = Connectivity::full(arch);
        let words = match connectivity {
            Connectivity::Kernel { gamma, steps } => format!("a random walk of {steps} steps with gamma {gamma}"),
            Connectivity::Gamma { gamma } => format!("gamma {gamma}"),
            Connectivity::Sparse | Connectivity::LearnedGamma => "nothing".to_owned(),
        };
        self.assume(format!("Its full graph is taken to be weighted by {words}."));
        connectivity
    }

    fn assume(&mut self, sentence: String) {
        self.assumed.push(sentence);
    }
}
