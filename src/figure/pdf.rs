//! SVG to a one-page PDF. Text stays text, in an embedded subset of the bundled font. No date and
//! no random identifier is written, so that equal figures are equal files.

use super::svg::Provenance;
use super::{FigureError, font};
use krilla::geom::Size;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt as _, SvgSettings};
use resvg::usvg;

/// Points per CSS pixel, the unit in which the SVG reader measures.
const POINTS_PER_PIXEL: f32 = 0.75;

/// Turns an SVG into a PDF of the same physical size.
pub(super) fn pdf(svg: &str, title: &str, provenance: &Provenance) -> Result<Vec<u8>, FigureError> {
    let tree = usvg::Tree::from_str(svg, &font::options())?;
    let (width, height) = (tree.size().width() * POINTS_PER_PIXEL, tree.size().height() * POINTS_PER_PIXEL);
    let unusable = || FigureError::Pdf(format!("a page of {width} by {height} points cannot be made"));
    let size = Size::from_wh(width, height).ok_or_else(unusable)?;
    let mut document = krilla::Document::new();
    let mut page = document.start_page_with(PageSettings::new(size));
    let mut surface = page.surface();
    surface.draw_svg(&tree, size, SvgSettings::default()).ok_or_else(unusable)?;
    surface.finish();
    page.finish();
    let facts: Vec<String> = provenance
        .iter()
        .filter(|(key, _)| key != super::SPECIFICATION)
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    let printable = |text: &str| text.replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), " ");
    document.set_metadata(
        Metadata::new()
            .title(printable(title))
            .description(printable(&facts.join("; ")))
            .creator("Bondscope".to_owned())
            .language("en".to_owned()),
    );
    document.finish().map_err(|error| FigureError::Pdf(format!("{error:?}")))
}
