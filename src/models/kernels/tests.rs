//! The fused kernels against their plain definition, against finite differences, and against themselves on other
//! numbers of threads.

mod support;

use std::sync::Arc;

use burn::tensor::{DType, Device, Tensor};
use proptest::prelude::*;

use self::support::{
    CASES, Case, Function, Leaves, Random, combination, distance, leaf, norm, numbers, run, tail_leaves, tail_params,
};
use super::{Place, Topology, edge_aggregate, edge_score, place, plain, tail_eval, tail_train};

/// Asserts that `fused` agrees with `plain` in double precision: result to 1e-5, every gradient to 1e-4.
///
/// Where a gradient is nearly all cancellation (a bias in front of a norm has none, rounding leaves a trace), single
/// precision cannot do that; then `fused` may be off by a few times what `plain` itself is off by in single precision.
fn assert_same(fused: Function<'_>, plain: Function<'_>, leaves: &Leaves, case: Case) {
    let (found, rounded) = (run(fused, leaves, DType::F32), run(plain, leaves, DType::F32));
    let expected = run(plain, leaves, DType::F64);
    let largest = expected[1..].iter().map(|part| norm(part.iter().copied())).fold(0.0, f64::max);
    for (part, expected) in expected.iter().enumerate() {
        let error = |found: &[f64]| norm(found.iter().zip(expected).map(|(a, b)| a - b));
        assert_eq!(found[part].len(), expected.len(), "{case:?}, part {part}");
        let (limit, trace) = if part == 0 { (1e-5, 0.0) } else { (1e-4, 5e-6 * largest) };
        let allowed = (limit * norm(expected.iter().copied())).max(trace).max(8.0 * error(&rounded[part]));
        let error = error(&found[part]);
        assert!(error <= allowed, "{case:?}, part {part} (0 is the result, then leaves): {error:e} > {allowed:e}");
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
        assert!(distance(&numbers(fused.clone()), &numbers(reference)) < 1e-5);
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
            assert!(distance(&fused, &numbers(expected)) < 1e-5, "{rows} rows of {width}");

            let l = at(&Device::flex().autodiff());
            let x = l[0].clone().require_grad();
            let tracked = tail_eval(x.clone(), l[1].clone(), tail_params(&l), l[12].clone());
            assert!(distance(&fused, &numbers(tracked.clone())) < 1e-5);
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
    let gradients = run(&|l| layer(true, l, &topology, case.heads), &leaves, DType::F32);
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
        let error = norm(gradient.iter().zip(&differences).map(|(a, b)| a - b));
        let allowed = 2e-4 * norm(differences).max(0.1);
        assert!(error < allowed, "leaf {part}: {error:e}");
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let case = Case::new(1700, 3600, 4, 6, 1.0);
    let (topology, leaves) = (case.topology(), layer_leaves(case));
    let bits = |threads: usize| -> Vec<Vec<u64>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| run(&|l| layer(true, l, &topology, case.heads), &leaves, DType::F32));
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
    let run = || run(&|l| layer(true, l, &topology, case.heads), &leaves, DType::F32);
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
    assert!(distance(&tail(&training, 0.5), &tail(&training, 0.0)) > 0.1);
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
        // Over two or three rows a norm's gradient is nothing but cancellation; the fixed cases have such batches.
        check_tail(Case { nodes: nodes + 8, channels: channels + 7, ..case });
    }
}
