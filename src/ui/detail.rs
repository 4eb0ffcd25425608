//! The numbers behind one bond or atom. They are worked out once per answer of the model and kept, so a
//! frame only lays them out.

use super::actions::Effect;
use super::lanes;
use super::parts::{self, number, weak};
use super::strip::Strip;
use super::{ablation, theme};
use crate::domain::{Ablation, AtomId, DirectedEdge, LOGIT_LIMIT, Matrix, Molecule};
use crate::figure::HeatStrip;
use crate::scene::Pick;
use crate::workspace::{Command, LayerReading, State, Workspace, quantity_name, side_letter};
use eframe::egui::{self, Align, Button, Layout, Rect, RichText, Role, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder};

/// Height of a row of a table, points.
const ROW: f32 = 18.0;

/// From this width on, both directions stand beside each other; points.
const ABREAST: f32 = 660.0;

/// Strongest features named per layer of an atom.
const STRONGEST: usize = 3;

/// One direction of a bond or pair.
struct EdgeDetail {
    edge: DirectedEdge,
    /// One per layer; empty if the edge is out.
    layers: Vec<LayerReading>,
    /// Ratio per layer before any edit; empty if there was none.
    before: Vec<f64>,
    /// What is looked at per state side by side and layer; empty if there is one state only.
    compared: Vec<Vec<f64>>,
    /// One per state side by side; `None` where it takes no part.
    strips: Vec<Option<Strip>>,
}

/// Both directions of a bond or pair.
pub(super) struct BondDetail {
    edges: [EdgeDetail; 2],
    /// Directed edges that took part, of which ranks are places.
    count: usize,
}

impl BondDetail {
    /// The details of a bond or pair, if the model has answered.
    pub(super) fn of(ui: &Ui, workspace: &Workspace, pick: Pick) -> Option<Self> {
        let state = &workspace.state;
        let comparison = state.comparison.as_ref()?;
        let edges = pick.edges(&state.shown.as_ref()?.molecule)?;
        let [there, back] = workspace.edge_layers(edges);
        let detail = |edge: DirectedEdge, layers: Vec<LayerReading>| EdgeDetail {
            edge,
            layers,
            before: workspace.ratios_before(edge),
            compared: workspace.compared(edge),
            strips: strips(ui, workspace.edge_strips(edge)),
        };
        let edges = [detail(edges[0], there), detail(edges[1], back)];
        Some(Self { edges, count: comparison.edited.edges.len() })
    }
}

/// Norm and strongest features of one layer of an atom.
struct NodeLayer {
    norm: f64,
    /// Head, channel and magnitude.
    strongest: Vec<(usize, usize, f32)>,
}

/// An atom.
pub(super) struct AtomDetail {
    layers: Vec<NodeLayer>,
    strips: Vec<Option<Strip>>,
}

impl AtomDetail {
    /// The details of an atom, if the model has answered.
    pub(super) fn of(ui: &Ui, workspace: &Workspace, atom: AtomId) -> Option<Self> {
        let trace = &workspace.state.comparison.as_ref()?.edited;
        let layers = trace.layers.iter().map(|layer| node_layer(&layer.nodes, atom, trace.heads)).collect();
        Some(Self { layers, strips: strips(ui, workspace.atom_strips(atom)) })
    }
}

fn strips(ui: &Ui, strips: Vec<Option<HeatStrip>>) -> Vec<Option<Strip>> {
    strips.into_iter().map(|strip| strip.map(|strip| Strip::new(ui, strip))).collect()
}

fn node_layer(nodes: &Matrix, atom: AtomId, heads: usize) -> NodeLayer {
    let row = nodes.row(atom.index());
    let channels = (nodes.cols / heads.max(1)).max(1);
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| row[b].abs().total_cmp(&row[a].abs()));
    NodeLayer {
        norm: row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt(),
        strongest: order.iter().take(STRONGEST).map(|&f| (f / channels, f % channels, row[f].abs())).collect(),
    }
}

/// Shows a bond or pair: for each direction, `first` being the stronger, the layers' numbers and the strips, then
/// attention of both.
pub(super) fn bond(
    ui: &mut Ui,
    state: &State,
    molecule: &Molecule,
    (detail, first): (&mut BondDetail, DirectedEdge),
    effects: &mut Vec<Effect>,
) {
    let count = detail.count;
    if detail.edges[0].edge != first {
        detail.edges.reverse();
    }
    if ui.available_width() >= ABREAST {
        ui.columns(2, |columns| {
            for (ui, edge) in columns.iter_mut().zip(&mut detail.edges) {
                direction(ui, state, molecule, (edge, count), effects);
            }
        });
    } else {
        for (place, edge) in detail.edges.iter_mut().enumerate() {
            ui.push_id(place, |ui| direction(ui, state, molecule, (edge, count), effects));
        }
    }
    ui.scope(|ui| attention(ui, state, molecule, &detail.edges));
}

/// One direction: the layers' numbers and the strip.
fn direction(
    ui: &mut Ui,
    state: &State,
    molecule: &Molecule,
    (edge, count): (&mut EdgeDetail, usize),
    effects: &mut Vec<Effect>,
) {
    let name = parts::edge_name(molecule, edge.edge);
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new(&name).size(14.0).strong());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ablation::chooser(ui, state.ablated(), (&[edge.edge], &name), effects);
        });
    });
    if !edge.compared.is_empty() {
        compared_table(ui, state, edge, effects);
    }
    if edge.layers.is_empty() {
        ui.label(weak(nothing(state, edge)));
        Strip::show_all(&mut edge.strips, ui, state, &name);
        return;
    }
    match state.ablated().get(&edge.edge) {
        Some(Ablation::Zero) => _ = ui.label(weak("Zeroed: its activation is 0 in every layer.")),
        Some(Ablation::LayerMean) => _ = ui.label(weak("Averaged: it has the mean activation of its layer.")),
        Some(Ablation::Remove) | None => {}
    }
    if edge.compared.is_empty() {
        edge_table(ui, state, edge, count, effects);
    } else {
        let header = egui::CollapsingHeader::new(RichText::new("All numbers of A").small()).id_salt("all of A");
        header.show(ui, |ui| edge_table(ui, state, edge, count, effects));
    }
    Strip::show_all(&mut edge.strips, ui, state, &name);
}

/// Why the main state has no numbers of an edge.
fn nothing(state: &State, edge: &EdgeDetail) -> &'static str {
    if state.ablated().get(&edge.edge) == Some(&Ablation::Remove) {
        "Removed: no message flows this way, so there is nothing to measure."
    } else {
        "No message flows this way in this model: it attends along bonds only."
    }
}

/// What is looked at, layer by layer, in every state side by side, and their difference.
fn compared_table(ui: &mut Ui, state: &State, edge: &EdgeDetail, effects: &mut Vec<Effect>) {
    let reading = state.view.reading;
    let head = reading.head.map_or_else(|| "all heads".to_owned(), |head| format!("head {head}"));
    ui.label(weak(format!("{}, {head}", quantity_name(reading.quantity))).small());
    let letters: Vec<String> = (0..edge.compared.len()).map(|side| side_letter(side).to_string()).collect();
    let difference = state.difference.map(|shown| (shown, lanes::letters(shown)));
    let mut columns = vec![("Layer", 38.0)];
    columns.extend(letters.iter().map(|letter| (letter.as_str(), 62.0)));
    columns.extend(difference.iter().map(|(_, name)| (name.as_str(), 62.0)));
    let layers = edge.compared.iter().map(Vec::len).max().unwrap_or(0);
    let at = |side: usize, layer: usize| edge.compared.get(side).and_then(|values| values.get(layer)).copied();
    let row = |layer: usize| {
        let mut cells: Vec<String> =
            (0..edge.compared.len()).map(|side| parts::number_or_dash(at(side, layer))).collect();
        cells.extend(difference.iter().map(|(shown, _)| {
            parts::number_or_dash(at(shown.of, layer).zip(at(shown.minus, layer)).map(|(of, minus)| of - minus))
        }));
        cells
    };
    layer_table(ui, state, &columns, (0..layers).map(row).collect(), effects);
    for side in 0..edge.compared.len() {
        ui.label(weak(lanes::title(state, side)).small());
    }
}

/// Ratio, median, maximum, where it sits, and rank, layer by layer.
fn edge_table(ui: &mut Ui, state: &State, edge: &EdgeDetail, count: usize, effects: &mut Vec<Effect>) {
    let has_before = !edge.before.is_empty();
    let mut columns = vec![("Layer", 38.0), ("Ratio", 50.0)];
    if has_before {
        columns.push(("before", 50.0));
    }
    columns.extend([("Median", 48.0), ("Max", 48.0), ("Head:ch", 48.0), ("Rank", 32.0)]);
    let rows = edge.layers.iter().enumerate().map(|(layer, reading)| {
        let mut cells = vec![number(reading.stat.ratio)];
        if has_before {
            cells.push(parts::number_or_dash(edge.before.get(layer).copied()));
        }
        cells.extend([
            number(reading.stat.median),
            number(reading.stat.max),
            format!("{}:{}", reading.head, reading.channel),
            reading.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string()),
        ]);
        cells
    });
    layer_table(ui, state, &columns, rows.collect(), effects);
    ui.label(weak(format!("rank among {count} directed edges")).small());
}

/// A table with one row per layer; the number of a layer is a button that shows it.
fn layer_table(ui: &mut Ui, state: &State, columns: &[(&str, f32)], rows: Vec<Vec<String>>, effects: &mut Vec<Effect>) {
    ui.spacing_mut().item_spacing = egui::vec2(4.0, 1.0);
    ui.spacing_mut().interact_size.y = ROW;
    let mut table = TableBuilder::new(ui).vscroll(false).cell_layout(Layout::right_to_left(Align::Center));
    // Numbers that belong together stand together, however wide the panel is.
    for (_, width) in columns {
        table = table.column(Column::exact(*width).clip(true));
    }
    let table = table.header(ROW, |mut header| {
        for (name, _) in columns {
            header.col(|ui| {
                ui.label(weak(*name).small());
            });
        }
    });
    table.body(|body| {
        body.rows(ROW, rows.len(), |mut row| {
            let layer = row.index();
            let selected = layer == state.view.reading.layer;
            row.set_selected(selected);
            row.col(|ui| {
                ui.spacing_mut().button_padding = egui::vec2(6.0, 0.0);
                let button = Button::selectable(selected, RichText::new(layer.to_string()).size(12.0));
                if ui.add(button).on_hover_text(format!("Show layer {layer}")).clicked() {
                    effects.push(Command::SetLayer(layer).into());
                }
            });
            for cell in rows.get(layer).into_iter().flatten() {
                row.col(|ui| {
                    ui.label(RichText::new(cell).size(12.0));
                });
            }
        });
    });
}

/// Logit and attention weight of both directions, head by head, in the layer shown.
fn attention(ui: &mut Ui, state: &State, molecule: &Molecule, edges: &[EdgeDetail; 2]) {
    let layer = state.view.reading.layer;
    let readings = edges.each_ref().map(|edge| edge.layers.get(layer));
    let heads = readings.iter().flatten().map(|reading| reading.attention.len()).max().unwrap_or(0);
    if heads == 0 {
        return;
    }
    ui.add_space(6.0);
    ui.label(RichText::new(format!("Attention logit and weight, layer {layer}")).size(14.0).strong())
        .on_hover_text("The logit is clamped to ±5 before the exponential. Framed: the clamp was active, so the weight no longer depends on the activation.");
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.spacing_mut().interact_size.y = 15.0;
    let width = ((ui.available_width() - 62.0) / 2.0).max(40.0);
    ui.horizontal(|ui| {
        ui.add_sized([48.0, 14.0], egui::Label::new(weak("head").small()));
        for edge in edges {
            ui.add_sized([width, 14.0], egui::Label::new(weak(parts::edge_name(molecule, edge.edge)).small()));
        }
    });
    for head in 0..heads {
        let chosen = state.view.reading.head == Some(head);
        ui.horizontal(|ui| {
            let name = RichText::new(head.to_string()).size(12.0);
            ui.add_sized([48.0, 15.0], egui::Label::new(if chosen { name.strong() } else { name.weak() }));
            for (edge, reading) in edges.iter().zip(&readings) {
                let name = format!("Attention of {} in head {head}", parts::edge_name(molecule, edge.edge));
                let at = |values: &[f32]| values.get(head).copied();
                let values = reading.and_then(|reading| Some((at(&reading.logits)?, at(&reading.attention)?)));
                bar(ui, width, values, &name);
            }
        });
    }
}

/// A logit, and its weight from 0 to 1 as a bar; framed where the clamp was active.
fn bar(ui: &mut Ui, width: f32, values: Option<(f32, f32)>, name: &str) {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(width, 15.0), egui::Sense::hover());
    let clamped = values.filter(|(logit, _)| logit.abs() > LOGIT_LIMIT).map(|(logit, _)| LOGIT_LIMIT * logit.signum());
    let texts = values.map(|(logit, weight)| (number(f64::from(logit)), format!("{weight:.3}")));
    let spoken = match (&texts, clamped) {
        (None, _) => "out".to_owned(),
        (Some((logit, weight)), None) => format!("logit {logit}, weight {weight}"),
        (Some((logit, weight)), Some(limit)) => format!("logit {logit} clamped to {limit:.0}, weight {weight}"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {spoken}")));
    let painter = ui.painter();
    painter.rect_filled(rect, 3.0, ui.visuals().widgets.inactive.weak_bg_fill);
    let part = values.map_or(0.0, |(_, weight)| weight).clamp(0.0, 1.0);
    let filled = Rect::from_min_size(rect.min, egui::vec2(rect.width() * part, rect.height()));
    painter.rect_filled(filled, 3.0, theme::bar_fill(ui));
    let (font, ink) = (egui::FontId::proportional(11.0), ui.visuals().text_color());
    let (logit, weight) = texts.unwrap_or_else(|| (String::new(), "out".to_owned()));
    let logit = match clamped {
        Some(limit) => format!("{logit} → {limit:.0}").replace('-', "−"),
        None => logit,
    };
    let inset = egui::vec2(5.0, 0.0);
    painter.text(rect.left_center() + inset, egui::Align2::LEFT_CENTER, logit, font.clone(), ink);
    painter.text(rect.right_center() - inset, egui::Align2::RIGHT_CENTER, weight, font, ink);
    if clamped.is_some() {
        let line = egui::Stroke::new(1.2, ui.visuals().warn_fg_color);
        painter.rect_stroke(rect, 3.0, line, egui::StrokeKind::Inside);
    }
}

/// Shows an atom: norm and strongest features of its node attention, layer by layer, and the strip.
pub(super) fn atom(ui: &mut Ui, state: &State, detail: &mut AtomDetail, effects: &mut Vec<Effect>) {
    ui.add_space(4.0);
    ui.label(RichText::new("Node attention output").size(14.0).strong());
    ui.label(weak("The normalised weighted sum that the atom receives, before the output projection.").small());
    let columns = [("Layer", 38.0), ("Norm", 54.0), ("strongest (head:channel size)", 230.0)];
    let rows = detail.layers.iter().map(|layer| {
        let features = layer
            .strongest
            .iter()
            .map(|(head, channel, value)| format!("{head}:{channel} {}", number(f64::from(*value))));
        vec![number(layer.norm), features.collect::<Vec<_>>().join("   ")]
    });
    layer_table(ui, state, &columns, rows.collect(), effects);
    Strip::show_all(&mut detail.strips, ui, state, "the atom");
}
