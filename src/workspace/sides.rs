//! The figure of a comparison: the molecule in every state side by side, their difference if it is shown,
//! and what the colours of all mean below; and the numbers behind it, a column for each state.

use super::export::element;
use super::lanes::side_letter;
use super::picture::Picture;
use super::{EdgeReading, Workspace};
use crate::analysis::chart::Table;
use crate::domain::DirectedEdge;
use crate::figure::{Content, MoleculeFigure, Panel, Row};
use crate::scene::{Background, ColorBar};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Workspace {
    /// The panels of a comparison, row by row.
    ///
    /// # Errors
    /// One sentence: why there is nothing to draw yet.
    pub(super) fn sides_rows(&mut self) -> Result<Vec<Row<Panel>>, String> {
        let pictures = self.named_pictures();
        if pictures.iter().all(|(_, _, picture)| picture.bar.is_none()) {
            return Err("None of the states side by side has an answer yet.".to_owned());
        }
        let table = sides_table(self, &pictures);
        let mut bars = Vec::new();
        let mut panels = Vec::new();
        for (place, (title, caption, picture)) in pictures.iter().enumerate() {
            // One bar explains all states; the difference has its own.
            let own = picture.bar.clone().filter(|bar| bars.iter().all(|known: &ColorBar| known.label != bar.label));
            bars.extend(own);
            // The numbers of all stand in one table.
            let table = if place == 0 { table.clone() } else { Table::default() };
            let figure = MoleculeFigure { scene: (*picture.scene).clone(), bar: None, table };
            panels.push(Panel { title: title.clone(), caption: caption.clone(), content: Content::Molecule(figure) });
        }
        let bars = bars.into_iter().map(|bar| Panel {
            title: String::new(),
            caption: String::new(),
            content: Content::ColorBar(bar),
        });
        Ok(Row::grid(panels).into_iter().chain([Row::of(bars)]).collect())
    }

    /// Every picture of the comparison, on white, with its name and what is predicted.
    fn named_pictures(&mut self) -> Vec<(String, String, Arc<Picture>)> {
        let mut pictures = Vec::new();
        for side in 0..self.state.side_count() {
            if let Some(picture) = self.lane_picture(side, Background::Light, None) {
                let title = format!("{} {}", side_letter(side), self.state.name_at(side));
                // All states are of one molecule, so it is named once.
                let words = self.side_words(side);
                let words = if side == 0 { format!("{} · {words}", self.molecule_words()) } else { words };
                pictures.push((title, words, picture));
            }
        }
        if let (Some(picture), Some(shown)) = (self.difference_picture(Background::Light, None), self.state.difference)
        {
            let title = format!("{} − {}", side_letter(shown.of), side_letter(shown.minus));
            pictures.push((title, String::new(), picture));
        }
        pictures
    }
}

/// One row per directed edge that any of the states has.
fn sides_table(workspace: &Workspace, pictures: &[(String, String, Arc<Picture>)]) -> Table {
    let Some(shown) = &workspace.state.shown else { return Table::default() };
    let by_edge: Vec<BTreeMap<DirectedEdge, &EdgeReading>> = pictures
        .iter()
        .map(|(_, _, picture)| picture.readings().iter().map(|reading| (reading.edge, reading)).collect())
        .collect();
    let edges: BTreeMap<DirectedEdge, &EdgeReading> =
        by_edge.iter().flatten().map(|(&edge, &reading)| (edge, reading)).collect();
    let row = |(edge, reading): (&DirectedEdge, &&EdgeReading)| {
        let bond = reading.bond.and_then(|bond| shown.molecule.bond(bond));
        let order = bond.map_or("absent", |(_, _, bond)| bond.order.name());
        let ends = [edge.source.0.to_string(), edge.target.0.to_string()];
        let elements = [edge.source, edge.target].map(|atom| element(&shown.molecule, atom));
        let values = by_edge.iter().map(|readings| {
            let value = readings.get(edge).and_then(|reading| reading.value);
            value.map_or_else(String::new, |value| value.to_string())
        });
        ends.into_iter().chain(elements).chain([order.to_owned()]).chain(values).collect()
    };
    let columns = ["source", "target", "source_element", "target_element", "bond"].map(str::to_owned);
    let names = pictures.iter().map(|(title, _, _)| title.clone());
    Table { columns: columns.into_iter().chain(names).collect(), rows: edges.iter().map(row).collect() }
}
