//! Everything that opens above the window: each in two looks, all looks between them.

use super::common::windowless::{crash, workspace};
use super::common::*;
use super::looks::{Look, photograph};
use bondscope::domain::MoleculeId;
use bondscope::ui::App;
use bondscope::workspace::{Command, Compose, FigureKind, FileCommand, Labelled, Source};
use eframe::egui::{Key, Modifiers, Role, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn escape(harness: &mut Harness<'_, App>) {
    harness.key_press(Key::Escape);
    harness.step();
    harness.step();
}

#[test]
fn pages_palette_and_tour() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let pages: [(&str, &str); 5] = [
        ("terms", "what the numbers mean"),
        ("keys", "keyboard shortcuts"),
        ("about", "about bondscope"),
        ("untrained", "untrained model"),
        ("export", "export molecule"),
    ];
    for (place, (name, words)) in pages.into_iter().enumerate() {
        find(&mut harness, words);
        photograph(&mut harness, name, Look::two(place));
        escape(&mut harness);
    }
    open_palette(&mut harness);
    harness.get_by_label("Command palette").type_text("layer");
    harness.step();
    photograph(&mut harness, "palette", Look::two(5));
    escape(&mut harness);
    click(&mut harness, Role::ComboBox, "Model");
    harness.step();
    photograph(&mut harness, "models", Look::two(6));
    escape(&mut harness);
    find(&mut harness, "tour of the first minutes");
    photograph(&mut harness, "tour", Look::two(7));
    click(&mut harness, Role::Button, "Next");
    photograph(&mut harness, "tour-two", Look::two(8));
}

#[test]
fn a_figure_that_is_put_together() {
    let Some((mut harness, _turn)) = open(None) else { return };
    for kind in [FigureKind::Molecule, FigureKind::EdgeRatios] {
        harness.state_mut().apply(Command::Compose(Compose::Add(kind)));
    }
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    harness.step();
    run_until(&mut harness, "the figure is drawn", |app| settled(app) && state(app).draft.is_some());
    photograph(&mut harness, "composer", Look::few());
}

const ASSAY: &str = "\
compound,first,second,IC50 [nM],Tm_degC
one,CCO,c1ccccc1O,10.5,80
two,CCN,CC(C)O,,90
three,CCC,CC(=O)Nc1ccccc1,7,95
";

#[test]
fn what_is_said_about_files() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.csv");
    std::fs::write(&path, ASSAY).unwrap();
    harness.state_mut().apply(Command::Open(Source::File(path)));
    run_until(&mut harness, "the file is open", |app| {
        state(app).dataset().is_some_and(|dataset| dataset.path.is_some() && dataset.validated) && settled(app)
    });
    find(&mut harness, "columns");
    run_until(&mut harness, "the columns are there", |app| {
        state(app).columns.as_ref().is_some_and(|view| view.preview.as_ref().is_some_and(|preview| preview.complete))
    });
    photograph(&mut harness, "columns", Look::two(9));
    escape(&mut harness);
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pytorch/gt_ebt.pt");
    harness.state_mut().apply(Command::OpenModel(weights.into(), Box::default()));
    run_until(&mut harness, "the model has answered", |app| answered(app, "gt_ebt"));
    find(&mut harness, "model assumptions");
    photograph(&mut harness, "assumptions", Look::two(10));
}

/// A workspace beside its molecules.
fn saved(folder: &Path) -> PathBuf {
    let molecules = folder.join("molecules.csv");
    std::fs::write(&molecules, "smiles,target\nCCO,1.5\nc1ccccc1O,0.2\n").unwrap();
    let mut workspace = workspace();
    let path = folder.join("study.bondscope");
    for command in [Command::Open(Source::File(molecules)), Command::File(FileCommand::Save(path.clone()))] {
        workspace.apply(command);
        let since = Instant::now();
        assert!(workspace.run_until_idle(|_| since.elapsed() < DEADLINE));
    }
    path
}

#[test]
fn what_is_asked_about_workspaces() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    let Some((mut harness, _turn)) = open(None) else { return };
    find(&mut harness, "save workspace as");
    photograph(&mut harness, "save", Look::two(11));
    escape(&mut harness);
    harness.state_mut().apply(Command::File(FileCommand::Open(path.clone())));
    run_until(&mut harness, "the study is open", |app| state(app).file.path.is_some() && settled(app));
    let about = Labelled { molecule: MoleculeId(0), part: None };
    harness.state_mut().apply(Command::Label(about, "worth keeping".to_owned()));
    run_until(&mut harness, "there is something unsaved", |app| state(app).file.unsaved);
    harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
    harness.step();
    harness.step();
    photograph(&mut harness, "unsaved", Look::two(12));
    click(&mut harness, Role::Button, "Cancel");
    std::fs::rename(folder.path().join("molecules.csv"), folder.path().join("moved.csv")).unwrap();
    harness.state_mut().apply(Command::File(FileCommand::Open(path)));
    run_until(&mut harness, "the dialog is there", |app| state(app).file.relocation.is_some());
    harness.step();
    photograph(&mut harness, "moved", Look::two(13));
}

#[test]
fn what_a_crash_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    let kept = folder.path().join("kept");
    crash(&path, &kept);
    let Some((mut harness, _turn)) = prepared(None, |workspace| workspace.with_autosave(kept)) else { return };
    harness.state_mut().apply(Command::Open(Source::Bundled));
    run_until(&mut harness, "the offer is there", |app| !state(app).file.recovery.is_empty() && settled(app));
    photograph(&mut harness, "recovery", Look::few());
}
