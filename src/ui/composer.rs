//! The figure composer: panels and page on the left, on the right the very drawing that is written and copied.

use super::actions::{ActionId, Effect};
use super::clipboard::{self, CopyAs};
use super::files;
use super::icons::{self, Icon};
use super::parts::{self, named, weak};
use crate::figure::{Draft, Letters, Preset};
use crate::scene::ColorMap;
use crate::workspace::{Command, Compose, Composition, FIGURE_ENDING, FigureKind, Recipe, Subject, Workspace};
use eframe::egui::{self, Button, ComboBox, DragValue, Grid, Key, Pos2, Rect, RichText, TextEdit, Ui, Vec2};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// CSS pixels per millimetre.
const PER_MILLIMETRE: f32 = 96.0 / 25.4;

/// Width of the settings, points.
const SETTINGS: f32 = 330.0;

/// Endings that a figure is written under.
const ENDINGS: [(&str, &str); 5] =
    [("svg", "SVG"), ("pdf", "PDF"), ("png", "PNG"), ("csv", "CSV numbers"), (FIGURE_ENDING, "specification")];

/// The open composer.
pub(super) struct Composer {
    path: String,
    /// The existing file that the user was asked about.
    asked: Option<PathBuf>,
    /// Whether a key asked for what the Save button does.
    saving: bool,
    texture: Option<(Arc<Draft>, egui::TextureHandle)>,
}

/// What a frame of the composer led to.
pub(super) enum Outcome {
    /// It stays, with what the user asked for.
    Open(Vec<Effect>),
    /// It was closed.
    Closed,
    /// Ask for a file to write.
    Save(PathBuf),
    /// Ask for a specification to open.
    Browse,
    /// Put the drawing on the clipboard.
    Copy(Arc<Draft>, CopyAs),
}

impl Composer {
    /// A composer that proposes a name in `folder`.
    pub(super) fn new(folder: Option<&Path>) -> Self {
        let folder = folder.map(Path::to_owned).or_else(std::env::home_dir).unwrap_or_default();
        Self { path: folder.join("figure.svg").display().to_string(), asked: None, saving: false, texture: None }
    }

    /// Does with the next frame what the Save button does.
    pub(super) fn save(&mut self) {
        self.saving = true;
    }

    /// Takes the file chosen in the native dialog, whose own question about overwriting was answered.
    pub(super) fn picked(&mut self, path: PathBuf) {
        self.path = path.display().to_string();
        self.asked = path.exists().then_some(path);
    }

    fn set_ending(&mut self, ending: &str) {
        let path = files::expand(self.path.trim());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = ENDINGS.iter().find_map(|(known, _)| name.strip_suffix(&format!(".{known}")));
        let stem = known.filter(|stem| !stem.is_empty()).unwrap_or(&name);
        self.path = path.with_file_name(format!("{stem}.{ending}")).display().to_string();
        self.asked = None;
    }
}

/// Shows the composer.
pub(super) fn show(ctx: &egui::Context, workspace: &mut Workspace, composer: &mut Composer) -> Outcome {
    let mut open = true;
    let mut outcome = Outcome::Open(Vec::new());
    let room = ctx.content_rect().shrink(24.0);
    let window = egui::Window::new("Figure").open(&mut open).collapsible(false).default_rect(room).constrain(true);
    window.min_size([640.0, 420.0]).show(ctx, |ui| {
        let mut figure = Composition::clone(&workspace.state.figure);
        let mut effects = Vec::new();
        egui::Panel::left("figure settings").resizable(false).exact_size(SETTINGS).show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                page(ui, &mut figure);
                ui.separator();
                panels(ui, workspace, &mut figure, &mut effects);
            });
        });
        if figure != *workspace.state.figure {
            effects.push(Command::Compose(Compose::Set(Box::new(figure))).into());
        }
        outcome = Outcome::Open(effects);
        // Above the preview, where no notice comes to lie over it.
        egui::Panel::top("figure files").resizable(false).show(ui, |ui| {
            save(ui, workspace, composer, &mut outcome);
            ui.add_space(6.0);
        });
        egui::CentralPanel::default().show(ui, |ui| preview(ui, workspace, composer, &mut outcome));
    });
    if !open || ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape)) {
        return Outcome::Closed;
    }
    outcome
}

/// Size, type, title, letters and colours.
fn page(ui: &mut Ui, figure: &mut Composition) {
    let page = &mut figure.page;
    ui.horizontal(|ui| {
        let chosen = page.preset();
        for preset in Preset::ALL {
            if ui.selectable_label(chosen == Some(preset), preset.name()).clicked() {
                *page = page.clone().with_preset(preset);
            }
        }
    });
    Grid::new("figure page").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
        ui.label("Size");
        ui.horizontal(|ui| {
            let width = DragValue::new(&mut page.width).range(20.0..=500.0).speed(0.5).max_decimals(1).suffix(" mm");
            named(ui.add(width), "Width of the figure").on_hover_text("Width");
            ui.label("×");
            match &mut page.height {
                Some(height) => {
                    let value = DragValue::new(height).range(20.0..=500.0).speed(0.5).max_decimals(1).suffix(" mm");
                    named(ui.add(value), "Height of the figure").on_hover_text("Height");
                }
                None => drop(ui.label(weak("as needed"))),
            }
            let mut fixed = page.height.is_some();
            if named(ui.checkbox(&mut fixed, "fixed"), "Fixed height").changed() {
                page.height = fixed.then_some((page.width * 0.7).round());
            }
        });
        ui.end_row();
        let label = ui.label("Type");
        let size = DragValue::new(&mut page.font_size).range(4.0..=36.0).speed(0.1).max_decimals(1).suffix(" pt");
        ui.add(size).labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Title");
        let title = TextEdit::singleline(&mut page.title).hint_text("none").desired_width(f32::INFINITY);
        ui.add(title).labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Letters");
        let combo = ComboBox::from_id_salt("letters").selected_text(page.letters.name()).show_ui(ui, |ui| {
            for letters in Letters::ALL {
                ui.selectable_value(&mut page.letters, letters, letters.name());
            }
        });
        combo.response.labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Colours");
        let combo = ComboBox::from_id_salt("figure colours").selected_text(figure.colors.name()).show_ui(ui, |ui| {
            for map in ColorMap::SEQUENTIAL {
                ui.selectable_value(&mut figure.colors, map, map.name());
            }
        });
        combo.response.labelled_by(label.id);
        ui.end_row();
    });
    ui.horizontal(|ui| {
        ui.checkbox(&mut figure.page.captions, "captions").on_hover_text("Say below each title what the panel is of");
        ui.checkbox(&mut figure.one_range, "one colour range")
            .on_hover_text("The same colours mean the same values in all molecules of the figure");
    });
}

/// The panels one below the other, and the way to add one.
fn panels(ui: &mut Ui, workspace: &Workspace, figure: &mut Composition, effects: &mut Vec<Effect>) {
    let state = &workspace.state;
    ui.horizontal(|ui| {
        ui.strong("Panels");
        let ready = state.shown.is_some();
        ui.add_enabled_ui(ready, |ui| {
            ui.menu_button("Add panel", |ui| {
                for kind in FigureKind::ALL {
                    if ui.button(kind.name()).clicked() {
                        effects.push(Command::Compose(Compose::Add(kind)).into());
                        ui.close();
                    }
                }
            });
        });
    });
    if figure.rows.is_empty() {
        ui.add(egui::Label::new(weak("A panel shows what the window shows when it is added.")).wrap());
    }
    let mut change: Option<Change> = None;
    let mut place = 0;
    for (row, cells) in figure.rows.iter_mut().enumerate() {
        for cell in &mut cells.cells {
            ui.push_id(place, |ui| panel(ui, (row, place), (&mut cell.width, &mut cell.panel), &mut change));
            place += 1;
        }
    }
    match change {
        Some(Change::Remove(place)) => drop(figure.remove(place)),
        Some(Change::Shift(place, on)) => figure.shift(place, on),
        Some(Change::Renew(place)) => {
            if let (Some(about), Some(recipe)) = (Subject::of(state), figure.recipe_mut(place)) {
                recipe.about = about;
            }
        }
        None => {}
    }
}

/// A change of the list itself.
enum Change {
    Remove(usize),
    Shift(usize, bool),
    Renew(usize),
}

/// The settings of one panel.
fn panel(
    ui: &mut Ui,
    (row, place): (usize, usize),
    (width, recipe): (&mut f64, &mut Recipe),
    change: &mut Option<Change>,
) {
    let number = place + 1;
    egui::Frame::group(ui.style()).show(ui, |ui| {
        ui.set_width(ui.available_width());
        parts::from_right(ui, |ui| {
            if icons::button(ui, Icon::Close, &format!("Remove panel {number}")).clicked() {
                *change = Some(Change::Remove(place));
            }
            if icons::button(ui, Icon::Down, &format!("Move panel {number} on")).clicked() {
                *change = Some(Change::Shift(place, true));
            }
            if icons::button(ui, Icon::Up, &format!("Move panel {number} back")).clicked() {
                *change = Some(Change::Shift(place, false));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let combo = ComboBox::from_id_salt("kind").selected_text(recipe.kind.name()).show_ui(ui, |ui| {
                    for kind in FigureKind::ALL {
                        ui.selectable_value(&mut recipe.kind, kind, kind.name());
                    }
                });
                named(combo.response, &format!("Kind of panel {number}"));
                ui.label(weak(format!("row {}", row + 1)).small());
            });
        });
        let Subject { model, molecule, smiles, .. } = &recipe.about;
        let text = if recipe.kind.is_measured() { model.clone() } else { format!("{model} · molecule {molecule}") };
        ui.add(egui::Label::new(weak(&text).small()).truncate()).on_hover_text(format!("{text}\n{smiles}"));
        ui.horizontal(|ui| {
            let layer = DragValue::new(&mut recipe.about.view.reading.layer).range(0..=99).speed(0.1);
            named(ui.add(layer.prefix("layer ")), &format!("Layer of panel {number}"));
            let share = DragValue::new(width).range(0.2..=5.0).speed(0.02).max_decimals(2).prefix("width ");
            named(ui.add(share), &format!("Width of panel {number}")).on_hover_text("Relative to its neighbours");
            if recipe.kind == FigureKind::Molecule {
                named(ui.checkbox(&mut recipe.bar, "bar"), &format!("Colour bar of panel {number}"))
                    .on_hover_text("A colour bar of its own");
            }
            let renew = named(ui.button("as shown"), &format!("Panel {number} as shown now"));
            if renew.on_hover_text("Make this panel about what the window shows now").clicked() {
                *change = Some(Change::Renew(place));
            }
        });
        let mut title = recipe.title.clone().unwrap_or_default();
        let field = TextEdit::singleline(&mut title).hint_text("title: automatic").desired_width(f32::INFINITY);
        if named(ui.add(field), &format!("Title of panel {number}")).changed() {
            recipe.title = (!title.is_empty()).then_some(title);
        }
    });
}

/// The drawing, as large as there is room, pixel by pixel.
fn preview(ui: &mut Ui, workspace: &mut Workspace, composer: &mut Composer, outcome: &mut Outcome) {
    let room = ui.available_rect_before_wrap();
    let pixels_per_point = ui.ctx().pixels_per_point();
    let (draft, ready) = workspace.draft(scale(workspace, room, pixels_per_point));
    ui.painter().rect_filled(room, 0.0, super::theme::chrome(ui.visuals()));
    let Some(draft) = draft.filter(|_| !workspace.state.figure.rows.is_empty()) else {
        let text = "The figure appears here. Add panels on the left, or \"Add to figure\" at any panel of the window.";
        ui.scope_builder(egui::UiBuilder::new().max_rect(room.shrink(24.0)), |ui| {
            ui.centered_and_justified(|ui| ui.add(egui::Label::new(weak(text)).wrap()));
        });
        return;
    };
    let known = composer.texture.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, &draft));
    if !known {
        let image = clipboard::image(&draft.pixels);
        let texture = ui.ctx().load_texture("figure", image, egui::TextureOptions::LINEAR);
        composer.texture = Some((Arc::clone(&draft), texture));
    }
    let Some((_, texture)) = &composer.texture else { return };
    // One pixel of the drawing is one of the screen once it was drawn for this size.
    let size = texture.size_vec2() / pixels_per_point;
    let shrink = (room.width() / size.x).min(room.height() / size.y).min(1.0);
    let corner = room.center() - size * shrink / 2.0;
    let snapped = Pos2::new(snap(corner.x, pixels_per_point), snap(corner.y, pixels_per_point));
    let rect = Rect::from_min_size(snapped, size * shrink);
    let response = ui.allocate_rect(rect, egui::Sense::hover());
    named(response, "Preview of the figure");
    ui.painter().image(texture.id(), rect, Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0)), egui::Color32::WHITE);
    if !ready {
        let corner = Rect::from_min_size(room.right_top() - Vec2::new(26.0, -6.0), Vec2::splat(20.0));
        ui.put(corner, egui::Spinner::new());
    }
    if let Outcome::Open(_) = outcome
        && !draft.remarks.is_empty()
    {
        let text = RichText::new(draft.remarks.join(" ")).color(ui.visuals().warn_fg_color);
        let line = Rect::from_min_max(room.left_bottom() - Vec2::new(-8.0, 24.0), room.right_bottom());
        ui.put(line, egui::Label::new(text).truncate());
    }
}

fn snap(at: f32, pixels_per_point: f32) -> f32 {
    (at * pixels_per_point).round() / pixels_per_point
}

/// Pixels per CSS pixel at which the page fills the room.
fn scale(workspace: &Workspace, room: Rect, pixels_per_point: f32) -> f32 {
    let page = &workspace.state.figure.page;
    // Sizes in millimetres: far from the limits of f32.
    #[allow(clippy::cast_possible_truncation, reason = "a page of some hundred millimetres")]
    let width = page.width as f32 * PER_MILLIMETRE;
    let drawn = workspace.state.draft.as_ref().map(|draft| &draft.pixels);
    let aspect = drawn.map_or(0.7, |pixels| pixels.height as f32 / pixels.width.max(1) as f32);
    #[allow(clippy::cast_possible_truncation, reason = "a page of some hundred millimetres")]
    let height = page.height.map_or(width * aspect, |height| height as f32 * PER_MILLIMETRE);
    let fit = (room.width() / width).min(room.height() / height) * pixels_per_point;
    // In steps, so that dragging the window does not draw for every pixel.
    ((fit * 16.0).floor() / 16.0).clamp(0.25, 8.0)
}

/// Copying, and the file to write or to read.
fn save(ui: &mut Ui, workspace: &mut Workspace, composer: &mut Composer, outcome: &mut Outcome) {
    let ready = workspace.state.draft.clone().filter(|_| !workspace.state.figure.rows.is_empty());
    ui.horizontal_wrapped(|ui| {
        for (text, form) in [("Copy picture", CopyAs::Picture), ("Copy SVG", CopyAs::Svg)] {
            if ui.add_enabled(ready.is_some(), Button::new(text)).clicked()
                && let Some(draft) = &ready
            {
                *outcome = Outcome::Copy(Arc::clone(draft), form);
            }
        }
        parts::separator(ui);
        for (id, text) in [(ActionId::Undo, "Undo"), (ActionId::Redo, "Redo")] {
            let asked = parts::action_button(ui, id, text, &workspace.state);
            if let Outcome::Open(effects) = outcome {
                effects.extend(asked);
            }
        }
        parts::separator(ui);
        for (ending, text) in ENDINGS {
            let chosen = composer.path.trim_end().to_lowercase().ends_with(&format!(".{ending}"));
            if ui.selectable_label(chosen, text).clicked() {
                composer.set_ending(ending);
            }
        }
    });
    parts::from_right(ui, |ui| {
        let path = files::expand(composer.path.trim());
        let asked = composer.asked.as_ref() == Some(&path);
        let accent = Button::new(RichText::new(if asked { "Replace" } else { "Save" }).strong());
        let accent = accent.fill(ui.visuals().selection.bg_fill);
        let possible = ready.is_some() && !composer.path.trim().is_empty();
        let clicked = ui.add_enabled(possible, accent).on_hover_text("Write the figure (Ctrl+E)").clicked();
        if std::mem::take(&mut composer.saving) && possible || clicked {
            if path.exists() && !asked {
                composer.asked = Some(path.clone());
            } else {
                composer.asked = None;
                *outcome = Outcome::Open(vec![Command::Compose(Compose::Write(path.clone())).into()]);
            }
        }
        if ui.button("Browse…").clicked() {
            *outcome = Outcome::Save(path.clone());
        }
        if ui.button("Open…").on_hover_text("Open a saved specification, or a figure that carries one").clicked() {
            *outcome = match path.is_file() && has_specification(&path) {
                true => Outcome::Open(vec![Command::Compose(Compose::Read(path)).into()]),
                false => Outcome::Browse,
            };
        }
        let field = TextEdit::singleline(&mut composer.path).hint_text("File").desired_width(f32::INFINITY);
        if named(ui.add(field), "File of the figure").changed() {
            composer.asked = None;
        }
    });
    if composer.asked.is_some() {
        ui.label(RichText::new("This file exists. Saving replaces it.").color(ui.visuals().warn_fg_color));
    }
}

/// Whether a file of this name is opened rather than asked for: only specifications are typed in full.
fn has_specification(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_is_replaced_and_foreign_ones_stay_in_the_name() {
        let mut composer = Composer::new(Some(Path::new("/tmp")));
        for (ending, expected) in
            [("pdf", "/tmp/figure.pdf"), (FIGURE_ENDING, "/tmp/figure.figure.json"), ("png", "/tmp/figure.png")]
        {
            composer.set_ending(ending);
            assert_eq!(composer.path, expected);
        }
        composer.path = "/tmp/figure.v2".to_owned();
        composer.set_ending("svg");
        assert_eq!(composer.path, "/tmp/figure.v2.svg");
    }
}
