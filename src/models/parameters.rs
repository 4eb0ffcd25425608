//! The bridge between a network's tensors and plain arrays.
//!
//! A network lists its tensors once, by file name and role ([`super::network::Network::visit`]).
//! Initial state, weight files, gradients, optimiser moments and resumable state are then all the
//! same thing: one plain vector per listed tensor.

use super::ModelError;
use super::network::Network;
use super::random::Generator;
use crate::domain::Array;
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::{BTreeMap, BTreeSet};

/// What a tensor is for; decides its initial values and its form in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Weight of a linear map, `[in, out]`; `[out, in]` in files. Uniform in ±1/sqrt(in).
    Weight,
    /// Bias of a linear map with that many inputs, `[out]`. Uniform in ±1/sqrt(in).
    Bias { fan_in: usize },
    /// Embedding table, `[codes, H]`. Standard normal.
    Table,
    /// Embedding table of one of several fields, `[codes, H]`. Uniform in ±sqrt(6/(codes+H)).
    XavierTable,
    /// How much absent bonds count, `[1]`. 0.1.
    Gamma,
    /// Explicit bias vector, `[H]`; `[heads, d]` in files. Standard normal.
    ExplicitBias { heads: usize },
    /// Factor of a batch norm, `[H]`. Ones.
    NormWeight,
    /// Offset of a batch norm, `[H]`. Zeros.
    NormBias,
    /// Running mean and variance of both batch norms of a tail, `[4, H]`; four vectors `[H]` in
    /// files. Zeros and ones. The only role that gradients do not touch.
    Running,
}

/// How the linear maps of an untrained network are drawn (model-spec section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initial {
    /// As deep-learning frameworks do, and with them the authors' program: weights and biases
    /// uniform in ±1/sqrt(fan in).
    #[default]
    Framework,
    /// As the paper says: weights uniform in ±sqrt(6/(fan in + fan out)), biases zero.
    Xavier,
}

/// Names of the four rows of a [`Role::Running`] tensor, after the name of its tail.
const RUNNING_ROWS: [&str; 4] = ["bn1.running_mean", "bn1.running_var", "bn2.running_mean", "bn2.running_var"];

/// A tensor of a network, of either rank, while it is visited.
pub(super) enum Slot<'a> {
    /// Rank one.
    Vector(&'a mut Tensor<1>),
    /// Rank two.
    Matrix(&'a mut Tensor<2>),
}

/// What [`Network::visit`] calls for every tensor with its file name (for [`Role::Running`], the
/// name of the tail).
pub(super) type Visitor<'v> = dyn FnMut(&str, Role, Slot<'_>) + 'v;

impl Slot<'_> {
    /// Replaces the tensor; `track` makes it a leaf whose gradient is kept.
    fn set(self, values: &[f32], device: &Device, track: bool) {
        match self {
            Self::Vector(tensor) => replace(tensor, values, device, track),
            Self::Matrix(tensor) => replace(tensor, values, device, track),
        }
    }
}

fn replace<const D: usize>(tensor: &mut Tensor<D>, values: &[f32], device: &Device, track: bool) {
    let data = TensorData::new(values.to_vec(), tensor.shape());
    let new = Tensor::from_data(data, device);
    *tensor = if track { new.require_grad() } else { new };
}

/// One listed tensor.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    name: String,
    role: Role,
    /// Shape in the network.
    shape: Vec<usize>,
}

/// The tensors of a network in visiting order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    entries: Vec<Entry>,
}

/// One vector of values per tensor of a [`Layout`], each in the network's own order. An empty
/// vector means that there is nothing for this tensor, as for the gradient of a running mean.
pub(super) type Values = Vec<Vec<f32>>;

impl Layout {
    /// Lists the tensors of a network.
    pub(super) fn of(network: &mut dyn Network) -> Self {
        let mut entries = Vec::new();
        network.visit(&mut |name, role, slot| {
            let shape = match slot {
                Slot::Vector(tensor) => tensor.dims().to_vec(),
                Slot::Matrix(tensor) => tensor.dims().to_vec(),
            };
            entries.push(Entry { name: name.to_owned(), role, shape });
        });
        Self { entries }
    }

    /// The role of each tensor, in order.
    pub(super) fn roles(&self) -> impl ExactSizeIterator<Item = Role> {
        self.entries.iter().map(|entry| entry.role)
    }

    /// Number of trained values, running statistics not counted.
    pub(super) fn trained(&self) -> usize {
        let trained = self.entries.iter().filter(|entry| entry.role != Role::Running);
        trained.map(|entry| entry.shape.iter().product::<usize>()).sum()
    }

    /// The name of each tensor, in order.
    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The names of the tails, in order.
    pub(super) fn tails(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|entry| entry.role == Role::Running).map(|entry| entry.name.as_str())
    }

    /// The part of a network of so many layers that each tensor belongs to: 0 for what turns inputs into rows,
    /// l + 1 for layer l, and the last for the readout.
    pub(super) fn groups(&self, layers: usize) -> impl Iterator<Item = usize> {
        self.names().map(move |name| match name.strip_prefix("layers.") {
            Some(rest) => rest.split('.').next().and_then(|layer| layer.parse::<usize>().ok()).map_or(0, |l| l + 1),
            None if name.starts_with("readout.") => layers + 1,
            None => 0,
        })
    }

    /// The untrained state.
    pub(super) fn initial(&self, scheme: Initial, seed: u64) -> Values {
        self.entries.iter().map(|entry| entry.initial(scheme, seed)).collect()
    }

    /// Zeros for every tensor that is trained, nothing for the others.
    pub(super) fn zeros(&self) -> Values {
        let count = |entry: &Entry| if entry.role == Role::Running { 0 } else { entry.len() };
        self.entries.iter().map(|entry| vec![0.0; count(entry)]).collect()
    }

    /// Puts values into the tensors of the network that was listed; `track` makes the trained ones
    /// leaves of a gradient graph.
    pub(super) fn load(&self, values: &Values, network: &mut dyn Network, device: &Device, track: bool) {
        let mut values = values.iter();
        network.visit(&mut |_, role, slot| {
            if let Some(values) = values.next() {
                slot.set(values, device, track && role != Role::Running);
            }
        });
    }

    /// The values under their file names, each name after `prefix`.
    pub(super) fn to_arrays<'a>(
        &'a self,
        values: &'a Values,
        prefix: &'a str,
    ) -> impl Iterator<Item = (String, Array)> {
        let present = self.entries.iter().zip(values).filter(|(_, values)| !values.is_empty());
        present.flat_map(move |(entry, values)| entry.to_arrays(values, prefix))
    }

    /// Reads values from arrays named as [`Layout::to_arrays`] names them, running statistics only
    /// if `statistics` says that they are there.
    ///
    /// # Errors
    /// Any array missing, superfluous, of another shape, or with values that are not finite (or
    /// variances below zero); all are named.
    pub(super) fn read(
        &self,
        arrays: &BTreeMap<String, Array>,
        prefix: &str,
        statistics: bool,
    ) -> Result<Values, ModelError> {
        let mut problems = Problems::default();
        let mut expected = BTreeSet::new();
        let mut values = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let mut read = Vec::new();
            let files = if entry.role == Role::Running && !statistics { vec![] } else { entry.files() };
            for (name, shape) in files {
                let key = format!("{prefix}{name}");
                problems.check(&key, &shape, arrays.get(&key));
                read.extend(arrays.get(&key).map_or(&[][..], |array| &array.values));
                expected.insert(key);
            }
            values.push(entry.network_order(read));
        }
        let ours = arrays.keys().filter(|key| key.starts_with(prefix));
        problems.extra.extend(ours.filter(|key| !expected.contains(*key)).cloned());
        problems.finish().map(|()| values)
    }
}

impl Entry {
    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    fn initial(&self, scheme: Initial, seed: u64) -> Vec<f32> {
        let mut generator = Generator::new(seed, &self.name);
        #[allow(clippy::cast_possible_truncation, reason = "rounding to the nearest float is meant")]
        let mut draw =
            |law: &dyn Fn(&mut Generator) -> f64| (0..self.len()).map(|_| law(&mut generator) as f32).collect();
        let uniform = |bound: f64| move |generator: &mut Generator| (2.0 * generator.uniform() - 1.0) * bound;
        let fan_in = |count: usize| uniform(1.0 / (count as f64).sqrt());
        let xavier = || uniform((6.0 / self.shape.iter().sum::<usize>() as f64).sqrt());
        match self.role {
            Role::Weight if scheme == Initial::Xavier => draw(&xavier()),
            Role::Bias { .. } if scheme == Initial::Xavier => vec![0.0; self.len()],
            Role::Weight => draw(&fan_in(self.shape.first().copied().unwrap_or(1))),
            Role::Bias { fan_in: count } => draw(&fan_in(count)),
            Role::XavierTable => draw(&xavier()),
            Role::Gamma => vec![0.1; self.len()],
            Role::Table | Role::ExplicitBias { .. } => draw(&Generator::normal),
            Role::NormWeight => vec![1.0; self.len()],
            Role::NormBias => vec![0.0; self.len()],
            Role::Running => {
                let width = self.len() / 4;
                [0.0, 1.0, 0.0, 1.0].iter().flat_map(|&start| std::iter::repeat_n(start, width)).collect()
            }
        }
    }

    /// Names and shapes of this tensor in a file.
    fn files(&self) -> Vec<(String, Vec<usize>)> {
        match self.role {
            Role::Running => {
                RUNNING_ROWS.iter().map(|row| (format!("{}.{row}", self.name), self.shape[1..].to_vec())).collect()
            }
            Role::Weight => vec![(self.name.clone(), self.shape.iter().rev().copied().collect())],
            Role::ExplicitBias { heads } => vec![(self.name.clone(), vec![heads, self.len() / heads.max(1)])],
            _ => vec![(self.name.clone(), self.shape.clone())],
        }
    }

    fn to_arrays(&self, values: &[f32], prefix: &str) -> Vec<(String, Array)> {
        let values = match (self.role, self.shape.as_slice()) {
            (Role::Weight, &[inputs, outputs]) => transposed(values, inputs, outputs),
            _ => values.to_vec(),
        };
        let files = self.files();
        let length = values.len() / files.len();
        let parts = values.chunks(length.max(1));
        files
            .into_iter()
            .zip(parts)
            .map(|((name, shape), part)| (format!("{prefix}{name}"), Array { shape, values: part.to_vec() }))
            .collect()
    }

    /// Values as a file orders them, in the network's order.
    fn network_order(&self, values: Vec<f32>) -> Vec<f32> {
        match (self.role, self.shape.as_slice()) {
            (Role::Weight, &[inputs, outputs]) if values.len() == inputs * outputs => {
                transposed(&values, outputs, inputs)
            }
            _ => values,
        }
    }
}

/// The transpose of a row-major matrix.
fn transposed(values: &[f32], rows: usize, cols: usize) -> Vec<f32> {
    (0..cols).flat_map(|col| (0..rows).map(move |row| values[row * cols + col])).collect()
}

/// What is wrong with a set of arrays.
#[derive(Default)]
struct Problems {
    missing: Vec<String>,
    extra: Vec<String>,
    shape: Vec<String>,
    values: Vec<String>,
}

impl Problems {
    fn check(&mut self, name: &str, shape: &[usize], array: Option<&Array>) {
        let Some(array) = array else {
            self.missing.push(name.to_owned());
            return;
        };
        if array.shape != shape || array.values.len() != shape.iter().product::<usize>() {
            self.shape.push(format!("{name} {:?} instead of {shape:?}", array.shape));
            return;
        }
        let variance = name.ends_with("running_var");
        if array.values.iter().any(|&value| !value.is_finite() || (variance && value < 0.0)) {
            self.values.push(name.to_owned());
        }
    }

    fn finish(self) -> Result<(), ModelError> {
        let kinds = [
            ("missing", self.missing),
            ("not part of this network", self.extra),
            ("of the wrong shape", self.shape),
            ("holding values that are not finite or variances below zero", self.values),
        ];
        let found: Vec<String> = kinds.iter().filter(|(_, names)| !names.is_empty()).map(sentence).collect();
        if found.is_empty() { Ok(()) } else { Err(ModelError::Tensors { problems: found.join("; ") }) }
    }
}

/// `2 tensors are missing (a, b)`, with at most six names spelled out.
fn sentence((what, names): &(&str, Vec<String>)) -> String {
    const SHOWN: usize = 6;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let verb = if names.len() == 1 { "tensor is" } else { "tensors are" };
    format!("{} {verb} {what} ({shown}{rest})", names.len())
}
