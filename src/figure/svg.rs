//! A small SVG writer that can only write sound files: text is escaped, numbers have one fixed
//! form (so that two exports are byte-identical), and an element with a coordinate that is not a
//! number, or lies absurdly far out, is left out as a whole.
//!
//! The unit is the typographic point; y points down.

use super::font;
use super::text::{Label, Script};
use crate::scene::Rgb;
use glam::DVec2;
use std::borrow::Cow;

/// Largest coordinate that is written, in points: 35 m.
const FARTHEST: f64 = 1e5;

/// Who made a figure from what: pairs of key and value, in the order they are written.
pub type Provenance = Vec<(String, String)>;

/// An SVG document that is being written.
#[derive(Debug)]
pub(super) struct Svg {
    out: String,
    open: Vec<&'static str>,
    definitions: usize,
    /// How much thicker than given the lines of axes and charts are, for large type.
    pen: f64,
}

impl Svg {
    /// Starts a document of `size` points with a title for readers that cannot see it.
    pub(super) fn new(size: DVec2, title: &str, description: &str, provenance: &Provenance) -> Self {
        let (width, height) = (number(size.x), number(size.y));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{}\">\n",
            font::FAMILIES
        );
        out.push_str(&format!("<title>{}</title>\n<desc>{}</desc>\n", escape(title), escape(description)));
        out.push_str("<metadata xmlns:b=\"urn:bondscope\">\n");
        for (key, value) in provenance {
            out.push_str(&format!("<b:entry key=\"{}\">{}</b:entry>\n", escape(key), escape(value)));
        }
        out.push_str("</metadata>\n");
        Self { out, open: Vec::new(), definitions: 0, pen: 1.0 }
    }

    /// The same document, in which [`Element::pen`] draws so much thicker.
    pub(super) fn with_pen(self, pen: f64) -> Self {
        Self { pen, ..self }
    }

    /// Starts an element; nothing is kept of it before [`Element::end`].
    pub(super) fn element(&mut self, name: &'static str) -> Element<'_> {
        let start = self.out.len();
        self.out.push('<');
        self.out.push_str(name);
        Element { svg: self, name, start, sound: true }
    }

    /// Closes the innermost open group or definition.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out.push_str(&format!("</{name}>\n"));
        }
    }

    /// The finished document.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.push_str("</svg>\n");
        self.out
    }

    /// Defines a clip to a rectangle; the value for `clip-path`.
    pub(super) fn clip(&mut self, area: Area) -> String {
        let id = self.next_id("clip");
        self.element("clipPath").attribute("id", &id).open();
        self.element("rect").area(area).end();
        self.close();
        format!("url(#{id})")
    }

    /// Defines a gradient from left to right through evenly spaced colours; the value for `fill`.
    pub(super) fn gradient(&mut self, colors: &[Rgb]) -> String {
        let id = self.next_id("gradient");
        self.element("linearGradient").attribute("id", &id).open();
        let last = colors.len().saturating_sub(1).max(1);
        for (index, &color) in colors.iter().enumerate() {
            #[allow(clippy::cast_precision_loss, reason = "a handful of colours")]
            let offset = index as f64 / last as f64;
            self.element("stop").number("offset", offset).color("stop-color", color).end();
        }
        self.close();
        format!("url(#{id})")
    }

    fn next_id(&mut self, kind: &str) -> String {
        self.definitions += 1;
        format!("{kind}{}", self.definitions)
    }

    /// A filled rectangle.
    pub(super) fn rect(&mut self, area: Area, fill: Rgb) {
        self.element("rect").area(area).color("fill", fill).end();
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: DVec2, to: DVec2, color: Rgb, width: f64) {
        self.element("line").span(from, to).color("stroke", color).pen(width).end();
    }

    /// A line of text whose `anchor` (`start`, `middle`, `end`) lies at `at`, on the baseline.
    pub(super) fn text(&mut self, at: DVec2, anchor: Anchor, style: TextStyle, label: &Label) {
        self.turned_text(at, 0.0, anchor, style, label);
    }

    /// As [`Self::text`], turned clockwise by some degrees around `at`.
    pub(super) fn turned_text(&mut self, at: DVec2, degrees: f64, anchor: Anchor, style: TextStyle, label: &Label) {
        if label.text().trim().is_empty() {
            return;
        }
        let mut element = self.element("text").number("x", at.x).number("y", at.y);
        if degrees != 0.0 {
            element = element
                .attribute("transform", &format!("rotate({} {} {})", number(degrees), number(at.x), number(at.y)));
        }
        element =
            element.attribute("text-anchor", anchor.name()).number("font-size", style.size).color("fill", style.color);
        if style.bold {
            element = element.attribute("font-weight", "700");
        }
        element.attribute("xml:space", "preserve").content(&spans(label, style.size));
    }
}

/// `tspan`s for a label: scripts are moved by `dy`, which every renderer knows, and moved back by
/// the run that follows.
fn spans(label: &Label, size: f64) -> String {
    let mut out = String::new();
    let (mut dropped, mut moved) = (0.0, false);
    for (script, text) in &label.0 {
        let drop = script.drop() * size;
        if *script == Script::Base && !moved {
            out.push_str(&escape(text));
        } else {
            let (dy, size) = (number(drop - dropped), number(size * script.size()));
            out.push_str(&format!("<tspan dy=\"{dy}\" font-size=\"{size}\">{}</tspan>", escape(text)));
        }
        (dropped, moved) = (drop, moved || *script != Script::Base);
    }
    out
}

/// Which point of a text its position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// Size in points, colour and weight of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TextStyle {
    pub(super) size: f64,
    pub(super) color: Rgb,
    pub(super) bold: bool,
}

/// An upright rectangle in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(super) fn center(&self) -> DVec2 {
        DVec2::new((self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0)
    }
}

/// An element whose attributes are being written.
#[must_use = "an element is only kept once it is ended"]
pub(super) struct Element<'a> {
    svg: &'a mut Svg,
    name: &'static str,
    start: usize,
    sound: bool,
}

impl Element<'_> {
    /// A text attribute.
    pub(super) fn attribute(self, name: &str, value: &str) -> Self {
        self.svg.out.push_str(&format!(" {name}=\"{}\"", escape(value)));
        self
    }

    /// A number; one that cannot be drawn takes the element with it.
    pub(super) fn number(mut self, name: &str, value: f64) -> Self {
        self.sound &= value.is_finite() && value.abs() <= FARTHEST;
        self.attribute(name, &number(value))
    }

    /// A colour.
    pub(super) fn color(self, name: &str, color: Rgb) -> Self {
        self.attribute(name, &color.to_string())
    }

    /// An opacity 0..=1; fully opaque is the default and not written.
    pub(super) fn opacity(self, name: &str, value: f32) -> Self {
        if value < 1.0 { self.number(name, f64::from(value.max(0.0))) } else { self }
    }

    /// The width of a line of an axis or chart, which grows with the type.
    pub(super) fn pen(self, width: f64) -> Self {
        let width = width * self.svg.pen;
        self.number("stroke-width", width)
    }

    /// Dashes of such a line.
    pub(super) fn dashes(self, [dash, gap]: [f64; 2]) -> Self {
        let pen = self.svg.pen;
        self.attribute("stroke-dasharray", &format!("{} {}", number(dash * pen), number(gap * pen)))
    }

    /// The two ends of a line.
    pub(super) fn span(self, from: DVec2, to: DVec2) -> Self {
        self.number("x1", from.x).number("y1", from.y).number("x2", to.x).number("y2", to.y)
    }

    /// Position and size of a rectangle.
    pub(super) fn area(self, area: Area) -> Self {
        let placed = self.number("x", area.left).number("y", area.top);
        placed.number("width", area.width()).number("height", area.height())
    }

    /// The outline of a path; an unsound one takes the element with it.
    pub(super) fn path(mut self, path: &Path) -> Self {
        self.sound &= path.sound && !path.data.is_empty();
        self.attribute("d", &path.data)
    }

    /// Ends an element without content.
    pub(super) fn end(self) {
        self.finish("/>\n");
    }

    /// Ends an element with content that is already escaped.
    pub(super) fn content(self, markup: &str) {
        let end = format!(">{markup}</{}>\n", self.name);
        self.finish(&end);
    }

    /// Leaves the element open for children, to be closed by [`Svg::close`].
    pub(super) fn open(self) {
        self.svg.out.push_str(">\n");
        self.svg.open.push(self.name);
    }

    fn finish(self, end: &str) {
        if self.sound {
            self.svg.out.push_str(end);
        } else {
            self.svg.out.truncate(self.start);
        }
    }
}

/// Path data under construction.
#[derive(Debug)]
pub(super) struct Path {
    data: String,
    sound: bool,
}

impl Path {
    pub(super) fn new() -> Self {
        Self { data: String::new(), sound: true }
    }

    pub(super) fn move_to(&mut self, to: DVec2) {
        self.step('M', to);
    }

    pub(super) fn line_to(&mut self, to: DVec2) {
        self.step('L', to);
    }

    /// A quadratic curve to a point.
    pub(super) fn curve_to(&mut self, control: DVec2, to: DVec2) {
        self.step('Q', control);
        self.step(' ', to);
    }

    /// A line to a point, or the start of the path if it has none.
    pub(super) fn draw_to(&mut self, to: DVec2) {
        self.step(if self.data.is_empty() { 'M' } else { 'L' }, to);
    }

    pub(super) fn close(&mut self) {
        self.data.push('Z');
    }

    fn step(&mut self, command: char, to: DVec2) {
        self.sound &= to.is_finite() && to.abs().max_element() <= FARTHEST;
        self.data.push_str(&format!("{command}{} {}", number(to.x), number(to.y)));
    }
}

/// A number in at most three decimals, without trailing zeros and without a negative zero.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as XML content or attribute value. What XML 1.0 has no way to write (control characters)
/// becomes a space.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    let plain = |c: char| !matches!(c, '<' | '>' | '&' | '"' | '\'' | '\u{fffe}' | '\u{ffff}') && !c.is_control();
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            character if plain(character) => out.push(character),
            _ => out.push(' '),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Svg {
        Svg::new(DVec2::splat(10.0), "", "", &vec![])
    }

    #[test]
    fn numbers_have_one_form() {
        let forms = [(0.1 + 0.2, "0.3"), (-0.0001, "0"), (10.0, "10"), (-2.5, "-2.5"), (1.0 / 3.0, "0.333")];
        for (value, expected) in forms {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn text_is_escaped_and_control_characters_become_spaces() {
        assert_eq!(escape("a<b>&\"c'\u{0}\u{7f}\n\u{ffff}"), "a&lt;b&gt;&amp;&quot;c&apos;    ");
        assert!(matches!(escape("C#N −1 β"), Cow::Borrowed(_)));
    }

    #[test]
    fn an_element_with_an_absurd_number_is_left_out() {
        let mut svg = document();
        svg.line(DVec2::ZERO, DVec2::new(1.0, f64::NAN), Rgb::default(), 1.0);
        svg.line(DVec2::ZERO, DVec2::new(1e9, 1.0), Rgb::default(), 1.0);
        let mut path = Path::new();
        path.move_to(DVec2::ZERO);
        path.line_to(DVec2::splat(f64::INFINITY));
        svg.element("path").path(&path).end();
        svg.element("path").path(&Path::new()).end();
        assert_eq!(svg.finish(), document().finish());
    }

    #[test]
    fn an_exponent_is_raised_and_what_follows_returns_to_the_line() {
        let label = Label(vec![(Script::Base, "10".into()), (Script::Super, "3".into()), (Script::Base, " m".into())]);
        let expected = "10<tspan dy=\"-3.6\" font-size=\"7\">3</tspan><tspan dy=\"3.6\" font-size=\"10\"> m</tspan>";
        assert_eq!(spans(&label, 10.0), expected);
    }
}
