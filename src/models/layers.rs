//! The parts every architecture is made of: linear maps, the tail after attention.

pub(super) use super::kernels::Linear;
use super::kernels::{self, TailParams};
use super::network::{Pass, TailStatistics};
use super::parameters::{Role, Slot, Visitor};
use burn::tensor::{Device, Tensor, module};

impl Linear {
    pub(super) fn new(inputs: usize, outputs: usize, bias: bool, device: &Device) -> Self {
        Self { weight: Tensor::zeros([inputs, outputs], device), bias: bias.then(|| Tensor::zeros([outputs], device)) }
    }

    /// `[rows, in]` to `[rows, out]`.
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        module::linear(x, self.weight.clone(), self.bias.clone())
    }

    pub(super) fn visit(&mut self, name: &str, visitor: &mut Visitor<'_>) {
        let [fan_in, _] = self.weight.dims();
        visitor(&format!("{name}.weight"), Role::Weight, Slot::Matrix(&mut self.weight));
        if let Some(bias) = &mut self.bias {
            visitor(&format!("{name}.bias"), Role::Bias { fan_in }, Slot::Vector(bias));
        }
    }
}

/// What follows attention in one stream of rows: projection, residual, batch norm, feed-forward,
/// residual, batch norm (model-spec section 3.2).
pub(super) struct Tail {
    index: usize,
    params: TailParams,
    /// `[4, H]`: running mean, variance, mean, variance.
    running: Tensor<2>,
}

impl Tail {
    /// `index` is the tail's position among all tails of its network, in visiting order.
    pub(super) fn new(index: usize, width: usize, device: &Device) -> Self {
        let vector = |length: usize| Tensor::zeros([length], device);
        let params = TailParams {
            out_weight: Tensor::zeros([width, width], device),
            out_bias: vector(width),
            gamma1: vector(width),
            beta1: vector(width),
            up_weight: Tensor::zeros([width, 2 * width], device),
            up_bias: vector(2 * width),
            down_weight: Tensor::zeros([2 * width, width], device),
            down_bias: vector(width),
            gamma2: vector(width),
            beta2: vector(width),
        };
        Self { index, params, running: Tensor::zeros([4, width], device) }
    }

    /// The stream's rows `[rows, H]` after this layer, from its rows before and what attention
    /// computed for them.
    pub(super) fn forward(&self, x: Tensor<2>, attention: Tensor<2>, pass: &mut Pass) -> Tensor<2> {
        if pass.training.is_none() {
            return kernels::tail_eval(x, attention, self.params.clone(), self.running.clone());
        }
        let [rows, _] = x.dims();
        let dropout = pass.dropout(2 * self.index).zip(pass.dropout(2 * self.index + 1));
        let (x, values) = kernels::tail_train(x, attention, self.params.clone(), dropout.map(Into::into));
        pass.statistics.push(TailStatistics { tail: self.index, rows, values });
        x
    }

    pub(super) fn visit(&mut self, name: &str, visitor: &mut Visitor<'_>) {
        let [width, hidden] = self.params.up_weight.dims();
        let TailParams {
            out_weight,
            out_bias,
            gamma1,
            beta1,
            up_weight,
            up_bias,
            down_weight,
            down_bias,
            gamma2,
            beta2,
        } = &mut self.params;
        let mut matrix = |part: &str, tensor| visitor(&format!("{name}.{part}"), Role::Weight, Slot::Matrix(tensor));
        matrix("out.weight", out_weight);
        matrix("ffn.up.weight", up_weight);
        matrix("ffn.down.weight", down_weight);
        let mut vector = |part: &str, role, tensor| visitor(&format!("{name}.{part}"), role, Slot::Vector(tensor));
        vector("out.bias", Role::Bias { fan_in: width }, out_bias);
        vector("ffn.up.bias", Role::Bias { fan_in: width }, up_bias);
        vector("ffn.down.bias", Role::Bias { fan_in: hidden }, down_bias);
        vector("bn1.weight", Role::NormWeight, gamma1);
        vector("bn1.bias", Role::NormBias, beta1);
        vector("bn2.weight", Role::NormWeight, gamma2);
        vector("bn2.bias", Role::NormBias, beta2);
        visitor(name, Role::Running, Slot::Matrix(&mut self.running));
    }
}
