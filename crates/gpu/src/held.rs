use frosted_core::ComposeError;
use frosted_core::internal::{Backdrop, Field};

use crate::buffers::{self, HostBuffer};
use crate::packing::{Packing, WORD};
use crate::params::{FIELD, FLAT, PICTURE, Params};

/// Bytes of a field's node.
const NODE: usize = size_of::<u16>();

/// The backdrop that lies on the GPU, kept there until another one is painted.
pub(crate) struct HeldBackdrop {
    pub(crate) buffer: wgpu::Buffer,
    upload: HostBuffer,
    /// As long as both are, and what is in use of it.
    room_bytes: usize,
    used_bytes: usize,
    held: Held,
}

#[derive(PartialEq, Eq)]
enum Held {
    Nothing,
    /// All of it: it is small, and comparing costs less than sending.
    Field(Field),
    /// The frame's stamp, which no other picture has.
    Picture(u64),
}

/// What must be done before the backdrop can be painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    /// The upload is to be copied to the buffer.
    Contents,
    /// The same, and the buffer is another one than before.
    Buffer,
}

impl HeldBackdrop {
    /// Room for a small one.
    pub(crate) fn new(device: &wgpu::Device) -> Result<Self, ComposeError> {
        Self::with_room(device, 1 << 12)
    }

    fn with_room(device: &wgpu::Device, bytes: usize) -> Result<Self, ComposeError> {
        Ok(Self {
            buffer: buffers::storage(device, "the backdrop", bytes)?,
            upload: HostBuffer::upload(device, bytes),
            room_bytes: bytes,
            used_bytes: 0,
            held: Held::Nothing,
        })
    }

    /// Becomes `backdrop`, for frames of `packing`, and tells the shader so.
    pub(crate) fn hold(
        &mut self,
        device: &wgpu::Device,
        packing: &Packing,
        backdrop: Backdrop<'_>,
        params: &mut Params,
    ) -> Result<Change, ComposeError> {
        match backdrop {
            Backdrop::Flat(colour) => {
                params.behind = FLAT;
                params.colour = u32::from_le_bytes([colour[0], colour[1], colour[2], 0]);
                Ok(Change::Nothing)
            }
            Backdrop::Field(field) | Backdrop::Transparent(field) => {
                params.behind = FIELD;
                params.step_bits = field.step_px.trailing_zeros();
                params.nodes_across = field.width as u32;
                params.nodes_down = field.height as u32;
                if matches!(&self.held, Held::Field(held) if held == field) {
                    return Ok(Change::Nothing);
                }
                self.hold_field(device, field)
            }
            Backdrop::Picture(picture) => {
                params.behind = PICTURE;
                let wanted = Held::Picture(picture.stamp());
                if self.held == wanted {
                    return Ok(Change::Nothing);
                }
                let change = self.make_room(device, packing.bytes())?;
                self.upload
                    .write(|out| packing.pack(&picture.view(), out))?;
                self.held = wanted;
                Ok(change)
            }
        }
    }

    fn hold_field(&mut self, device: &wgpu::Device, field: &Field) -> Result<Change, ComposeError> {
        let plane = NODE * field.width * field.height;
        let change = self.make_room(device, (3 * plane).next_multiple_of(WORD))?;
        self.upload.write(|out| {
            for (index, nodes) in field.planes.iter().enumerate() {
                let start = index * plane;
                out.slice(start..start + plane)
                    .copy_from_slice(bytemuck::cast_slice(nodes));
            }
        })?;
        match &mut self.held {
            Held::Field(held) => held.clone_from(field),
            held => *held = Held::Field(field.clone()),
        }
        Ok(change)
    }

    /// Grows the buffers to `bytes` if they are shorter.
    fn make_room(&mut self, device: &wgpu::Device, bytes: usize) -> Result<Change, ComposeError> {
        let change = if bytes <= self.room_bytes {
            Change::Contents
        } else {
            *self = Self::with_room(device, bytes)?;
            Change::Buffer
        };
        self.used_bytes = bytes;
        Ok(change)
    }

    /// Records the copy of what was written.
    pub(crate) fn record(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.copy_buffer_to_buffer(
            &self.upload.buffer,
            0,
            &self.buffer,
            0,
            self.used_bytes as u64,
        );
    }

    /// The upload, to be asked back.
    pub(crate) fn upload(&self) -> &HostBuffer {
        &self.upload
    }
}

#[cfg(test)]
mod tests {
    use frosted_core::internal::layout;
    use frosted_core::{Frame, FrameSpec, PixelFormat};

    use super::*;
    use crate::packing::Alignment;
    use crate::test_gpu::test_gpu;

    #[test]
    fn what_lies_on_the_gpu_is_not_sent_again() {
        let Some(gpu) = test_gpu() else { return };
        let spec = FrameSpec::new(PixelFormat::Nv12, 64, 48).unwrap();
        let planes = layout::planes(spec.format()).unwrap();
        let packing = Packing::new(&spec, planes, Alignment::WORDS);
        let picture = Frame::new(spec);
        let field = Field {
            step_px: 64,
            width: 2,
            height: 2,
            planes: [vec![1; 4], vec![2; 4], vec![3; 4]],
        };
        for (backdrop, first) in [
            (Backdrop::Field(&field), Change::Contents),
            (Backdrop::Picture(&picture), Change::Buffer),
        ] {
            let mut held = HeldBackdrop::new(&gpu.device).unwrap();
            let mut changes = Vec::new();
            for backdrop in [backdrop, backdrop, Backdrop::Flat([1, 2, 3]), backdrop] {
                let mut params = Params::default();
                let change = held.hold(&gpu.device, &packing, backdrop, &mut params);
                changes.push(change.unwrap());
            }
            let nothing = Change::Nothing;
            assert_eq!(changes, [first, nothing, nothing, nothing]);
        }
    }
}
