//! Answers the newest question about the molecule shown.
//!
//! The baseline of the current model and molecule is kept, so an edit costs one forward pass.

use super::Checkpoint;
use super::event::{Event, Outbox};
use crate::domain::{Comparison, Detail, Intervention, ModelId, Molecule, MoleculeId, Probe, Trace};
use crate::gpu::Device;
use crate::models::{FeatureError, GraphInput, Model, ModelError};
use std::sync::Arc;

/// Models kept built: enough to switch between the bundled ones without waiting.
const KEPT: usize = 6;

/// A question with all it takes to answer it.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked.
    pub probe: Probe,
    /// Who is asked.
    pub checkpoint: Arc<Checkpoint>,
    /// The molecule, nothing taken out.
    pub molecule: Arc<Molecule>,
}

/// The probe worker's memory.
pub(super) struct Answerer {
    device: Device,
    models: Vec<(ModelId, Model)>,
    baseline: Option<Baseline>,
}

/// What is the same for all edits of one molecule.
struct Baseline {
    key: (u64, ModelId, MoleculeId, Detail),
    input: GraphInput,
    trace: Arc<Trace>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum ProbeError {
    #[error(transparent)]
    Features(#[from] FeatureError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Answerer {
    pub(super) fn new(device: Device) -> Self {
        Self { device, models: Vec::new(), baseline: None }
    }

    pub(super) fn answer(&mut self, question: Question, out: &Outbox) {
        let probe = question.probe.clone();
        out.send(match self.compare(question) {
            Ok(comparison) => Event::Traced(Box::new(comparison)),
            Err(error) => {
                let large = matches!(error, ProbeError::Features(FeatureError::Large { .. }));
                Event::Untraceable { probe: Box::new(probe), message: error.to_string(), large }
            }
        });
    }

    fn compare(&mut self, question: Question) -> Result<Comparison, ProbeError> {
        let Question { probe, checkpoint, molecule } = question;
        let key = (probe.dataset, probe.model.clone(), probe.molecule, probe.detail);
        let known = self.baseline.take().filter(|known| known.key == key);
        let model = self.model(&checkpoint)?;
        let baseline = match known {
            Some(known) => known,
            None => {
                let input = checkpoint.spec.input(&molecule, probe.edge_limit)?;
                let trace = Arc::new(model.trace(&input, &Intervention::default(), probe.detail)?);
                Baseline { key, input, trace }
            }
        };
        let edited = if probe.intervention == Intervention::default() {
            Arc::clone(&baseline.trace)
        } else {
            Arc::new(model.trace(&baseline.input, &probe.intervention, probe.detail)?)
        };
        let trace = Arc::clone(&baseline.trace);
        self.baseline = Some(baseline);
        Ok(Comparison { probe, baseline: trace, edited })
    }

    fn model(&mut self, checkpoint: &Checkpoint) -> Result<&Model, ModelError> {
        let place = match self.models.iter().position(|(id, _)| *id == checkpoint.id) {
            Some(place) => place,
            None => {
                let model = checkpoint.build(&self.device)?;
                self.models.truncate(KEPT - 1);
                self.models.insert(0, (checkpoint.id.clone(), model));
                0
            }
        };
        Ok(&self.models[place].1)
    }
}
