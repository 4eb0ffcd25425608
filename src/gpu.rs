//! The one GPU device of the process, made by burn and shared with everything that draws.
//!
//! burn decides which features kernels may use from the *adapter*, so the device must have all of
//! them enabled; burn's own request does that, a window toolkit's default does not. Hence burn
//! goes first and hands its handles on. A machine without any adapter is an ordinary case: then
//! the CPU computes and nothing draws on screen.

/// Where tensors live; re-exported so that only this module and `models` name burn.
pub use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuInitError, WgpuSetup, wgpu};

/// Who computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compute {
    /// A real GPU if there is one, else the CPU.
    #[default]
    Auto,
    /// The adapter that wgpu finds, even a software rasteriser.
    Gpu,
    /// The CPU; the adapter, if any, only draws.
    Cpu,
}

/// Why the wish for a GPU cannot be met.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// There is no adapter, or it failed.
    #[error("no GPU can be used: {0}; choose `--device cpu`, or name another adapter in CUBECL_WGPU_DEFAULT_DEVICE")]
    Unavailable(#[from] WgpuInitError),
}

/// Devices for computing and drawing.
#[derive(Clone)]
pub struct Gpu {
    /// Where tensors live.
    pub compute: Device,
    /// Where single molecules are computed: on the CPU unless everything was asked to be on the GPU,
    /// since one small graph costs less there than a GPU's launches and read-back.
    pub probe: Device,
    /// Handles for drawing; `None` if there is no adapter.
    pub setup: Option<WgpuSetup>,
    /// What is in use and why, in one line.
    description: String,
}

impl Gpu {
    /// Creates the devices. Call once per process: burn registers a runtime for good.
    ///
    /// # Errors
    /// [`Compute::Gpu`] without an adapter.
    pub fn new(choice: Compute) -> Result<Self, GpuError> {
        match Device::wgpu_options().init_with_setup() {
            Ok((device, setup)) => Ok(Self::with_adapter(choice, device, setup)),
            Err(error) if choice == Compute::Gpu => Err(error.into()),
            Err(error) => {
                log::info!("no graphics adapter: {error}");
                Ok(Self::cpu_only())
            }
        }
    }

    /// The CPU alone, without looking for an adapter: enough for everything but drawing on screen.
    pub fn cpu_only() -> Self {
        let cpu = Device::flex();
        Self {
            compute: cpu.clone(),
            probe: cpu,
            setup: None,
            description: "CPU (no graphics adapter in use)".to_owned(),
        }
    }

    /// One line for a status bar, e.g. `GPU: NVIDIA GeForce RTX 3060 (Vulkan)`.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether tensors live on an adapter rather than on the CPU.
    pub fn computes_on_gpu(&self) -> bool {
        self.compute != Device::flex()
    }

    fn with_adapter(choice: Compute, device: Device, setup: WgpuSetup) -> Self {
        let info = setup.adapter.get_info();
        let software = info.device_type == wgpu::DeviceType::Cpu;
        let adapter = format!("{} ({:?})", info.name, info.backend);
        let (compute, description) = match choice {
            Compute::Gpu => (device, format!("GPU: {adapter}")),
            Compute::Auto if !software => (device, format!("GPU: {adapter}")),
            Compute::Auto => (Device::flex(), format!("CPU; {adapter} is a software rasteriser and only draws")),
            Compute::Cpu => (Device::flex(), format!("CPU; {adapter} only draws")),
        };
        let probe = if choice == Compute::Gpu { compute.clone() } else { Device::flex() };
        Self { compute, probe, setup: Some(setup), description }
    }
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu")
            .field("compute", &self.compute)
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}
