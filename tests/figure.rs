//! The figure composer and the clipboard, in the real window.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::figure::Content;
use bondscope::ui::App;
use bondscope::workspace::{Command, Compose, FigureKind, Source};
use common::{DEADLINE, click, open, run_until, settled, state, type_path};
use eframe::egui::{Key, Modifiers, OutputCommand, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::time::Instant;

const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };
const CTRL_ALT: Modifiers = Modifiers { alt: true, ..Modifiers::COMMAND };

/// What is put on the clipboard next.
#[track_caller]
fn copied(harness: &mut Harness<'_, App>) -> OutputCommand {
    let since = Instant::now();
    loop {
        harness.step();
        let commands = &harness.output().platform_output.commands;
        let copies = |command: &&OutputCommand| !matches!(command, OutputCommand::OpenUrl(_));
        if let Some(command) = commands.iter().find(copies) {
            return command.clone();
        }
        assert!(since.elapsed() < DEADLINE, "nothing was copied");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Whether the figure with so many panels was drawn.
fn drawn(app: &App, panels: usize) -> bool {
    let has = |content: &Content| !matches!(content, Content::Missing(_));
    state(app).draft.as_ref().is_some_and(|draft| {
        draft.figure.panels().count() == panels && draft.figure.panels().all(|panel| has(&panel.content))
    })
}

#[test]
fn the_molecule_is_copied_as_picture_and_as_svg() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.key_press_modifiers(CTRL_SHIFT, Key::C);
    let OutputCommand::CopyImage(image) = copied(&mut harness) else { panic!("no picture") };
    assert_eq!(image.size[0], 1004, "85 mm at 300 dots per inch");
    assert!(image.pixels.iter().all(|pixel| pixel.is_opaque()));
    harness.key_press_modifiers(CTRL_ALT, Key::C);
    let OutputCommand::CopyText(svg) = copied(&mut harness) else { panic!("no text") };
    assert!(svg.starts_with("<svg") && svg.contains("Molecule 11000"));
}

#[test]
fn a_figure_is_put_together_seen_copied_saved_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, spec) = (folder.path().join("f.svg"), folder.path().join("f.figure.json"));
    let Some((mut harness, _turn)) = open(None) else { return };
    // Few molecules are measured at once, even by a debug build.
    let few = folder.path().join("few.csv");
    std::fs::write(&few, "smiles,target\nCC(=O)Nc1ccccc1,1.5\nc1ccccc1O,2.5\nCCO,0.5\n").unwrap();
    harness.state_mut().apply(Command::Open(Source::File(few)));
    run_until(&mut harness, "the file is open", |app| {
        state(app).dataset().is_some_and(|dataset| dataset.records.len() == 3) && settled(app)
    });
    harness.key_press_modifiers(CTRL_SHIFT, Key::A);
    run_until(&mut harness, "the molecule is in the figure", |app| drawn(app, 1));
    click(&mut harness, Role::Button, "two columns");
    click(&mut harness, Role::Button, "Add panel");
    click(&mut harness, Role::Button, "Colour bar");
    run_until(&mut harness, "the bar is below it", |app| drawn(app, 2));
    // The word of this kind also stands on a tab of the window behind.
    harness.state_mut().apply(Command::Compose(Compose::Add(FigureKind::EdgeRatios)));
    run_until(&mut harness, "the curves are there", |app| drawn(app, 3));
    assert_eq!(state(harness.state()).figure.rows.len(), 3);
    let field = harness.get_by_label("Title of panel 1");
    field.set_text_value_accesskit("Where it sits");
    run_until(&mut harness, "the title is drawn", |app| {
        state(app).draft.as_ref().is_some_and(|draft| draft.svg.contains("Where it sits</text>"))
    });
    harness.check_accessibility();
    let seen = state(harness.state()).draft.as_ref().unwrap().svg.clone();
    click(&mut harness, Role::Button, "Copy SVG");
    assert_eq!(copied(&mut harness), OutputCommand::CopyText(seen.clone()));
    for path in [&picture, &spec] {
        type_path(&mut harness, "File of the figure", path);
        click(&mut harness, Role::Button, "Save");
        run_until(&mut harness, "it is written", |app| path.exists() && settled(app));
    }
    assert_eq!(std::fs::read_to_string(&picture).unwrap(), seen);

    click(&mut harness, Role::Button, "Remove panel 3");
    run_until(&mut harness, "two panels are left", |app| drawn(app, 2));
    type_path(&mut harness, "File of the figure", &spec);
    click(&mut harness, Role::Button, "Open…");
    run_until(&mut harness, "the figure is back", |app| {
        state(app).draft.as_ref().is_some_and(|draft| draft.svg == seen)
    });
    harness.key_press(Key::Escape);
    run_until(&mut harness, "the composer is closed", settled);
    assert!(harness.query_by_label("Preview of the figure").is_none());
}

#[test]
fn the_composer_begins_with_what_is_shown_can_be_taken_back_and_is_exported_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("begun.svg");
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.key_press_modifiers(CTRL_SHIFT, Key::E);
    run_until(&mut harness, "the molecule is in the figure", |app| drawn(app, 1));
    assert_eq!(state(harness.state()).figure.recipes().next().unwrap().kind, FigureKind::Molecule);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    run_until(&mut harness, "the page is empty", |app| state(app).figure.rows.is_empty());
    harness.key_press_modifiers(CTRL_SHIFT, Key::Z);
    run_until(&mut harness, "the molecule is back", |app| state(app).figure.recipes().count() == 1 && drawn(app, 1));
    type_path(&mut harness, "File of the figure", &picture);
    run_until(&mut harness, "it is drawn", |app| drawn(app, 1) && settled(app));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    run_until(&mut harness, "it is written", |app| picture.exists() && settled(app));
    assert_eq!(std::fs::read_to_string(&picture).unwrap(), state(harness.state()).draft.as_ref().unwrap().svg);
    // What is taken back while the composer is closed is shown.
    harness.key_press(Key::Escape);
    harness.key_press(Key::Escape);
    run_until(&mut harness, "the composer is closed", settled);
    assert!(harness.query_by_label("File of the figure").is_none());
    harness.state_mut().apply(Command::Select(None));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(3);
    assert!(state(harness.state()).figure.rows.is_empty() && harness.query_by_label("File of the figure").is_some());
}
