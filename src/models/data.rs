//! The graphs that a training run learns from, and whether there is anything to learn from them.

use super::learner::Sample;
use super::{ModelSpec, Task};
use crate::domain::Fingerprint;

/// The graphs to learn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingData {
    /// Used to fit weights.
    pub train: Vec<Sample>,
    /// Used to choose learning rate and best epoch.
    pub validation: Vec<Sample>,
}

/// Why an output has nothing to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlearnable {
    /// No training graph has a value for it.
    Missing,
    /// All training graphs that have a value have the same.
    Constant,
}

impl TrainingData {
    /// The outputs that the training graphs say nothing about, in order.
    pub fn unlearnable(&self, outputs: usize) -> Vec<(usize, Unlearnable)> {
        let state = |output: usize| {
            let values = self.train.iter().flat_map(|sample| sample.targets.iter().skip(output).step_by(outputs));
            let mut known = values.filter(|value| !value.is_nan());
            let Some(first) = known.next() else { return Some(Unlearnable::Missing) };
            known.all(|value| value.to_bits() == first.to_bits()).then_some(Unlearnable::Constant)
        };
        (0..outputs).filter_map(|output| Some((output, state(output)?))).collect()
    }

    /// Why a network of this specification cannot be trained on these graphs; `None` if it can.
    pub(super) fn problem(&self, spec: &ModelSpec) -> Option<&'static str> {
        let samples = || self.train.iter().chain(&self.validation);
        let outputs = |sample: &Sample| match spec.task {
            Task::NodeLabels => spec.outputs * sample.graph.nodes(),
            Task::GraphRegression | Task::GraphLabels => spec.outputs,
        };
        if self.train.is_empty() {
            return Some("there is no training molecule that the model can score");
        }
        if self.validation.is_empty() {
            return Some("there is no validation molecule that the model can score");
        }
        if samples().any(|sample| sample.targets.len() != outputs(sample)) {
            return Some("a molecule does not have one target (or blank) per output of the model");
        }
        if samples().any(|sample| sample.targets.iter().any(|target| target.is_infinite())) {
            return Some("a target is infinite");
        }
        if !samples().any(Sample::is_labelled) {
            return Some("no molecule has a target");
        }
        let unlearnable = self.unlearnable(spec.outputs).len();
        match spec.task {
            Task::GraphRegression if unlearnable > 0 => {
                Some("a target is missing or the same in all training molecules, so there is nothing to learn of it")
            }
            Task::GraphLabels | Task::NodeLabels if unlearnable == spec.outputs => {
                Some("every label is missing or the same in all training molecules, so there is nothing to learn")
            }
            _ => None,
        }
    }

    /// A number that changes with any graph or target.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut fingerprint = Fingerprint::default();
        for (samples, end) in [(&self.train, 0xFF), (&self.validation, 0xFE)] {
            for Sample { graph, targets } in samples {
                let ends = graph.edges.source.iter().chain(&graph.edges.target);
                let codes = graph.node.values.iter().chain(&graph.edge.values).chain(ends).copied();
                let floats =
                    graph.encoding.values.iter().chain(&graph.kernel).chain(targets).map(|value| value.to_bits());
                codes.chain(floats).chain([u32::MAX]).for_each(|word| fingerprint.add(&word.to_le_bytes()));
            }
            fingerprint.add(&[end]);
        }
        fingerprint.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Ebt, GraphInput, Preset};

    fn data(targets: &[&[f32]]) -> TrainingData {
        let sample = |targets: &&[f32]| Sample { graph: GraphInput::default(), targets: targets.to_vec() };
        let train: Vec<Sample> = targets.iter().map(sample).collect();
        TrainingData { validation: train.clone(), train }
    }

    #[test]
    fn outputs_without_two_values_are_found() {
        let nan = f32::NAN;
        let labels = data(&[&[0.0, nan, 1.0, 1.0], &[1.0, nan, 1.0, nan], &[nan, nan, nan, 0.0]]);
        assert_eq!(labels.unlearnable(4), [(1, Unlearnable::Missing), (2, Unlearnable::Constant)]);
        let spec = |outputs| ModelSpec { outputs, ..Preset::Tox21San.network(Ebt::Off) };
        assert_eq!(labels.problem(&spec(4)), None);
        assert!(data(&[&[1.0], &[1.0]]).problem(&spec(1)).unwrap().contains("every label"));
        let regression = Preset::ZincSan.network(Ebt::Off);
        assert!(data(&[&[0.5], &[0.5], &[nan]]).problem(&regression).unwrap().contains("the same in all"));
        assert_eq!(data(&[&[0.5], &[0.25]]).problem(&regression), None);
    }
}
