//! `bondscope inspect`: what a file holds, without a workspace.

use super::args::{Inspect, TextFormat};
use super::progress::Progress;
use super::run::print;
use super::{Failure, interrupted};
use crate::io;

pub(super) fn run(task: &Inspect) -> Result<(), Failure> {
    let mut stopped = false;
    let mut progress = Progress::new();
    let dataset = io::Loader::open(&task.file).and_then(|loader| {
        io::load_fully(loader, |share| {
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
    let summary = io::Summary::of(&dataset);
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

fn json(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string(value).map(|text| text + "\n").map_err(|error| error.to_string())
}
