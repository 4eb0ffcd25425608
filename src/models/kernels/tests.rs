//! The fused kernels against their plain definition, against finite differences, and against themselves on other
//! numbers of threads.

use std::sync::Arc;

use burn::tensor::{DType, Device, Tensor, TensorData};
use proptest::prelude::*;

use super::{Place, TailParams, Topology, edge_aggregate, edge_score, place, plain, tail_eval, tail_train};

/// Reproducible numbers in -1..1 (SplitMix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> u32 {
        u32::try_from(self.bits() % end as u64).unwrap()
    }

    fn values(&mut self, count: usize, scale: f64) -> Vec<f64> {
        // Rounded to single precision, so that both precisions start from the same numbers.
        (0..count).map(|_| f64::from(((self.bits() >> 11) as f64 / (1u64 << 52) as f64 - 1.0) as f32) * scale).collect()
    }
}

#[derive(Debug, Clone, Copy)]
struct Case {
    nodes: usize,
    edges: usize,
    heads: usize,
    channels: usize,
    /// Size of the score inputs; large ones saturate the clamp.
    scale: f64,
}

impl Case {
    const fn new(nodes: usize, edges: usize, heads: usize, channels: usize, scale: f64) -> Self {
        Self { nodes, edges, heads, channels, scale }
    }

    fn width(&self) -> usize {
        self.heads * self.channels
    }

    /// Random directed edges among the first three quarters of the nodes: the others are isolated.
    fn topology(&self) -> Arc<Topology> {
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
const CASES: [Case; 10] = [
    Case::new(1, 0, 2, 4, 1.0),
    Case::new(1, 1, 1, 8, 1.0),
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
type Function<'a> = &'a dyn Fn(&[Tensor<2>]) -> Tensor<2>;

/// Input matrices: shape and values.
type Leaves = Vec<([usize; 2], Vec<f64>)>;

fn leaf(shape: [usize; 2], values: &[f64], device: &Device, dtype: DType) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), (device, dtype))
}

/// Result of `function`, and the gradients of a fixed random combination of its elements by every leaf.
fn run(function: Function<'_>, leaves: &Leaves) -> Vec<Vec<f64>> {
    let device = Device::flex().autodiff();
    let leaves: Vec<_> =
        leaves.iter().map(|(shape, values)| leaf(*shape, values, &device, DType::F32).require_grad()).collect();
    let out = function(&leaves);
    let weights = leaf(out.dims(), &combination(out.dims()), &device, DType::F32);
    let grads = (out.clone() * weights).sum().backward();
    let mut found = vec![numbers(out)];
    found.extend(leaves.iter().map(|leaf| numbers(leaf.grad(&grads).unwrap_or_else(|| leaf.zeros_like()))));
    found
}

fn combination([rows, columns]: [usize; 2]) -> Vec<f64> {
    Random(99).values(rows * columns, 1.0)
}

fn numbers(tensor: Tensor<2>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn norm(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Relative L2 distance of `found` from `expected`; a gradient that cancels to nearly nothing is measured by `floor`.
fn distance(found: &[f64], expected: &[f64], floor: f64) -> f64 {
    assert_eq!(found.len(), expected.len());
    let difference = norm(found.iter().zip(expected).map(|(a, b)| a - b));
    difference / norm(expected.iter().copied()).max(floor).max(1e-30)
}

/// Asserts that two computations agree: results to 1e-5, every gradient to 1e-4.
fn assert_same(fused: Function<'_>, plain: Function<'_>, leaves: &Leaves, case: Case) {
    let (found, expected) = (run(fused, leaves), run(plain, leaves));
    // Gradients that cancel (a bias in front of a norm) keep a rounding trace of the size of the others.
    let floor = 1e-2 * expected[1..].iter().map(|part| norm(part.iter().copied())).fold(0.0, f64::max);
    for (part, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let limit = if part == 0 { 1e-5 } else { 1e-4 };
        let distance = distance(found, expected, if part == 0 { 0.0 } else { floor });
        assert!(distance < limit, "{case:?}, part {part} (0 is the result, then leaves): {distance:e}");
    }
}

fn score_leaves(case: Case, bias: bool) -> Leaves {
    let Case { nodes, edges, scale, .. } = case;
    let mut random = Random(3);
    let mut matrix = |rows| ([rows, case.width()], random.values(rows * case.width(), scale));
    let mut leaves = vec![matrix(nodes), matrix(nodes), matrix(edges)];
    leaves.extend(bias.then(|| matrix(nodes)));
    leaves
}

fn check_score(case: Case, bias: bool) {
    let topology = case.topology();
    let fused = |l: &[Tensor<2>]| {
        edge_score(l[0].clone(), l[1].clone(), l[2].clone(), l.get(3).cloned(), &topology, case.heads)
    };
    let reference = |l: &[Tensor<2>]| {
        plain::edge_score(l[0].clone(), l[1].clone(), l[2].clone(), l.get(3).cloned(), &topology, case.heads)
    };
    assert_same(&fused, &reference, &score_leaves(case, bias), case);
}

fn check_aggregate(case: Case) {
    let topology = case.topology();
    let mut random = Random(5);
    let leaves = vec![
        ([case.nodes, case.width()], random.values(case.nodes * case.width(), 1.0)),
        ([case.edges, case.width()], random.values(case.edges * case.width(), case.scale)),
    ];
    let fused = |l: &[Tensor<2>]| edge_aggregate(l[1].clone(), l[0].clone(), &topology, case.heads);
    let reference = |l: &[Tensor<2>]| plain::edge_aggregate(l[1].clone(), l[0].clone(), &topology, case.heads);
    assert_same(&fused, &reference, &leaves, case);
}

/// Leaves of a tail: rows, attention, then the parameters in the order of [`TailParams`].
fn tail_leaves(rows: usize, width: usize) -> Leaves {
    let mut random = Random(11);
    let mut matrix = |rows: usize, columns: usize| {
        ([rows, columns], random.values(rows * columns, if rows == 1 { 1.0 } else { 2.0 / (columns as f64).sqrt() }))
    };
    let (h, f) = (width, 2 * width);
    let mut leaves = vec![matrix(rows, h), matrix(rows, h), matrix(h, h), matrix(1, h), matrix(1, h), matrix(1, h)];
    leaves.extend([matrix(h, f), matrix(1, f), matrix(f, h), matrix(1, h), matrix(1, h), matrix(1, h)]);
    leaves
}

fn tail_params(leaves: &[Tensor<2>]) -> TailParams {
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

fn check_tail(case: Case) {
    let leaves = tail_leaves(case.nodes, case.width());
    let fused = |l: &[Tensor<2>]| tail_train(l[0].clone(), l[1].clone(), tail_params(l)).0;
    let reference = |l: &[Tensor<2>]| plain::tail_train(l[0].clone(), l[1].clone(), tail_params(l), 0.0).0;
    assert_same(&fused, &reference, &leaves, case);
}

#[test]
fn the_backend_decides_who_computes() {
    let flex = Device::flex();
    let at = |device: &Device, dtype| place(&leaf([1, 1], &[1.0], device, dtype));
    assert_eq!(at(&flex, DType::F32), Place::Flex);
    assert_eq!(at(&flex.clone().autodiff(), DType::F32), Place::FlexAutodiff);
    assert_eq!(at(&flex, DType::F64), Place::Other);
}

#[test]
fn fused_score_is_the_plain_score() {
    for case in CASES {
        check_score(case, false);
        check_score(case, true);
    }
}

#[test]
fn fused_aggregation_is_the_plain_aggregation() {
    CASES.into_iter().for_each(check_aggregate);
}

#[test]
fn fused_tail_is_the_plain_tail() {
    CASES.into_iter().for_each(check_tail);
}

#[test]
fn batch_statistics_are_the_plain_ones_and_carry_no_gradient() {
    for rows in [1, 2, 700] {
        let device = Device::flex().autodiff();
        let leaves: Vec<_> =
            tail_leaves(rows, 24).iter().map(|(s, v)| leaf(*s, v, &device, DType::F32).require_grad()).collect();
        let fused = tail_train(leaves[0].clone(), leaves[1].clone(), tail_params(&leaves)).1;
        let reference = plain::tail_train(leaves[0].clone(), leaves[1].clone(), tail_params(&leaves), 0.0).1;
        assert_eq!(fused.dims(), [4, 24]);
        assert!(distance(&numbers(fused.clone()), &numbers(reference), 0.0) < 1e-5);
        assert!(!fused.is_require_grad());
    }
}

#[test]
fn batches_of_one_row_and_of_none_are_defined() {
    for device in [Device::flex(), Device::flex().autodiff()] {
        for rows in [1, 0] {
            let leaves: Vec<_> = tail_leaves(rows, 8).iter().map(|(s, v)| leaf(*s, v, &device, DType::F32)).collect();
            let beta2 = numbers(leaves[11].clone());
            let fused = tail_train(leaves[0].clone(), leaves[1].clone(), tail_params(&leaves));
            let plain = plain::tail_train(leaves[0].clone(), leaves[1].clone(), tail_params(&leaves), 0.0);
            for (y, statistics) in [fused, plain] {
                assert_eq!((y.dims(), statistics.dims()), ([rows, 8], [4, 8]));
                let (y, statistics) = (numbers(y), numbers(statistics));
                assert_eq!(y, beta2[..rows * 8]);
                assert!(statistics.iter().all(|value| value.is_finite()));
                assert!(statistics[8..16].iter().chain(&statistics[24..]).all(|&variance| variance == 0.0));
            }
        }
    }
}

#[test]
fn fused_evaluation_is_the_plain_one_and_differentiable_through_it() {
    for rows in [0, 1, 25, 52, 1100] {
        for width in [8, 56, 64] {
            let mut leaves = tail_leaves(rows, width);
            let running = Random(13).values(4 * width, 1.0);
            // Variances are positive.
            leaves.push((
                [4, width],
                running.iter().enumerate().map(|(i, v)| if i / width % 2 == 1 { v.abs() + 0.1 } else { *v }).collect(),
            ));
            let at =
                |device: &Device| -> Vec<_> { leaves.iter().map(|(s, v)| leaf(*s, v, device, DType::F32)).collect() };
            let eval = |l: &[Tensor<2>]| tail_eval(l[0].clone(), l[1].clone(), tail_params(l), l[12].clone());
            let l = at(&Device::flex());
            let fused = numbers(eval(&l));
            let expected = plain::tail_eval(l[0].clone(), l[1].clone(), tail_params(&l), l[12].clone());
            assert!(distance(&fused, &numbers(expected), 0.0) < 1e-5, "{rows} rows of {width}");

            let l = at(&Device::flex().autodiff());
            let x = l[0].clone().require_grad();
            let tracked = tail_eval(x.clone(), l[1].clone(), tail_params(&l), l[12].clone());
            assert!(distance(&fused, &numbers(tracked.clone()), 0.0) < 1e-5);
            let grads = tracked.sum().backward();
            assert_eq!(x.grad(&grads).map(|grad| grad.dims()), Some([rows, width]));
        }
    }
}

/// A whole layer's chain: score, aggregation and both tails, from 3 leaves of the attention and 10 parameters.
fn layer(fused: bool, l: &[Tensor<2>], topology: &Arc<Topology>, heads: usize) -> Tensor<2> {
    let [q, k, p] = [&l[0], &l[1], &l[12]].map(Clone::clone);
    let params = tail_params(l);
    let (node, edge) = if fused {
        let score = edge_score(q.clone(), k.clone(), p.clone(), Some(k.clone()), topology, heads);
        let node = edge_aggregate(score.clone(), q.clone(), topology, heads);
        (tail_train(k, node, params.clone()).0, tail_train(p, score, params).0)
    } else {
        let score = plain::edge_score(q.clone(), k.clone(), p.clone(), Some(k.clone()), topology, heads);
        let node = plain::edge_aggregate(score.clone(), q.clone(), topology, heads);
        (plain::tail_train(k, node, params.clone(), 0.0).0, plain::tail_train(p, score, params, 0.0).0)
    };
    Tensor::cat(vec![node, edge], 0)
}

fn layer_leaves(case: Case) -> Leaves {
    let mut leaves = tail_leaves(case.nodes, case.width());
    leaves.push(([case.edges, case.width()], Random(17).values(case.edges * case.width(), 1.0)));
    leaves
}

#[test]
fn gradients_are_finite_differences() {
    let case = Case::new(6, 9, 2, 3, 1.0);
    let (topology, leaves) = (case.topology(), layer_leaves(case));
    let gradients = run(&|l| layer(true, l, &topology, case.heads), &leaves);
    let device = Device::flex();
    let loss = |leaves: &Leaves| {
        let l: Vec<_> = leaves.iter().map(|(s, v)| leaf(*s, v, &device, DType::F64)).collect();
        let out = layer(false, &l, &topology, case.heads);
        let weights = combination(out.dims());
        numbers(out).iter().zip(weights).map(|(out, weight)| out * weight).sum::<f64>()
    };
    let step = 1e-6;
    for (part, gradient) in gradients[1..].iter().enumerate() {
        let differences: Vec<f64> = (0..gradient.len())
            .map(|element| {
                let shifted = |by: f64| {
                    let mut leaves = leaves.clone();
                    leaves[part].1[element] += by;
                    loss(&leaves)
                };
                (shifted(step) - shifted(-step)) / (2.0 * step)
            })
            .collect();
        let distance = distance(gradient, &differences, 0.1);
        assert!(distance < 2e-4, "leaf {part}: {distance:e}");
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let case = Case::new(1700, 3600, 4, 6, 1.0);
    let (topology, leaves) = (case.topology(), layer_leaves(case));
    let bits = |threads: usize| -> Vec<Vec<u64>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| run(&|l| layer(true, l, &topology, case.heads), &leaves));
        found.iter().map(|part| part.iter().map(|value| value.to_bits()).collect()).collect()
    };
    let one = bits(1);
    assert!(one.iter().all(|part| !part.is_empty()));
    assert!(one == bits(2) && one == bits(4));
}

/// Other tests may run on the narrower set meanwhile: they must pass on every set anyway.
#[test]
#[cfg(target_arch = "x86_64")]
fn every_instruction_set_gives_the_same_numbers() {
    use super::simd::{Level, forced, level};

    let case = Case::new(25, 52, 8, 8, 1.0);
    let (topology, leaves) = (case.topology(), layer_leaves(case));
    let run = || run(&|l| layer(true, l, &topology, case.heads), &leaves);
    let (own, expected) = (level(), run());
    for narrower in
        [Level::Avx2, Level::Portable].into_iter().filter(|&narrower| own != Level::Portable && narrower != own)
    {
        forced::set(Some(narrower));
        let found = run();
        forced::set(None);
        assert!(found == expected, "{narrower:?}");
    }
}

#[test]
fn dropout_exists_in_training_only() {
    let leaves = tail_leaves(20, 8);
    let tail = |device: &Device, dropout| {
        let l: Vec<_> = leaves.iter().map(|(s, v)| leaf(*s, v, device, DType::F32)).collect();
        numbers(plain::tail_train(l[0].clone(), l[1].clone(), tail_params(&l), dropout).0)
    };
    let (device, training) = (Device::flex(), Device::flex().autodiff());
    assert_eq!(tail(&device, 0.5), tail(&device, 0.0));
    assert_eq!(tail(&training, 0.0), tail(&device, 0.0));
    assert!(distance(&tail(&training, 0.5), &tail(&training, 0.0), 0.0) > 0.1);
}

#[test]
fn gradient_checkpointing_changes_nothing() {
    let case = Case::new(25, 52, 8, 8, 1.0);
    let (topology, leaves) = (case.topology(), layer_leaves(case));
    let gradient = |device: &Device| {
        let l: Vec<_> = leaves.iter().map(|(s, v)| leaf(*s, v, device, DType::F32).require_grad()).collect();
        let grads = layer(true, &l, &topology, case.heads).square().sum().backward();
        numbers(l[0].grad(&grads).unwrap())
    };
    let device = Device::flex().autodiff();
    assert_eq!(gradient(&device), gradient(&device.clone().gradient_checkpointing()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn fused_is_plain_on_any_graph(
        nodes in 1_usize..40, edges in 0_usize..90, heads in 1_usize..9, channels in 1_usize..12, scale in 0.2_f64..6.0,
    ) {
        let case = Case::new(nodes, edges, heads, channels, scale);
        check_score(case, true);
        check_aggregate(case);
        check_tail(Case { nodes: nodes + 2, ..case });
    }
}
