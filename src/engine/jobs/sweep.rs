//! Measures many molecules under a model and its base state, as if one by one.
//!
//! Molecules are computed in batches for speed; statistics are split by graph, so the numbers are
//! those of batch size 1 (model-spec section 5).

use crate::analysis::{self, Band, BatchRatios, Fit};
use crate::domain::{Dataset, Intervention, ModelId, Molecule, MoleculeId, Split};
use crate::engine::Checkpoint;
use crate::engine::event::{Event, Outbox};
use crate::engine::worker::{Job, Step};
use crate::gpu::Device;
use crate::models::{EdgeActivations, FULL_GRAPH_LIMIT, GraphInput, Initial, Model, ModelSpec};
use rayon::iter::Either;
use rayon::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Molecules per step: enough to fill the cores, few enough that a step stays under 0.1 s.
const PER_STEP: usize = 64;

/// Edges computed at once: full graphs have many, and all their activations are in memory together.
const EDGES_AT_ONCE: usize = 20_000;

/// How often partial results are published.
const PUBLISH: Duration = Duration::from_millis(1500);

/// Which molecules are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepOptions {
    /// Those of one split, or all.
    pub split: Option<Split>,
    /// Only the first so many.
    pub limit: Option<usize>,
    /// How the base state is drawn.
    pub initial: Initial,
    /// Whether full graphs are computed whatever their size.
    pub allow_large: bool,
}

/// What a survey is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyKey {
    /// Which opened file.
    pub dataset: u64,
    /// Which model.
    pub model: ModelId,
    /// Which molecules.
    pub options: SweepOptions,
}

/// A state of a model that is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// The chosen weights.
    #[default]
    Trained,
    /// The untrained state of the same architecture.
    Base,
    /// For models with explicit bias: the untrained state of the architecture without it, whose band
    /// the paper draws (model-spec section 4: the bias lowers the band before any training).
    PlainBase,
}

impl ModelState {
    /// The word in tables and legends.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Base => "base",
            Self::PlainBase => "base without EBT",
        }
    }
}

/// What a sweep has measured so far.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What it is of.
    pub key: SurveyKey,
    /// The molecules measured, in order.
    pub ids: Vec<MoleculeId>,
    /// Predictions of each of them by the chosen model, one per output; probabilities of labels.
    pub predictions: Vec<Vec<f32>>,
    /// Numbers per state, the chosen model's first.
    pub states: Vec<(ModelState, analysis::Sweep)>,
    /// Gamma fits per state and layer, made when the survey was published; `None` where there is none.
    fits: Vec<Vec<Option<Fit>>>,
    /// Molecules that the model cannot score, with the reason.
    pub unscored: Vec<(MoleculeId, String)>,
    /// Molecules to be measured in all.
    pub total: usize,
}

impl Survey {
    /// The numbers of one state.
    pub fn state(&self, state: ModelState) -> Option<&analysis::Sweep> {
        self.states.iter().find(|(known, _)| *known == state).map(|(_, sweep)| sweep)
    }

    /// Fits every layer of every state, so that nobody has to on a thread that draws.
    pub(super) fn fit_all(&mut self) {
        let fits = self.states.iter().map(|(_, sweep)| sweep.fits().into_iter().map(Result::ok).collect());
        self.fits = fits.collect();
    }

    /// The gamma fit of one layer's log ratios in one state; `None` where they cannot be fitted.
    pub fn fit(&self, state: ModelState, layer: usize) -> Option<&Fit> {
        let place = self.states.iter().position(|(known, _)| *known == state)?;
        self.fits.get(place)?.get(layer)?.as_ref()
    }

    /// The states that tables and histograms report: the chosen model and its own base.
    pub fn reported(&self) -> impl Iterator<Item = (ModelState, &analysis::Sweep)> {
        self.states.iter().filter(|(state, _)| *state != ModelState::PlainBase).map(|(state, sweep)| (*state, sweep))
    }

    /// The ranges of batch maxima of the base states, the model's own first.
    pub fn base_bands(&self) -> Vec<(ModelState, Band)> {
        let base = self.states.iter().filter(|(state, _)| *state != ModelState::Trained);
        base.filter_map(|(state, sweep)| Some((*state, sweep.band()?))).collect()
    }

    /// What was measured of which file, in one line.
    pub fn caption(&self, dataset: &Dataset) -> String {
        let split = self.key.options.split.map_or_else(String::new, |split| format!("{} ", split.name()));
        format!("{} · {} · {} {split}molecules", self.key.model.name, dataset.name, self.ids.len())
    }

    /// Whether every molecule was measured.
    pub fn is_complete(&self) -> bool {
        self.ids.len() + self.unscored.len() == self.total
    }

    /// Each molecule with the prediction of an output and its largest ratio over all layers (NaN if it has none).
    pub fn scores(&self, output: Option<usize>) -> impl Iterator<Item = (MoleculeId, f32, f32)> {
        let layers = self.states.first().map_or(&[][..], |(_, sweep)| sweep.layers());
        self.ids.iter().zip(&self.predictions).enumerate().map(move |(place, (&id, outputs))| {
            let prediction = output.and_then(|output| outputs.get(output)).copied().unwrap_or(f32::NAN);
            let ratios = layers.iter().filter_map(|layer| layer.batch_max.get(place).copied().flatten());
            // Ratios are told to three digits; f32 is plenty.
            #[allow(clippy::cast_possible_truncation, reason = "a rounded display value")]
            let largest = ratios.reduce(f64::max).map_or(f32::NAN, |ratio| ratio as f32);
            (id, prediction, largest)
        })
    }
}

/// A molecule as the models read it.
pub(super) struct Measured {
    pub(super) id: MoleculeId,
    pub(super) molecule: Molecule,
    pub(super) input: GraphInput,
}

/// What one state made of some molecules.
pub(super) struct Slice<'a> {
    pub(super) state: ModelState,
    pub(super) molecules: &'a [Measured],
    pub(super) ratios: &'a BatchRatios,
}

/// The job.
pub struct SweepJob {
    dataset: Arc<Dataset>,
    device: Device,
    checkpoints: Vec<(ModelState, Arc<Checkpoint>)>,
    /// Built on the worker's thread by the first step.
    models: Vec<Model>,
    ids: Vec<MoleculeId>,
    next: usize,
    survey: Survey,
    published: Instant,
}

impl SweepJob {
    /// A sweep over molecules of `dataset`, which is the file opened as number `revision`.
    pub fn new(
        revision: u64,
        dataset: Arc<Dataset>,
        checkpoint: Arc<Checkpoint>,
        options: SweepOptions,
        device: Device,
    ) -> Self {
        let mut ids = dataset.ids_of(options.split);
        ids.truncate(options.limit.unwrap_or(usize::MAX));
        let key = SurveyKey { dataset: revision, model: checkpoint.id.clone(), options };
        let checkpoints = states(checkpoint, options.initial);
        let states = checkpoints.iter().map(|&(state, _)| (state, analysis::Sweep::default())).collect();
        let survey = Survey {
            key,
            ids: Vec::new(),
            predictions: Vec::new(),
            states,
            fits: Vec::new(),
            unscored: Vec::new(),
            total: ids.len(),
        };
        Self { dataset, device, checkpoints, models: Vec::new(), ids, next: 0, survey, published: Instant::now() }
    }

    /// What it is of.
    pub fn key(&self) -> &SurveyKey {
        &self.survey.key
    }

    /// How many molecules it is to measure.
    pub fn molecules(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn survey(&self) -> &Survey {
        &self.survey
    }

    /// The chosen model.
    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoints[0].1
    }

    pub(super) fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Measures the next molecules and shows what came out to `see`.
    pub(super) fn advance(&mut self, mut see: impl FnMut(Slice<'_>) -> Result<(), String>) -> Result<Step, String> {
        if self.models.len() < self.checkpoints.len() {
            let built = self.checkpoints.iter().map(|(_, checkpoint)| checkpoint.build(&self.device));
            self.models = built.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        }
        let end = (self.next + PER_STEP).min(self.ids.len());
        let limit = if self.survey.key.options.allow_large { usize::MAX } else { FULL_GRAPH_LIMIT };
        let spec = &self.checkpoints[0].1.spec;
        let (molecules, unscored) = featurise(&self.dataset, (spec, limit), &self.ids[self.next..end]);
        self.survey.unscored.extend(unscored);
        let mut rest = &molecules[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(fitting(rest));
            self.measure(now, &mut see)?;
            rest = later;
        }
        self.survey.ids.extend(molecules.iter().map(|measured| measured.id));
        self.next = end;
        if end == self.ids.len() {
            return Ok(Step::Done);
        }
        Ok(Step::Working { done: end as u64, total: self.ids.len() as u64 })
    }

    fn measure(
        &mut self,
        molecules: &[Measured],
        see: &mut impl FnMut(Slice<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let inputs: Vec<GraphInput> = molecules.iter().map(|measured| measured.input.clone()).collect();
        let spec = &self.checkpoints[0].1.spec;
        for (place, model) in self.models.iter().enumerate() {
            let answers =
                model.edge_activations(&inputs, &Intervention::default()).map_err(|error| error.to_string())?;
            let layers: Vec<Vec<_>> = answers.iter().map(|answer| answer.layers.iter().collect()).collect();
            let (state, sweep) = &mut self.survey.states[place];
            let ratios = sweep.add(&layers).map_err(|error| error.to_string())?;
            answers.iter().for_each(|answer| sweep.add_clamped(&answer.clamped));
            see(Slice { state: *state, molecules, ratios: &ratios })?;
            if place == 0 {
                let told = |answer: &EdgeActivations| answer.prediction.iter().map(|&raw| spec.meaning(raw)).collect();
                self.survey.predictions.extend(answers.iter().map(told));
            }
        }
        Ok(())
    }

    fn publish(&mut self, out: &Outbox) {
        self.survey.fit_all();
        out.send(Event::Swept(Arc::new(self.survey.clone())));
        self.published = Instant::now();
    }
}

impl Job for SweepJob {
    fn step(&mut self, out: &Outbox) -> Result<Step, String> {
        let step = self.advance(|_| Ok(()))?;
        if step == Step::Done || self.published.elapsed() > PUBLISH {
            self.publish(out);
        }
        Ok(step)
    }

    fn stop(&mut self, out: &Outbox) {
        self.publish(out);
    }
}

/// The states measured for a chosen model. A base state has no other than itself.
fn states(chosen: Arc<Checkpoint>, initial: Initial) -> Vec<(ModelState, Arc<Checkpoint>)> {
    if chosen.is_base() {
        return vec![(ModelState::Base, chosen)];
    }
    let base = |name, spec| Arc::new(Checkpoint::base(name, spec, initial));
    let mut states = vec![(ModelState::Base, base("base", chosen.spec.clone()))];
    if chosen.spec.has_ebt() {
        states.push((ModelState::PlainBase, base("base without EBT", chosen.spec.without_ebt())));
    }
    states.insert(0, (ModelState::Trained, chosen));
    states
}

/// How many of the molecules are computed at once: at least one.
fn fitting(molecules: &[Measured]) -> usize {
    let mut edges = 0;
    let fits = |measured: &&Measured| {
        edges += measured.input.edges.len();
        edges <= EDGES_AT_ONCE
    };
    molecules.iter().take_while(fits).count().max(1)
}

/// Reads molecules in parallel: those that the model can read, and the others with the reason.
fn featurise(
    dataset: &Dataset,
    (spec, edge_limit): (&ModelSpec, usize),
    ids: &[MoleculeId],
) -> (Vec<Measured>, Vec<(MoleculeId, String)>) {
    let read = |&id: &MoleculeId| {
        let record = dataset.record(id).ok_or((id, "it is no longer in the file".to_owned()))?;
        let molecule = crate::io::smiles::read(&record.smiles).map_err(|error| (id, error.to_string()))?.molecule;
        let input = spec.input(&molecule, edge_limit).map_err(|error| (id, error.to_string()))?;
        Ok(Measured { id, molecule, input })
    };
    ids.par_iter().map(read).partition_map(|result| match result {
        Ok(molecule) => Either::Left(molecule),
        Err(reason) => Either::Right(reason),
    })
}
