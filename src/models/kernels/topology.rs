//! The edges of a batch as the kernels walk them.
//!
//! A message-passing sum is a scatter. With the edges sorted by target, and the batch cut where no edge crosses, each
//! piece is a computation of its own on rows that fit in a core's cache: no atomics, no race, the same order of
//! additions on any number of threads.

use std::ops::Range;

/// A block is closed at the first place that no edge crosses once it has this many nodes ..
const BLOCK_NODES: usize = 128;
/// .. or this many edges.
const BLOCK_EDGES: usize = 512;

/// Directed edges sorted by target, in compressed rows, cut into blocks that no edge leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topology {
    source: Vec<u32>,
    target: Vec<u32>,
    /// Edges `incoming[j]..incoming[j + 1]` end in node `j`.
    incoming: Vec<usize>,
    blocks: Vec<Block>,
}

/// Consecutive nodes with all their edges, none of which starts or ends elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) nodes: Range<usize>,
    pub(super) edges: Range<usize>,
}

impl Topology {
    /// Indexes the edges `source[e] -> target[e]` among `nodes` nodes.
    ///
    /// Precondition, guaranteed by the caller (checked in debug builds only): both slices have the same length, every
    /// entry is below `nodes`, and `target` is ascending.
    #[must_use]
    pub(crate) fn new(nodes: usize, source: &[u32], target: &[u32]) -> Self {
        debug_assert_eq!(source.len(), target.len(), "every edge has a source and a target");
        debug_assert!(target.is_sorted(), "edges are sorted by target");
        debug_assert!(source.iter().chain(target).all(|&node| (node as usize) < nodes), "edge ends are nodes");
        let incoming = offsets(nodes, target);
        let blocks = blocks(source, target, &incoming);
        Self { source: source.to_vec(), target: target.to_vec(), incoming, blocks }
    }

    /// Number of nodes.
    #[must_use]
    pub(crate) fn nodes(&self) -> usize {
        self.incoming.len() - 1
    }

    /// Number of directed edges.
    #[must_use]
    pub(crate) fn edges(&self) -> usize {
        self.source.len()
    }

    /// Source node of every edge.
    #[must_use]
    pub(crate) fn source(&self) -> &[u32] {
        &self.source
    }

    /// Target node of every edge, ascending.
    #[must_use]
    pub(crate) fn target(&self) -> &[u32] {
        &self.target
    }

    /// The edges that end in `node`: a contiguous run, since edges are sorted by target.
    pub(super) fn incoming(&self, node: usize) -> Range<usize> {
        self.incoming[node]..self.incoming[node + 1]
    }

    /// All nodes and edges, in order.
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }
}

/// Start of every node's run when edges are grouped by `ends`, with the total as last entry.
fn offsets(nodes: usize, ends: &[u32]) -> Vec<usize> {
    let mut offsets = vec![0; nodes + 1];
    for &node in ends {
        offsets[node as usize + 1] += 1;
    }
    let mut total = 0;
    for offset in &mut offsets {
        total += *offset;
        *offset = total;
    }
    offsets
}

/// Cuts the nodes where no edge crosses, into blocks that are not needlessly small.
fn blocks(source: &[u32], target: &[u32], incoming: &[usize]) -> Vec<Block> {
    let nodes = incoming.len() - 1;
    // The farthest node that an edge reaches from each node on.
    let mut reach: Vec<usize> = (0..nodes).collect();
    for (&source, &target) in source.iter().zip(target) {
        let (low, high) = (source.min(target) as usize, source.max(target) as usize);
        reach[low] = reach[low].max(high);
    }
    let (mut blocks, mut first, mut farthest) = (Vec::new(), 0, 0);
    for (node, &reach) in reach.iter().enumerate() {
        farthest = farthest.max(reach);
        let edges = incoming[first]..incoming[node + 1];
        let full = node + 1 - first >= BLOCK_NODES || edges.len() >= BLOCK_EDGES || node + 1 == nodes;
        if farthest <= node && full {
            blocks.push(Block { nodes: first..node + 1, edges });
            first = node + 1;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{BLOCK_NODES, Topology};

    #[test]
    fn runs_by_target_list_every_edge_once() {
        let topology = Topology::new(5, &[3, 0, 2, 3, 0], &[0, 2, 2, 2, 4]);
        assert_eq!((topology.nodes(), topology.edges()), (5, 5));
        let incoming: Vec<_> = (0..5).map(|node| topology.incoming(node)).collect();
        assert_eq!(incoming, [0..1, 1..1, 1..4, 4..4, 4..5]);
    }

    #[test]
    fn nodes_without_edges_are_allowed() {
        let topology = Topology::new(2, &[], &[]);
        assert_eq!((topology.nodes(), topology.edges()), (2, 0));
        assert_eq!(topology.incoming(0), 0..0);
        assert_eq!(topology.blocks().len(), 1);
        let empty = Topology::new(0, &[], &[]);
        assert_eq!((empty.nodes(), empty.blocks().len()), (0, 0));
    }

    #[test]
    fn blocks_cover_everything_and_no_edge_leaves_one() {
        // Rings of 3 to 40 nodes, and one that is longer than a block.
        let (mut source, mut target, mut first) = (vec![], vec![], 0u32);
        for ring in (3..40).chain([400]).chain(3..40) {
            for node in 0..ring {
                for neighbour in [(node + 1) % ring, (node + ring - 1) % ring] {
                    source.push(first + neighbour);
                    target.push(first + node);
                }
            }
            first += ring;
        }
        let topology = Topology::new(first as usize, &source, &target);
        let blocks = topology.blocks();
        assert!(blocks.len() > 5, "{}", blocks.len());
        let (mut node, mut edge) = (0, 0);
        for block in blocks {
            assert_eq!((block.nodes.start, block.edges.start), (node, edge));
            (node, edge) = (block.nodes.end, block.edges.end);
            let inside =
                |ends: &[u32]| ends[block.edges.clone()].iter().all(|&end| block.nodes.contains(&(end as usize)));
            assert!(inside(topology.source()) && inside(topology.target()));
        }
        assert_eq!((node, edge), (topology.nodes(), topology.edges()));
        assert!(blocks[..blocks.len() - 1].iter().all(|block| block.nodes.len() >= BLOCK_NODES));
        assert!(blocks.iter().filter(|block| block.nodes.len() > 2 * BLOCK_NODES).count() == 1);
    }
}
