//! The molecule table and the bars above it in a window with little room: nothing is out of reach there.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is a failed test")]

mod common;

use bondscope::workspace::Column;
use common::*;
use eframe::egui::{Role, vec2};
use egui_kittest::kittest::Queryable as _;

#[test]
fn what_has_no_room_is_in_a_menu() {
    let Some((mut harness, _turn)) = open(None) else { return };
    assert!(harness.query_by_label("More about colours").is_none(), "at the usual size all of it has room");
    assert!(harness.query_by_label("Columns without room").is_none());
    // The usual window at 200 %.
    harness.set_size(vec2(640.0, 400.0));
    run_until(&mut harness, "the window is small", settled);

    click(&mut harness, Role::Button, "More about colours");
    harness.step();
    // Its name ends with its key.
    harness.get_by_label_contains("Lock colour range").click();
    run_until(&mut harness, "the range is locked", |app| state(app).view.locked.is_some());

    click(&mut harness, Role::Button, "Columns without room");
    click(&mut harness, Role::Button, "Atoms");
    run_until(&mut harness, "the table is sorted", |app| state(app).table.column == Column::Atoms);
    let (dataset, table) = (state(harness.state()).dataset().unwrap(), &state(harness.state()).table);
    let atoms: Vec<u32> = table.order.iter().map(|&id| dataset.record(id).unwrap().atoms).collect();
    assert!(atoms.is_sorted() && atoms.len() == 1000);

    click(&mut harness, Role::ComboBox, "Split");
    click(&mut harness, Role::Button, "All 12,000");
    run_until(&mut harness, "everything is listed", |app| state(app).table.order.len() == 12_000);
    harness.get_by_label("Search molecules").focus();
    harness.step();
    harness.get_by_label("Search molecules").type_text("Br");
    run_until(&mut harness, "the list is searched", |app| state(app).table.search == "Br");
    let found = state(harness.state()).table.order.len();
    assert!(found > 0 && found < 12_000);
    harness.get_by_label(&format!("{found} found"));
    harness.get_by_label_contains("Max ratio");
}
