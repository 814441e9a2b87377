pub(crate) mod trial;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use frosted_core::internal::{Compositor, ConcealPlan, Cover, FrameId};
use frosted_core::{
    ComposeError, ComposeErrorKind, CompositorInfo, FrameSpec, FrameView, FrameViewMut, Reduced,
};
use frosted_cpu::{CpuCompositor, CpuOptions};

use crate::guarded::guarded;
use crate::setup::{SetupError, SetupErrorKind};
use trial::Trial;

/// What does the pixel work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CompositorChoice {
    /// A real GPU for frames of 1920x1080 pixels and more, if there is one and it is faster at
    /// their size, which is measured when the first of them comes; else the CPU, which takes
    /// less than a millisecond for smaller ones. Without the feature `gpu` always the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A real GPU, whatever it takes; that there is none is an error. Needs the feature `gpu`.
    Gpu,
    /// The first GPU whose name has this in it, upper or lower case, also a software driver such
    /// as llvmpipe; that there is none is an error. Needs the feature `gpu`.
    GpuNamed(String),
}

impl FromStr for CompositorChoice {
    type Err = SetupError;

    /// Reads `auto`, `cpu`, `gpu` or `gpu:` and part of a name.
    fn from_str(text: &str) -> Result<Self, SetupError> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu),
            other => match other.strip_prefix("gpu:") {
                Some(name) if !name.is_empty() => Ok(Self::GpuNamed(name.to_owned())),
                _ => Err(SetupError::new(
                    SetupErrorKind::Compositor,
                    format!("compositor \"{other}\" is unknown, choose auto, cpu, gpu or gpu:NAME"),
                )),
            },
        }
    }
}

impl fmt::Display for CompositorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu => f.write_str("gpu"),
            Self::GpuNamed(name) => write!(f, "gpu:{name}"),
        }
    }
}

/// The compositor that `choice` asks for, with `threads` where it is the CPU's.
pub(crate) fn compositor(
    choice: CompositorChoice,
    threads: usize,
) -> Result<BoxedCompositor, SetupError> {
    let cpu = CpuCompositor::new(CpuOptions { threads }).map_err(SetupError::threads)?;
    let (preference, name) = match choice {
        CompositorChoice::Cpu => return Ok(Box::new(cpu)),
        CompositorChoice::Auto => (Preference::Faster, None),
        CompositorChoice::Gpu => (Preference::Gpu, None),
        CompositorChoice::GpuNamed(name) => (Preference::Gpu, Some(name)),
    };
    let open = move || match preference {
        Preference::Faster if !may_have_gpu() => Err(ComposeError::new(
            ComposeErrorKind::Device,
            "there is no GPU: no device of one is in /dev",
        )),
        _ => open_gpu(name.as_deref()),
    };
    let mut switch = Switch::new(cpu, open, preference);
    if preference == Preference::Gpu {
        let opened = (switch.open)().map_err(|error| {
            let error = SetupError::compositor(&error);
            if cfg!(feature = "gpu") {
                return error;
            }
            error.lacking("gpu")
        })?;
        switch.gpu = Some(opened);
    }
    Ok(Box::new(switch))
}

type BoxedCompositor = Box<dyn Compositor>;

/// Whether a real GPU can be there. To ask Vulkan would load the software drivers of a machine
/// that has no other, for nothing.
pub(crate) fn may_have_gpu() -> bool {
    /// Beginnings of the names of devices: Mesa's and most others', NVIDIA's, those of Windows'
    /// Linux, Qualcomm's and Arm's.
    const DEVICES: [&str; 5] = ["renderD", "nvidia", "dxg", "kgsl", "mali"];
    if !cfg!(target_os = "linux") {
        return true;
    }
    let entries = ["/dev", "/dev/dri"].map(std::fs::read_dir);
    let mut names = entries.into_iter().flatten().flatten().flatten();
    names.any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        DEVICES.iter().any(|device| name.starts_with(device))
    })
}

/// Frames of fewer pixels than 1920x1080 are not worth a GPU's start, memory and waiting: the
/// CPU has 1280x720 reduced and painted in half a millisecond (`stages` of `frosted bench`).
const LEAST_PIXELS: usize = 1920 * 1080;

#[cfg(feature = "gpu")]
fn open_gpu(name: Option<&str>) -> Result<BoxedCompositor, ComposeError> {
    use frosted_gpu::{AdapterChoice, GpuCompositor, GpuOptions};

    let gpu = GpuCompositor::new(GpuOptions {
        adapter: match name {
            None => AdapterChoice::Real,
            Some(name) => AdapterChoice::Named(name.to_owned()),
        },
        ..GpuOptions::default()
    })?;
    Ok(Box::new(gpu))
}

#[cfg(not(feature = "gpu"))]
fn open_gpu(_: Option<&str>) -> Result<BoxedCompositor, ComposeError> {
    Err(ComposeError::new(
        ComposeErrorKind::Device,
        "the GPU compositor is not in this build: turn on the feature \"gpu\" of frosted",
    ))
}

/// Which of two compositors is used while both work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preference {
    Gpu,
    Faster,
}

/// The CPU's compositor, and a GPU's while that is the better one and works. A frame at which
/// the GPU fails is not painted, so that the pipeline shows a card; the CPU does the next one
/// and all that follow.
struct Switch<O> {
    cpu: CpuCompositor,
    /// What is used, if it is there.
    gpu: Option<BoxedCompositor>,
    open: O,
    preference: Preference,
    /// Frames of fewer pixels are the CPU's, unless the GPU was asked for.
    least_pixels: usize,
    /// What the GPU failed with in mid-stream: a reason never to open it again.
    failed: Option<ComposeError>,
    /// What was found out, the latest last: nothing is opened or measured twice for one size.
    findings: Vec<Finding>,
    /// The GPU that gave the CPU's bytes, and for what.
    compared: Option<(String, FrameSpec, ConcealPlan)>,
    /// Why it is the one that it is.
    reason: String,
}

/// Whether the GPU is used for frames of a spec, and why.
struct Finding {
    spec: FrameSpec,
    uses_gpu: bool,
    reason: String,
}

/// Of more sizes than this, those found out longest ago are forgotten.
const MOST_FINDINGS: usize = 8;

impl<O: FnMut() -> Result<BoxedCompositor, ComposeError>> Switch<O> {
    fn new(cpu: CpuCompositor, open: O, preference: Preference) -> Self {
        Self {
            cpu,
            gpu: None,
            open,
            preference,
            least_pixels: LEAST_PIXELS,
            failed: None,
            findings: Vec::new(),
            compared: None,
            reason: String::new(),
        }
    }

    fn finding(&self, spec: &FrameSpec) -> Option<&Finding> {
        let mut findings = self.findings.iter();
        findings.find(|finding| finding.spec.same_picture(spec))
    }

    fn find(&mut self, spec: &FrameSpec, uses_gpu: bool, reason: String) {
        if self.findings.len() == MOST_FINDINGS {
            self.findings.remove(0);
        }
        self.reason.clone_from(&reason);
        self.findings.push(Finding {
            spec: *spec,
            uses_gpu,
            reason,
        });
    }

    /// Makes `gpu`, or one that is opened, ready for frames of `spec`; nothing if the CPU is the
    /// better one.
    fn make_ready(
        &mut self,
        gpu: Option<BoxedCompositor>,
        spec: &FrameSpec,
        plan: &ConcealPlan,
    ) -> Result<Option<BoxedCompositor>, ComposeError> {
        let mut gpu = match gpu {
            Some(gpu) => gpu,
            None => (self.open)()?,
        };
        gpu.configure(spec, plan)?;
        let this = (gpu.info().name, *spec, plan.clone());
        if self.compared.as_ref() == Some(&this) {
            return Ok(Some(gpu));
        }
        let mut trial = Trial::new(spec);
        if !trial.compare(&mut *gpu, &mut self.cpu)? {
            return Err(trial.otherwise(&this.0));
        }
        if self.preference == Preference::Faster && self.finding(spec).is_none() {
            let (on_gpu, on_cpu) = (trial.time(&mut *gpu)?, trial.time(&mut self.cpu)?);
            let ms = |took: Duration| 1000.0 * took.as_secs_f64();
            let reason = format!(
                "a frame of {}x{} took {:.1} ms on the CPU, {:.1} ms on the {}",
                spec.width(),
                spec.height(),
                ms(on_cpu),
                ms(on_gpu),
                this.0,
            );
            let uses_gpu = on_gpu < on_cpu;
            self.find(spec, uses_gpu, reason);
            if !uses_gpu {
                self.cpu.configure(spec, plan)?;
                return Ok(None);
            }
        }
        // Neither is to take a made frame for one of the stream's.
        self.cpu.configure(spec, plan)?;
        gpu.configure(spec, plan)?;
        self.compared = Some(this);
        Ok(Some(gpu))
    }
}

impl<O> Compositor for Switch<O>
where
    O: FnMut() -> Result<BoxedCompositor, ComposeError> + Send,
{
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.cpu.configure(spec, plan)?;
        let gpu = self.gpu.take();
        let small = self.preference == Preference::Faster
            && spec.width() * spec.height() < self.least_pixels;
        if small && self.finding(spec).is_none() {
            let (width, height) = (spec.width(), spec.height());
            let reason = format!("frames of {width}x{height} are not worth a GPU");
            self.find(spec, false, reason);
        }
        let found = self.finding(spec);
        let unused = self.failed.is_some() || found.is_some_and(|found| !found.uses_gpu);
        if let (Some(found), None) = (found, &self.failed) {
            self.reason = found.reason.clone();
        }
        if unused {
            // Also what panics when it is let go.
            let _ = guarded(|| {
                drop(gpu);
                Ok(())
            });
            return Ok(());
        }
        match guarded(|| self.make_ready(gpu, spec, plan)) {
            Ok(gpu) => self.gpu = gpu,
            Err(error) => {
                // Nothing of this stream was shown yet: the CPU takes over without a card.
                self.findings
                    .retain(|finding| !finding.spec.same_picture(spec));
                self.find(spec, false, error.to_string());
                self.cpu.configure(spec, plan)?;
            }
        }
        Ok(())
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        let Self {
            gpu,
            failed,
            reason,
            ..
        } = self;
        match gpu {
            None => self.cpu.reduce(id, source),
            Some(gpu) => guarded(|| gpu.reduce(id, source)).inspect_err(|error| {
                note_failure(error, failed, reason);
            }),
        }
    }

    fn paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let Self {
            gpu,
            failed,
            reason,
            ..
        } = self;
        match gpu {
            None => self.cpu.paint(id, source, cover, target),
            Some(gpu) => guarded(|| gpu.paint(id, source, cover, target)).inspect_err(|error| {
                note_failure(error, failed, reason);
            }),
        }
    }

    fn info(&self) -> CompositorInfo {
        let mut info = match (&self.gpu, &self.failed) {
            (Some(gpu), None) => gpu.info(),
            _ => self.cpu.info(),
        };
        info.reason.clone_from(&self.reason);
        info
    }
}

/// A failure of the device's ends its use; a frame that was refused does not.
fn note_failure(error: &ComposeError, failed: &mut Option<ComposeError>, reason: &mut String) {
    if error.kind() == ComposeErrorKind::Device {
        *reason = format!("the GPU failed: {error}");
        *failed = Some(error.clone());
    }
}

#[cfg(test)]
mod tests;
