//! What a file holds, in numbers: the answer of `bondscope inspect`.

use super::smiles::{self, Description};
use crate::domain::{Columns, Dataset, RowNote, Task};
use rayon::prelude::*;
use std::collections::BTreeMap;
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
    /// Which column is what, and what the targets are.
    pub columns: Columns,
    /// What the target columns hold, in the order of the file.
    pub targets: Vec<TargetSummary>,
    /// Usable records by the scheme of features that can describe them; empty where it was not counted.
    pub features: BTreeMap<String, usize>,
}

/// What one target column holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TargetSummary {
    /// Its name.
    pub name: String,
    /// Its unit, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Usable records with a value in it.
    pub values: usize,
    /// Usable records without one.
    pub missing: usize,
    /// How many of the values are 1, where the targets are labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positives: Option<usize>,
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
            targets: summarize_targets(dataset),
            features: BTreeMap::new(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, records, usable, skipped, warnings, columns, targets, features } = self;
        writeln!(f, "format    {format}")?;
        writeln!(f, "records   {records}")?;
        writeln!(f, "usable    {usable}")?;
        for (role, column) in
            [("smiles", Some(&columns.smiles)), ("id", columns.id.as_ref()), ("split", columns.split.as_ref())]
        {
            writeln!(f, "{role:<9} {}", column.map_or("-", String::as_str))?;
        }
        writeln!(f, "task      {}", if targets.is_empty() { "-" } else { columns.task.name() })?;
        writeln!(f, "targets   {}", targets.len())?;
        for TargetSummary { name, unit, values, missing, positives } in targets {
            let unit = unit.as_ref().map_or_else(String::new, |unit| format!(" in {unit}"));
            let positives = positives.map_or_else(String::new, |count| format!(", {count} positive"));
            writeln!(f, "  {name}: {values} values{unit}, {missing} missing{positives}")?;
        }
        for doubt in &columns.doubts {
            writeln!(f, "assumed   {doubt}")?;
        }
        for (scheme, count) in features {
            writeln!(f, "features  {scheme}: {count} of {usable} molecules")?;
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

fn summarize_targets(dataset: &Dataset) -> Vec<TargetSummary> {
    let mut counts = vec![(0, 0); dataset.outputs()];
    for record in &dataset.records {
        for ((values, ones), value) in counts.iter_mut().zip(&record.targets) {
            *values += usize::from(!value.is_nan());
            *ones += usize::from(*value > 0.5);
        }
    }
    let positives = |ones| (dataset.columns.task == Task::Labels).then_some(ones);
    let columns = &dataset.columns;
    let summary = |(place, (values, ones)): (usize, (usize, usize))| TargetSummary {
        name: columns.targets.get(place).cloned().unwrap_or_default(),
        unit: columns.unit(place).map(str::to_owned),
        values,
        missing: dataset.records.len() - values,
        positives: positives(ones),
    };
    counts.into_iter().enumerate().map(summary).collect()
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
        assert_eq!(summary["columns"]["targets"], serde_json::json!(["y"]));
        assert_eq!(summary["columns"]["task"], "regression");
        assert_eq!(summary["targets"], serde_json::json!([{ "name": "y", "values": 2, "missing": 0 }]));
        assert_eq!((summary["records"].as_u64(), summary["usable"].as_u64()), (Some(2), Some(2)));
    }

    #[test]
    fn labels_are_counted_per_target() {
        let text = "smiles,a,b\nCCO,0,1\nCN,,1\nC(C)(C)(C)(C)C,1,0\nCC,1,\n";
        let loader = Loader::from_bytes("test", text.as_bytes()).unwrap();
        let summary = Summary::of(&crate::io::load_fully(loader, |_| true).unwrap());
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(
            (&json["columns"]["task"], json["columns"]["targets"].as_array().unwrap().len()),
            (&"labels".into(), 2)
        );
        assert_eq!(
            json["targets"],
            serde_json::json!([
                { "name": "a", "values": 2, "missing": 1, "positives": 1 },
                { "name": "b", "values": 2, "missing": 1, "positives": 2 },
            ])
        );
        let lines = "task      labels\ntargets   2\n  a: 2 values, 1 missing, 1 positive\n  b: 2 values, 1 missing, 2 positive\n";
        assert!(summary.to_string().contains(lines), "{summary}");
    }
}
