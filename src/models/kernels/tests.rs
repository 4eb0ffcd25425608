//! The fused kernels against their plain definition, against finite differences, and against themselves on other
//! numbers of threads.

mod support;
mod variant;

use std::sync::Arc;

use burn::tensor::{DType, Device, Tensor};
use proptest::prelude::*;

use self::support::{
    CASES, Case, Function, Leaves, Random, combination, distance, leaf, norm, numbers, run, tail_leaves, tail_params,
};
use self::variant::Variant;
use super::{Dropout, Edges, Mode, Place, Topology, attention, place, plain, tail_eval, tail_train};

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

fn check_attention(case: Case, variant: Variant) {
    let (topology, mode) = (case.topology(), variant.mode(case));
    let both =
        |found: super::Attention| Tensor::cat([Some(found.node), found.score].into_iter().flatten().collect(), 0);
    let fused = |l: &[Tensor<2>]| {
        let (x, edges, params) = variant.arguments(case, l);
        both(attention(x, edges, &params, &topology, mode))
    };
    let reference = |l: &[Tensor<2>]| {
        let (x, edges, params) = variant.arguments(case, l);
        both(plain::attention(x, edges, &params, &topology, mode))
    };
    assert_same(&fused, &reference, &variant.leaves(case), case);
}

fn check_tail(case: Case) {
    let leaves = tail_leaves(case.nodes, case.width());
    // Over two or three rows a norm's gradient is nothing but cancellation, and dropout leaves less still.
    let enough = case.nodes > 8;
    for dropout in [None, enough.then_some([Dropout { rate: 0.5, seed: 1 }, Dropout { rate: 0.25, seed: 1 << 33 }])] {
        let fused = |l: &[Tensor<2>]| tail_train(l[0].clone(), l[1].clone(), tail_params(l), dropout).0;
        let reference = |l: &[Tensor<2>]| plain::tail_train(l[0].clone(), l[1].clone(), tail_params(l), dropout).0;
        assert_same(&fused, &reference, &leaves, case);
    }
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
fn fused_attention_is_the_plain_attention_in_every_mode() {
    for case in CASES {
        Variant::ALL.into_iter().for_each(|variant| check_attention(case, variant));
    }
}

#[test]
fn what_is_recorded_is_the_plain_record() {
    let case = Case::new(30, 61, 8, 7, 1.0);
    for variant in Variant::ALL {
        let (topology, leaves) = (case.topology(), variant.leaves(case));
        let mode = Mode { keep_all: true, ..variant.mode(case) };
        for device in [Device::flex(), Device::flex().autodiff()] {
            let l: Vec<_> = leaves.iter().map(|(s, v)| leaf(*s, v, &device, DType::F32)).collect();
            let (x, edges, params) = variant.arguments(case, &l);
            let found = attention(x.clone(), edges.clone(), &params, &topology, mode);
            let expected = plain::attention(x, edges, &params, &topology, mode);
            assert_eq!(found.logit.is_some(), variant == Variant::ByTarget);
            let all = |attention: super::Attention| -> Vec<Tensor<2>> {
                let super::Attention { node, score, logit, projections } = attention;
                [Some(node), score, logit].into_iter().flatten().chain(projections.into_iter().flatten()).collect()
            };
            let (found, expected) = (all(found), all(expected));
            assert_eq!(found.len(), expected.len());
            for (part, (found, expected)) in found.into_iter().zip(expected).enumerate() {
                assert_eq!(found.dims(), expected.dims(), "{variant:?}, part {part}");
                assert!(distance(&numbers(found), &numbers(expected)) < 1e-5, "{variant:?}, part {part}");
            }
        }
    }
}

#[test]
fn weights_by_target_pass_nothing_to_keys_edges_and_their_bias() {
    let case = Case::new(25, 52, 4, 6, 1.0);
    let (topology, variant) = (case.topology(), Variant::ByTarget);
    let device = Device::flex().autodiff();
    let leaves = variant.leaves(case);
    let l: Vec<_> = leaves.iter().map(|(s, v)| leaf(*s, v, &device, DType::F32).require_grad()).collect();
    let (x, edges, params) = variant.arguments(case, &l);
    // Rows that are themselves computed must not be asked for a gradient that nobody sends.
    let edges = Edges { rows: edges.rows * 2.0, ..edges };
    let found = attention(x, edges, &params, &topology, variant.mode(case));
    let grads = found.node.square().sum().backward();
    let reached: Vec<bool> = l.iter().map(|leaf| leaf.grad(&grads).is_some()).collect();
    let [x, rows, q, q_bias, k, k_bias, v, v_bias, e, e_bias, ebt_k, ebt_e, ebt_v] = reached[..] else { panic!() };
    assert!(x && q && q_bias && v && v_bias && ebt_k && ebt_v);
    assert!(!rows && !k && !k_bias && !e && !e_bias && !ebt_e);
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
        let fused = tail_train(leaves[0].clone(), leaves[1].clone(), tail_params(&leaves), None).1;
        let reference = plain::tail_train(leaves[0].clone(), leaves[1].clone(), tail_params(&leaves), None).1;
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
            let fused = tail_train(leaves[0].clone(), leaves[1].clone(), tail_params(&leaves), None);
            let plain = plain::tail_train(leaves[0].clone(), leaves[1].clone(), tail_params(&leaves), None);
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

/// A whole layer: attention and both tails.
fn layer(fused: bool, variant: Variant, l: &[Tensor<2>], case: Case, topology: &Arc<Topology>) -> Tensor<2> {
    let (params, tails) = (tail_params(l), 12);
    let (x, edges, maps) = variant.arguments(case, &l[tails..]);
    let rows = edges.rows.clone();
    let dropout = Some([Dropout { rate: 0.5, seed: 4 }, Dropout { rate: 0.1, seed: 5 }]);
    let mode = variant.mode(case);
    let (node, edge) = if fused {
        let super::Attention { node, score, .. } = attention(x.clone(), edges, &maps, topology, mode);
        let node = tail_train(x, node, params.clone(), dropout).0;
        (node, score.map(|score| tail_train(rows, score, params, dropout).0))
    } else {
        let super::Attention { node, score, .. } = plain::attention(x.clone(), edges, &maps, topology, mode);
        let node = plain::tail_train(x, node, params.clone(), dropout).0;
        (node, score.map(|score| plain::tail_train(rows, score, params, dropout).0))
    };
    Tensor::cat([Some(node), edge].into_iter().flatten().collect(), 0)
}

fn layer_leaves(case: Case, variant: Variant) -> Leaves {
    let mut leaves = tail_leaves(case.nodes, case.width());
    leaves.extend(variant.leaves(case));
    leaves
}

#[test]
fn gradients_are_finite_differences() {
    let case = Case::new(6, 9, 2, 3, 1.0);
    let (variant, topology) = (Variant::Explicit, case.topology());
    let leaves = layer_leaves(case, variant);
    let gradients = run(&|l| layer(true, variant, l, case, &topology), &leaves, DType::F32);
    let device = Device::flex();
    let loss = |leaves: &Leaves| {
        let l: Vec<_> = leaves.iter().map(|(s, v)| leaf(*s, v, &device, DType::F64)).collect();
        let out = layer(false, variant, &l, case, &topology);
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
    let (variant, topology) = (Variant::Explicit, case.topology());
    let leaves = layer_leaves(case, variant);
    let bits = |threads: usize| -> Vec<Vec<u64>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| run(&|l| layer(true, variant, l, case, &topology), &leaves, DType::F32));
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
    let (variant, topology) = (Variant::Explicit, case.topology());
    let leaves = layer_leaves(case, variant);
    let run = || run(&|l| layer(true, variant, l, case, &topology), &leaves, DType::F32);
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
fn gradient_checkpointing_changes_nothing() {
    let case = Case::new(25, 52, 8, 8, 1.0);
    let (variant, topology) = (Variant::Explicit, case.topology());
    let leaves = layer_leaves(case, variant);
    let gradient = |device: &Device| {
        let l: Vec<_> = leaves.iter().map(|(s, v)| leaf(*s, v, device, DType::F32).require_grad()).collect();
        let grads = layer(true, variant, &l, case, &topology).square().sum().backward();
        numbers(l[12].grad(&grads).unwrap())
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
        Variant::ALL.into_iter().for_each(|variant| check_attention(case, variant));
        // Over two or three rows a norm's gradient is nothing but cancellation; the fixed cases have such batches.
        check_tail(Case { nodes: nodes + 8, channels: channels + 7, ..case });
    }
}
