//! Answers the newest question about the molecule shown.
//!
//! The baseline of the current model and molecule is kept, so an edit costs one forward pass.

use super::Checkpoint;
use super::event::{Event, Outbox};
use crate::domain::{Comparison, Intervention, ModelId, MoleculeId, Probe, Trace};
use crate::gpu::Device;
use crate::models::{GraphInput, Model, ModelError};
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
    /// The molecule as the model reads it, nothing taken out.
    pub input: Arc<GraphInput>,
}

/// The probe worker's memory.
pub(super) struct Answerer {
    device: Device,
    models: Vec<(ModelId, Model)>,
    baseline: Option<((u64, ModelId, MoleculeId), Arc<Trace>)>,
}

impl Answerer {
    pub(super) fn new(device: Device) -> Self {
        Self { device, models: Vec::new(), baseline: None }
    }

    pub(super) fn answer(&mut self, question: Question, out: &Outbox) {
        let probe = question.probe.clone();
        out.send(match self.compare(question) {
            Ok(comparison) => Event::Traced(Box::new(comparison)),
            Err(error) => Event::Untraceable { probe: Box::new(probe), message: error.to_string() },
        });
    }

    fn compare(&mut self, question: Question) -> Result<Comparison, ModelError> {
        let Question { probe, checkpoint, input } = question;
        let key = (probe.dataset, probe.model.clone(), probe.molecule);
        let known = self.baseline.take().filter(|(known, _)| *known == key);
        let model = self.model(&checkpoint)?;
        let baseline = match known {
            Some((_, trace)) => trace,
            None => Arc::new(model.trace(&input, &Intervention::default())?),
        };
        let edited = if probe.intervention == Intervention::default() {
            Arc::clone(&baseline)
        } else {
            Arc::new(model.trace(&input, &probe.intervention)?)
        };
        self.baseline = Some((key, Arc::clone(&baseline)));
        Ok(Comparison { probe, baseline, edited })
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
