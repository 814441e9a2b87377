use std::fmt;

use crate::adapter;
use crate::options::GpuOptions;

/// What a GPU is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuInfo {
    /// Its name, such as "AMD Radeon 780M".
    pub name: String,
    /// The driver with its version; may be empty.
    pub driver: String,
    /// The system by which it is reached: "vulkan", "metal", "dx12".
    pub backend: String,
    /// What sort it is.
    pub kind: GpuKind,
    /// Where it sits on the PCI bus, such as "0000:01:00.0", by which two of one name are told
    /// apart; empty if the driver does not say.
    pub pci_bus: String,
}

/// What sort of GPU it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GpuKind {
    /// It shares the CPU's memory.
    Integrated,
    /// It has memory of its own.
    Discrete,
    /// A virtual machine's.
    Virtual,
    /// None: a driver that runs on the CPU.
    Software,
    /// The driver does not say.
    Unknown,
}

impl GpuInfo {
    /// What `info` says of an adapter.
    pub fn of(info: &wgpu::AdapterInfo) -> Self {
        Self {
            name: info.name.clone(),
            driver: format!("{} {}", info.driver, info.driver_info)
                .trim()
                .to_owned(),
            backend: info.backend.to_string(),
            kind: GpuKind::of(info.device_type),
            pci_bus: info.device_pci_bus_id.clone(),
        }
    }
}

impl GpuKind {
    fn of(kind: wgpu::DeviceType) -> Self {
        match kind {
            wgpu::DeviceType::IntegratedGpu => Self::Integrated,
            wgpu::DeviceType::DiscreteGpu => Self::Discrete,
            wgpu::DeviceType::VirtualGpu => Self::Virtual,
            wgpu::DeviceType::Cpu => Self::Software,
            wgpu::DeviceType::Other => Self::Unknown,
        }
    }
}

impl fmt::Display for GpuInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            driver,
            backend,
            kind,
            pci_bus: _,
        } = self;
        write!(f, "{name} ({kind}, {backend}")?;
        match driver.as_str() {
            "" => write!(f, ")"),
            driver => write!(f, ", {driver})"),
        }
    }
}

impl fmt::Display for GpuKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integrated => "integrated",
            Self::Discrete => "discrete",
            Self::Virtual => "virtual",
            Self::Software => "software",
            Self::Unknown => "unknown kind",
        })
    }
}

/// Every GPU that `options` allow, in the order in which they would be taken; empty where no
/// driver is installed.
pub fn adapters(options: &GpuOptions) -> Vec<GpuInfo> {
    adapter::candidates(options)
        .iter()
        .map(|adapter| GpuInfo::of(&adapter.get_info()))
        .collect()
}
