//! Answers the newest questions about the molecule shown: one, or one for each state that is compared.
//!
//! The baselines of the models looked at are kept, so an edit costs one forward pass of each that has it.

use super::Checkpoint;
use super::event::{Event, Outbox};
use crate::analysis;
use crate::domain::{Comparison, Detail, Intervention, ModelId, Molecule, MoleculeId, Probe, Trace};
use crate::gpu::Device;
use crate::models::{FeatureError, GraphInput, Model, ModelError};
use std::sync::Arc;

/// Models kept built: enough to switch between the bundled ones without waiting.
const KEPT: usize = 6;

/// Baselines kept: one for each state side by side.
const BASELINES: usize = 3;

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
    /// Newest first, by use.
    models: Vec<(ModelId, Model)>,
    /// Of one molecule, newest first, by use.
    baselines: Vec<Baseline>,
}

/// What is the same for all edits of one molecule under one model.
struct Baseline {
    molecule: (u64, MoleculeId, Detail),
    model: ModelId,
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
        Self { device, models: Vec::new(), baselines: Vec::new() }
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
        let about = (probe.dataset, probe.molecule, probe.detail);
        self.baselines.retain(|known| known.molecule == about);
        let known = self.baselines.iter().position(|known| known.model == probe.model);
        let known = known.map(|place| self.baselines.remove(place));
        let model = self.model(&checkpoint)?;
        let baseline = match known {
            Some(known) => known,
            None => {
                let input = checkpoint.spec.input(&molecule, probe.edge_limit)?;
                let trace = Arc::new(model.trace(&input, &Intervention::default(), probe.detail)?);
                Baseline { molecule: about, model: probe.model.clone(), input, trace }
            }
        };
        let chosen = probe.intervention.rule.map(|rule| analysis::resolve(&rule, &molecule, &baseline.trace));
        let intervention = probe.intervention.resolved(chosen.unwrap_or_default());
        let edited = if intervention == Intervention::default() {
            Arc::clone(&baseline.trace)
        } else {
            Arc::new(model.trace(&baseline.input, &intervention, probe.detail)?)
        };
        let trace = Arc::clone(&baseline.trace);
        self.baselines.truncate(BASELINES - 1);
        self.baselines.insert(0, baseline);
        Ok(Comparison { probe, baseline: trace, edited, ablated: intervention.ablated })
    }

    fn model(&mut self, checkpoint: &Checkpoint) -> Result<&Model, ModelError> {
        let known = self.models.iter().position(|(id, _)| *id == checkpoint.id);
        let model = match known.map(|place| self.models.remove(place)) {
            Some(known) => known,
            None => (checkpoint.id.clone(), checkpoint.build(&self.device)?),
        };
        self.models.truncate(KEPT - 1);
        self.models.insert(0, model);
        Ok(&self.models[0].1)
    }
}
