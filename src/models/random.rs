//! A small generator of our own (SplitMix64), so that a seed means the same numbers on every
//! backend, thread count and version of any library, and so that its state is one number to save.

use crate::domain::Fingerprint;

/// SplitMix64: the state advances by a constant, the output is a hash of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Generator {
    state: u64,
}

impl Generator {
    /// The stream called `name` under `seed`. Each tensor draws from a stream of its own name, so
    /// networks of one seed agree in every tensor they share.
    pub(super) fn new(seed: u64, name: &str) -> Self {
        let mut generator = Self { state: seed };
        let mut fingerprint = Fingerprint::default();
        fingerprint.add(name.as_bytes());
        Self { state: generator.next() ^ fingerprint.value() }
    }

    /// Continues from a state given by [`Generator::state`].
    pub(super) fn resume(state: u64) -> Self {
        Self { state }
    }

    /// Everything there is to save.
    pub(super) fn state(&self) -> u64 {
        self.state
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1, with the 53 bits a double can hold.
    pub(super) fn uniform(&mut self) -> f64 {
        let bits = (self.next() >> 11) as f64;
        bits / (1u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A random order of `0..count` (Fisher and Yates).
    pub(super) fn permutation(&mut self, count: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..count).collect();
        for last in (1..order.len()).rev() {
            // The modulus favours small indices by less than count / 2^64.
            let other = self.next() % (last as u64 + 1);
            order.swap(last, usize::try_from(other).unwrap_or(last));
        }
        order
    }
}

/// A number that looks random and depends on every bit of both.
pub fn mixed(seed: u64, value: u64) -> u64 {
    let mut generator = Generator { state: seed };
    Generator { state: generator.next() ^ value }.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sequence() {
        // First outputs of SplitMix64 for state 1234567, from its published test vector.
        let mut generator = Generator::resume(1_234_567);
        assert_eq!(generator.next(), 6_457_827_717_110_365_317);
        assert_eq!(generator.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn streams_differ_by_name_and_continue_from_their_state() {
        let mut a = Generator::new(41, "layers.0.q.weight");
        assert_ne!(a.clone().next(), Generator::new(41, "layers.0.k.weight").next());
        assert_ne!(a.clone().next(), Generator::new(42, "layers.0.q.weight").next());
        a.normal();
        let mut b = Generator::resume(a.state());
        assert_eq!(a.permutation(50), b.permutation(50));
    }

    #[test]
    fn moments_and_permutations_are_what_they_claim() {
        let mut generator = Generator::new(1, "test");
        let normal: Vec<f64> = (0..20_000).map(|_| generator.normal()).collect();
        let mean = normal.iter().sum::<f64>() / 20_000.0;
        let variance = normal.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "mean {mean}, variance {variance}");
        let mut order = generator.permutation(1000);
        assert!(order.iter().zip(0..).filter(|&(&a, b)| a == b).count() < 10);
        order.sort_unstable();
        assert!(order.iter().copied().eq(0..1000));
    }
}
