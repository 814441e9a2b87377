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
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CompositorChoice {
    /// A real GPU if there is one and it is faster for frames of this size, which is measured
    /// when the first of them comes; else the CPU. Without the feature `gpu` always the CPU.
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
    let mut switch = Switch::new(cpu, move || open_gpu(name.as_deref()), preference);
    if preference == Preference::Gpu {
        let opened = (switch.open)().map_err(|error| SetupError::compositor(&error))?;
        switch.gpu = Some(opened);
    }
    Ok(Box::new(switch))
}

type BoxedCompositor = Box<dyn Compositor>;

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
    /// The frames' spec for which the GPU was tried and is to be used.
    known_good: Option<FrameSpec>,
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
            known_good: None,
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
        if is(&self.known_good) {
            self.gpu = Some(gpu);
            return Ok(());
        }
        let mut trial = Trial::new(spec);
        let on_gpu = guarded(|| trial.run(&mut *gpu))?;
        let on_cpu = trial.run(&mut self.cpu)?;
        // Neither is to take a made frame for one of the stream's.
        self.cpu.configure(spec, plan)?;
        guarded(|| gpu.configure(spec, plan))?;
        let (width, height) = (spec.width(), spec.height());
        if !on_gpu.agrees_with(&on_cpu) {
            return Err(ComposeError::new(
                ComposeErrorKind::Device,
                format!(
                    "a frame of {width}x{height} comes out otherwise on {}, its driver is not to \
                     be trusted",
                    gpu.info().name
                ),
            ));
        }
        if self.preference == Preference::Faster {
            let ms = |outcome: &Outcome| 1000.0 * outcome.took.as_secs_f64();
            self.reason = format!(
                "a frame of {width}x{height} took {:.1} ms on the CPU, {:.1} ms on the {}",
                ms(&on_cpu),
                ms(&on_gpu),
                gpu.info().name,
            );
            if on_gpu.took >= on_cpu.took {
                (self.known_good, self.slower) = (None, Some(*spec));
                return Ok(());
            }
        }
        (self.gpu, self.known_good, self.slower) = (Some(gpu), Some(*spec), None);
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

/// Drivers and their bindings panic, too.
fn guarded<T>(work: impl FnOnce() -> Result<T, ComposeError>) -> Result<T, ComposeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "the GPU compositor panicked";
        Err(ComposeError::new(ComposeErrorKind::Device, message))
    })
}

/// Made frames, by which compositors are compared.
struct Trial {
    frame: Frame,
    out: Frame,
    mask: Mask,
}

/// What a compositor made of the trial's frame, and how long it took.
struct Outcome {
    took: Duration,
    reduced: [Vec<u8>; 3],
    painted: Frame,
}

impl Trial {
    /// Frames that are measured, after one that is not; the quickest counts.
    const ROUNDS: u64 = 3;

    /// A frame of noise, which no rounding forgives.
    fn new(spec: &FrameSpec) -> Self {
        let mut frame = Frame::new(*spec);
        let mut state = 1u32;
        for byte in frame.bytes_mut() {
            // Numerical Recipes' generator; its high bits are the better ones.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        }
        Self {
            frame,
            out: Frame::new(*spec),
            mask: Mask::new(),
        }
    }

    /// Lets `compositor`, which is configured, protect the frame.
    fn run(&mut self, compositor: &mut dyn Compositor) -> Result<Outcome, ComposeError> {
        let mut took = Duration::MAX;
        let mut planes = [const { Vec::new() }; 3];
        for round in 0..=Self::ROUNDS {
            // The last numbers there are, which no frame of a stream has.
            let id = FrameId(u64::MAX - round);
            let began = Instant::now();
            let reduced = compositor.reduce(id, &self.frame.view())?;
            let reducing = began.elapsed();
            // A third of the picture is the room, a third the border, a third somebody.
            let width = reduced.width();
            for (at, value) in self.mask.begin(reduced).iter_mut().enumerate() {
                *value = (3 * 255 * (at % width) / width)
                    .saturating_sub(255)
                    .min(255) as u8;
            }
            planes = reduced.planes().map(<[u8]>::to_vec);
            let began = Instant::now();
            let cover = Cover::Background {
                matte: &self.mask,
                backdrop: Backdrop::Flat([90, 110, 150]),
            };
            compositor.paint(id, &self.frame.view(), cover, &mut self.out.view_mut())?;
            if round > 0 {
                took = took.min(reducing + began.elapsed());
            }
        }
        Ok(Outcome {
            took,
            reduced: planes,
            painted: self.out.clone(),
        })
    }
}

impl Outcome {
    /// Whether the bytes are the same: all of the arithmetic is in whole numbers, so that a
    /// driver that gives others is broken.
    fn agrees_with(&self, other: &Self) -> bool {
        self.reduced == other.reduced && self.painted.bytes() == other.painted.bytes()
    }
}

#[cfg(test)]
mod tests;
