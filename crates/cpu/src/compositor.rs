use std::fmt;

use frosted_core::internal::{Compositor, ConcealPlan, Cover, FrameId, Level, checks};
use frosted_core::{ComposeError, CompositorInfo, FrameSpec, FrameView, FrameViewMut, Reduced};

use crate::session::Session;
use crate::threads::Threads;

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
    level: Level,
    session: Option<Session>,
    /// The frame that a matte may be painted for.
    reduced: Option<FrameId>,
}

impl CpuCompositor {
    /// A compositor that is yet to be configured; starts its threads, if any.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`](frosted_core::ComposeErrorKind::Device) if the number of threads is not 1 to 256 or they cannot
    /// be started.
    pub fn new(options: CpuOptions) -> Result<Self, ComposeError> {
        Self::at_level(options, Level::chosen())
    }

    /// The same with instructions of `level`, for tests and measurements: it writes the same
    /// bytes with any.
    ///
    /// # Errors
    /// As [`CpuCompositor::new`].
    #[doc(hidden)]
    pub fn at_level(options: CpuOptions, level: Level) -> Result<Self, ComposeError> {
        Ok(Self {
            threads: Threads::new(options.threads)?,
            level,
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
        self.session = Some(Session::new(self.level, spec, plan, self.threads.bands())?);
        Ok(())
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        self.reduced = None;
        let session = self.session.as_mut().ok_or_else(checks::not_configured)?;
        checks::check_picture("source", source.spec(), session.spec())?;
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
        let session = self.session.as_mut().ok_or_else(checks::not_configured)?;
        checks::Painting {
            id,
            source: source.spec(),
            cover: &cover,
            target: target.spec(),
        }
        .check(session.spec(), self.reduced, session.reduced())?;
        session.paint(source, cover, target, &self.threads);
        Ok(())
    }

    fn info(&self) -> CompositorInfo {
        CompositorInfo::named(match self.threads.count() {
            1 => "CPU, 1 thread".to_owned(),
            threads => format!("CPU, {threads} threads"),
        })
    }
}
