//! `evaluate`: how good trained runs are, and how massive their activations.

use super::Failure;
use super::args::{ColumnArgs, DeviceChoice, TextFormat};
use super::run::{Session, print};
use super::runs::{self, Row, aligned};
use super::train::own_data;
use crate::domain::ColumnChoice;
use crate::engine::RunEvaluation;
use crate::engine::run::{RunFile, RunFolder};
use crate::workspace::{Command, Source};
use clap::Args as ClapArgs;
use std::path::PathBuf;

/// `evaluate`
#[derive(Debug, ClapArgs)]
pub(super) struct EvaluateArgs {
    /// Folders of runs; those that differ only in their seed are also put together
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// Molecules to judge by instead of the test split of what each run was trained on
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(flatten)]
    columns: ColumnArgs,
    /// How to write it
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    format: TextFormat,
}

/// Does what `evaluate` asks for.
pub(super) fn run(task: &EvaluateArgs, device: DeviceChoice) -> Result<(), Failure> {
    let columns = task.columns.choice()?;
    if task.data.is_none() && columns != ColumnChoice::default() {
        let reason = "a run knows the columns of its own data; name other data by --data to say how they are read";
        return Err(Failure::Unusable(reason.to_owned()));
    }
    // A folder that is no run is told before anything is computed.
    let files = task.runs.iter().map(|run| RunFile::read(&RunFolder::at(run).run_file()));
    let files = files.collect::<Result<Vec<RunFile>, String>>()?;
    let mut session = Session::new(device)?;
    let mut open: Option<(PathBuf, ColumnChoice)> = None;
    for (folder, file) in task.runs.iter().zip(&files) {
        let wanted = match &task.data {
            Some(data) if columns == ColumnChoice::default() => (data.clone(), file.data.columns.clone()),
            Some(data) => (data.clone(), columns.clone()),
            None => (own_data(folder, file)?, file.data.columns.clone()),
        };
        if open.as_ref() != Some(&wanted) {
            let (path, choice) = wanted.clone();
            session.run(Command::Open(Source::Columns { path, choice }))?;
            open = Some(wanted);
        }
        let same = session.workspace.state.dataset().is_some_and(|dataset| file.data.is_of(dataset));
        if task.data.is_none() && !same {
            return Err(Failure::Unusable(format!(
                "the data of the run changed since it began; name what to judge it by with --data: {}",
                folder.display()
            )));
        }
        session.run(Command::Evaluate(folder.clone()))?;
    }
    let found = &session.workspace.state.evaluations;
    print(&match task.format {
        TextFormat::Text => text(found.iter().map(AsRef::as_ref)),
        TextFormat::Json => {
            let line = |run: &RunEvaluation| serde_json::to_string(run).unwrap_or_default() + "\n";
            found.iter().map(|run| line(run)).collect()
        }
    })
}

fn text<'a>(found: impl Iterator<Item = &'a RunEvaluation> + Clone) -> String {
    let rows: Vec<Row> = found.clone().map(row).collect();
    let mut text = runs::text(&rows);
    for run in found {
        text += &format!("\n{}", ratios(run));
    }
    text
}

fn row(run: &RunEvaluation) -> Row {
    Row {
        name: run
            .folder
            .file_name()
            .map_or_else(|| run.folder.display().to_string(), |name| name.to_string_lossy().into()),
        plan: run.plan.clone(),
        loss: run.loss.to_owned(),
        last: run.last,
        best: run.best,
    }
}

/// The MA ratios of a run, layer by layer.
fn ratios(run: &RunEvaluation) -> String {
    let band = run.base_band.map_or_else(String::new, |(low, high)| format!(", base band {low:.1} to {high:.1}"));
    let unfinished = if run.finished { "" } else { "; the run is not over" };
    let mut text = format!(
        "{}: MA ratios after epoch {} on {} molecules of {}{band}{unfinished}\n",
        run.folder.display(),
        run.last.epoch,
        run.molecules,
        run.data
    );
    let header = ["layer", "median", "maximum", "base median", "base maximum", "above band", "above 1000"];
    let mut lines = vec![header.map(str::to_owned).to_vec()];
    for (layer, of) in run.ratios.iter().enumerate() {
        let mut line = vec![layer.to_string()];
        line.extend([of.median, of.maximum, of.base_median, of.base_maximum].map(|ratio| format!("{ratio:.1}")));
        line.extend([of.above_band, of.above_massive].map(|share| format!("{:.0} %", share * 100.0)));
        lines.push(line);
    }
    text += &aligned(&lines);
    text
}
