//! From codes and encodings to the first node and edge rows.

use super::batch::Batch;
use super::encoder::Encoder;
use super::features::Embedding;
use super::network::{EdgeRows, Pass};
use super::parameters::{Role, Slot, Visitor};
use super::spec::ModelSpec;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::sync::Arc;

/// Tables for nodes and edges, and the map of the nodes' encoding.
pub(super) struct Embeddings {
    node: Tables,
    edge: Tables,
    encoder: Option<Encoder>,
}

impl Embeddings {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Self {
        Self {
            node: Tables::new(&spec.features.node(), spec.embedding_width(), device),
            edge: Tables::new(&spec.features.edge(), spec.dim, device),
            encoder: Encoder::new(spec, device),
        }
    }

    /// Node rows `[N, H]`, and edge rows unless the batch has no edge.
    pub(super) fn forward(&self, batch: &Batch, pass: &Pass) -> (Tensor<2>, Option<EdgeRows>) {
        let mut node = self.node.forward(&batch.node); // [N, H]
        if let (Some(encoder), Some(encoding)) = (&self.encoder, &batch.encoding) {
            node = encoder.forward(node, encoding);
        }
        let edge = batch.edge.as_ref().map(|kinds| EdgeRows {
            rows: self.edge.forward(&kinds.codes), // [U, H]
            of: Some(Arc::clone(&kinds.of)),
            absent: kinds.absent.clone(),
        });
        let Some(noise) = &pass.noise else { return (node, edge) };
        let edge = edge.zip(noise.edge.as_ref()).map(|(edge, noise)| EdgeRows {
            absent: edge.absent_of_each(),
            rows: edge.each() + noise.clone(), // [E, H]
            of: None,
        });
        (node + noise.node.clone(), edge)
    }

    pub(super) fn visit(&mut self, visitor: &mut Visitor<'_>) {
        self.node.visit("embed_node", visitor);
        self.edge.visit("embed_edge", visitor);
        if let Some(encoder) = &mut self.encoder {
            encoder.visit(visitor);
        }
    }
}

/// The tables of one [`Embedding`].
enum Tables {
    /// `[codes, width]`
    One(Tensor<2>),
    /// `[codes, width]` for each field, rows summed.
    Sum(Vec<Tensor<2>>),
    /// `[codes, width / fields]`, rows side by side.
    Shared(Tensor<2>, usize),
}

impl Tables {
    fn new(embedding: &Embedding, width: usize, device: &Device) -> Self {
        match embedding {
            Embedding::Table { codes } => Self::One(Tensor::zeros([*codes, width], device)),
            Embedding::Sum { codes } => {
                Self::Sum(codes.iter().map(|&codes| Tensor::zeros([codes, width], device)).collect())
            }
            Embedding::Shared { codes, fields } => {
                Self::Shared(Tensor::zeros([*codes, width / fields], device), *fields)
            }
        }
    }

    /// `[rows, width]`
    fn forward(&self, codes: &[Tensor<1, Int>]) -> Tensor<2> {
        match self {
            Self::One(table) => table.clone().select(0, codes[0].clone()),
            Self::Sum(tables) => {
                let mut rows = tables.iter().zip(codes).map(|(table, codes)| table.clone().select(0, codes.clone()));
                let first = rows.next().unwrap_or_else(|| Tensor::zeros([0, 0], &codes[0].device()));
                rows.fold(first, |sum, rows| sum + rows)
            }
            Self::Shared(table, fields) => {
                let [_, width] = table.dims();
                let [cells] = codes[0].dims();
                table.clone().select(0, codes[0].clone()).reshape([cells / fields, fields * width])
            }
        }
    }

    fn visit(&mut self, name: &str, visitor: &mut Visitor<'_>) {
        match self {
            Self::One(table) | Self::Shared(table, _) => {
                visitor(&format!("{name}.weight"), Role::Table, Slot::Matrix(table));
            }
            Self::Sum(tables) => {
                for (field, table) in tables.iter_mut().enumerate() {
                    visitor(&format!("{name}.tables.{field}"), Role::XavierTable, Slot::Matrix(table));
                }
            }
        }
    }
}

impl EdgeRows {
    /// One row per edge, `[E, H]`.
    pub(super) fn each(&self) -> Tensor<2> {
        let Some(of) = &self.of else { return self.rows.clone() };
        let index: Vec<i64> = of.iter().map(|&row| i64::from(row)).collect();
        let shape = [index.len()];
        self.rows.clone().select(0, Tensor::from_data(TensorData::new(index, shape), &self.rows.device()))
    }

    /// For each edge whether it is an absent bond; `None` outside full-graph mode.
    pub(super) fn absent_of_each(&self) -> Option<Arc<Vec<bool>>> {
        let absent = self.absent.as_ref()?;
        let Some(of) = &self.of else { return Some(Arc::clone(absent)) };
        Some(Arc::new(of.iter().filter_map(|&row| absent.get(row as usize).copied()).collect()))
    }
}

impl From<Tensor<2>> for EdgeRows {
    /// Rows of one edge each, all of them bonds.
    fn from(rows: Tensor<2>) -> Self {
        Self { rows, of: None, absent: None }
    }
}
