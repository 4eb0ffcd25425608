//! One way for all fused kernels into burn, with or without autodiff.
//!
//! burn routes a call by the tensors' backend. Only `flex` is listed, so the functions of the parent module ask where a
//! tensor lives before they call. A kernel has several inputs and outputs while a step of burn's backward pass has one
//! gradient coming in, so a step stands for the kernel and each output is a step of its own behind it that leaves its
//! gradient in a shared place: nothing is added up or padded with zeros on the way.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    AutodiffBackend, Backend, BackendTensor, Dispatch, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind,
    ExtensionType, Flex, backend_extension,
};
use burn::tensor::{Tensor, TensorData};

/// Most inputs of a kernel: rows, edge rows, factor, seven linear maps, three explicit bias vectors.
const MOST_INPUTS: usize = 20;

/// A computation over contiguous `f32` tensors on the CPU.
pub(super) trait Kernel: Debug + Send + Sync {
    /// The outputs, and their gradient if `tracked`.
    fn forward(&self, inputs: &[FlexTensor], tracked: bool) -> Outcome;
}

/// What a kernel computed.
pub(super) struct Outcome {
    pub(super) outputs: Vec<FlexTensor>,
    /// So many outputs, the first ones, carry a gradient.
    pub(super) differentiable: usize,
    /// The rest of the computation; `None` if not asked for.
    pub(super) gradient: Option<Arc<dyn Gradient>>,
}

/// The gradient of one run of a kernel.
pub(super) trait Gradient: Debug + Send + Sync {
    /// Gradients of the inputs, in order, from those of the differentiable outputs; `None` stands for zero in both.
    fn backward(&self, inputs: &[FlexTensor], grads: &[Option<FlexTensor>]) -> Vec<Option<FlexTensor>>;
}

/// Runs a kernel on tensors of the `flex` backend or of autodiff over it.
pub(super) fn run(kernel: Arc<dyn Kernel>, inputs: Vec<DispatchTensor>) -> Vec<Tensor<2>> {
    let outputs = Dispatch::fused(Tensors(inputs), kernel);
    outputs.0.into_iter().map(Tensor::from_dispatch).collect()
}

/// Tensors of one backend.
#[derive(Debug, Clone)]
pub(super) struct Tensors<B: Backend>(Vec<FloatTensor<B>>);

impl<B: Backend> ExtensionType<B> for Tensors<B> {
    type Target = Tensors<Dispatch>;

    fn map_to_dispatch<F>(self, map_kind: F, autodiff: DispatchAutodiffContext) -> Self::Target
    where
        F: Fn(BackendTensor<B>) -> DispatchTensorKind,
    {
        let wrapped = |tensor| DispatchTensor { kind: map_kind(BackendTensor::Float(tensor)), autodiff };
        Tensors(self.0.into_iter().map(wrapped).collect())
    }

    fn map_from_dispatch<F>(target: Self::Target, unwrap_kind: F) -> Self
    where
        F: Fn(DispatchTensor) -> BackendTensor<B>,
    {
        Self(target.0.into_iter().map(|tensor| unwrap_kind(tensor).float()).collect())
    }

    fn routing_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.0.first()
    }

    fn routing_float_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.0.first()
    }

    fn autodiff_context(target: &Self::Target) -> DispatchAutodiffContext {
        let contexts = target.0.iter().map(|tensor| tensor.autodiff);
        contexts.fold(DispatchAutodiffContext::Disabled, DispatchAutodiffContext::merge)
    }
}

/// The one operation that burn knows of.
#[backend_extension(Autodiff, Flex)]
pub(super) trait FusedKernels: Backend {
    /// Runs `kernel`.
    fn fused(#[extension_type] inputs: Tensors<Self>, kernel: Arc<dyn Kernel>) -> Tensors<Self>;
}

impl FusedKernels for Flex {
    fn fused(inputs: Tensors<Self>, kernel: Arc<dyn Kernel>) -> Tensors<Self> {
        let inputs: Vec<FlexTensor> = inputs.0.into_iter().map(contiguous).collect();
        Tensors(kernel.forward(&inputs, false).outputs)
    }
}

impl<C: CheckpointStrategy> FusedKernels for Autodiff<Flex, C> {
    fn fused(inputs: Tensors<Self>, kernel: Arc<dyn Kernel>) -> Tensors<Self> {
        assert!((1..=MOST_INPUTS).contains(&inputs.0.len()), "a kernel has at most {MOST_INPUTS} inputs");
        // burn wants to know the number of parents when it compiles: the first one stands in for those that are not.
        let parents: [_; MOST_INPUTS] = std::array::from_fn(|index| inputs.0.get(index).unwrap_or(&inputs.0[0]).node());
        let inputs: Vec<FlexTensor> = inputs.0.into_iter().map(|input| contiguous(input.into_primitive())).collect();
        let constant = |output| <Self as AutodiffBackend>::from_inner(output);
        let step = match KernelStep.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(step) => step,
            OpsKind::UnTracked(_) => {
                return Tensors(kernel.forward(&inputs, false).outputs.into_iter().map(constant).collect());
            }
        };
        let Outcome { outputs, differentiable, gradient } = kernel.forward(&inputs, true);
        let arrived = Arc::new(Mutex::new(vec![None; differentiable]));
        let state = KernelState { inputs, gradient, arrived: Arc::clone(&arrived) };
        let hub = step.finish(state, token());
        let outputs = outputs.into_iter().enumerate().map(|(place, output)| {
            if place >= differentiable {
                return constant(output);
            }
            match OutputStep.prepare::<C>([hub.node()]).compute_bound().stateful() {
                OpsKind::Tracked(step) => step.finish(OutputState { place, arrived: Arc::clone(&arrived) }, output),
                OpsKind::UnTracked(step) => step.finish(output),
            }
        });
        Tensors(outputs.collect())
    }
}

/// Gradients that outputs have left for their kernel.
type Arrived = Arc<Mutex<Vec<Option<FlexTensor>>>>;

#[derive(Debug, Clone)]
struct OutputState {
    place: usize,
    arrived: Arrived,
}

/// One output of a kernel: leaves its gradient for [`KernelStep`], which burn runs after all outputs.
#[derive(Debug)]
struct OutputStep;

impl Backward<Flex, 1> for OutputStep {
    type State = OutputState;

    fn backward(self, ops: Ops<OutputState, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let mut arrived = ops.state.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = arrived.get_mut(ops.state.place) {
            *place = Some(grad);
        }
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            grads.register::<Flex>(parent.id, token());
        }
    }
}

#[derive(Debug, Clone)]
struct KernelState {
    inputs: Vec<FlexTensor>,
    gradient: Option<Arc<dyn Gradient>>,
    arrived: Arrived,
}

/// A whole kernel.
#[derive(Debug)]
struct KernelStep;

impl Backward<Flex, MOST_INPUTS> for KernelStep {
    type State = KernelState;

    fn backward(self, ops: Ops<KernelState, MOST_INPUTS>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        _ = grads.consume::<Flex>(&ops.node);
        let KernelState { inputs, gradient, arrived } = ops.state;
        let Some(gradient) = gradient else { return };
        let arrived = std::mem::take(&mut *arrived.lock().unwrap_or_else(PoisonError::into_inner));
        for (parent, found) in ops.parents.into_iter().zip(gradient.backward(&inputs, &arrived)) {
            if let (Some(parent), Some(found)) = (parent, found) {
                grads.register::<Flex>(parent.id, found);
            }
        }
    }
}

/// Stands for the outputs of a kernel as a whole, which is no tensor.
fn token() -> FlexTensor {
    vector(vec![0.0])
}

/// Row-major in memory, as the loops read it; copies only a tensor that is not.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// The numbers of a contiguous `f32` tensor; the callers have made sure of both, so the empty case does not occur.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_default()
}

/// Size of the last axis.
pub(super) fn width(tensor: &FlexTensor) -> usize {
    tensor.layout().shape().last().copied().unwrap_or_default()
}

/// A matrix with rows of `width` numbers, without copying.
pub(super) fn matrix(values: Vec<f32>, width: usize) -> FlexTensor {
    let rows = values.len().checked_div(width).unwrap_or_default();
    FlexTensor::from_data(TensorData::new(values, [rows, width]))
}

/// A vector, without copying.
pub(super) fn vector(values: Vec<f32>) -> FlexTensor {
    let length = values.len();
    FlexTensor::from_data(TensorData::new(values, [length]))
}
