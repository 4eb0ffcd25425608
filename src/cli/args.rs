//! What can be said on the command line. Scripts rely on these names.

use super::compare::CompareArgs;
use super::edits::EditArgs;
use super::evaluate::EvaluateArgs;
use super::network::ModelHints;
use super::sweep::SweepArgs;
use super::train::TrainArgs;
use crate::domain::{ColumnChoice, Delimiter, Part, Split, Task};
use crate::figure::Preset;
use crate::gpu::Compute;
use crate::models::Initial;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// See where massive activations sit inside a graph transformer, bond by bond.
#[derive(Debug, Parser)]
#[command(version, long_version = crate::build_info::all())]
pub(super) struct Args {
    /// What to open in the window: a workspace (.bondscope), or molecules as SMILES in CSV, TSV or .smi, plain or gzip
    /// [default: the bundled ZINC molecules]
    pub(super) file: Option<PathBuf>,
    /// Where to compute: a real GPU if there is one (auto), the GPU, or the CPU
    #[arg(long, global = true, value_enum, default_value_t = DeviceChoice::Auto)]
    pub(super) device: DeviceChoice,
    #[command(flatten)]
    pub(super) columns: ColumnArgs,
    /// Neither read nor write remembered window settings
    #[arg(long)]
    pub(super) no_persist: bool,
    /// Without one of these, the window opens
    #[command(subcommand)]
    pub(super) task: Option<Work>,
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
pub(super) enum Work {
    /// Say what a file holds, which lines cannot be used, and why
    Inspect(Inspect),
    /// Write everything that goes on inside the model for one molecule
    Trace(Trace),
    /// Measure massive activations over many molecules: tables and figures
    Analyze(Analyze),
    /// Draw one figure
    Figure(Figure),
    /// Train a model
    Train(Box<TrainArgs>),
    /// Train several models one after the other: presets, explicit bias and seeds named in one file
    Sweep(SweepArgs),
    /// Judge trained runs on test molecules: loss the paper's way and the usual way, MA ratios
    Evaluate(EvaluateArgs),
    /// List the bundled models
    Models,
}

/// `inspect`
#[derive(Debug, ClapArgs)]
pub(super) struct Inspect {
    /// The file to look at
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) columns: ColumnArgs,
    /// Also describe every usable molecule
    #[arg(long)]
    pub(super) records: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub(super) format: TextFormat,
}

/// Where the help puts what is said about columns.
const COLUMNS: &str = "Columns of the file (what is not said is found by content)";

/// What the columns of a file are; without a header they are called `column 1`, `column 2` and so on.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(super) struct ColumnArgs {
    /// The column with SMILES
    #[arg(long, help_heading = COLUMNS, value_name = "COLUMN")]
    smiles_column: Option<String>,
    /// The column with names
    #[arg(long, help_heading = COLUMNS, value_name = "COLUMN")]
    id_column: Option<String>,
    /// The column that says train, val or test
    #[arg(long, help_heading = COLUMNS, value_name = "COLUMN")]
    split_column: Option<String>,
    /// A column to take targets from; may be given several times
    #[arg(long, help_heading = COLUMNS, value_name = "COLUMN")]
    target: Vec<String>,
    /// The unit of a target, as COLUMN=UNIT; that of its header if none is given
    #[arg(long, help_heading = COLUMNS, value_name = "COLUMN=UNIT", requires = "target", value_parser = unit_of)]
    unit: Vec<(String, String)>,
    /// What the targets are
    #[arg(long, help_heading = COLUMNS, value_enum)]
    target_kind: Option<TargetKind>,
    /// Whether the first line names the columns
    #[arg(long, help_heading = COLUMNS, value_name = "YES|NO", value_parser = yes_or_no)]
    header: Option<bool>,
    /// What stands between the fields of a line
    #[arg(long, help_heading = COLUMNS, value_parser = delimiter)]
    delimiter: Option<Delimiter>,
}

/// `--target-kind`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TargetKind {
    /// Measured numbers
    Regression,
    /// Zeros and ones
    Labels,
}

impl ColumnArgs {
    /// What was said about the columns.
    pub(super) fn choice(&self) -> Result<ColumnChoice, String> {
        let part = |name: &Option<String>| name.clone().map_or(Part::Found, Part::Named);
        let mut choice = ColumnChoice {
            delimiter: self.delimiter,
            header: self.header,
            smiles: self.smiles_column.clone(),
            id: part(&self.id_column),
            split: part(&self.split_column),
            task: self.target_kind.map(|kind| match kind {
                TargetKind::Regression => Task::Regression,
                TargetKind::Labels => Task::Labels,
            }),
            ..ColumnChoice::of_targets(&self.target)
        };
        for (column, unit) in &self.unit {
            let target = choice.targets.iter_mut().flatten().find(|target| target.column == *column);
            let target = target.ok_or_else(|| format!("--unit names {column:?}, which no --target does"))?;
            target.unit = Some(unit.clone());
        }
        Ok(choice)
    }
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
    /// The file with molecules, or a workspace, whose model, molecule and edits apply then
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) columns: ColumnArgs,
    /// A bundled model (see `bondscope models`), an untrained one such as graphit-ogb-full-base, or a weight file
    /// [default: gt-zinc]
    #[arg(long)]
    pub(super) model: Option<String>,
    /// The molecule: its place among the usable records, from 0 [default: 0]
    #[arg(long)]
    pub(super) molecule: Option<u32>,
    #[command(flatten)]
    pub(super) edits: EditArgs,
    #[command(flatten)]
    pub(super) hints: ModelHints,
}

/// `trace`
#[derive(Debug, ClapArgs)]
pub(super) struct Trace {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// Also write the projections Q, K, V and P of every layer
    #[arg(long)]
    pub(super) projections: bool,
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
    /// How the untrained state behind the base band is drawn
    #[arg(long, value_enum, default_value_t = Init::Framework)]
    pub(super) init: Init,
}

/// `--init`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Init {
    /// As deep-learning frameworks do, and with them the authors' program
    #[default]
    Framework,
    /// As the paper says: Xavier-uniform weights, zero biases
    Xavier,
}

impl From<Init> for Initial {
    fn from(choice: Init) -> Self {
        match choice {
            Init::Framework => Self::Framework,
            Init::Xavier => Self::Xavier,
        }
    }
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
    /// The file with molecules, or a workspace, whose model applies then
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) columns: ColumnArgs,
    /// A bundled model (see `bondscope models`), an untrained one such as graphit-ogb-full-base, or a weight file
    /// [default: gt-zinc]
    #[arg(long)]
    pub(super) model: Option<String>,
    #[command(flatten)]
    pub(super) hints: ModelHints,
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// Compute full graphs of more than 39,800 edges too, whatever memory they take
    #[arg(long)]
    pub(super) allow_large: bool,
    /// The folder for tables and figures; made if it does not exist
    #[arg(long)]
    pub(super) out: PathBuf,
}

/// `figure`
#[derive(Debug, ClapArgs)]
pub(super) struct Figure {
    /// The file with molecules, or a workspace, whose model, molecule, layer and edits apply then
    #[arg(required_unless_present = "spec")]
    pub(super) file: Option<PathBuf>,
    /// Redraw a figure from its saved specification (.figure.json), or from an .svg or .png that carries one
    #[arg(long, conflicts_with_all = ["file", "model", "molecule", "layer", "kind", "ebt", "ablate", "ablate_rule", "compare", "difference", "linear"])]
    pub(super) spec: Option<PathBuf>,
    /// A bundled model (see `bondscope models`), an untrained one such as graphit-ogb-full-base, or a weight file;
    /// may be given several times [default: gt-zinc]
    #[arg(long)]
    pub(super) model: Vec<String>,
    /// The molecules: places among the usable records, from 0, such as 3 or 0,5,10-19 [default: 0]
    #[arg(long, value_delimiter = ',', value_parser = places)]
    pub(super) molecule: Vec<Places>,
    /// The layers, from 0 [default: 0]
    #[arg(long, value_delimiter = ',')]
    pub(super) layer: Vec<usize>,
    /// What to draw
    #[arg(long, value_enum, default_value_t = Kind::Molecule)]
    pub(super) kind: Kind,
    /// Draw charts with ratios and counts as they are instead of their logarithms
    #[arg(long)]
    pub(super) linear: bool,
    #[command(flatten)]
    pub(super) compared: CompareArgs,
    #[command(flatten)]
    pub(super) edits: EditArgs,
    #[command(flatten)]
    pub(super) columns: ColumnArgs,
    #[command(flatten)]
    pub(super) hints: ModelHints,
    #[command(flatten)]
    pub(super) chosen: Chosen,
    /// Sizes and type for one column (85 mm), two columns (178 mm) or a slide (254 × 143 mm)
    #[arg(long, value_enum)]
    pub(super) preset: Option<PresetChoice>,
    /// Width in millimetres
    #[arg(long)]
    pub(super) width: Option<f64>,
    /// Height in millimetres [default: as high as the content asks for]
    #[arg(long)]
    pub(super) height: Option<f64>,
    /// Font size in points
    #[arg(long)]
    pub(super) font_size: Option<f64>,
    /// Line above the figure
    #[arg(long)]
    pub(super) title: Option<String>,
    /// Pixels per CSS pixel (1/96 inch) of a .png; 3.125 is 300 dots per inch
    #[arg(long, default_value_t = 2.0, value_parser = pixel_scale)]
    pub(super) scale: f32,
    /// Where to write: .svg, .pdf, .png, .csv for the numbers, .figure.json for the specification; may be given
    /// several times. {molecule}, {model} and {layer} stand for what is drawn
    #[arg(long, required = true, num_args = 1..)]
    pub(super) out: Vec<PathBuf>,
}

/// `--preset`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PresetChoice {
    /// 85 mm wide, 7 pt
    OneColumn,
    /// 178 mm wide, 7 pt
    TwoColumns,
    /// 254 × 143 mm, 12 pt
    Slide,
}

impl From<PresetChoice> for Preset {
    fn from(choice: PresetChoice) -> Self {
        match choice {
            PresetChoice::OneColumn => Self::OneColumn,
            PresetChoice::TwoColumns => Self::TwoColumns,
            PresetChoice::Slide => Self::Slide,
        }
    }
}

/// What one item of `--molecule` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places(pub(super) std::ops::RangeInclusive<u32>);

fn places(text: &str) -> Result<Places, String> {
    let place = |text: &str| text.trim().parse::<u32>().ok();
    let range = match text.split_once('-') {
        Some((first, last)) => place(first).zip(place(last)).map(|(first, last)| first..=last),
        None => place(text).map(|place| place..=place),
    };
    range
        .filter(|range| !range.is_empty())
        .map(Places)
        .ok_or_else(|| "molecules are written 3 or 10-19, counted from 0".to_owned())
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

fn unit_of(text: &str) -> Result<(String, String), String> {
    let (column, unit) = text.rsplit_once('=').ok_or("a unit is written COLUMN=UNIT, such as IC50=nM")?;
    Ok((column.to_owned(), unit.trim().to_owned()))
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("it is yes or no".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<Delimiter, String> {
    let known = Delimiter::ALL.into_iter().find(|delimiter| delimiter.name() == text);
    known.ok_or_else(|| format!("known are {}", Delimiter::ALL.map(Delimiter::name).join(", ")))
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
    use crate::domain::DirectedEdge;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn edges_are_read_in_both_forms() {
        let args =
            Args::try_parse_from(["bondscope", "trace", "x.csv", "--ablate", "3-7,5>6", "--out", "y.npz"]).unwrap();
        let Some(Work::Trace(trace)) = args.task else { panic!("not a trace") };
        let all: Vec<DirectedEdge> = trace.subject.edits.ablate.into_iter().flat_map(|edges| edges.edges).collect();
        assert_eq!(all, [DirectedEdge::new(3, 7), DirectedEdge::new(7, 3), DirectedEdge::new(5, 6)]);
    }

    #[test]
    fn molecules_are_read_one_by_one_and_as_ranges() {
        assert_eq!((places("3"), places("10-12")), (Ok(Places(3..=3)), Ok(Places(10..=12))));
        assert!(places("5-3").is_err() && places("-3").is_err() && places("a").is_err());
    }

    #[test]
    fn scales_outside_their_range_are_refused() {
        assert!(pixel_scale("0").is_err());
    }
}
