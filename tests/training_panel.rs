//! The training panel, driven by its accessible names.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::ui::App;
use bondscope::workspace::{Command, Condition, Source};
use common::*;
use eframe::egui::{Key, Modifiers, Role, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::PathBuf;
use std::sync::MutexGuard;

/// A window with 40 chains open, the form for a new run in front.
fn form() -> Option<(Harness<'static, App>, MutexGuard<'static, ()>, tempfile::TempDir)> {
    let (mut harness, turn) = empty(None)?;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chains.csv");
    let line = |n: usize| {
        let split = ["train", "train", "train", "val", "test"][n % 5];
        format!("{}O,{},{split}\n", "C".repeat(n % 20 + 1), n % 20)
    };
    let text = (0..40).map(line).fold("smiles,target,split\n".to_owned(), |text, line| text + &line);
    std::fs::write(&file, text).unwrap();
    harness.state_mut().apply(Command::Open(Source::File(file)));
    run_until(&mut harness, "the file is open", |app| settled(app) && state(app).comparison.is_some());
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
    run_until(&mut harness, "the form is there", settled);
    Some((harness, turn, folder))
}

fn fill(harness: &mut Harness<'_, App>, field: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, field).set_text_value_accesskit(text);
    // One frame takes the text in, the next says what is wrong about it.
    harness.step();
    harness.step();
}

fn is_disabled(harness: &Harness<'_, App>, button: &str) -> bool {
    harness.get_by_role_and_label(Role::Button, button).accesskit_node().is_disabled()
}

fn condition(app: &App) -> Option<Condition> {
    state(app).run_condition()
}

#[test]
fn a_form_is_filled_and_trained_paused_resumed_and_stopped() {
    let Some((mut harness, _turn, folder)) = form() else { return };
    assert!(harness.query_by_label_contains("24 train, 8 val, 8 test").is_some());
    assert!(harness.query_by_label_contains("588,353 parameters").is_some());
    for (field, text) in [("Layers", "2"), ("Width", "8"), ("Heads", "2"), ("Batch", "8"), ("Epochs", "100000")] {
        fill(&mut harness, field, text);
    }
    let run: PathBuf = folder.path().join("run");
    fill(&mut harness, "Run folder", &run.display().to_string());
    harness.check_accessibility();
    click(&mut harness, Role::Button, "Start training");
    run_until(&mut harness, "two epochs are over", |app| {
        state(app).run_training().is_some_and(|training| training.epochs.len() >= 2)
    });
    for plot in ["Plot: MA ratios", "Plot: Loss", "Plot: Gradient norms"] {
        assert!(harness.query_by_label_contains(plot).is_some(), "{plot}");
    }
    assert!(harness.query_by_label("running").is_some() && is_disabled(&harness, "Resume"));
    click(&mut harness, Role::Button, "Pause");
    run_until(&mut harness, "it is paused", |app| condition(app) == Some(Condition::Paused));
    assert!(is_disabled(&harness, "Pause"));
    let before = state(harness.state()).training.epochs.len();
    click(&mut harness, Role::Button, "Resume");
    run_until(&mut harness, "it goes on", |app| state(app).training.epochs.len() > before + 1);
    harness.check_accessibility();
    let kept = run.join("checkpoints/best.safetensors");
    harness.get_all_by_role_and_label(Role::Button, "Stop").last().expect("a button").click();
    run_until(&mut harness, "it has stopped", |app| condition(app) == Some(Condition::Stopped));
    assert!(kept.is_file());
}

#[test]
fn a_wrong_number_says_why_and_keeps_the_run_from_starting() {
    let Some((mut harness, _turn, _folder)) = form() else { return };
    assert!(!is_disabled(&harness, "Start training"));
    fill(&mut harness, "Heads", "7");
    assert!(harness.query_by_label_contains("`heads` is 7, which does not divide `dim` 64").is_some());
    assert!(is_disabled(&harness, "Start training"));
    fill(&mut harness, "Heads", "8");
    assert!(!is_disabled(&harness, "Start training"));
    click(&mut harness, Role::Button, "More…");
    harness.step();
    fill(&mut harness, "Dropout", "1.5");
    assert!(harness.query_by_label_contains("`dropout` is 1.5, but must be from 0 to below 1").is_some());
    click(&mut harness, Role::RadioButton, "as coded");
    harness.step();
    assert!(harness.query_by_label_contains("choose `paper`").is_some());
    assert!(harness.query_by_label_contains("2 fields to mend").is_some());
    click(&mut harness, Role::RadioButton, "SAN");
    harness.step();
    assert!(harness.query_by_label_contains("choose `paper`").is_none());
    fill(&mut harness, "Dropout", "0");
    assert!(!is_disabled(&harness, "Start training"));
    harness.check_accessibility();
}

#[test]
fn a_window_that_trains_asks_before_it_is_closed() {
    let Some((mut harness, _turn, folder)) = form() else { return };
    for (field, text) in [("Layers", "2"), ("Width", "8"), ("Heads", "2"), ("Epochs", "100000")] {
        fill(&mut harness, field, text);
    }
    let run = folder.path().join("run");
    fill(&mut harness, "Run folder", &run.display().to_string());
    click(&mut harness, Role::Button, "Start training");
    run_until(&mut harness, "it is under way", |app| condition(app) == Some(Condition::Running));
    let close = |harness: &mut Harness<'_, App>| {
        harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
        harness.step();
        harness.step();
    };
    close(&mut harness);
    assert!(harness.query_by_label_contains("run is being trained").is_some());
    click(&mut harness, Role::Button, "Cancel");
    harness.step();
    assert!(harness.query_by_label_contains("run is being trained").is_none());
    assert_eq!(condition(harness.state()), Some(Condition::Running));
    close(&mut harness);
    click(&mut harness, Role::Button, "Stop and close");
    // The window goes, and with it the threads: what was learned is kept.
    drop(harness);
    assert!(run.join("state.safetensors").is_file() && !run.join("result.toml").exists());
}
