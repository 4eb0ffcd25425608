//! The workspace file in the real window: saving, labels, the question before work is left, files that moved, and
//! what a crash left behind. `BONDSCOPE_SCREENSHOTS=FOLDER` keeps pictures of every dialog.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::domain::{BondId, MoleculeId};
use bondscope::scene::Pick;
use bondscope::ui::App;
use bondscope::workspace::{Command, FileCommand, Labelled, Source};
use common::windowless::{crash, give, workspace};
use common::*;
use eframe::egui::{Key, Modifiers, Role, Theme, Vec2, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};

/// Keeps pictures of what is shown, if a folder is given for them.
fn keep(harness: &mut Harness<'_, App>, name: &str) {
    harness.check_accessibility();
    let Some(folder) = std::env::var_os("BONDSCOPE_SCREENSHOTS").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    for (theme, size) in
        [(Theme::Light, [1280.0, 800.0]), (Theme::Dark, [1280.0, 800.0]), (Theme::Light, [820.0, 560.0])]
    {
        harness.ctx.set_theme(theme);
        harness.set_size(Vec2::from(size));
        harness.step();
        harness.step();
        let picture = harness.render().expect("a picture");
        picture.save(folder.join(format!("{name}-{}-{theme:?}.png", size[0]))).unwrap();
    }
    harness.ctx.set_theme(Theme::Light);
    harness.set_size(Vec2::new(1280.0, 800.0));
    harness.step();
    harness.step();
}

/// Molecules with a workspace that has a label and an ablation, saved beside them.
fn saved(folder: &Path) -> PathBuf {
    let molecules = folder.join("molecules.csv");
    std::fs::write(&molecules, "smiles,target\nCCO,1.5\nc1ccccc1O,0.2\nCC(=O)Nc1ccccc1,-0.7\n").unwrap();
    let mut workspace = workspace();
    let path = folder.join("study.bondscope");
    for command in [
        Command::Open(Source::File(molecules)),
        Command::SelectMolecule(MoleculeId(2)),
        Command::Toggle(Pick::Bond(BondId(3))),
        Command::Label(Labelled { molecule: MoleculeId(2), part: Some(Pick::Bond(BondId(3))) }, "amide".to_owned()),
        Command::File(FileCommand::Save(path.clone())),
    ] {
        give(&mut workspace, command);
    }
    path
}

fn close_button(harness: &mut Harness<'_, App>) {
    harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
    harness.step();
}

/// Whether the study is there with all that was done in it.
fn restored(app: &App) -> bool {
    let state = state(app);
    let label = state.labels.get(Labelled { molecule: MoleculeId(2), part: Some(Pick::Bond(BondId(3))) });
    label == Some("amide") && state.edits.intervention(MoleculeId(2)).ablated.len() == 2 && settled(app)
}

#[test]
fn work_is_labelled_saved_and_asked_about_before_it_is_left() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.bondscope");
    // Without a name nothing is asked.
    assert_eq!(state(harness.state()).title(), "Bondscope");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.step();
    type_path(&mut harness, "Workspace file to write", &folder.path().join("mine"));
    keep(&mut harness, "save");
    click(&mut harness, Role::Button, "Save");
    run_until(&mut harness, "the workspace is saved", |app| state(app).file.path.as_ref() == Some(&path));
    assert!(path.is_file());

    harness.state_mut().apply(Command::Select(Some(Pick::Bond(BondId(3)))));
    run_until(&mut harness, "the bond is chosen", |app| state(app).pick.is_some() && settled(app));
    harness.key_press(Key::T);
    harness.step();
    harness.step();
    let field = harness.get_all_by_role(Role::TextInput).find(|node| node.is_focused()).expect("the label field");
    field.type_text("carries the MA");
    harness.step();
    harness.key_press(Key::Enter);
    run_until(&mut harness, "the label is there", |app| state(app).labels.iter().len() == 1 && state(app).file.unsaved);
    assert_eq!(state(harness.state()).title(), "mine.bondscope • – Bondscope");
    click(&mut harness, Role::DisclosureTriangle, "Labels (1)");
    keep(&mut harness, "label");
    let listed = format!("#{} ", state(harness.state()).selected.unwrap().0);
    harness.state_mut().apply(Command::Step(1));
    run_until(&mut harness, "another molecule is shown", |app| state(app).pick.is_none() && settled(app));
    let row = harness.get_all_by_role(Role::Button).find(|node| {
        node.accesskit_node()
            .label()
            .is_some_and(|label| label.starts_with(&listed) && label.ends_with("carries the MA"))
    });
    row.expect("the label in the list").click_accesskit();
    run_until(&mut harness, "the labelled bond is shown", |app| {
        state(app).pick == Some(Pick::Bond(BondId(3))) && settled(app)
    });

    close_button(&mut harness);
    click(&mut harness, Role::Button, "Cancel");
    close_button(&mut harness);
    keep(&mut harness, "unsaved");
    click(&mut harness, Role::Button, "Save");
    run_until(&mut harness, "the change is saved", |app| !state(app).file.unsaved);
    assert!(std::fs::read_to_string(&path).unwrap().contains("carries the MA"));

    let other = folder.path().join("other.smi");
    std::fs::write(&other, "CCN\nCCC\n").unwrap();
    harness
        .state_mut()
        .apply(Command::Label(Labelled { molecule: MoleculeId(0), part: None }, "not worth keeping".to_owned()));
    run_until(&mut harness, "there is something unsaved", |app| state(app).file.unsaved);
    open_by_path_field(&mut harness, &other);
    harness.step();
    assert!(harness.query_by_label_contains("before something else is opened").is_some());
    assert_eq!(state(harness.state()).dataset().unwrap().records.len(), 12_000);
    click(&mut harness, Role::Button, "Don’t save");
    run_until(&mut harness, "the other file is open", |app| {
        state(app).dataset().is_some_and(|dataset| dataset.records.len() == 2) && settled(app)
    });
    assert_eq!(state(harness.state()).title(), "Bondscope");
}

#[test]
fn a_file_that_moved_is_located_in_a_dialog() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    let away = folder.path().join("a folder with a long name, as people have them/moved.csv");
    std::fs::create_dir(away.parent().unwrap()).unwrap();
    std::fs::rename(folder.path().join("molecules.csv"), &away).unwrap();
    let Some((mut harness, _turn)) = open(Some(away)) else { return };
    open_by_path_field(&mut harness, &path);
    run_until(&mut harness, "the dialog is there", |app| state(app).file.relocation.is_some());
    assert!(harness.query_by_label("missing").is_some());
    assert!(harness.query_by_role_and_label(Role::Button, "Open without it").is_some());
    keep(&mut harness, "moved");
    click(&mut harness, Role::Button, "Locate molecules");
    run_until(&mut harness, "the file is found", |app| {
        let relocation = state(app).file.relocation.as_ref();
        relocation.is_some_and(|waiting| waiting.references[0].path.ends_with("moved.csv"))
    });
    assert!(harness.query_by_label("found").is_some());
    keep(&mut harness, "located");
    click_last(&mut harness, "Open");
    run_until(&mut harness, "the workspace is open", restored);
    assert!(state(harness.state()).file.unsaved);
}

/// The library has a button of this name as well; the dialog's comes last.
fn click_last(harness: &mut Harness<'_, App>, label: &str) {
    let buttons: Vec<_> = harness.query_all_by_role_and_label(Role::Button, label).collect();
    buttons.last().expect("a button").click();
    drop(buttons);
    harness.step();
}

#[test]
fn what_a_crash_left_is_offered_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let path = saved(folder.path());
    let kept = folder.path().join("kept");
    crash(&path, &kept);
    let Some((mut harness, _turn)) = prepared(None, |workspace| workspace.with_autosave(kept)) else { return };
    harness.state_mut().apply(Command::Open(Source::Bundled));
    run_until(&mut harness, "the offer is there", |app| !state(app).file.recovery.is_empty() && settled(app));
    assert!(harness.query_by_label_contains("did not close properly").is_some());
    keep(&mut harness, "recovery");
    click(&mut harness, Role::Button, "Restore");
    run_until(&mut harness, "the last state is there", restored);
    assert!(harness.query_by_label_contains("did not close properly").is_none());
    assert_eq!(state(harness.state()).title(), "study.bondscope • – Bondscope");
}
