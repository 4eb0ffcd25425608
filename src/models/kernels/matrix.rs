//! Matrix products on the calling thread: parallelism is over blocks of rows, one level up.

use gemm::Parallelism;

use super::buffer::Slot;

/// A row-major matrix, or the transpose of one, as an operand of a product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Reads `values` as rows of `columns` numbers; an incomplete last row is ignored.
    pub(super) fn new(values: &'a [f32], columns: usize) -> Self {
        let rows = values.len().checked_div(columns).unwrap_or(0);
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Number of columns.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The transpose, without moving a number.
    pub(super) fn transposed(self) -> Self {
        Self {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }
}

/// `out = a b`, row-major, and `out` as numbers.
///
/// `out` has `a`'s rows times `b`'s columns, and `a` as many columns as `b` has rows.
#[allow(unsafe_code, reason = "the product writes every slot")]
pub(super) fn product<'a>(out: &'a mut [Slot], a: Matrix<'_>, b: Matrix<'_>) -> &'a mut [f32] {
    multiply(out, false, a, b);
    // SAFETY: `multiply` has written every element of `out`.
    unsafe { out.assume_init_mut() }
}

/// `out += a b`, row-major; shapes as in [`product`].
pub(super) fn add_product(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
    #[allow(unsafe_code, reason = "a product either adds to or overwrites its output, so one function serves both")]
    // SAFETY: `Slot` has the layout of `f32`, and `multiply` writes only numbers.
    let slots = unsafe { &mut *(std::ptr::from_mut(out) as *mut [Slot]) };
    multiply(slots, true, a, b);
}

/// Writes every element of `out`: `a b`, or `out + a b` if `add`, which reads `out` first. Operands that do not fit together
/// count as 0; the callers' shapes rule that out.
fn multiply(out: &mut [Slot], add: bool, a: Matrix<'_>, b: Matrix<'_>) {
    if a.columns != b.rows || out.len() != a.rows * b.columns {
        debug_assert!(false, "operands of a product fit");
        out.iter_mut().filter(|_| !add).for_each(|slot| _ = slot.write(0.0));
        return;
    }
    let stride = |stride: usize| stride.cast_signed();
    #[allow(unsafe_code, reason = "the matrix product crate takes pointers and strides")]
    // SAFETY: a `Matrix` addresses `rows * columns` elements inside its slice (`new` and `transposed` keep that), `out`
    // holds `a.rows * b.columns` elements and is borrowed exclusively, and the inner sizes agree: checked above. `out` is
    // read only if `add`, when it holds numbers.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr().cast::<f32>(),
            1,
            stride(b.columns),
            add,
            a.values.as_ptr(),
            stride(a.column_stride),
            stride(a.row_stride),
            b.values.as_ptr(),
            stride(b.column_stride),
            stride(b.row_stride),
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
