//! The activations of one directed edge as a heat strip: one row per layer, one column per feature,
//! features grouped by head. The inspector shows the same value that is exported.

use super::colorbar;
use super::page::{LEADING, Page};
use super::svg::{Anchor, Area};
use super::text::Label;
use crate::analysis::chart::Table;
use crate::domain::Matrix;
use crate::scene::{Background, ColorBar, Rgb};
use glam::DVec2;

/// Layers by features of one edge, ready to be coloured.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatStrip {
    /// One row per layer, first layer first; one column per feature, feature `head * d + channel`.
    /// Magnitudes or ratios, as the colour bar says.
    pub values: Matrix,
    /// Number of heads the features are grouped by.
    pub heads: usize,
    /// Colours, their meaning, and the line that marks a massive activation.
    pub bar: ColorBar,
}

impl HeatStrip {
    /// Channels per head, d; 0 if the features cannot be grouped evenly.
    pub fn channels(&self) -> usize {
        if self.heads > 0 && self.values.cols.is_multiple_of(self.heads) { self.values.cols / self.heads } else { 0 }
    }

    /// The colour of one cell; the background's grey where there is no number.
    pub fn color(&self, layer: usize, feature: usize, background: Background) -> Rgb {
        match self.values.row(layer).get(feature) {
            Some(value) if !value.is_nan() => self.bar.scale.color(*value, background),
            _ => background.grey(),
        }
    }

    /// The numbers: `layer, head, channel, value`.
    pub fn table(&self) -> Table {
        let channels = if self.channels() > 0 { self.channels() } else { self.values.cols.max(1) };
        let row = |layer: usize, feature: usize, value: f32| {
            vec![
                layer.to_string(),
                (feature / channels).to_string(),
                (feature % channels).to_string(),
                value.to_string(),
            ]
        };
        let layers = 0..self.values.rows;
        let cells = layers.flat_map(|layer| {
            let features = self.values.row(layer).iter().enumerate();
            features.map(move |(feature, &value)| row(layer, feature, value))
        });
        Table { columns: ["layer", "head", "channel", "value"].map(str::to_owned).to_vec(), rows: cells.collect() }
    }
}

/// Room on the left for the numbers of layers, in font sizes.
const LEFT: f64 = 2.8;

/// The height at which every layer has room for its number.
pub(super) fn natural_height(strip: &HeatStrip, width: f64, font: f64) -> f64 {
    let rows = (strip.values.rows as f64 * font * 1.15).clamp(6.0 * font, (width * 0.8).max(6.0 * font));
    rows + colorbar::height(&strip.bar, width - font * LEFT, font) + font * (LEADING + 1.0)
}

/// Draws a heat strip with its colour bar into an area.
pub(super) fn draw(page: &mut Page, area: Area, strip: &HeatStrip) {
    let font = page.font;
    let bar = colorbar::height(&strip.bar, area.width() - font * LEFT, font);
    let frame = Area {
        left: area.left + font * LEFT,
        top: area.top + font * 0.4,
        right: area.right,
        bottom: area.bottom - bar - font * (LEADING + 0.6),
    };
    if strip.values.values.iter().all(|value| value.is_nan()) {
        page.no_data(area);
        return;
    }
    if frame.width() < 10.0 * font || frame.height() < font {
        page.no_room(area);
        return;
    }
    cells(page, frame, strip);
    separators(page, frame, strip);
    layer_labels(page, frame, strip.values.rows);
    head_labels(page, frame, strip);
    let left = frame.left;
    colorbar::draw(page, Area { left, top: area.bottom - bar, ..area }, &strip.bar, false);
}

/// Where the cells of one column begin and end.
fn column(frame: Area, columns: usize, index: usize) -> (f64, f64) {
    let width = frame.width() / columns.max(1) as f64;
    (frame.left + width * index as f64, frame.left + width * (index + 1) as f64)
}

/// Where the cells of one row begin and end.
fn row(frame: Area, rows: usize, index: usize) -> (f64, f64) {
    let height = frame.height() / rows.max(1) as f64;
    (frame.top + height * index as f64, frame.top + height * (index + 1) as f64)
}

fn cells(page: &mut Page, frame: Area, strip: &HeatStrip) {
    // Every cell reaches a little under its right and lower neighbours, so that no paper shines
    // through between them; the clip takes off what sticks out at the end.
    const OVERLAP: f64 = 0.4;
    let Matrix { rows, cols, .. } = strip.values;
    let clip = page.svg.clip(frame);
    page.svg.element("g").attribute("class", "cells").attribute("clip-path", &clip).open();
    for layer in 0..rows {
        let (top, bottom) = row(frame, rows, layer);
        for feature in 0..cols {
            let (left, right) = column(frame, cols, feature);
            let cell = Area { left, top, right: right + OVERLAP, bottom: bottom + OVERLAP };
            let color = strip.color(layer, feature, page.palette.background);
            page.svg.rect(cell, color);
        }
    }
    page.svg.close();
}

/// Lines in paper colour between heads.
fn separators(page: &mut Page, frame: Area, strip: &HeatStrip) {
    let paper = page.palette.paper();
    for head in 1..if strip.channels() > 0 { strip.heads } else { 0 } {
        let (x, _) = column(frame, strip.values.cols, head * strip.channels());
        page.svg.line(DVec2::new(x, frame.top), DVec2::new(x, frame.bottom), paper, 0.9);
    }
}

fn layer_labels(page: &mut Page, frame: Area, rows: usize) {
    let font = page.font;
    let every = (font * 1.1 * rows as f64 / frame.height()).ceil().max(1.0) as usize;
    for layer in (0..rows).step_by(every) {
        let (top, bottom) = row(frame, rows, layer);
        let at = DVec2::new(frame.left - font * 0.4, (top + bottom) / 2.0 + font * 0.36);
        page.text(at, Anchor::End, &Label::plain(layer.to_string()));
    }
    let style = page.style(page.palette.ink());
    let at = DVec2::new(frame.left - font * 1.9, frame.center().y);
    page.svg.turned_text(at, -90.0, Anchor::Middle, style, &Label::plain("layer"));
}

fn head_labels(page: &mut Page, frame: Area, strip: &HeatStrip) {
    let (font, channels) = (page.font, strip.channels());
    let baseline = frame.bottom + font * 1.1;
    if channels == 0 {
        page.text(DVec2::new(frame.center().x, baseline), Anchor::Middle, &Label::plain("feature"));
        return;
    }
    let room = frame.width() / strip.heads as f64;
    let word = |head: usize| Label::plain(format!("head {head}"));
    let worded = word(strip.heads - 1).width(font) + font * 0.5 < room;
    let widest = Label::plain((strip.heads - 1).to_string()).width(font) + font * 0.4;
    let every = if worded { 1 } else { (widest / room).ceil().max(1.0) as usize };
    for head in (0..strip.heads).step_by(every) {
        let (left, _) = column(frame, strip.values.cols, head * channels);
        let label = if worded { word(head) } else { Label::plain(head.to_string()) };
        page.text(DVec2::new(left + room / 2.0, baseline), Anchor::Middle, &label);
    }
    if !worded {
        page.text(DVec2::new(frame.left - font * 0.4, baseline), Anchor::End, &Label::plain("head"));
    }
}
