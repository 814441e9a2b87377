use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::time::{Duration, Instant};

use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, FrameId};
use frosted_core::{
    ComposeError, ComposeErrorKind, CompositorInfo, Frame, FrameSpec, FrameView, FrameViewMut,
    Mask, Reduced,
};
use frosted_cpu::{CpuCompositor, CpuOptions};

use crate::setup::{SetupError, SetupErrorKind};

/// What does the pixel work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CompositorChoice {
    /// A real GPU if there is one and it is faster for frames of this size, which is measured
    /// when the first of them comes; else the CPU. Without the feature `gpu` always the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, whatever it takes; that there is none is an error. Needs the feature `gpu`.
    Gpu,
}

impl FromStr for CompositorChoice {
    type Err = SetupError;

    /// Reads `auto`, `cpu` or `gpu`.
    fn from_str(text: &str) -> Result<Self, SetupError> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu),
            other => Err(SetupError::new(
                SetupErrorKind::Compositor,
                format!("compositor \"{other}\" is unknown, choose auto, cpu or gpu"),
            )),
        }
    }
}

impl fmt::Display for CompositorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        })
    }
}

/// The compositor that `choice` asks for, with `threads` where it is the CPU's.
pub(crate) fn compositor(
    choice: CompositorChoice,
    threads: usize,
) -> Result<Box<dyn Compositor>, SetupError> {
    let cpu = CpuCompositor::new(CpuOptions { threads }).map_err(SetupError::threads)?;
    Ok(match choice {
        CompositorChoice::Cpu => Box::new(cpu),
        CompositorChoice::Gpu => {
            let missing = |error: ComposeError| SetupError::compositor(&error);
            Box::new(Switch {
                gpu: Some(open_gpu().map_err(missing)?),
                ..Switch::new(cpu, open_gpu, Preference::Gpu)
            })
        }
        CompositorChoice::Auto => Box::new(Switch::new(cpu, open_gpu, Preference::Faster)),
    })
}

type BoxedCompositor = Box<dyn Compositor>;

#[cfg(feature = "gpu")]
fn open_gpu() -> Result<BoxedCompositor, ComposeError> {
    let gpu = frosted_gpu::GpuCompositor::new(frosted_gpu::GpuOptions::default())?;
    Ok(Box::new(gpu))
}

#[cfg(not(feature = "gpu"))]
fn open_gpu() -> Result<BoxedCompositor, ComposeError> {
    Err(ComposeError::new(
        ComposeErrorKind::Device,
        "this build has no GPU compositor, turn on the feature \"gpu\" of frosted",
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
    /// What the GPU failed with in mid-stream, and the frames' spec for which the CPU was
    /// faster: reasons not to open it (again).
    failed: Option<ComposeError>,
    slower: Option<FrameSpec>,
    /// The frames' spec for which the GPU was faster.
    faster: Option<FrameSpec>,
    /// Why it is the one that it is.
    reason: String,
}

impl<O: FnMut() -> Result<BoxedCompositor, ComposeError>> Switch<O> {
    fn new(cpu: CpuCompositor, open: O, preference: Preference) -> Self {
        Self {
            cpu,
            gpu: None,
            open,
            preference,
            failed: None,
            slower: None,
            faster: None,
            reason: String::new(),
        }
    }

    /// Makes the GPU ready, if it is there and is to be used.
    fn take_gpu(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        let is = |known: &Option<FrameSpec>| known.is_some_and(|known| known.same_picture(spec));
        if self.failed.is_some() || is(&self.slower) {
            self.gpu = None;
            return Ok(());
        }
        let mut gpu = match self.gpu.take() {
            Some(gpu) => gpu,
            None => guarded(|| (self.open)())?,
        };
        guarded(|| gpu.configure(spec, plan))?;
        if self.preference == Preference::Gpu || is(&self.faster) {
            self.gpu = Some(gpu);
            return Ok(());
        }
        let mut trial = Trial::new(spec);
        let on_gpu = guarded(|| trial.run(&mut *gpu))?;
        let on_cpu = trial.run(&mut self.cpu)?;
        // Neither is to take a made frame for one of the stream's.
        self.cpu.configure(spec, plan)?;
        guarded(|| gpu.configure(spec, plan))?;
        let ms = |took: Duration| 1000.0 * took.as_secs_f64();
        let (width, height) = (spec.width(), spec.height());
        self.reason = format!(
            "a frame of {width}x{height} took {:.1} ms on the CPU, {:.1} ms on the GPU ({})",
            ms(on_cpu),
            ms(on_gpu),
            gpu.info().name,
        );
        if on_gpu < on_cpu {
            (self.gpu, self.faster, self.slower) = (Some(gpu), Some(*spec), None);
        } else {
            (self.faster, self.slower) = (None, Some(*spec));
        }
        Ok(())
    }
}

impl<O> Compositor for Switch<O>
where
    O: FnMut() -> Result<BoxedCompositor, ComposeError> + Send,
{
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.cpu.configure(spec, plan)?;
        if let Err(error) = self.take_gpu(spec, plan) {
            // Nothing of this stream was shown yet: the CPU takes over without a card.
            self.gpu = None;
            self.reason = error.to_string();
            self.cpu.configure(spec, plan)?;
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
            Some(gpu) => guarded(|| gpu.reduce(id, source)).map_err(|error| {
                note_failure(&error, failed, reason);
                error
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
            Some(gpu) => guarded(|| gpu.paint(id, source, cover, target)).map_err(|error| {
                note_failure(&error, failed, reason);
                error
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

/// Drivers and their bindings panic, too.
fn guarded<T>(work: impl FnOnce() -> Result<T, ComposeError>) -> Result<T, ComposeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "the GPU compositor panicked";
        Err(ComposeError::new(ComposeErrorKind::Device, message))
    })
}

/// A made frame, by which compositors are compared.
struct Trial {
    frame: Frame,
    out: Frame,
    mask: Mask,
}

impl Trial {
    /// Frames that are measured, after one that is not; the quickest counts.
    const ROUNDS: u64 = 3;

    fn new(spec: &FrameSpec) -> Self {
        Self {
            frame: Frame::new(*spec),
            out: Frame::new(*spec),
            mask: Mask::new(),
        }
    }

    /// How long `compositor`, which is configured, takes from frame to protected frame.
    fn run(&mut self, compositor: &mut dyn Compositor) -> Result<Duration, ComposeError> {
        let mut quickest = Duration::MAX;
        for round in 0..=Self::ROUNDS {
            // The last numbers there are, which no frame of a stream has.
            let id = FrameId(u64::MAX - round);
            let began = Instant::now();
            let reduced = compositor.reduce(id, &self.frame.view())?;
            let took = began.elapsed();
            // A third of the picture is somebody, a third the room, a third the border.
            let width = reduced.width();
            for (at, value) in self.mask.begin(reduced).iter_mut().enumerate() {
                *value = (3 * 255 * (at % width) / width)
                    .saturating_sub(255)
                    .min(255) as u8;
            }
            let began = Instant::now();
            let cover = Cover::Background {
                matte: &self.mask,
                backdrop: Backdrop::Flat([128; 3]),
            };
            compositor.paint(id, &self.frame.view(), cover, &mut self.out.view_mut())?;
            if round > 0 {
                quickest = quickest.min(took + began.elapsed());
            }
        }
        Ok(quickest)
    }
}
