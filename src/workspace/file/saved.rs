//! What a workspace file holds, part by part, as plain values under names that stay when the program's own
//! types change.
//!
//! Every part may be missing, so files grow without a new version; the order of fields is the order here, so
//! that two files can be compared line by line.

use crate::analysis::Quantity;
use crate::analysis::chart::Scale;
use crate::domain::{Ablation, ColumnChoice, Detail, DirectedEdge, Rule, Split};
use crate::engine::ModelState;
use crate::models::{Hints, Initial};
use crate::scene::{ColorMap, Pick};
use crate::workspace::view::{Coloring, View};
use crate::workspace::{Arcs, Column, Composition, Difference, State};
use crate::{analysis, domain};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that is saved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    /// The workspace file that an automatic copy belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<PathBuf>,
    /// Where the molecules come from.
    pub data: Data,
    /// The models used, and those that were opened beside the bundled ones.
    pub models: Vec<ModelRef>,
    /// The chosen model's place among them.
    pub model: usize,
    /// What is side by side with it.
    pub compare: ComparePart,
    /// The untrained state behind the base range.
    pub base: Initial,
    /// How much of a forward pass is kept.
    pub detail: Detail,
    /// What the table lists.
    pub table: TablePart,
    /// The molecule shown.
    pub selected: Option<Selected>,
    /// What is read and how it is coloured.
    pub view: ViewPart,
    /// What was changed about forward passes.
    pub edits: EditsPart,
    /// Notes on molecules, atoms and bonds.
    pub labels: Vec<Label>,
    /// The figure that is put together.
    #[serde(skip_serializing_if = "is_blank")]
    pub figure: Composition,
    /// The folder of the training run that is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<PathBuf>,
    /// Where the panels are, as the window writes it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<serde_json::Value>,
}

fn is_blank(figure: &Composition) -> bool {
    *figure == Composition::default()
}

/// A content hash, 16 hexadecimal digits in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub u64);

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        format!("{:016x}", hash.0)
    }
}

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = u64::from_str_radix(&text, 16).ok().filter(|_| text.len() == 16);
        known.map(Hash).ok_or_else(|| "a hash has 16 hexadecimal digits".to_owned())
    }
}

/// A file that is not part of the workspace file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FileRef {
    /// Where it is. In the file: relative to the workspace file if beneath its folder, with `/` between folders.
    pub path: PathBuf,
    /// What its bytes were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
}

/// Where the molecules come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// Nothing is open.
    #[default]
    Nothing,
    /// The molecules inside the program.
    Bundled,
    /// A file.
    File(DataFile),
}

/// A file of molecules, and how it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataFile {
    /// The file.
    #[serde(flatten)]
    pub file: FileRef,
    /// What was said about its columns.
    #[serde(default)]
    pub columns: ColumnChoice,
}

/// A model to choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelRef {
    /// Trained weights inside the program, by name.
    Bundled(Bundled),
    /// The untrained state that a name stands for.
    Untrained(String),
    /// A weight file.
    File(WeightFile),
}

/// Trained weights inside the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bundled {
    /// Their name.
    pub name: String,
    /// Their content.
    pub hash: Option<Hash>,
}

/// A weight file, and what was said about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightFile {
    /// The file.
    #[serde(flatten)]
    pub file: FileRef,
    /// What it does not say of itself.
    #[serde(default)]
    pub hints: Hints,
}

/// What is side by side with the chosen model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ComparePart {
    /// The further states.
    pub lanes: Vec<LanePart>,
    /// The two sides that the difference map is of.
    pub difference: Option<Difference>,
}

/// A state side by side with the chosen model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LanePart {
    /// Its model's place among the models of the file.
    pub model: usize,
    /// Whether the edits apply.
    pub edited: bool,
}

/// What the table lists, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TablePart {
    /// One split, or all.
    pub split: Option<Split>,
    /// Text that rows contain.
    pub search: String,
    /// The sorting column.
    pub sort: Column,
    /// Largest first.
    pub descending: bool,
    /// The target that was chosen, by name.
    pub target: Option<String>,
}

/// A record: its place may change with the file, so line and structure say which one is meant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordRef {
    /// Its place among the usable records, from 0.
    pub place: u32,
    /// Its line in the file, from 1.
    pub line: u32,
    /// Its structure as written.
    pub smiles: String,
}

/// The molecule shown, and what is chosen in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Selected {
    /// The molecule.
    #[serde(flatten)]
    pub molecule: RecordRef,
    /// The chosen atom, bond or pair.
    #[serde(default)]
    pub part: Option<Part>,
    /// Whether its full graph is computed whatever its size.
    #[serde(default)]
    pub allow_large: bool,
}

/// An atom, a bond, or two atoms without one, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// An atom.
    Atom(u32),
    /// A bond.
    Bond(u32),
    /// Two atoms that no bond joins.
    Pair(u32, u32),
}

impl From<Pick> for Part {
    fn from(pick: Pick) -> Self {
        match pick {
            Pick::Atom(atom) => Self::Atom(atom.0),
            Pick::Bond(bond) => Self::Bond(bond.0),
            Pick::Pair(a, b) => Self::Pair(a.0, b.0),
        }
    }
}

impl From<Part> for Pick {
    fn from(part: Part) -> Self {
        match part {
            Part::Atom(atom) => Self::Atom(domain::AtomId(atom)),
            Part::Bond(bond) => Self::Bond(domain::BondId(bond)),
            Part::Pair(a, b) => Self::pair(domain::DirectedEdge::new(a, b)),
        }
    }
}

/// What is read of a trace, and how it is coloured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewPart {
    /// What colour and width mean.
    pub quantity: Quantity,
    /// The layer, from 0.
    pub layer: usize,
    /// One head, from 0, or all.
    pub head: Option<usize>,
    /// The value, or its difference to the baseline.
    pub coloring: Coloring,
    /// The colour map.
    pub colors: ColorMap,
    /// The locked colour range, in values.
    pub locked: Option<(f32, f32)>,
    /// Whose log ratios the histogram shows.
    pub histogram: ModelState,
    /// Whether atoms carry their numbers.
    pub atom_numbers: bool,
    /// Whether labels of atoms and bonds stand beside them.
    pub labels: bool,
    /// Whether arcs stand for absent bonds.
    pub arcs: bool,
    /// The smallest magnitude drawn as an arc; without one the few strongest.
    pub least_arc: Option<f32>,
    /// How curves of ratios have their heights.
    pub ratio_axis: Scale,
    /// How histograms have theirs.
    pub count_axis: Scale,
}

impl Default for ViewPart {
    fn default() -> Self {
        Self::of(&View::default())
    }
}

impl ViewPart {
    pub(super) fn of(view: &View) -> Self {
        let View { reading, coloring, map, locked, histogram, atom_numbers, labels, arcs, ratio_axis, count_axis } =
            view;
        Self {
            quantity: reading.quantity,
            layer: reading.layer,
            head: reading.head,
            coloring: *coloring,
            colors: *map,
            locked: *locked,
            histogram: *histogram,
            atom_numbers: *atom_numbers,
            labels: *labels,
            arcs: arcs.shown,
            least_arc: arcs.least,
            ratio_axis: *ratio_axis,
            count_axis: *count_axis,
        }
    }

    /// The view, as far as it is sound: numbers that are none, and colour maps for differences, are left out.
    pub(super) fn view(&self) -> View {
        let sound = |&(low, high): &(f32, f32)| low.is_finite() && high.is_finite() && low <= high;
        View {
            reading: analysis::View { quantity: self.quantity, layer: self.layer, head: self.head },
            coloring: self.coloring,
            map: if self.colors.is_diverging() { ColorMap::default() } else { self.colors },
            locked: self.locked.filter(sound),
            histogram: self.histogram,
            atom_numbers: self.atom_numbers,
            labels: self.labels,
            arcs: Arcs { shown: self.arcs, least: self.least_arc.filter(|least| least.is_finite()) },
            ratio_axis: self.ratio_axis,
            count_axis: self.count_axis,
        }
    }
}

/// What was changed about forward passes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EditsPart {
    /// Scale of the explicit bias terms, 0 to 1.
    pub explicit_bias: f32,
    /// The rule in force for every molecule without a list of its own.
    pub rule: Option<Rule>,
    /// The lists of molecules that have their own.
    pub lists: Vec<Ablated>,
    /// Lists and rules with a name.
    pub named: Vec<NamedPart>,
}

impl Default for EditsPart {
    fn default() -> Self {
        Self { explicit_bias: 1.0, rule: None, lists: Vec::new(), named: Vec::new() }
    }
}

/// A list or a rule with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedPart {
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub set: SetPart,
}

/// What can have a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetPart {
    /// Edges of one molecule.
    List(Ablated),
    /// Edges of any molecule.
    Rule(Rule),
}

/// The edges of one molecule that are taken out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ablated {
    /// The molecule.
    #[serde(flatten)]
    pub molecule: RecordRef,
    /// The edges, each with how it is taken out.
    #[serde(with = "edges")]
    pub edges: BTreeMap<DirectedEdge, Ablation>,
}

/// A note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The molecule.
    #[serde(flatten)]
    pub molecule: RecordRef,
    /// The atom or bond; the whole molecule without one.
    #[serde(default)]
    pub part: Option<Part>,
    /// The note.
    pub text: String,
}

impl Saved {
    /// The files that are referred to: molecules, then weights.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut FileRef> {
        let data = match &mut self.data {
            Data::File(data) => Some(&mut data.file),
            Data::Nothing | Data::Bundled => None,
        };
        let weights = self.models.iter_mut().filter_map(|model| match model {
            ModelRef::File(weights) => Some(&mut weights.file),
            ModelRef::Bundled(_) | ModelRef::Untrained(_) => None,
        });
        data.into_iter().chain(weights)
    }

    /// The paths by which the figure that is put together knows the same files.
    pub(super) fn paths_in_figure(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let cells = self.figure.rows.iter_mut().flat_map(|row| &mut row.cells);
        cells.flat_map(|cell| cell.panel.about.file.iter_mut().chain(&mut cell.panel.about.weights))
    }

    /// The same without what is only looked at: two that agree in this hold the same work. Of the models only the
    /// files count, which somebody had to find.
    pub(super) fn work(&self) -> Self {
        let Self { data, models, edits, labels, figure, .. } = self.clone();
        let models = models.into_iter().filter(|model| matches!(model, ModelRef::File(_))).collect();
        Self { data, models, edits, labels, figure, ..Self::default() }
    }

    /// Whether there is anything that would be a loss.
    pub(super) fn has_work(&self) -> bool {
        let work = self.work();
        let untouched = Self { data: Data::Bundled, ..Self::default() };
        work != untouched && work != Self::default()
    }

    /// What is shown now.
    pub fn of(state: &State) -> Self {
        super::capture::capture(state)
    }
}

/// `{"3>7": "remove"}`, as on the command line.
mod edges {
    use super::{Ablation, BTreeMap, DirectedEdge};
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        edges: &BTreeMap<DirectedEdge, Ablation>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(edges.iter().map(|(edge, how)| (format!("{}>{}", edge.source.0, edge.target.0), how)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<DirectedEdge, Ablation>, D::Error> {
        let edge = |text: &str| {
            let (source, target) = text.split_once('>')?;
            Some(DirectedEdge::new(source.parse().ok()?, target.parse().ok()?))
        };
        let written = BTreeMap::<String, Ablation>::deserialize(deserializer)?;
        let read = |(text, how): (String, Ablation)| {
            let edge = edge(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no edge such as \"3>7\"")))?;
            Ok((edge, how))
        };
        written.into_iter().map(read).collect()
    }
}
