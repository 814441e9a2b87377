use std::fmt;

use frosted_core::internal::{Compositor, ConcealPlan, Cover, FrameId, checks};
use frosted_core::{ComposeError, ComposeErrorKind, FrameSpec, FrameView, FrameViewMut, Reduced};

use crate::device::Gpu;
use crate::info::GpuInfo;
use crate::options::GpuOptions;
use crate::session::Session;

/// The compositor that works on a GPU; its bytes are the CPU compositor's.
///
/// A frame is taken to the GPU when it is reduced, and painted from there. After an error of
/// the kind [`ComposeErrorKind::Device`] every call gives that error again until the next
/// `configure`, which opens a device of the compositor's own anew if it was lost.
pub struct GpuCompositor {
    /// How the device was opened; `None` if it is somebody else's.
    options: Option<GpuOptions>,
    gpu: Gpu,
    session: Option<Session>,
    /// What ended the last session.
    broken: Option<ComposeError>,
    /// The frame that a matte may be painted for; it lies on the GPU.
    reduced: Option<FrameId>,
}

impl GpuCompositor {
    /// A compositor on a GPU of its own choice, yet to be configured.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`] if there is none such, or it cannot be opened.
    pub fn new(options: GpuOptions) -> Result<Self, ComposeError> {
        let gpu = Gpu::open(&options)?;
        Ok(Self::on(gpu, Some(options)))
    }

    /// A compositor on a device that the program already has. Its handlers of errors are left
    /// alone, and other threads may go on using it.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`] if it is lost.
    pub fn with_device(device: wgpu::Device, queue: wgpu::Queue) -> Result<Self, ComposeError> {
        Ok(Self::on(Gpu::adopt(device, queue)?, None))
    }

    fn on(gpu: Gpu, options: Option<GpuOptions>) -> Self {
        Self {
            options,
            gpu,
            session: None,
            broken: None,
            reduced: None,
        }
    }

    /// The GPU that it works on.
    pub fn info(&self) -> &GpuInfo {
        self.gpu.info()
    }

    /// Ends the session after an error of the device's: what its buffers hold is unknown.
    fn settle<T>(&mut self, outcome: Result<T, ComposeError>) -> Result<T, ComposeError> {
        if let Err(error) = &outcome
            && error.kind() == ComposeErrorKind::Device
        {
            self.session = None;
            self.reduced = None;
            self.broken = Some(error.clone());
        }
        outcome
    }

    fn session(&mut self) -> Result<(&Gpu, &mut Session), ComposeError> {
        match (&mut self.session, &self.broken) {
            (Some(session), _) => Ok((&self.gpu, session)),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(checks::not_configured()),
        }
    }

    fn try_reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<(), ComposeError> {
        let (gpu, session) = self.session()?;
        checks::check_picture("source", source.spec(), session.spec())?;
        gpu.watch("reduce the frame", || session.reduce(gpu, id, source))
    }

    fn try_paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let reduced = self.reduced;
        let (gpu, session) = self.session()?;
        checks::Painting {
            id,
            source: source.spec(),
            cover: &cover,
            target: target.spec(),
        }
        .check(session.spec(), reduced, session.reduced())?;
        gpu.watch("paint the frame", || session.paint(gpu, cover))?;
        // The target is not touched before wgpu had its chance to report what went wrong.
        gpu.watch("give the frame back", || session.finish(target))
    }
}

impl fmt::Debug for GpuCompositor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuCompositor")
            .field("info", self.info())
            .field("spec", &self.session.as_ref().map(Session::spec))
            .field("reduced", &self.reduced)
            .finish_non_exhaustive()
    }
}

impl Compositor for GpuCompositor {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.session = None;
        self.broken = None;
        self.reduced = None;
        let planes = checks::check_configuration(spec, plan)?;
        if let (Some(options), Some(_)) = (&self.options, self.gpu.trouble()) {
            let reopened = Gpu::open(options);
            self.gpu = self.settle(reopened)?;
        }
        let session = self.gpu.prepare("get ready for frames", |gpu| {
            Session::new(gpu, spec, planes, plan)
        });
        self.session = Some(self.settle(session)?);
        Ok(())
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        self.reduced = None;
        let outcome = self.try_reduce(id, source);
        self.settle(outcome)?;
        self.reduced = Some(id);
        let (_, session) = self.session()?;
        Ok(session.reduced())
    }

    fn paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let outcome = self.try_paint(id, source, cover, target);
        self.settle(outcome)
    }
}
