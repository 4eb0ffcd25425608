//! A figure as a value, and its writers: one SVG is drawn from the same scene or chart that the
//! window shows, PNG and PDF are made from that SVG, CSV holds the numbers behind it.
//!
//! Nothing here asks the clock, the system's fonts or a random number: equal figures are equal
//! files. Writers return bytes; putting them on disk is the caller's business.

mod chart;
mod colorbar;
mod error;
pub mod font;
mod inspector;
mod molecule;
mod page;
mod palette;
mod pdf;
mod plot;
mod raster;
mod spec;
mod svg;
mod table;
mod text;
mod ticks;

pub use error::FigureError;
pub use inspector::HeatStrip;
pub use molecule::MoleculeFigure;
pub use palette::Palette;
pub use spec::{FigureSpec, Format};
pub use svg::Provenance;

#[cfg(test)]
mod tests;

use crate::analysis::chart::{Chart, Series, Table};
use page::{MARGIN, Page};
use std::borrow::Cow;
use svg::{Area, Svg, TextStyle};

/// What a figure shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A structure diagram with its colour bar.
    Molecule(MoleculeFigure),
    /// A chart.
    Chart(Chart),
    /// The activations of one edge, layers by features.
    Activations(HeatStrip),
}

/// A complete figure: everything its file depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Size, fonts, background, title.
    pub spec: FigureSpec,
    /// What is drawn.
    pub content: Content,
    /// Probe, hashes of dataset and weights, version: written into every picture's metadata.
    pub provenance: Provenance,
}

impl Figure {
    /// The title drawn above the figure: that of the spec, else the chart's own.
    pub fn title(&self) -> &str {
        match (&self.spec.title, &self.content) {
            (Some(title), _) => title,
            (None, Content::Chart(chart)) => &chart.title,
            (None, _) => "",
        }
    }

    /// The numbers behind the figure.
    pub fn table(&self) -> Cow<'_, Table> {
        match &self.content {
            Content::Molecule(molecule) => Cow::Borrowed(&molecule.table),
            Content::Chart(chart) => Cow::Borrowed(&chart.table),
            Content::Activations(strip) => Cow::Owned(strip.table()),
        }
    }
}

/// The bytes of a figure's file. Equal figures give equal bytes.
///
/// # Errors
/// The spec asks for an absurd size, font or scale, or a table's rows are not as long as its header.
pub fn write(figure: &Figure, format: Format) -> Result<Vec<u8>, FigureError> {
    match format {
        Format::Svg => Ok(draw(figure)?.into_bytes()),
        Format::Pdf => pdf::pdf(&draw(figure)?, figure.title(), &figure.provenance),
        Format::Png { scale } => raster::png(&draw(figure)?, scale, &figure.provenance),
        Format::Csv => table::csv(&figure.table()),
    }
}

/// A figure as SVG text.
///
/// # Errors
/// The spec asks for an absurd size or font.
pub fn draw(figure: &Figure) -> Result<String, FigureError> {
    let Figure { spec, content, provenance } = figure;
    let size = spec.points()?;
    let palette = Palette { background: spec.background };
    let svg = Svg::new(size, figure.title(), &description(content), provenance);
    let mut page = Page { svg, palette, font: spec.font_size };
    page.svg.rect(Area { left: 0.0, top: 0.0, right: size.x, bottom: size.y }, palette.paper());
    let area = Area { left: MARGIN, top: MARGIN, right: size.x - MARGIN, bottom: size.y - MARGIN };
    let area = page.heading(area, figure.title(), TextStyle { size: spec.font_size * 1.15, color: palette.ink() });
    match content {
        Content::Molecule(molecule) => molecule::draw(&mut page, area, molecule),
        Content::Chart(chart) => chart::draw(&mut page, area, chart),
        Content::Activations(strip) => inspector::draw(&mut page, area, strip),
    }
    Ok(page.svg.finish())
}

/// What a figure shows, for readers that cannot see it.
fn description(content: &Content) -> String {
    match content {
        Content::Molecule(molecule) => molecule.caption.clone(),
        Content::Chart(chart) => {
            let names: Vec<&str> = chart.series.iter().map(series_name).filter(|name| !name.is_empty()).collect();
            format!("{} against {}: {}. {}", chart.y.label, chart.x.label, names.join(", "), chart.notes.join("; "))
        }
        Content::Activations(strip) => strip.caption.clone(),
    }
}

fn series_name(series: &Series) -> &str {
    series.name.trim()
}
