use frosted_core::internal::layout::PlaneLayout;
use frosted_core::internal::{ConcealPlan, Cover, FrameId};
use frosted_core::{ComposeError, FrameSpec, FrameView, FrameViewMut};

use crate::buffers::HostBuffer;
use crate::device::Gpu;
use crate::packing::Alignment;
use crate::session::Session;

/// A session for frames in memory.
pub(crate) struct MemorySession {
    pub(crate) session: Session,
    upload: HostBuffer,
    readback: HostBuffer,
}

impl MemorySession {
    /// # Errors
    /// As [`Session::new`].
    pub(crate) fn new(
        gpu: &mut Gpu,
        spec: &FrameSpec,
        planes: &[PlaneLayout],
        plan: &ConcealPlan,
    ) -> Result<Self, ComposeError> {
        let session = Session::new(gpu, spec, planes, plan, Alignment::WORDS)?;
        let bytes = session.packing().bytes();
        Ok(Self {
            session,
            upload: HostBuffer::upload(&gpu.device, bytes),
            readback: HostBuffer::readback(&gpu.device, bytes),
        })
    }

    /// Takes `source`, a frame of the session's spec, to the GPU and fills the reduced picture.
    pub(crate) fn reduce(
        &mut self,
        gpu: &Gpu,
        id: FrameId,
        source: &FrameView<'_>,
    ) -> Result<(), ComposeError> {
        let (upload, packing) = (&self.upload, self.session.packing());
        upload.write(|out| packing.pack(source, out))?;
        self.session
            .reduce(gpu, id, Some(upload), |encoder, given| {
                encoder.copy_buffer_to_buffer(&upload.buffer, 0, given, 0, None);
            })
    }

    /// Paints the frame that was reduced last, or what covers any frame, on the GPU; `cover` has
    /// been checked against the spec.
    pub(crate) fn paint(&mut self, gpu: &Gpu, cover: Cover<'_>) -> Result<(), ComposeError> {
        let readback = &self.readback;
        let painting = self
            .session
            .paint(gpu, cover, readback, |encoder, painted| {
                encoder.copy_buffer_to_buffer(painted, 0, &readback.buffer, 0, None);
            })?;
        self.session.finish(gpu, painting, readback)
    }

    /// Writes what was painted to `target`.
    pub(crate) fn finish(&self, target: &mut FrameViewMut<'_>) -> Result<(), ComposeError> {
        self.readback.read(|bytes| {
            self.session.check_painted(bytes)?;
            self.session.packing().unpack(bytes, target);
            Ok(())
        })
    }
}
