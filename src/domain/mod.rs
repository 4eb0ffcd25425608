//! Molecules, datasets, interventions, traces: plain values that are valid once they exist.
//!
//! Nothing here reads files, runs models or draws. Every other layer speaks in these types, so a
//! number can be followed from a file's line to a pixel without leaving them.

mod columns;
mod dataset;
mod fingerprint;
mod graph;
mod intervention;
mod molecule;
mod rule;
mod trace;
pub mod unit;
mod weights;

pub use columns::{ColumnChoice, Columns, Delimiter, Part, TargetChoice, Task};
pub use dataset::{Dataset, Record, RowNote, Split};
pub use fingerprint::Fingerprint;
pub use graph::{DirectedEdge, EdgeList};
pub use intervention::{Ablation, Ablations, Intervention, Scale};
pub use molecule::{
    Atom, AtomId, Bond, BondId, BondOrder, BondStereo, Chirality, GraphError, Hybridisation, Molecule, MoleculeId,
    symbol,
};
pub use rule::{BondKind, Choice, Rule};
pub use trace::{Comparison, Detail, LOGIT_LIMIT, LayerTrace, Matrix, ModelId, Probe, Projections, Trace};
pub use weights::{Array, Weights};
