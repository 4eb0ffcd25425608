//! How large a figure is, what it is drawn on, and as what it is written.

use super::FigureError;
use crate::scene::Background;
use glam::DVec2;
use std::path::Path;

/// Smallest side of a figure, in millimetres.
pub(super) const SHORTEST_SIDE: f64 = 10.0;

/// Largest side of a figure, in millimetres.
pub(super) const LONGEST_SIDE: f64 = 2000.0;

/// Smallest and largest font, in points.
const FONT_SIZES: std::ops::RangeInclusive<f64> = 3.0..=72.0;

pub(super) const POINTS_PER_MILLIMETRE: f64 = 72.0 / 25.4;
const PIXELS_PER_MILLIMETRE: f64 = 96.0 / 25.4;

/// How the panels of a figure are lettered; a figure of one panel never is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letters {
    /// Not at all.
    None,
    /// a, b, c
    #[default]
    Small,
    /// A, B, C
    Capital,
    /// (a), (b), (c)
    Bracketed,
}

impl Letters {
    /// Every style, in menu order.
    pub const ALL: [Self; 4] = [Self::None, Self::Small, Self::Capital, Self::Bracketed];

    /// The word in menus.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Small => "a, b, c",
            Self::Capital => "A, B, C",
            Self::Bracketed => "(a), (b), (c)",
        }
    }

    /// The letter of a panel, counted from 0; beyond the alphabet it is its number.
    pub(super) fn of(self, place: usize) -> String {
        let letter = u8::try_from(place).ok().filter(|place| *place < 26).map(|place| char::from(b'a' + place));
        let small = letter.map_or_else(|| (place + 1).to_string(), String::from);
        match self {
            Self::None => String::new(),
            Self::Small => small,
            Self::Capital => small.to_uppercase(),
            Self::Bracketed => format!("({small})"),
        }
    }
}

/// Sizes that journals and projectors ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// One column of a journal.
    OneColumn,
    /// Two columns of a journal.
    TwoColumns,
    /// A slide of 16:9.
    Slide,
}

impl Preset {
    /// Every preset, in menu order.
    pub const ALL: [Self; 3] = [Self::OneColumn, Self::TwoColumns, Self::Slide];

    /// The words in menus.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneColumn => "one column",
            Self::TwoColumns => "two columns",
            Self::Slide => "slide",
        }
    }

    /// Width, height and font size: millimetres and points.
    fn sizes(self) -> (f64, Option<f64>, f64) {
        match self {
            Self::OneColumn => (85.0, None, 7.0),
            Self::TwoColumns => (178.0, None, 7.0),
            Self::Slide => (254.0, Some(143.0), 12.0),
        }
    }
}

/// Everything about a figure that is a matter of taste. The default is one journal column: 85 mm
/// wide, as high as its content asks for, 7 pt, on white.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct FigureSpec {
    /// Width in millimetres.
    pub width: f64,
    /// Height in millimetres; `None` for as high as the panels ask for.
    pub height: Option<f64>,
    /// Font size in points.
    pub font_size: f64,
    /// What it is drawn on.
    pub background: Background,
    /// Line above all panels; none if empty.
    pub title: String,
    /// How panels are lettered.
    pub letters: Letters,
    /// Whether every panel says in a line of small print what it is of.
    pub captions: bool,
}

impl Default for FigureSpec {
    fn default() -> Self {
        let (width, height, font_size) = Preset::OneColumn.sizes();
        Self {
            width,
            height,
            font_size,
            background: Background::Light,
            title: String::new(),
            letters: Letters::default(),
            captions: true,
        }
    }
}

impl FigureSpec {
    /// The default figure in a size given in CSS pixels: a PNG at scale 1 has exactly so many.
    pub fn in_pixels(width: f64, height: f64) -> Self {
        Self { width: width / PIXELS_PER_MILLIMETRE, height: Some(height / PIXELS_PER_MILLIMETRE), ..Self::default() }
    }

    /// The same figure in the sizes of a preset.
    #[must_use]
    pub fn with_preset(self, preset: Preset) -> Self {
        let (width, height, font_size) = preset.sizes();
        Self { width, height, font_size, ..self }
    }

    /// The preset that has these sizes.
    pub fn preset(&self) -> Option<Preset> {
        Preset::ALL.into_iter().find(|preset| *self == self.clone().with_preset(*preset))
    }

    /// Refuses sizes that cannot be drawn.
    ///
    /// # Errors
    /// A side or the font is too small, too large, or no number.
    pub fn check(&self) -> Result<(), FigureError> {
        let Self { width, height, font_size, background: _, title: _, letters: _, captions: _ } = *self;
        let sides = SHORTEST_SIDE..=LONGEST_SIDE;
        if !(sides.contains(&width) && height.is_none_or(|height| sides.contains(&height))) {
            return Err(FigureError::BadSize { width, height: height.unwrap_or(width) });
        }
        if !FONT_SIZES.contains(&font_size) {
            return Err(FigureError::BadFontSize(font_size));
        }
        Ok(())
    }

    /// The page in points, if its panels ask for a height of `natural` points.
    pub(super) fn points(&self, natural: f64) -> DVec2 {
        let sides = SHORTEST_SIDE * POINTS_PER_MILLIMETRE..=LONGEST_SIDE * POINTS_PER_MILLIMETRE;
        let height = self.height.map_or(natural.clamp(*sides.start(), *sides.end()), |mm| mm * POINTS_PER_MILLIMETRE);
        DVec2::new(self.width * POINTS_PER_MILLIMETRE, height)
    }
}

/// As what a figure is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    /// Vector picture for screens and editors; text stays text.
    Svg,
    /// Vector picture for print; text stays text, the font is embedded.
    Pdf,
    /// Pixels.
    Png {
        /// Pixels per CSS pixel (1/96 inch).
        scale: f32,
    },
    /// The numbers behind the picture.
    Csv,
}

impl Format {
    /// Scale of a PNG unless another is asked for: 300 dots per inch.
    pub const DEFAULT_SCALE: f32 = 300.0 / 96.0;

    /// The format a file's ending asks for, in capitals or not.
    ///
    /// # Errors
    /// Any ending but `.svg`, `.pdf`, `.png`, `.csv`.
    pub fn from_path(path: &Path) -> Result<Self, FigureError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("pdf") => Ok(Self::Pdf),
            Some("png") => Ok(Self::Png { scale: Self::DEFAULT_SCALE }),
            Some("csv") => Ok(Self::Csv),
            _ => Err(FigureError::UnknownFormat { path: path.to_owned() }),
        }
    }

    /// The same format, a PNG at another scale.
    #[must_use]
    pub fn with_scale(self, scale: f32) -> Self {
        match self {
            Self::Png { .. } => Self::Png { scale },
            other => other,
        }
    }

    /// The ending of its files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Png { .. } => "png",
            Self::Csv => "csv",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides_the_format() {
        for (name, format) in [("a.SVG", Format::Svg), ("x/b.pdf", Format::Pdf), ("c.d.csv", Format::Csv)] {
            assert_eq!(Format::from_path(Path::new(name)).expect("known"), format);
            assert!(name.to_lowercase().ends_with(format.extension()));
        }
        assert_eq!(Format::from_path(Path::new("p.png")).expect("known").with_scale(2.0), Format::Png { scale: 2.0 });
        for name in ["figure", "figure.jpg", ".svg", ""] {
            let error = Format::from_path(Path::new(name)).expect_err("unknown");
            assert!(error.to_string().contains(".svg, .pdf, .png or .csv"));
        }
    }

    #[test]
    fn absurd_pages_are_refused() {
        let spec = FigureSpec::default();
        for (width, height) in [(0.0, Some(50.0)), (f64::NAN, None), (85.0, Some(1e6))] {
            let absurd = FigureSpec { width, height, ..spec.clone() };
            assert!(matches!(absurd.check(), Err(FigureError::BadSize { .. })));
        }
        let absurd = FigureSpec { font_size: f64::NAN, ..spec.clone() };
        assert!(matches!(absurd.check(), Err(FigureError::BadFontSize(_))));
        assert!(spec.check().is_ok() && (spec.points(100.0).x - 240.945).abs() < 1e-3);
    }

    #[test]
    fn presets_set_sizes_and_are_recognised() {
        for preset in Preset::ALL {
            let spec = FigureSpec { title: "t".into(), ..FigureSpec::default() }.with_preset(preset);
            assert_eq!((spec.preset(), spec.title.as_str()), (Some(preset), "t"));
            assert!(spec.check().is_ok());
        }
        assert_eq!(FigureSpec { width: 100.0, ..FigureSpec::default() }.preset(), None);
    }

    #[test]
    fn letters_follow_their_style() {
        assert_eq!(Letters::ALL.map(|style| style.of(1)), ["", "b", "B", "(b)"]);
        assert_eq!(Letters::Small.of(26), "27");
    }
}
