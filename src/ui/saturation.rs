//! How often the clamp of attention logits was active, per layer and head: where it is, weights no
//! longer follow activations, however massive these are.

use super::actions::Effect;
use super::parts::{self, weak};
use super::terms::{self, Term};
use super::theme;
use crate::domain::{Comparison, LOGIT_LIMIT, LayerTrace};
use crate::workspace::{Command, State};
use eframe::egui::{self, Align2, FontId, Rect, RichText, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2};
use std::sync::Arc;

/// Height of a row, points.
const ROW: f32 = 16.0;

/// Room for layer numbers, points.
const MARGIN: f32 = 34.0;

/// Narrowest cell that a percentage fits into, points.
const NARROWEST: f32 = 24.0;

/// The rates of the molecule shown, worked out once per answer.
#[derive(Default)]
pub(super) struct Saturation {
    known: Option<Arc<Comparison>>,
    layers: Vec<Vec<f64>>,
}

impl Saturation {
    fn refresh(&mut self, comparison: &Arc<Comparison>) {
        if !self.known.as_ref().is_some_and(|known| Arc::ptr_eq(known, comparison)) {
            self.layers = comparison.edited.layers.iter().map(LayerTrace::saturation).collect();
            self.known = Some(Arc::clone(comparison));
        }
    }
}

/// Shows the rates over this molecule and, where they were measured, over the listed split.
pub(super) fn show(ui: &mut Ui, state: &State, own: &mut Saturation, effects: &mut Vec<Effect>) {
    let Some(comparison) = &state.comparison else { return };
    own.refresh(comparison);
    ui.add_space(4.0);
    let title = RichText::new("Clamp saturation").strong();
    let header = egui::CollapsingHeader::new(title).id_salt("saturation").default_open(true).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(weak(format!("Edges with a logit beyond ±{LOGIT_LIMIT:.0}, in % per layer and head.")).small());
            terms::ask(ui, Term::Clamp);
        });
        table(ui, state, "this molecule", &own.layers, effects);
        let measured = state.survey().and_then(|survey| Some((survey, &survey.states.first()?.1)));
        if let Some((survey, sweep)) = measured {
            let layers: Vec<Vec<f64>> = sweep.layers().iter().map(|layer| layer.saturation()).collect();
            if layers.iter().any(|layer| !layer.is_empty()) {
                table(ui, state, &format!("{} molecules measured", parts::count(survey.ids.len())), &layers, effects);
            }
        }
    });
    header.header_response.on_hover_text(
        "Attention logits are clamped to ±5 before the exponential. Where the clamp is active, the weight of an edge no longer depends on its activation.",
    );
}

fn table(ui: &mut Ui, state: &State, of: &str, layers: &[Vec<f64>], effects: &mut Vec<Effect>) {
    let heads = layers.iter().map(Vec::len).max().unwrap_or(0);
    if heads == 0 {
        return;
    }
    ui.spacing_mut().item_spacing.y = 1.0;
    ui.add_space(2.0);
    ui.label(RichText::new(of).small());
    #[allow(clippy::cast_precision_loss, reason = "a number of heads")]
    let count = heads as f32;
    let width = ((ui.available_width() - MARGIN) / count).max(NARROWEST);
    egui::ScrollArea::horizontal().id_salt(of).auto_shrink([false, true]).show(ui, |ui| {
        let size = Vec2::new(MARGIN + width * count, ROW);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let weak = ui.visuals().weak_text_color();
        let names = (0..heads).map(|head| head.to_string()).collect::<Vec<_>>();
        cells(ui, rect, "layer", weak, names.iter().map(|name| (name.as_str(), 0.0)));
        for (layer, rates) in layers.iter().enumerate() {
            row(ui, state, (of, layer, rates), size, effects);
        }
    });
}

/// One layer; a click shows it.
fn row(ui: &mut Ui, state: &State, (of, layer, rates): (&str, usize, &[f64]), size: Vec2, effects: &mut Vec<Effect>) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let texts: Vec<String> = rates.iter().map(|&rate| percent(rate)).collect();
    let spoken: Vec<String> = texts.iter().enumerate().map(|(head, text)| format!("head {head}: {text} %")).collect();
    let name = format!("Clamp saturation of layer {layer}, {of}: {}", spoken.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let chosen = state.view.reading.layer == layer;
    let color = ui.visuals().text_color();
    let shares = texts.iter().zip(rates).map(|(text, &rate)| (text.as_str(), rate));
    cells(ui, rect, &layer.to_string(), color, shares);
    if chosen || response.hovered() || response.has_focus() {
        let width = if chosen { 1.5 } else { 1.0 };
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(width, color), egui::StrokeKind::Inside);
    }
    if response.on_hover_text(format!("Show layer {layer}")).clicked() {
        effects.push(Command::SetLayer(layer).into());
    }
}

/// A row of texts, each on a bar as long as its share.
fn cells<'a>(
    ui: &Ui,
    rect: Rect,
    name: &str,
    color: egui::Color32,
    values: impl ExactSizeIterator<Item = (&'a str, f64)>,
) {
    let (painter, font) = (ui.painter(), FontId::proportional(11.0));
    painter.text(pos2(rect.left() + MARGIN - 8.0, rect.center().y), Align2::RIGHT_CENTER, name, font.clone(), color);
    #[allow(clippy::cast_precision_loss, reason = "a number of heads")]
    let width = (rect.width() - MARGIN) / values.len().max(1) as f32;
    let mut left = rect.left() + MARGIN;
    for (text, share) in values {
        let cell =
            Rect::from_min_size(pos2(left, rect.top()), Vec2::new(width, rect.height())).shrink2(Vec2::new(1.5, 0.5));
        #[allow(clippy::cast_possible_truncation, reason = "a length on screen")]
        let filled =
            Rect::from_min_size(cell.min, Vec2::new(cell.width() * share.clamp(0.0, 1.0) as f32, cell.height()));
        painter.rect_filled(filled, 2.0, theme::bar_fill(ui));
        painter.text(cell.right_center() - Vec2::new(3.0, 0.0), Align2::RIGHT_CENTER, text, font.clone(), color);
        left += width;
    }
}

/// A share in whole per cent, small ones told from none and large ones from all.
fn percent(share: f64) -> String {
    match 100.0 * share {
        value if value <= 0.0 => "0".to_owned(),
        value if value < 0.5 => "<1".to_owned(),
        value if (99.5..100.0).contains(&value) => ">99".to_owned(),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn few_is_not_none_and_most_is_not_all() {
        let texts = [0.0, 0.001, 0.004_99, 0.12, 0.994, 0.999, 1.0].map(percent);
        assert_eq!(texts, ["0", "<1", "<1", "12", "99", ">99", "100"]);
    }
}
