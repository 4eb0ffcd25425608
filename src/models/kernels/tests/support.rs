//! Random graphs and matrices for the tests, and one way to run a computation and all its gradients.

use std::sync::Arc;

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::super::{TailParams, Topology};

/// Reproducible numbers in -1..1 (SplitMix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> u32 {
        u32::try_from(self.bits() % end as u64).unwrap()
    }

    pub(super) fn values(&mut self, count: usize, scale: f64) -> Vec<f64> {
        // Rounded to single precision, so that both precisions start from the same numbers.
        (0..count)
            .map(|_| f64::from((((self.bits() >> 11) as f64 / (1u64 << 52) as f64 - 1.0) * scale) as f32))
            .collect()
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) nodes: usize,
    pub(super) edges: usize,
    pub(super) heads: usize,
    pub(super) channels: usize,
    /// Size of the score inputs; large ones saturate the clamp.
    pub(super) scale: f64,
}

impl Case {
    pub(super) const fn new(nodes: usize, edges: usize, heads: usize, channels: usize, scale: f64) -> Self {
        Self { nodes, edges, heads, channels, scale }
    }

    pub(super) fn width(&self) -> usize {
        self.heads * self.channels
    }

    /// Random directed edges among the first three quarters of the nodes: the others are isolated.
    pub(super) fn topology(&self) -> Arc<Topology> {
        let mut random = Random(7 + self.nodes as u64);
        let connected = (self.nodes * 3 / 4).max(1);
        let mut ends: Vec<(u32, u32)> =
            (0..self.edges).map(|_| (random.below(connected), random.below(connected))).collect();
        ends.sort_unstable();
        let (target, source): (Vec<u32>, Vec<u32>) = ends.into_iter().unzip();
        Arc::new(Topology::new(self.nodes, &source, &target))
    }
}

/// One node, no edges, odd widths, one head, saturated clamp, and batches of several row blocks.
pub(super) const CASES: [Case; 11] = [
    Case::new(1, 0, 2, 4, 1.0),
    Case::new(1, 1, 1, 8, 1.0),
    Case::new(2, 2, 2, 4, 1.0),
    Case::new(5, 0, 8, 1, 1.0),
    Case::new(25, 52, 8, 8, 1.0),
    Case::new(30, 61, 8, 7, 2.0),
    Case::new(17, 40, 8, 11, 2.0),
    Case::new(40, 90, 3, 5, 1.5),
    Case::new(12, 30, 4, 16, 30.0),
    Case::new(9, 20, 1, 37, 1.0),
    Case::new(700, 1500, 4, 6, 2.0),
];

/// A computation on leaf matrices, which all tests run in several ways.
pub(super) type Function<'a> = &'a dyn Fn(&[Tensor<2>]) -> Tensor<2>;

/// Input matrices: shape and values.
pub(super) type Leaves = Vec<([usize; 2], Vec<f64>)>;

pub(super) fn leaf(shape: [usize; 2], values: &[f64], device: &Device, dtype: DType) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), (device, dtype))
}

/// Result of `function`, and the gradients of a fixed random combination of its elements by every leaf.
pub(super) fn run(function: Function<'_>, leaves: &Leaves, dtype: DType) -> Vec<Vec<f64>> {
    let device = Device::flex().autodiff();
    let leaves: Vec<_> =
        leaves.iter().map(|(shape, values)| leaf(*shape, values, &device, dtype).require_grad()).collect();
    let out = function(&leaves);
    let weights = leaf(out.dims(), &combination(out.dims()), &device, dtype);
    let grads = (out.clone() * weights).sum().backward();
    let mut found = vec![numbers(out)];
    found.extend(leaves.iter().map(|leaf| numbers(leaf.grad(&grads).unwrap_or_else(|| leaf.zeros_like()))));
    found
}

pub(super) fn combination([rows, columns]: [usize; 2]) -> Vec<f64> {
    Random(99).values(rows * columns, 1.0)
}

pub(super) fn numbers(tensor: Tensor<2>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

pub(super) fn norm(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// L2 distance of `found` from `expected`, relative to `expected`.
pub(super) fn distance(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    norm(found.iter().zip(expected).map(|(a, b)| a - b)) / norm(expected.iter().copied()).max(1e-30)
}

/// Leaves of a tail: rows, attention, then the parameters in the order of [`TailParams`].
pub(super) fn tail_leaves(rows: usize, width: usize) -> Leaves {
    let mut random = Random(11);
    let mut matrix = |rows: usize, columns: usize| {
        ([rows, columns], random.values(rows * columns, if rows == 1 { 1.0 } else { 2.0 / (columns as f64).sqrt() }))
    };
    let (h, f) = (width, 2 * width);
    let mut leaves = vec![matrix(rows, h), matrix(rows, h), matrix(h, h), matrix(1, h), matrix(1, h), matrix(1, h)];
    leaves.extend([matrix(h, f), matrix(1, f), matrix(f, h), matrix(1, h), matrix(1, h), matrix(1, h)]);
    leaves
}

pub(super) fn tail_params(leaves: &[Tensor<2>]) -> TailParams {
    let vector = |leaf: usize| leaves[leaf].clone().flatten::<1>(0, 1);
    let matrix = |leaf: usize| leaves[leaf].clone();
    TailParams {
        out_weight: matrix(2),
        out_bias: vector(3),
        gamma1: vector(4),
        beta1: vector(5),
        up_weight: matrix(6),
        up_bias: vector(7),
        down_weight: matrix(8),
        down_bias: vector(9),
        gamma2: vector(10),
        beta2: vector(11),
    }
}
