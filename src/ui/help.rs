//! What the numbers mean, which keys there are, and what the program is made of.

use super::actions::ACTIONS;
use super::parts::weak;
use super::theme;
use crate::workspace::{Workspace, bundled_models};
use eframe::egui::{self, Key, RichText, ScrollArea, Ui};

/// A page of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// What the numbers mean.
    Terms,
    /// Keyboard shortcuts.
    Keys,
    /// Version, licences, models.
    About,
}

impl Page {
    fn title(self) -> &'static str {
        match self {
            Self::Terms => "What the numbers mean",
            Self::Keys => "Keyboard shortcuts",
            Self::About => "About Bondscope",
        }
    }
}

const TERMS: [(&str, &str); 15] = [
    (
        "Directed edge",
        "Every bond carries two messages, one each way. In the drawing, the half of a bond beside an atom shows the edge that starts there.",
    ),
    (
        "MA ratio",
        "An edge has one activation per feature in each layer: the score before the exponential of attention. Its ratio is the largest magnitude over the lower median magnitude of all its features.",
    ),
    ("Massive activation", "By convention, a ratio above 1000. The colour bar and the histogram have a line there."),
    (
        "Batch maximum",
        "The largest ratio over all edges of one molecule in one layer. Molecules are measured one by one (batch size 1).",
    ),
    (
        "Trained and base",
        "Trained is the chosen checkpoint. Base is the same architecture before any training, from a fixed seed.",
    ),
    (
        "Base band",
        "The range of batch maxima of the base state over all layers and molecules. A layer has massive activations where its trained curve rises above the band. Models with EBT also show the band of the base without EBT, as the paper does.",
    ),
    (
        "EBT, explicit bias term",
        "A learnt key and value that an attention layer can use instead of a massive activation. The control scales the trained terms of this checkpoint from 1 (as trained) to 0 (off). That is a counterfactual on one set of weights; it is not the model trained without EBT, which is another checkpoint.",
    ),
    (
        "EBT as in the paper, EBT as coded",
        "The authors' program computes the explicit bias of GraphiT and SAN otherwise than their paper. As in the paper: attention weights come from the edge score with the bias added, as in GT. As coded: the weight of an edge comes from the bias score of the receiving atom alone. All its neighbours then count alike, attention is a plain mean over them, and keys, bond types and the bias of edges have no influence on the prediction and receive no training. The recorded activations stay products of untrained projections, so massive ones are absent there by construction.",
    ),
    (
        "GraphiT and SAN",
        "On bonds only and without encodings the two are one function: with equal weights their outputs agree exactly, and what differs between them in the paper comes from width, learning rate, batch size and chance. They are two models on full graphs, where GraphiT weights every pair of atoms by a random-walk kernel and SAN absent bonds by gamma, fixed or learned.",
    ),
    (
        "Absent bond",
        "In a full graph every pair of atoms exchanges messages, bond or not, with queries, keys and edge projections of its own kind for pairs without a bond. Thin arcs show the strongest of them in the colours of the bonds; the half beside an atom shows the edge that starts there.",
    ),
    (
        "Attention logit and clamp",
        "The sum of a head's edge activations is its attention logit. It is clamped to ±5 before the exponential. Where the clamp is active, the weight of an edge no longer depends on its activation, however massive; clamp saturation is the share of edges for which that is so.",
    ),
    (
        "Q, K, V, P",
        "Query, key and value of an atom and projection of an edge. The activation of an edge is K of its source times Q of its target times P of the edge, channel by channel, over the square root of the channels of a head. They are recorded only while their switch is on.",
    ),
    (
        "Ablation",
        "A directed edge can be removed, zeroed or averaged. Removed: it leaves the graph before message passing, so attention is normalised without it; it is drawn dashed. Zeroed: it stays, but its activation is 0 in every layer, so its logit is 0 and its weight exp(0) before normalisation; it is drawn dotted. Averaged: it stays with the mean activation, feature by feature, of the edges of its layer that keep theirs (of all if none does); it bears a bar across. Where attention comes from the bias alone (EBT as coded), zeroing and averaging change what is recorded and nothing else.",
    ),
    (
        "Histogram and gamma fit",
        "−log10 of every activation magnitude over its edge's median, for the first 50,000 edges of a layer, with a three-parameter gamma density (shape, location, scale) fitted by maximum likelihood. Values left of −3 are massive.",
    ),
    (
        "KS statistic",
        "The largest distance between the distribution of the values and the fitted one. It has no p-value here, since the parameters were fitted to the same values.",
    ),
];

/// Shows a page; returns whether it stays open.
pub(super) fn show(ctx: &egui::Context, page: Page, workspace: &Workspace) -> bool {
    let mut open = true;
    let height = (ctx.content_rect().height() - 120.0).clamp(160.0, 560.0);
    let window = egui::Window::new(page.title()).collapsible(false).resizable(false).open(&mut open);
    let window = window.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).order(egui::Order::Foreground);
    window.show(ctx, |ui| {
        ui.set_width(520.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| match page {
            Page::Terms => terms(ui),
            Page::Keys => keys(ui),
            Page::About => about(ui, workspace),
        });
    });
    open && !ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape))
}

fn terms(ui: &mut Ui) {
    for (term, text) in TERMS {
        ui.label(RichText::new(term).strong().color(ui.visuals().hyperlink_color));
        ui.add(egui::Label::new(text).wrap().selectable(true));
        ui.add_space(5.0);
    }
}

fn keys(ui: &mut Ui) {
    egui::Grid::new("keys").num_columns(2).striped(true).spacing([24.0, 5.0]).show(ui, |ui| {
        for action in ACTIONS.iter().filter(|action| !action.shortcuts.is_empty()) {
            let keys: Vec<String> =
                action.shortcuts.iter().map(|shortcut| ui.ctx().format_shortcut(shortcut)).collect();
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
    ui.label(RichText::new(concat!("Bondscope ", env!("CARGO_PKG_VERSION"))).heading());
    ui.label(env!("CARGO_PKG_DESCRIPTION"));
    ui.label(weak(concat!(
        "Licence: ",
        env!("CARGO_PKG_LICENSE"),
        ". Bundled data and the font Inter have terms of their own: see NOTICE."
    )));
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
