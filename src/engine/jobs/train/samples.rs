//! From the records of a file to the graphs that a network learns from and is tested on.

use crate::domain::{Dataset, Fingerprint, Record, Split};
use crate::io;
use crate::models::{FULL_GRAPH_LIMIT, GraphInput, Plan, Sample, Task, TrainingData, Unlearnable};
use rayon::prelude::*;

/// Validation molecules whose MA ratios are measured: the first of the file. Enough for a median that holds still,
/// few enough to cost less than a hundredth of an epoch.
const PROBED: usize = 64;

/// The graphs of a run.
pub(in crate::engine) struct Samples {
    pub(in crate::engine) data: TrainingData,
    pub(in crate::engine) test: Vec<Sample>,
    /// What MA ratios are measured on.
    pub(in crate::engine) probe: Vec<GraphInput>,
    /// What the user should know, one sentence each.
    pub(in crate::engine) remarks: Vec<String>,
}

impl Samples {
    /// Featurises the molecules of all splits.
    pub(in crate::engine) fn of(dataset: &Dataset, plan: &Plan) -> Result<Self, String> {
        let spec = &plan.network;
        let (outputs, columns) = (spec.outputs, dataset.outputs());
        if columns < outputs {
            return Err(format!(
                "The network predicts {outputs} targets, but the file has {columns}; open the file it is for."
            ));
        }
        let mut left_out = 0;
        let places: Vec<usize> = (0..outputs).collect();
        let mut of = |split| {
            let (samples, without) = samples(dataset, plan, (&places, Some(split)));
            left_out += without;
            samples
        };
        let (train, validation, test) = (of(Split::Train), of(Split::Val), of(Split::Test));
        if train.is_empty() || validation.is_empty() {
            return Err("Training needs molecules with targets in the splits `train` and `val` that the model can \
                        score; add a column with train, val or test for every molecule."
                .to_owned());
        }
        let probe = validation.iter().take(PROBED).map(|sample| sample.graph.clone()).collect();
        let data = TrainingData { train, validation };
        let mut remarks = Vec::new();
        if left_out > 0 {
            remarks.push(format!("{left_out} molecules have no target or cannot be scored and are left out."));
        }
        if dataset.records.iter().all(|record| record.split.is_none()) {
            remarks.push(format!(
                "The file has no train/val/test column, so molecules are assigned 80/10/10 by seed {}.",
                plan.seed
            ));
        }
        remarks.extend(unlearnable(&data, dataset, plan)?);
        remarks.extend(batches(&data, plan.recipe.batch));
        Ok(Self { data, test, probe, remarks })
    }

    /// The molecules that a trained network is judged by: the test split of a file that has splits or was trained on,
    /// else all of it. Targets are found by name.
    pub(in crate::engine) fn to_judge(
        dataset: &Dataset,
        plan: &Plan,
        (targets, own): (&[String], bool),
    ) -> Result<Vec<Sample>, String> {
        let columns = &dataset.columns.targets;
        let place = |name: &String| {
            columns.iter().position(|column| column == name).ok_or_else(|| {
                format!("The network predicts {name:?}, which is no target of the file; its targets are {columns:?}.")
            })
        };
        let places = targets.iter().map(place).collect::<Result<Vec<usize>, String>>()?;
        let whole = !own && dataset.records.iter().all(|record| record.split.is_none());
        let (samples, _) = samples(dataset, plan, (&places, (!whole).then_some(Split::Test)));
        if samples.is_empty() {
            return Err("No test molecule has a target and can be scored; name a file that has some.".to_owned());
        }
        Ok(samples)
    }
}

/// Columns that there is nothing to learn of: an error for measured values, and where no label is left.
fn unlearnable(data: &TrainingData, dataset: &Dataset, plan: &Plan) -> Result<Option<String>, String> {
    let found = data.unlearnable(plan.network.outputs);
    if plan.network.task == Task::NodeLabels || found.is_empty() {
        return Ok(None);
    }
    let name = |output: usize| dataset.columns.targets.get(output).map_or("", String::as_str);
    let what = |&(output, why): &(usize, Unlearnable)| match why {
        Unlearnable::Missing => format!("{:?} is missing", name(output)),
        Unlearnable::Constant => format!("{:?} is the same", name(output)),
    };
    let list = found.iter().map(what).collect::<Vec<_>>().join(", ");
    if plan.network.task == Task::GraphRegression || found.len() == plan.network.outputs {
        return Err(format!(
            "There is nothing to learn: {list} in all training molecules; choose a target whose values differ."
        ));
    }
    Ok(Some(format!("Of {} labels, {list} in all training molecules; nothing is learned of them.", dataset.outputs())))
}

/// What a user may not expect of the size of batches. (A last batch of one molecule is as good as any: batch norm
/// takes its statistics over atoms and edges, and a molecule without a bond is no sample.)
fn batches(data: &TrainingData, batch: usize) -> Option<String> {
    let count = data.train.len();
    (batch > count).then(|| {
        format!(
            "A batch of {batch} is larger than the {count} training molecules, so an epoch is a single step over all \
             of them."
        )
    })
}

/// The samples of a split or of all molecules, with the targets at some places; and how many molecules have none.
fn samples(dataset: &Dataset, plan: &Plan, (places, split): (&[usize], Option<Split>)) -> (Vec<Sample>, usize) {
    let spec = &plan.network;
    let edge_limit = if plan.allow_large { usize::MAX } else { FULL_GRAPH_LIMIT };
    let drawn = dataset.records.iter().all(|record| record.split.is_none());
    let split_of = |record: &Record| if drawn { Some(drawn_split(record, plan.seed)) } else { record.split };
    let wanted = |record: &&Record| split.is_none() || split_of(record) == split;
    let records: Vec<&Record> = dataset.records.iter().filter(wanted).collect();
    let sample = |record: &&Record| {
        let targets = places.iter().map(|&place| record.targets.get(place).copied()).collect::<Option<_>>()?;
        let graph = spec.input(&io::smiles::read(&record.smiles).ok()?.molecule, edge_limit).ok()?;
        Some(Sample { graph, targets }).filter(Sample::is_labelled)
    };
    let samples: Vec<Sample> = records.par_iter().filter_map(sample).collect();
    let without = records.len() - samples.len();
    (samples, without)
}

/// Eight in ten molecules for training, one each for validation and test, by SMILES text and seed: the same
/// however the file is ordered, and equal lines stay together.
fn drawn_split(record: &Record, seed: u64) -> Split {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add(record.smiles.as_bytes());
    match crate::models::mixed(seed, fingerprint.value()) % 10 {
        0 => Split::Val,
        1 => Split::Test,
        _ => Split::Train,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Ebt, Preset};

    fn record(smiles: &str, targets: &[f32], split: Split) -> Record {
        Record { line: 1, smiles: smiles.into(), id: None, targets: targets.into(), split: Some(split), atoms: 2 }
    }

    #[test]
    fn drawn_splits_of_two_seeds_are_independent() {
        let smiles = |n: usize| format!("{}O", "C".repeat(n % 50) + &"N".repeat(n / 50));
        let records: Vec<Record> = (0..5000).map(|n| record(&smiles(n), &[], Split::Train)).collect();
        let test = |seed| records.iter().map(move |record| drawn_split(record, seed) == Split::Test);
        let share = |seed| test(seed).filter(|&is| is).count();
        assert!((400..600).contains(&share(41)), "{}", share(41));
        for seed in [1, 3, 25, 42, 56] {
            let both = test(41).zip(test(seed)).filter(|&(a, b)| a && b).count();
            assert!((20..90).contains(&both), "seed {seed}: {both} of about 50");
        }
    }

    fn said(rows: &[(&str, &[f32], Split)], plan: &Plan) -> Result<Vec<String>, String> {
        let mut dataset = Dataset::default();
        dataset.columns.targets = vec!["a".to_owned(), "b".to_owned()];
        dataset.records = rows.iter().map(|&(smiles, targets, split)| record(smiles, targets, split)).collect();
        Samples::of(&dataset, plan).map(|samples| samples.remarks)
    }

    #[test]
    fn targets_that_teach_nothing_are_named() {
        let nan = f32::NAN;
        let regression = Plan::of(Preset::ZincSan.network(Ebt::Off), 1);
        let flat: &[(&str, &[f32], Split)] =
            &[("CC", &[0.5, 1.0], Split::Train), ("CCO", &[0.5, 2.0], Split::Train), ("CO", &[1.0, 1.0], Split::Val)];
        let refused = said(flat, &regression).unwrap_err();
        assert!(refused.contains("\"a\" is the same in all training molecules"), "{refused}");
        let mut labels = Plan::of(Preset::Tox21San.network(Ebt::Off), 1);
        labels.network.outputs = 2;
        labels.recipe.batch = 2;
        let one: &[(&str, &[f32], Split)] =
            &[("CC", &[0.0, nan], Split::Train), ("CCO", &[1.0, nan], Split::Train), ("CO", &[1.0, 1.0], Split::Val)];
        let remarks = said(one, &labels).unwrap();
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].contains("Of 2 labels, \"b\" is missing in all"), "{remarks:?}");
        let none: &[(&str, &[f32], Split)] = &[("CC", &[0.0, nan], Split::Train), ("CO", &[1.0, 1.0], Split::Val)];
        assert!(said(none, &labels).unwrap_err().contains("\"a\" is the same, \"b\" is missing"));
        let unlabelled: &[(&str, &[f32], Split)] =
            &[("CC", &[nan, nan], Split::Train), ("CO", &[nan, nan], Split::Val)];
        assert!(said(unlabelled, &labels).unwrap_err().contains("molecules with targets"));
    }

    #[test]
    fn a_batch_larger_than_the_data_is_explained() {
        let mut plan = Plan::of(Preset::ZincSan.network(Ebt::Off), 1);
        let rows: &[(&str, &[f32], Split)] = &[
            ("CC", &[0.5, 0.0], Split::Train),
            ("CN", &[1.5, 0.0], Split::Train),
            ("CCO", &[2.5, 0.0], Split::Train),
            ("CO", &[1.0, 1.0], Split::Val),
        ];
        let remarks = said(rows, &plan).unwrap();
        assert!(remarks[0].contains("32 is larger than the 3 training molecules"), "{remarks:?}");
        plan.recipe.batch = 3;
        assert!(said(rows, &plan).unwrap().is_empty());
    }
}
