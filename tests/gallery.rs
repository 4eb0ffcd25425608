//! The gallery, with and without a window: its pictures are those of the molecule panel, it follows the
//! table, and only what is looked at is computed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::analysis::Quantity;
use bondscope::domain::{Ablation, MoleculeId, Split};
use bondscope::scene::{Background, Scene};
use bondscope::ui::{App, Pane};
use bondscope::workspace::{Command, Look, Sheet, Source, Workspace};
use common::windowless::{give, settle, workspace};
use common::*;
use eframe::egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use glam::Vec2;
use std::sync::Arc;

/// Large enough that a thumbnail is the same drawing as in the molecule panel.
const LARGE: Look = Look { background: Background::Light, cell: Vec2::new(900.0, 600.0) };
const SMALL: Look = Look { background: Background::Light, cell: Vec2::new(92.0, 62.0) };

fn bundled() -> Workspace {
    let mut workspace = workspace();
    give(&mut workspace, Command::Open(Source::Bundled));
    workspace
}

fn scene(sheet: &Sheet, place: usize) -> &Arc<Scene> {
    &sheet.thumbnails[place].drawing.as_ref().expect("a drawing").0
}

#[test]
fn thumbnails_arrive_and_have_exactly_the_colours_of_the_molecule_panel() {
    let mut workspace = bundled();
    let ids: Vec<MoleculeId> = workspace.state.table.order[..24].to_vec();
    workspace.want_thumbnails(&ids, 0..20);
    let before = workspace.thumbnails(SMALL);
    assert!(before.thumbnails.iter().all(|thumbnail| thumbnail.drawing.is_none()));
    settle(&mut workspace);
    let views = [
        vec![Command::SetQuantity(Quantity::Ratio), Command::SetLayer(8)],
        vec![Command::SetQuantity(Quantity::Activation), Command::SetHead(Some(3))],
        vec![Command::SetQuantity(Quantity::Attention), Command::SetHead(None), Command::SetLayer(0)],
    ];
    for commands in views {
        commands.into_iter().for_each(|command| workspace.apply(command));
        for (place, &id) in ids.iter().enumerate().step_by(5) {
            workspace.apply(Command::SelectMolecule(id));
            settle(&mut workspace);
            // What was computed once serves every layer, head and quantity.
            let sheet = workspace.thumbnails(LARGE);
            let picture = workspace.picture(Background::Light, None).unwrap();
            assert_eq!(sheet.bar.scale, picture.bar.as_ref().unwrap().scale);
            assert_eq!(scene(&sheet, place).strokes, picture.scene.strokes);
            assert!(Arc::ptr_eq(&sheet, &workspace.thumbnails(LARGE)), "an unchanged sheet is not painted again");
        }
    }
    let largest: Vec<f64> =
        workspace.thumbnails(SMALL).thumbnails.iter().map(|one| one.largest_ratio.unwrap()).collect();
    assert!(largest.len() == 24 && largest.iter().all(|ratio| *ratio >= 1.0));
}

#[test]
fn edits_and_models_change_thumbnails_and_a_range_fits_what_is_seen() {
    let mut workspace = bundled();
    let ids: Vec<MoleculeId> = workspace.state.table.order[..8].to_vec();
    workspace.want_thumbnails(&ids, 0..4);
    settle(&mut workspace);
    let first = workspace.thumbnails(LARGE);
    let edge = workspace.state.shown.as_ref().unwrap().edges.get(0).unwrap();
    workspace.apply(Command::Ablate(vec![edge], Ablation::Remove));
    settle(&mut workspace);
    workspace.want_thumbnails(&ids, 0..4);
    settle(&mut workspace);
    let cut = workspace.thumbnails(LARGE);
    assert!(scene(&cut, 0).strokes.iter().any(|stroke| stroke.dashed && stroke.edge == Some(edge)));
    let picture = workspace.picture(Background::Light, None).unwrap();
    assert_eq!(scene(&cut, 0).strokes, picture.scene.strokes);
    workspace.apply(Command::Undo);
    settle(&mut workspace);
    assert_eq!(scene(&workspace.thumbnails(LARGE), 0).strokes, scene(&first, 0).strokes);

    workspace.apply(Command::FitRangeToGallery);
    let scale = workspace.thumbnails(LARGE).bar.scale;
    assert_eq!(workspace.state.view.locked, Some((scale.low, scale.high)));
    workspace.apply(Command::SetLayer(9));
    assert_eq!(workspace.thumbnails(LARGE).bar.scale, scale, "a locked range stays");
    workspace.apply(Command::LockRange(false));

    workspace.apply(Command::SetBase("san-base".to_owned()));
    settle(&mut workspace);
    workspace.want_thumbnails(&ids, 0..4);
    settle(&mut workspace);
    let sheet = workspace.thumbnails(LARGE);
    let picture = workspace.picture(Background::Light, None).unwrap();
    assert_eq!(scene(&sheet, 0).strokes, picture.scene.strokes);
    assert!(sheet.thumbnails.iter().all(|thumbnail| thumbnail.problem.is_none()));
}

#[test]
fn what_cannot_be_drawn_or_coloured_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.smi");
    // A chain of 201 atoms is beyond the limit of full graphs; a lone atom has no edge.
    std::fs::write(&path, format!("CCO\n{}\nC\n", "C".repeat(201))).unwrap();
    let mut workspace = bundled();
    workspace.apply(Command::SetBase("san-full-base".to_owned()));
    workspace.apply(Command::Open(Source::File(path)));
    settle(&mut workspace);
    let ids = workspace.state.table.order.clone();
    workspace.want_thumbnails(&ids, 0..ids.len());
    settle(&mut workspace);
    let sheet = workspace.thumbnails(SMALL);
    let problems: Vec<bool> = sheet.thumbnails.iter().map(|thumbnail| thumbnail.problem.is_some()).collect();
    assert_eq!(problems, [false, true, true]);
    let grey = Background::Light.grey();
    assert!(sheet.thumbnails.iter().all(|thumbnail| thumbnail.drawing.is_some()));
    assert!(scene(&sheet, 1).strokes.iter().all(|stroke| stroke.color == grey));
    assert!(scene(&sheet, 0).strokes.iter().any(|stroke| stroke.color != grey && stroke.edge.is_some()));
}

fn thumbnail_count(harness: &Harness<'_, App>) -> usize {
    // Bonds and atoms of the drawing are options too.
    let of_molecule = |label: String| label.starts_with("molecule ");
    let options = harness.query_all_by_role(Role::ListBoxOption);
    options.filter(|node| node.accesskit_node().label().is_some_and(of_molecule)).count()
}

#[test]
fn the_gallery_follows_the_table_and_the_keyboard() {
    let Some((mut harness, _turn)) = open(None) else { return };
    assert_eq!(thumbnail_count(&harness), 0);
    harness.key_press(Key::G);
    run_until(&mut harness, "the thumbnails on screen have their colours", |app| {
        let gallery = &state(app).gallery;
        settled(app) && !gallery.visible().is_empty() && gallery.has_numbers()
    });
    harness.check_accessibility();
    let seen = thumbnail_count(&harness);
    assert!((6..100).contains(&seen), "{seen} of 1000 thumbnails cost something");
    let label = |id: u32| format!("molecule {id}, largest ratio");
    harness.get_by_label_contains(&label(11_004)).click();
    run_until(&mut harness, "a click opens the molecule", |app| {
        state(app).shown.as_ref().is_some_and(|shown| shown.id == MoleculeId(11_004)) && settled(app)
    });
    harness.key_press(Key::ArrowRight);
    run_until(&mut harness, "an arrow opens the next", |app| state(app).selected == Some(MoleculeId(11_005)));
    harness.key_press(Key::Home);
    run_until(&mut harness, "Home opens the first", |app| state(app).selected == Some(MoleculeId(11_000)));
    harness.key_press(Key::End);
    run_until(&mut harness, "End opens the last and scrolls there", |app| {
        state(app).selected == Some(MoleculeId(11_999)) && state(app).gallery.visible().contains(&MoleculeId(11_999))
    });

    harness.state_mut().apply(Command::Search("11003".to_owned()));
    run_until(&mut harness, "a search narrows the gallery", |app| {
        state(app).gallery.visible() == [MoleculeId(11_003)] && settled(app)
    });
    assert_eq!(thumbnail_count(&harness), 1);
    harness.state_mut().apply(Command::Search(String::new()));
    harness.state_mut().apply(Command::ShowSplit(Some(Split::Val)));
    run_until(&mut harness, "another split is shown", |app| {
        state(app).gallery.visible().first().is_some_and(|id| id.0 < 11_000) && settled(app)
    });
    harness.key_press(Key::Enter);
    run_until(&mut harness, "Enter shows the drawing", |app| state(app).gallery.visible().is_empty());
    harness.state_mut().lay_out(&[&[&[Pane::Gallery], &[Pane::Molecule]]]);
    run_until(&mut harness, "both stand side by side", |app| !state(app).gallery.visible().is_empty() && settled(app));
}
