/// Which GPU is to be used, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuOptions {
    /// Which one.
    pub adapter: AdapterChoice,
    /// By which systems it may be reached; what this build or machine lacks is passed over.
    pub backends: wgpu::Backends,
    /// Whether passes are measured by the GPU's own clock, where it has one, for
    /// [`GpuCompositor::last_pass_times`](crate::GpuCompositor::last_pass_times). Off by default:
    /// each step waits a little longer for it.
    pub timestamps: bool,
}

impl Default for GpuOptions {
    fn default() -> Self {
        Self {
            adapter: AdapterChoice::default(),
            backends: wgpu::Backends::all(),
            timestamps: false,
        }
    }
}

/// Which of a machine's GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdapterChoice {
    /// A real one, never a software driver, which is slower than the CPU compositor. One that
    /// shares the CPU's memory comes first: frames have a shorter way to it, and the other
    /// may sleep on.
    #[default]
    Real,
    /// A software driver, for tests.
    Software,
    /// The first whose name has this in it, upper or lower case, whatever sort it is.
    Named(String),
}

/// When a painted frame is handed over to the texture that it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handover {
    /// When the GPU has painted it and every pass has said so: the caller's thread waits for
    /// the GPU.
    #[default]
    Checked,
    /// Behind the passes, without waiting: the next frame waits and checks. Should a pass not run
    /// to its end, which no working driver lets happen, the texture holds zeros where it did
    /// not.
    AtOnce,
}
