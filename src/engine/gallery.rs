//! Computes what thumbnails show: some molecules at a time, each reduced to the numbers that pictures
//! need.

use super::Checkpoint;
use super::event::{Event, Outbox};
use crate::analysis::EdgeSummary;
use crate::domain::{Detail, Intervention, ModelId, Molecule, MoleculeId};
use crate::gpu::Device;
use crate::models::{FULL_GRAPH_LIMIT, GraphInput, Model, ModelError};
use rayon::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

/// Edges computed at once: full graphs have many, and everything about them is in memory together.
const EDGES_AT_ONCE: usize = 20_000;

/// A molecule to be computed.
#[derive(Clone, Debug)]
pub struct ToSummarise {
    /// Its place in the dataset.
    pub id: MoleculeId,
    /// Its graph, nothing taken out.
    pub molecule: Arc<Molecule>,
    /// What the user changed about it.
    pub intervention: Intervention,
}

/// Some of the thumbnails wanted.
#[derive(Clone, Debug)]
pub struct GalleryQuestion {
    /// Which opened file.
    pub dataset: u64,
    /// Who is asked.
    pub checkpoint: Arc<Checkpoint>,
    /// How many answers the asker had taken in: what later ones are about is not wanted again.
    pub seen: u64,
    /// About what.
    pub molecules: Vec<ToSummarise>,
}

/// What one molecule came to.
#[derive(Clone, Debug)]
pub struct Summarised {
    /// The molecule.
    pub id: MoleculeId,
    /// With what changed.
    pub intervention: Intervention,
    /// Its numbers; or one sentence.
    pub summary: Result<Arc<EdgeSummary>, String>,
}

/// The gallery worker's memory.
pub(super) struct Summariser {
    device: Device,
    /// The model of the last question.
    model: Option<(ModelId, Model)>,
    answers: u64,
    /// The newest answers, which may still be on their way to the asker.
    sent: VecDeque<Sent>,
}

/// What one answer was about.
struct Sent {
    number: u64,
    dataset: u64,
    model: ModelId,
    molecules: Vec<(MoleculeId, Intervention)>,
}

/// A molecule as the model reads it.
struct Ready {
    id: MoleculeId,
    intervention: Intervention,
    input: GraphInput,
}

impl Summariser {
    pub(super) fn new(device: Device) -> Self {
        Self { device, model: None, answers: 0, sent: VecDeque::new() }
    }

    /// Answers unless everything asked for is on its way.
    pub(super) fn answer(&mut self, mut question: GalleryQuestion, out: &Outbox) {
        self.leave_out_known(&mut question);
        if question.molecules.is_empty() {
            return;
        }
        let GalleryQuestion { dataset, checkpoint, seen: _, molecules } = question;
        let answers = match self.model(&checkpoint) {
            Ok(model) => summarise(model, molecules),
            Err(error) => {
                let reason = error.to_string();
                let failed = |ToSummarise { id, intervention, .. }| refused(id, intervention, &reason);
                molecules.into_iter().map(failed).collect()
            }
        };
        self.answers += 1;
        let molecules = answers.iter().map(|answer| (answer.id, answer.intervention.clone())).collect();
        let model = checkpoint.id.clone();
        self.sent.push_back(Sent { number: self.answers, dataset, model: model.clone(), molecules });
        out.send(Event::Summarised { dataset, model, answers });
    }

    /// A list put while an answer was on its way asks for the same molecules again.
    fn leave_out_known(&mut self, question: &mut GalleryQuestion) {
        while self.sent.front().is_some_and(|sent| sent.number <= question.seen) {
            self.sent.pop_front();
        }
        for sent in &self.sent {
            if sent.dataset == question.dataset && sent.model == question.checkpoint.id {
                let known = |one: &ToSummarise| {
                    sent.molecules.iter().any(|(id, intervention)| *id == one.id && *intervention == one.intervention)
                };
                question.molecules.retain(|one| !known(one));
            }
        }
    }

    fn model(&mut self, checkpoint: &Checkpoint) -> Result<&Model, ModelError> {
        let known = self.model.take().filter(|(id, _)| *id == checkpoint.id);
        let built = match known {
            Some(known) => known,
            None => (checkpoint.id.clone(), checkpoint.build(&self.device)?),
        };
        Ok(&self.model.insert(built).1)
    }
}

fn refused(id: MoleculeId, intervention: Intervention, reason: &str) -> Summarised {
    Summarised { id, intervention, summary: Err(reason.to_owned()) }
}

fn summarise(model: &Model, molecules: Vec<ToSummarise>) -> Vec<Summarised> {
    let read = |ToSummarise { id, molecule, intervention }| match model.spec().input(&molecule, FULL_GRAPH_LIMIT) {
        Ok(input) => Ok(Ready { id, intervention, input }),
        Err(error) => Err(refused(id, intervention, &error.to_string())),
    };
    let read: Vec<_> = molecules.into_par_iter().map(read).collect();
    let mut answers = Vec::with_capacity(read.len());
    let mut ready = Vec::with_capacity(read.len());
    for molecule in read {
        match molecule {
            Ok(molecule) => ready.push(molecule),
            Err(refused) => answers.push(refused),
        }
    }
    // One pass has one intervention; most molecules have none.
    for alike in ready.chunk_by(|a, b| a.intervention == b.intervention) {
        let mut rest = alike;
        while let Some(first) = rest.first() {
            let (now, later) = rest.split_at(fitting(rest));
            let inputs: Vec<GraphInput> = now.iter().map(|molecule| molecule.input.clone()).collect();
            match model.trace_batch(&inputs, &first.intervention, Detail::Standard) {
                Ok(traces) => answers.par_extend(now.par_iter().zip(traces).map(|(molecule, trace)| Summarised {
                    id: molecule.id,
                    intervention: molecule.intervention.clone(),
                    summary: Ok(Arc::new(EdgeSummary::of(&trace))),
                })),
                Err(error) => {
                    let reason = error.to_string();
                    answers.extend(now.iter().map(|one| refused(one.id, one.intervention.clone(), &reason)));
                }
            }
            rest = later;
        }
    }
    answers
}

/// How many of the molecules are computed at once: at least one.
fn fitting(molecules: &[Ready]) -> usize {
    let mut edges = 0;
    let fits = |molecule: &&Ready| {
        edges += molecule.input.edges.len();
        edges <= EDGES_AT_ONCE
    };
    molecules.iter().take_while(fits).count().max(1)
}
