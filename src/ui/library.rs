//! The list of molecules: what is open, which part of it is listed, and the table itself, of which only
//! the visible rows cost anything.

use super::actions::{ActionId as Id, Effect};
use super::files;
use super::focus;
use super::parts::{self, count, decimal, number, weak};
use crate::domain::{Dataset, MoleculeId, Record, RowNote, Split};
use crate::workspace::{Column, Command, Property, State};
use eframe::egui::{
    self, Align, Button, Color32, ComboBox, Key, Label, Layout, RichText, ScrollArea, Sense, TextEdit, Ui,
};
use egui_extras::{Column as Width, TableBuilder, TableRow};

/// Height of a row, points.
const ROW: f32 = 21.0;

/// Width that all columns need, points.
const NARROWEST: f32 = 338.0;

/// Height of a line in the list of skipped lines, points.
const NOTE: f32 = 17.0;

/// Column, heading, what it is, width in points (the rest is the SMILES column's).
const COLUMNS: [(Column, &str, &str, f32); 7] = [
    (Column::Index, "#", "Place among the usable records, from 0", 38.0),
    (Column::Smiles, "SMILES", "Structure as written in the file", 0.0),
    (Column::Atoms, "Atoms", "Number of atoms of the graph", 38.0),
    (Column::Target, "Target", "Value in the file", 43.0),
    (Column::Prediction, "Pred.", "What the chosen model predicts", 43.0),
    (Column::Error, "Error", "|prediction − target|", 40.0),
    (Column::Ratio, "Ratio", "Largest MA ratio over all edges and layers", 42.0),
];

/// What the panel keeps for itself.
#[derive(Default)]
pub(super) struct Library {
    path: String,
    focus_path: bool,
    search: String,
    /// The search that the state had when `search` was last brought in line with it.
    known_search: String,
    scrolled_to: Option<MoleculeId>,
}

impl Library {
    /// Puts the cursor into the path field with the next frame.
    pub(super) fn focus_path(&mut self) {
        self.focus_path = true;
    }
}

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, state: &State, own: &mut Library) -> Vec<Effect> {
    let mut effects = Vec::new();
    egui::Frame::new().inner_margin(egui::Margin { left: 8, right: 6, top: 8, bottom: 6 }).show(ui, |ui| {
        path_row(ui, own, &mut effects);
        let Some(dataset) = state.dataset() else {
            ui.add_space(8.0);
            ui.label(weak("Nothing is open yet."));
            return;
        };
        filter_rows(ui, state, dataset, own, &mut effects);
        target_row(ui, state, &mut effects);
        notes(ui, dataset);
        if state.table.order.is_empty() {
            ui.add_space(8.0);
            ui.label(weak("No molecule matches; change the search or the split."));
        } else {
            table(ui, state, dataset, own, &mut effects);
        }
    });
    effects
}

fn path_row(ui: &mut Ui, own: &mut Library, effects: &mut Vec<Effect>) {
    parts::from_right(ui, |ui| {
        let button = ui
            .add_enabled(!own.path.trim().is_empty(), Button::new("Open"))
            .on_hover_text("Open the file at this path");
        let field = TextEdit::singleline(&mut own.path).hint_text("Path of a file").desired_width(f32::INFINITY);
        let field = ui.add(field);
        focus::leave_by_escape(&field);
        let field = parts::named(field, "Path of a file to open")
            .on_hover_text("Molecules (CSV, TSV, .smi, plain or gzip) or weights (.safetensors, .pt)");
        if std::mem::take(&mut own.focus_path) {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if (entered || button.clicked())
            && let Some(command) = files::open(&own.path)
        {
            effects.push(command.into());
        }
    });
}

fn filter_rows(ui: &mut Ui, state: &State, dataset: &Dataset, own: &mut Library, effects: &mut Vec<Effect>) {
    parts::from_right(ui, |ui| {
        effects.extend(parts::action_button(ui, Id::Columns, "Columns…", state));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(Label::new(RichText::new(&dataset.name).strong()).truncate()).on_hover_text(describe(dataset));
        });
    });
    if let Some(doubt) = dataset.columns.doubts.first() {
        let text = RichText::new(format!("⚠ {doubt}")).small().color(ui.visuals().warn_fg_color);
        ui.add(Label::new(text).wrap()).on_hover_text("Columns… shows what was taken for what, and changes it");
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.spacing_mut().button_padding.x = 5.0;
        let splits =
            [(None, "All"), (Some(Split::Train), "Train"), (Some(Split::Val), "Val"), (Some(Split::Test), "Test")];
        for ((split, name), number) in splits.into_iter().zip(state.table.counts) {
            if split.is_none() || number > 0 {
                let text = format!("{name} {}", count(number));
                if ui.add(parts::choice(ui, state.table.split == split, text)).clicked() {
                    effects.push(Command::ShowSplit(split).into());
                }
            }
        }
    });
    if own.known_search != state.table.search {
        own.search.clone_from(&state.table.search);
        own.known_search.clone_from(&state.table.search);
    }
    let field =
        TextEdit::singleline(&mut own.search).hint_text("Search SMILES, name or number").desired_width(f32::INFINITY);
    let field = parts::named(ui.add(field), "Search molecules");
    focus::leave_by_escape(&field);
    if field.changed() {
        own.known_search.clone_from(&own.search);
        effects.push(Command::Search(own.search.clone()).into());
    }
}

/// Which target the table speaks of, with a choice where there are several.
fn target_row(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let columns = state.dataset().map_or(0, |dataset| dataset.outputs());
    let outputs = state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.outputs);
    let several = columns.max(outputs) > 1;
    // A file with one column called target says nothing more about it.
    let telling = |property: &&Property| several || property.unit.is_some() || property.name != "target";
    let Some(property) = state.table.property.as_ref().filter(telling) else { return };
    ui.horizontal(|ui| {
        let label = ui.label(weak("Target").small());
        if !several {
            ui.add(Label::new(RichText::new(labelled(property)).small()).truncate()).on_hover_text(&property.name);
            return;
        }
        let width = ui.available_width() - 8.0;
        let combo = ComboBox::from_id_salt("target").selected_text(labelled(property)).width(width).truncate();
        let combo = combo.show_ui(ui, |ui| {
            for one in state.properties() {
                if ui.selectable_label(one.name == property.name, labelled(&one)).clicked() {
                    effects.push(Command::ShowTarget(one.name).into());
                }
            }
        });
        combo.response.labelled_by(label.id).on_hover_text("What the columns Target, Pred. and Error speak of");
    });
}

/// `IC50 [nM]`
fn labelled(property: &Property) -> String {
    property.unit.as_ref().map_or_else(|| property.title.clone(), |unit| format!("{} [{unit}]", property.title))
}

/// What kind of file it is and which columns were found.
fn describe(dataset: &Dataset) -> String {
    let columns = &dataset.columns;
    let targets: Vec<String> = (0..columns.targets.len())
        .map(|place| match columns.unit(place) {
            Some(unit) => format!("{} [{unit}]", columns.title(place)),
            None => columns.title(place).to_owned(),
        })
        .collect();
    let targets = (!targets.is_empty()).then(|| targets.join(", "));
    let place = dataset.path.as_ref().map_or_else(|| "bundled".to_owned(), |path| path.display().to_string());
    let mut text = format!("{place}\n{} ({} lines)\nSMILES: {}", dataset.format, count(dataset.lines), columns.smiles);
    for (name, column) in [("target", &targets), ("split", &columns.split), ("name", &columns.id)] {
        if let Some(column) = column {
            text += &format!("\n{name}: {column}");
        }
    }
    text
}

/// Lines that were skipped or deserve a word, folded away at the lower end.
fn notes(ui: &mut Ui, dataset: &Dataset) {
    let (skipped, warned) = (dataset.skipped.len(), dataset.warnings.len());
    if skipped + warned == 0 {
        return;
    }
    egui::Panel::bottom("notes").frame(egui::Frame::new()).show_separator_line(false).show(ui, |ui| {
        let title = format!("{} skipped, {} with a warning", plural(skipped, "line"), plural(warned, "line"));
        let title = RichText::new(title).color(ui.visuals().warn_fg_color);
        egui::CollapsingHeader::new(title).id_salt("notes of the file").show(ui, |ui| {
            let row = |index: usize| -> Option<(&RowNote, bool)> {
                let note = dataset.skipped.get(index).map(|note| (note, true));
                note.or_else(|| dataset.warnings.get(index.checked_sub(skipped)?).map(|note| (note, false)))
            };
            ScrollArea::vertical().max_height(8.0 * NOTE).auto_shrink([false, true]).show_rows(
                ui,
                NOTE,
                skipped + warned,
                |ui, rows| {
                    for (note, is_skipped) in rows.filter_map(row) {
                        let what = if is_skipped { "skipped" } else { "warning" };
                        let text = format!("line {}, {what}: {}", note.line, note.reason);
                        ui.add(Label::new(RichText::new(&text).small()).truncate()).on_hover_text(text);
                    }
                },
            );
        });
    });
}

fn plural(number: usize, word: &str) -> String {
    format!("{} {word}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The table, with a scroll bar below it where the panel is too narrow for all columns.
fn table(ui: &mut Ui, state: &State, dataset: &Dataset, own: &mut Library, effects: &mut Vec<Effect>) {
    let width = ui.available_width().max(NARROWEST);
    ScrollArea::horizontal().id_salt("columns").auto_shrink(false).show(ui, |ui| {
        ui.set_width(width);
        rows(ui, state, dataset, own, effects);
    });
}

fn rows(ui: &mut Ui, state: &State, dataset: &Dataset, own: &mut Library, effects: &mut Vec<Effect>) {
    // Six digits need more room than the 38 points for five.
    let index = if dataset.records.len() > 100_000 { 6.0 } else { 0.0 };
    ui.spacing_mut().item_spacing = egui::vec2(4.0, 0.0);
    let mut table = TableBuilder::new(ui)
        .id_salt("molecules")
        .sense(Sense::click())
        .auto_shrink(false)
        .animate_scrolling(false)
        .cell_layout(Layout::left_to_right(Align::Center));
    for (column, _, _, width) in COLUMNS {
        table = table.column(match column {
            Column::Smiles => Width::remainder().at_least(60.0).clip(true),
            Column::Index => Width::exact(width + index),
            _ => Width::exact(width),
        });
    }
    // Found by walking the rows, so only when the selection moved.
    if own.scrolled_to != state.selected {
        own.scrolled_to = state.selected;
        if let Some(row) = state.selected.and_then(|id| state.table.row_of(id)) {
            table = table.scroll_to_row(row, None);
        }
    }
    let table = table.header(24.0, |mut header| {
        for (column, name, tip, _) in COLUMNS {
            header.col(|ui| heading(ui, state, (column, name, tip), effects));
        }
    });
    table.body(|body| {
        body.rows(ROW, state.table.order.len(), |mut row| {
            let Some(&id) = state.table.order.get(row.index()) else { return };
            let Some(record) = dataset.record(id) else { return };
            row.set_selected(state.selected == Some(id));
            cells(&mut row, state, dataset, (id, record));
            if row.response().clicked() {
                effects.push(Command::SelectMolecule(id).into());
            }
        });
    });
}

fn heading(ui: &mut Ui, state: &State, (column, name, tip): (Column, &str, &str), effects: &mut Vec<Effect>) {
    let sorted = state.table.column == column;
    let arrow = match (sorted, state.table.descending) {
        (false, _) => "",
        (true, false) => " ↑",
        (true, true) => " ↓",
    };
    let tip = describe_column(state, column, tip);
    let text = RichText::new(format!("{name}{arrow}")).small();
    let text = if sorted { text.strong() } else { text.weak() };
    let layout = if column == Column::Smiles {
        Layout::left_to_right(Align::Center)
    } else {
        Layout::right_to_left(Align::Center)
    };
    ui.with_layout(layout, |ui| {
        ui.spacing_mut().button_padding = egui::Vec2::ZERO;
        let button = Button::new(text).fill(Color32::TRANSPARENT).stroke(egui::Stroke::NONE);
        if ui.add(button).on_hover_text(format!("{tip}; click to sort")).clicked() {
            effects.push(Command::Sort(column).into());
        }
    });
}

/// What a column is, with the target that it speaks of and its unit.
fn describe_column(state: &State, column: Column, tip: &str) -> String {
    let speaks = matches!(column, Column::Target | Column::Prediction | Column::Error);
    match state.table.property.as_ref().filter(|_| speaks) {
        Some(property) if property.related || column == Column::Target => format!("{tip}: {}", labelled(property)),
        Some(_) if column == Column::Error => "Nothing to compare: the model predicts something else".to_owned(),
        _ => tip.to_owned(),
    }
}

fn cells(row: &mut TableRow<'_, '_>, state: &State, dataset: &Dataset, (id, record): (MoleculeId, &Record)) {
    for (column, ..) in COLUMNS {
        row.col(|ui| match column {
            Column::Smiles => {
                let text = record
                    .id
                    .as_ref()
                    .map_or_else(|| record.smiles.to_string(), |name| format!("{name}  {}", record.smiles));
                ui.add(Label::new(RichText::new(text).size(12.0)).truncate());
            }
            _ => {
                if column == Column::Index && state.selected == Some(id) {
                    parts::mark_row(ui, ui.max_rect().translate(egui::vec2(-3.0, 0.0)));
                }
                let value = state.table.value(dataset, id, column);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(cell(column, value)));
            }
        });
    }
}

fn cell(column: Column, value: Option<f32>) -> RichText {
    let Some(value) = value else { return RichText::new("–").size(12.0).weak() };
    RichText::new(match column {
        Column::Index | Column::Atoms => format!("{value:.0}"),
        Column::Ratio => number(f64::from(value)),
        _ => decimal(value).trim_end().to_owned(),
    })
    .size(12.0)
}
