//! The table of molecules, of which only the visible rows cost anything.
//!
//! A panel may be narrow, and text large: columns then give way by importance, so that what the program is about
//! never hides behind a scroll bar. What has no room is named in a menu that sorts by it.

use super::labelled;
use crate::domain::{Dataset, MoleculeId, Record};
use crate::ui::actions::Effect;
use crate::ui::parts::{self, decimal, number, weak};
use crate::workspace::{Column, Command, State};
use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{self, Align, Button, Color32, Label, Layout, RichText, Sense, TextWrapMode, Ui};
use egui_extras::{Column as Width, TableBuilder, TableRow};

/// Height of a row, points.
const ROW: f32 = 21.0;

/// Space between columns, points.
const GAP: f32 = 4.0;

/// Width of the menu of columns that have no room, points.
const MORE: f32 = 16.0;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    column: Column,
    heading: &'static str,
    tip: &'static str,
    /// Points; text takes what is left beyond that.
    width: f32,
    /// The higher, the sooner it gives way; 0 never does.
    gives_way: u8,
}

const SHAPES: [Shape; 8] = [
    shape(Column::Index, "#", "Place among the usable records, counted from 0", (38.0, 0)),
    shape(Column::Name, "Name", "Name given in the file", (60.0, 0)),
    shape(Column::Smiles, "SMILES", "Structure as written in the file", (60.0, 0)),
    shape(Column::Atoms, "Atoms", "Number of atoms of the graph", (38.0, 4)),
    shape(Column::Target, "Target", "Value in the file", (47.0, 2)),
    shape(Column::Prediction, "Pred.", "What the chosen model predicts", (47.0, 1)),
    shape(Column::Error, "Error", "|prediction − target|", (40.0, 3)),
    shape(Column::Ratio, "Max ratio", "Largest MA ratio of the molecule: over all edges, layers and heads", (64.0, 0)),
];

const fn shape(column: Column, heading: &'static str, tip: &'static str, (width, gives_way): (f32, u8)) -> Shape {
    Shape { column, heading, tip, width, gives_way }
}

/// The columns that fit, in order, and those that do not.
fn fitting(room: f32, named: bool, records: usize) -> (Vec<Shape>, Vec<Shape>) {
    let mut shapes: Vec<Shape> = SHAPES.into_iter().filter(|shape| named || shape.column != Column::Name).collect();
    for shape in &mut shapes {
        // Six digits need more room than the 38 points for five.
        if shape.column == Column::Index && records > 100_000 {
            shape.width += 6.0;
        }
        // Who has names knows molecules by them.
        if shape.column == Column::Smiles && named {
            shape.gives_way = 5;
        }
    }
    let mut hidden = Vec::new();
    let wide = |shapes: &[Shape], hidden: bool| {
        let gaps = shapes.iter().map(|shape| shape.width + GAP).sum::<f32>() - GAP;
        gaps + if hidden { MORE + GAP } else { 0.0 } > room
    };
    while wide(&shapes, !hidden.is_empty()) {
        let next = shapes.iter().enumerate().filter(|(_, shape)| shape.gives_way > 0);
        let Some((place, _)) = next.max_by_key(|(_, shape)| shape.gives_way) else { break };
        hidden.push(shapes.remove(place));
    }
    (shapes, hidden)
}

/// Shows the table.
pub(super) fn show(
    ui: &mut Ui,
    state: &State,
    dataset: &Dataset,
    (scrolled_to, effects): (&mut Option<MoleculeId>, &mut Vec<Effect>),
) {
    let (shapes, hidden) = fitting(ui.available_width(), dataset.columns.id.is_some(), dataset.records.len());
    ui.spacing_mut().item_spacing = egui::vec2(GAP, 0.0);
    let mut table = TableBuilder::new(ui)
        .id_salt("molecules")
        .sense(Sense::click())
        .auto_shrink(false)
        .animate_scrolling(false)
        .cell_layout(Layout::left_to_right(Align::Center));
    for shape in &shapes {
        table = table.column(match shape.column {
            Column::Name | Column::Smiles => Width::remainder().at_least(shape.width).clip(true),
            _ => Width::exact(shape.width),
        });
    }
    if !hidden.is_empty() {
        table = table.column(Width::exact(MORE));
    }
    // Found by walking the rows, so only when the selection moved.
    if *scrolled_to != state.selected {
        *scrolled_to = state.selected;
        if let Some(row) = state.selected.and_then(|id| state.table.row_of(id)) {
            table = table.scroll_to_row(row, None);
        }
    }
    let table = table.header(24.0, |mut header| {
        for shape in &shapes {
            header.col(|ui| heading(ui, state, shape, effects));
        }
        if !hidden.is_empty() {
            header.col(|ui| more(ui, state, &hidden, effects));
        }
    });
    table.body(|body| {
        body.rows(ROW, state.table.order.len(), |mut row| {
            let Some(&id) = state.table.order.get(row.index()) else { return };
            let Some(record) = dataset.record(id) else { return };
            row.set_selected(state.selected == Some(id));
            for shape in &shapes {
                cell(&mut row, state, dataset, (shape.column, id, record));
            }
            if !hidden.is_empty() {
                row.col(|_| {});
            }
            if row.response().clicked() {
                effects.push(Command::SelectMolecule(id).into());
            }
        });
    });
}

fn heading(ui: &mut Ui, state: &State, shape: &Shape, effects: &mut Vec<Effect>) {
    let sorted = state.table.column == shape.column;
    let text = RichText::new(format!("{}{}", shape.heading, arrow(state, shape.column))).small();
    let text = if sorted { text.strong() } else { text.weak() };
    let layout = if matches!(shape.column, Column::Name | Column::Smiles) {
        Layout::left_to_right(Align::Center)
    } else {
        Layout::right_to_left(Align::Center)
    };
    ui.with_layout(layout, |ui| {
        // Rather a point into the gap than three dots for a letter.
        ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
        ui.spacing_mut().button_padding = egui::Vec2::ZERO;
        let button = Button::new(text).fill(Color32::TRANSPARENT).stroke(egui::Stroke::NONE);
        if ui.add(button).on_hover_text(format!("{}; click to sort", describe(state, shape))).clicked() {
            effects.push(Command::Sort(shape.column).into());
        }
    });
}

/// The menu of columns that have no room.
fn more(ui: &mut Ui, state: &State, hidden: &[Shape], effects: &mut Vec<Effect>) {
    ui.spacing_mut().button_padding = egui::vec2(2.0, 0.0);
    let button = Button::new(weak("…")).fill(Color32::TRANSPARENT).stroke(egui::Stroke::NONE);
    let (button, _) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.label(weak("No room for these; sort by").small());
        for shape in hidden {
            let text = format!("{}{}", shape.heading, arrow(state, shape.column));
            if ui.button(text).on_hover_text(describe(state, shape)).clicked() {
                effects.push(Command::Sort(shape.column).into());
                ui.close();
            }
        }
    });
    parts::named(button, "Columns without room").on_hover_text("Columns without room; a wider panel shows them");
}

/// The sign of the sorting column.
fn arrow(state: &State, column: Column) -> &'static str {
    match (state.table.column == column, state.table.descending) {
        (false, _) => "",
        (true, false) => "\u{2009}↑",
        (true, true) => "\u{2009}↓",
    }
}

/// What a column is, with the target that it speaks of and its unit.
fn describe(state: &State, shape: &Shape) -> String {
    let speaks = matches!(shape.column, Column::Target | Column::Prediction | Column::Error);
    match state.table.property.as_ref().filter(|_| speaks) {
        Some(property) if property.related || shape.column == Column::Target => {
            format!("{}: {}", shape.tip, labelled(property))
        }
        Some(_) if shape.column == Column::Error => "Nothing to compare: the model predicts something else".to_owned(),
        _ => shape.tip.to_owned(),
    }
}

fn cell(
    row: &mut TableRow<'_, '_>,
    state: &State,
    dataset: &Dataset,
    (column, id, record): (Column, MoleculeId, &Record),
) {
    row.col(|ui| {
        let text = match column {
            Column::Name => record.id.as_deref().unwrap_or("–"),
            Column::Smiles => &record.smiles,
            _ => {
                if column == Column::Index && state.selected == Some(id) {
                    parts::mark_row(ui, ui.max_rect().translate(egui::vec2(-3.0, 0.0)));
                }
                let text = written(column, state.table.value(dataset, id, column));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(Label::new(text).extend()));
                return;
            }
        };
        ui.add(Label::new(RichText::new(text).size(12.0)).truncate());
    });
}

fn written(column: Column, value: Option<f32>) -> RichText {
    let Some(value) = value else { return RichText::new("–").size(12.0).weak() };
    RichText::new(match column {
        Column::Index | Column::Atoms => format!("{value:.0}"),
        Column::Ratio => number(f64::from(value)),
        _ => decimal(value).trim_end().to_owned(),
    })
    .size(12.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(room: f32, named: bool) -> (Vec<Column>, Vec<Column>) {
        let (shown, hidden) = fitting(room, named, 12_000);
        let of = |shapes: Vec<Shape>| shapes.into_iter().map(|shape| shape.column).collect();
        (of(shown), of(hidden))
    }

    #[test]
    fn columns_give_way_by_importance_and_the_ratio_stays() {
        use Column::{Atoms, Error, Index, Name, Prediction, Ratio, Smiles, Target};
        assert_eq!(columns(360.0, false), (vec![Index, Smiles, Atoms, Target, Prediction, Error, Ratio], vec![]));
        assert_eq!(columns(360.0, true), (vec![Index, Name, Target, Prediction, Error, Ratio], vec![Smiles, Atoms]));
        assert_eq!(columns(500.0, true).1, vec![]);
        assert_eq!(columns(300.0, false), (vec![Index, Smiles, Target, Prediction, Ratio], vec![Atoms, Error]));
        assert_eq!(columns(50.0, false), (vec![Index, Smiles, Ratio], vec![Atoms, Error, Target, Prediction]));
    }

    #[test]
    fn what_is_shown_fits() {
        for room in [200, 240, 280, 320, 360, 400, 440_u16].map(f32::from) {
            for named in [false, true] {
                let (shown, hidden) = fitting(room, named, 250_000);
                let more = if hidden.is_empty() { 0.0 } else { MORE + GAP };
                let width: f32 = shown.iter().map(|shape| shape.width + GAP).sum::<f32>() - GAP + more;
                assert!(width <= room, "{width} in {room}");
            }
        }
    }
}
