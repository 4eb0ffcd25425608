//! `sweep`: several runs in a row, each in a folder of its own. What is finished is skipped, what was interrupted
//! goes on, and a run that fails does not keep the others from being trained.

use super::args::DeviceChoice;
use super::run::{Session, print};
use super::runs::{self, Row};
use super::{Failure, interrupted};
use crate::domain::{ColumnChoice, Dataset};
use crate::engine::run::{Config, Outcome, RunFile, RunFolder};
use crate::engine::{BASE_SEED, TrainOptions};
use crate::io;
use crate::models::{Ebt, Plan, Preset};
use crate::workspace::{Command, Source, network_for};
use clap::Args as ClapArgs;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// `sweep`
#[derive(Debug, ClapArgs)]
pub(super) struct SweepArgs {
    /// A TOML file: `data` (beside it), `presets`, and if they vary `ebt` and `seeds`; what else it says, as
    /// for `train --config`, holds for every run
    file: PathBuf,
    /// The folder of the runs and of table.csv; made if it does not exist, gone on with if it does
    #[arg(long)]
    out: PathBuf,
}

/// What varies.
#[derive(Debug, Deserialize)]
struct Variations {
    data: PathBuf,
    presets: Vec<Preset>,
    #[serde(default = "plain")]
    ebt: Vec<Ebt>,
    #[serde(default = "usual_seed")]
    seeds: Vec<u64>,
    #[serde(default)]
    columns: ColumnChoice,
}

fn plain() -> Vec<Ebt> {
    vec![Ebt::Off]
}

fn usual_seed() -> Vec<u64> {
    vec![BASE_SEED]
}

/// A run that is wanted.
struct Wanted {
    name: String,
    plan: Plan,
    folder: RunFolder,
}

/// How far a run is.
enum Stage {
    New,
    Begun,
    Finished,
}

/// Does what `sweep` asks for.
pub(super) fn run(task: &SweepArgs, device: DeviceChoice) -> Result<(), Failure> {
    let (variations, config) = read(&task.file)?;
    let beside = task.file.parent().unwrap_or(Path::new("."));
    let mut session = Session::new(device)?;
    let Variations { data, columns, .. } = &variations;
    session.run(Command::Open(Source::Columns { path: beside.join(data), choice: columns.clone() }))?;
    let dataset = session.workspace.state.dataset().ok_or_else(|| "nothing is open to train on".to_owned())?;
    let wanted = wanted(&variations, &config, dataset, &task.out)?;
    // Whatever cannot go on is told before hours are spent on the rest.
    let stages = wanted.iter().map(|run| stage(run, dataset)).collect::<Result<Vec<Stage>, String>>()?;
    std::fs::create_dir_all(&task.out)
        .map_err(|error| format!("the folder cannot be made ({error}): {}", task.out.display()))?;
    let mut failed = Vec::new();
    for (place, (run, stage)) in wanted.iter().zip(&stages).enumerate() {
        if matches!(stage, Stage::Finished) {
            continue;
        }
        eprintln!("run {} of {}: {}", place + 1, wanted.len(), run.name);
        let (plan, out) = (run.plan.clone(), run.folder.path().to_owned());
        let resume = matches!(stage, Stage::Begun);
        match session.run(Command::Train(Box::new(TrainOptions { plan, resume, out }))) {
            Ok(()) => {}
            Err(Failure::Interrupted) => break,
            Err(Failure::Unusable(reason)) => {
                eprintln!("{}: {reason}", run.name);
                failed.push(run.name.as_str());
            }
        }
        session.forget_notices();
    }
    tell(&wanted, &task.out)?;
    if interrupted() {
        return Err(Failure::Interrupted);
    }
    if failed.is_empty() {
        return Ok(());
    }
    let (few, all) = (failed.len(), wanted.len());
    Err(Failure::Unusable(format!("{few} of {all} runs did not come to their end: {}", failed.join(", "))))
}

/// What varies, and what every run has in common.
fn read(path: &Path) -> Result<(Variations, Config), String> {
    let unusable = |reason: String| format!("the sweep is unusable, {reason}: {}", path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the sweep could not be read ({error}): {}", path.display()))?;
    let mut table: toml::Table =
        toml::from_str(&text).map_err(|error| unusable(error.message().trim().replace('\n', ", ")))?;
    let mut own = toml::Table::new();
    for name in ["data", "presets", "ebt", "seeds", "columns"] {
        own.extend(table.remove_entry(name));
    }
    let variations: Variations =
        own.try_into().map_err(|error: toml::de::Error| unusable(error.message().trim().replace('\n', ", ")))?;
    let Variations { presets, ebt, seeds, .. } = &variations;
    if presets.is_empty() || ebt.is_empty() || seeds.is_empty() {
        return Err(unusable("`presets`, `ebt` and `seeds` must each name something".to_owned()));
    }
    Ok((variations, Config::of(table).map_err(unusable)?))
}

/// Every combination that there is; GT computes explicit bias the same way as coded and on paper.
fn wanted(variations: &Variations, config: &Config, dataset: &Dataset, out: &Path) -> Result<Vec<Wanted>, String> {
    let Variations { presets, ebt, seeds, .. } = variations;
    let mut wanted: Vec<Wanted> = Vec::new();
    for (&preset, &ebt) in presets.iter().flat_map(|preset| ebt.iter().map(move |ebt| (preset, ebt))) {
        if ebt == Ebt::Code && matches!(preset, Preset::ZincGt | Preset::Tox21Gt) {
            continue;
        }
        for &seed in seeds {
            let bias = match ebt {
                Ebt::Off => "",
                Ebt::Paper => "-ebt-paper",
                Ebt::Code => "-ebt-code",
            };
            let name = format!("{}{bias}-seed-{seed}", preset.name());
            if wanted.iter().any(|run| run.name == name) {
                continue;
            }
            let network = network_for(dataset, (Some(preset), None, None), ebt);
            let plan = Plan { seed, ..config.laid_over(&Plan::of(network, seed))? };
            if let Some(conflict) = plan.conflicts().first() {
                return Err(format!("the run {name} cannot be: {conflict}"));
            }
            wanted.push(Wanted { folder: RunFolder::at(&out.join(&name)), name, plan });
        }
    }
    Ok(wanted)
}

/// How far a run is; an error if what is there is another run.
fn stage(run: &Wanted, dataset: &Dataset) -> Result<Stage, String> {
    if !run.folder.run_file().exists() {
        return Ok(Stage::New);
    }
    let kept = RunFile::read(&run.folder.run_file())?;
    if let Some(field) = run.plan.departure(&kept.plan) {
        return Err(format!(
            "a run begun with another {field} is kept here; remove it or choose another folder: {}",
            run.folder.path().display()
        ));
    }
    if !kept.data.is_of(dataset) {
        return Err(format!(
            "a run on other data is kept here; remove it or choose another folder: {}",
            run.folder.path().display()
        ));
    }
    let over = run.folder.result().exists() && kept.plan == run.plan;
    Ok(if over { Stage::Finished } else { Stage::Begun })
}

/// Writes the table of what is finished.
fn tell(wanted: &[Wanted], out: &Path) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for Wanted { name, plan, folder } in wanted.iter().filter(|run| run.folder.result().exists()) {
        let Outcome { loss, last, best, .. } = Outcome::read(&folder.result())?;
        rows.push(Row { name: name.clone(), plan: plan.clone(), loss, last, best });
    }
    if rows.is_empty() {
        return Ok(());
    }
    io::write_bytes(&out.join("table.csv"), &runs::csv(&rows)).map_err(|error| error.to_string())?;
    print(&runs::text(&rows))
}
