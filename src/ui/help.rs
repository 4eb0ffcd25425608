//! What the numbers mean, which keys there are, and what the program is made of.

use super::actions::actions;
use super::parts::{self, weak};
use super::terms::{self, DEFINITIONS, Term};
use super::theme;
use crate::build_info;
use crate::workspace::{Workspace, bundled_models};
use eframe::egui::{self, Key, RichText, ScrollArea, Ui};

/// A page of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// What the numbers mean.
    Terms,
    /// The same, at one entry.
    Term(Term),
    /// Keyboard shortcuts.
    Keys,
    /// Version, licences, models.
    About,
}

impl Page {
    fn title(self) -> &'static str {
        match self {
            Self::Terms | Self::Term(_) => "What the numbers mean",
            Self::Keys => "Keyboard shortcuts",
            Self::About => "About Bondscope",
        }
    }
}

/// Shows a page; returns whether it stays open.
pub(super) fn show(ctx: &egui::Context, page: Page, workspace: &Workspace) -> bool {
    let mut open = true;
    let height = (ctx.content_rect().height() - 120.0).clamp(160.0, 560.0);
    let window = egui::Window::new(page.title()).collapsible(false).resizable(false).open(&mut open);
    let window = window.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).order(egui::Order::Foreground);
    window.show(ctx, |ui| {
        ui.set_width(520.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| match page {
            Page::Terms => terms(ui, None),
            Page::Term(term) => terms(ui, Some(term)),
            Page::Keys => keys(ui),
            Page::About => about(ui, workspace),
        });
    });
    open && !ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape))
}

/// All entries; at first the one that is sought is in sight.
fn terms(ui: &mut Ui, sought: Option<Term>) {
    let id = ui.scope_id().with("scrolled to");
    let known = ui.data(|data| data.get_temp::<Option<Term>>(id)).flatten();
    for definition in &DEFINITIONS {
        let entry = ui.scope(|ui| terms::entry(ui, definition)).response;
        if sought == Some(definition.term) && known != sought {
            entry.scroll_to_me(Some(egui::Align::Min));
        }
        ui.add_space(8.0);
    }
    ui.data_mut(|data| data.insert_temp(id, sought));
}

fn keys(ui: &mut Ui) {
    egui::Grid::new("keys").num_columns(2).striped(true).spacing([24.0, 5.0]).show(ui, |ui| {
        for action in actions().filter(|action| !action.shortcuts.is_empty()) {
            let keys: Vec<String> = action.shortcuts.iter().map(|shortcut| parts::keys(ui.ctx(), shortcut)).collect();
            ui.label(action.text.trim_end_matches('…')).on_hover_text(action.tip);
            ui.label(RichText::new(keys.join("  or  ")).strong());
            ui.end_row();
        }
        let pointer = [
            ("Select a bond or an atom", "Click"),
            ("Take a bond out, or put it back", "Shift+Click"),
            ("One direction only, and more", "Right click"),
            ("Move the drawing", "Drag"),
            ("Magnify at the pointer", "Wheel or pinch"),
            ("Fit the drawing", "Double-click"),
        ];
        for (text, key) in pointer {
            ui.label(text);
            ui.label(RichText::new(key).strong());
            ui.end_row();
        }
    });
}

fn about(ui: &mut Ui, workspace: &Workspace) {
    ui.label(RichText::new(format!("Bondscope {}", build_info::version())).heading());
    ui.label(env!("CARGO_PKG_DESCRIPTION"));
    ui.label(weak(concat!(
        "Licence: ",
        env!("CARGO_PKG_LICENSE"),
        ". Bundled data and the font Inter have terms of their own: see NOTICE."
    )));
    ui.add_space(8.0);
    ui.label(RichText::new("Build").strong());
    egui::Grid::new("build").num_columns(2).spacing([18.0, 4.0]).show(ui, |ui| {
        for (name, fact) in build_info::facts() {
            ui.label(weak(name));
            ui.add(egui::Label::new(fact).wrap().selectable(true));
            ui.end_row();
        }
    });
    ui.add_space(8.0);
    ui.label(RichText::new("Device").strong());
    ui.label(workspace.describe_device());
    ui.add_space(8.0);
    ui.label(RichText::new("Bundled models").strong());
    egui::Frame::new().fill(theme::chrome(ui.visuals())).corner_radius(5.0).inner_margin(8).show(ui, |ui| {
        egui::Grid::new("models").num_columns(4).spacing([18.0, 4.0]).show(ui, |ui| {
            for heading in ["name", "size", "trained on", "test MAE"] {
                ui.label(weak(heading).small());
            }
            ui.end_row();
            for model in bundled_models() {
                ui.label(model.name);
                ui.label(format!("{:.1} MB", model.megabytes));
                ui.label(&model.data);
                ui.label(&model.test);
                ui.end_row();
            }
        });
    });
}
