//! The ways in which attention can be asked for.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::super::{AttentionParams, Edges, Linear, Mode};
use super::support::{Case, Leaves, Random};

/// A mode of attention, with the inputs that go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// No biases, edge rows of their own.
    Bare,
    /// No biases, shared edge rows.
    Shared,
    /// Biases and explicit bias.
    Explicit,
    /// The same with shared edge rows and half the explicit bias.
    SharedExplicit,
    /// Biases and explicit bias, weights from the target.
    ByTarget,
    /// Bonds and absent bonds with factors, edge rows of their own.
    Full,
    /// The same with shared edge rows and biases.
    SharedFull,
}

impl Variant {
    pub(super) const ALL: [Self; 7] =
        [Self::Bare, Self::Shared, Self::Explicit, Self::SharedExplicit, Self::ByTarget, Self::Full, Self::SharedFull];
    /// Edge rows where they are shared.
    const KINDS: usize = 5;

    fn shared(self) -> bool {
        matches!(self, Self::Shared | Self::SharedExplicit | Self::SharedFull)
    }

    fn explicit(self) -> bool {
        matches!(self, Self::Explicit | Self::SharedExplicit | Self::ByTarget)
    }

    fn full(self) -> bool {
        matches!(self, Self::Full | Self::SharedFull)
    }

    fn bias(self) -> bool {
        self.explicit() || self == Self::SharedFull
    }

    fn maps(self) -> usize {
        if self.full() { 7 } else { 4 }
    }

    fn rows(self, case: Case) -> usize {
        if self.shared() { Self::KINDS } else { case.edges }
    }

    pub(super) fn mode(self, case: Case) -> Mode {
        let scale = if self == Self::SharedExplicit { 0.5 } else { 1.0 };
        let by_target = self == Self::ByTarget;
        Mode { heads: case.heads, scale, by_target, keep_score: !by_target, keep_all: false }
    }

    /// Node rows, edge rows, factors, maps, explicit bias: as many as there are.
    pub(super) fn leaves(self, case: Case) -> Leaves {
        let width = case.width();
        let mut random = Random(3);
        let mut matrix =
            |rows: usize, columns: usize, size: f64| ([rows, columns], random.values(rows * columns, size));
        let mut leaves = vec![matrix(case.nodes, width, case.scale), matrix(self.rows(case), width, case.scale)];
        if self.full() {
            leaves.push(matrix(case.edges, 1, 1.0));
            // Factors are not negative, and some are zero.
            leaves[2].1.iter_mut().for_each(|factor| *factor = (*factor + 0.5).max(0.0));
        }
        let size = 1.5 / (width as f64).sqrt();
        for _ in 0..self.maps() {
            leaves.push(matrix(width, width, size));
            leaves.extend(self.bias().then(|| matrix(1, width, 0.5)));
        }
        leaves.extend((0..3).filter(|_| self.explicit()).map(|_| matrix(1, width, 1.0)));
        leaves
    }

    /// Gives the leaves their meaning.
    pub(super) fn arguments(self, case: Case, leaves: &[Tensor<2>]) -> (Tensor<2>, Edges, AttentionParams) {
        let mut leaves = leaves.iter().cloned();
        let mut next = || leaves.next().unwrap();
        let (x, rows) = (next(), next());
        let factor = self.full().then(&mut next);
        let mut map = || Linear { weight: next(), bias: self.bias().then(|| next().flatten::<1>(0, 1)) };
        let maps = [(); 4].map(|()| map());
        let absent = self.full().then(|| [(); 3].map(|()| map()));
        let explicit = self.explicit().then(|| [(); 3].map(|()| next().flatten::<1>(0, 1)));
        let mut random = Random(23);
        let of = self.shared().then(|| Arc::new((0..case.edges).map(|_| random.below(Self::KINDS)).collect()));
        let of_rows = self.full().then(|| Arc::new((0..self.rows(case)).map(|row| row % 3 > 0).collect()));
        (x, Edges { rows, of, absent: of_rows, factor, replaced: None }, AttentionParams { maps, absent, explicit })
    }
}
