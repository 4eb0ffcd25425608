//! What a sweep over molecules gathers of one state of a model (`base` or `trained`): the numbers behind figures 1 to 4.
//!
//! A molecule is one batch, whatever it was computed with: its edges enter in molecule order, so limits on edges cut at
//! the same place however the sweep is sliced. Layers are independent of each other and run in parallel; inside a
//! layer everything happens in order, so results do not depend on threads.

use super::gamma::{Fit, fit};
use super::massive::{MASSIVE_RATIO, batch_max, edge_stats, for_each_neg_log10};
use super::stats::SampleError;
use super::tally::Tally;
use crate::domain::Matrix;
use rayon::prelude::*;

/// A layer stops keeping edge ratios for figure 1 after the molecule that reaches this many.
pub const EDGES_IN_CURVES: usize = 60_000;

/// Edges of a layer whose log ratios enter figure 3.
pub const EDGES_IN_HISTOGRAM: usize = 50_000;

/// Why molecules could not be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SweepError {
    /// Traces of different models were mixed.
    #[error("a molecule has {found} layers where the sweep has {expected}; sweep one model at a time")]
    Layers {
        /// Layers of the molecules before.
        expected: usize,
        /// Layers of the molecule at fault.
        found: usize,
    },
}

/// The smallest and largest finite batch maximum over all layers and molecules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Smallest batch maximum.
    pub low: f64,
    /// Largest batch maximum.
    pub high: f64,
}

/// How far a layer rises above a base band (model-spec section 5.7).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Fraction of molecules whose batch maximum lies above the band, 0..=1.
    pub above_band: f64,
    /// Fraction of molecules whose batch maximum lies above 1000, 0..=1.
    pub above_massive: f64,
}

/// One layer of a sweep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerSweep {
    /// Largest edge ratio of each molecule, in the order of the sweep; `None` for molecules without a ratio.
    pub batch_max: Vec<Option<f64>>,
    /// Edge ratios for figure 1, in order, NaN left out: all until [`EDGES_IN_CURVES`] are reached.
    pub ratios: Vec<f64>,
    /// Log ratios of the first [`EDGES_IN_HISTOGRAM`] edges.
    pub log_ratios: Tally,
    /// Edges seen.
    pub edges: u64,
    /// Edges left out because their ratio is 0/0 or an activation is NaN.
    pub nan: u64,
    /// Edges whose ratio is infinite: only their median is 0.
    pub infinite: u64,
    /// Edges whose ratio is above 1000, infinite ones included.
    pub massive: u64,
    /// Edges whose attention logit lies beyond the clamp, per head.
    pub clamped: Vec<u64>,
}

impl LayerSweep {
    /// Adds one molecule's edge activation `[E, H]` and returns its edge ratios in row order.
    fn add(&mut self, edges: &Matrix) -> Vec<f64> {
        let left = EDGES_IN_HISTOGRAM.saturating_sub(usize::try_from(self.edges).unwrap_or(usize::MAX));
        for_each_neg_log10(edges, left, |value| self.log_ratios.push(value));
        let ratios: Vec<f64> = edge_stats(edges).iter().map(|stat| stat.ratio).collect();
        self.batch_max.push(batch_max(ratios.iter().copied()));
        if self.ratios.len() < EDGES_IN_CURVES {
            self.ratios.extend(ratios.iter().filter(|ratio| !ratio.is_nan()));
        }
        let count = |condition: fn(&f64) -> bool| ratios.iter().filter(|&ratio| condition(ratio)).count() as u64;
        self.edges += ratios.len() as u64;
        self.nan += count(|ratio| ratio.is_nan());
        self.infinite += count(|ratio| ratio.is_infinite());
        self.massive += count(|&ratio| ratio > MASSIVE_RATIO);
        ratios
    }

    /// The three-parameter gamma fit of the log ratios.
    ///
    /// # Errors
    /// Fewer than three finite log ratios, or all of them equal.
    pub fn fit(&self) -> Result<Fit, SampleError> {
        self.log_ratios.sample().map(|sample| fit(&sample))
    }

    /// Share of edges whose attention logit is clamped, per head: there the weight no longer depends on
    /// the activation. Empty where it was not counted.
    pub fn saturation(&self) -> Vec<f64> {
        self.clamped.iter().map(|&count| count as f64 / self.edges.max(1) as f64).collect()
    }

    /// How many recorded edge ratios lie above `threshold`, out of how many recorded.
    pub fn edges_above(&self, threshold: f64) -> (usize, usize) {
        (self.ratios.iter().filter(|&&ratio| ratio > threshold).count(), self.ratios.len())
    }

    /// The fraction of molecules with a ratio whose batch maximum lies above `threshold`; 0 without molecules.
    fn fraction_above(&self, threshold: f64) -> f64 {
        let above = self.batch_max.iter().flatten().filter(|&&max| max > threshold).count();
        above as f64 / self.batch_max.iter().flatten().count().max(1) as f64
    }
}

/// The edge ratios of the molecules just added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchRatios {
    /// By layer, then molecule, then edge in row order; NaN where 0/0.
    layers: Vec<Vec<Vec<f64>>>,
}

impl BatchRatios {
    /// Number of layers.
    pub fn layers(&self) -> usize {
        self.layers.len()
    }

    /// The edge ratios of one of the molecules just added, in row order; empty if there is no such molecule or layer.
    pub fn of(&self, molecule: usize, layer: usize) -> &[f64] {
        self.layers.get(layer).and_then(|molecules| molecules.get(molecule)).map_or(&[], Vec::as_slice)
    }
}

/// Everything gathered of one state of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sweep {
    layers: Vec<LayerSweep>,
}

impl Sweep {
    /// Adds molecules in order, each as its layers' edge activations `[E, H]`, first layer first, and returns their
    /// edge ratios. Adding them in slices of any length gives the same sweep.
    ///
    /// # Errors
    /// A molecule with another number of layers than those before it; then nothing is added.
    pub fn add(&mut self, molecules: &[Vec<&Matrix>]) -> Result<BatchRatios, SweepError> {
        let Some(first) = molecules.first() else { return Ok(BatchRatios::default()) };
        let expected = if self.layers.is_empty() { first.len() } else { self.layers.len() };
        if let Some(other) = molecules.iter().find(|layers| layers.len() != expected) {
            return Err(SweepError::Layers { expected, found: other.len() });
        }
        self.layers.resize_with(expected, LayerSweep::default);
        let layers = self.layers.par_iter_mut().enumerate();
        let ratios = layers.map(|(index, layer)| {
            molecules.iter().filter_map(|of| of.get(index)).map(|edges| layer.add(edges)).collect()
        });
        Ok(BatchRatios { layers: ratios.collect() })
    }

    /// Adds the counts of clamped attention logits of one molecule that was added: layers, then heads.
    pub fn add_clamped(&mut self, layers: &[Vec<u32>]) {
        for (layer, counts) in self.layers.iter_mut().zip(layers) {
            layer.clamped.resize(counts.len(), 0);
            layer.clamped.iter_mut().zip(counts).for_each(|(sum, &count)| *sum += u64::from(count));
        }
    }

    /// One entry per layer, first layer first; empty before the first molecule.
    pub fn layers(&self) -> &[LayerSweep] {
        &self.layers
    }

    /// Number of molecules added.
    pub fn molecules(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.batch_max.len())
    }

    /// The range of finite batch maxima over all layers and molecules; `None` if there are none.
    pub fn band(&self) -> Option<Band> {
        let maxima = self.layers.iter().flat_map(|layer| layer.batch_max.iter().flatten().copied());
        maxima.filter(|max| max.is_finite()).fold(None, |band: Option<Band>, max| {
            let band = band.unwrap_or(Band { low: max, high: max });
            Some(Band { low: band.low.min(max), high: band.high.max(max) })
        })
    }

    /// How far each layer rises above `base`, the band of the untrained model.
    pub fn detect(&self, base: Band) -> Vec<Detection> {
        let detection = |layer: &LayerSweep| Detection {
            above_band: layer.fraction_above(base.high),
            above_massive: layer.fraction_above(MASSIVE_RATIO),
        };
        self.layers.iter().map(detection).collect()
    }

    /// The gamma fit of every layer, first layer first.
    pub fn fits(&self) -> Vec<Result<Fit, SampleError>> {
        self.layers.par_iter().map(LayerSweep::fit).collect()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::analysis::massive::tests::{matrices, parity};
    use proptest::prelude::*;

    /// The graphs of a parity case as molecules.
    fn molecules(name: &str) -> Vec<Vec<Matrix>> {
        let (_, layers, graph) = parity(name);
        (0..=*graph.last().unwrap())
            .map(|index| {
                let of_layer = |edges: &Matrix| {
                    let rows = graph.iter().enumerate().filter(|&(_, &g)| g == index).map(|(row, _)| row);
                    let values: Vec<f32> = rows.flat_map(|row| edges.row(row).to_vec()).collect();
                    Matrix::new(values.len() / edges.cols, edges.cols, values).unwrap()
                };
                layers.iter().map(of_layer).collect()
            })
            .collect()
    }

    fn borrowed(molecules: &[Vec<Matrix>]) -> Vec<Vec<&Matrix>> {
        molecules.iter().map(|layers| layers.iter().collect()).collect()
    }

    #[test]
    fn batch_maxima_equal_the_reference() {
        let (case, _, _) = parity("gt_plain");
        let molecules = molecules("gt_plain");
        let mut sweep = Sweep::default();
        let ratios = sweep.add(&borrowed(&molecules)).unwrap();
        assert_eq!((sweep.molecules(), sweep.layers().len()), (5, 2));
        for (index, layer) in sweep.layers().iter().enumerate() {
            let expected = &case["layers"][index];
            for (molecule, ours) in layer.batch_max.iter().enumerate() {
                let theirs = expected["batch_max"][molecule].as_f64().unwrap();
                assert!((ours.unwrap() / theirs - 1.0).abs() < 1e-5);
                assert_eq!(ratios.of(molecule, index).len(), molecules[molecule][index].rows);
            }
            let fit = layer.fit().unwrap();
            assert_eq!(fit.n, expected["gamma"]["n"].as_u64().unwrap());
            assert!((fit.ks - expected["gamma"]["ks"].as_f64().unwrap()).abs() < 5e-3);
        }
        let all = (0..2).flat_map(|l| (0..5).map(move |m| (l, m)));
        let all: Vec<f64> = all.map(|(l, m)| case["layers"][l]["batch_max"][m].as_f64().unwrap()).collect();
        let band = sweep.band().unwrap();
        assert!((band.high / all.iter().copied().fold(0.0, f64::max) - 1.0).abs() < 1e-5);
        assert!((band.low / all.iter().copied().fold(f64::MAX, f64::min) - 1.0).abs() < 1e-5);
        assert_eq!(sweep.detect(band), [Detection { above_band: 0.0, above_massive: 0.0 }; 2]);
        let low = Band { low: 1.0, high: 20.0 };
        assert_eq!(sweep.detect(low)[1].above_band, 1.0);
    }

    #[test]
    fn limits_cut_at_the_same_edge_however_sliced() {
        // 30,000 edges a molecule: the histogram ends inside the second, the curves with it.
        let edges = |seed: u32| {
            let values = (0..60_000u32).map(|i| ((i.wrapping_mul(2_654_435_761) ^ seed) % 1000) as f32 + 1.0);
            Matrix { rows: 30_000, cols: 2, values: values.collect() }
        };
        let molecules: Vec<Vec<Matrix>> = (0..3).map(|seed| vec![edges(seed)]).collect();
        let mut whole = Sweep::default();
        whole.add(&borrowed(&molecules)).unwrap();
        let mut sliced = Sweep::default();
        for molecule in &borrowed(&molecules) {
            sliced.add(std::slice::from_ref(molecule)).unwrap();
        }
        assert_eq!(whole, sliced);
        let layer = &whole.layers()[0];
        assert_eq!((layer.edges, layer.ratios.len()), (90_000, EDGES_IN_CURVES));
        assert_eq!(layer.log_ratios.sample().unwrap().count(), 2 * EDGES_IN_HISTOGRAM as u64);
    }

    #[test]
    fn odd_edges_are_counted() {
        let rows = vec![0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 5000.0, 1.0, 2.0, 3.0];
        let edges = Matrix::new(4, 3, rows).unwrap();
        let (empty, mut sweep) = (Matrix::new(0, 3, vec![]).unwrap(), Sweep::default());
        sweep.add(&[vec![&edges], vec![&empty]]).unwrap();
        let layer = &sweep.layers()[0];
        assert_eq!((layer.edges, layer.nan, layer.infinite, layer.massive), (4, 1, 1, 2));
        assert_eq!(layer.batch_max, [Some(f64::INFINITY), None]);
        assert_eq!((sweep.band(), layer.edges_above(1.2)), (None, (3, 3)));
        assert_eq!((layer.log_ratios.nan(), layer.log_ratios.infinite()), (5, 1));
    }

    #[test]
    fn molecules_of_another_model_are_refused() {
        let edges = Matrix::new(1, 2, vec![1.0, 2.0]).unwrap();
        let mut sweep = Sweep::default();
        sweep.add(&[vec![&edges, &edges]]).unwrap();
        let before = sweep.clone();
        let refused = sweep.add(&[vec![&edges, &edges], vec![&edges]]);
        assert_eq!(refused, Err(SweepError::Layers { expected: 2, found: 1 }));
        assert_eq!(sweep, before);
        assert_eq!(sweep.add(&[]), Ok(BatchRatios::default()));
    }

    proptest! {
        // Each case starts a thread pool.
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn slices_and_threads_do_not_matter(
            molecules in prop::collection::vec(prop::collection::vec(matrices(), 3), 1..20), slice in 1usize..8,
        ) {
            let molecules = borrowed(&molecules);
            let mut whole = Sweep::default();
            let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            let all = one_thread.install(|| whole.add(&molecules)).unwrap();
            let mut sliced = Sweep::default();
            for (index, chunk) in molecules.chunks(slice).enumerate() {
                let part = sliced.add(chunk).unwrap();
                for molecule in 0..chunk.len() {
                    let (a, b) = (part.of(molecule, 2), all.of(index * slice + molecule, 2));
                    prop_assert!(a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())));
                }
            }
            prop_assert_eq!(&sliced, &whole);
            prop_assert_eq!(sliced.fits(), whole.fits());
        }
    }
}
