//! Output memory that is written exactly once.
//!
//! Zeroing every output before it is overwritten costs about a tenth of a training step. Buffers therefore start
//! uninitialised, and the type says so until all blocks have been written. In debug builds they start as NaN, which the
//! tests would find in any number that was forgotten.

use std::mem::MaybeUninit;

/// A number that has not been written yet.
pub(super) type Slot = MaybeUninit<f32>;

/// `length` numbers to be written.
pub(super) fn uninitialised(length: usize) -> Box<[Slot]> {
    if cfg!(debug_assertions) {
        vec![Slot::new(f32::NAN); length].into_boxed_slice()
    } else {
        Box::new_uninit_slice(length)
    }
}

/// The finished buffer.
///
/// # Safety
///
/// Every number has been written.
#[allow(unsafe_code, reason = "only the caller knows that its blocks cover the buffer")]
pub(super) unsafe fn finished(buffer: Box<[Slot]>) -> Vec<f32> {
    // SAFETY: this function's own contract.
    unsafe { buffer.assume_init() }.into_vec()
}

/// Writes `values` in order, as many as fit, and returns those written.
#[inline(always)]
pub(super) fn write(slots: &mut [Slot], values: impl Iterator<Item = f32>) -> &mut [f32] {
    let mut written = 0;
    for (slot, value) in slots.iter_mut().zip(values) {
        slot.write(value);
        written += 1;
    }
    #[allow(unsafe_code, reason = "the type system does not follow a loop that initialises")]
    // SAFETY: the loop wrote this many slots from the front.
    unsafe {
        slots[..written].assume_init_mut()
    }
}

/// Writes rows of `width` numbers, `row(r)` for each `r` of `rows`, and returns the rows written.
#[inline(always)]
pub(super) fn write_rows<R, V: Iterator<Item = f32>>(
    slots: &mut [Slot],
    width: usize,
    rows: impl Iterator<Item = R>,
    mut row: impl FnMut(R) -> V,
) -> &mut [f32] {
    let mut written = 0;
    for (slots, source) in slots.chunks_exact_mut(width).zip(rows) {
        if write(slots, row(source)).len() < width {
            break;
        }
        written += width;
    }
    #[allow(unsafe_code, reason = "the type system does not follow a loop that initialises")]
    // SAFETY: the loop wrote this many slots from the front, row after row without a gap.
    unsafe {
        slots[..written].assume_init_mut()
    }
}
