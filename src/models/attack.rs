//! The explicit bias attack (model-spec section 8): noise on the embedded inputs, of a fixed size,
//! whose direction gradient ascent turns against a trained model.

use super::batch::Batch;
use super::learner::{Adam, Sample, Step};
use super::network::{self, Network, Noise, Pass, Record};
use super::parameters::Layout;
use super::random::Generator;
use super::{GraphInput, ModelError, ModelSpec, metrics, read, spec_of};
use crate::domain::{Matrix, Weights};
use burn::tensor::{Device, Tensor, TensorData, Transaction};

/// Who shares the noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoiseKind {
    /// Every node and every edge has its own row.
    Own,
    /// One row for all nodes, and one for all edges.
    Shared,
}

/// An attack on one batch of graphs.
pub struct Attack {
    spec: ModelSpec,
    network: Box<dyn Network>,
    device: Device,
    batch: Batch,
    samples: Vec<Sample>,
    deviation: f32,
    /// Raw noise of nodes and edges, row-major; edges in the order of the batch.
    noise: [Vec<f32>; 2],
    optimiser: Adam,
}

/// Loss of a pass and its gradient by the raw noise.
struct Ascent {
    loss: f32,
    gradient: [Vec<f32>; 2],
}

impl Attack {
    /// An attack that starts from noise drawn under a seed; `deviation` is the standard deviation of
    /// what is added, whatever direction it takes.
    ///
    /// # Errors
    /// Weights or graphs that do not fit, or a failing device.
    pub fn new(
        weights: &Weights,
        samples: Vec<Sample>,
        (kind, deviation): (NoiseKind, f32),
        seed: u64,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let mut attack = Self::prepare(weights, samples, deviation, device)?;
        let rows = |count: usize| if kind == NoiseKind::Own { count } else { count.min(1) };
        let counts = [attack.batch.topology.nodes(), attack.batch.topology.edges()].map(rows);
        #[allow(clippy::cast_possible_truncation, reason = "models compute in f32")]
        let draw = |(name, rows): (&str, usize)| {
            let mut generator = Generator::new(seed, name);
            (0..rows * attack.spec.dim).map(|_| generator.normal() as f32).collect()
        };
        attack.set([("noise.node", counts[0]), ("noise.edge", counts[1])].map(draw));
        Ok(attack)
    }

    /// An attack that starts from given noise: `[N, H]` and `[E, H]`, graph after graph, rows in the
    /// order of each graph's nodes and edge list.
    ///
    /// # Errors
    /// Weights, graphs or noise that do not fit, or a failing device.
    pub fn from_noise(
        weights: &Weights,
        samples: Vec<Sample>,
        deviation: f32,
        [node, edge]: [&Matrix; 2],
        device: &Device,
    ) -> Result<Self, ModelError> {
        let mut attack = Self::prepare(weights, samples, deviation, device)?;
        let (width, topology) = (attack.spec.dim, &attack.batch.topology);
        for (given, rows) in [(node, topology.nodes()), (edge, topology.edges())] {
            if (given.rows, given.cols) != (rows, width) {
                return Err(ModelError::Noise { rows, width });
            }
        }
        let parts = attack.batch.parts.iter();
        let rows = parts.flat_map(|part| part.order.iter().map(|&row| part.edges.start + row as usize));
        let edge = rows.flat_map(|row| edge.row(row)).copied().collect();
        attack.set([node.values.clone(), edge]);
        Ok(attack)
    }

    fn prepare(weights: &Weights, samples: Vec<Sample>, deviation: f32, device: &Device) -> Result<Self, ModelError> {
        let spec = spec_of(weights)?;
        let device = device.clone().autodiff();
        let mut network = network::build(&spec, &device);
        let layout = Layout::of(network.as_mut());
        let values = layout.read(&weights.arrays, "", true)?;
        layout.load(&values, network.as_mut(), &device, false);
        let graphs: Vec<&GraphInput> = samples.iter().map(|sample| &sample.graph).collect();
        let batch = Batch::new(&graphs, &spec, None, &device)?;
        let optimiser = Adam::new(Vec::new());
        Ok(Self { spec, network, device, batch, samples, deviation, noise: [vec![], vec![]], optimiser })
    }

    fn set(&mut self, noise: [Vec<f32>; 2]) {
        self.optimiser = Adam::new(noise.iter().map(|values| vec![0.0; values.len()]).collect());
        self.noise = noise;
    }

    /// Loss with the noise as it is now.
    ///
    /// # Errors
    /// A failing device.
    pub fn loss(&self) -> Result<f32, ModelError> {
        Ok(self.ascend()?.loss)
    }

    /// One step of gradient ascent on the loss; the loss before the step.
    ///
    /// # Errors
    /// A failing device.
    pub fn step(&mut self, learning_rate: f64) -> Result<f32, ModelError> {
        let Ascent { loss, gradient } = self.ascend()?;
        let Adam { mean, square, steps } = &mut self.optimiser;
        *steps += 1;
        let step = Step::new(learning_rate, *steps);
        for (((noise, mean), square), gradient) in self.noise.iter_mut().zip(mean).zip(square).zip(&gradient) {
            step.take(noise, mean, square, gradient);
        }
        Ok(loss)
    }

    /// Gradient of minus the loss by the raw noise, in the order of [`Attack::from_noise`].
    ///
    /// # Errors
    /// A failing device.
    pub fn gradient(&self) -> Result<[Matrix; 2], ModelError> {
        Ok(self.in_list_order(&self.ascend()?.gradient))
    }

    /// The raw noise as it is now, in the order of [`Attack::from_noise`]; what is added to the inputs
    /// is this over its standard deviation, times the deviation of the attack.
    pub fn noise(&self) -> [Matrix; 2] {
        self.in_list_order(&self.noise)
    }

    fn in_list_order(&self, [node, edge]: &[Vec<f32>; 2]) -> [Matrix; 2] {
        let width = self.spec.dim;
        let matrix = |values: Vec<f32>| Matrix { rows: values.len() / width, cols: width, values };
        let mut ordered = edge.clone();
        if edge.len() == self.batch.topology.edges() * width {
            for part in &self.batch.parts {
                for (row, &place) in part.edges.clone().zip(&part.order) {
                    let place = part.edges.start + place as usize;
                    ordered[place * width..][..width].copy_from_slice(&edge[row * width..][..width]);
                }
            }
        }
        [matrix(node.clone()), matrix(ordered)]
    }

    fn ascend(&self) -> Result<Ascent, ModelError> {
        let width = self.spec.dim;
        let leaf = |values: &Vec<f32>| -> Tensor<2> {
            let shape = [values.len() / width, width];
            Tensor::from_data(TensorData::new(values.clone(), shape), &self.device).require_grad()
        };
        let [node, edge] = self.noise.each_ref().map(leaf);
        let (nodes, edges) = (self.batch.topology.nodes(), self.batch.topology.edges());
        let mut pass = Pass::evaluate(Record::Nothing, 1.0);
        pass.noise = Some(Noise {
            node: scaled(node.clone(), self.deviation).expand([nodes, width]),
            edge: (edges > 0).then(|| scaled(edge.clone(), self.deviation).expand([edges, width])),
        });
        let prediction = self.network.forward(&self.batch, &mut pass);
        let samples: Vec<&Sample> = self.samples.iter().collect();
        let loss = metrics::loss(self.spec.task, prediction, &samples)?;
        let mut gradients = loss.clone().neg().backward();
        let mut gradient =
            |leaf: &Tensor<2>| leaf.grad_remove(&mut gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like());
        let (node, edge) = (gradient(&node), gradient(&edge));
        let transaction = Transaction::default().register(loss.inner()).register(node).register(edge);
        let mut data = read(transaction)?.into_iter();
        let mut next = || data.next().unwrap_or_default();
        let loss = next().first().copied().unwrap_or(f32::NAN);
        Ok(Ascent { loss, gradient: [next(), next()] })
    }
}

impl std::fmt::Debug for Attack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attack").field("spec", &self.spec).field("deviation", &self.deviation).finish_non_exhaustive()
    }
}

/// Noise over its standard deviation (divisor n - 1, over all elements, mean not removed), times
/// `deviation`.
fn scaled(noise: Tensor<2>, deviation: f32) -> Tensor<2> {
    let [rows, width] = noise.dims();
    let count = (rows * width) as f32;
    let centred = noise.clone() - (noise.clone().sum() / count).unsqueeze();
    let variance = centred.square().sum() / (count - 1.0);
    noise / variance.sqrt().unsqueeze() * deviation
}
