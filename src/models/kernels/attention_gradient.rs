//! Backward pass of attention, block by block.
//!
//! Blocks are dealt out in fixed groups. A group adds its parameter gradients up in one place, block after block, and
//! the groups' sums are added in order: few large buffers, and the same result for any number of threads.

use burn::backend::flex::FlexTensor;

use super::attention::{ABSENT, AttentionKernel, E, Inputs, K, Q, Saved, V, split};
use super::attention_loops::{BiasGradients, Incoming, Outgoing, Rows, attend_gradient, bias_gradient};
use super::buffer::{Slot, finished, uninitialised};
use super::matrix::{Matrix, add_product, product};
use super::operation::{Gradient, matrix, values, vector, width};
use super::parallel::each;
use super::rows::{accumulate, column_sums};
use super::topology::Block;

/// Most groups that blocks are dealt out in.
const GROUPS: usize = 16;

/// What the backward pass needs of a forward pass.
#[derive(Debug)]
pub(super) struct AttentionGradient {
    pub(super) kernel: AttentionKernel,
    /// Result, `[N, H]`.
    pub(super) node: FlexTensor,
    /// Projected edge rows that edges share, `[U, H]`; empty if they do not.
    pub(super) p: Vec<f32>,
    /// For each block.
    pub(super) saved: Vec<Saved>,
}

/// Gradients of what all blocks share, summed over some of them.
struct Sums {
    /// Weight and bias of each map.
    maps: Vec<(Vec<f32>, Vec<f32>)>,
    /// k', e' and v'.
    explicit: [Vec<f32>; 3],
    /// Of projected edge rows that edges share.
    p: Vec<f32>,
}

/// Where the gradients of the rows of one block go.
struct Pieces<'a> {
    x: &'a mut [Slot],
    /// Empty if edges share rows.
    rows: &'a mut [Slot],
    /// Empty without factors.
    factor: &'a mut [f32],
}

/// What a block's backward pass reads.
struct Context<'a> {
    inputs: Inputs<'a>,
    width: usize,
    node: &'a [f32],
    d_node: &'a [f32],
    /// Empty if the scores have no gradient.
    d_score: &'a [f32],
}

impl Gradient for AttentionGradient {
    fn backward(&self, tensors: &[FlexTensor], grads: &[Option<FlexTensor>]) -> Vec<Option<FlexTensor>> {
        let inputs = self.kernel.inputs(tensors);
        let arrived = |place: usize| grads.get(place).and_then(Option::as_ref).map(values);
        let zeros = vec![0.0; if arrived(0).is_some() { 0 } else { inputs.x.len() }];
        let context = Context {
            width: tensors.first().map_or(0, width),
            node: values(&self.node),
            d_node: arrived(0).unwrap_or(&zeros),
            d_score: arrived(1).unwrap_or_default(),
            inputs,
        };
        let inputs = &context.inputs;
        let edges = self.kernel.topology.edges();
        let mut x = uninitialised(inputs.x.len());
        let mut rows = uninitialised(if self.own_rows() { inputs.rows.len() } else { 0 });
        let mut factor = vec![0.0; if inputs.factor.is_some() { edges } else { 0 }];
        let sums = self.blocks(&context, &mut x, &mut rows, &mut factor);
        #[allow(unsafe_code, reason = "the blocks are all nodes and edges")]
        // SAFETY: `block` writes the whole pieces of its block.
        let (x, mut rows) = unsafe { (finished(x), finished(rows)) };
        let mut sums = sums.into_iter().reduce(Sums::plus).unwrap_or_else(|| self.no_sums(&context));
        if self.shares_rows() {
            let mut d_rows = uninitialised(inputs.rows.len());
            let d_p = std::mem::take(&mut sums.p);
            self.edge_rows(&context, (0, &d_p), &mut d_rows, &mut sums.maps);
            #[allow(unsafe_code, reason = "the rows are written from first to last")]
            // SAFETY: `edge_rows` writes all it is given.
            let d_rows = unsafe { finished(d_rows) };
            rows = d_rows;
        }
        self.named(&context, [x, rows, factor], sums)
    }
}

impl AttentionGradient {
    /// Whether gradients flow into edge rows, keys and e'.
    fn through_edges(&self) -> bool {
        !self.kernel.by_target()
    }

    fn own_rows(&self) -> bool {
        self.through_edges() && self.kernel.of.is_none()
    }

    fn shares_rows(&self) -> bool {
        self.through_edges() && self.kernel.of.is_some()
    }

    /// Runs all blocks, and returns the sums of each group.
    fn blocks(&self, context: &Context<'_>, x: &mut [Slot], rows: &mut [Slot], factor: &mut [f32]) -> Vec<Sums> {
        let blocks = self.kernel.topology.blocks();
        let along_edges = |width: usize| move |block: &Block| block.edges.len() * width;
        let mut pieces: Vec<_> = split(x, blocks, |block| block.nodes.len() * context.width)
            .into_iter()
            .zip(split(rows, blocks, along_edges(if self.own_rows() { context.width } else { 0 })))
            .zip(split(factor, blocks, along_edges(usize::from(context.inputs.factor.is_some()))))
            .map(|((x, rows), factor)| Pieces { x, rows, factor })
            .collect();
        let size = blocks.len().div_ceil(GROUPS).max(1);
        let groups = blocks.chunks(size).zip(self.saved.chunks(size)).zip(pieces.chunks_mut(size));
        each(groups, |((blocks, saved), pieces)| {
            let mut sums = self.no_sums(context);
            for ((block, saved), pieces) in blocks.iter().zip(saved).zip(pieces) {
                self.block(context, (block, saved), pieces, &mut sums);
            }
            sums
        })
    }

    fn no_sums(&self, context: &Context<'_>) -> Sums {
        let zeros = |present: bool, like: &[f32]| vec![0.0; if present { like.len() } else { 0 }];
        let maps = context.inputs.maps.iter();
        let explicit = context.inputs.explicit.unwrap_or_default();
        Sums {
            maps: maps.map(|map| (zeros(true, map.weight), zeros(true, map.bias.unwrap_or_default()))).collect(),
            explicit: explicit.map(|vector| zeros(true, vector)),
            p: zeros(self.shares_rows(), context.inputs.rows),
        }
    }

    fn block(&self, context: &Context<'_>, (block, saved): (&Block, &Saved), pieces: &mut Pieces<'_>, sums: &mut Sums) {
        let Context { inputs, width, .. } = context;
        let (nodes, edges) = (block.nodes.start * width..block.nodes.end * width, block.edges.len());
        let zeros = |present: bool, length: usize| vec![0.0; if present { length } else { 0 }];
        let (through, absent) = (self.through_edges(), self.kernel.has.absent);
        let mut own_p = zeros(self.own_rows(), edges * width);
        let pair = |present: bool| [zeros(present, nodes.len()), zeros(present && absent, nodes.len())];
        let mut to = Outgoing {
            q: pair(through || inputs.explicit.is_some()),
            k: pair(through),
            v: zeros(true, nodes.len()),
            bias: zeros(through && inputs.explicit.is_some(), nodes.len()),
            by_target: zeros(!through, saved.r.len()),
            p: if self.own_rows() { &mut own_p } else { &mut sums.p },
            factor: pieces.factor,
        };
        let from = Incoming {
            rows: Rows {
                q: [&saved.q[0], &saved.q[1]],
                k: [&saved.k[0], &saved.k[1]],
                v: &saved.v,
                p: if self.kernel.of.is_some() { &self.p } else { &saved.p },
                bias: &[],
                by_target: &[],
            },
            node: &context.node[nodes.clone()],
            d_node: &context.d_node[nodes.clone()],
            d_score: match context.d_score {
                [] => &[],
                scores => &scores[block.edges.start * width..block.edges.end * width],
            },
            share: &saved.share,
        };
        attend_gradient(self.kernel.walk(block, inputs, *width), from, &mut to);
        let Outgoing { mut q, k, v, bias, by_target, .. } = to;
        if let Some([d_k, d_e, d_v]) = inputs.explicit.map(|_| sums.explicit.each_mut()) {
            let mut to = BiasGradients { k: d_k, e: d_e };
            self.explicit(context, (&saved.q[0], &saved.r, &bias, &by_target), &mut q[0], &mut to);
            let sums = column_sums(&v, *width);
            d_v.iter_mut().zip(sums).for_each(|(d_v, sum)| *d_v += self.kernel.mode.scale * sum);
        }
        // The values come first, since they are always there: they start what the others are added to.
        let x = &inputs.x[nodes];
        let value = Matrix::new(inputs.maps[V].weight, *width).transposed();
        let d_x = product(pieces.x, Matrix::new(&v, *width), value);
        map_sums(&mut sums.maps[V], x, &v, *width);
        let others = [(Q, &q[0]), (K, &k[0]), (ABSENT[Q], &q[1]), (ABSENT[K], &k[1])];
        for (map, grad) in others.into_iter().filter(|(_, grad)| !grad.is_empty()) {
            add_product(d_x, Matrix::new(grad, *width), Matrix::new(inputs.maps[map].weight, *width).transposed());
            map_sums(&mut sums.maps[map], x, grad, *width);
        }
        if self.own_rows() {
            self.edge_rows(context, (block.edges.start, &own_p), pieces.rows, &mut sums.maps);
        }
    }

    fn explicit(
        &self,
        context: &Context<'_>,
        from: (&[f32], &[f32], &[f32], &[f32]),
        d_q: &mut [f32],
        to: &mut BiasGradients<'_>,
    ) {
        let [k, e, _] = context.inputs.explicit.unwrap_or_default();
        bias_gradient((k, e), (self.kernel.mode.heads, self.kernel.mode.scale), from, d_q, to);
    }

    /// Back through the projection of edge rows, the first of which is number `first`: writes their gradient and adds to
    /// that of the maps.
    fn edge_rows(
        &self,
        context: &Context<'_>,
        (first, d_p): (usize, &[f32]),
        d_rows: &mut [Slot],
        maps: &mut [(Vec<f32>, Vec<f32>)],
    ) {
        let Context { inputs, width, .. } = context;
        let rows = &inputs.rows[first * width..][..d_p.len()];
        let mut place = 0;
        for (length, absent) in self.kernel.runs(first, d_p.len() / width) {
            let run = place * width..(place + length) * width;
            let map = if absent { ABSENT[E] } else { E };
            let d_p = &d_p[run.clone()];
            let weight = Matrix::new(inputs.maps[map].weight, *width).transposed();
            product(&mut d_rows[run.clone()], Matrix::new(d_p, *width), weight);
            map_sums(&mut maps[map], &rows[run], d_p, *width);
            place += length;
        }
    }

    /// All gradients in the order of the inputs.
    fn named(&self, context: &Context<'_>, rows: [Vec<f32>; 3], sums: Sums) -> Vec<Option<FlexTensor>> {
        let (has, width, through) = (self.kernel.has, context.width, self.through_edges());
        let [x, rows, factor] = rows;
        let mut named = vec![Some(matrix(x, width)), through.then(|| matrix(rows, width))];
        if has.factor {
            named.push(Some(matrix(factor, 1)));
        }
        for (map, (weight, bias)) in sums.maps.into_iter().enumerate() {
            let reached = through || map == V || (map == Q && has.explicit);
            named.push(reached.then(|| matrix(weight, width)));
            if has.bias {
                named.push(reached.then(|| vector(bias)));
            }
        }
        if has.explicit {
            let [k, e, v] = sums.explicit.map(vector);
            named.extend([Some(k), through.then_some(e), Some(v)]);
        }
        named
    }
}

impl Sums {
    fn plus(mut self, other: Self) -> Self {
        let pairs =
            self.maps.iter_mut().zip(other.maps).flat_map(|(to, from)| [(&mut to.0, from.0), (&mut to.1, from.1)]);
        let vectors = self.explicit.iter_mut().zip(other.explicit);
        for (to, from) in pairs.chain(vectors).chain([(&mut self.p, other.p)]) {
            accumulate(to, &from);
        }
        self
    }
}

/// Adds to the gradients of a linear map: `rows^T d_out` to the weight's, the sum of `d_out` to the bias's.
fn map_sums((weight, bias): &mut (Vec<f32>, Vec<f32>), rows: &[f32], d_out: &[f32], width: usize) {
    add_product(weight, Matrix::new(rows, width).transposed(), Matrix::new(d_out, width));
    if !bias.is_empty() {
        accumulate(bias, &column_sums(d_out, width));
    }
}
