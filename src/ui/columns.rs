//! Saying which column of a file is what. The table stands on its side: a line for each column with its
//! first cells, so that files of a dozen targets fit without scrolling sideways.

use super::actions::Effect;
use super::parts::{self, count, counted, weak};
use crate::domain::{ColumnChoice, Delimiter, Part, TargetChoice, Task};
use crate::io::{MAX_COLUMNS, Preview, PreviewColumn, Role};
use crate::workspace::{ColumnsView, Command, Source, State};
use eframe::egui::{self, Button, ComboBox, Key, Label, RichText, TextEdit, Ui};
use egui_extras::{Column as Width, TableBuilder};
use std::path::PathBuf;

/// Height of a line, points.
const ROW: f32 = 27.0;

/// First cells shown of each column.
const CELLS: usize = 4;

/// Roles in menu order.
const ROLES: [(Role, &str); 5] = [
    (Role::Ignored, "ignored"),
    (Role::Smiles, "SMILES"),
    (Role::Id, "name"),
    (Role::Split, "split"),
    (Role::Target, "target"),
];

/// What the user has said so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    path: PathBuf,
    /// Separator and header that the columns were looked at with.
    shape: (Delimiter, bool),
    columns: Vec<(Role, String)>,
    task: Option<Task>,
}

impl Draft {
    /// What was found, or what the open file was read with.
    fn new(state: &State, view: &ColumnsView, preview: &Preview) -> Self {
        let mut columns: Vec<(Role, String)> =
            preview.columns.iter().map(|column| (column.role, column.unit.clone().unwrap_or_default())).collect();
        let open = state
            .dataset()
            .filter(|dataset| dataset.path.as_ref() == Some(&view.path) && dataset.choice == view.choice);
        if let Some(dataset) = open {
            // All rows of it were seen, and units were said, not guessed.
            let known = &dataset.columns;
            for ((role, unit), column) in columns.iter_mut().zip(&preview.columns) {
                let target = known.targets.iter().position(|name| *name == column.name);
                *role = match &column.name {
                    name if *name == known.smiles => Role::Smiles,
                    _ if target.is_some() => Role::Target,
                    name if known.split.as_ref() == Some(name) => Role::Split,
                    name if known.id.as_ref() == Some(name) => Role::Id,
                    _ => Role::Ignored,
                };
                if let Some(target) = target {
                    *unit = known.unit(target).unwrap_or_default().to_owned();
                }
            }
        }
        let shape = (preview.delimiter, preview.header);
        Self { path: view.path.clone(), shape, columns, task: view.choice.task }
    }

    /// Whether it is about these columns.
    fn fits(&self, view: &ColumnsView, preview: &Preview) -> bool {
        self.path == view.path
            && self.shape == (preview.delimiter, preview.header)
            && self.columns.len() == preview.columns.len()
    }

    /// Gives a column a role; only targets may be several.
    fn set(&mut self, column: usize, role: Role) {
        for (place, (known, _)) in self.columns.iter_mut().enumerate() {
            if place == column {
                *known = role;
            } else if *known == role && role != Role::Target {
                *known = Role::Ignored;
            }
        }
    }

    fn place_of(&self, role: Role) -> Option<usize> {
        self.columns.iter().position(|(known, _)| *known == role)
    }

    /// What it comes to; `None` without a column of structures.
    fn choice(&self, view: &ColumnsView, preview: &Preview) -> Option<ColumnChoice> {
        let name = |place: usize| preview.columns.get(place).map(|column| column.name.clone());
        let part = |role| self.place_of(role).and_then(name).map_or(Part::Nobody, Part::Named);
        let targets = self.columns.iter().zip(&preview.columns).filter(|((role, _), _)| *role == Role::Target);
        let target = |((_, unit), column): (&(Role, String), &PreviewColumn)| {
            let unit = unit.trim();
            let unit = (unit != column.unit.as_deref().unwrap_or_default()).then(|| unit.to_owned());
            TargetChoice { column: column.name.clone(), unit }
        };
        Some(ColumnChoice {
            smiles: Some(name(self.place_of(Role::Smiles)?)?),
            id: part(Role::Id),
            split: part(Role::Split),
            targets: Some(targets.map(target).collect()),
            task: self.task,
            ..view.choice.clone()
        })
    }
}

/// Shows the window while columns are looked at.
pub(super) fn show(ctx: &egui::Context, state: &State, draft: &mut Option<Draft>) -> Vec<Effect> {
    let Some(view) = &state.columns else {
        *draft = None;
        return Vec::new();
    };
    let mut effects = Vec::new();
    let mut open = true;
    let window = egui::Window::new("Columns").collapsible(false).resizable(false).open(&mut open);
    let window = window.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).order(egui::Order::Foreground);
    let room = ctx.content_rect().size();
    window.show(ctx, |ui| {
        ui.set_width((room.x - 80.0).min(900.0));
        let Some(preview) = &view.preview else {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(weak(format!("Looking at {}", view.path.display())));
            });
            return;
        };
        if draft.as_ref().is_none_or(|draft| !draft.fits(view, preview)) {
            *draft = Some(Draft::new(state, view, preview));
        }
        if let Some(draft) = draft {
            shape(ui, view, preview, &mut effects);
            ui.add_space(4.0);
            table(ui, preview, draft, (room.y - 330.0).clamp(120.0, 420.0));
            ui.add_space(6.0);
            conclusion(ui, view, preview, draft, &mut effects);
        }
    });
    if !open || ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape)) {
        effects.push(Command::CloseColumns.into());
    }
    effects
}

/// Which file it is, what separates its fields, and whether it has a header: changing these looks anew.
fn shape(ui: &mut Ui, view: &ColumnsView, preview: &Preview, effects: &mut Vec<Effect>) {
    let name = view.path.file_name().unwrap_or(view.path.as_os_str()).to_string_lossy();
    let lines = if preview.complete { counted_lines(preview.lines) } else { "counting lines…".to_owned() };
    let about = format!("{name} · {} · {lines}", counted(preview.columns.len(), "column"));
    ui.add(Label::new(RichText::new(about).strong()).truncate()).on_hover_text(view.path.display().to_string());
    let mut look = |choice: ColumnChoice| {
        effects.push(Command::LookAtColumns(view.path.clone(), Box::new(choice)).into());
    };
    // Names depend on both, so what else was said is found anew.
    let kept = ColumnChoice { delimiter: view.choice.delimiter, header: view.choice.header, ..ColumnChoice::default() };
    ui.horizontal(|ui| {
        let label = ui.label("Fields are separated by");
        let combo = ComboBox::from_id_salt("separator").selected_text(delimiter(preview.delimiter)).width(190.0);
        let combo = combo.show_ui(ui, |ui| {
            for one in Delimiter::ALL {
                if ui.selectable_label(one == preview.delimiter, delimiter(one)).clicked() {
                    look(ColumnChoice { delimiter: Some(one), ..kept.clone() });
                }
            }
        });
        combo.response.labelled_by(label.id);
        ui.add_space(12.0);
        let mut header = preview.header;
        if ui.checkbox(&mut header, "The first line names the columns").changed() {
            look(ColumnChoice { header: Some(header), ..kept.clone() });
        }
    });
}

fn counted_lines(lines: usize) -> String {
    format!("{} {}", count(lines), if lines == 1 { "line" } else { "lines" })
}

fn delimiter(delimiter: Delimiter) -> &'static str {
    match delimiter {
        Delimiter::Tab => "tabs",
        Delimiter::Comma => "commas",
        Delimiter::Semicolon => "semicolons",
        Delimiter::Blanks => "blanks",
        Delimiter::FirstBlank => "the first blank only",
        Delimiter::None => "nothing: one column",
    }
}

fn table(ui: &mut Ui, preview: &Preview, draft: &mut Draft, height: f32) {
    let width = ui.available_width();
    ui.spacing_mut().item_spacing.x = 8.0;
    let rest = Width::remainder().clip(true);
    let table = TableBuilder::new(ui)
        .id_salt("columns of the file")
        .striped(true)
        .auto_shrink([false, true])
        .min_scrolled_height(height)
        .max_scroll_height(height)
        .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
        .column(Width::exact((width * 0.22).max(110.0)).clip(true))
        .column(Width::exact(96.0))
        .column(Width::exact(104.0))
        .column(Width::exact(150.0).clip(true))
        .column(rest);
    let table = table.header(22.0, |mut header| {
        for name in ["Column", "Is", "Unit", "Holds", "First lines"] {
            header.col(|ui| {
                ui.label(weak(name).small());
            });
        }
    });
    table.body(|body| {
        body.rows(ROW, preview.columns.len(), |mut row| {
            let place = row.index();
            let Some(column) = preview.columns.get(place) else { return };
            let Some((role, _)) = draft.columns.get(place).cloned() else { return };
            row.col(|ui| {
                let name = RichText::new(&column.name);
                let name = if role == Role::Ignored { name.weak() } else { name.strong() };
                ui.add(Label::new(name).truncate()).on_hover_text(&column.name);
            });
            row.col(|ui| {
                if let Some(role) = role_menu(ui, place, &column.name, role) {
                    draft.set(place, role);
                }
            });
            row.col(|ui| {
                if let Some((Role::Target, unit)) = draft.columns.get_mut(place) {
                    let field = TextEdit::singleline(unit).hint_text("none").desired_width(92.0);
                    let tip = "Free text, such as nM or log(mol/L); shown wherever a value of this target is";
                    parts::named(ui.add(field), &format!("Unit of {}", column.name)).on_hover_text(tip);
                }
            });
            row.col(|ui| {
                ui.add(Label::new(weak(holds(column, preview.lines)).small()).truncate());
            });
            row.col(|ui| {
                let first: Vec<&str> = column.first.iter().take(CELLS).map(|cell| shown(cell)).collect();
                let first = first.join("   ");
                let all: Vec<&str> = column.first.iter().map(|cell| shown(cell)).collect();
                ui.add(Label::new(RichText::new(first).size(12.0)).truncate()).on_hover_text(all.join("\n"));
            });
        });
    });
}

fn shown(cell: &str) -> &str {
    if cell.is_empty() { "–" } else { cell }
}

fn role_menu(ui: &mut Ui, place: usize, name: &str, role: Role) -> Option<Role> {
    let text = ROLES.iter().find(|(known, _)| *known == role).map_or("", |(_, text)| text);
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(("role", place)).selected_text(text).width(88.0).show_ui(ui, |ui| {
        for (one, text) in ROLES {
            if ui.selectable_label(one == role, text).clicked() {
                chosen = Some(one);
            }
        }
    });
    parts::named(combo.response, &format!("Role of {name}"));
    chosen
}

/// What the cells of a column hold: `1,128 numbers, 34 missing`.
fn holds(column: &PreviewColumn, lines: usize) -> String {
    let cells = column.cells;
    let missing = lines.saturating_sub(cells.filled);
    let what = match (cells.filled, cells.numbers, cells.binary) {
        (0, _, _) => return "nothing".to_owned(),
        (_, numbers, binary) if numbers > 0 && numbers == binary => "labels",
        (_, numbers, _) if numbers > 0 => "numbers",
        _ => return format!("{} texts", count(cells.filled)) + &missing_words(missing),
    };
    let words = cells.filled - cells.numbers;
    let words = if words > 0 { format!(", {} texts", count(words)) } else { String::new() };
    format!("{} {what}{words}", count(cells.numbers)) + &missing_words(missing)
}

fn missing_words(missing: usize) -> String {
    if missing > 0 { format!(", {} missing", count(missing)) } else { String::new() }
}

/// What the targets are, what is wrong, and the way out.
fn conclusion(ui: &mut Ui, view: &ColumnsView, preview: &Preview, draft: &mut Draft, effects: &mut Vec<Effect>) {
    let of_targets = || draft.columns.iter().zip(&preview.columns).filter(|((role, _), _)| *role == Role::Target);
    let are_labels = |(_, column): (_, &PreviewColumn)| column.cells.numbers == column.cells.binary;
    let targets = of_targets().count();
    let found = if targets > 0 && of_targets().all(are_labels) { Task::Labels } else { Task::Regression };
    ui.horizontal_wrapped(|ui| {
        ui.label(format!("{}, read as", counted(targets, "target")));
        ui.radio_value(&mut draft.task, None, format!("what the cells say ({})", found.name()));
        ui.radio_value(&mut draft.task, Some(Task::Regression), "regression: measured numbers");
        ui.radio_value(&mut draft.task, Some(Task::Labels), "labels: 0 and 1");
    });
    let choice = draft.choice(view, preview);
    for problem in problems(preview, draft) {
        ui.add(Label::new(RichText::new(format!("⚠ {problem}")).color(ui.visuals().warn_fg_color)).wrap());
    }
    if let Some(complaint) = &view.complaint {
        ui.add(Label::new(RichText::new(complaint).color(ui.visuals().error_fg_color)).wrap().selectable(true));
    }
    ui.separator();
    ui.horizontal(|ui| {
        let apply = ui.add_enabled(choice.is_some(), Button::new("Read with these columns"));
        if apply.on_hover_text("What is open stays if the file cannot be read so").clicked()
            && let Some(choice) = choice
        {
            effects.push(Command::Open(Source::Columns { path: view.path.clone(), choice }).into());
        }
        if ui.button("Detect again").on_hover_text("Forget what was said and look at the cells").clicked() {
            effects.push(Command::LookAtColumns(view.path.clone(), Box::default()).into());
        }
        if ui.button("Cancel").clicked() {
            effects.push(Command::CloseColumns.into());
        }
    });
}

/// What keeps the choice from being useful, one sentence each.
fn problems(preview: &Preview, draft: &Draft) -> Vec<String> {
    let mut problems = Vec::new();
    if draft.place_of(Role::Smiles).is_none() {
        problems.push("Say which column holds the SMILES.".to_owned());
    }
    for ((role, _), column) in draft.columns.iter().zip(&preview.columns) {
        if *role == Role::Target && column.cells.filled > 0 && column.cells.numbers == 0 {
            problems.push(format!("{:?} holds no numbers, so it cannot be a target.", column.name));
        }
    }
    if preview.columns.len() >= MAX_COLUMNS {
        problems.push(format!("Only the first {} columns are listed; the others are not read.", count(MAX_COLUMNS)));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Cells;

    fn preview() -> Preview {
        let column = |name: &str, role, unit: Option<&str>, [filled, numbers, binary]: [usize; 3]| PreviewColumn {
            name: name.to_owned(),
            unit: unit.map(str::to_owned),
            role,
            cells: Cells { filled, numbers, binary },
            first: Vec::new(),
        };
        Preview {
            delimiter: Delimiter::Comma,
            header: true,
            columns: vec![
                column("a", Role::Smiles, None, [1200, 0, 0]),
                column("b", Role::Ignored, None, [1200, 0, 0]),
                column("IC50 [nM]", Role::Target, Some("nM"), [1100, 1099, 7]),
                column("active", Role::Ignored, None, [1200, 1200, 1200]),
            ],
            lines: 1200,
            complete: true,
        }
    }

    #[test]
    fn one_column_has_a_role_and_several_may_be_targets() {
        let (preview, path) = (preview(), PathBuf::from("x.csv"));
        let view = ColumnsView { path, choice: ColumnChoice::default(), preview: None, complaint: None };
        let mut draft = Draft::new(&State::default(), &view, &preview);
        draft.set(1, Role::Smiles);
        draft.set(3, Role::Target);
        draft.columns[2].1 = "µM".to_owned();
        let choice = draft.choice(&view, &preview).unwrap();
        assert_eq!((choice.smiles.as_deref(), choice.id, choice.delimiter), (Some("b"), Part::Nobody, None));
        let targets =
            [TargetChoice { column: "IC50 [nM]".into(), unit: Some("µM".into()) }, TargetChoice::named("active")];
        assert_eq!(choice.targets.as_deref(), Some(&targets[..]));
        draft.set(1, Role::Ignored);
        assert_eq!(draft.choice(&view, &preview), None);
        assert_eq!(problems(&preview, &draft).len(), 1);
    }

    #[test]
    fn a_column_says_what_it_holds() {
        let preview = preview();
        let texts: Vec<String> = preview.columns.iter().map(|column| holds(column, preview.lines)).collect();
        assert_eq!(texts, ["1,200 texts", "1,200 texts", "1,099 numbers, 1 texts, 100 missing", "1,200 labels"]);
    }
}
