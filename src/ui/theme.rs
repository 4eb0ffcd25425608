//! Colours, type and spacing of the window: a light and a dark design, both quiet, so that the colours
//! of the drawing are the loudest thing on screen.
//!
//! Raw colours stand here and in `scene::paint` only; what charts and drawings mean by a colour comes
//! from there and from `figure`, so that window and exported figure agree.

use crate::figure::{Palette, font};
use crate::scene::{Background, Rgb};
use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Shadow, Stroke, Style,
    TextStyle, Theme, Ui, Vec2, Visuals,
};
use std::sync::Arc;

/// Smallest and largest magnification of the whole window.
pub(super) const TEXT_ZOOM: std::ops::RangeInclusive<f32> = 0.8..=2.0;

/// Colours of one theme, by what they are for.
struct Colors {
    /// Behind bars and tabs.
    chrome: Color32,
    /// Behind panels.
    panel: Color32,
    /// Behind text fields and drawings.
    paper: Color32,
    /// Lines between things.
    border: Color32,
    /// Buttons at rest, under the pointer, pressed.
    button: [Color32; 3],
    text: Color32,
    weak: Color32,
    accent: Color32,
    /// Behind something selected.
    selection: Color32,
    stripe: Color32,
    /// Rails of sliders, boxes of switches.
    rail: Color32,
    warning: Color32,
    error: Color32,
    shadow: Color32,
}

const LIGHT: Colors = Colors {
    chrome: Color32::from_rgb(236, 238, 242),
    panel: Color32::from_rgb(250, 250, 252),
    paper: Color32::from_rgb(255, 255, 255),
    border: Color32::from_rgb(213, 217, 224),
    button: [Color32::from_rgb(238, 240, 245), Color32::from_rgb(226, 231, 239), Color32::from_rgb(209, 217, 230)],
    text: Color32::from_rgb(32, 33, 36),
    weak: Color32::from_rgb(86, 93, 105),
    accent: Color32::from_rgb(30, 91, 176),
    selection: Color32::from_rgb(207, 224, 250),
    stripe: Color32::from_rgb(244, 245, 248),
    rail: Color32::from_rgb(208, 213, 222),
    warning: Color32::from_rgb(146, 84, 0),
    error: Color32::from_rgb(184, 28, 28),
    shadow: Color32::from_black_alpha(36),
};

const DARK: Colors = Colors {
    chrome: Color32::from_rgb(38, 40, 45),
    panel: Color32::from_rgb(30, 32, 36),
    paper: Color32::from_rgb(24, 25, 28),
    border: Color32::from_rgb(58, 61, 68),
    button: [Color32::from_rgb(48, 51, 57), Color32::from_rgb(61, 65, 73), Color32::from_rgb(76, 82, 93)],
    text: Color32::from_rgb(226, 227, 230),
    weak: Color32::from_rgb(164, 169, 179),
    accent: Color32::from_rgb(128, 178, 255),
    selection: Color32::from_rgb(38, 70, 118),
    stripe: Color32::from_rgb(35, 37, 41),
    rail: Color32::from_rgb(70, 74, 82),
    warning: Color32::from_rgb(255, 188, 92),
    error: Color32::from_rgb(255, 132, 126),
    shadow: Color32::from_black_alpha(120),
};

/// Sets fonts and both designs.
pub(super) fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    fonts.font_data.insert(font::FAMILY.to_owned(), Arc::new(FontData::from_static(font::FONT)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        let place = if family == FontFamily::Proportional { 0 } else { 1 };
        let names = fonts.families.entry(family).or_default();
        names.insert(place.min(names.len()), font::FAMILY.to_owned());
    }
    ctx.set_fonts(fonts);
    ctx.set_style_of(Theme::Light, style(Theme::Light, &LIGHT));
    ctx.set_style_of(Theme::Dark, style(Theme::Dark, &DARK));
    // Text zoom has its own actions, with narrower limits.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

fn style(theme: Theme, colors: &Colors) -> Style {
    let mut style = theme.default_style();
    style.text_styles = [
        (TextStyle::Small, FontId::proportional(11.5)),
        (TextStyle::Body, FontId::proportional(13.0)),
        (TextStyle::Button, FontId::proportional(13.0)),
        (TextStyle::Heading, FontId::proportional(15.5)),
        (TextStyle::Monospace, FontId::monospace(12.0)),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(7.0, 6.0);
    spacing.button_padding = Vec2::new(8.0, 3.0);
    spacing.interact_size = Vec2::new(32.0, 24.0);
    spacing.window_margin = Margin::same(14);
    spacing.menu_margin = Margin::same(6);
    spacing.combo_height = 360.0;
    // The menu of models is long, and scrolling hides what can be chosen.
    spacing.default_area_size.y = 660.0;
    spacing.tooltip_width = 380.0;
    spacing.scroll = egui::style::ScrollStyle::thin();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    style.animation_time = 0.08;
    style.visuals = visuals(theme, colors);
    style
}

fn visuals(theme: Theme, colors: &Colors) -> Visuals {
    let mut visuals = theme.default_visuals();
    let line = Stroke::new(1.0, colors.border);
    visuals.panel_fill = colors.panel;
    visuals.window_fill = colors.panel;
    visuals.window_stroke = line;
    visuals.extreme_bg_color = colors.paper;
    visuals.text_edit_bg_color = Some(colors.paper);
    visuals.faint_bg_color = colors.stripe;
    visuals.code_bg_color = colors.chrome;
    visuals.weak_text_color = Some(colors.weak);
    visuals.hyperlink_color = colors.accent;
    visuals.warn_fg_color = colors.warning;
    visuals.error_fg_color = colors.error;
    visuals.selection.bg_fill = colors.selection;
    visuals.selection.stroke = Stroke::new(1.0, colors.accent);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.window_shadow = Shadow { offset: [0, 6], blur: 24, spread: 0, color: colors.shadow };
    visuals.popup_shadow = Shadow { offset: [0, 3], blur: 12, spread: 0, color: colors.shadow };
    visuals.slider_trailing_fill = true;
    visuals.striped = false;
    let [rest, hovered, pressed] = colors.button;
    let widgets = &mut visuals.widgets;
    let states = [
        (&mut widgets.noninteractive, colors.panel, colors.border, colors.text),
        (&mut widgets.inactive, rest, colors.border, colors.text),
        (&mut widgets.hovered, hovered, colors.accent, colors.text),
        (&mut widgets.active, pressed, colors.accent, colors.text),
        (&mut widgets.open, hovered, colors.border, colors.text),
    ];
    for (state, fill, edge, text) in states {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, edge);
        state.fg_stroke = Stroke::new(1.0, text);
        state.corner_radius = CornerRadius::same(5);
        state.expansion = 0.0;
    }
    widgets.inactive.bg_fill = colors.rail;
    visuals
}

/// What drawings and charts are drawn on in the theme of `ui`.
pub(super) fn background(ui: &Ui) -> Background {
    if ui.visuals().dark_mode { Background::Dark } else { Background::Light }
}

/// Colours of series in the theme of `ui`.
pub(super) fn palette(ui: &Ui) -> Palette {
    Palette { background: background(ui) }
}

/// A drawing's colour for egui.
pub(super) fn color(Rgb([red, green, blue]): Rgb) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

/// Behind menu bar, tool bar, status bar and tabs.
pub(super) fn chrome(visuals: &Visuals) -> Color32 {
    visuals.code_bg_color
}

/// A bar at an edge of the window.
pub(super) fn bar(ui: &Ui) -> egui::Frame {
    egui::Frame::new().fill(chrome(ui.visuals())).inner_margin(Margin::symmetric(10, 4))
}

/// Over the whole window while a file hovers above it.
pub(super) fn veil(visuals: &Visuals) -> Color32 {
    visuals.panel_fill.gamma_multiply(0.9)
}

/// The filled part of a bar that shows a fraction.
pub(super) fn bar_fill(ui: &Ui) -> Color32 {
    ui.visuals().selection.bg_fill
}

/// The ring around the widget that has the keyboard.
pub(super) fn focus(visuals: &Visuals) -> Color32 {
    visuals.hyperlink_color
}

/// Bars of values, and marks that must be seen.
pub(super) fn accent(ui: &Ui) -> Color32 {
    ui.visuals().hyperlink_color
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of an opaque colour, as WCAG 2 defines it.
    fn luminance(color: Color32) -> f64 {
        let linear = |part: u8| match f64::from(part) / 255.0 {
            part if part <= 0.040_45 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_and_the_ring_be_seen_on_every_ground() {
        for (theme, colors) in [(Theme::Light, &LIGHT), (Theme::Dark, &DARK)] {
            let [rest, hovered, pressed] = colors.button;
            let ring = focus(&visuals(theme, colors));
            let grounds = [colors.chrome, colors.panel, colors.paper, colors.stripe, rest, hovered, pressed];
            for ground in grounds.into_iter().chain([colors.selection]) {
                assert!(contrast(colors.text, ground) > 4.5, "text on {ground:?}");
                assert!(contrast(ring, ground) > 3.0, "the ring on {ground:?}");
            }
            for ground in [colors.chrome, colors.panel, colors.paper] {
                for ink in [colors.weak, colors.accent, colors.warning, colors.error] {
                    assert!(contrast(ink, ground) > 4.5, "{ink:?} on {ground:?}");
                }
            }
        }
    }
}
