//! Where numbers ran away first: the batch that spoiled a training run, looked at layer by layer in the order of
//! computing.

use super::batch::Batch;
use super::learner::{Learner, Sample, is_safe};
use super::network::{Attended, Pass, Record};
use super::{GraphInput, Model, ModelError, floats};
use burn::tensor::Tensor;

impl Learner {
    /// The first part of the network that is not finite when it learns from these graphs, in words; none if
    /// everything is.
    pub(super) fn first_fault(&mut self, samples: &[&Sample]) -> Result<Option<String>, ModelError> {
        if let Some(name) = self.spoiled_weights() {
            return Ok(Some(format!("the weights {name}")));
        }
        let (lesson, _, pass, prediction) = self.forward_backward(samples, Record::EdgesAndNodes)?;
        let tails: Vec<&str> = self.layout.tails().collect();
        for (layer, attended) in pass.layers.into_iter().enumerate() {
            if let Some(part) = attention_fault(attended.without_gradient())? {
                return Ok(Some(format!("the {part} of layer {layer}")));
            }
            for (stream, what) in [("node", "node rows"), ("edge", "edge rows")] {
                let tail = tails.iter().position(|&name| name == format!("layers.{layer}.{stream}"));
                if tail.is_some_and(|tail| !lesson.is_tail_safe(tail)) {
                    return Ok(Some(format!("the {what} after layer {layer}")));
                }
            }
        }
        if !all_finite(floats([prediction])?.iter().flatten()) {
            return Ok(Some("the readout".to_owned()));
        }
        if !lesson.loss.is_finite() {
            return Ok(Some("the loss itself".to_owned()));
        }
        // Gradients are computed from the prediction backwards.
        let groups = self.layout.groups(self.spec.layers);
        let spoiled = |values: &Vec<f32>| values.iter().any(|&value| !is_safe(value));
        let last = lesson.gradients().iter().zip(groups).filter(|(values, _)| spoiled(values)).map(|(_, group)| group);
        Ok(last.max().map(|group| format!("the gradient of {}", self.group_name(group))))
    }

    fn spoiled_weights(&self) -> Option<&str> {
        let named = self.layout.names().zip(&self.values);
        named.filter(|(_, values)| !all_finite(values.iter())).map(|(name, _)| name).next()
    }

    fn group_name(&self, group: usize) -> String {
        match group {
            0 => "the embeddings".to_owned(),
            group if group > self.spec.layers => "the readout".to_owned(),
            group => format!("layer {}", group - 1),
        }
    }
}

impl Model {
    /// The first part of the network that is not finite when it predicts these graphs; none if everything is.
    pub(super) fn first_fault(&self, graphs: &[&GraphInput]) -> Result<Option<String>, ModelError> {
        let batch = Batch::new(graphs, &self.spec, None, &self.device)?;
        let mut pass = Pass::evaluate(Record::EdgesAndNodes, 1.0);
        let prediction = self.network.forward(&batch, &mut pass);
        for (layer, attended) in pass.layers.into_iter().enumerate() {
            if let Some(part) = attention_fault(attended)? {
                return Ok(Some(format!("the {part} of layer {layer}")));
            }
        }
        let finite = all_finite(floats([prediction])?.iter().flatten());
        Ok((!finite).then(|| "the readout".to_owned()))
    }
}

/// What of a layer's attention is not finite.
fn attention_fault(attended: Attended) -> Result<Option<&'static str>, ModelError> {
    let finite = |tensor: Tensor<2>| Ok::<_, ModelError>(all_finite(floats([tensor])?.iter().flatten()));
    if let Some(edge) = attended.edge
        && !finite(edge)?
    {
        return Ok(Some("edge activations"));
    }
    Ok((!finite(attended.node)?).then_some("node attention"))
}

fn all_finite<'a>(values: impl IntoIterator<Item = &'a f32>) -> bool {
    values.into_iter().all(|value| value.is_finite())
}
