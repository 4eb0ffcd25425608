//! The bars above the panels: menus, and the tool bar that says what is computed and how it is coloured.

use super::actions::{ActionId as Id, Effect};
use super::files;
use super::lanes;
use super::model;
use super::parts::{self, action_switch, menu_item, separator};
use super::settings::Appearance;
use super::terms::{self, Term};
use super::theme;
use super::tour::{self, Spot};
use crate::analysis::Quantity;
use crate::scene::ColorMap;
use crate::workspace::{Command, State};
use eframe::egui::{self, ComboBox, MenuBar, Slider, Ui};

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
                        &[Id::ToggleBond, Id::ZeroBond, Id::AverageBond, Id::ClearAblation],
                        &[Id::PanelEdits, Id::EndRule, Id::FollowRule],
                        &[Id::Label],
                        &[Id::CopyPicture, Id::CopySvg, Id::CopySmiles],
                    ],
                    &mut effects,
                );
            });
            ui.menu_button("View", |ui| {
                let groups: &[&[Id]] = &[
                    &[Id::Ratio, Id::Activation, Id::Attention],
                    &[Id::Difference, Id::LockRange, Id::FitRangeToGallery, Id::AtomNumbers, Id::DrawnLabels],
                    &[Id::Arcs, Id::StrongestArcs, Id::Projections, Id::XavierBase],
                    &[Id::Fit, Id::ZoomIn, Id::ZoomOut],
                ];
                entries(ui, state, groups, &mut effects);
                ui.separator();
                let themes =
                    [(Id::Light, Appearance::Light), (Id::Dark, Appearance::Dark), (Id::System, Appearance::System)];
                for (id, theme) in themes {
                    effects.extend(parts::menu_choice(ui, id, theme == appearance, state));
                }
                ui.separator();
                let panels: &[Id] = &[
                    Id::PanelLibrary,
                    Id::PanelMolecule,
                    Id::PanelGallery,
                    Id::PanelInspector,
                    Id::PanelEdits,
                    Id::PanelEdgeRatios,
                    Id::PanelBatchMaxima,
                    Id::PanelHistogram,
                    Id::PanelLog,
                    Id::PanelTraining,
                ];
                let (axes, text): (&[Id], &[Id]) =
                    (&[Id::LinearRatios, Id::LinearCounts], &[Id::LargerText, Id::SmallerText, Id::NormalText]);
                ui.menu_button("Axes of plots", |ui| entries(ui, state, &[axes], &mut effects));
                ui.menu_button("Text size", |ui| entries(ui, state, &[text], &mut effects));
                ui.menu_button("Panels", |ui| entries(ui, state, &[panels, &[Id::ResetLayout]], &mut effects));
            });
            ui.menu_button("Compare", |ui| lanes::menu(ui, state, &mut effects));
            ui.menu_button("Train", |ui| {
                let groups: &[&[Id]] = &[
                    &[Id::NewRun, Id::OpenRun, Id::CloseOpenedRun],
                    &[Id::PauseRun, Id::ResumeRun, Id::StopRun],
                    &[Id::CompareRun, Id::CloseRunComparison],
                    &[Id::FollowTraining, Id::PanelTraining],
                ];
                entries(ui, state, groups, &mut effects);
            });
            ui.menu_button("Go", |ui| {
                let groups: &[&[Id]] = &[
                    &[Id::Palette],
                    &[Id::NextMolecule, Id::PreviousMolecule, Id::NextPage, Id::PreviousPage],
                    &[Id::NextLayer, Id::PreviousLayer],
                    &[Id::AllHeads, Id::NextHead, Id::PreviousHead],
                    &[Id::NextBond, Id::PreviousBond, Id::NextAtom, Id::PreviousAtom, Id::Deselect, Id::ContextMenu],
                    &[Id::NextPanel, Id::PreviousPanel],
                ];
                entries(ui, state, groups, &mut effects);
            });
            ui.menu_button("Help", |ui| {
                entries(ui, state, &[&[Id::Tour], &[Id::Terms, Id::Keys], &[Id::About]], &mut effects)
            });
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
    entries(ui, state, &[&[Id::Open, Id::OpenPath, Id::OpenBundled, Id::ReopenLast]], effects);
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
            &[Id::Save, Id::SaveAs],
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
        let row = ui.horizontal_wrapped(|ui| {
            model::choice(ui, state, &mut effects);
            separator(ui);
            model::explicit_bias(ui, state, &mut effects);
        });
        tour::mark(ui.ctx(), Spot::Model, row.response.rect);
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
            terms::ask(ui, quantity_term(state.view.reading.quantity));
            separator(ui);
            colors(ui, state, &mut effects);
        });
    });
    effects
}

fn quantity_term(quantity: Quantity) -> Term {
    match quantity {
        Quantity::Ratio => Term::Ratio,
        Quantity::Activation => Term::Activation,
        Quantity::Attention => Term::Attention,
    }
}

fn layer(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let last = state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.layers.saturating_sub(1));
    let label = ui.label("Layer");
    ui.spacing_mut().slider_width = 120.0;
    let mut layer = state.view.reading.layer;
    // On a range of one value the knob would stand in the middle.
    let slider = Slider::new(&mut layer, 0..=last.max(1));
    let slider = ui.add_enabled(last > 0, slider).on_hover_text("Counted from 0; keys [ and ]");
    let slider = slider.on_disabled_hover_text("This model has one layer");
    tour::mark(ui.ctx(), Spot::Layer, label.rect.union(slider.rect));
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

/// What is said about colours, the most important first.
#[derive(Clone, Copy)]
enum Tool {
    Switch(Id, &'static str),
    Map,
}

const TOOLS: [Tool; 4] = [
    Tool::Switch(Id::Difference, "difference"),
    Tool::Map,
    Tool::Switch(Id::LockRange, "lock range"),
    Tool::Switch(Id::AtomNumbers, "numbers"),
];

/// Width of the menu of colour maps, points.
const MAPS: f32 = 84.0;

/// Width of the button for what has no room, points.
const MORE: f32 = 30.0;

/// Everything about colours that has room in this line, and a menu of the rest.
fn colors(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let gap = ui.spacing().item_spacing.x;
    let mut ends: Vec<f32> = Vec::new();
    for tool in TOOLS {
        let width = match tool {
            Tool::Switch(_, text) => parts::button_width(ui, text),
            Tool::Map => parts::button_width(ui, "Colours") + gap + MAPS,
        };
        ends.push(ends.last().map_or(0.0, |end| end + gap) + width);
    }
    let room = ui.available_size_before_wrap().x;
    let within = |room: f32| ends.iter().take_while(|end| **end <= room).count();
    let fitting = if within(room) == TOOLS.len() { TOOLS.len() } else { within(room - gap - MORE) };
    let (shown, rest) = TOOLS.split_at(fitting);
    for tool in shown {
        match *tool {
            Tool::Switch(id, text) => effects.extend(action_switch(ui, id, text, state)),
            Tool::Map => {
                let label = ui.label("Colours");
                let combo = ComboBox::from_id_salt("colours").selected_text(state.view.map.name()).width(MAPS);
                combo.show_ui(ui, |ui| maps(ui, state, effects)).response.labelled_by(label.id);
            }
        }
    }
    if rest.is_empty() {
        return;
    }
    let menu = ui.menu_button("…", |ui| {
        for tool in rest {
            match *tool {
                Tool::Switch(id, _) => effects.extend(menu_item(ui, id, state)),
                Tool::Map => drop(ui.menu_button("Colours", |ui| maps(ui, state, effects))),
            }
        }
    });
    parts::named(menu.response, "More about colours").on_hover_text("What has no room here");
}

fn maps(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    for map in ColorMap::SEQUENTIAL {
        if ui.selectable_label(map == state.view.map, map.name()).clicked() {
            effects.push(Command::SetColorMap(map).into());
            ui.close();
        }
    }
}
