//! What the user says about files: which column of a table is what, and what weights leave open.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::domain::MoleculeId;
use bondscope::models::Readout;
use bondscope::ui::App;
use bondscope::workspace::{Command, Source};
use common::*;
use eframe::egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::time::Instant;

const ASSAY: &str = "\
compound,first,second,IC50 [nM],Tm_degC
one,CCO,c1ccccc1O,10.5,80
two,CCN,CC(C)O,,90
three,CCC,CC(=O)Nc1ccccc1,7,95
";

/// Gives a column a role. Its word may stand elsewhere in the window too: the menu is the last to be drawn.
fn set_role(harness: &mut Harness<'_, App>, column: &str, role: &str) {
    let before = harness.query_all_by_role_and_label(Role::Button, role).count();
    click(harness, Role::ComboBox, &format!("Role of {column}"));
    let since = Instant::now();
    while harness.query_all_by_role_and_label(Role::Button, role).count() == before {
        assert!(since.elapsed() < DEADLINE, "waited in vain for the role {role}");
        harness.step();
    }
    harness.query_all_by_role_and_label(Role::Button, role).last().unwrap().click();
    harness.step();
    harness.step();
}

#[test]
fn the_smiles_column_and_units_are_changed_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.csv");
    std::fs::write(&path, ASSAY).unwrap();
    let Some((mut harness, _turn)) = open(None) else { return };
    assert!(harness.get_by_label("Columns…").accesskit_node().is_disabled(), "the bundled molecules have no choice");
    harness.state_mut().apply(Command::Open(Source::File(path.clone())));
    run_until(&mut harness, "the file is open", |app| {
        state(app).dataset().is_some_and(|dataset| dataset.path.is_some() && dataset.validated) && settled(app)
    });
    assert!(harness.query_by_label_contains("one of 2 columns that hold structures").is_some(), "the doubt is told");
    let smiles = state(harness.state()).dataset().unwrap().columns.smiles.clone();
    let other = if smiles == "first" { "second" } else { "first" };
    harness.state_mut().apply(Command::SelectMolecule(MoleculeId(2)));
    click(&mut harness, Role::Button, "Columns…");
    run_until(&mut harness, "the columns are there", |app| {
        state(app).columns.as_ref().is_some_and(|view| view.preview.as_ref().is_some_and(|preview| preview.complete))
    });
    harness.check_accessibility();
    assert!(harness.query_by_label("2 numbers, 1 missing").is_some());

    // Nothing but structures will do, and nothing is lost by trying.
    set_role(&mut harness, "compound", "SMILES");
    click(&mut harness, Role::Button, "Read with these columns");
    run_until(&mut harness, "there is a complaint", |app| {
        state(app).columns.as_ref().is_some_and(|view| view.complaint.is_some())
    });
    assert!(harness.query_by_label_contains("holds no SMILES").is_some());
    assert_eq!(state(harness.state()).dataset().unwrap().columns.smiles, smiles);

    set_role(&mut harness, other, "SMILES");
    for target in ["IC50 [nM]", "Tm_degC"] {
        if harness.query_by_label(&format!("Unit of {target}")).is_none() {
            set_role(&mut harness, target, "target");
        }
    }
    harness.get_by_label("Unit of IC50 [nM]").set_text_value_accesskit("µM");
    harness.step();
    click(&mut harness, Role::Button, "Read with these columns");
    run_until(&mut harness, "the file is read anew", |app| {
        state(app).columns.is_none()
            && state(app).dataset().is_some_and(|dataset| dataset.columns.smiles == other && dataset.validated)
            && settled(app)
    });
    let columns = state(harness.state()).dataset().unwrap().columns.clone();
    assert_eq!((columns.targets.len(), columns.unit(0), columns.unit(1)), (2, Some("µM"), Some("°C")));
    assert_eq!(state(harness.state()).selected, Some(MoleculeId(2)), "the line stays");
    assert!(harness.query_by_label_contains("7.000 µM").is_some(), "the reading has the unit");

    click(&mut harness, Role::ComboBox, "Target");
    click(&mut harness, Role::Button, "Tm [°C]");
    run_until(&mut harness, "the other target is shown", |app| {
        state(app).table.property.as_ref().is_some_and(|property| property.title == "Tm")
    });
    assert!(harness.query_by_label_contains("95.000 °C").is_some());
    harness.check_accessibility();
}

#[test]
fn what_weights_leave_open_is_seen_and_changed() {
    let Some((mut harness, _turn)) = open(None) else { return };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pytorch/gt_ebt.pt");
    harness.state_mut().apply(Command::OpenModel(path.into(), Box::default()));
    run_until(&mut harness, "the model has answered", |app| answered(app, "gt_ebt"));
    let listed = state(harness.state()).checkpoints.len();
    let before = prediction(harness.state()).0;
    click(&mut harness, Role::Button, "File");
    click(&mut harness, Role::Button, "Model assumptions…");
    harness.step();
    harness.check_accessibility();
    harness.key_press(Key::Escape);
    harness.step();
    harness.step();
    // The notice that tells of them leads there too.
    click(&mut harness, Role::Button, "Assumptions…");
    harness.step();
    harness.check_accessibility();
    click(&mut harness, Role::RadioButton, "sum over atoms");
    click(&mut harness, Role::Button, "Read the file so");
    run_until(&mut harness, "the model answers otherwise", |app| {
        let spec = state(app).checkpoint().map(|checkpoint| checkpoint.spec.readout);
        spec == Some(Readout::Sum) && answered(app, "gt_ebt")
    });
    assert_eq!(state(harness.state()).checkpoints.len(), listed, "it took its own place");
    assert!((prediction(harness.state()).0 - before).abs() > 1e-6);
    // A bundled model leaves nothing open.
    harness.state_mut().apply(Command::SetModel(0));
    run_until(&mut harness, "the bundled model answers", |app| answered(app, "gt-zinc"));
    click(&mut harness, Role::Button, "File");
    harness.step();
    assert!(harness.get_by_role_and_label(Role::Button, "Model assumptions…").accesskit_node().is_disabled());
    harness.key_press(Key::Escape);
    harness.step();
}
