//! Encodings of a node's place in its graph, mapped into its first row.

use super::batch::NodeEncoding;
use super::kernels::NORM_EPSILON;
use super::layers::Linear;
use super::parameters::{Role, Slot, Visitor};
use super::spec::{Encoding, ModelSpec};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Tensor};

/// Logit of a pair that does not exist.
const MASKED: f32 = -1e9;

/// From an encoding to something a node's row can hold.
pub(super) enum Encoder {
    /// Mapped to the hidden width and added.
    Linear(Linear),
    /// SAN's transformer over pairs, put beside the embedding.
    Pairs(Pairs),
}

/// A transformer over the pairs (eigenvector entry, eigenvalue) of each node, summed to one row
/// (Kreuzer et al. 2021, section 3.2; layer norm after each residual).
pub(super) struct Pairs {
    pair: Linear,
    layers: Vec<PairLayer>,
    heads: usize,
}

struct PairLayer {
    q: Linear,
    k: Linear,
    v: Linear,
    out: Linear,
    norm1: Norm,
    up: Linear,
    down: Linear,
    norm2: Norm,
}

struct Norm {
    weight: Tensor<1>,
    bias: Tensor<1>,
}

impl Encoder {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Option<Self> {
        let columns = spec.encoding.columns();
        match spec.encoding {
            Encoding::Off => None,
            // One row per degree: a bias would say the same to all nodes.
            Encoding::Degree { .. } => Some(Self::Linear(Linear::new(columns, spec.dim, false, device))),
            Encoding::Laplacian { .. } | Encoding::RandomWalk { .. } => {
                Some(Self::Linear(Linear::new(columns, spec.dim, true, device)))
            }
            Encoding::Learned { dim, layers, heads, .. } => {
                let layers = (0..layers).map(|_| PairLayer::new(dim, device)).collect();
                Some(Self::Pairs(Pairs { pair: Linear::new(2, dim, true, device), layers, heads }))
            }
        }
    }

    /// Node rows `[N, H]` from embeddings (of the width that the encoding leaves) and encoding.
    pub(super) fn forward(&self, node: Tensor<2>, encoding: &NodeEncoding) -> Tensor<2> {
        match self {
            Self::Linear(linear) => node + linear.forward(encoding.values.clone()),
            Self::Pairs(pairs) => Tensor::cat(vec![node, pairs.forward(encoding)], 1),
        }
    }

    pub(super) fn visit(&mut self, visitor: &mut Visitor<'_>) {
        match self {
            Self::Linear(linear) => linear.visit("encoding", visitor),
            Self::Pairs(pairs) => pairs.visit(visitor),
        }
    }
}

impl Pairs {
    /// `[N, dim]`
    fn forward(&self, encoding: &NodeEncoding) -> Tensor<2> {
        let [nodes, columns] = encoding.values.dims();
        let cells = nodes * columns;
        let (eigenvalues, missing) = match &encoding.spectrum {
            Some((eigenvalues, missing)) => (eigenvalues.clone(), missing.clone()),
            None => (encoding.values.zeros_like(), encoding.values.zeros_like()),
        };
        let pairs = Tensor::cat(vec![encoding.values.clone().reshape([cells, 1]), eigenvalues.reshape([cells, 1])], 1);
        let mut x = self.pair.forward(pairs); // [N K, dim]
        let mask = (missing.clone() * MASKED).reshape([nodes, 1, 1, columns]);
        for layer in &self.layers {
            x = layer.forward(x, &mask, [nodes, columns, self.heads]);
        }
        let [_, width] = x.dims();
        let there = (missing.neg() + 1.0).reshape([nodes, columns, 1]);
        (x.reshape([nodes, columns, width]) * there).sum_dim(1).reshape([nodes, width])
    }

    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        self.pair.visit("encoding.pair", visitor);
        for (index, layer) in self.layers.iter_mut().enumerate() {
            layer.visit(&format!("encoding.layers.{index}"), visitor);
        }
    }
}

impl PairLayer {
    fn new(width: usize, device: &Device) -> Self {
        let linear = |inputs, outputs| Linear::new(inputs, outputs, true, device);
        Self {
            q: linear(width, width),
            k: linear(width, width),
            v: linear(width, width),
            out: linear(width, width),
            norm1: Norm::new(width, device),
            up: linear(width, 2 * width),
            down: linear(2 * width, width),
            norm2: Norm::new(width, device),
        }
    }

    /// `[N K, dim]` to the same; pairs attend to the pairs of their own node.
    fn forward(&self, x: Tensor<2>, mask: &Tensor<4>, [nodes, columns, heads]: [usize; 3]) -> Tensor<2> {
        let [cells, width] = x.dims();
        let channels = width / heads;
        let split = |rows: Tensor<2>| rows.reshape([nodes, columns, heads, channels]).swap_dims(1, 2); // [N, h, K, d]
        let (q, k, v) =
            (split(self.q.forward(x.clone())), split(self.k.forward(x.clone())), split(self.v.forward(x.clone())));
        let logits = q.matmul(k.swap_dims(2, 3)) / (channels as f32).sqrt() + mask.clone(); // [N, h, K, K]
        let mixed = softmax(logits, 3).matmul(v).swap_dims(1, 2).reshape([cells, width]);
        let x = self.norm1.forward(x + self.out.forward(mixed));
        let fed = self.down.forward(relu(self.up.forward(x.clone())));
        self.norm2.forward(x + fed)
    }

    fn visit(&mut self, name: &str, visitor: &mut Visitor<'_>) {
        let Self { q, k, v, out, norm1, up, down, norm2 } = self;
        for (part, linear) in [("q", q), ("k", k), ("v", v), ("out", out), ("up", up), ("down", down)] {
            linear.visit(&format!("{name}.{part}"), visitor);
        }
        for (part, norm) in [("norm1", norm1), ("norm2", norm2)] {
            visitor(&format!("{name}.{part}.weight"), Role::NormWeight, Slot::Vector(&mut norm.weight));
            visitor(&format!("{name}.{part}.bias"), Role::NormBias, Slot::Vector(&mut norm.bias));
        }
    }
}

impl Norm {
    fn new(width: usize, device: &Device) -> Self {
        Self { weight: Tensor::zeros([width], device), bias: Tensor::zeros([width], device) }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let centred = x.clone() - x.mean_dim(1);
        let variance = centred.clone().square().mean_dim(1);
        centred / (variance + NORM_EPSILON).sqrt() * self.weight.clone().unsqueeze() + self.bias.clone().unsqueeze()
    }
}
