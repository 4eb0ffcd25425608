//! From a molecule to the numbers a model was trained on.
//!
//! Each scheme is a vocabulary that some published model reads, spelled exactly as its authors did.
//! What a scheme has no word for has no trained row in a table, so it is refused with the reason
//! instead of guessed.

mod canonical;
mod encoding;
mod graph;
mod ogb;
mod zinc;

pub use graph::{Codes, FULL_GRAPH_LIMIT, GraphInput};

use crate::domain::{Bond, EdgeList, Molecule};
use serde::{Deserialize, Serialize};

/// Which numbers describe a node and an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Features {
    /// The vocabulary of the ZINC subset: 28 atom types; single, double and triple bonds.
    Zinc,
    /// The same atom types, all bonds alike: for graphs without edge labels, and to see what bond
    /// types are worth.
    ZincConstant,
    /// The fields of the Open Graph Benchmark: 9 per atom, 3 per bond.
    Ogb,
    /// The 74 and 12 integers that GT reads on TOX21.
    Canonical,
}

/// How codes become rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Embedding {
    /// One code, one row of a table.
    Table {
        /// Rows of the table.
        codes: usize,
    },
    /// One table per field, rows summed (OGB).
    Sum {
        /// Rows of each table.
        codes: &'static [usize],
    },
    /// One narrow table for all fields, rows side by side.
    Shared {
        /// Rows of the table.
        codes: usize,
        /// Number of fields.
        fields: usize,
    },
}

/// Why a model cannot score a molecule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// The atom has no row in the node table.
    #[error("atom {atom} is {name}, which the ZINC vocabulary of 28 atom types lacks, so the model cannot score it")]
    Atom {
        /// Place of the atom, counted from 0.
        atom: usize,
        /// The atom as the vocabulary would spell it, e.g. `Si` or `C with charge +1`.
        name: String,
    },
    /// The bond has no row in the edge table.
    #[error(
        "the bond between atoms {a} and {b} is {order}, but ZINC has only single, double and triple bonds, so the \
         model cannot score it"
    )]
    Bond {
        /// One atom, counted from 0.
        a: u32,
        /// The other atom.
        b: u32,
        /// The order's name.
        order: &'static str,
    },
    /// A number of the atom is beyond the canonical table.
    #[error("atom {atom} has a charge or radical count beyond the canonical features, so the model cannot score it")]
    Beyond {
        /// Place of the atom, counted from 0.
        atom: usize,
    },
    /// There is nothing for attention to run along.
    #[error("the molecule has no bond, so no message can flow and the model cannot score it")]
    NoEdge,
    /// Full-graph attention grows with the square of the atoms.
    #[error(
        "in full-graph mode the molecule's {atoms} atoms make {edges} edges, whose activations take about \
         {megabytes} MB of memory, so it is left out unless large graphs are allowed"
    )]
    Large {
        /// Atoms.
        atoms: usize,
        /// Ordered pairs of atoms.
        edges: usize,
        /// Memory that one trace takes, in 10^6 bytes.
        megabytes: usize,
    },
}

impl Features {
    /// All schemes. Every one of them can be served by any dataset of molecules.
    pub const ALL: [Self; 4] = [Self::Zinc, Self::ZincConstant, Self::Ogb, Self::Canonical];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zinc => "zinc",
            Self::ZincConstant => "zinc-constant",
            Self::Ogb => "ogb",
            Self::Canonical => "canonical",
        }
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Zinc => "ZINC atom and bond types",
            Self::ZincConstant => "ZINC atom types, all bonds alike",
            Self::Ogb => "OGB fields (9 per atom, 3 per bond)",
            Self::Canonical => "canonical features (74 per atom, 12 per bond)",
        }
    }

    pub(super) fn node(self) -> Embedding {
        match self {
            Self::Zinc | Self::ZincConstant => Embedding::Table { codes: zinc::ATOM_CODES },
            Self::Ogb => Embedding::Sum { codes: &ogb::ATOM_TABLES },
            Self::Canonical => Embedding::Shared { codes: canonical::ATOM_CODES, fields: canonical::ATOM_FIELDS },
        }
    }

    pub(super) fn edge(self) -> Embedding {
        match self {
            Self::Zinc => Embedding::Table { codes: zinc::BOND_CODES },
            // Row 0 stands for absent bonds, as in the other tables.
            Self::ZincConstant => Embedding::Table { codes: 2 },
            Self::Ogb => Embedding::Sum { codes: &ogb::BOND_TABLES },
            Self::Canonical => Embedding::Shared { codes: canonical::BOND_CODES, fields: canonical::BOND_FIELDS },
        }
    }

    /// The codes of a molecule along its bonds, both directions of each.
    ///
    /// # Errors
    /// An atom or bond that the scheme has no code for.
    pub fn codes(self, molecule: &Molecule) -> Result<GraphInput, FeatureError> {
        let atoms = || molecule.atoms().enumerate();
        let degree = |atom: usize| molecule.degree(crate::domain::AtomId(u32::try_from(atom).unwrap_or(u32::MAX)));
        let mut node = Vec::new();
        match self {
            Self::Zinc | Self::ZincConstant => {
                for (index, atom) in atoms() {
                    node.push(zinc::atom(index, atom)?);
                }
            }
            Self::Ogb => atoms().for_each(|(index, atom)| node.extend(ogb::atom(atom, degree(index)))),
            Self::Canonical => {
                for (index, atom) in atoms() {
                    let codes = canonical::atom(atom, degree(index));
                    node.extend(codes.map_err(|_code| FeatureError::Beyond { atom: index })?);
                }
            }
        }
        let bonds = molecule.bonds().map(|(a, b, bond)| self.bond(a.0, b.0, bond)).collect::<Result<Vec<_>, _>>()?;
        let edges = EdgeList::of(molecule);
        let rows = edges.bond.iter().flatten().filter_map(|bond| bonds.get(bond.index()));
        let edge = Codes::new(self.edge().fields(), rows.flatten().copied().collect());
        Ok(GraphInput { node: Codes::new(self.node().fields(), node), edges, edge, ..GraphInput::default() })
    }

    fn bond(self, a: u32, b: u32, bond: &Bond) -> Result<Vec<u32>, FeatureError> {
        Ok(match self {
            Self::Zinc => vec![zinc::bond(bond).ok_or(FeatureError::Bond { a, b, order: bond.order.name() })?],
            Self::ZincConstant => vec![1],
            Self::Ogb => ogb::bond(bond).to_vec(),
            Self::Canonical => canonical::bond(bond).to_vec(),
        })
    }
}

impl Embedding {
    /// Codes per node or edge.
    pub(super) fn fields(&self) -> usize {
        match self {
            Self::Table { .. } => 1,
            Self::Sum { codes } => codes.len(),
            Self::Shared { fields, .. } => *fields,
        }
    }

    /// Codes that field `field` may have.
    pub(super) fn codes(&self, field: usize) -> usize {
        match self {
            Self::Table { codes } | Self::Shared { codes, .. } => *codes,
            Self::Sum { codes } => codes.get(field).copied().unwrap_or_default(),
        }
    }
}
