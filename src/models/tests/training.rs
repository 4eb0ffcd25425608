use super::super::{Ebt, End, Initial, Learner, Model, Progress, Recipe, Sample, Trainer, TrainingData};
use super::{graph, small};
use crate::domain::{Array, Weights};
use burn::tensor::Device;

fn sample(index: u64) -> Sample {
    let graph = graph(3 + u32::try_from(index % 9).unwrap(), index);
    // Something to learn: how many nodes have code 0.
    let zeros = graph.node.values.iter().filter(|&&code| code == 0).count();
    Sample { targets: vec![zeros as f32 - 1.0], graph }
}

fn data() -> TrainingData {
    TrainingData { train: (0..22).map(sample).collect(), validation: (100..109).map(sample).collect() }
}

fn recipe(epochs: u32) -> Recipe {
    Recipe { batch: 4, learning_rate: 5e-3, patience: 1, epochs, ..Recipe::of(&small(Ebt::Off)) }
}

fn trainer(epochs: u32) -> Trainer {
    Trainer::new(small(Ebt::Paper), recipe(epochs), (Initial::Framework, 7), data(), &Device::flex()).unwrap()
}

/// Steps until training is over; the history and all weights.
fn finish(mut trainer: Trainer) -> (Vec<super::super::EpochReport>, Weights, Weights, Weights) {
    while trainer.step().unwrap() != Progress::Finished {}
    (trainer.history().to_vec(), trainer.last_weights(), trainer.best_weights().unwrap(), trainer.state())
}

#[test]
fn training_lowers_the_loss_and_keeps_the_best_epoch() {
    let recipe = Recipe { learning_rate: 2e-2, patience: 10, ..recipe(25) };
    let (history, last, best, _) =
        finish(Trainer::new(small(Ebt::Paper), recipe, (Initial::Framework, 7), data(), &Device::flex()).unwrap());
    assert_eq!(history.len(), 25);
    assert!(history[24].train_loss < 0.7 * history[0].train_loss, "{history:?}");
    let lowest = history.iter().min_by(|a, b| a.validation_loss.total_cmp(&b.validation_loss)).unwrap();
    assert!(lowest.best);
    // Batches of 4, 4 and 1: the loss of an epoch is the mean of batch means.
    let validation = data().validation;
    let model = Model::from_weights(&best, &Device::flex()).unwrap();
    let mean: f64 = validation.chunks(4).map(|batch| model.evaluate(batch).unwrap().loss).sum::<f64>() / 3.0;
    assert!((mean - lowest.validation_loss).abs() < 1e-6);
    assert!(last.metadata["training"].contains("\"seed\":7"));
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one() {
    let whole = finish(trainer(4));
    // Six training batches and three validation batches make an epoch: interrupted in the middle of
    // training, between the two, in the middle of validation, at the boundary, and later.
    for stop in [2, 6, 7, 9, 20, 31] {
        let mut first = trainer(4);
        for _ in 0..stop {
            first.step().unwrap();
        }
        let state = first.state();
        drop(first);
        let resumed = Trainer::resume(&state, data(), &Device::flex()).unwrap();
        assert_eq!(resumed.state(), state, "stopped after {stop} steps");
        assert_eq!(finish(resumed), whole, "stopped after {stop} steps");
    }
}

#[test]
fn more_epochs_can_be_granted_afterwards() {
    let whole = finish(trainer(3));
    let mut first = trainer(2);
    while first.step().unwrap() != Progress::Finished {}
    first.set_length(3, 0);
    assert_eq!(first.epoch(), 3);
    assert_eq!(finish(first).1.arrays, whole.1.arrays);
}

#[test]
fn a_state_of_other_data_or_of_nothing_is_refused() {
    let mut first = trainer(2);
    first.step().unwrap();
    let state = first.state();
    let mut other = data();
    other.train[3].targets[0] += 1.0;
    let refused = |state: &Weights, data| Trainer::resume(state, data, &Device::flex()).unwrap_err().to_string();
    assert_eq!(refused(&state, other), "training cannot be resumed: it was training on other molecules or targets");
    assert!(refused(&first.last_weights(), data()).contains("no training state"));
    let mut cut = state;
    cut.arrays.remove("adam.mean.layers.0.q.weight");
    assert!(refused(&cut, data()).contains("adam.mean.layers.0.q.weight"));
}

#[test]
fn runaway_numbers_stop_training_and_keep_the_last_good_weights() {
    let mut trainer = trainer(5);
    for _ in 0..3 {
        trainer.step().unwrap();
    }
    let before = trainer.last_weights();
    for values in &mut trainer.learner.values {
        values.iter_mut().for_each(|value| *value *= 1e30);
    }
    let spoiled = trainer.last_weights();
    let error = trainer.step().unwrap_err();
    let said = error.to_string();
    assert!(said.contains("loss or gradient of epoch 1, batch 4 is not a finite number, first in the "), "{said}");
    assert_eq!(trainer.last_weights(), spoiled);
    assert_ne!(before, spoiled);
}

#[test]
fn the_layer_where_numbers_ran_away_first_is_named() {
    let spoil = |parts: &[&str], factor: f32| {
        let mut trainer = trainer(5);
        for part in parts {
            let place = trainer.learner.layout.names().position(|name| name == *part).unwrap();
            trainer.learner.values[place].iter_mut().for_each(|value| *value *= factor);
        }
        trainer.step().unwrap_err().to_string()
    };
    let cases: [(&[&str], &str); 5] = [
        (&["layers.1.q.weight", "layers.1.k.weight"], "the edge activations of layer 1"),
        (&["layers.0.v.weight", "layers.0.node.out.weight"], "the node rows after layer 0"),
        (&["layers.0.edge.ffn.up.weight", "layers.0.edge.ffn.down.weight"], "the edge rows after layer 0"),
        (&["readout.fc.1.weight", "readout.fc.2.weight"], "the readout"),
        // What comes forwards is finite, what goes back is too long to be squared.
        (&["readout.fc.2.weight"], "the gradient of the readout"),
    ];
    for (parts, place) in cases {
        let said = spoil(parts, 1e30);
        assert!(said.contains(&format!("first in {place};")), "{parts:?}: {said}");
    }
    assert!(spoil(&["layers.1.q.weight"], f32::NAN).contains("first in the weights layers.1.q.weight;"));
}

#[test]
fn an_early_stop_ends_training_and_can_be_taken_back() {
    // A learning rate too small to move anything: no epoch improves on the first.
    let recipe = Recipe { learning_rate: 1e-9, min_learning_rate: 0.0, patience: 50, early_stop: 3, ..recipe(30) };
    let mut stuck = Trainer::new(small(Ebt::Off), recipe, (Initial::Framework, 7), data(), &Device::flex()).unwrap();
    let mut best = 0;
    while stuck.step().unwrap() != Progress::Finished {
        best = stuck.history().iter().rev().find(|report| report.best).map_or(0, |report| report.epoch);
    }
    let trained = stuck.history().len();
    assert_eq!((trained, stuck.end()), (best as usize + 3, Some(End::EarlyStop)));
    assert!(trained < 30);
    stuck.set_length(30, 0);
    assert_eq!(stuck.end(), None);
    assert!(matches!(stuck.step().unwrap(), Progress::Trained { done: 1, .. }));
}

#[test]
fn gradient_norms_are_told_part_by_part() {
    let recipe = Recipe { batch: 100, ..recipe(1) };
    let new = || Trainer::new(small(Ebt::Paper), recipe.clone(), (Initial::Framework, 7), data(), &Device::flex());
    let mut learner = new().unwrap().learner;
    let order = new().unwrap().order;
    let train = data().train;
    let samples: Vec<&Sample> = order.iter().map(|&place| &train[place as usize]).collect();
    let lesson = learner.study(&samples).unwrap();
    let norm = |part: &str| {
        let named = learner.gradients(&lesson);
        let values = named.iter().filter(|(name, _)| name.starts_with(part)).flat_map(|(_, array)| &array.values);
        values.map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
    };
    let norms = &finish(new().unwrap()).0[0].gradients;
    assert_eq!(norms.layers.len(), 2);
    let pairs = [
        (norms.embedding, "embed"),
        (norms.layers[0], "layers.0."),
        (norms.layers[1], "layers.1."),
        (norms.readout, "readout."),
    ];
    for (found, part) in pairs {
        assert!(found > 0.0 && (found - norm(part)).abs() < 1e-9 * found, "{part}: {found}");
    }
}

#[test]
fn training_refuses_what_it_cannot_start_with() {
    let new = |recipe, data| {
        Trainer::new(small(Ebt::Off), recipe, (Initial::Framework, 1), data, &Device::flex()).unwrap_err().to_string()
    };
    assert!(new(recipe(1), TrainingData { train: vec![], ..data() }).contains("no training molecule"));
    assert!(new(recipe(1), TrainingData { validation: vec![], ..data() }).contains("no validation molecule"));
    assert!(new(Recipe { batch: 0, ..recipe(1) }, data()).contains("`batch` is 0"));
    let mut nan = data();
    nan.validation[0].targets[0] = f32::INFINITY;
    assert!(new(recipe(1), nan).contains("target"));
}

#[test]
fn the_learning_rate_halves_after_waiting_too_long_and_training_ends_when_it_is_tiny() {
    // A learning rate too small to move anything: no epoch improves on the first by 1e-4.
    let recipe = Recipe { learning_rate: 1e-9, min_learning_rate: 3e-10, ..recipe(100) };
    let trainer = Trainer::new(small(Ebt::Off), recipe, (Initial::Framework, 7), data(), &Device::flex()).unwrap();
    let mut frozen = trainer;
    // Running statistics would still drift, so validate on the base state of norm statistics.
    let start = frozen.learner.values.clone();
    let roles: Vec<_> = frozen.learner.layout.roles().collect();
    let mut rates = Vec::new();
    loop {
        for ((values, start), role) in frozen.learner.values.iter_mut().zip(&start).zip(&roles) {
            if *role == super::super::parameters::Role::Running {
                values.clone_from(start);
            }
        }
        match frozen.step().unwrap() {
            Progress::Epoch(report) => rates.push(report.learning_rate),
            Progress::Finished => break,
            _ => {}
        }
    }
    // Patience 1: the first epoch sets the mark, one is tolerated, the next halves.
    assert_eq!(rates, [1e-9, 1e-9, 1e-9, 5e-10, 5e-10]);
}

#[test]
fn one_row_keeps_the_variance_and_gives_numbers() {
    let weights = Model::init(small(Ebt::Paper), Initial::Framework, 3, &Device::flex()).unwrap().to_weights();
    let mut learner = Learner::new(&weights, &Device::flex()).unwrap();
    let mut lone = sample(1);
    lone.graph.node.values.truncate(1);
    lone.graph.edges = crate::domain::EdgeList::default();
    lone.graph.edge.values.clear();
    let lesson = learner.study(&[&lone]).unwrap();
    assert!(lesson.is_safe(), "{lesson:?}");
    learner.apply(&lesson, 1e-3);
    let after = learner.weights().arrays;
    assert_eq!(after["layers.0.node.bn1.running_var"].values, vec![1.0; 8]);
    assert_ne!(after["layers.0.node.bn1.running_mean"], weights.arrays["layers.0.node.bn1.running_mean"]);
    // No edge, so the edge tail did not run.
    assert_eq!(after["layers.0.edge.bn1.running_mean"], weights.arrays["layers.0.edge.bn1.running_mean"]);
}

#[test]
fn gradients_agree_with_finite_differences() {
    let weights = Model::init(small(Ebt::Paper), Initial::Framework, 11, &Device::flex()).unwrap().to_weights();
    let samples: Vec<Sample> = (0..5).map(sample).collect();
    let samples: Vec<&Sample> = samples.iter().collect();
    let mut learner = Learner::new(&weights, &Device::flex()).unwrap();
    let lesson = learner.study(&samples).unwrap();
    let gradients = learner.gradients(&lesson);
    let mut checked = 0;
    for (name, Array { values: gradient, .. }) in &gradients {
        let index = (0..gradient.len()).max_by(|&a, &b| gradient[a].abs().total_cmp(&gradient[b].abs())).unwrap();
        // Below this, the difference of two losses is rounding.
        if gradient[index].abs() < 5e-3 {
            continue;
        }
        checked += 1;
        let loss_at = |offset: f32| {
            let mut moved = weights.clone();
            moved.arrays.get_mut(name).unwrap().values[index] += offset;
            f64::from(Learner::new(&moved, &Device::flex()).unwrap().study(&samples).unwrap().loss)
        };
        let step = 1e-3;
        let slope = (loss_at(step) - loss_at(-step)) / (2.0 * f64::from(step));
        let deviation = (slope - f64::from(gradient[index])).abs();
        let by_gradient = gradient[index];
        assert!(
            deviation < 0.03 * slope.abs() + 3e-4,
            "{name}[{index}]: {by_gradient} by gradient, {slope} by difference"
        );
    }
    assert!(checked >= 15, "only {checked} tensors have a gradient large enough to compare");
}

#[test]
fn every_mode_learns_and_resumes_exactly() {
    for spec in super::every_mode() {
        let prepare = |mut sample: Sample| {
            sample.graph = spec.complete(sample.graph, usize::MAX).unwrap();
            sample
        };
        let data = || TrainingData {
            train: (0..8).map(|index| prepare(self::sample(index))).collect(),
            validation: (100..103).map(|index| prepare(self::sample(index))).collect(),
        };
        let recipe = Recipe { dropout: 0.3, ..recipe(3) };
        let new = || Trainer::new(spec.clone(), recipe.clone(), (Initial::Framework, 7), data(), &Device::flex());
        let whole = finish(new().unwrap());
        assert!(whole.0.iter().all(|report| report.train_loss.is_finite()), "{spec:?}");
        let mut first = new().unwrap();
        for _ in 0..4 {
            first.step().unwrap();
        }
        let resumed = Trainer::resume(&first.state(), data(), &Device::flex()).unwrap();
        assert_eq!(finish(resumed), whole, "{spec:?}");
    }
}

#[test]
fn labels_with_gaps_are_learned() {
    let spec = super::ModelSpec { outputs: 2, task: super::super::Task::GraphLabels, ..small(Ebt::Off) };
    // Whether an atom has code 0, and a label that is known of every third graph only.
    let sample = |index: u64| {
        let graph = graph(3 + u32::try_from(index % 9).unwrap(), index);
        let first = f32::from(u8::from(graph.node.values.contains(&0)));
        let second =
            if index.is_multiple_of(3) { f32::from(u8::from(graph.node.values.contains(&1))) } else { f32::NAN };
        Sample { targets: vec![first, second], graph }
    };
    let data = TrainingData { train: (0..40).map(sample).collect(), validation: (0..20).map(sample).collect() };
    let recipe = Recipe { learning_rate: 1e-2, patience: 30, ..recipe(20) };
    let trainer = Trainer::new(spec, recipe, (Initial::Framework, 7), data, &Device::flex()).unwrap();
    let (history, ..) = finish(trainer);
    let (first, last) = (&history[0], &history[19]);
    assert!(last.train_loss < 0.7 * first.train_loss, "{history:?}");
    let auc = |report: &super::super::EpochReport| report.validation_auc.unwrap();
    assert!(auc(first) < 0.6 && history.iter().map(auc).fold(0.0, f64::max) > 0.9, "{history:?}");
}

#[test]
fn gradients_of_every_mode_agree_with_finite_differences() {
    for spec in super::every_mode() {
        let weights = Model::init(spec.clone(), Initial::Framework, 11, &Device::flex()).unwrap().to_weights();
        let samples: Vec<Sample> = (0..4)
            .map(sample)
            .map(|sample| Sample { graph: spec.complete(sample.graph, usize::MAX).unwrap(), ..sample })
            .collect();
        let samples: Vec<&Sample> = samples.iter().collect();
        let learner = |weights: &Weights| Learner::new(weights, &Device::flex()).unwrap().with_randomness(0.2, 5);
        let mut first = learner(&weights);
        let lesson = first.study(&samples).unwrap();
        // Along the gradient itself: one number for all tensors at once.
        let gradients = first.gradients(&lesson);
        let norm = gradients.values().flat_map(|array| &array.values).map(|g| f64::from(g * g)).sum::<f64>().sqrt();
        let loss_at = |offset: f64| {
            let mut moved = weights.clone();
            for (name, gradient) in &gradients {
                let values = &mut moved.arrays.get_mut(name).unwrap().values;
                for (value, gradient) in values.iter_mut().zip(&gradient.values) {
                    *value += (offset * f64::from(*gradient) / norm) as f32;
                }
            }
            f64::from(learner(&moved).study(&samples).unwrap().loss)
        };
        let slope = (loss_at(1e-3) - loss_at(-1e-3)) / 2e-3;
        assert!((slope / norm - 1.0).abs() < 0.03, "{spec:?}: slope {slope}, norm of the gradient {norm}");
    }
}

#[test]
fn eigenvectors_change_their_signs_in_training_only() {
    let predict = |encoding, seed| {
        let spec = super::ModelSpec { encoding, ..small(Ebt::Off) };
        let samples: Vec<Sample> = (0..6)
            .map(sample)
            .map(|sample| Sample { graph: spec.complete(sample.graph, usize::MAX).unwrap(), ..sample })
            .collect();
        let model = Model::init(spec, Initial::Framework, 3, &Device::flex()).unwrap();
        let mut learner = Learner::new(&model.to_weights(), &Device::flex()).unwrap().with_randomness(0.0, seed);
        let trained = learner.study(&samples.iter().collect::<Vec<_>>()).unwrap().predictions;
        (trained, model.evaluate(&samples).unwrap().loss)
    };
    let laplacian = super::Encoding::LAPLACIAN;
    let (first, second) = (predict(laplacian, 1), predict(laplacian, 2));
    assert_eq!(predict(laplacian, 1), first);
    assert_ne!(first.0, second.0);
    assert!((first.1 - second.1).abs() < 1e-12);
    assert_eq!(predict(super::Encoding::RANDOM_WALK, 1).0, predict(super::Encoding::RANDOM_WALK, 2).0);
}
