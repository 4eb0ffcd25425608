//! What the tests of the whole app without a window share. Waiting is by condition with a deadline.

#![allow(dead_code, reason = "not every file of tests needs all of it")]
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]
#![allow(unreachable_pub, reason = "shared by several files of tests")]

use bondscope::gpu::Gpu;
use bondscope::workspace::{Command, FileCommand, Severity, Source, Workspace};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest that anything may take, on a loaded machine without a GPU.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// A workspace with nothing open that computes on the CPU.
pub fn workspace() -> Workspace {
    Workspace::new(Gpu::cpu_only(), Arc::new(|| {})).unwrap()
}

/// Waits until everything that was asked for is done.
#[track_caller]
pub fn settle(workspace: &mut Workspace) {
    let began = Instant::now();
    let done = workspace.run_until_idle(|_| began.elapsed() < DEADLINE);
    assert!(done, "not idle in time: {:?}", workspace.state.jobs);
}

/// Gives a command and waits for what it leads to.
#[track_caller]
pub fn give(workspace: &mut Workspace, command: Command) {
    workspace.apply(command);
    settle(workspace);
}

/// A workspace with a file of these lines open, in a folder that lasts as long as the second value.
pub fn open(text: &str) -> (Workspace, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("molecules.csv");
    std::fs::write(&path, text).unwrap();
    let mut workspace = workspace();
    give(&mut workspace, Command::Open(Source::File(path)));
    (workspace, folder)
}

/// Where a model of that name is listed.
#[track_caller]
pub fn model(workspace: &Workspace, name: &str) -> usize {
    workspace.state.checkpoints.iter().position(|checkpoint| &*checkpoint.id.name == name).unwrap()
}

/// What went wrong, as the user read it.
pub fn errors(workspace: &Workspace) -> Vec<&str> {
    let notices = workspace.state.notices.iter().filter(|notice| notice.severity == Severity::Error);
    notices.map(|notice| notice.text.as_str()).collect()
}

/// Opens a workspace file, and ends as a crash does as soon as its state was kept in a folder.
#[track_caller]
pub fn crash(file: &Path, kept: &Path) {
    let mut crashed = workspace().with_autosave(kept.to_owned());
    crashed.apply(Command::File(FileCommand::Open(file.to_owned())));
    let since = Instant::now();
    while !std::fs::read_dir(kept).is_ok_and(|mut found| {
        found.any(|entry| entry.unwrap().path().extension().is_some_and(|ending| ending == "bondscope"))
    }) {
        assert!(since.elapsed() < DEADLINE, "nothing was kept");
        crashed.pump();
        // Until the next word of a worker or the next time to write.
        std::thread::sleep(crashed.keeps_in().unwrap_or_default().min(Duration::from_millis(20)));
    }
}
