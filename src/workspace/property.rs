//! What is measured and predicted: the targets of the file and the outputs of the model, side by side.

use super::Workspace;
use super::state::State;
use crate::engine::Measure;

/// A target of the file, an output of the chosen model, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its column in the file, or what the model was trained on.
    pub name: String,
    /// The same without its unit.
    pub title: String,
    /// Its unit, if it is known.
    pub unit: Option<String>,
    /// Its place among the file's targets.
    pub column: Option<usize>,
    /// Its place among the model's outputs.
    pub output: Option<usize>,
    /// Whether what is predicted is what is measured.
    pub related: bool,
}

impl Property {
    /// Its places in file and model.
    pub fn measure(&self) -> Measure {
        Measure { target: self.column, output: self.output, related: self.related }
    }
}

impl State {
    /// All of them: the file's targets in order, then what only the model knows.
    pub fn properties(&self) -> Vec<Property> {
        let Some(dataset) = self.dataset() else { return Vec::new() };
        let columns = &dataset.columns;
        let compared = self.compared();
        let of_column = |column: usize| {
            let output = compared.iter().position(|&of| of == Some(column));
            Property {
                name: columns.targets.get(column).cloned().unwrap_or_default(),
                title: columns.title(column).to_owned(),
                unit: columns.unit(column).map(str::to_owned),
                column: Some(column),
                output,
                related: output.is_some(),
            }
        };
        let of_output = |output: usize| {
            let name = self.checkpoint().map_or_else(String::new, |model| model.output_name(output, columns));
            Property {
                title: crate::domain::unit::split(&name).0.to_owned(),
                unit: crate::domain::unit::split(&name).1,
                name,
                column: None,
                output: Some(output),
                related: false,
            }
        };
        let alone = (0..compared.len()).filter(|&output| compared.get(output) == Some(&None));
        (0..columns.targets.len()).map(of_column).chain(alone.map(of_output)).collect()
    }

    /// The one that the table and the reading speak of, worked out from all.
    fn chosen_property(&self) -> Option<Property> {
        let mut all = self.properties();
        if let Some(place) = self.table.target.as_ref().and_then(|name| all.iter().position(|one| one.name == *name)) {
            return Some(all.swap_remove(place));
        }
        // What the model predicts first, or else the file's first target beside it.
        let first = all.iter().position(|property| property.output == Some(0) && property.related);
        let mut property = all.into_iter().nth(first.unwrap_or(0))?;
        property.output = property.output.or((!self.compared().is_empty()).then_some(0));
        Some(property)
    }
}

impl Workspace {
    /// Brings the chosen target in line with file and model; the scores of another one are dropped.
    pub(super) fn settle_property(&mut self) {
        let property = self.state.chosen_property();
        let table = &mut self.state.table;
        if table.property.as_ref().and_then(|old| old.output) != property.as_ref().and_then(|new| new.output) {
            table.scores.clear();
        }
        table.property = property;
    }

    pub(super) fn show_target(&mut self, name: String) {
        self.state.table.target = Some(name);
        self.arrange();
    }
}
