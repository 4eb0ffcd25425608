//! Vector instructions for the fused kernels.
//!
//! A Rust build targets the oldest x86-64 processor, so a plain loop uses a quarter of a modern vector unit.
//! `vectorized!` compiles one loop body three times (AVX-512, AVX2, portable) and picks at run time. The bodies contain no
//! fused multiply-add and keep their order of additions, so all three give the same numbers.

/// The widest instruction set that both this program and this processor know.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Avx512,
    Avx2,
    Portable,
}

/// The instruction set of this processor, detected once.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn level() -> Level {
    #[cfg(test)]
    if let Some(level) = forced::get() {
        return level;
    }
    use std::sync::LazyLock;
    static LEVEL: LazyLock<Level> = LazyLock::new(|| {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
            Level::Avx512
        } else if is_x86_feature_detected!("avx2") {
            Level::Avx2
        } else {
            Level::Portable
        }
    });
    *LEVEL
}

/// Lets tests run a narrower instruction set than the processor has.
#[cfg(all(test, target_arch = "x86_64"))]
pub(super) mod forced {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Level;

    static FORCED: AtomicU8 = AtomicU8::new(0);

    /// The instruction set to use on all threads; `None` for the processor's own.
    pub(in super::super) fn set(level: Option<Level>) {
        FORCED.store(level.map_or(0, |level| level as u8 + 1), Ordering::SeqCst);
    }

    pub(super) fn get() -> Option<Level> {
        [Level::Avx512, Level::Avx2, Level::Portable]
            .into_iter()
            .find(|&level| level as u8 + 1 == FORCED.load(Ordering::Relaxed))
    }
}

/// Defines a function whose body is compiled for each instruction set and chosen by the processor at run time.
macro_rules! vectorized {
    ($(#[$meta:meta])* $vis:vis fn $name:ident$(<$life:lifetime>)?($($arg:ident: $type:ty),* $(,)?) $(-> $return:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name$(<$life>)?($($arg: $type),*) $(-> $return)? {
            #[inline(always)]
            fn portable$(<$life>)?($($arg: $type),*) $(-> $return)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,avx512f,avx512vl")]
                fn avx512$(<$life>)?($($arg: $type),*) $(-> $return)? {
                    portable($($arg),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2$(<$life>)?($($arg: $type),*) $(-> $return)? {
                    portable($($arg),*)
                }
                #[allow(unsafe_code, reason = "calling a function compiled for instructions that were just detected")]
                match $crate::models::kernels::simd::level() {
                    // SAFETY: `level` reports an instruction set only if the processor has it.
                    $crate::models::kernels::simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::models::kernels::simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::models::kernels::simd::Level::Portable => {}
                }
            }
            portable($($arg),*)
        }
    };
}
pub(super) use vectorized;
