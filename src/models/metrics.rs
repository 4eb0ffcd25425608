//! Losses and scores of predictions against known values, of which some may be missing (NaN).

use super::learner::Sample;
use super::{GraphInput, Model, ModelError, ModelSpec, Task};
use burn::tensor::{Tensor, TensorData};

/// How good predictions are.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Evaluation {
    /// Mean over graphs of each graph's own loss (mean absolute error or binary cross entropy over the
    /// values known of it): what the paper reports for a test set.
    pub loss: f64,
    /// Mean over labels of the area under the ROC curve, for tasks of labels; labels of which only one
    /// value occurs are left out.
    pub auc: Option<f64>,
}

impl Sample {
    /// Whether any value of it is known.
    pub fn is_labelled(&self) -> bool {
        self.targets.iter().any(|target| !target.is_nan())
    }
}

impl Evaluation {
    /// How good predictions are, given one graph after another as [`Model::predict`] does.
    pub fn of(spec: &ModelSpec, predictions: &[f32], samples: &[Sample]) -> Self {
        let mut rest = predictions;
        let mut losses = Vec::with_capacity(samples.len());
        for sample in samples {
            let (own, others) = rest.split_at(sample.targets.len().min(rest.len()));
            losses.extend(mean_loss(spec.task, own, &[sample]));
            rest = others;
        }
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        Self { loss, auc: mean_auc(spec, predictions, samples) }
    }
}

impl Model {
    /// How good the predictions for some graphs are, in evaluation mode.
    ///
    /// # Errors
    /// A graph that does not fit the model, or a failing device.
    pub fn evaluate(&self, samples: &[Sample]) -> Result<Evaluation, ModelError> {
        let graphs: Vec<&GraphInput> = samples.iter().map(|sample| &sample.graph).collect();
        Ok(Evaluation::of(self.spec(), &self.predict(&graphs)?, samples))
    }
}

/// The loss of a batch with its gradient: mean absolute error, or binary cross entropy with logits, over
/// the values that are known (model-spec section 7).
pub(super) fn loss(task: Task, prediction: Tensor<2>, samples: &[&Sample]) -> Result<Tensor<1>, ModelError> {
    let [rows, outputs] = prediction.dims();
    let targets: Vec<f32> = samples.iter().flat_map(|sample| sample.targets.iter().copied()).collect();
    if targets.len() != rows * outputs {
        return Err(ModelError::Targets { given: targets.len(), wanted: rows * outputs });
    }
    let known: Vec<f32> = targets.iter().map(|target| if target.is_nan() { 0.0 } else { 1.0 }).collect();
    let count = known.iter().sum::<f32>().max(1.0);
    let values: Vec<f32> = targets.iter().map(|&target| if target.is_nan() { 0.0 } else { target }).collect();
    let tensor = |values: Vec<f32>| -> Tensor<2> {
        Tensor::from_data(TensorData::new(values, [rows, outputs]), &prediction.device())
    };
    let (target, known) = (tensor(values), tensor(known));
    let losses = match task {
        Task::GraphRegression => (prediction - target).abs(),
        // max(x, 0) - x y + log(1 + exp(-|x|)), which never overflows.
        Task::GraphLabels | Task::NodeLabels => {
            prediction.clone().clamp_min(0.0) - prediction.clone() * target + prediction.abs().neg().exp().log1p()
        }
    };
    Ok((losses * known).sum() / count)
}

/// Mean loss of predictions over the values that are known; `None` if none is.
pub(super) fn mean_loss(task: Task, predictions: &[f32], samples: &[&Sample]) -> Option<f64> {
    let targets = samples.iter().flat_map(|sample| sample.targets.iter().copied());
    let losses = predictions.iter().zip(targets).filter(|(_, target)| !target.is_nan()).map(|(&x, y)| {
        let (x, y) = (f64::from(x), f64::from(y));
        match task {
            Task::GraphRegression => (x - y).abs(),
            Task::GraphLabels | Task::NodeLabels => x.max(0.0) - x * y + (-x.abs()).exp().ln_1p(),
        }
    });
    let (sum, count) = losses.fold((0.0, 0_u32), |(sum, count), loss| (sum + loss, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Mean over labels of [`roc_auc`]; `None` for regression or where no label has both values.
pub(super) fn mean_auc(spec: &ModelSpec, predictions: &[f32], samples: &[Sample]) -> Option<f64> {
    if spec.task == Task::GraphRegression {
        return None;
    }
    let targets: Vec<f32> = samples.iter().flat_map(|sample| sample.targets.iter().copied()).collect();
    let column = |values: &[f32], label: usize| -> Vec<f32> {
        values.iter().skip(label).step_by(spec.outputs).copied().collect()
    };
    let areas: Vec<f64> =
        (0..spec.outputs).filter_map(|label| roc_auc(&column(predictions, label), &column(&targets, label))).collect();
    (!areas.is_empty()).then(|| areas.iter().sum::<f64>() / areas.len() as f64)
}

/// Area under the ROC curve of scores against labels 0 and 1 (NaN where unknown): the chance that a
/// random positive scores above a random negative, ties counted half. `None` unless both occur.
pub fn roc_auc(scores: &[f32], labels: &[f32]) -> Option<f64> {
    let mut known: Vec<(f32, bool)> = scores
        .iter()
        .zip(labels)
        .filter(|(_, label)| !label.is_nan())
        .map(|(&score, &label)| (score, label > 0.5))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins) = (0, 0.0);
    for ties in known.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let positives = ties.iter().filter(|(_, positive)| *positive).count();
        let negatives = ties.len() - positives;
        wins += positives as f64 * (below as f64 + negatives as f64 / 2.0);
        below += negatives;
    }
    let positives = known.len() - below;
    (positives > 0 && below > 0).then(|| wins / (positives as f64 * below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn sample(targets: &[f32]) -> Sample {
        Sample { graph: GraphInput::default(), targets: targets.to_vec() }
    }

    #[test]
    fn area_is_the_share_of_ordered_pairs() {
        // Positives 0.8, 0.5; negatives 0.5, 0.1: three pairs won, one tie.
        let labels = [1.0, 0.0, 0.0, 1.0, f32::NAN];
        assert_eq!(roc_auc(&[0.8, 0.5, 0.1, 0.5, 9.0], &labels), Some(3.5 / 4.0));
        assert_eq!(roc_auc(&[0.1, 0.2], &[1.0, 1.0]), None);
        assert_eq!(roc_auc(&[3.0, 1.0, 2.0], &[0.0, 1.0, 0.0]), Some(0.0));
    }

    #[test]
    fn missing_values_do_not_count() {
        let samples = [sample(&[1.0, f32::NAN]), sample(&[0.0, 1.0])];
        let samples: Vec<&Sample> = samples.iter().collect();
        let logits = [2.0_f32, 50.0, -1.0, 0.0];
        let expected = ((-2.0_f64).exp().ln_1p() + (-1.0_f64).exp().ln_1p() + 2.0_f64.ln()) / 3.0;
        let found = mean_loss(Task::GraphLabels, &logits, &samples).unwrap();
        assert!((found - expected).abs() < 1e-12);
        let device = Device::flex();
        let tensor = Tensor::<2>::from_data(TensorData::new(logits.to_vec(), [2, 2]), &device);
        let computed = loss(Task::GraphLabels, tensor, &samples).unwrap().into_scalar::<f32>();
        assert!((f64::from(computed) - expected).abs() < 1e-6);
        assert_eq!(mean_loss(Task::GraphRegression, &logits, &samples), Some((1.0 + 1.0 + 1.0) / 3.0));
        assert_eq!(mean_loss(Task::GraphLabels, &[1.0], &[&sample(&[f32::NAN])]), None);
    }

    #[test]
    fn cross_entropy_stays_finite_for_confident_answers() {
        let wrong = sample(&[0.0]);
        let loss = mean_loss(Task::GraphLabels, &[1000.0], &[&wrong]).unwrap();
        assert!((loss - 1000.0).abs() < 1e-9);
    }
}
