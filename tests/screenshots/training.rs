//! The training panel: a new run with mistakes in it, and one whose curves are there.

use super::common::*;
use super::looks::{Look, photograph};
use bondscope::workspace::{Command, Draft, Field, RunCommand, Source};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;
use std::sync::Arc;

#[test]
fn a_new_run_with_an_error() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::T);
    run_until(&mut harness, "the form is there", settled);
    for (field, text) in [("Dropout", "1.5"), ("Heads", "7"), ("Learning rate", "fast")] {
        if harness.query_by_role_and_label(Role::TextInput, field).is_none() {
            click(&mut harness, Role::Button, "More…");
            harness.step();
        }
        harness.get_by_role_and_label(Role::TextInput, field).set_text_value_accesskit(text);
        harness.step();
        harness.step();
    }
    photograph(&mut harness, "new-run", Look::few());
}

#[test]
fn a_run_with_its_curves() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zinc.csv");
    let dataset = Arc::clone(state(harness.state()).dataset().unwrap());
    let rows = dataset.records.iter().take(60).enumerate().map(|(place, record)| {
        let split = if place % 5 == 0 { "val" } else { "train" };
        format!("{},{},{split}\n", record.smiles, record.targets[0])
    });
    std::fs::write(&file, "smiles,target,split\n".to_owned() + &rows.collect::<String>()).unwrap();
    harness.state_mut().apply(Command::Open(Source::File(file)));
    run_until(&mut harness, "the file is open", |app| {
        settled(app) && state(app).dataset().unwrap().records.len() == 60
    });
    let mut draft = Draft::fitting(state(harness.state()));
    let numbers = [
        (Field::Layers, "3"),
        (Field::Width, "8"),
        (Field::Heads, "2"),
        (Field::Batch, "16"),
        (Field::Epochs, "6"),
        (Field::KeepEvery, "1"),
    ];
    for (field, text) in numbers {
        draft.type_in(field, text);
    }
    draft.set_folder(&folder.path().join("zinc-gt-seed41").display().to_string());
    harness.state_mut().apply(Command::Train(Box::new(draft.options())));
    run_until(&mut harness, "a few epochs are over", |app| {
        state(app).run_training().is_some_and(|training| training.epochs.len() >= 4)
    });
    harness.state_mut().apply(Command::Run(RunCommand::Pause));
    run_until(&mut harness, "the run holds still", |app| settled(app) && state(app).run_job().is_none());
    let run = folder.path().join("zinc-gt-seed41");
    harness.state_mut().apply(Command::Run(RunCommand::CompareWith(run)));
    harness.state_mut().apply(Command::Run(RunCommand::Replay(Some(2))));
    run_until(&mut harness, "an epoch is replayed beside a second run", |app| {
        state(app).run_beside().is_some() && answered(app, "zinc-gt-seed41 epoch-0002")
    });
    let told = state(harness.state()).notices.iter().map(|notice| notice.id).collect();
    harness.state_mut().apply(Command::Dismiss(told));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::J);
    run_until(&mut harness, "its curves are shown", settled);
    photograph(&mut harness, "training", Look::few());
}
