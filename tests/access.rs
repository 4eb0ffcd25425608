//! The window without a pointer: by keys alone, by the palette, and as a screen reader finds it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::domain::{BondId, MoleculeId};
use bondscope::scene::Pick;
use bondscope::ui::App;
use bondscope::workspace::{Command, Severity, Source};
use common::*;
use eframe::egui::{Event, Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// The names of what the drawing holds for screen readers, bonds or atoms.
fn elements(harness: &Harness<'_, App>, kind: &str) -> Vec<String> {
    let options = harness.query_all_by_role(Role::ListBoxOption);
    options.filter_map(|node| node.accesskit_node().label()).filter(|label| label.starts_with(kind)).collect()
}

#[test]
fn the_palette_leads_to_layers_heads_molecules_models_and_commands() {
    let Some((mut harness, _turn)) = open(None) else { return };
    find(&mut harness, "layer 5");
    run_until(&mut harness, "layer 5 is shown", |app| state(app).view.reading.layer == 5);
    assert!(harness.query_by_label("Command palette").is_none(), "it closes by itself");
    find(&mut harness, "head 3");
    run_until(&mut harness, "head 3 is shown", |app| state(app).view.reading.head == Some(3));
    find(&mut harness, "all heads");
    run_until(&mut harness, "all heads are shown", |app| state(app).view.reading.head.is_none());
    find(&mut harness, "molecule 11023");
    run_until(&mut harness, "the molecule is shown", |app| {
        state(app).selected == Some(MoleculeId(11_023)) && settled(app)
    });
    find(&mut harness, "atom num");
    assert!(harness.query_by_label("Command palette").is_none());
    run_until(&mut harness, "atom numbers are shown", |app| state(app).view.atom_numbers);

    let smiles = state(harness.state()).dataset().unwrap().record(MoleculeId(11_500)).unwrap().smiles.to_string();
    find(&mut harness, &smiles);
    run_until(&mut harness, "the piece of SMILES is found", |app| state(app).selected == Some(MoleculeId(11_500)));
    let (place, title) = {
        let models = &state(harness.state()).checkpoints;
        let place = models.iter().position(|model| &*model.id.name == "san-base").expect("a listed model");
        (place, models[place].title.clone())
    };
    find(&mut harness, &title);
    run_until(&mut harness, "the model is chosen", |app| state(app).model == place && settled(app));
}

#[test]
fn the_palette_is_driven_by_arrows_says_what_is_missing_and_gives_the_keyboard_back() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.get_by_label("Search molecules").focus();
    harness.step();
    open_palette(&mut harness);
    harness.check_accessibility();
    harness.get_by_label("Command palette").type_text("redo");
    harness.step();
    harness.step();
    let missing = "Redo, Ctrl+Shift+Z, needs an edit that was taken back";
    let redo = harness.query_by_label(missing).expect("it is listed all the same");
    assert!(redo.accesskit_node().is_disabled());
    harness.key_press(Key::Enter);
    harness.step();
    assert!(harness.query_by_label("Command palette").is_some(), "what cannot be done does not close it");
    harness.key_press(Key::Escape);
    harness.step();
    harness.step();
    assert!(harness.query_by_label("Command palette").is_none());
    assert!(harness.get_by_label("Search molecules").is_focused());

    open_palette(&mut harness);
    harness.get_by_label("Command palette").type_text("layer");
    harness.step();
    for _ in 0..2 {
        harness.key_press(Key::ArrowDown);
    }
    harness.key_press(Key::ArrowUp);
    harness.key_press(Key::Enter);
    run_until(&mut harness, "the second line was carried out", |app| state(app).view.reading.layer == 1);
}

#[test]
fn bonds_and_atoms_are_walked_by_keys_and_panels_reached() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.key_press(Key::Period);
    run_until(&mut harness, "a bond is chosen", |app| state(app).pick.is_some());
    let picture = harness.state().picture().unwrap().clone();
    let chosen = state(harness.state()).pick;
    let strongest =
        picture.readings().iter().filter(|reading| reading.rank == Some(1)).find_map(|reading| reading.bond);
    let ranks = picture.readings().iter().filter(|reading| reading.bond.map(Pick::Bond) == chosen);
    assert_eq!(ranks.filter_map(|reading| reading.rank).min(), Some(1), "{chosen:?} is not {strongest:?}");
    harness.key_press(Key::Period);
    run_until(&mut harness, "the next one is", |app| state(app).pick != chosen);
    harness.key_press(Key::Comma);
    run_until(&mut harness, "and the first again", |app| state(app).pick == chosen);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Period);
    run_until(&mut harness, "an atom is", |app| matches!(state(app).pick, Some(Pick::Atom(_))));

    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num7);
    harness.step();
    harness.step();
    assert!(harness.query_by_label("Nothing has happened yet.").is_some(), "the log is in front");
    assert!(harness.get_by_label("Log panel").is_focused());
    harness.key_press(Key::F6);
    harness.step();
    harness.step();
    assert!(harness.get_by_label("Library panel").is_focused());
    let first = state(harness.state()).selected;
    harness.key_press(Key::ArrowDown);
    run_until(&mut harness, "arrows walk the list from there", |app| state(app).selected != first && settled(app));
    harness.key_press(Key::Tab);
    harness.step();
    harness.step();
    assert!(harness.get_by_label("Path of a file to open").is_focused(), "Tab leads into the panel");
}

#[test]
fn the_menu_of_a_bond_opens_and_works_by_keys() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.key_press(Key::Period);
    run_until(&mut harness, "a bond is chosen", |app| state(app).pick.is_some());
    harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    harness.step();
    harness.step();
    harness.step();
    assert!(harness.query_by_label("Remove").is_some());
    harness.key_press(Key::Tab);
    harness.step();
    harness.step();
    assert!(harness.get_by_label("Remove").is_focused());
    harness.key_press(Key::Enter);
    run_until(&mut harness, "the bond is out", |app| {
        let id = state(app).shown.as_ref().unwrap().id;
        state(app).edits.intervention(id).removed().len() == 2 && settled(app)
    });
    assert!(harness.query_by_label("Remove").is_none(), "the menu has closed");
}

#[test]
fn a_screen_reader_finds_every_bond_with_its_value_and_chooses_it() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let molecule = state(harness.state()).shown.as_ref().unwrap().molecule.clone();
    let bonds = elements(&harness, "bond ");
    assert_eq!(bonds.len(), molecule.bond_count());
    assert_eq!(elements(&harness, "atom ").len(), molecule.atom_count());
    assert!(bonds.iter().any(|name| name.contains("rank 1 of ") && name.contains("layer 0")), "{bonds:?}");
    let picture = harness.state().picture().unwrap().clone();
    let reading = picture.readings().iter().find(|reading| reading.bond == Some(BondId(4))).unwrap();
    let wanted = format!("{:.0}", reading.value.unwrap());
    let names: Vec<&String> = bonds.iter().filter(|name| name.contains(&wanted)).collect();
    assert!(!names.is_empty(), "no bond tells {wanted}: {bonds:?}");
    let name = bonds[4].clone();
    harness.get_by_role_and_label(Role::ListBoxOption, &name).click_accesskit();
    run_until(&mut harness, "the bond is chosen", |app| state(app).pick == Some(Pick::Bond(BondId(4))));
    assert!(harness.get_by_role_and_label(Role::ListBoxOption, &name).accesskit_node().is_selected() == Some(true));
    let told = harness.query_all_by_role(Role::Status).filter_map(|node| node.accesskit_node().label());
    let told: Vec<String> = told.collect();
    assert!(told.iter().any(|text| text.contains("prediction") && text.contains("chosen bond")), "{told:?}");
    harness.check_accessibility();
}

#[test]
fn a_molecule_of_very_many_bonds_is_told_by_the_list_alone() {
    let Some((mut harness, _turn)) = empty(None) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.smi");
    std::fs::write(&file, format!("{}\n", "C".repeat(702))).unwrap();
    harness.state_mut().apply(Command::Open(Source::File(file)));
    run_until(&mut harness, "the long chain is drawn", |app| settled(app) && state(app).comparison.is_some());
    assert!(elements(&harness, "bond ").is_empty());
    let canvas = harness.get_by_label("Drawing of the molecule");
    let description = canvas.accesskit_node().description().unwrap_or_default();
    assert!(description.contains("701 bonds") && description.contains("list in the inspector"), "{description}");
}

#[test]
fn what_is_typed_before_escape_in_the_same_frame_is_not_lost() {
    let Some((mut harness, _turn)) = open(None) else { return };
    harness.get_by_label("Search molecules").focus();
    harness.step();
    harness.step();
    let key = |key, pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
    let typed = [Event::Text("Clx".to_owned()), key(Key::Backspace, true), key(Key::Backspace, false)];
    harness.input_mut().events.extend(typed.into_iter().chain([key(Key::Escape, true), key(Key::Escape, false)]));
    harness.step();
    run_until(&mut harness, "the list is searched", |app| state(app).table.search == "Cl");
    assert!(!harness.get_by_label("Search molecules").is_focused());
    harness.key_press(Key::CloseBracket);
    run_until(&mut harness, "keys mean commands again", |app| state(app).view.reading.layer == 1);
}

#[test]
fn enter_means_what_was_typed_before_it_even_in_the_same_frame() {
    let Some((mut harness, _turn)) = open(None) else { return };
    open_palette(&mut harness);
    let key = |key, pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
    let enter = [key(Key::Enter, true), key(Key::Enter, false)];
    let typed = [Event::Text("layer 8".to_owned())].into_iter().chain(enter).chain([Event::Text(".".to_owned())]);
    harness.input_mut().events.extend(typed);
    harness.step();
    run_until(&mut harness, "the layer is shown", |app| state(app).view.reading.layer == 8);
    assert!(harness.query_by_label("Command palette").is_none());
}

#[test]
fn errors_are_counted_and_the_log_keeps_everything() {
    let Some((mut harness, _turn)) = open(None) else { return };
    for text in ["the first fault", "the second fault", "the second fault"] {
        harness.state_mut().apply(Command::Tell(Severity::Error, text.to_owned()));
    }
    harness.state_mut().apply(Command::Tell(Severity::Info, "something was done".to_owned()));
    harness.step();
    harness.step();
    harness.check_accessibility();
    assert!(harness.query_by_label("Error ×2").is_some(), "one fault, twice");
    click(&mut harness, Role::Button, "2 errors");
    run_until(&mut harness, "errors are read", |app| {
        state(app).notices.iter().all(|notice| !notice.open || notice.severity == Severity::Info)
    });
    for text in ["the first fault", "the second fault", "something was done"] {
        assert!(harness.query_all_by_label(text).next().is_some(), "{text} is in the log");
    }
    click(&mut harness, Role::Button, "Errors 2");
    harness.step();
    assert_eq!(harness.query_all_by_label("Copy this entry").count(), 2);
    click(&mut harness, Role::Button, "Copy all");
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        eframe::egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let copied = copied.expect("text on the clipboard");
    let lines: Vec<&str> = copied.lines().collect();
    assert!(lines.len() == 2 && lines[0].ends_with("error: the first fault"), "{copied}");
    assert!(lines[1].ends_with("error: the second fault (2 times)"), "{copied}");
    harness.check_accessibility();
}

#[test]
fn the_tour_ends_with_a_figure_in_a_file() {
    let Some((mut harness, _turn)) = open(None) else { return };
    assert!(harness.query_by_label_contains("Tour, step").is_none(), "not where nothing is remembered");
    let step = |harness: &mut Harness<'_, App>, number: usize| {
        harness.step();
        harness.step();
        let label = format!("Tour, step {number} of 5");
        assert!(harness.query_by_label(&label).is_some(), "{label}");
        harness.check_accessibility();
    };
    find(&mut harness, "tour of the first minutes");
    step(&mut harness, 1);
    click(&mut harness, Role::Button, "Next");
    step(&mut harness, 2);
    click(&mut harness, Role::Button, "Back");
    step(&mut harness, 1);
    harness.key_press(Key::ArrowDown);
    run_until(&mut harness, "the next molecule is shown", settled);
    step(&mut harness, 2);
    harness.key_press(Key::Period);
    run_until(&mut harness, "a bond is chosen", |app| state(app).pick.is_some());
    harness.key_press(Key::CloseBracket);
    step(&mut harness, 3);
    choose(&mut harness, "san-base");
    step(&mut harness, 4);
    harness.key_press(Key::Delete);
    run_until(&mut harness, "the bond is out", settled);
    step(&mut harness, 5);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first.svg");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    harness.step();
    harness.step();
    type_path(&mut harness, "File to write", &path);
    click(&mut harness, Role::Button, "Export");
    run_until(&mut harness, "the figure is written", |app| {
        app.workspace().is_idle() && state(app).notices.iter().any(|notice| notice.path().is_some())
    });
    harness.step();
    assert!(harness.query_by_label("Your figure is written").is_some());
    assert!(std::fs::read_to_string(&path).unwrap().contains("MA ratio"));
    click(&mut harness, Role::Button, "Finish tour");
    harness.step();
    assert!(harness.query_by_label("Your figure is written").is_none());
}

#[test]
fn every_panel_explains_its_words() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let words = [
        (None, "EBT slider, or another checkpoint", "a counterfactual on one set of weights"),
        (Some("Batch maxima"), "Base band", "range of batch maxima of the base state"),
        (Some("Histogram"), "KS statistic", "no p-value here"),
        (None, "Attention logit and clamp", "clamp saturation is the share"),
    ];
    for (tab, word, text) in words {
        if let Some(tab) = tab {
            click(&mut harness, Role::Button, tab);
        }
        click(&mut harness, Role::Button, &format!("What is this: {word}"));
        harness.step();
        assert!(harness.query_by_label_contains(text).is_some(), "{word}");
        assert!(harness.query_by_label_contains("Source: ").is_some(), "{word}");
        harness.check_accessibility();
        harness.key_press(Key::Escape);
        harness.step();
        harness.step();
        assert!(harness.query_by_label_contains(text).is_none(), "Escape closes {word}");
    }
    find(&mut harness, "what is ks");
    assert!(harness.query_by_label_contains("no p-value here").is_some(), "the page of all words");
    assert!(harness.query_by_label_contains("D = maxi").is_some(), "with its equation");
}
