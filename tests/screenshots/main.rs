//! Pictures of the whole window in the states that people meet, at the sizes, themes and scales that people
//! have: nothing may stick out of the window, cover a neighbour, or be left blank.
//!
//! `BONDSCOPE_SCREENSHOTS=FOLDER cargo test --release --test screenshots` keeps the pictures to be looked at;
//! those of the README are made so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

#[path = "../common/mod.rs"]
mod common;
mod dialogs;
mod looks;
mod training;

use bondscope::domain::{BondId, MoleculeId, Split};
use bondscope::engine::SweepOptions;
use bondscope::scene::Pick;
use bondscope::ui::App;
use bondscope::workspace::{Command, Difference, Severity, Source, With};
use common::*;
use egui_kittest::Harness;
use looks::{Look, photograph};

#[test]
fn the_first_picture() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.state_mut().apply(Command::Select(Some(Pick::Bond(BondId(6)))));
    harness.state_mut().apply(Command::Sweep(SweepOptions {
        split: Some(Split::Test),
        limit: Some(200),
        ..Default::default()
    }));
    run_until(&mut harness, "everything is measured", |app| settled(app) && state(app).survey().is_some());
    photograph(&mut harness, "first", Look::all());
}

#[test]
fn nothing_open() {
    let Some((mut harness, _turn)) = empty(None) else { return };
    photograph(&mut harness, "nothing", Look::all());
}

#[test]
fn long_names_and_large_molecules() {
    let Some((mut harness, _turn)) = empty(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{}.csv", "a_file_name_that_goes_on_and_on_".repeat(4)));
    let chain = "CC(C)(C)OC(=O)NCCCCCC(=O)N".repeat(8);
    let name = "2-[4-(4-chlorobenzhydryl)piperazin-1-yl]ethoxyacetic acid dihydrochloride monohydrate ".repeat(2);
    let column = "mean_of_all_measurements_of_the_partition_coefficient_in_octanol_and_water";
    let rows = format!("name,smiles,{column}\n{name},{chain}C,-123456.789\nwater,O,1e-12\n");
    std::fs::write(&path, rows).unwrap();
    harness.state_mut().apply(Command::Open(Source::File(path)));
    run_until(&mut harness, "the file is open", |app| settled(app) && state(app).comparison.is_some());
    photograph(&mut harness, "long", Look::all());
}

#[test]
fn an_error_is_told_and_can_be_closed() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no_structures.csv");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    harness.state_mut().apply(Command::Open(Source::File(path)));
    harness.state_mut().apply(Command::SetBase("nonsense".to_owned()));
    run_until(&mut harness, "two errors are there", |app| {
        settled(app) && state(app).notices.iter().filter(|notice| notice.severity == Severity::Error).count() == 2
    });
    photograph(&mut harness, "error", Look::all());
}

#[test]
fn work_in_progress() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let all = SweepOptions::default();
    harness.state_mut().apply(Command::Sweep(all));
    harness.state_mut().apply(Command::SelectMolecule(MoleculeId(11_003)));
    run_until(&mut harness, "the sweep goes on", |app| {
        app.picture().is_some() && state(app).jobs.iter().any(|job| job.done > 0 && job.done < job.total)
    });
    let id = state(harness.state()).jobs[0].id;
    harness.state_mut().apply(Command::Stop(id));
    assert!(state(harness.state()).jobs.iter().all(|job| job.stopping));
    photograph(&mut harness, "work", Look::all());
    run_until(&mut harness, "it has stopped", |app| app.workspace().is_idle());
}

/// Puts further models beside the chosen one, with a bond to look at.
fn compare(harness: &mut Harness<'_, App>, names: &[&str]) {
    harness.state_mut().apply(Command::Select(Some(Pick::Bond(BondId(6)))));
    for name in names {
        let listed = &state(harness.state()).checkpoints;
        let place = listed.iter().position(|checkpoint| &*checkpoint.id.name == *name).expect("a listed model");
        harness.state_mut().apply(Command::Compare(With::Model { place, edited: true }));
    }
    harness.state_mut().apply(Command::SetLayer(8));
    run_until(harness, "all have answered", |app| {
        let state = state(app);
        settled(app) && (0..=names.len()).all(|side| state.side(side).is_some_and(|side| side.comparison.is_some()))
    });
}

#[test]
fn two_states_side_by_side() {
    let Some((mut harness, _turn)) = open(None) else { return };
    compare(&mut harness, &["gt-ebt-zinc"]);
    photograph(&mut harness, "compare2", Look::few());
}

#[test]
fn three_states_and_a_difference_map() {
    let Some((mut harness, _turn)) = open(None) else { return };
    compare(&mut harness, &["gt-ebt-zinc", "gt-base"]);
    harness.state_mut().apply(Command::ShowDifference(Some(Difference { of: 1, minus: 0 })));
    photograph(&mut harness, "compare3", Look::all());
}

#[test]
fn a_full_graph_with_a_chosen_arc() {
    let Some((mut harness, _turn)) = open(None) else { return };
    choose(&mut harness, "graphit-full-base");
    let arc = harness.state().picture().unwrap().arcs().next();
    assert!(arc.is_some());
    harness.state_mut().apply(Command::Select(arc));
    run_until(&mut harness, "it is chosen", |app| settled(app) && state(app).pick == arc);
    photograph(&mut harness, "arcs", Look::few());
}

#[test]
fn the_gallery() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.key_press(eframe::egui::Key::G);
    harness.step();
    // What is seen in the largest window is computed in all.
    run_until(&mut harness, "thumbnails are drawn", |app| app.workspace().is_idle());
    photograph(&mut harness, "gallery", Look::all());
}
