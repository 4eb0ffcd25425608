//! A figure as it is put together: which panels, what each is about, and how the page looks. It names everything
//! it depends on, so that the same figure can be drawn again later and elsewhere.

use super::view::{Arcs, View};
use super::{Difference, FigureKind, SavedLane, State, Workspace};
use crate::domain::{Ablation, AtomId, BondId, ColumnChoice, DirectedEdge, MoleculeId, Split};
use crate::engine::ModelState;
use crate::figure::{self, Cell, FigureSpec, Row};
use crate::models::{Hints, Initial};
use crate::scene::{ColorMap, Pick};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The form that is written; a later one is refused.
const VERSION: u32 = 1;

/// Most panels of a figure.
pub const MOST_PANELS: usize = 12;

/// The ending of saved specifications.
pub const FIGURE_ENDING: &str = "figure.json";

/// A figure as it is put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Composition {
    /// Which form this is.
    pub bondscope_figure: u32,
    /// Size, type, title, letters.
    #[serde(default)]
    pub page: FigureSpec,
    /// Colour map of all panels.
    #[serde(default)]
    pub colors: ColorMap,
    /// Whether all molecules share one colour range, so that one bar explains them all.
    #[serde(default)]
    pub one_range: bool,
    /// The panels, row by row.
    #[serde(default)]
    pub rows: Vec<Row<Recipe>>,
}

impl Default for Composition {
    fn default() -> Self {
        Self {
            bondscope_figure: VERSION,
            page: FigureSpec::default(),
            colors: ColorMap::default(),
            one_range: false,
            rows: Vec::new(),
        }
    }
}

/// How one panel is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// What it shows.
    pub kind: FigureKind,
    /// The line above it; `None` for the one that fits.
    #[serde(default)]
    pub title: Option<String>,
    /// Whether a molecule has its own colour bar.
    #[serde(default = "yes")]
    pub bar: bool,
    /// Which of the states side by side a molecule or its bar is of; one beyond the last is their difference.
    #[serde(default)]
    pub side: usize,
    /// What it is about.
    pub about: Subject,
}

fn yes() -> bool {
    true
}

/// What a panel is about: everything that decides its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The file of molecules; without one, those inside the program.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// How that file is read.
    #[serde(default)]
    pub columns: ColumnChoice,
    /// Hash of its structures and targets, 16 hexadecimal digits.
    pub dataset_hash: String,
    /// The molecule's place among the usable records.
    pub molecule: u32,
    /// Its structure as written.
    pub smiles: String,
    /// The model's name.
    pub model: String,
    /// Its weight file; without one it is inside the program.
    #[serde(default)]
    pub weights: Option<PathBuf>,
    /// What was said about that file.
    #[serde(default)]
    pub hints: Hints,
    /// Hash of its weights, 16 hexadecimal digits.
    pub weights_hash: String,
    /// Further states, which the curves of charts overlay.
    #[serde(default)]
    pub lanes: Vec<SavedLane>,
    /// Which two states the difference map is of, if it is shown.
    #[serde(default)]
    pub difference: Option<Difference>,
    /// Scale of the explicit bias terms.
    #[serde(default = "one")]
    pub explicit_bias: f32,
    /// The edges taken out.
    #[serde(default)]
    pub ablated: Vec<AblatedEdge>,
    /// Layer, head, quantity, colours.
    #[serde(default)]
    pub view: View,
    /// The smallest magnitude drawn as an arc; without one the few strongest.
    #[serde(default)]
    pub least_arc: Option<f32>,
    /// Whose log ratios a histogram shows.
    #[serde(default)]
    pub state: ModelState,
    /// The molecules that are measured: one split, or all.
    #[serde(default)]
    pub split: Option<Split>,
    /// How the untrained state behind the base range is drawn.
    #[serde(default)]
    pub base: Initial,
    /// The chosen bond, which drawings mark.
    #[serde(default)]
    pub bond: Option<u32>,
    /// The chosen atom.
    #[serde(default)]
    pub atom: Option<u32>,
    /// What was written about its atoms and bonds, as far as it is drawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<PartLabel>,
    /// The chosen pair of atoms without a bond.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<[u32; 2]>,
    /// Whether a full graph is computed whatever its size.
    #[serde(default)]
    pub allow_large: bool,
}

/// What was written about an atom or bond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartLabel {
    /// Which.
    pub part: Pick,
    /// What.
    pub text: String,
}

fn one() -> f32 {
    1.0
}

/// An edge that is taken out, and how.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AblatedEdge {
    /// Which.
    #[serde(flatten)]
    pub edge: DirectedEdge,
    /// How.
    pub how: Ablation,
}

/// Changes of the figure that is put together.
#[derive(Clone, Debug, PartialEq)]
pub enum Compose {
    /// Add the molecule shown with its colour bar to an empty figure, so that nobody begins with a blank page.
    Begin,
    /// Add a panel of what is shown.
    Add(FigureKind),
    /// Make a panel, by its place, be about what is shown.
    Renew(usize),
    /// Replace the whole figure.
    Set(Box<Composition>),
    /// Write it: a picture in the format of its ending, `.csv` for the numbers of its panels, or its specification.
    Write(PathBuf),
    /// Read a specification, or the picture that carries one.
    Read(PathBuf),
}

/// A path that means the same from any folder.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_error| path.to_owned())
}

impl Subject {
    /// What is shown now; `None` while nothing is.
    pub fn of(state: &State) -> Option<Self> {
        let (dataset, checkpoint, id) = (state.dataset()?, state.checkpoint()?, state.selected?);
        let weights = checkpoint.file.as_ref();
        let intervention = state.edits.intervention(id);
        let edges = state.ablated().iter();
        Some(Self {
            file: dataset.path.as_deref().map(absolute),
            columns: dataset.choice.clone(),
            dataset_hash: format!("{:016x}", dataset.fingerprint()),
            molecule: id.0,
            smiles: dataset.record(id)?.smiles.to_string(),
            model: checkpoint.id.name.to_string(),
            weights: weights.map(|weights| absolute(&weights.path)),
            hints: weights.map_or_else(Hints::default, |weights| weights.hints.clone()),
            weights_hash: format!("{:016x}", checkpoint.id.revision),
            lanes: state.saved_lanes(),
            difference: state.difference,
            explicit_bias: intervention.explicit_bias.value(),
            ablated: edges.map(|(&edge, &how)| AblatedEdge { edge, how }).collect(),
            // What has a field of its own is not said twice.
            view: View {
                histogram: ModelState::default(),
                arcs: Arcs { least: None, ..state.view.arcs },
                ..state.view.clone()
            },
            least_arc: state.view.arcs.least,
            state: state.view.histogram,
            split: state.table.split,
            base: state.initial,
            bond: match state.pick {
                Some(Pick::Bond(bond)) => Some(bond.0),
                _ => None,
            },
            atom: match state.pick {
                Some(Pick::Atom(atom)) => Some(atom.0),
                _ => None,
            },
            labels: drawn_labels(state, id),
            pair: match state.pick {
                Some(Pick::Pair(a, b)) => Some([a.0, b.0]),
                _ => None,
            },
            allow_large: state.allow_large == Some(id),
        })
    }

    /// What is chosen.
    pub(super) fn pick(&self) -> Option<Pick> {
        let bond = self.bond.map(|bond| Pick::Bond(BondId(bond)));
        let pair = || self.pair.map(|[a, b]| Pick::pair(DirectedEdge::new(a, b)));
        bond.or_else(|| self.atom.map(|atom| Pick::Atom(AtomId(atom)))).or_else(pair)
    }

    /// The view, as far as it is sound.
    pub(super) fn sound_view(&self, colors: ColorMap) -> View {
        let sound = |&(low, high): &(f32, f32)| low.is_finite() && high.is_finite() && low <= high;
        let mut view = self.view.clone();
        view.map = if colors.is_diverging() { ColorMap::default() } else { colors };
        view.locked = view.locked.filter(sound);
        view.arcs.least = self.least_arc.filter(|least| least.is_finite());
        view.histogram = self.state;
        view
    }
}

fn drawn_labels(state: &State, id: MoleculeId) -> Vec<PartLabel> {
    let labels = state.labels.of_parts(id).filter(|_| state.view.labels);
    labels.map(|(part, text)| PartLabel { part, text: text.to_owned() }).collect()
}

impl Recipe {
    /// A panel of a kind.
    fn new(kind: FigureKind, about: Subject) -> Self {
        Self { kind, title: None, bar: true, side: 0, about }
    }

    /// The rows that show something as the window does: of a comparison every state, with what the colours mean.
    fn rows(kind: FigureKind, about: &Subject) -> Vec<Row<Self>> {
        let plain = |kind| Self::new(kind, about.clone());
        if kind != FigureKind::Molecule || about.lanes.is_empty() {
            return vec![Row::of([plain(kind)])];
        }
        let sides = 1 + about.lanes.len();
        let difference = about.difference.map(|_| sides);
        let of = |kind, side| Self { bar: false, side, ..plain(kind) };
        let molecules = (0..sides).chain(difference).map(|side| of(FigureKind::Molecule, side));
        let bars = std::iter::once(0).chain(difference).map(|side| of(FigureKind::ColorBar, side));
        Row::grid(molecules).into_iter().chain([Row::of(bars)]).collect()
    }
}

impl Composition {
    /// A figure of one thing that is shown.
    pub fn single(kind: FigureKind, about: Subject) -> Self {
        Self { colors: about.view.map, rows: Recipe::rows(kind, &about), ..Self::default() }
    }

    /// All panels, row by row.
    pub fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.rows.iter().flat_map(|row| &row.cells).map(|cell| &cell.panel)
    }

    /// The one setting by which two figures differ, by its place in the text that is saved; `None` if they differ
    /// by more, or by which panels there are.
    pub(super) fn changed_setting(&self, other: &Self) -> Option<String> {
        let [one, other] = [self, other].map(|figure| serde_json::to_value(figure).unwrap_or_default());
        let mut changed = Vec::new();
        differences(&one, &other, String::new(), &mut changed);
        changed.pop().filter(|_| changed.is_empty())
    }

    /// A panel by its place.
    pub fn recipe_mut(&mut self, place: usize) -> Option<&mut Recipe> {
        self.rows.iter_mut().flat_map(|row| &mut row.cells).map(|cell| &mut cell.panel).nth(place)
    }

    /// Adds a panel: a chart beside a lone molecule, a colour bar in a row of its own, else below.
    pub fn add(&mut self, recipe: Recipe) {
        if self.recipes().count() >= MOST_PANELS {
            return;
        }
        let wide = self.page.width >= 120.0 && recipe.kind != FigureKind::ColorBar;
        let beside = self.rows.last_mut().filter(|row| {
            wide && row.cells.len() == 1 && row.cells.iter().all(|cell| cell.panel.kind != FigureKind::ColorBar)
        });
        match beside {
            Some(row) => row.cells.push(Cell { width: 1.0, panel: recipe }),
            None => self.rows.push(Row::of([recipe])),
        }
    }

    /// Adds rows below, as far as there is room for them.
    fn add_rows(&mut self, rows: Vec<Row<Recipe>>) {
        let more: usize = rows.iter().map(|row| row.cells.len()).sum();
        if self.recipes().count() + more <= MOST_PANELS {
            self.rows.extend(rows);
        }
    }

    /// Takes a panel out, with its row if nothing else is in it.
    pub fn remove(&mut self, place: usize) -> Option<Recipe> {
        let (row, cell) = self.place(place)?;
        let removed = self.rows.get_mut(row).map(|row| row.cells.remove(cell).panel);
        self.rows.retain(|row| !row.cells.is_empty());
        removed
    }

    /// Moves a panel one place on or back: over its neighbour, or into a row of its own.
    pub fn shift(&mut self, place: usize, on: bool) {
        let Some((row, cell)) = self.place(place) else { return };
        let Some(cells) = self.rows.get_mut(row).map(|row| &mut row.cells) else { return };
        let target = if on { cell + 1 } else { cell.wrapping_sub(1) };
        if target < cells.len() {
            cells.swap(cell, target);
        } else if cells.len() > 1 {
            let moved = cells.remove(cell);
            self.rows.insert(if on { row + 1 } else { row }, Row { height: 1.0, cells: vec![moved] });
        } else if let Some(other) = if on { Some(row + 1) } else { row.checked_sub(1) }
            && other < self.rows.len()
        {
            let moved = self.rows.remove(row).cells;
            let other = if on { other - 1 } else { other };
            if let Some(neighbour) = self.rows.get_mut(other) {
                let at = if on { 0 } else { neighbour.cells.len() };
                neighbour.cells.splice(at..at, moved);
            }
        }
    }

    fn place(&self, place: usize) -> Option<(usize, usize)> {
        let places = self.rows.iter().enumerate();
        places.flat_map(|(row, cells)| (0..cells.cells.len()).map(move |cell| (row, cell))).nth(place)
    }

    /// The text that is saved.
    pub fn to_text(&self) -> String {
        // Names and numbers only: nothing that JSON could not say.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a specification, or the picture that carries one.
    ///
    /// # Errors
    /// One sentence: it is none, it is of a later version, or something in it cannot be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let carried = figure::specification(bytes);
        let text = match &carried {
            Some(text) => text.as_str(),
            None => std::str::from_utf8(bytes).map_err(|_error| "this file carries no specification of a figure")?,
        };
        let none = |error| format!("this is no specification of a figure ({error})");
        let value: Value = serde_json::from_str(text).map_err(none)?;
        match value.get("bondscope_figure").and_then(Value::as_u64) {
            None => return Err("this is no specification of a figure (it has no bondscope_figure)".to_owned()),
            Some(version) if version > u64::from(VERSION) => {
                return Err(format!(
                    "this figure was put together by a newer Bondscope (form {version}, this one knows {VERSION}); use that one"
                ));
            }
            Some(_) => {}
        }
        let read: Self =
            serde_json::from_value(value).map_err(|error| format!("the specification is damaged ({error})"))?;
        read.check()?;
        Ok(read)
    }

    /// Reads a specification from a file.
    ///
    /// # Errors
    /// As [`Self::from_bytes`], and if the file cannot be read; the path comes last.
    pub fn read(path: &Path) -> Result<Self, String> {
        /// Largest file that is read: a picture of many pixels.
        const LARGEST: u64 = 256 << 20;
        let told = |reason: String| format!("The figure could not be read: {reason}: {}", path.display());
        let size = std::fs::metadata(path).map_err(|error| told(error.to_string()))?.len();
        if size > LARGEST {
            return Err(told("the file is too large for a figure".to_owned()));
        }
        let bytes = std::fs::read(path).map_err(|error| told(error.to_string()))?;
        Self::from_bytes(&bytes).map_err(told)
    }

    /// Whether it can be drawn.
    pub(super) fn check(&self) -> Result<(), String> {
        self.page.check().map_err(|error| error.to_string())?;
        let panels = self.recipes().count();
        if panels > MOST_PANELS {
            return Err(format!("a figure has at most {MOST_PANELS} panels, and this one has {panels}"));
        }
        if self.rows.iter().any(|row| row.cells.is_empty()) {
            return Err("a row of the figure has no panel".to_owned());
        }
        Ok(())
    }
}

/// The places at which two texts differ; one that has parts which the other lacks differs as a whole, twice.
fn differences(one: &Value, other: &Value, place: String, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(two)) if one.len() == two.len() => {
            for (key, value) in one {
                differences(value, two.get(key).unwrap_or(&Value::Null), format!("{place}/{key}"), found);
            }
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            for (index, (one, two)) in one.iter().zip(two).enumerate() {
                differences(one, two, format!("{place}/{index}"), found);
            }
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => {
            found.extend([place.clone(), place]);
        }
        _ if one != other => found.push(place),
        _ => {}
    }
}

impl Workspace {
    pub(super) fn compose_command(&mut self, command: Compose) {
        match command {
            Compose::Begin => {
                if self.state.figure.rows.is_empty() {
                    self.add_panel(FigureKind::Molecule);
                }
            }
            Compose::Add(kind) => self.add_panel(kind),
            Compose::Renew(place) => {
                if let Some(about) = Subject::of(&self.state)
                    && let Some(recipe) = Arc::make_mut(&mut self.state.figure).recipe_mut(place)
                {
                    recipe.about = about;
                }
            }
            Compose::Set(figure) => self.state.figure = Arc::new(*figure),
            Compose::Write(path) => self.write_figure(path),
            Compose::Read(path) => match Composition::read(&path) {
                Ok(figure) => self.state.figure = Arc::new(figure),
                Err(message) => self.state.notify(super::Severity::Error, message),
            },
        }
    }

    /// Adds what is shown to the figure.
    fn add_panel(&mut self, kind: FigureKind) {
        let Some(about) = Subject::of(&self.state) else { return };
        let mut rows = Recipe::rows(kind, &about);
        let figure = Arc::make_mut(&mut self.state.figure);
        match rows.as_mut_slice() {
            [row] => row.cells.drain(..).for_each(|cell| figure.add(cell.panel)),
            _ => figure.add_rows(rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(molecule: u32) -> Recipe {
        let about = Subject {
            file: Some(PathBuf::from("/data/a.csv")),
            columns: ColumnChoice::of_targets(&["logP".to_owned()]),
            dataset_hash: format!("{molecule:016x}"),
            molecule,
            smiles: "CC<O>".into(),
            model: "gt-zinc".into(),
            weights: None,
            hints: Hints::default(),
            weights_hash: format!("{:016x}", 7),
            lanes: vec![SavedLane { model: "gt-base".into(), edited: false }],
            difference: Some(Difference { of: 1, minus: 0 }),
            explicit_bias: 0.5,
            ablated: vec![AblatedEdge { edge: DirectedEdge::new(3, 7), how: Ablation::Remove }],
            view: View::default(),
            least_arc: Some(0.25),
            state: ModelState::Base,
            split: Some(Split::Test),
            base: Initial::Xavier,
            bond: Some(4),
            atom: None,
            labels: vec![PartLabel { part: Pick::Bond(BondId(4)), text: "here".into() }],
            pair: None,
            allow_large: true,
        };
        Recipe { kind: FigureKind::Molecule, title: Some("t".into()), bar: false, side: 2, about }
    }

    fn of(rows: &[&[u32]]) -> Composition {
        let rows = rows.iter().map(|row| Row::of(row.iter().map(|&molecule| recipe(molecule)))).collect();
        Composition { rows, ..Composition::default() }
    }

    fn order(figure: &Composition) -> Vec<Vec<u32>> {
        figure.rows.iter().map(|row| row.cells.iter().map(|cell| cell.panel.about.molecule).collect()).collect()
    }

    #[test]
    fn what_is_saved_reads_back_and_what_cannot_be_is_refused() {
        let figure = of(&[&[0, 1], &[2]]);
        assert_eq!(Composition::from_bytes(figure.to_text().as_bytes()), Ok(figure.clone()));
        for (from, to, word) in [
            ("\"bondscope_figure\": 1", "\"bondscope_figure\": 2", "newer"),
            ("\"bondscope_figure\"", "\"figure\"", "no specification"),
            ("\"width\": 85.0", "\"width\": -1.0", "cannot be drawn"),
            ("\"molecule\": 2", "\"molecule\": -2", "damaged"),
        ] {
            let text = figure.to_text().replacen(from, to, 1);
            let error = Composition::from_bytes(text.as_bytes()).expect_err("refused");
            assert!(error.contains(word), "{error}");
        }
        assert!(Composition::from_bytes(&[0, 159]).is_err());
        assert!(of(&[&[0; 7], &[0; 7]]).check().is_err() && of(&[&[]]).check().is_err());
    }

    #[test]
    fn panels_move_within_rows_out_of_them_and_into_others() {
        let mut figure = of(&[&[0, 1], &[2]]);
        figure.shift(0, true);
        assert_eq!(order(&figure), [vec![1, 0], vec![2]]);
        figure.shift(1, true);
        assert_eq!(order(&figure), [vec![1], vec![0], vec![2]]);
        figure.shift(2, false);
        assert_eq!(order(&figure), [vec![1], vec![0, 2]]);
        figure.shift(0, true);
        assert_eq!(order(&figure), [vec![1, 0, 2]]);
        figure.shift(0, false);
        assert_eq!(order(&figure), [vec![1], vec![0, 2]]);
        assert_eq!(figure.remove(0).map(|recipe| recipe.about.molecule), Some(1));
        assert_eq!(order(&figure), [vec![0, 2]]);
        figure.shift(9, true);
        assert_eq!(figure.remove(9), None);
    }

    #[test]
    fn panels_are_added_beside_on_wide_pages_and_below_on_narrow_ones() {
        let mut narrow = Composition::default();
        let mut wide = Composition { page: FigureSpec { width: 178.0, ..FigureSpec::default() }, ..narrow.clone() };
        for molecule in 0..3 {
            narrow.add(recipe(molecule));
            wide.add(recipe(molecule));
        }
        assert_eq!(order(&narrow), [[0], [1], [2]]);
        assert_eq!(order(&wide), [vec![0, 1], vec![2]]);
        (0..20).for_each(|molecule| wide.add(recipe(molecule)));
        assert_eq!(wide.recipes().count(), MOST_PANELS);
    }
}
