//! Samples and the Kolmogorov-Smirnov statistic (model-spec section 5.6).
//!
//! A sample is kept sorted with cumulative counts: values seen exactly and values counted on a fine grid are then the
//! same thing to every statistic, and the KS search can skip stretches that cannot hold the maximum.

/// Why values are not a sample that a distribution can be fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// Too few values.
    #[error("a distribution needs at least 3 values, but there are {0}; choose more molecules or another layer")]
    TooFew(u64),
    /// All values are equal, or differ only by rounding.
    #[error("a distribution needs values that differ, but all of them are equal; choose another layer")]
    Constant,
    /// A value is NaN, infinite or beyond 1e100.
    #[error("a distribution needs finite values, but one is not; drop and count such values first")]
    NotFinite,
}

/// At least three finite values that are not all equal, sorted.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Distinct values, ascending.
    values: Vec<f64>,
    /// How many values lie at or below each distinct value.
    up_to: Vec<u64>,
}

impl Sample {
    /// The sample of these values, in any order.
    ///
    /// # Errors
    /// Fewer than three values, a value that is not finite, or values that are all equal.
    pub fn new(mut values: Vec<f64>) -> Result<Self, SampleError> {
        values.sort_unstable_by(f64::total_cmp);
        Self::from_sorted(values.into_iter().map(|value| (value, 1)))
    }

    /// The sample of ascending values, each with how often it occurs.
    pub(super) fn from_sorted(points: impl Iterator<Item = (f64, u64)>) -> Result<Self, SampleError> {
        let capacity = points.size_hint().0;
        let mut sample = Self { values: Vec::with_capacity(capacity), up_to: Vec::with_capacity(capacity) };
        let mut total = 0;
        for (value, count) in points {
            if value.is_nan() || value.abs() >= 1e100 {
                return Err(SampleError::NotFinite);
            }
            total += count;
            match (sample.values.last(), sample.up_to.last_mut()) {
                (Some(&last), Some(up_to)) if last >= value => *up_to = total,
                _ => {
                    sample.values.push(value);
                    sample.up_to.push(total);
                }
            }
        }
        if total < 3 {
            return Err(SampleError::TooFew(total));
        }
        let largest = sample.min().abs().max(sample.max().abs());
        if sample.range() <= 1e-9 * largest { Err(SampleError::Constant) } else { Ok(sample) }
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.up_to.last().copied().unwrap_or(0)
    }

    /// Smallest value.
    pub fn min(&self) -> f64 {
        self.values.first().copied().unwrap_or(f64::NAN)
    }

    /// Largest value.
    pub fn max(&self) -> f64 {
        self.values.last().copied().unwrap_or(f64::NAN)
    }

    /// Largest minus smallest value, above 0.
    pub fn range(&self) -> f64 {
        self.max() - self.min()
    }

    /// Arithmetic mean.
    pub fn mean(&self) -> f64 {
        self.average(|value| value)
    }

    /// How many values lie below `bound`.
    pub fn count_below(&self, bound: f64) -> u64 {
        let distinct = self.values.partition_point(|&value| value < bound);
        distinct.checked_sub(1).and_then(|last| self.up_to.get(last)).copied().unwrap_or(0)
    }

    /// Distinct values, ascending, each with how often it occurs.
    pub fn points(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut below = 0;
        self.values.iter().zip(&self.up_to).map(move |(&value, &up_to)| {
            let count = up_to - below;
            below = up_to;
            (value, count)
        })
    }

    /// The mean of `f` over all values.
    pub(super) fn average(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.points().map(|(value, count)| f(value) * count as f64).sum::<f64>() / self.count() as f64
    }

    /// Counts in `bins` equal bins between smallest and largest value; the last bin includes its upper end.
    pub fn histogram(&self, bins: usize) -> Vec<u64> {
        self.counts(self.min(), self.max(), bins)
    }

    /// The same between two bounds; what lies outside goes to the nearer end.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in 0..=bins, negative ones saturate at 0, and counts far below 2^53"
    )]
    pub fn counts(&self, low: f64, high: f64, bins: usize) -> Vec<u64> {
        let mut counts = vec![0; bins];
        let scale = bins as f64 / (high - low);
        for (value, count) in self.points() {
            let bin = ((value - low) * scale) as usize;
            if let Some(slot) = counts.get_mut(bin.min(bins.saturating_sub(1))) {
                *slot += count;
            }
        }
        counts
    }
}

/// The Kolmogorov-Smirnov statistic: the largest distance between the sample's step function and the cumulative
/// distribution `cdf`, 0..=1. `cdf` must not decrease.
///
/// Exact, but `cdf` is evaluated only where the maximum can lie: between two points neither function can leave the
/// box that its ends span, so most stretches are ruled out by their ends.
pub fn ks(sample: &Sample, cdf: impl Fn(f64) -> f64) -> f64 {
    /// Stretches examined before any is refined, so that a good lower bound is known early.
    const STRETCHES: usize = 256;
    let total = sample.count() as f64;
    let step = |index: usize| sample.up_to.get(index).map_or(0.0, |&count| count as f64 / total);
    let last = sample.values.len().saturating_sub(1);
    let mut best = 0.0_f64;
    let evaluate = |index: usize, best: &mut f64| {
        let f = sample.values.get(index).map_or(0.0, |&value| cdf(value));
        let before = index.checked_sub(1).map_or(0.0, step);
        *best = best.max(step(index) - f).max(f - before);
        (index, f)
    };
    let mut ends: Vec<(usize, f64)> =
        (0..=STRETCHES).map(|part| last * part / STRETCHES).map(|index| evaluate(index, &mut best)).collect();
    ends.dedup_by_key(|(index, _)| *index);
    let mut stretches: Vec<_> = ends.iter().copied().zip(ends.iter().copied().skip(1)).collect();
    while let Some((low, high)) = stretches.pop() {
        if high.0 - low.0 < 2 || (step(high.0 - 1) - low.1).max(high.1 - step(low.0)) <= best {
            continue;
        }
        let middle = evaluate(usize::midpoint(low.0, high.0), &mut best);
        stretches.push((low, middle));
        stretches.push((middle, high));
    }
    best.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Section 5.6 word for word.
    fn ks_by_definition(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        (0..values.len())
            .map(|i| {
                let f = cdf(values[i]);
                ((i + 1) as f64 / n - f).max(f - i as f64 / n)
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn degenerate_values_are_refused() {
        assert_eq!(Sample::new(vec![]), Err(SampleError::TooFew(0)));
        assert_eq!(Sample::new(vec![1.0, 2.0]), Err(SampleError::TooFew(2)));
        assert_eq!(Sample::new(vec![0.0; 9]), Err(SampleError::Constant));
        assert_eq!(Sample::new(vec![3.0, 3.0, 3.0 + 1e-15]), Err(SampleError::Constant));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
            assert_eq!(Sample::new(vec![1.0, bad, 2.0, 3.0]), Err(SampleError::NotFinite));
        }
    }

    #[test]
    fn a_sample_counts() {
        let sample = Sample::new(vec![2.0, 0.0, 1.0, 1.0, 4.0]).unwrap();
        assert_eq!((sample.count(), sample.min(), sample.max(), sample.mean()), (5, 0.0, 4.0, 1.6));
        assert_eq!(sample.points().collect::<Vec<_>>(), [(0.0, 1), (1.0, 2), (2.0, 1), (4.0, 1)]);
        assert_eq!(sample.histogram(4), [1, 2, 1, 1]);
        assert_eq!([-1.0, 0.0, 1.0, 1.5, 9.0].map(|x| sample.count_below(x)), [0, 0, 1, 3, 5]);
    }

    proptest! {
        #[test]
        fn ks_is_exact_and_in_range(values in prop::collection::vec(-3.0..3.0f64, 3..2000), rate in 0.1..5.0f64) {
            // Some ties.
            let values: Vec<f64> = values.iter().map(|v| (v * 200.0).round() / 200.0).collect();
            let cdf = |x: f64| 1.0 / (1.0 + (-rate * x).exp());
            if let Ok(sample) = Sample::new(values.clone()) {
                let statistic = ks(&sample, cdf);
                prop_assert!((0.0..=1.0).contains(&statistic));
                prop_assert!((statistic - ks_by_definition(values, cdf)).abs() < 1e-12);
            }
        }

        #[test]
        fn histograms_count_everything(values in prop::collection::vec(-1e3..1e3f64, 3..300), bins in 1usize..50) {
            let n = values.len() as u64;
            if let Ok(sample) = Sample::new(values) {
                prop_assert_eq!(sample.histogram(bins).iter().sum::<u64>(), n);
            }
        }
    }
}
