//! The graph transformers: features, forward pass with everything recorded, training.
//!
//! Tensors never leave this layer. What comes in are [`GraphInput`]s, [`Weights`] and
//! [`Intervention`]s, what goes out are [`Trace`]s and numbers, so everything above works the same
//! on a CPU and on a GPU. The attention core (`attention`) and the tail after it (`layers`) exist
//! once; an architecture is one file that arranges them, see `network`.

mod attack;
mod attention;
mod authors;
mod batch;
mod data;
mod divergence;
mod embedding;
mod encoder;
mod features;
mod graphit;
mod gt;
mod head;
mod kernels;
mod layers;
mod learner;
mod metrics;
mod name;
mod network;
mod nodes;
mod parameters;
mod plan;
mod random;
mod recipe;
mod san;
mod spec;
mod state;
#[cfg(test)]
mod tests;
mod trace;
mod train;

pub use attack::{Attack, NoiseKind};
pub use authors::{AdoptError, Adopted, Hints, Question, adopt};
pub use data::{TrainingData, Unlearnable};
pub use features::{Codes, FULL_GRAPH_LIMIT, FeatureError, Features, GraphInput};
pub use learner::{Learner, Lesson, Sample};
pub use metrics::{Evaluation, roc_auc};
pub use name::NAME_WORDS;
pub use parameters::Initial;
pub use plan::{Conflict, Plan};
pub use random::mixed;
pub use recipe::{Preset, Recipe};
pub use spec::{Arch, Connectivity, Ebt, Encoding, ModelSpec, Readout, SpecError, Task};
pub use state::history_of;
pub use trace::EdgeActivations;
pub use train::{End, EpochReport, GradientNorms, Progress, TRAINING_KEY, TrainError, Trainer};

use crate::domain::{Detail, Intervention, Trace, Weights};
use batch::Batch;
use burn::tensor::{Device, Tensor, TensorData, Transaction};
use network::{Network, Pass, Record};
use parameters::{Layout, Values};
use std::borrow::Borrow;

/// Graphs that one thread takes through the network together, on a CPU: enough that the fixed cost of
/// an operation does not show, few enough that a layer's rows stay in the core's cache.
const CPU_GROUP: usize = 16;
/// Graphs computed together on any other device, which wants many at once.
const DEVICE_GROUP: usize = 128;

/// Why a model cannot be built or cannot answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// The specification describes no network.
    #[error("the model specification is not usable: {0}")]
    Spec(#[from] SpecError),
    /// The weights do not say what network they belong to.
    #[error("the weights carry no model specification (metadata key `spec`), so they cannot be turned into a network")]
    NoSpec,
    /// The weights say so unreadably.
    #[error("the model specification in the weights cannot be read: {reason}")]
    SpecText {
        /// What the JSON reader said.
        reason: String,
    },
    /// The tensors are not those of the network.
    #[error("the weights do not fit the model: {problems}")]
    Tensors {
        /// Everything that is wrong, in words.
        problems: String,
    },
    /// There is nothing to compute.
    #[error("a forward pass needs at least one graph")]
    NoGraph,
    /// A graph has no nodes.
    #[error("graph {graph} has no nodes")]
    NoNode {
        /// Position in the batch.
        graph: usize,
    },
    /// Edge arrays disagree in length, or an edge ends in a node that does not exist.
    #[error("the edges of graph {graph} do not fit its nodes or their codes")]
    Edges {
        /// Position in the batch.
        graph: usize,
    },
    /// The graph was described in the words of another scheme.
    #[error("graph {graph} does not carry the features that the model reads: {needed}")]
    Features {
        /// Position in the batch.
        graph: usize,
        /// What the model reads.
        needed: &'static str,
    },
    /// The graph lacks absent bonds, kernel or encoding, or has those of another model.
    #[error("graph {graph} was prepared for a model with another connectivity or encoding")]
    Incomplete {
        /// Position in the batch.
        graph: usize,
    },
    /// A code has no row in the model's table.
    #[error("graph {graph} has the {what} code {code}, but the model knows only codes below {codes}")]
    Code {
        /// Position in the batch.
        graph: usize,
        /// `node` or `edge`.
        what: &'static str,
        /// The code.
        code: u32,
        /// Rows of the table.
        codes: usize,
    },
    /// Another number of targets than predictions.
    #[error("{given} targets were given for {wanted} predictions")]
    Targets {
        /// How many were given.
        given: usize,
        /// How many are predicted.
        wanted: usize,
    },
    /// Noise of another shape than the inputs it is added to.
    #[error("the noise needs {rows} rows of {width} numbers")]
    Noise {
        /// Rows.
        rows: usize,
        /// Columns.
        width: usize,
    },
    /// More nodes than can be numbered.
    #[error("the batch has too many nodes; compute fewer graphs at a time")]
    TooLarge,
    /// The device failed.
    #[error("the compute device failed: {reason}")]
    Device {
        /// What burn said.
        reason: String,
    },
}

/// A network with its weights on a device, in evaluation mode.
pub struct Model {
    spec: ModelSpec,
    device: Device,
    network: Box<dyn Network>,
    layout: Layout,
    values: Values,
}

impl ModelSpec {
    /// Number of trained values that such a network has, running statistics not counted.
    ///
    /// # Errors
    /// There is no such network.
    pub fn parameter_count(&self) -> Result<usize, SpecError> {
        self.validate()?;
        Ok(Layout::of(network::build(self, &Device::flex()).as_mut()).trained())
    }
}

impl Model {
    /// The untrained ("base") state of a network. The same seed gives the same numbers on every
    /// device, and networks of one seed agree in every tensor they share.
    ///
    /// # Errors
    /// A specification that describes no network.
    pub fn init(spec: ModelSpec, scheme: Initial, seed: u64, device: &Device) -> Result<Self, ModelError> {
        Self::build(spec, device, |layout| Ok(layout.initial(scheme, seed)))
    }

    /// A network from weights, whose metadata say which.
    ///
    /// # Errors
    /// No readable specification; tensors that are missing, superfluous, of the wrong shape or not
    /// finite (all are named).
    pub fn from_weights(weights: &Weights, device: &Device) -> Result<Self, ModelError> {
        let spec = spec_of(weights)?;
        Self::build(spec, device, |layout| layout.read(&weights.arrays, "", true))
    }

    fn build(
        spec: ModelSpec,
        device: &Device,
        values: impl FnOnce(&Layout) -> Result<Values, ModelError>,
    ) -> Result<Self, ModelError> {
        spec.validate()?;
        let mut network = network::build(&spec, device);
        let layout = Layout::of(network.as_mut());
        let values = values(&layout)?;
        layout.load(&values, network.as_mut(), device, false);
        Ok(Self { spec, device: device.clone(), network, layout, values })
    }

    /// What the network looks like.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Number of trained values, running statistics not counted.
    pub fn parameter_count(&self) -> usize {
        self.layout.trained()
    }

    /// All tensors under the names of the parity fixtures, with the specification in the metadata.
    pub fn to_weights(&self) -> Weights {
        weights_of(&self.spec, &self.layout, &self.values)
    }

    /// Runs one graph through the network and keeps everything a person can look at.
    ///
    /// # Errors
    /// A graph that does not fit the model, or a failing device.
    pub fn trace(&self, input: &GraphInput, intervention: &Intervention, detail: Detail) -> Result<Trace, ModelError> {
        let mut traces = self.trace_batch(std::slice::from_ref(input), intervention, detail)?;
        traces.pop().ok_or(ModelError::NoGraph)
    }

    /// Runs many graphs through the network at once; each result is the one [`Model::trace`] gives.
    ///
    /// # Errors
    /// A graph that does not fit the model, or a failing device.
    pub fn trace_batch(
        &self,
        inputs: &[GraphInput],
        intervention: &Intervention,
        detail: Detail,
    ) -> Result<Vec<Trace>, ModelError> {
        let record = match detail {
            Detail::Standard => Record::EdgesAndNodes,
            Detail::Projections => Record::Everything,
        };
        self.in_groups(inputs, |inputs| {
            let inputs = ablated(inputs, intervention);
            let (batch, pass, prediction) = self.run(&references(&inputs), intervention, record)?;
            trace::traces(&self.spec, inputs, &batch, pass, prediction)
        })
    }

    /// Predictions and edge activations of many graphs, without the rest of a trace: for sweeps.
    ///
    /// # Errors
    /// A graph that does not fit the model, or a failing device.
    pub fn edge_activations(
        &self,
        inputs: &[GraphInput],
        intervention: &Intervention,
    ) -> Result<Vec<EdgeActivations>, ModelError> {
        self.in_groups(inputs, |inputs| {
            let inputs = ablated(inputs, intervention);
            let (batch, pass, prediction) = self.run(&references(&inputs), intervention, Record::Edges)?;
            trace::edge_activations(&self.spec, &batch, pass, prediction)
        })
    }

    /// Predictions only: `outputs` values per graph (or per node, for a model of nodes), one graph after
    /// another.
    ///
    /// # Errors
    /// A graph that does not fit the model, or a failing device.
    pub fn predict(&self, inputs: &[&GraphInput]) -> Result<Vec<f32>, ModelError> {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        self.in_groups(inputs, |inputs| {
            let (_, _, prediction) = self.run(inputs, &Intervention::default(), Record::Nothing)?;
            Ok(floats([prediction])?.concat())
        })
    }

    /// Computes the answers for some graphs group by group. In evaluation mode graphs do not influence
    /// each other, so on a CPU whole groups are shared out among its cores: no core waits for another
    /// within a layer.
    fn in_groups<I: Borrow<GraphInput> + Sync, T: Send>(
        &self,
        inputs: &[I],
        compute: impl Fn(&[I]) -> Result<Vec<T>, ModelError> + Sync,
    ) -> Result<Vec<T>, ModelError> {
        if inputs.is_empty() {
            return Err(ModelError::NoGraph);
        }
        for (graph, input) in inputs.iter().enumerate() {
            batch::check(graph, input.borrow(), &self.spec)?;
        }
        let groups = if kernels::computes_on(&self.device) {
            kernels::each(inputs.chunks(CPU_GROUP), compute)
        } else {
            inputs.chunks(DEVICE_GROUP).map(compute).collect()
        };
        let mut answers = Vec::with_capacity(inputs.len());
        for group in groups {
            answers.extend(group?);
        }
        Ok(answers)
    }

    fn run(
        &self,
        inputs: &[&GraphInput],
        intervention: &Intervention,
        record: Record,
    ) -> Result<(Batch, Pass, Tensor<2>), ModelError> {
        let batch = Batch::new(inputs, &self.spec, None, &self.device)?;
        let scale = intervention.explicit_bias.value();
        // Attention from the bias alone cannot be faded out: it is there or not (model-spec section 4).
        let scale = if self.spec.ebt == Ebt::Code { scale.round() } else { scale };
        let replaced = batch.replaced(inputs, intervention, &self.device);
        let mut pass = Pass { replaced, ..Pass::evaluate(record, scale) };
        let prediction = self.network.forward(&batch, &mut pass);
        Ok((batch, pass, prediction))
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("spec", &self.spec).field("device", &self.device).finish_non_exhaustive()
    }
}

/// The specification in the metadata of weights.
fn spec_of(weights: &Weights) -> Result<ModelSpec, ModelError> {
    let text = weights.metadata.get(spec::METADATA_KEY).ok_or(ModelError::NoSpec)?;
    let spec: ModelSpec =
        serde_json::from_str(text).map_err(|error| ModelError::SpecText { reason: error.to_string() })?;
    spec.validate()?;
    Ok(spec)
}

fn weights_of(spec: &ModelSpec, layout: &Layout, values: &Values) -> Weights {
    let text = serde_json::to_string(spec).unwrap_or_default();
    Weights { arrays: layout.to_arrays(values, "").collect(), metadata: [(spec::METADATA_KEY.to_owned(), text)].into() }
}

/// The graphs without the edges that are removed; those that are zeroed or averaged stay.
fn ablated(inputs: &[GraphInput], intervention: &Intervention) -> Vec<GraphInput> {
    let removed = intervention.removed();
    inputs.iter().map(|input| input.without(&removed)).collect()
}

fn references(inputs: &[GraphInput]) -> Vec<&GraphInput> {
    inputs.iter().collect()
}

/// Reads tensors back in one go.
fn floats<const D: usize>(tensors: impl IntoIterator<Item = Tensor<D>>) -> Result<Values, ModelError> {
    let transaction = tensors.into_iter().fold(Transaction::default(), Transaction::register);
    read(transaction)
}

fn read(transaction: Transaction) -> Result<Values, ModelError> {
    let failed = |reason: String| ModelError::Device { reason };
    let data: Vec<TensorData> = transaction.try_execute().map_err(|error| failed(error.to_string()))?;
    data.into_iter().map(|data| data.try_into_vec::<f32>().map_err(|error| failed(error.to_string()))).collect()
}
