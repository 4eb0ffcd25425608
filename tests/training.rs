//! Training runs of the whole app without a window: put together, started, paused, resumed, one after the other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

#[path = "common/windowless.rs"]
mod common;

use bondscope::models::Ebt;
use bondscope::workspace::{
    Command, Condition, Curve, Draft, DraftAbout, Field, FileCommand, RunCommand, Source, State, Workspace,
};
use common::*;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Chains with something at their end, so that there is something to learn.
fn molecules(count: usize) -> String {
    let line = |n: usize| {
        let split = ["train", "train", "train", "val", "test"][n % 5];
        format!("{}O,{},{split}\n", "C".repeat(n % 20 + 1), (n % 20) as f32 / 10.0)
    };
    (0..count).map(line).fold("smiles,target,split\n".to_owned(), |text, line| text + &line)
}

/// A run of a tiny network, put together as a form does.
fn draft(state: &State, folder: &Path, epochs: u32) -> Draft {
    let mut draft = Draft::fitting(state);
    for (field, text) in [
        (Field::Layers, "2"),
        (Field::Width, "8"),
        (Field::Heads, "2"),
        (Field::Batch, "4"),
        (Field::LearningRate, "5e-3"),
        (Field::KeepEvery, "2"),
        (Field::Epochs, &epochs.to_string()),
    ] {
        draft.type_in(field, text);
    }
    draft.set_folder(&folder.display().to_string());
    assert_eq!(draft.problems(state), []);
    draft
}

fn start(workspace: &mut Workspace, folder: &Path, epochs: u32) {
    let options = draft(&workspace.state, folder, epochs).options();
    workspace.apply(Command::Train(Box::new(options)));
}

/// Waits until something is so while other things go on.
#[track_caller]
fn wait(workspace: &mut Workspace, what: &str, so: impl Fn(&State) -> bool) {
    let began = Instant::now();
    workspace.run_until_idle(|state| !so(state) && began.elapsed() < DEADLINE);
    assert!(so(&workspace.state), "waited in vain until {what}: {:?}", workspace.state.run_condition());
}

fn epochs(state: &State) -> usize {
    state.run_training().map_or(0, |training| training.epochs.len())
}

fn metrics(folder: &Path) -> Vec<String> {
    // The last columns of a row tell time; what stands before them must be equal to the bit.
    let text = fs::read_to_string(folder.join("metrics.csv")).unwrap();
    text.lines().map(|line| line.split(',').take(5).collect::<Vec<_>>().join(",")).collect()
}

#[test]
fn a_run_is_put_together_trained_and_told() {
    let (mut workspace, keep) = open(&molecules(40));
    let folder = keep.path().join("run");
    assert_eq!(workspace.state.run_condition(), None);
    start(&mut workspace, &folder, 4);
    assert!(matches!(workspace.state.run_condition(), Some(Condition::Preparing)));
    assert!(workspace.curve(Curve::Loss).is_none(), "nothing is known yet");
    settle(&mut workspace);
    assert_eq!(workspace.state.run_condition(), Some(Condition::Finished));
    assert_eq!(epochs(&workspace.state), 4);
    let said = |part: &str| workspace.state.notices.iter().any(|notice| notice.text.contains(part));
    assert!(said("Training run is over: test MAE"));
    for curve in [Curve::Ratios, Curve::Loss, Curve::Gradients, Curve::LearningRate, Curve::Speed] {
        let chart = workspace.curve(curve).unwrap();
        let again = workspace.curve(curve).unwrap();
        assert!(std::sync::Arc::ptr_eq(&chart, &again), "an unchanged chart is not made again");
        assert!(chart.y.range.0 < chart.y.range.1 && chart.x.range.1 >= 4.0, "{curve:?}");
    }
    assert!(workspace.curve(Curve::Auc).is_none(), "there are no labels");
    let ratios = workspace.curve(Curve::Ratios).unwrap();
    // The band of before training, median and maximum of two layers; epochs 0 to 4.
    assert_eq!(ratios.series.len(), 5);
    let heights: Vec<usize> = ratios.series.iter().map(|series| series.heights().len()).collect();
    assert_eq!(heights, [2, 5, 5, 5, 5]);
    assert_eq!(ratios.table.columns.len(), 4);
}

#[test]
fn a_paused_and_resumed_run_equals_an_uninterrupted_one() {
    let (mut workspace, keep) = open(&molecules(40));
    let (whole, parts) = (keep.path().join("whole"), keep.path().join("parts"));
    start(&mut workspace, &whole, 12);
    settle(&mut workspace);
    start(&mut workspace, &parts, 12);
    for pause in [2, 5, 7] {
        wait(&mut workspace, "some epochs are over", |state| {
            epochs(state) >= pause && state.training.folder.as_ref() == Some(&parts) && state.can_stop_run()
        });
        workspace.apply(Command::Run(RunCommand::Pause));
        assert_eq!(workspace.state.run_condition(), Some(Condition::Pausing));
        settle(&mut workspace);
        assert_eq!(workspace.state.run_condition(), Some(Condition::Paused));
        assert!(workspace.state.can_resume_run() && !workspace.state.can_stop_run());
        workspace.apply(Command::Run(RunCommand::Resume));
    }
    settle(&mut workspace);
    assert_eq!(workspace.state.run_condition(), Some(Condition::Finished));
    assert_eq!(metrics(&whole), metrics(&parts));
    let weights = |run: &Path| bondscope::io::read_weights(&run.join("checkpoints/last.safetensors")).unwrap().arrays;
    assert!(weights(&whole) == weights(&parts));
    assert!(errors(&workspace).is_empty(), "{:?}", errors(&workspace));
}

#[test]
fn a_stopped_run_keeps_its_best_weights_and_a_second_one_waits() {
    let (mut workspace, keep) = open(&molecules(40));
    let (first, second, third) = (keep.path().join("first"), keep.path().join("second"), keep.path().join("third"));
    start(&mut workspace, &first, 100_000);
    start(&mut workspace, &second, 3);
    start(&mut workspace, &third, 3);
    wait(&mut workspace, "the first is under way", |state| epochs(state) >= 1);
    let waiting: Vec<String> = workspace.state.waiting_runs().map(|run| run.name()).collect();
    assert_eq!(waiting, ["second", "third"]);
    workspace.apply(Command::Run(RunCommand::Withdraw(third.clone())));
    workspace.apply(Command::Run(RunCommand::Stop));
    assert_eq!(workspace.state.run_condition(), Some(Condition::Stopping));
    settle(&mut workspace);
    assert!(first.join("checkpoints/best.safetensors").is_file());
    assert_eq!((workspace.state.run().unwrap().name().as_str(), epochs(&workspace.state)), ("second", 3));
    assert!(second.join("result.toml").is_file() && !third.exists());
    assert!(errors(&workspace).is_empty(), "{:?}", errors(&workspace));
}

#[test]
fn what_cannot_be_trained_is_said_before_and_after_it_is_started() {
    let (mut workspace, keep) = open("smiles,split\nCCO,train\nCCC,val\n");
    let mut form = Draft::fitting(&workspace.state);
    let about =
        |form: &Draft, state: &State| form.problems(state).into_iter().map(|known| known.about).collect::<Vec<_>>();
    assert_eq!(about(&form, &workspace.state), [DraftAbout::Data]);
    form.type_in(Field::Heads, "5");
    form.set_ebt(Ebt::Code);
    assert_eq!(
        about(&form, &workspace.state),
        [DraftAbout::Field(Field::Heads), DraftAbout::Network, DraftAbout::Data]
    );
    let folder = keep.path().join("run");
    form.set_folder(&folder.display().to_string());
    give(&mut workspace, Command::Train(Box::new(form.options())));
    let Some(Condition::Failed(reason)) = workspace.state.run_condition() else { panic!("it must fail") };
    assert!(reason.contains("`heads` is 5"), "{reason}");
    assert!(!workspace.state.can_resume_run() && !folder.exists());
}

#[test]
fn a_run_in_its_folder_is_shown_compared_and_gone_on_with() {
    let (mut workspace, keep) = open(&molecules(40));
    let (first, second) = (keep.path().join("first"), keep.path().join("second"));
    start(&mut workspace, &first, 5);
    settle(&mut workspace);
    let trained = workspace.state.run_training().unwrap().clone();
    start(&mut workspace, &second, 100_000);
    wait(&mut workspace, "the second is under way", |state| epochs(state) >= 3);
    workspace.apply(Command::Run(RunCommand::Stop));
    settle(&mut workspace);

    give(&mut workspace, Command::Run(RunCommand::Open(first.clone())));
    let view = workspace.state.run_view().unwrap();
    assert_eq!((view.name().as_str(), view.condition.clone(), view.opened), ("first", Condition::Finished, true));
    let read = view.training.unwrap();
    // To the bit, times included: the state is the authority, and it was written from the same numbers.
    assert_eq!((&read.epochs, &read.base, &read.outcome), (&trained.epochs, &trained.base, &trained.outcome));
    assert_eq!(workspace.state.replayable(), [2, 4]);
    assert!(!workspace.state.can_resume_run(), "it is over");

    give(&mut workspace, Command::Run(RunCommand::CompareWith(second.clone())));
    let loss = workspace.curve(Curve::Loss).unwrap();
    let names: Vec<&str> = loss.series.iter().map(|series| series.name.as_str()).collect();
    assert_eq!(names, ["A training", "A validation", "B training", "B validation"]);
    give(&mut workspace, Command::Run(RunCommand::CloseComparison));
    assert_eq!(workspace.curve(Curve::Loss).unwrap().series.len(), 2);

    // As after another start: a workspace that did not begin it goes on with it.
    let mut other = common::workspace();
    give(&mut other, Command::Open(Source::File(keep.path().join("molecules.csv"))));
    give(&mut other, Command::Run(RunCommand::Open(second.clone())));
    assert_eq!(other.state.run_view().unwrap().condition, Condition::Unfinished);
    let before = other.state.run_view().unwrap().training.unwrap().epochs.len();
    other.apply(Command::Run(RunCommand::Resume));
    wait(&mut other, "it goes on", |state| epochs(state) > before);
    assert!(!other.state.run_view().unwrap().opened);
    other.apply(Command::Run(RunCommand::Pause));
    settle(&mut other);
    assert_eq!(other.state.unfinished_run(), Some(second.as_path()));

    give(&mut other, Command::Open(Source::Bundled));
    give(&mut other, Command::Run(RunCommand::Open(second)));
    give(&mut other, Command::Run(RunCommand::Resume));
    assert!(errors(&other).last().unwrap().contains("was begun on molecules.csv"));
    give(&mut other, Command::Run(RunCommand::Open(keep.path().to_owned())));
    assert!(errors(&other).last().unwrap().contains("no training run here"));
}

#[test]
fn the_molecule_shown_follows_the_network_in_training() {
    let (mut workspace, keep) = open(&molecules(40));
    let before = workspace.state.comparison.clone().unwrap();
    let (molecule, models) = (workspace.state.selected, workspace.state.checkpoints.len());
    workspace.apply(Command::Run(RunCommand::Follow(true)));
    start(&mut workspace, &keep.path().join("run"), 100_000);
    let mut seen: Vec<f32> = Vec::new();
    let began = Instant::now();
    workspace.run_until_idle(|state| {
        let answer = state.comparison.as_ref().filter(|answer| &*answer.probe.model.name == "run");
        if let Some(prediction) = answer.map(|answer| answer.baseline.prediction[0])
            && !seen.contains(&prediction)
        {
            seen.push(prediction);
        }
        seen.len() < 4 && began.elapsed() < DEADLINE
    });
    assert_eq!(seen.len(), 4, "the picture changes while it is trained");
    assert_eq!(workspace.state.checkpoints.len(), models + 1, "it takes one place in the list");
    assert_eq!(workspace.state.selected, molecule);
    assert_ne!(workspace.state.comparison.as_ref().unwrap().probe.model, before.probe.model);
    workspace.apply(Command::Run(RunCommand::Follow(false)));
    workspace.apply(Command::Run(RunCommand::Stop));
    settle(&mut workspace);
    assert!(errors(&workspace).is_empty(), "{:?}", errors(&workspace));
}

#[test]
fn kept_epochs_are_looked_at_again() {
    let (mut workspace, keep) = open(&molecules(40));
    let folder = keep.path().join("run");
    start(&mut workspace, &folder, 8);
    settle(&mut workspace);
    let models = workspace.state.checkpoints.len();
    let prediction = |workspace: &Workspace| workspace.state.comparison.as_ref().unwrap().baseline.prediction[0];
    let mut seen = Vec::new();
    for epoch in workspace.state.replayable() {
        give(&mut workspace, Command::Run(RunCommand::Replay(Some(epoch))));
        assert_eq!(workspace.state.replayed(), Some(epoch));
        let name = workspace.state.checkpoint().unwrap().id.name.to_string();
        assert_eq!(name, format!("run epoch-{epoch:04}"));
        seen.push(prediction(&workspace));
    }
    assert_eq!(seen.len(), 4);
    seen.dedup();
    assert_eq!(seen.len(), 4, "each epoch predicts otherwise");
    assert_eq!(workspace.state.checkpoints.len(), models + 1, "they take one place in the list");
    // The next ones were read ahead, so going back and on needs no file.
    fs::remove_dir_all(folder.join("checkpoints")).unwrap();
    give(&mut workspace, Command::Run(RunCommand::Replay(Some(2))));
    assert_eq!(prediction(&workspace).to_bits(), seen[0].to_bits());
    assert!(errors(&workspace).is_empty(), "{:?}", errors(&workspace));
}

#[test]
fn a_saved_workspace_shows_its_run_again_and_forgets_weights_that_lie_nowhere() {
    let (mut workspace, keep) = open(&molecules(40));
    workspace.apply(Command::Run(RunCommand::Follow(true)));
    start(&mut workspace, &keep.path().join("run"), 4);
    settle(&mut workspace);
    assert_eq!(&*workspace.state.checkpoint().unwrap().id.name, "run", "the trained network is shown");
    let file = keep.path().join("work.bondscope");
    give(&mut workspace, Command::File(FileCommand::Save(file.clone())));
    let mut other = common::workspace();
    give(&mut other, Command::File(FileCommand::Open(file)));
    let view = other.state.run_view().unwrap();
    assert_eq!((view.name().as_str(), view.training.unwrap().epochs.len()), ("run", 4));
    let told: Vec<&str> = other.state.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(errors(&other).is_empty() && !told.iter().any(|text| text.contains("not there")), "{told:?}");
}
