//! Everything a user can do, whether by window, keyboard, command line or test.

use super::composition::Compose;
use super::file::FileCommand;
use super::labels::Labelled;
use super::lanes::{Difference, SavedLane, With};
use super::notices::Severity;
use super::training::RunCommand;
use super::view::Coloring;
use crate::analysis::Quantity;
use crate::analysis::chart::Scale as ChartScale;
use crate::domain::{Ablation, ColumnChoice, Detail, DirectedEdge, MoleculeId, Rule, Scale, Split};
use crate::engine::{Column, JobId, ModelState, SweepOptions, TrainOptions};
use crate::figure::Format;
use crate::models::{Hints, Initial};
use crate::scene::{ColorMap, Pick};
use std::path::PathBuf;
use std::sync::Arc;

/// Where molecules come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The ZINC-12k molecules inside the program.
    Bundled,
    /// A file.
    File(PathBuf),
    /// A file with what is known about its columns.
    Columns {
        /// The file.
        path: PathBuf,
        /// Which is what.
        choice: ColumnChoice,
    },
}

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    /// The structure diagram with its colour bar.
    Molecule,
    /// Sorted ratio curves of the molecule's edges, one per layer.
    EdgeRatios,
    /// Sorted batch maxima over the swept molecules, trained over the base range.
    Curves,
    /// Histogram of -log10(ratio) with its gamma fit for the chosen layer.
    Histogram,
    /// Activations of the selected bond, layers by features.
    Activations,
    /// The colour bar of a molecule, for several of them.
    ColorBar,
}

impl FigureKind {
    /// Every kind, in menu order.
    pub const ALL: [Self; 6] =
        [Self::Molecule, Self::ColorBar, Self::EdgeRatios, Self::Curves, Self::Histogram, Self::Activations];

    /// The words in menus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Molecule => "Molecule",
            Self::EdgeRatios => "Edge ratios",
            Self::Curves => "Batch maxima",
            Self::Histogram => "Histogram",
            Self::Activations => "Activations of a bond",
            Self::ColorBar => "Colour bar",
        }
    }

    /// Whether it is about many molecules, which have to be measured.
    pub fn is_measured(self) -> bool {
        matches!(self, Self::Curves | Self::Histogram)
    }
}

/// A change of state or the start of some work.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Read molecules; what is open stays until the first of them are there.
    Open(Source),
    /// Look at the columns of a file, to say which is what.
    LookAtColumns(PathBuf, Box<ColumnChoice>),
    /// Look at them no longer.
    CloseColumns,
    /// Choose by name the target that the table and the reading speak of; the model's first if the file and the
    /// model have none of that name.
    ShowTarget(String),
    /// Show a molecule.
    SelectMolecule(MoleculeId),
    /// Show the molecule this many rows further down the table (negative: up).
    Step(i64),
    /// Sort the table; the same column again reverses the order.
    Sort(Column),
    /// Keep the rows that contain this text.
    Search(String),
    /// Keep the rows of one split; `None` for all.
    ShowSplit(Option<Split>),
    /// Choose a model by its place in the list.
    SetModel(usize),
    /// Choose the untrained state that a name stands for, see [`crate::models::ModelSpec::named`].
    SetBase(String),
    /// Read weights from a file and choose them; the hints say what a file without our metadata does not.
    OpenModel(PathBuf, Box<Hints>),
    /// Put another state beside the main one; nothing happens where there is no room.
    Compare(With),
    /// Let a side (counted from 0, the main one) show another state.
    SetLane(usize, With),
    /// Take a side away; the main one stays.
    RemoveLane(usize),
    /// Make the model of a side the chosen one, and the chosen one that side's.
    SwapLane(usize),
    /// Show what one side has more than another as a further picture, or not.
    ShowDifference(Option<Difference>),
    /// Put saved lanes in place of the present ones.
    RestoreLanes(Vec<SavedLane>),
    /// Keep more or less of each forward pass.
    SetDetail(Detail),
    /// Compute the full graph of the molecule shown whatever its size.
    AllowLarge,
    /// Choose how the untrained state behind the base band is drawn.
    SetInitial(Initial),
    /// Choose the layer shown, from 0.
    SetLayer(usize),
    /// One head, or all.
    SetHead(Option<usize>),
    /// What colour and width mean.
    SetQuantity(Quantity),
    /// The value, or its difference to the baseline.
    SetColoring(Coloring),
    /// Choose the colour map.
    SetColorMap(ColorMap),
    /// Keep the present colour range for every molecule, or fit it to each.
    LockRange(bool),
    /// Keep the colour range that holds every value of the thumbnails that can be seen.
    FitRangeToGallery,
    /// Choose whose log ratios the histogram shows.
    SetHistogram(ModelState),
    /// Choose how a kind of chart has its heights: as logarithms, or as they are.
    SetScale(FigureKind, ChartScale),
    /// Number the atoms in the picture.
    ShowAtomNumbers(bool),
    /// Write labels of atoms and bonds beside them.
    ShowLabels(bool),
    /// Draw arcs for the edges of a full graph that no bond stands for, or none.
    ShowArcs(bool),
    /// The smallest magnitude drawn as an arc; `None` for the few strongest.
    SetArcThreshold(Option<f32>),
    /// Choose an atom or a bond, or nothing.
    Select(Option<Pick>),
    /// Scale the trained explicit bias terms.
    SetExplicitBias(Scale),
    /// Take edges of the molecule shown out, or replace their activations.
    Ablate(Vec<DirectedEdge>, Ablation),
    /// Put edges of the molecule shown back.
    Restore(Vec<DirectedEdge>),
    /// Take a bond or pair out in both directions, or put it back if it is out.
    Toggle(Pick),
    /// Put every edge of the molecule shown back.
    ClearAblation,
    /// Ablate what a rule chooses in the molecule shown.
    ApplyRule(Rule),
    /// Put a rule in force for every molecule that is shown, in place of the ablations there; `None` ends it.
    SetRule(Option<Rule>),
    /// Give up the list of the molecule shown, which then follows the rule in force.
    FollowRule,
    /// Keep the ablations of the molecule shown under a name.
    NameList(String),
    /// Keep a rule under a name.
    NameRule(String, Rule),
    /// Apply a named rule to the molecule shown, or show the molecule of a named list with that list.
    ApplyNamed(String),
    /// Forget a named list or rule.
    ForgetNamed(String),
    /// Take note of where the panels are, so that it can be taken back.
    SetLayout(Option<Arc<str>>),
    /// Take back the last edit, selection or change of the layout.
    Undo,
    /// Do the step again that was taken back.
    Redo,
    /// Measure the molecules of a split under the chosen model and its base state.
    Sweep(SweepOptions),
    /// The same under the model of a side (counted from 0, the main one).
    SweepSide(usize, SweepOptions),
    /// Stop a job, keeping what it has.
    Stop(JobId),
    /// Write a figure, or the numbers behind it.
    Export {
        /// Which figure.
        kind: FigureKind,
        /// As what.
        format: Format,
        /// Where to.
        path: PathBuf,
    },
    /// Change the figure that is put together.
    Compose(Compose),
    /// Write the trace of the molecule shown: safetensors, npz or json by extension.
    SaveTrace(PathBuf),
    /// Sweep a split and write its numbers and figures into a folder.
    Analyze {
        /// Which molecules.
        options: SweepOptions,
        /// Where to.
        folder: PathBuf,
    },
    /// Train a model on the open dataset.
    Train(Box<TrainOptions>),
    /// Pause, stop or resume training.
    Run(RunCommand),
    /// Judge the training run in a folder by the test molecules of the open dataset.
    Evaluate(PathBuf),
    /// Save, open or recover a workspace.
    File(FileCommand),
    /// Write a note on a molecule, or on an atom or bond of it; without text there is none.
    Label(Labelled, String),
    /// Tell something that only the window knows, such as a dialog that is missing.
    Tell(Severity, String),
    /// Close notices by their ids; the log keeps them.
    Dismiss(Vec<u64>),
}
