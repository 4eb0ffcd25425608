//! A number that tells contents apart: for caches and for the metadata of figures, not for secrets.

/// 64-bit FNV-1a over everything it is fed.
#[derive(Clone, Copy, Debug)]
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    /// Feeds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The number.
    pub fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_published_test_vector() {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add(b"foobar");
        assert_eq!(fingerprint.value(), 0x8594_4171_f739_67e8);
    }
}
