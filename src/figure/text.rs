//! Text with superscripts, and how wide it will be: what ticks, legends and titles are made of.

use super::font;
use super::svg::escape;
use resvg::usvg;

/// Size of a superscript relative to its line.
pub(super) const SCRIPT_SIZE: f64 = 0.7;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// On the line.
    Base,
    /// Raised and smaller, an exponent.
    Super,
}

impl Script {
    /// How far below the line the run's baseline lies, in ems of the line.
    pub(super) fn drop(self) -> f64 {
        match self {
            Self::Base => 0.0,
            Self::Super => -0.36,
        }
    }

    /// Size relative to the line.
    pub(super) fn size(self) -> f64 {
        if self == Self::Base { 1.0 } else { SCRIPT_SIZE }
    }
}

/// One line of text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Label(pub(super) Vec<(Script, String)>);

impl Label {
    /// Text on the line only.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self(vec![(Script::Base, text.into())])
    }

    /// 10 to a whole power.
    pub(super) fn power_of_ten(exponent: i32) -> Self {
        Self(vec![(Script::Base, "10".to_owned()), (Script::Super, minus(&exponent.to_string()))])
    }

    /// The characters without their positions.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Advance width at a font size, in the unit of that size; 0 for an empty label.
    pub(super) fn width(&self, size: f64) -> f64 {
        self.0.iter().map(|(script, text)| ems(text) * size * script.size()).sum()
    }

    /// The label cut to a width, with an ellipsis where something was left out. Only the last run
    /// is shortened.
    pub(super) fn cut_to(mut self, width: f64, size: f64) -> Self {
        if self.width(size) <= width {
            return self;
        }
        let Some((script, text)) = self.0.pop() else { return self };
        let room = width - self.width(size);
        let ends: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
        let fits = |&end: &usize| {
            let piece = text.get(..end).unwrap_or_default();
            ems(&format!("{piece}…")) * size * script.size() <= room
        };
        let kept = ends.partition_point(fits).checked_sub(1).and_then(|last| ends.get(last)).copied().unwrap_or(0);
        self.0.push((script, format!("{}…", text.get(..kept).unwrap_or_default().trim_end())));
        self
    }
}

/// A number's text with a true minus sign instead of a hyphen.
pub(super) fn minus(number: &str) -> String {
    number.replace('-', "−")
}

/// Advance width of a text in ems, kerning included, as the writers will set it.
fn ems(text: &str) -> f64 {
    const SIZE: f64 = 100.0;
    if text.is_empty() {
        return 0.0;
    }
    let document = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"><text xml:space=\"preserve\" \
         font-size=\"{SIZE}\">{}</text></svg>",
        escape(text)
    );
    let Ok(tree) = usvg::Tree::from_str(&document, &font::options()) else { return 0.0 };
    let width = tree.root().children().iter().map(|node| match node {
        usvg::Node::Text(text) => f64::from(text.bounding_box().width()),
        _ => 0.0,
    });
    width.fold(0.0, f64::max) / SIZE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up_and_grow_with_the_size() {
        let plain = Label::plain("batch maximum");
        assert!(plain.width(10.0) > 50.0 && plain.width(10.0) < 100.0);
        assert!((plain.width(20.0) - 2.0 * plain.width(10.0)).abs() < 1e-9);
        let power = Label::power_of_ten(-3);
        assert_eq!(power.text(), "10−3");
        assert!(power.width(10.0) < Label::plain("10−3").width(10.0));
        assert!(Label::default().width(10.0) <= 0.0);
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis_and_fits() {
        let long = Label::plain("CC(=O)Nc1ccc(cc1)C(=O)NCC[NH3+]");
        for room in [20.0, 50.0, 90.0] {
            let cut = long.clone().cut_to(room, 8.0);
            assert!(cut.text().ends_with('…') && cut.width(8.0) <= room, "{}", cut.text());
        }
        assert_eq!(long.clone().cut_to(1e3, 8.0), long);
        assert_eq!(long.cut_to(0.0, 8.0).text(), "…");
    }
}
