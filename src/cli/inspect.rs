//! `bondscope inspect`: what a file holds, without a workspace.

use super::args::{Inspect, TextFormat};
use super::run::print;
use super::{Failure, interrupted};
use crate::io;

pub(super) fn run(task: &Inspect) -> Result<(), Failure> {
    let mut stopped = false;
    let dataset = io::load_fully(&task.file, |_| {
        stopped = interrupted();
        !stopped
    });
    if stopped {
        return Err(Failure::Interrupted);
    }
    let dataset = dataset.map_err(|error| error.to_string())?;
    let summary = io::Summary::of(&dataset);
    let mut text = match task.format {
        TextFormat::Json => serde_json::to_string(&summary).map_err(|error| error.to_string())? + "\n",
        TextFormat::Text => summary.to_string(),
    };
    if task.records {
        for line in io::describe_records(&dataset) {
            match task.format {
                TextFormat::Json => text += &(serde_json::to_string(&line).map_err(|error| error.to_string())? + "\n"),
                TextFormat::Text => text += &format!("{line}\n"),
            }
        }
    }
    print(&text)
}
