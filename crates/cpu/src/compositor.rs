use std::fmt;

use frosted_core::internal::{Backdrop, Compositor, ConcealPlan, Cover, Field, FrameId};
use frosted_core::{
    ComposeError, ComposeErrorKind, FrameSpec, FrameView, FrameViewMut, Mask, Reduced,
};

use crate::session::Session;
use crate::threads::Threads;

/// The widest step of a field: with more, the fixed point of its slope would be 0.
const MAX_STEP_PX: usize = 1 << 15;

/// How the CPU compositor works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuOptions {
    /// How many threads share a frame's rows, 1 to 256. With 1, the default, all is done on
    /// the caller's thread; with more, on as many threads of the compositor's own, named
    /// `frosted-cpu-0` and so on.
    pub threads: usize,
}

impl Default for CpuOptions {
    fn default() -> Self {
        Self { threads: 1 }
    }
}

/// The compositor that every machine can run.
///
/// The bytes it writes do not depend on the number of threads. With one thread it
/// allocates in `configure` and never afterwards.
pub struct CpuCompositor {
    threads: Threads,
    session: Option<Session>,
    /// The frame that a matte may be painted for.
    reduced: Option<FrameId>,
}

impl CpuCompositor {
    /// A compositor that is yet to be configured; starts its threads, if any.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`] if the number of threads is not 1 to 256 or they cannot
    /// be started.
    pub fn new(options: CpuOptions) -> Result<Self, ComposeError> {
        Ok(Self {
            threads: Threads::new(options.threads)?,
            session: None,
            reduced: None,
        })
    }
}

impl fmt::Debug for CpuCompositor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CpuCompositor")
            .field("spec", &self.session.as_ref().map(Session::spec))
            .field("reduced", &self.reduced)
            .finish_non_exhaustive()
    }
}

impl Compositor for CpuCompositor {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.session = None;
        self.reduced = None;
        self.session = Some(Session::new(spec, plan, self.threads.bands())?);
        Ok(())
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        self.reduced = None;
        let session = self.session.as_mut().ok_or_else(not_configured)?;
        check_picture("source", source.spec(), session.spec())?;
        session.reduce(id, source, &self.threads);
        self.reduced = Some(id);
        Ok(session.reduced())
    }

    fn paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let session = self.session.as_mut().ok_or_else(not_configured)?;
        check_picture("source", source.spec(), session.spec())?;
        check_picture("target", target.spec(), session.spec())?;
        let backdrop = match cover {
            Cover::Background { matte, backdrop } => {
                check_matte(id, self.reduced, matte, session.reduced())?;
                backdrop
            }
            Cover::Everything { backdrop } => backdrop,
        };
        check_backdrop(&backdrop, session.spec())?;
        session.paint(source, cover, target, &self.threads);
        Ok(())
    }
}

fn wrong_spec(message: impl Into<String>) -> ComposeError {
    ComposeError::new(ComposeErrorKind::WrongSpec, message)
}

fn not_configured() -> ComposeError {
    wrong_spec("the compositor knows no frame spec yet, configure it first")
}

fn check_picture(name: &str, given: &FrameSpec, wanted: &FrameSpec) -> Result<(), ComposeError> {
    if given.same_picture(wanted) {
        return Ok(());
    }
    let words = |spec: &FrameSpec| {
        format!(
            "{} {}x{} ({:?}, {:?})",
            spec.format(),
            spec.width(),
            spec.height(),
            spec.colour(),
            spec.rotation()
        )
    };
    Err(wrong_spec(format!(
        "{name} is {}, configured is {}",
        words(given),
        words(wanted)
    )))
}

fn check_matte(
    id: FrameId,
    last_reduced: Option<FrameId>,
    matte: &Mask,
    reduced: &Reduced,
) -> Result<(), ComposeError> {
    let stale = |message| Err(ComposeError::new(ComposeErrorKind::StaleMask, message));
    let FrameId(number) = id;
    if matte.frame() != id || number == 0 {
        return stale(format!(
            "the matte is of frame {}, painted is frame {number} (0 is no frame)",
            matte.frame().0
        ));
    }
    if last_reduced != Some(id) {
        return stale(match last_reduced {
            Some(FrameId(last)) => {
                format!("frame {number} is painted, the last one reduced is frame {last}")
            }
            None => format!("frame {number} is painted before it was reduced"),
        });
    }
    let (given, wanted) = (
        (matte.width(), matte.height()),
        (reduced.width(), reduced.height()),
    );
    if given != wanted || matte.values().len() != given.0 * given.1 {
        return stale(format!(
            "the matte has {}x{} pixels, frame {number} was reduced to {}x{}",
            given.0, given.1, wanted.0, wanted.1
        ));
    }
    Ok(())
}

fn check_backdrop(backdrop: &Backdrop<'_>, spec: &FrameSpec) -> Result<(), ComposeError> {
    match backdrop {
        Backdrop::Flat(_) => Ok(()),
        Backdrop::Picture(picture) => check_picture("backdrop", picture.spec(), spec),
        Backdrop::Field(field) => check_field(field, spec),
        Backdrop::Transparent(field) if spec.format().has_alpha() => check_field(field, spec),
        Backdrop::Transparent(_) => Err(wrong_spec(format!(
            "{} cannot be transparent, choose rgba or bgra",
            spec.format()
        ))),
    }
}

fn check_field(field: &Field, spec: &FrameSpec) -> Result<(), ComposeError> {
    let Field {
        step_px,
        width,
        height,
        ref planes,
    } = *field;
    if !step_px.is_power_of_two() || step_px > MAX_STEP_PX {
        return Err(wrong_spec(format!(
            "the field has a node every {step_px} pixels, a power of two up to {MAX_STEP_PX} is \
             needed"
        )));
    }
    let nodes = |pixels: usize| (pixels - 1).div_ceil(step_px) + 1;
    let needed = (nodes(spec.width()), nodes(spec.height()));
    if width < needed.0 || height < needed.1 {
        return Err(wrong_spec(format!(
            "the field has {width}x{height} nodes, a {}x{} frame with a node every {step_px} \
             pixels needs {}x{}",
            spec.width(),
            spec.height(),
            needed.0,
            needed.1
        )));
    }
    match planes.iter().find(|plane| plane.len() != width * height) {
        None => Ok(()),
        Some(plane) => Err(wrong_spec(format!(
            "a plane of the field has {} nodes, {width}x{height} is {}",
            plane.len(),
            width * height
        ))),
    }
}
