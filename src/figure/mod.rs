//! A figure as a value, and its writers: one SVG is drawn from the same scene or chart that the
//! window shows, PNG and PDF are made from that SVG, CSV holds the numbers behind it.
//!
//! Nothing here asks the clock, the system's fonts or a random number: equal figures are equal
//! files. Writers return bytes; putting them on disk is the caller's business.

mod chart;
mod colorbar;
mod error;
pub mod font;
mod grid;
mod heading;
mod inspector;
mod molecule;
mod page;
mod palette;
mod pdf;
mod plot;
mod raster;
mod spec;
mod specification;
mod svg;
mod table;
mod text;
mod ticks;

pub use error::FigureError;
pub use grid::{Cell, Row};
pub use inspector::HeatStrip;
pub use molecule::MoleculeFigure;
pub use palette::Palette;
pub use raster::Pixels;
pub use spec::{FigureSpec, Format, Letters, Preset};
pub use specification::specification;
pub use svg::Provenance;

#[cfg(test)]
mod tests;

use crate::analysis::chart::{Chart, Series, Table};
use crate::scene::ColorBar;
use page::Page;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use svg::{Area, Svg, TextStyle};

/// Key under which a figure's specification stands in the metadata of SVG and PNG files.
pub const SPECIFICATION: &str = "specification";

/// What a panel shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A structure diagram with its colour bar.
    Molecule(MoleculeFigure),
    /// A chart.
    Chart(Chart),
    /// The activations of one edge, layers by features.
    Activations(HeatStrip),
    /// A colour bar of its own, for several molecules.
    ColorBar(ColorBar),
    /// Nothing, and why.
    Missing(String),
}

/// One picture of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Line above it; none if empty.
    pub title: String,
    /// What it is of, in one line of small print; none if empty.
    pub caption: String,
    /// What is drawn.
    pub content: Content,
}

impl Panel {
    /// A chart under its own title.
    pub fn chart(chart: Chart, caption: String) -> Self {
        Self { title: chart.title.clone(), caption, content: Content::Chart(chart) }
    }

    /// Whether it has a letter: a colour bar belongs to its neighbours.
    pub fn counts(&self) -> bool {
        !matches!(self.content, Content::ColorBar(_))
    }

    /// The numbers behind it; `None` if there are none.
    pub fn table(&self) -> Option<Cow<'_, Table>> {
        let table = match &self.content {
            Content::Molecule(molecule) => Some(Cow::Borrowed(&molecule.table)),
            Content::Chart(chart) => Some(Cow::Borrowed(&chart.table)),
            Content::Activations(strip) => Some(Cow::Owned(strip.table())),
            Content::ColorBar(_) | Content::Missing(_) => None,
        };
        // Of states side by side the first has the numbers of all.
        table.filter(|table| !table.columns.is_empty())
    }

    /// What it shows, for readers that cannot see it.
    fn description(&self) -> String {
        let said: &[&str] = &[&self.title, &self.caption];
        let said = said.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let shown = match &self.content {
            Content::Chart(chart) => {
                let names: Vec<&str> = chart.series.iter().map(series_name).filter(|name| !name.is_empty()).collect();
                format!("{} against {}: {}. {}", chart.y.label, chart.x.label, names.join(", "), chart.notes.join("; "))
            }
            Content::ColorBar(bar) => bar.label.clone(),
            Content::Missing(reason) => reason.clone(),
            Content::Molecule(_) | Content::Activations(_) => String::new(),
        };
        said.map(str::to_owned).chain((!shown.is_empty()).then_some(shown)).collect::<Vec<_>>().join(". ")
    }
}

/// A complete figure: everything its file depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Size, fonts, background, title.
    pub spec: FigureSpec,
    /// The panels, from top to bottom.
    pub rows: Vec<Row<Panel>>,
    /// Probe, hashes of dataset and weights, version: written into every picture's metadata.
    pub provenance: Provenance,
}

impl Figure {
    /// A figure of one panel in the default size.
    pub fn single(panel: Panel, provenance: Provenance) -> Self {
        Self { spec: FigureSpec::default(), rows: vec![Row::of([panel])], provenance }
    }

    /// What the figure is called: its own title, or that of its first panel.
    pub fn title(&self) -> &str {
        let own = Some(self.spec.title.as_str()).filter(|title| !title.trim().is_empty());
        own.or_else(|| self.panels().next().map(|panel| panel.title.as_str())).unwrap_or_default()
    }

    /// All panels, row by row.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.cells).map(|cell| &cell.panel)
    }

    /// The numbers behind the figure, each table with the letter of its panel.
    ///
    /// # Errors
    /// A table's rows are not as long as its header.
    pub fn tables(&self) -> Result<Vec<(String, Vec<u8>)>, FigureError> {
        let letters = letters(self.panels(), Letters::Small);
        let tables = letters.filter_map(|(letter, panel)| Some((letter, panel.table()?)));
        tables.map(|(letter, table)| Ok((letter, table::csv(&table)?))).collect()
    }

    /// Whether panels carry letters: only where there are several.
    fn is_lettered(&self) -> bool {
        self.spec.letters != Letters::None && self.panels().filter(|panel| panel.counts()).count() > 1
    }
}

/// Panels with their letters; those that have none go without.
fn letters<'a>(panels: impl Iterator<Item = &'a Panel>, style: Letters) -> impl Iterator<Item = (String, &'a Panel)> {
    let mut place = 0;
    panels.map(move |panel| {
        let letter = if panel.counts() { style.of(place) } else { String::new() };
        place += usize::from(panel.counts());
        (letter, panel)
    })
}

/// A figure as it was drawn: what is seen and what is filed are both made from its SVG.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What it was drawn from.
    pub figure: Figure,
    /// The drawing.
    pub svg: String,
    /// The drawing in pixels.
    pub pixels: Pixels,
    /// What to know about it, e.g. that a file has changed since it was put together; one sentence each.
    pub remarks: Vec<String>,
}

impl Draft {
    /// The files of this very drawing, see [`files`].
    ///
    /// # Errors
    /// The scale is absurd, or there are no numbers to write.
    pub fn files(&self, path: &Path, format: Format) -> Result<Vec<(PathBuf, Vec<u8>)>, FigureError> {
        filed_under(&self.figure, path, format, |format| filed(&self.figure, &self.svg, format))
    }
}

/// The files that a figure is written as: one, or the tables of several panels under their letters.
///
/// # Errors
/// As of [`write()`], and if there are no numbers to write.
pub fn files(figure: &Figure, path: &Path, format: Format) -> Result<Vec<(PathBuf, Vec<u8>)>, FigureError> {
    filed_under(figure, path, format, |format| write(figure, format))
}

fn filed_under(
    figure: &Figure,
    path: &Path,
    format: Format,
    whole: impl Fn(Format) -> Result<Vec<u8>, FigureError>,
) -> Result<Vec<(PathBuf, Vec<u8>)>, FigureError> {
    if format != Format::Csv {
        return Ok(vec![(path.to_owned(), whole(format)?)]);
    }
    let tables = figure.tables()?;
    if tables.is_empty() {
        return Err(FigureError::Tables(0));
    }
    let alone = tables.len() == 1;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let named = |letter: &str| path.with_file_name(format!("{stem}-{letter}.csv"));
    let named = |letter: &str| if alone { path.to_owned() } else { named(letter) };
    Ok(tables.into_iter().map(|(letter, table)| (named(&letter), table)).collect())
}

/// The bytes of a figure's file. Equal figures give equal bytes.
///
/// # Errors
/// The spec asks for an absurd size, font or scale, a table's rows are not as long as its header, or there is
/// not exactly one table to be written as CSV.
pub fn write(figure: &Figure, format: Format) -> Result<Vec<u8>, FigureError> {
    filed(figure, &draw(figure)?, format)
}

fn filed(figure: &Figure, svg: &str, format: Format) -> Result<Vec<u8>, FigureError> {
    match format {
        Format::Svg => Ok(svg.as_bytes().to_vec()),
        Format::Pdf => pdf::pdf(svg, figure.title(), &figure.provenance),
        Format::Png { scale } => raster::png(svg, scale, &figure.provenance),
        Format::Csv => match figure.tables()?.as_mut_slice() {
            [(_, table)] => Ok(std::mem::take(table)),
            tables => Err(FigureError::Tables(tables.len())),
        },
    }
}

/// The pixels of a drawn figure at `scale` pixels per CSS pixel (1/96 inch): those of its PNG.
///
/// # Errors
/// The scale is absurd.
pub fn pixels(svg: &str, scale: f32) -> Result<Pixels, FigureError> {
    raster::pixels(svg, scale)
}

/// A figure as SVG text.
///
/// # Errors
/// The spec asks for an absurd size or font.
pub fn draw(figure: &Figure) -> Result<String, FigureError> {
    let Figure { spec, rows: _, provenance } = figure;
    let places = grid::places(figure)?;
    let size = places.size;
    let palette = Palette { background: spec.background };
    let description: Vec<String> = figure.panels().map(Panel::description).collect();
    let svg = Svg::new(size, figure.title(), description.join(" ").trim(), provenance);
    let svg = svg.with_pen(page::growth(spec.font_size));
    let mut page = Page { svg, palette, font: spec.font_size };
    page.svg.rect(Area { left: 0.0, top: 0.0, right: size.x, bottom: size.y }, palette.paper());
    let style = TextStyle { size: spec.font_size * grid::TITLE, color: palette.ink(), bold: true };
    page.heading(places.title, &spec.title, style);
    for (place, (panel, (&cell, heading))) in figure.panels().zip(places.cells.iter().zip(&places.headings)).enumerate()
    {
        page.svg.element("g").attribute("class", "panel").attribute("id", &format!("panel-{}", place + 1)).open();
        let body = heading.draw(&mut page, cell);
        draw_content(&mut page, body, &panel.content);
        page.svg.close();
    }
    Ok(page.svg.finish())
}

fn draw_content(page: &mut Page, area: Area, content: &Content) {
    match content {
        Content::Molecule(molecule) => molecule::draw(page, area, molecule),
        Content::Chart(chart) => chart::draw(page, area, chart),
        Content::Activations(strip) => inspector::draw(page, area, strip),
        Content::ColorBar(bar) => colorbar::draw_alone(page, area, bar),
        Content::Missing(reason) => page.say(area, reason),
    }
}

fn series_name(series: &Series) -> &str {
    series.name.trim()
}
