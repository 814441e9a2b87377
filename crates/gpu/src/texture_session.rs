use frosted_core::internal::layout::PlaneLayout;
use frosted_core::internal::{ConcealPlan, Cover, FrameId};
use frosted_core::{ComposeError, FrameSpec};

use crate::buffers::HostBuffer;
use crate::device::Gpu;
use crate::options::Handover;
use crate::packing::{Alignment, HEADER_WORDS, Packing, WORD};
use crate::session::{Painting, Session};

/// A session for frames that are textures.
pub(crate) struct TextureSession {
    pub(crate) session: Session,
    /// The beginning of what was painted, which says whether it was.
    receipts: HostBuffer,
    /// The frame that was handed over before it was known to be painted.
    unchecked: Option<Painting>,
}

impl TextureSession {
    /// # Errors
    /// As [`Session::new`].
    pub(crate) fn new(
        gpu: &mut Gpu,
        spec: &FrameSpec,
        planes: &[PlaneLayout],
        plan: &ConcealPlan,
    ) -> Result<Self, ComposeError> {
        Ok(Self {
            session: Session::new(gpu, spec, planes, plan, Alignment::TEXTURES)?,
            receipts: HostBuffer::readback(&gpu.device, HEADER_WORDS * WORD),
            unchecked: None,
        })
    }

    /// Fills the reduced picture from `input`, a frame of the session's spec.
    pub(crate) fn reduce(
        &mut self,
        gpu: &Gpu,
        id: FrameId,
        input: &wgpu::Texture,
    ) -> Result<(), ComposeError> {
        self.check_last(gpu)?;
        let packing = *self.session.packing();
        self.session.reduce(gpu, id, None, |encoder, given| {
            copy_from_texture(encoder, &packing, input, given);
        })
    }

    /// Paints the frame that was reduced last, or what covers any frame, to `output`, a frame of
    /// the session's spec; `cover` has been checked against it.
    pub(crate) fn paint(
        &mut self,
        gpu: &Gpu,
        cover: Cover<'_>,
        output: &wgpu::Texture,
        handover: Handover,
    ) -> Result<(), ComposeError> {
        self.check_last(gpu)?;
        let packing = *self.session.packing();
        let receipts = &self.receipts;
        let painting = self
            .session
            .paint(gpu, cover, receipts, |encoder, painted| {
                let bytes = (HEADER_WORDS * WORD) as u64;
                encoder.copy_buffer_to_buffer(painted, 0, &receipts.buffer, 0, bytes);
                if handover == Handover::AtOnce {
                    copy_to_texture(encoder, &packing, painted, output);
                }
            })?;
        self.unchecked = Some(painting);
        if handover == Handover::AtOnce {
            return Ok(());
        }
        self.check_last(gpu)?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        copy_to_texture(&mut encoder, &packing, self.session.painted(), output);
        gpu.queue.submit([encoder.finish()]);
        Ok(())
    }

    /// Waits for the frame that was handed over last, if nobody has.
    pub(crate) fn check_last(&mut self, gpu: &Gpu) -> Result<(), ComposeError> {
        let Some(painting) = self.unchecked.take() else {
            return Ok(());
        };
        self.session.finish(gpu, painting, &self.receipts)?;
        self.receipts
            .read(|bytes| self.session.check_painted(bytes))
    }
}

/// Records the copy of a frame that lies in `buffer` by `packing`.
pub(crate) fn copy_to_texture(
    encoder: &mut wgpu::CommandEncoder,
    packing: &Packing,
    buffer: &wgpu::Buffer,
    output: &wgpu::Texture,
) {
    let size = output.size();
    encoder.copy_buffer_to_texture(in_buffer(packing, buffer), output.as_image_copy(), size);
}

/// Records the copy of a frame to `buffer`, where it lies by `packing`.
pub(crate) fn copy_from_texture(
    encoder: &mut wgpu::CommandEncoder,
    packing: &Packing,
    input: &wgpu::Texture,
    buffer: &wgpu::Buffer,
) {
    let size = input.size();
    encoder.copy_texture_to_buffer(input.as_image_copy(), in_buffer(packing, buffer), size);
}

/// Where the picture of a frame of one plane lies in `buffer`.
fn in_buffer<'b>(packing: &Packing, buffer: &'b wgpu::Buffer) -> wgpu::TexelCopyBufferInfo<'b> {
    let (first, _, stride) = packing.planes()[0].in_bytes();
    wgpu::TexelCopyBufferInfo {
        buffer,
        layout: wgpu::TexelCopyBufferLayout {
            offset: first as u64,
            bytes_per_row: Some(stride as u32),
            rows_per_image: None,
        },
    }
}
