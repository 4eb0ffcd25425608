//! The edges of a batch in the two orders that the kernels walk them.
//!
//! A message-passing sum is a scatter. With the edges sorted by target, and a second index by source, it becomes a loop
//! over nodes in which every output row has one writer: no atomics, no race, the same order of additions on any
//! number of threads.

use std::ops::Range;

/// Directed edges sorted by target, in compressed rows both by target and by source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topology {
    source: Vec<u32>,
    target: Vec<u32>,
    /// Edges `incoming[j]..incoming[j + 1]` end in node `j`.
    incoming: Vec<usize>,
    /// Entries `outgoing[i]..outgoing[i + 1]` of `by_source` start in node `i`.
    outgoing: Vec<usize>,
    /// Edge numbers sorted by source, ascending within one source.
    by_source: Vec<u32>,
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
        let outgoing = offsets(nodes, source);
        let mut next = outgoing.clone();
        let mut by_source = vec![0; source.len()];
        for (edge, &node) in (0..).zip(source) {
            let slot = &mut next[node as usize];
            by_source[*slot] = edge;
            *slot += 1;
        }
        Self { source: source.to_vec(), target: target.to_vec(), incoming: offsets(nodes, target), outgoing, by_source }
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

    /// The edges that end in one of `nodes`: a contiguous run, since edges are sorted by target.
    pub(super) fn incoming(&self, nodes: Range<usize>) -> Range<usize> {
        self.incoming[nodes.start]..self.incoming[nodes.end]
    }

    /// The edges that start in `node`, ascending.
    pub(super) fn outgoing(&self, node: usize) -> &[u32] {
        &self.by_source[self.outgoing[node]..self.outgoing[node + 1]]
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

#[cfg(test)]
mod tests {
    use super::Topology;

    #[test]
    fn runs_by_target_and_by_source_list_every_edge_once() {
        let topology = Topology::new(5, &[3, 0, 2, 3, 0], &[0, 2, 2, 2, 4]);
        assert_eq!((topology.nodes(), topology.edges()), (5, 5));
        assert_eq!(topology.incoming(0..1), 0..1);
        assert_eq!(topology.incoming(1..2), 1..1);
        assert_eq!(topology.incoming(2..4), 1..4);
        assert_eq!(topology.incoming(0..5), 0..5);
        let outgoing: Vec<&[u32]> = (0..5).map(|node| topology.outgoing(node)).collect();
        assert_eq!(outgoing, [vec![1, 4], vec![], vec![2], vec![0, 3], vec![]]);
    }

    #[test]
    fn nodes_without_edges_are_allowed() {
        let topology = Topology::new(2, &[], &[]);
        assert_eq!((topology.nodes(), topology.edges()), (2, 0));
        assert_eq!(topology.incoming(0..2), 0..0);
        assert_eq!(Topology::new(0, &[], &[]).nodes(), 0);
    }
}
