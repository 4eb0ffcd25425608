//! The list of molecules: what is open, which part of it is listed, and the table itself.

mod table;

use super::actions::{ActionId as Id, Effect};
use super::files;
use super::focus;
use super::parts::{self, count, weak};
use crate::domain::{Dataset, MoleculeId, RowNote, Split};
use crate::workspace::{Command, Property, State};
use eframe::egui::{self, Align, Button, ComboBox, Key, Label, Layout, RichText, ScrollArea, TextEdit, Ui};
use std::time::Duration;

/// How long rows may be on their way before a word is said about it.
const PATIENCE: Duration = Duration::from_millis(150);

/// Height of a line in the list of skipped lines, points.
const NOTE: f32 = 17.0;

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
        if !state.table.order.is_empty() {
            table::show(ui, state, dataset, (&mut own.scrolled_to, &mut effects));
        } else if state.table.sorting.is_none() {
            ui.add_space(8.0);
            ui.label(weak("No molecule matches; change the search or the split."));
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
    splits(ui, state, effects);
    if own.known_search != state.table.search {
        own.search.clone_from(&state.table.search);
        own.known_search.clone_from(&state.table.search);
    }
    let note = search_note(ui, state);
    let mut field = TextEdit::singleline(&mut own.search).hint_text("Search SMILES, name or number");
    if note.is_some() {
        let margin = egui::Margin::from(ui.spacing().button_padding);
        field = field.margin(egui::Margin { right: 82, ..margin });
    }
    let field = ui.add(field.desired_width(f32::INFINITY));
    let tip = "Part of a SMILES (capitals count) or of a name, or a number of the column #, which counts from 0";
    let field = parts::named(field, "Search molecules").on_hover_text(tip);
    if let Some(note) = note {
        let place = field.rect.with_min_x(field.rect.right() - 82.0).shrink2(egui::vec2(6.0, 0.0));
        ui.scope_builder(egui::UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)), |ui| {
            ui.add(Label::new(weak(note).small()).truncate());
        });
    }
    focus::leave_by_escape(&field);
    if field.changed() {
        own.known_search.clone_from(&own.search);
        effects.push(Command::Search(own.search.clone()).into());
    }
}

/// Which part is listed: side by side, or one below the other in a menu where there is no room for that.
fn splits(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let splits = [(None, "All"), (Some(Split::Train), "Train"), (Some(Split::Val), "Val"), (Some(Split::Test), "Test")];
    let listed = splits.into_iter().zip(state.table.counts);
    let listed = listed.filter(|((split, _), number)| split.is_none() || *number > 0);
    let splits: Vec<(Option<Split>, String)> =
        listed.map(|((split, name), number)| (split, format!("{name} {}", count(number)))).collect();
    let chosen = state.table.split;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.spacing_mut().button_padding.x = 5.0;
        let width: f32 = splits.iter().map(|(_, text)| parts::button_width(ui, text) + 3.0).sum();
        if width - 3.0 <= ui.available_width() {
            for (split, text) in splits {
                if ui.add(parts::choice(ui, chosen == split, text)).clicked() {
                    effects.push(Command::ShowSplit(split).into());
                }
            }
            return;
        }
        let text = splits.iter().find(|(split, _)| *split == chosen).map_or("none", |(_, text)| text);
        let combo = ComboBox::from_id_salt("split").selected_text(text).width(ui.available_width());
        let combo = combo.show_ui(ui, |ui| {
            for (split, text) in &splits {
                if ui.selectable_label(chosen == *split, text).clicked() {
                    effects.push(Command::ShowSplit(*split).into());
                }
            }
        });
        parts::named(combo.response, "Split");
    });
}

/// What came of the search, or that it takes a moment.
fn search_note(ui: &Ui, state: &State) -> Option<String> {
    if let Some(since) = state.table.sorting {
        let left = PATIENCE.saturating_sub(since.elapsed());
        if left.is_zero() {
            return Some("sorting…".to_owned());
        }
        ui.ctx().request_repaint_after(left);
    }
    (!state.table.search.trim().is_empty()).then(|| format!("{} found", count(state.table.order.len())))
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
