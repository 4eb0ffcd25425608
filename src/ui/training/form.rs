//! The form for a new run. Each number is looked at as it is typed; what is wrong stands under it, and the button
//! that starts says what is missing.

use super::Panel;
use crate::domain::Split;
use crate::engine::Rows;
use crate::models::{Arch, Connectivity, Ebt, Encoding, Features, Initial, Preset, Readout};
use crate::ui::actions::{Effect, WindowCommand};
use crate::ui::focus;
use crate::ui::parts::{self, weak};
use crate::workspace::{Command, Draft, DraftAbout, Field, Problem, State};
use eframe::egui::{self, Button, ComboBox, Label, RichText, ScrollArea, TextEdit, Ui};

/// Widths of the labels left of fields, of the fields, and of labels in the middle of a row; points.
const LABEL: f32 = 86.0;
const FIELD: f32 = 62.0;

/// Largest width of a list of choices, points.
const CHOICE: f32 = 180.0;

/// Width from which on a form does not become wider.
const WIDEST: f32 = 520.0;

/// Numbers that are always shown, two to a row.
const MAIN: [[Option<Field>; 2]; 5] = [
    [Some(Field::Layers), Some(Field::Heads)],
    [Some(Field::Width), Some(Field::Batch)],
    [Some(Field::LearningRate), Some(Field::Epochs)],
    [Some(Field::Patience), Some(Field::Seed)],
    [Some(Field::KeepEvery), Some(Field::ProbeEvery)],
];

/// Numbers that are rarely changed.
const MORE: [[Option<Field>; 2]; 3] = [
    [Some(Field::Dropout), Some(Field::Factor)],
    [Some(Field::Threshold), Some(Field::MinLearningRate)],
    [Some(Field::EarlyStop), None],
];

pub(super) fn show(ui: &mut Ui, state: &State, own: &mut Panel, effects: &mut Vec<Effect>) {
    let draft = own.draft.get_or_insert_with(|| Draft::fitting(state));
    draft.attend(state);
    let problems = draft.problems(state);
    // What keeps a run from being started must be seen.
    let hidden = |field: Field| MORE.iter().flatten().any(|known| *known == Some(field));
    let wrong = problems.iter().any(|problem| matches!(problem.about, DraftAbout::Field(field) if hidden(field)));
    let wide = ui.available_width().min(WIDEST);
    egui::Panel::bottom("start training").frame(egui::Frame::new()).show_separator_line(false).resizable(false).show(
        ui,
        |ui| {
            ui.set_max_width(wide);
            conclusion(ui, state, (draft, &problems), effects);
        },
    );
    ScrollArea::vertical().id_salt("new run").auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(wide - 6.0);
        ui.spacing_mut().item_spacing.y = 5.0;
        choices(ui, state, draft);
        under(ui, &problems, DraftAbout::Network);
        numbers(ui, draft, &problems, &MAIN);
        folder(ui, draft, &problems, effects);
        ui.add_space(2.0);
        let open = own.more || wrong;
        let text = if open { "Less" } else { "More…" };
        let tip = "Features, encoding, full graph, readout, dropout, and how the learning rate falls";
        if ui.add_enabled(!wrong, Button::new(text)).on_hover_text(tip).clicked() {
            own.more = !own.more;
        }
        if open {
            more(ui, draft);
            numbers(ui, draft, &problems, &MORE);
        }
    });
}

/// A label of the width of all labels, and what follows it.
fn row(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui, egui::Id)) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let id = name(ui, label, LABEL);
        add(ui, id);
    });
}

fn name(ui: &mut Ui, text: &str, width: f32) -> egui::Id {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let size = egui::vec2(width, ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(width);
        ui.label(weak(text)).id
    })
    .inner
}

/// Preset, data, architecture and explicit bias.
fn choices(ui: &mut Ui, state: &State, draft: &mut Draft) {
    row(ui, "Preset", |ui, label| {
        let text = if draft.is_changed() {
            format!("{}, changed", title(draft.preset()))
        } else {
            title(draft.preset()).to_owned()
        };
        let reset = "Reset";
        let room = ui.available_width() - parts::button_width(ui, reset) - 16.0;
        let combo = ComboBox::from_id_salt("preset").selected_text(text).width(room.clamp(90.0, CHOICE)).truncate();
        let combo = combo.show_ui(ui, |ui| {
            for preset in Preset::ALL {
                if ui.selectable_label(preset == draft.preset(), title(preset)).clicked() {
                    draft.set_preset(preset);
                }
            }
        });
        combo.response.labelled_by(label);
        let button = ui.add_enabled(draft.is_changed(), Button::new(reset));
        if button.on_hover_text("Put every number back to what the preset says").clicked() {
            draft.reset();
        }
    });
    row(ui, "Data", |ui, _| {
        let (text, tip) = data(state, draft.plan().seed);
        ui.add(Label::new(text).wrap()).on_hover_text(tip);
    });
    row(ui, "Architecture", |ui, _| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let mut arch = draft.plan().network.arch;
        let before = arch;
        Arch::ALL.into_iter().for_each(|choice| {
            ui.radio_value(&mut arch, choice, choice.title());
        });
        if arch != before {
            draft.set_arch(arch);
        }
    });
    row(ui, "Explicit bias", |ui, _| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let mut ebt = draft.plan().network.ebt;
        let before = ebt;
        for (choice, text, tip) in [
            (Ebt::Off, "off", "No explicit bias terms"),
            (Ebt::Paper, "paper", "Attention from the biased edge score, as the paper's equations say"),
            (Ebt::Code, "as coded", "Attention from the bias alone, as the authors' program computes GraphiT and SAN"),
        ] {
            ui.radio_value(&mut ebt, choice, text).on_hover_text(tip);
        }
        if ebt != before {
            draft.set_ebt(ebt);
        }
    });
}

/// What a preset is called.
fn title(preset: Preset) -> &'static str {
    match preset {
        Preset::ZincGt => "GT, ZINC",
        Preset::ZincGraphit => "GraphiT, ZINC",
        Preset::ZincSan => "SAN, ZINC",
        Preset::Tox21Gt => "GT, TOX21",
        Preset::Tox21Graphit => "GraphiT, TOX21",
        Preset::Tox21San => "SAN, TOX21",
    }
}

/// The open file and how its molecules are split.
fn data(state: &State, seed: u64) -> (String, String) {
    let Some(dataset) = state.dataset() else { return ("nothing is open".to_owned(), String::new()) };
    let count = |split| Rows::counted(&state.table.counts, Some(split));
    let counts = [Split::Train, Split::Val, Split::Test].map(|split| (split, count(split)));
    if counts.iter().all(|(_, count)| *count == 0) {
        let text = format!("{}: {}, drawn 80/10/10", dataset.name, parts::count(dataset.records.len()));
        let tip = format!(
            "The file has no train/val/test column, so molecules are assigned by their SMILES and seed {seed}."
        );
        return (text, tip);
    }
    let told = counts.map(|(split, count)| format!("{} {}", parts::count(count), split.name()));
    (format!("{}: {}", dataset.name, told.join(", ")), "Molecules by the split column of the file".to_owned())
}

/// Rows of numbers with what is wrong under them.
fn numbers(ui: &mut Ui, draft: &mut Draft, problems: &[Problem], rows: &[[Option<Field>; 2]]) {
    if ui.available_width() < 2.0 * (LABEL + FIELD) + 28.0 {
        for field in rows.iter().flatten().flatten() {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                number(ui, draft, *field, problems);
            });
            under(ui, problems, DraftAbout::Field(*field));
        }
        return;
    }
    for fields in rows {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            for (place, field) in fields.iter().flatten().enumerate() {
                if place > 0 {
                    ui.add_space(10.0);
                }
                number(ui, draft, *field, problems);
            }
        });
        for field in fields.iter().flatten() {
            under(ui, problems, DraftAbout::Field(*field));
        }
    }
}

fn number(ui: &mut Ui, draft: &mut Draft, field: Field, problems: &[Problem]) {
    let label = name(ui, field.label(), LABEL);
    let wrong = problems.iter().any(|problem| problem.about == DraftAbout::Field(field));
    let mut text = draft.text(field);
    let edit = TextEdit::singleline(&mut text).desired_width(FIELD - 8.0);
    let edit = if wrong { edit.text_color(ui.visuals().warn_fg_color) } else { edit };
    let response = ui.add(edit).labelled_by(label).on_hover_text(field.tip());
    focus::leave_by_escape(&response);
    if response.changed() {
        draft.type_in(field, &text);
        // What is wrong about it stands there in the next frame.
        ui.ctx().request_repaint();
    }
}

/// What is wrong, under what it is about.
fn under(ui: &mut Ui, problems: &[Problem], about: DraftAbout) {
    for problem in problems.iter().filter(|problem| problem.about == about) {
        let text = RichText::new(format!("⚠ {}", problem.sentence)).color(ui.visuals().warn_fg_color);
        ui.add(Label::new(text).wrap());
    }
}

fn folder(ui: &mut Ui, draft: &mut Draft, problems: &[Problem], effects: &mut Vec<Effect>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let label = name(ui, "Run folder", LABEL);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Browse…").clicked() {
                effects.push(WindowCommand::PickRunFolder(draft.options().out).into());
            }
            let mut text = draft.folder().to_owned();
            let field = TextEdit::singleline(&mut text).desired_width(f32::INFINITY);
            let response = ui.add(field).labelled_by(label).on_hover_text(draft.folder());
            focus::leave_by_escape(&response);
            if response.changed() {
                draft.set_folder(&text);
            }
        });
    });
    under(ui, problems, DraftAbout::Folder);
}

/// What is chosen and rarely otherwise than the preset has it.
fn more(ui: &mut Ui, draft: &mut Draft) {
    let network = draft.plan().network.clone();
    let features = Features::ALL.map(|features| (features, features.title().to_owned()));
    combo(ui, "Features", network.features, &features, |features| {
        draft.change(|plan| plan.network.features = features);
    });
    let encodings = [
        (Encoding::Off, "none"),
        (Encoding::LAPLACIAN, "Laplacian"),
        (Encoding::LEARNED, "learned (SAN)"),
        (Encoding::RANDOM_WALK, "random walk"),
        (Encoding::DEGREE, "degree"),
    ];
    combo(
        ui,
        "Encoding",
        network.encoding,
        &encodings.map(|(encoding, text)| (encoding, text.to_owned())),
        |encoding| {
            draft.change(|plan| plan.network.encoding = encoding);
        },
    );
    let graphs = [
        (Connectivity::Sparse, "bonds only"),
        (Connectivity::full(network.arch), "every pair of atoms"),
        (Connectivity::LearnedGamma, "every pair, learned gamma"),
    ];
    combo(ui, "Graph", network.connectivity, &graphs.map(|(graph, text)| (graph, text.to_owned())), |graph| {
        draft.change(|plan| plan.network.connectivity = graph);
    });
    radio(ui, "Readout", network.readout, &[(Readout::Mean, "mean"), (Readout::Sum, "sum")], |readout| {
        draft.change(|plan| plan.network.readout = readout);
    });
    let initial = draft.plan().initial;
    let schemes = [(Initial::Framework, "framework"), (Initial::Xavier, "Xavier")];
    radio(ui, "Initial weights", initial, &schemes, |initial| draft.change(|plan| plan.initial = initial));
}

fn combo<T: Copy + PartialEq>(ui: &mut Ui, label: &str, now: T, choices: &[(T, String)], mut choose: impl FnMut(T)) {
    row(ui, label, |ui, id| {
        let text = choices.iter().find(|(choice, _)| *choice == now).map_or("as in the preset", |(_, text)| text);
        let width = ui.available_width().clamp(90.0, CHOICE);
        let combo = ComboBox::from_id_salt(label).selected_text(text).width(width).truncate().show_ui(ui, |ui| {
            for (choice, text) in choices {
                if ui.selectable_label(*choice == now, text).clicked() {
                    choose(*choice);
                }
            }
        });
        combo.response.labelled_by(id);
    });
}

fn radio<T: Copy + PartialEq>(ui: &mut Ui, label: &str, now: T, choices: &[(T, &str)], mut choose: impl FnMut(T)) {
    row(ui, label, |ui, _| {
        ui.spacing_mut().item_spacing.x = 10.0;
        for &(choice, text) in choices {
            if ui.radio(choice == now, text).clicked() {
                choose(choice);
            }
        }
    });
}

/// What would be trained, and the button that starts it or the reason why it cannot.
fn conclusion(ui: &mut Ui, state: &State, (draft, problems): (&mut Draft, &[Problem]), effects: &mut Vec<Effect>) {
    ui.separator();
    let count = draft
        .parameters()
        .map_or_else(|| "no such network".to_owned(), |count| format!("{} parameters", parts::count(count)));
    let network = &draft.plan().network;
    ui.add(Label::new(weak(format!("{}, {count}", network.kind()))).wrap());
    let data = problems.iter().find(|problem| problem.about == DraftAbout::Data);
    under(ui, problems, DraftAbout::Data);
    ui.horizontal(|ui| {
        let waits = state.can_stop_run();
        let text = if waits { "Start after the present run" } else { "Start training" };
        let button = Button::new(RichText::new(text).strong()).fill(ui.visuals().selection.bg_fill);
        let start = ui.add_enabled(problems.is_empty(), button);
        let reason = problems.first().map_or("", |problem| problem.sentence.as_str());
        if start.on_disabled_hover_text(reason).clicked() {
            effects.push(Command::Train(Box::new(draft.options())).into());
            draft.next();
        }
        if data.is_none() && !problems.is_empty() {
            let text = format!("{} to mend", parts::counted(problems.len(), "field"));
            ui.add(Label::new(RichText::new(text).color(ui.visuals().warn_fg_color)).selectable(false));
        }
    });
    ui.add_space(2.0);
}
