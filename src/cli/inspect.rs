//! `bondscope inspect`: what a file holds, without a workspace.

use super::args::{Inspect, TextFormat};
use super::progress::Progress;
use super::run::print;
use super::{Failure, interrupted};
use crate::domain::{Dataset, Record};
use crate::io;
use crate::models::Features;
use rayon::prelude::*;
use std::collections::BTreeMap;

pub(super) fn run(task: &Inspect) -> Result<(), Failure> {
    let mut stopped = false;
    let mut progress = Progress::new();
    let choice = task.columns.choice()?;
    let dataset = io::Loader::open(&task.file).and_then(|loader| {
        io::load_fully(loader.with_columns(choice), |share| {
            progress.share("Reading and checking", Some(share));
            stopped = interrupted();
            !stopped
        })
    });
    progress.finish();
    if stopped {
        return Err(Failure::Interrupted);
    }
    let dataset = dataset.map_err(|error| error.to_string())?;
    let mut summary = io::Summary::of(&dataset);
    if !(task.records && task.format == TextFormat::Json) {
        summary.features = coverage(&dataset);
    }
    let mut text = match (task.format, task.records) {
        (TextFormat::Text, _) => summary.to_string(),
        (TextFormat::Json, false) => json(&summary)?,
        // One line per molecule and nothing else, so that every line reads the same.
        (TextFormat::Json, true) => String::new(),
    };
    let lines = if task.records { io::describe_records(&dataset) } else { Vec::new() };
    for line in &lines {
        text += &match task.format {
            TextFormat::Json => json(line)?,
            TextFormat::Text => format!("{line}\n"),
        };
    }
    if interrupted() {
        return Err(Failure::Interrupted);
    }
    print(&text)
}

/// For how many usable records each scheme of features has all the words.
fn coverage(dataset: &Dataset) -> BTreeMap<String, usize> {
    let served = |record: &Record| match io::smiles::read(&record.smiles) {
        Ok(reading) => Features::ALL.map(|features| usize::from(features.codes(&reading.molecule).is_ok())),
        Err(_) => [0; Features::ALL.len()],
    };
    let add = |a: [usize; 4], b: [usize; 4]| std::array::from_fn(|place| a[place] + b[place]);
    let counts = dataset.records.par_iter().map(served).reduce(|| [0; Features::ALL.len()], add);
    Features::ALL.iter().map(|features| features.name().to_owned()).zip(counts).collect()
}

fn json(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string(value).map(|text| text + "\n").map_err(|error| error.to_string())
}
