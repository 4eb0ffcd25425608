//! A heat strip: layers by features, one texel a cell, so that a frame costs one rectangle. Its colours
//! come from the same value that is exported.

use super::canvas;
use super::lanes;
use super::parts::{number, weak};
use super::theme;
use crate::figure::HeatStrip;
use crate::workspace::{State, side_letter};
use eframe::egui::{
    self, Align2, Color32, ColorImage, FontId, Rect, Role, Sense, Stroke, TextureHandle, TextureOptions, Ui, Vec2,
    WidgetInfo, pos2,
};

/// Height of a layer, points.
const ROW: f32 = 9.0;

/// Room for layer numbers left of the strip, points.
const MARGIN: f32 = 22.0;

/// Room for the numbers of heads below the strip, and for the colour bar below these, points.
const HEADS: f32 = 16.0;
const BAR: f32 = 42.0;

/// A strip with its texture.
pub(super) struct Strip {
    strip: HeatStrip,
    texture: TextureHandle,
}

impl Strip {
    /// Colours a strip for the theme of `ui`.
    pub(super) fn new(ui: &Ui, strip: HeatStrip) -> Self {
        let (rows, columns) = (strip.values.rows, strip.values.cols);
        let background = theme::background(ui);
        let texel = |layer: usize, feature: usize| theme::color(strip.color(layer, feature, background));
        let pixels: Vec<Color32> =
            (0..rows).flat_map(|layer| (0..columns).map(move |feature| texel(layer, feature))).collect();
        let image = if pixels.is_empty() { ColorImage::example() } else { ColorImage::new([columns, rows], pixels) };
        let texture = ui.ctx().load_texture("heat strip", image, TextureOptions::NEAREST);
        Self { strip, texture }
    }

    /// Draws it, with its colour bar unless another one follows that has the same; `of` is what it belongs to.
    fn show(&mut self, ui: &mut Ui, layer: usize, (of, barred): (&str, bool)) {
        let (rows, columns) = (self.strip.values.rows, self.strip.values.cols);
        if rows == 0 || columns == 0 {
            return;
        }
        #[allow(clippy::cast_precision_loss, reason = "numbers of layers and features")]
        let (tall, wide) = (rows as f32, columns as f32);
        ui.add_space(4.0);
        let size = Vec2::new(ui.available_width(), tall * ROW + if barred { HEADS + BAR } else { HEADS });
        let (all, response) = ui.allocate_exact_size(size, Sense::hover());
        let name = format!("{} of {of}, {rows} layers by {columns} features", self.strip.bar.label);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        let frame = Rect::from_min_max(all.min + Vec2::new(MARGIN, 0.0), pos2(all.right(), all.top() + tall * ROW));
        let painter = ui.painter();
        painter.image(self.texture.id(), frame, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
        self.lines(ui, frame, layer);
        if barred {
            // The last label reaches over the end of the bar.
            let size = Vec2::new(frame.width() - 14.0, 7.0);
            let bar = Rect::from_min_size(frame.left_bottom() + Vec2::new(0.0, HEADS + 16.0), size);
            canvas::bar_with_ticks(ui, painter, bar, &self.strip.bar);
        }
        if let Some(pointer) = response.hover_pos().filter(|pointer| frame.contains(*pointer)) {
            // Inside the frame both are below the counts, and never negative.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cell inside the frame")]
            let (layer, feature) = {
                let part = (pointer - frame.min) / frame.size();
                ((part.y * tall) as usize, (part.x * wide) as usize)
            };
            response.on_hover_ui_at_pointer(|ui| self.cell(ui, layer.min(rows - 1), feature.min(columns - 1)));
        }
    }

    /// The strips of every state side by side, one below the other under their names, and one colour bar.
    pub(super) fn show_all(strips: &mut [Option<Self>], ui: &mut Ui, state: &State, of: &str) {
        let (layer, several) = (state.view.reading.layer, strips.len() > 1);
        let last = strips.iter().rposition(Option::is_some);
        for (side, strip) in strips.iter_mut().enumerate() {
            if several {
                let taken_out = if strip.is_some() { "" } else { ": takes no part" };
                ui.label(weak(format!("{}{taken_out}", lanes::title(state, side))).small());
            }
            let of = if several { format!("{of} in {}", side_letter(side)) } else { of.to_owned() };
            if let Some(strip) = strip {
                strip.show(ui, layer, (&of, last == Some(side)));
            }
        }
    }

    fn cell(&self, ui: &mut Ui, layer: usize, feature: usize) {
        let channels = self.strip.channels().max(1);
        let value = self.strip.values.row(layer).get(feature).map_or(f64::NAN, |value| f64::from(*value));
        ui.label(format!("{} {}", self.strip.bar.label, number(value)));
        ui.label(weak(format!("layer {layer}, head {}, channel {}", feature / channels, feature % channels)));
    }

    /// Lines between heads, the layer shown, and the numbers of both.
    fn lines(&self, ui: &Ui, frame: Rect, layer: usize) {
        let painter = ui.painter();
        let (text, weak) = (ui.visuals().text_color(), ui.visuals().weak_text_color());
        let font = FontId::proportional(10.5);
        let (rows, heads) = (self.strip.values.rows, self.strip.heads.max(1));
        #[allow(clippy::cast_precision_loss, reason = "numbers of layers and heads")]
        let y = |row: usize| frame.top() + frame.height() * row as f32 / rows as f32;
        #[allow(clippy::cast_precision_loss, reason = "numbers of layers and heads")]
        let x = |head: f32| frame.left() + frame.width() * head / heads as f32;
        let line = Stroke::new(1.0, ui.visuals().panel_fill);
        for head in 0..heads {
            #[allow(clippy::cast_precision_loss, reason = "numbers of layers and heads")]
            let at = head as f32;
            if head > 0 {
                painter.vline(x(at), frame.y_range(), line);
            }
            painter.text(pos2(x(at + 0.5), frame.bottom() + 1.0), Align2::CENTER_TOP, head, font.clone(), weak);
        }
        painter.text(pos2(frame.left() - 5.0, frame.bottom() + 1.0), Align2::RIGHT_TOP, "head", font.clone(), weak);
        if layer < rows {
            let chosen = Rect::from_min_max(pos2(frame.left(), y(layer)), pos2(frame.right(), y(layer + 1)));
            painter.rect_stroke(chosen.expand(1.0), 1.0, Stroke::new(1.5, text), egui::StrokeKind::Middle);
            painter.text(pos2(frame.left() - 5.0, chosen.center().y), Align2::RIGHT_CENTER, layer, font, text);
        }
    }
}
