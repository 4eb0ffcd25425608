//! Judges a trained run on test molecules: its loss the paper's way and the usual way, and its MA ratios.

use super::train::{Samples, loss_name};
use crate::analysis::Sweep;
use crate::domain::{Dataset, Intervention};
use crate::engine::event::{Event, Outbox};
use crate::engine::run::{Measured, Ratios, RunFile, RunFolder};
use crate::engine::worker::{Job, Step};
use crate::gpu::Device;
use crate::io;
use crate::models::{EpochReport, Evaluation, GraphInput, Model, Plan, Sample, TRAINING_KEY};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Molecules per step.
const PER_STEP: usize = 64;

/// What is known of a run after it was judged.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct RunEvaluation {
    /// The folder of the run.
    pub folder: PathBuf,
    /// What it trained and how.
    pub plan: Plan,
    /// What the test molecules are called.
    pub data: String,
    /// Test molecules judged.
    pub molecules: usize,
    /// What the loss is called.
    pub loss: &'static str,
    /// Whether the run is over.
    pub finished: bool,
    /// The weights of the last epoch: the paper's way.
    pub last: Measured,
    /// Those of the epoch with the lowest validation loss: the usual way.
    pub best: Measured,
    /// MA ratios of the last epoch's weights, layer by layer.
    pub ratios: Vec<LayerRatios>,
    /// Smallest and largest of a molecule's ratios in any layer before training.
    pub base_band: Option<(f64, f64)>,
}

/// The largest edge ratio of each test molecule in one layer.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct LayerRatios {
    /// Median over molecules.
    pub median: f64,
    /// The largest.
    pub maximum: f64,
    /// Median before training.
    pub base_median: f64,
    /// The largest before training.
    pub base_maximum: f64,
    /// Share of molecules above the base band.
    pub above_band: f64,
    /// Share of molecules above 1000.
    pub above_massive: f64,
}

/// The states of a run that are looked at, in this order.
enum State {
    Last,
    Best,
    Base,
}

/// A run that is being judged.
struct Judging {
    file: RunFile,
    samples: Vec<Sample>,
    finished: bool,
    state: State,
    model: Model,
    measured: Measured,
    /// Samples of this state that are done, and what was predicted for them.
    done: usize,
    predictions: Vec<f32>,
    /// Edge ratios of the last and of the base state.
    sweeps: [Sweep; 2],
    last: Measured,
    best: Measured,
}

/// The job.
pub struct Evaluate {
    dataset: Arc<Dataset>,
    folder: RunFolder,
    device: Device,
    judging: Option<Judging>,
}

impl Evaluate {
    /// Judges the run in a folder by the test molecules of `dataset`.
    pub fn new(dataset: Arc<Dataset>, folder: &Path, device: Device) -> Self {
        Self { dataset, folder: RunFolder::at(folder), device, judging: None }
    }

    fn begin(&self) -> Result<Judging, String> {
        let file = RunFile::read(&self.folder.run_file())?;
        let own = file.data.is_of(&self.dataset);
        let samples = Samples::to_judge(&self.dataset, &file.plan, (&file.data.targets, own))
            .map_err(|reason| format!("{reason} The run is {}", self.folder.path().display()))?;
        let (model, measured) = self.weights(&self.folder.last())?;
        Ok(Judging {
            file,
            samples,
            finished: self.folder.result().exists(),
            state: State::Last,
            model,
            measured,
            done: 0,
            predictions: Vec::new(),
            sweeps: Default::default(),
            last: Measured::default(),
            best: Measured::default(),
        })
    }

    /// The model in a checkpoint, and what it says about its epoch.
    fn weights(&self, path: &Path) -> Result<(Model, Measured), String> {
        let weights = io::read_weights(path).map_err(|error| error.to_string())?;
        let said = |text: &String| serde_json::from_str::<serde_json::Value>(text).ok()?.get("epoch").cloned();
        let epoch = weights.metadata.get(TRAINING_KEY).and_then(said);
        let epoch: Option<EpochReport> = epoch.and_then(|epoch| serde_json::from_value(epoch).ok());
        let (epoch, validation_loss) = epoch.map_or((0, f64::NAN), |report| (report.epoch, report.validation_loss));
        let model = Model::from_weights(&weights, &self.device).map_err(|error| error.to_string())?;
        Ok((model, Measured { epoch, validation_loss, ..Measured::default() }))
    }

    /// Computes the next molecules of a state.
    fn advance(judging: &mut Judging) -> Result<(), String> {
        let samples = judging.samples.iter().skip(judging.done).take(PER_STEP);
        let graphs: Vec<GraphInput> = samples.map(|sample| sample.graph.clone()).collect();
        judging.done += graphs.len();
        let sweep = match judging.state {
            State::Best => {
                let graphs: Vec<&GraphInput> = graphs.iter().collect();
                let predicted = judging.model.predict(&graphs).map_err(|error| error.to_string())?;
                judging.predictions.extend(predicted);
                return Ok(());
            }
            State::Last => &mut judging.sweeps[0],
            State::Base => &mut judging.sweeps[1],
        };
        let answers = judging.model.edge_activations(&graphs, &Intervention::default());
        let answers = answers.map_err(|error| error.to_string())?;
        let layers: Vec<Vec<_>> = answers.iter().map(|answer| answer.layers.iter().collect()).collect();
        sweep.add(&layers).map_err(|error| error.to_string())?;
        judging.predictions.extend(answers.iter().flat_map(|answer| &answer.prediction));
        Ok(())
    }

    /// Goes over to the next state; `false` after the last one.
    fn next_state(&self, judging: &mut Judging) -> Result<bool, String> {
        let predictions = std::mem::take(&mut judging.predictions);
        judging.done = 0;
        let judged = |judging: &Judging| {
            let Evaluation { loss, auc } = Evaluation::of(&judging.file.plan.network, &predictions, &judging.samples);
            Measured { test_loss: Some(loss), test_auc: auc, ..judging.measured }
        };
        match judging.state {
            State::Last => {
                judging.last = judged(judging);
                // A run that never ended an epoch has no best one.
                let best = Some(self.folder.best()).filter(|best| best.exists());
                (judging.model, judging.measured) = self.weights(&best.unwrap_or_else(|| self.folder.last()))?;
                judging.state = State::Best;
            }
            State::Best => {
                judging.best = judged(judging);
                let Plan { network, initial, seed, .. } = &judging.file.plan;
                let base = Model::init(network.clone(), *initial, *seed, &self.device);
                judging.model = base.map_err(|error| error.to_string())?;
                judging.state = State::Base;
            }
            State::Base => return Ok(false),
        }
        Ok(true)
    }

    fn result(&self, judging: Judging) -> RunEvaluation {
        let Judging { file, samples, finished, last, best, sweeps: [trained, base], .. } = judging;
        let band = base.band();
        let (ratios, base) = (Ratios::of(last.epoch, &trained), Ratios::of(0, &base));
        let above = band.map(|band| trained.detect(band)).unwrap_or_default();
        let layer = |layer: usize| {
            let at = |values: &[f64]| values.get(layer).copied().unwrap_or(f64::NAN);
            let above = above.get(layer);
            LayerRatios {
                median: at(&ratios.median),
                maximum: at(&ratios.maximum),
                base_median: at(&base.median),
                base_maximum: at(&base.maximum),
                above_band: above.map_or(f64::NAN, |above| above.above_band),
                above_massive: above.map_or(f64::NAN, |above| above.above_massive),
            }
        };
        RunEvaluation {
            folder: self.folder.path().to_owned(),
            loss: loss_name(&file.plan.network),
            ratios: (0..ratios.median.len()).map(layer).collect(),
            plan: file.plan,
            data: self.dataset.name.clone(),
            molecules: samples.len(),
            finished,
            last,
            best,
            base_band: band.map(|band| (band.low, band.high)),
        }
    }
}

impl Job for Evaluate {
    fn step(&mut self, out: &Outbox) -> Result<Step, String> {
        let mut judging = match self.judging.take() {
            Some(judging) => judging,
            None => self.begin()?,
        };
        Self::advance(&mut judging)?;
        if judging.done == judging.samples.len() && !self.next_state(&mut judging)? {
            out.send(Event::Evaluated(Arc::new(self.result(judging))));
            return Ok(Step::Done);
        }
        let count = judging.samples.len();
        let before = match judging.state {
            State::Last => 0,
            State::Best => 1,
            State::Base => 2,
        };
        let step = Step::Working { done: (before * count + judging.done) as u64, total: 3 * count as u64 };
        self.judging = Some(judging);
        Ok(step)
    }
}
