//! What a file holds, in numbers: the answer of `bondscope inspect`.

use super::smiles::{self, Description};
use crate::domain::{Columns, Dataset, RowNote};
use rayon::prelude::*;
use std::fmt;

/// The whole file in one object.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Summary {
    /// What the bytes were found to be.
    pub format: String,
    /// Data lines, usable or not.
    pub records: usize,
    /// Records that can be opened.
    pub usable: usize,
    /// Lines left out, each with its reason.
    pub skipped: Vec<RowNote>,
    /// Lines that opened but deserve a word.
    pub warnings: Vec<RowNote>,
    /// Which column is what.
    pub columns: Columns,
}

impl Summary {
    /// Summarises a dataset, which should be validated.
    pub fn of(dataset: &Dataset) -> Self {
        Self {
            format: dataset.format.clone(),
            records: dataset.lines,
            usable: dataset.records.len(),
            skipped: dataset.skipped.clone(),
            warnings: dataset.warnings.clone(),
            columns: dataset.columns.clone(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, records, usable, skipped, warnings, columns } = self;
        writeln!(f, "format    {format}")?;
        writeln!(f, "records   {records}")?;
        writeln!(f, "usable    {usable}")?;
        let named = [
            ("smiles", Some(&columns.smiles)),
            ("target", columns.target.as_ref()),
            ("split", columns.split.as_ref()),
            ("id", columns.id.as_ref()),
        ];
        for (role, column) in named {
            writeln!(f, "{role:<9} {}", column.map_or("-", |column| column.as_str()))?;
        }
        for (title, notes) in [("skipped", skipped), ("warnings", warnings)] {
            writeln!(f, "{title:<9} {}", notes.len())?;
            for RowNote { line, reason } in notes {
                writeln!(f, "  line {line}: {reason}")?;
            }
        }
        Ok(())
    }
}

/// One usable molecule.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RecordLine {
    /// Its place among the usable records, counted from 0.
    pub index: usize,
    /// The SMILES as written.
    pub smiles: String,
    /// What RDKit would count.
    #[serde(flatten)]
    pub description: Description,
}

impl fmt::Display for RecordLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Description { atoms, bonds, aromatic_bonds, rings, formula, charge, components } = &self.description;
        write!(
            f,
            "{}\t{}\t{formula}\tatoms {atoms}\tbonds {}/{}/{}\taromatic {aromatic_bonds}\trings {rings}\tcharge {charge}\tcomponents {components}",
            self.index, self.smiles, bonds.single, bonds.double, bonds.triple
        )
    }
}

/// Describes every record, in order, on all cores. A record that cannot be read is left out, so
/// validate first.
pub fn describe_records(dataset: &Dataset) -> Vec<RecordLine> {
    dataset
        .records
        .par_iter()
        .enumerate()
        .filter_map(|(index, record)| {
            let description = smiles::describe(&record.smiles).ok()?;
            Some(RecordLine { index, smiles: record.smiles.to_string(), description })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{Loader, Validator};

    #[test]
    fn records_are_one_flat_object_each() {
        let mut loader = Loader::from_bytes("test", "smiles,y\nc1ccccc1C(=O)[O-].[Na+],1\nCN,2\n".as_bytes()).unwrap();
        while !loader.step().unwrap().finished {}
        let mut validator = Validator::new(&loader.dataset());
        while validator.step() != (2, 2) {}
        let dataset = validator.finish().unwrap();
        let lines = describe_records(&dataset);
        assert_eq!(
            serde_json::to_string(&lines[0]).unwrap(),
            r#"{"index":0,"smiles":"c1ccccc1C(=O)[O-].[Na+]","atoms":10,"bonds":{"single":5,"double":4,"triple":0},"aromatic_bonds":6,"rings":1,"formula":"C7H5NaO2","charge":0,"components":2}"#
        );
        let summary = serde_json::to_value(Summary::of(&dataset)).unwrap();
        assert_eq!(summary["columns"]["target"], "y");
        assert_eq!((summary["records"].as_u64(), summary["usable"].as_u64()), (Some(2), Some(2)));
    }
}
