//! How large a figure is, what it is drawn on, and as what it is written.

use super::FigureError;
use crate::scene::Background;
use glam::DVec2;
use std::path::Path;

/// Smallest side of a figure, in millimetres.
pub(super) const SHORTEST_SIDE: f64 = 10.0;

/// Largest side of a figure, in millimetres.
pub(super) const LONGEST_SIDE: f64 = 2000.0;

const POINTS_PER_MILLIMETRE: f64 = 72.0 / 25.4;
const PIXELS_PER_MILLIMETRE: f64 = 96.0 / 25.4;

/// Everything about a figure that is a matter of taste. The default is one journal column: 85 mm
/// wide, 7 pt, black on white.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct FigureSpec {
    /// Width in millimetres.
    pub width: f64,
    /// Height in millimetres.
    pub height: f64,
    /// Font size in points.
    pub font_size: f64,
    /// What it is drawn on.
    pub background: Background,
    /// Line above the figure; `None` keeps a chart's own title, an empty one has no line.
    pub title: Option<String>,
}

impl Default for FigureSpec {
    fn default() -> Self {
        Self { width: 85.0, height: 64.0, font_size: 7.0, background: Background::Light, title: None }
    }
}

impl FigureSpec {
    /// The default figure in a size given in CSS pixels: a PNG at scale 1 has exactly so many.
    pub fn in_pixels(width: f64, height: f64) -> Self {
        Self { width: width / PIXELS_PER_MILLIMETRE, height: height / PIXELS_PER_MILLIMETRE, ..Self::default() }
    }

    /// The page in points.
    pub(super) fn points(&self) -> Result<DVec2, FigureError> {
        let Self { width, height, font_size, background: _, title: _ } = *self;
        let sides = SHORTEST_SIDE..=LONGEST_SIDE;
        if !(sides.contains(&width) && sides.contains(&height)) {
            return Err(FigureError::BadSize { width, height });
        }
        if !(3.0..=72.0).contains(&font_size) {
            return Err(FigureError::BadFontSize(font_size));
        }
        Ok(DVec2::new(width, height) * POINTS_PER_MILLIMETRE)
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
        for (width, height) in [(0.0, 50.0), (f64::NAN, 50.0), (85.0, 1e6)] {
            assert!(matches!(FigureSpec { width, height, ..spec.clone() }.points(), Err(FigureError::BadSize { .. })));
        }
        assert!(matches!(
            FigureSpec { font_size: f64::NAN, ..spec.clone() }.points(),
            Err(FigureError::BadFontSize(_))
        ));
        assert!((spec.points().expect("sound").x - 240.945).abs() < 1e-3);
    }
}
