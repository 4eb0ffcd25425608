//! Why a figure could not be written.

use std::path::PathBuf;

/// Why a figure could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The file's ending names no format.
    #[error("a figure's file name must end in .svg, .pdf, .png or .csv: {}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The page is no page.
    #[error(
        "a figure of {width} × {height} mm cannot be drawn: choose between {} and {} mm a side",
        super::spec::SHORTEST_SIDE,
        super::spec::LONGEST_SIDE
    )]
    BadSize {
        /// Width in millimetres.
        width: f64,
        /// Height in millimetres.
        height: f64,
    },
    /// The font could not be read.
    #[error("a font size of {0} pt cannot be used in a figure: choose between 3 and 72 pt")]
    BadFontSize(f64),
    /// The scale is no scale.
    #[error("a PNG cannot be drawn at scale {0}: choose a number above 0, e.g. 2")]
    BadScale(f32),
    /// The picture would not fit into memory.
    #[error("a PNG of {width} × {height} pixels is too large: choose a smaller scale or size")]
    TooLarge {
        /// Width in pixels.
        width: u64,
        /// Height in pixels.
        height: u64,
    },
    /// The SVG could not be read back.
    #[error("the figure could not be drawn: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// The PNG encoder failed.
    #[error("the PNG could not be encoded: {0}")]
    Png(String),
    /// The PDF writer failed.
    #[error("the PDF could not be made: {0}")]
    Pdf(String),
    /// There is not exactly one table.
    #[error("a CSV holds the numbers of one panel, and this figure has {0} of them: write the panels one by one")]
    Tables(usize),
    /// The table is not one.
    #[error("the figure's numbers could not be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}
