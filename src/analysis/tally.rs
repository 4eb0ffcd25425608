//! Counts of values on a fixed fine grid: what a sweep keeps of millions of log ratios.
//!
//! Three million values a layer would not fit in memory as numbers; a grid of 1/16384 does, can be added to in any
//! order, and moves likelihoods and KS statistics by less than a hundredth of what the figures print.

use super::stats::{Sample, SampleError};

/// Bins per unit; a power of two, so that grid lines are exact.
const PER_UNIT: usize = 16384;

/// Values beyond this cannot come from ratios of `f32`, and would need an unreasonable grid.
const LIMIT: f64 = 128.0;

/// Mergeable counts of values in bins of width 1/16384, with exact extremes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// Number of the first bin kept, a multiple of [`PER_UNIT`]; bin 0 starts at -[`LIMIT`].
    first: usize,
    /// Counts of the bins from `first` on, in whole units.
    counts: Vec<u32>,
    min: f64,
    max: f64,
    nan: u64,
    infinite: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { first: 0, counts: Vec::new(), min: f64::INFINITY, max: f64::NEG_INFINITY, nan: 0, infinite: 0 }
    }
}

impl Tally {
    /// Counts one value; NaN and values beyond ±128 (infinite ones above all) are counted apart.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= value + 128 <= 256")]
    pub fn push(&mut self, value: f64) {
        if value.abs() <= LIMIT {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            *self.slot(((value + LIMIT) * PER_UNIT as f64) as usize) += 1;
        } else if value.is_nan() {
            self.nan += 1;
        } else {
            self.infinite += 1;
        }
    }

    /// Adds everything that `other` counted.
    pub fn merge(&mut self, other: &Self) {
        for (bin, &count) in (other.first..).zip(&other.counts) {
            if count > 0 {
                *self.slot(bin) += count;
            }
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.nan += other.nan;
        self.infinite += other.infinite;
    }

    /// Number of NaN values that were left out.
    pub fn nan(&self) -> u64 {
        self.nan
    }

    /// Number of infinite values that were left out.
    pub fn infinite(&self) -> u64 {
        self.infinite
    }

    /// The counted values at the centres of their bins, the smallest and largest exactly.
    ///
    /// # Errors
    /// Fewer than three values, or all of them equal or in one bin.
    pub fn sample(&self) -> Result<Sample, SampleError> {
        let filled = |(bin, &count): (usize, &u32)| (count > 0).then_some((bin, u64::from(count)));
        let points: Vec<(usize, u64)> = (self.first..).zip(&self.counts).filter_map(filled).collect();
        let total = points.iter().map(|&(_, count)| count).sum();
        match points.len() {
            _ if total < 3 => Err(SampleError::TooFew(total)),
            0 | 1 => Err(SampleError::Constant),
            bins => Sample::from_sorted(points.iter().enumerate().map(|(place, &(bin, count))| match place {
                0 => (self.min, count),
                _ if place + 1 == bins => (self.max, count),
                _ => (center(bin), count),
            })),
        }
    }

    /// The counter of a bin; the grid grows to hold it.
    fn slot(&mut self, bin: usize) -> &mut u32 {
        if bin < self.first || bin - self.first >= self.counts.len() {
            self.grow(bin);
        }
        &mut self.counts[bin - self.first]
    }

    /// Extends the grid by whole units until it holds a bin.
    #[cold]
    fn grow(&mut self, bin: usize) {
        let unit = bin / PER_UNIT * PER_UNIT;
        if self.counts.is_empty() {
            self.first = unit;
        }
        if unit < self.first {
            self.counts.splice(0..0, std::iter::repeat_n(0, self.first - unit));
            self.first = unit;
        }
        let needed = unit + PER_UNIT - self.first;
        self.counts.resize(needed.max(self.counts.len()), 0);
    }
}

/// The middle of a bin.
fn center(bin: usize) -> f64 {
    (bin as f64 + 0.5) / PER_UNIT as f64 - LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::gamma::fit;
    use proptest::prelude::*;

    fn tally(values: &[f64]) -> Tally {
        let mut tally = Tally::default();
        values.iter().for_each(|&value| tally.push(value));
        tally
    }

    #[test]
    fn what_cannot_be_fitted_is_counted_apart() {
        let tally = tally(&[1.0, f64::NAN, f64::INFINITY, 1.0, f64::NEG_INFINITY, 1e9]);
        assert_eq!((tally.nan(), tally.infinite()), (1, 3));
        assert_eq!(tally.sample(), Err(SampleError::TooFew(2)));
        let mut constant = tally.clone();
        constant.push(1.0);
        assert_eq!(constant.sample(), Err(SampleError::Constant));
    }

    #[test]
    fn a_tally_stands_for_its_values() {
        for values in crate::analysis::gamma::tests::samples() {
            let exact = Sample::new(values.clone()).unwrap();
            let counted = tally(&values).sample().unwrap();
            assert_eq!((counted.count(), counted.min(), counted.max()), (exact.count(), exact.min(), exact.max()));
            let (a, b) = (fit(&exact), fit(&counted));
            assert!((a.mean_log_likelihood - b.mean_log_likelihood).abs() < 1e-5, "{a:?} {b:?}");
            // The fit from the tally, judged on the values themselves.
            assert!((a.mean_log_likelihood - b.gamma.mean_log_likelihood(&exact)).abs() < 1e-5, "{a:?} {b:?}");
            assert!((a.ks - b.ks).abs() < 1e-4, "{a:?} {b:?}");
        }
    }

    proptest! {
        // Every value may open a unit of the grid, which takes its time in a debug build.
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn merging_equals_counting_in_turn(
            first in prop::collection::vec(-9.0..16.0f64, 0..200),
            second in prop::collection::vec(prop_oneof![9 => -5.0..5.0f64, 1 => Just(129.0), 1 => Just(f64::NAN)], 0..200),
        ) {
            let mut merged = tally(&first);
            merged.merge(&tally(&second));
            let all: Vec<f64> = first.into_iter().chain(second).collect();
            let in_turn = tally(&all);
            prop_assert_eq!(merged.sample(), in_turn.sample());
            prop_assert_eq!((merged.nan(), merged.infinite()), (in_turn.nan(), in_turn.infinite()));
        }
    }
}
