//! The bars around the panels: menus, the tool bar that says what is computed and how it is coloured,
//! and the status bar.

use super::actions::{ActionId as Id, Effect};
use super::charts;
use super::files;
use super::lanes;
use super::model;
use super::parts::{self, action_switch, menu_item, separator, weak};
use super::settings::Appearance;
use super::theme;
use crate::scene::ColorMap;
use crate::workspace::{Command, JobStatus, Purpose, State, Workspace};
use eframe::egui::{self, Align, ComboBox, Label, Layout, MenuBar, RichText, Slider, Ui};

/// Shows the menus.
pub(super) fn menu(ui: &mut Ui, state: &State, appearance: Appearance) -> Vec<Effect> {
    let mut effects = Vec::new();
    egui::Panel::top("menu").frame(theme::bar(ui)).show_separator_line(false).show(ui, |ui| {
        MenuBar::new().ui(ui, |ui| {
            ui.menu_button("File", |ui| file_menu(ui, state, &mut effects));
            ui.menu_button("Edit", |ui| {
                entries(
                    ui,
                    state,
                    &[
                        &[Id::Undo, Id::Redo],
                        &[Id::ToggleBond, Id::ClearAblation],
                        &[Id::CopyPicture, Id::CopySvg, Id::CopySmiles],
                    ],
                    &mut effects,
                );
            });
            ui.menu_button("View", |ui| {
                let groups: &[&[Id]] = &[
                    &[Id::Ratio, Id::Activation, Id::Attention],
                    &[Id::Difference, Id::LockRange, Id::AtomNumbers],
                    &[Id::Arcs, Id::StrongestArcs, Id::Projections, Id::XavierBase],
                    &[Id::Fit, Id::ZoomIn, Id::ZoomOut],
                    &[Id::LargerText, Id::SmallerText, Id::NormalText],
                ];
                entries(ui, state, groups, &mut effects);
                ui.separator();
                let themes =
                    [(Id::Light, Appearance::Light), (Id::Dark, Appearance::Dark), (Id::System, Appearance::System)];
                for (id, theme) in themes {
                    effects.extend(parts::menu_choice(ui, id, theme == appearance, state));
                }
                ui.separator();
                effects.extend(menu_item(ui, Id::ResetLayout, state));
            });
            ui.menu_button("Compare", |ui| lanes::menu(ui, state, &mut effects));
            ui.menu_button("Go", |ui| {
                let groups: &[&[Id]] = &[
                    &[Id::NextMolecule, Id::PreviousMolecule, Id::NextPage, Id::PreviousPage],
                    &[Id::NextLayer, Id::PreviousLayer],
                    &[Id::AllHeads, Id::NextHead],
                ];
                entries(ui, state, groups, &mut effects);
            });
            ui.menu_button("Help", |ui| entries(ui, state, &[&[Id::Terms, Id::Keys], &[Id::About]], &mut effects));
        });
    });
    effects
}

/// Groups of menu entries with lines between them.
fn entries(ui: &mut Ui, state: &State, groups: &[&[Id]], effects: &mut Vec<Effect>) {
    ui.set_min_width(200.0);
    for (place, group) in groups.iter().enumerate() {
        if place > 0 {
            ui.separator();
        }
        for &id in *group {
            effects.extend(menu_item(ui, id, state));
        }
    }
}

fn file_menu(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    entries(ui, state, &[&[Id::Open, Id::OpenPath, Id::OpenBundled]], effects);
    ui.add_enabled_ui(!state.recent.is_empty(), |ui| {
        ui.menu_button("Open recent", |ui| {
            for path in &state.recent {
                let name = path
                    .file_name()
                    .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
                if ui.button(name).on_hover_text(path.display().to_string()).clicked() {
                    effects.push(files::open_path(path.clone()).into());
                    ui.close();
                }
            }
        });
    });
    let exports: &[Id] = &[
        Id::ExportMolecule,
        Id::ExportActivations,
        Id::ExportEdgeRatios,
        Id::ExportCurves,
        Id::ExportHistogram,
        Id::ExportTrace,
    ];
    entries(
        ui,
        state,
        &[
            &[Id::Reload, Id::Columns],
            &[Id::OpenModel, Id::ModelAssumptions, Id::Untrained],
            &[Id::ComposeFigure],
            exports,
            &[Id::StopAll],
            &[Id::Quit],
        ],
        effects,
    );
}

/// Shows the tool bar: model and bias above, reading and colours below.
pub(super) fn tools(ui: &mut Ui, state: &State) -> Vec<Effect> {
    let mut effects = Vec::new();
    egui::Panel::top("tools").frame(theme::bar(ui)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            model::choice(ui, state, &mut effects);
            separator(ui);
            model::explicit_bias(ui, state, &mut effects);
        });
        ui.horizontal_wrapped(|ui| {
            layer(ui, state, &mut effects);
            head(ui, state, &mut effects);
            separator(ui);
            ui.scope(|ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                for (id, text) in
                    [(Id::Ratio, "MA ratio"), (Id::Activation, "|activation|"), (Id::Attention, "attention")]
                {
                    effects.extend(action_switch(ui, id, text, state));
                }
            });
            separator(ui);
            effects.extend(action_switch(ui, Id::Difference, "difference", state));
            color_map(ui, state, &mut effects);
            effects.extend(action_switch(ui, Id::LockRange, "lock range", state));
            effects.extend(action_switch(ui, Id::AtomNumbers, "numbers", state));
        });
    });
    effects
}

fn layer(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let last = state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.layers.saturating_sub(1));
    let label = ui.label("Layer");
    ui.spacing_mut().slider_width = 120.0;
    let mut layer = state.view.reading.layer;
    let slider = ui.add(Slider::new(&mut layer, 0..=last)).on_hover_text("Counted from 0; keys [ and ]");
    if slider.labelled_by(label.id).changed() {
        effects.push(Command::SetLayer(layer).into());
    }
}

fn head(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let heads = state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.heads);
    let chosen = state.view.reading.head;
    let label = ui.label("Head");
    let text = |head: Option<usize>| head.map_or_else(|| "all".to_owned(), |head| head.to_string());
    let combo = ComboBox::from_id_salt("head").selected_text(text(chosen)).width(52.0).show_ui(ui, |ui| {
        for head in std::iter::once(None).chain((0..heads).map(Some)) {
            if ui.selectable_label(head == chosen, text(head)).clicked() {
                effects.push(Command::SetHead(head).into());
            }
        }
    });
    combo.response.labelled_by(label.id);
}

fn color_map(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let label = ui.label("Colours");
    let combo = ComboBox::from_id_salt("colours").selected_text(state.view.map.name()).width(84.0).show_ui(ui, |ui| {
        for map in ColorMap::SEQUENTIAL {
            if ui.selectable_label(map == state.view.map, map.name()).clicked() {
                effects.push(Command::SetColorMap(map).into());
            }
        }
    });
    combo.response.labelled_by(label.id);
}

/// Shows the status bar: work on the left, what is open and where it is computed on the right.
pub(super) fn status(ui: &mut Ui, workspace: &Workspace) -> Vec<Effect> {
    let mut effects = Vec::new();
    let state = &workspace.state;
    egui::Panel::bottom("status").frame(theme::bar(ui)).exact_size(28.0).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let device = workspace.describe_device();
                ui.add(Label::new(weak(&device).small()).truncate()).on_hover_text(format!("Computing on: {device}"));
                if let Some(dataset) = state.dataset() {
                    separator(ui);
                    let loading = state.jobs.iter().any(|job| job.purpose == Purpose::Load);
                    let checked = if dataset.validated || !loading { "" } else { ", being checked" };
                    let text = format!(
                        "{} usable, {} skipped{checked}",
                        parts::count(dataset.records.len()),
                        parts::count(dataset.skipped.len())
                    );
                    ui.label(weak(text).small());
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| match state.jobs.first() {
                    Some(job) => {
                        charts::progress_bar(ui, job, 120.0);
                        charts::stop_button(ui, job, &mut effects);
                        let (text, whole) = job_text(state, job);
                        ui.add(Label::new(weak(text).small()).truncate()).on_hover_text(whole);
                        if state.jobs.len() > 1 {
                            ui.label(weak(format!("and {} more", state.jobs.len() - 1)).small());
                        }
                    }
                    None => {
                        ui.label(RichText::new("Ready").small().weak());
                    }
                });
            });
        });
    });
    effects
}

/// What a job does; of training also how far its losses have come.
fn job_text(state: &State, job: &JobStatus) -> (String, String) {
    let report = state.training.last().filter(|_| job.purpose == Purpose::Train);
    let Some(report) = report else { return (job.title.clone(), job.title.clone()) };
    let epoch = &report.epoch;
    let auc = epoch.validation_auc.map_or_else(String::new, |auc| format!(", ROC-AUC {auc:.3}"));
    let short = format!(
        "{}: epoch {} of {}, loss {:.4}, validation {} {:.4}{auc}",
        job.title, epoch.epoch, report.epochs, epoch.train_loss, report.loss, epoch.validation_loss
    );
    (short, report.to_string())
}
