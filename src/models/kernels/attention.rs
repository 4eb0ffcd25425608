//! Attention of one layer over plain slices: projections, edge scores, weights, weighted mean of the neighbours.
//!
//! The batch is cut into blocks that no edge leaves ([`Topology`]), so a block goes through all steps, matrix products
//! included, while its rows are in cache, forward and backward.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;

use super::Mode;
use super::attention_gradient::AttentionGradient;
use super::attention_loops::{Rows, Written, attend, bias_scores};
use super::buffer::{Slot, finished, uninitialised};
use super::matrix::{Matrix, add_product, product};
use super::operation::{Gradient, Kernel, Outcome, matrix, values, width};
use super::parallel::each;
use super::rows::repeat;
use super::topology::{Block, Topology};

/// The kernel: everything but the tensors.
#[derive(Debug, Clone)]
pub(super) struct AttentionKernel {
    pub(super) topology: Arc<Topology>,
    /// The row of each edge; `None` where row e belongs to edge e.
    pub(super) of: Option<Arc<Vec<u32>>>,
    /// For each row whether it describes absent bonds, which have projections of their own.
    pub(super) absent: Option<Arc<Vec<bool>>>,
    pub(super) mode: Mode,
    /// Which of the optional inputs there are.
    pub(super) has: Present,
}

/// Optional inputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present {
    pub(super) factor: bool,
    pub(super) bias: bool,
    pub(super) absent: bool,
    pub(super) explicit: bool,
}

/// A linear map, `weight` `[H, H]` as `[in, out]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Projection<'a> {
    pub(super) weight: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
}

/// The tensors, in the order in which the kernel gets them.
#[derive(Debug, Clone)]
pub(super) struct Inputs<'a> {
    /// Node rows `[N, H]`.
    pub(super) x: &'a [f32],
    /// Edge rows `[E, H]`, or `[U, H]` if edges share them.
    pub(super) rows: &'a [f32],
    /// What each edge's weight is multiplied by, `[E]`.
    pub(super) factor: Option<&'a [f32]>,
    /// q, k, v and e, then q2, k2 and e2 for absent bonds.
    pub(super) maps: Vec<Projection<'a>>,
    /// k', e' and v', `[H]` each.
    pub(super) explicit: Option<[&'a [f32]; 3]>,
}

/// Positions in [`Inputs::maps`].
pub(super) const Q: usize = 0;
pub(super) const K: usize = 1;
pub(super) const V: usize = 2;
pub(super) const E: usize = 3;
/// From the map for bonds to that for absent ones, which has no values of its own.
pub(super) const ABSENT: [usize; 4] = [4, 5, V, 6];

/// What one block computed on its way, for the backward pass or for the record.
#[derive(Debug, Default)]
pub(super) struct Saved {
    /// Queries of bonds and of absent bonds, `[n, H]`.
    pub(super) q: [Vec<f32>; 2],
    /// Keys of bonds and of absent bonds, `[n, H]`.
    pub(super) k: [Vec<f32>; 2],
    /// Values, explicit bias included, `[n, H]`.
    pub(super) v: Vec<f32>,
    /// Projected edge rows of the block, `[e, H]`; empty if edges share rows.
    pub(super) p: Vec<f32>,
    /// Bias scores r of the nodes, `[n, heads]`; empty without explicit bias.
    pub(super) r: Vec<f32>,
    /// Share of each edge before its factor, `[e, heads]`: w / (sum w f + 1e-6), with negative sign where the clamp was
    /// active, i.e. where no gradient passes to the score.
    pub(super) share: Vec<f32>,
}

impl AttentionKernel {
    /// Names the inputs.
    pub(super) fn inputs<'a>(&self, inputs: &'a [FlexTensor]) -> Inputs<'a> {
        let mut inputs = inputs.iter().map(values);
        let mut next = || inputs.next().unwrap_or_default();
        let (x, rows, factor) = (next(), next(), self.has.factor.then(&mut next));
        let maps =
            (0..self.maps()).map(|_| Projection { weight: next(), bias: self.has.bias.then(&mut next) }).collect();
        let explicit = self.has.explicit.then(|| [next(), next(), next()]);
        Inputs { x, rows, factor, maps, explicit }
    }

    fn maps(&self) -> usize {
        if self.has.absent { 7 } else { 4 }
    }

    /// Whether weights come from the target's bias score, and from no edge.
    pub(super) fn by_target(&self) -> bool {
        self.mode.by_target && self.has.explicit
    }

    /// Whether edge scores have to be computed.
    fn scored(&self) -> bool {
        !self.by_target() || self.mode.keep_score || self.mode.keep_all
    }

    /// Whether the rows from `first` on are of absent bonds, in runs: for each run its length and the answer.
    pub(super) fn runs(&self, first: usize, rows: usize) -> Vec<(usize, bool)> {
        match &self.absent {
            Some(absent) => {
                absent[first..first + rows].chunk_by(|a, b| a == b).map(|run| (run.len(), run[0])).collect()
            }
            None => vec![(rows, false)],
        }
    }

    /// Projects edge rows, the first of which is number `first`.
    fn project_edges(&self, rows: &[f32], first: usize, inputs: &Inputs<'_>, width: usize) -> Vec<f32> {
        let mut out = uninitialised(rows.len());
        let mut place = 0;
        for (length, absent) in self.runs(first, rows.len() / width) {
            let run = place * width..(place + length) * width;
            let map = inputs.maps[if absent { ABSENT[E] } else { E }];
            linear_into(&mut out[run.clone()], &rows[run], map.weight, map.bias);
            place += length;
        }
        #[allow(unsafe_code, reason = "the runs are all rows")]
        // SAFETY: `linear_into` writes its whole part.
        unsafe {
            finished(out)
        }
    }

    /// One block, from its projections to its nodes' attention.
    fn block(&self, block: &Block, inputs: &Inputs<'_>, shared: &Shared<'_>, out: &mut Written<'_>) -> Saved {
        let width = shared.width;
        let x = &inputs.x[block.nodes.start * width..block.nodes.end * width];
        let map = |map: usize| linear(x, inputs.maps[map].weight, inputs.maps[map].bias);
        let pair = |of: usize| [map(of), if self.has.absent { map(ABSENT[of]) } else { Vec::new() }];
        let mut saved = Saved { v: linear(x, inputs.maps[V].weight, shared.value_bias.as_deref()), ..Saved::default() };
        if self.scored() || self.by_target() {
            saved.q = pair(Q);
        }
        if self.scored() {
            saved.k = pair(K);
            if self.of.is_none() {
                let rows = &inputs.rows[block.edges.start * width..block.edges.end * width];
                saved.p = self.project_edges(rows, block.edges.start, inputs, width);
            }
        }
        let mut bias = Vec::new();
        if let Some([k, e, _]) = inputs.explicit {
            (saved.r, bias) = bias_scores(&saved.q[0], k, e, (self.mode.heads, self.mode.scale));
        }
        saved.share = vec![0.0; block.edges.len() * self.mode.heads];
        let rows = Rows {
            q: [&saved.q[0], &saved.q[1]],
            k: [&saved.k[0], &saved.k[1]],
            v: &saved.v,
            p: if self.of.is_some() { shared.p } else { &saved.p },
            bias: &bias,
            by_target: if self.by_target() { &saved.r } else { &[] },
        };
        attend(self.walk(block, inputs, width), rows, &mut saved.share, out, self.scored());
        saved
    }

    /// The edges of a block, as loops go through them.
    pub(super) fn walk<'a>(&'a self, block: &'a Block, inputs: &Inputs<'a>, width: usize) -> Walk<'a> {
        Walk {
            topology: &self.topology,
            block,
            of: self.of.as_ref().map(|of| of.as_slice()),
            absent: self.absent.as_ref().map(|absent| absent.as_slice()),
            factor: inputs.factor,
            width,
            heads: self.mode.heads,
        }
    }

    /// Checks what the loops rely on.
    ///
    /// # Panics
    ///
    /// If the inputs do not fit together: the loops would leave numbers unwritten or read beyond their rows.
    fn check(&self, inputs: &Inputs<'_>, width: usize) {
        let (nodes, edges) = (self.topology.nodes(), self.topology.edges());
        assert!(width > 0 && width.checked_rem(self.mode.heads) == Some(0), "heads share out the features evenly");
        let rows = inputs.rows.len() / width;
        let of = self.of.as_ref().is_none_or(|of| of.len() == edges && of.iter().all(|&row| (row as usize) < rows));
        let rows_fit = of && (self.of.is_some() || rows == edges) && inputs.rows.len() == rows * width;
        let absent = self.absent.as_ref().is_none_or(|absent| self.has.absent && absent.len() == rows);
        let factor = inputs.factor.is_none_or(|factor| factor.len() == edges);
        let maps = inputs
            .maps
            .iter()
            .all(|map| map.weight.len() == width * width && map.bias.is_none_or(|bias| bias.len() == width));
        let explicit = inputs.explicit.iter().flatten().all(|vector| vector.len() == width);
        let fit = inputs.x.len() == nodes * width && rows_fit && absent && factor && maps && explicit;
        assert!(fit, "rows and parameters of attention fit together");
    }
}

/// What all blocks read.
struct Shared<'a> {
    width: usize,
    /// Projected edge rows that edges share, `[U, H]`.
    p: &'a [f32],
    /// Bias of Wv and v' together: adding v' to every value adds (sum w) v' to the numerator, which is what the term is.
    value_bias: Option<Vec<f32>>,
}

/// The edges of a block: where they start and end, and which rows they read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) topology: &'a Topology,
    pub(super) block: &'a Block,
    pub(super) of: Option<&'a [u32]>,
    pub(super) absent: Option<&'a [bool]>,
    pub(super) factor: Option<&'a [f32]>,
    pub(super) width: usize,
    pub(super) heads: usize,
}

impl Walk<'_> {
    /// Row of an edge among the projected edge rows at hand, and 1 if it is an absent bond, else 0.
    #[inline(always)]
    pub(super) fn row(&self, edge: usize) -> (usize, usize) {
        let (global, local) = match self.of {
            Some(of) => (of[edge] as usize, of[edge] as usize),
            None => (edge, edge - self.block.edges.start),
        };
        (local, self.absent.map_or(0, |absent| usize::from(absent[global])))
    }

    /// Source of an edge, counted within the block.
    #[inline(always)]
    pub(super) fn source(&self, edge: usize) -> usize {
        self.topology.source()[edge] as usize - self.block.nodes.start
    }

    /// Factor on an edge's weight.
    #[inline(always)]
    pub(super) fn factor(&self, edge: usize) -> f32 {
        self.factor.map_or(1.0, |factor| factor[edge])
    }
}

impl Kernel for AttentionKernel {
    fn forward(&self, tensors: &[FlexTensor], tracked: bool) -> Outcome {
        let inputs = self.inputs(tensors);
        let width = tensors.first().map_or(0, width);
        self.check(&inputs, width);
        let shares_rows = self.of.is_some() && self.scored();
        let p = if shares_rows { self.project_edges(inputs.rows, 0, &inputs, width) } else { Vec::new() };
        let value_bias = match (inputs.maps[V].bias, inputs.explicit) {
            (Some(bias), Some([_, _, v])) => Some(bias.iter().zip(v).map(|(b, v)| b + self.mode.scale * v).collect()),
            (None, Some([_, _, v])) => Some(v.iter().map(|v| self.mode.scale * v).collect()),
            (bias, None) => bias.map(<[f32]>::to_vec),
        };
        let shared = Shared { width, p: &p, value_bias };
        let keep = tracked || self.mode.keep_all;
        let mut node = vec![0.0; inputs.x.len()];
        let mut score =
            if self.mode.keep_score { uninitialised(self.topology.edges() * width) } else { Box::default() };
        let logits = self.by_target();
        let blocks = self.topology.blocks();
        let outs = split(&mut node, blocks, |block| block.nodes.len() * width).into_iter().zip(split(
            &mut score,
            blocks,
            |block| if self.mode.keep_score { block.edges.len() * width } else { 0 },
        ));
        let saved = each(blocks.iter().zip(outs), |(block, (node, score))| {
            let mut out = Written { node, score: self.mode.keep_score.then_some(score) };
            let saved = self.block(block, &inputs, &shared, &mut out);
            if keep { saved } else { Saved { r: if logits { saved.r } else { Vec::new() }, ..Saved::default() } }
        });
        let mut outputs = vec![matrix(node, width)];
        if self.mode.keep_score {
            #[allow(unsafe_code, reason = "the blocks are all edges")]
            // SAFETY: `attend` writes the scores of all edges of its block.
            outputs.push(matrix(unsafe { finished(score) }, width));
        }
        let differentiable = if logits { 1 } else { outputs.len() };
        if logits {
            outputs.push(matrix(joined(&saved, |saved| &saved.r), self.mode.heads));
        }
        if self.mode.keep_all {
            let parts: [fn(&Saved) -> &Vec<f32>; 3] = [|saved| &saved.q[0], |saved| &saved.k[0], |saved| &saved.v];
            outputs.extend(parts.map(|part| matrix(joined(&saved, part), width)));
            outputs.push(matrix(self.projected_edges(&p, &saved, width), width));
        }
        let gradient = tracked.then(|| {
            let node = outputs[0].clone();
            Arc::new(AttentionGradient { kernel: self.clone(), node, p, saved }) as Arc<dyn Gradient>
        });
        Outcome { outputs, differentiable, gradient }
    }
}

impl AttentionKernel {
    /// Projected edge rows of all edges, `[E, H]`.
    fn projected_edges(&self, p: &[f32], saved: &[Saved], width: usize) -> Vec<f32> {
        match &self.of {
            Some(of) => of.iter().flat_map(|&row| &p[row as usize * width..][..width]).copied().collect(),
            None => joined(saved, |saved| &saved.p),
        }
    }
}

fn joined(saved: &[Saved], part: impl Fn(&Saved) -> &Vec<f32>) -> Vec<f32> {
    saved.iter().flat_map(part).copied().collect()
}

/// Cuts a buffer into one piece for each block.
pub(super) fn split<'a, T>(
    mut buffer: &'a mut [T],
    blocks: &[Block],
    length: impl Fn(&Block) -> usize,
) -> Vec<&'a mut [T]> {
    let cut = |block| {
        let (piece, rest) = std::mem::take(&mut buffer).split_at_mut(length(block));
        buffer = rest;
        piece
    };
    blocks.iter().map(cut).collect()
}

/// `rows weight + bias`.
fn linear(rows: &[f32], weight: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let mut out = uninitialised(rows.len());
    linear_into(&mut out, rows, weight, bias);
    #[allow(unsafe_code, reason = "the line above has written all of it")]
    // SAFETY: as the reason says.
    unsafe {
        finished(out)
    }
}

/// Writes `rows weight + bias`; the weight is square.
fn linear_into(out: &mut [Slot], rows: &[f32], weight: &[f32], bias: Option<&[f32]>) {
    let width = weight.len().isqrt();
    let (rows, weight) = (Matrix::new(rows, width), Matrix::new(weight, width));
    match bias {
        Some(bias) => add_product(repeat(out, bias), rows, weight),
        None => _ = product(out, rows, weight),
    }
}
