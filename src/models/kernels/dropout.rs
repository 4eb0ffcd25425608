//! Dropout whose mask is a function of a seed and the place in the matrix.
//!
//! Nothing has to be drawn in order or kept for the backward pass, and the mask is the same on every backend and on any
//! number of threads.

use super::simd::vectorized;

/// Sets a random share of a matrix to 0 and scales up the rest, so that the expected value stays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dropout {
    /// Share of elements that become 0, from 0 to below 1.
    pub(crate) rate: f32,
    /// What decides which.
    pub(crate) seed: u64,
}

impl Dropout {
    /// What the other elements are multiplied by.
    pub(super) fn scale(self) -> f32 {
        1.0 / (1.0 - self.rate)
    }

    /// 0 or [`Dropout::scale`] for the element at `place` of a matrix in row-major order.
    #[inline(always)]
    pub(super) fn factor(self, place: usize) -> f32 {
        self.mask()(place)
    }

    /// [`Dropout::factor`], prepared for many places.
    #[inline(always)]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the seed's halves and the place are hashed; the rate becomes a share of 2^32"
    )]
    fn mask(self) -> impl Fn(usize) -> f32 {
        let (low, high) = (self.seed as u32, (self.seed >> 32) as u32);
        let (limit, scale) = ((f64::from(self.rate) * 4_294_967_296.0) as u32, self.scale());
        move |place| if hash(hash(place as u32 ^ low).wrapping_add(high)) < limit { 0.0 } else { scale }
    }
}

/// Mixes all bits of a number into each of its bits (the "lowbias32" constants of Wellons).
#[inline(always)]
fn hash(mut bits: u32) -> u32 {
    bits ^= bits >> 16;
    bits = bits.wrapping_mul(0x7feb_352d);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x846c_a68b);
    bits ^ (bits >> 16)
}

vectorized! {
    /// Applies `dropout` to consecutive elements of a matrix, the first of which is at place `first`.
    pub(super) fn drop_out(values: &mut [f32], first: usize, dropout: Dropout) {
        let mask = dropout.mask();
        for (place, value) in (first..).zip(values) {
            *value *= mask(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dropout;

    #[test]
    fn the_share_of_zeros_is_the_rate_and_seeds_and_places_are_independent() {
        let count = 100_000;
        for rate in [0.1_f32, 0.5, 0.9] {
            let zeros = |seed: u64| -> Vec<bool> {
                (0..count).map(|place| Dropout { rate, seed }.factor(place) == 0.0).collect()
            };
            let (first, other) = (zeros(1 << 40), zeros(2 << 40));
            let share = |both: &dyn Fn(usize) -> bool| (0..count).filter(|&p| both(p)).count() as f32 / count as f32;
            assert!((share(&|p| first[p]) - rate).abs() < 0.01);
            assert!((share(&|p| first[p] && other[p]) - rate * rate).abs() < 0.01);
            assert!((share(&|p| first[p] && first[(p + 1) % count]) - rate * rate).abs() < 0.01);
        }
        let kept = Dropout { rate: 0.75, seed: 3 };
        assert!((0..50).all(|place| [0.0, 4.0].contains(&kept.factor(place))));
    }
}
