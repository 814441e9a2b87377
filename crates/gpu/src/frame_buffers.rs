use frosted_core::{ComposeError, Mask};

use crate::buffers::{self, HostBuffer};
use crate::packing::WORD;
use crate::params::{CHANNELS, Params};

/// Bytes of the parameters, in front of the matte in their common upload.
const PARAMS: usize = size_of::<Params>();

/// Where a frame lies between the steps.
pub(crate) struct FrameBuffers {
    pub(crate) given: wgpu::Buffer,
    pub(crate) reduced: wgpu::Buffer,
    pub(crate) reduced_readback: HostBuffer,
    pub(crate) painted: wgpu::Buffer,
}

/// What tells a step what to do.
pub(crate) struct StepBuffers {
    /// Parameters, then a matte.
    pub(crate) upload: HostBuffer,
    pub(crate) params: wgpu::Buffer,
    /// Tables, then the matte.
    pub(crate) tables: wgpu::Buffer,
}

impl FrameBuffers {
    pub(crate) fn new(
        device: &wgpu::Device,
        bytes: usize,
        reduced_words: usize,
    ) -> Result<Self, ComposeError> {
        // The first word is for the receipts.
        let reduced_bytes = WORD * (CHANNELS * reduced_words + 1);
        Ok(Self {
            given: buffers::storage(device, "a frame", bytes)?,
            painted: buffers::storage(device, "a frame", bytes)?,
            reduced: buffers::storage(device, "a reduced frame", reduced_bytes)?,
            reduced_readback: HostBuffer::readback(device, reduced_bytes),
        })
    }
}

impl StepBuffers {
    pub(crate) fn new(
        device: &wgpu::Device,
        tables: &[u32],
        matte_words: usize,
    ) -> Result<Self, ComposeError> {
        let tables: &[u8] = bytemuck::cast_slice(tables);
        let matte_bytes = WORD * matte_words;
        let bytes = tables.len() + matte_bytes;
        Ok(Self {
            upload: HostBuffer::upload(device, PARAMS + matte_bytes),
            params: buffers::uniform(device, PARAMS),
            tables: buffers::storage_with(device, "the matte", bytes, tables)?,
        })
    }

    pub(crate) fn write(&self, params: &Params, matte: Option<&Mask>) -> Result<(), ComposeError> {
        self.upload.write(|out| {
            out.slice(..PARAMS)
                .copy_from_slice(bytemuck::bytes_of(params));
            if let Some(matte) = matte {
                let values = matte.values();
                let end = PARAMS + values.len();
                out.slice(PARAMS..end).copy_from_slice(values);
                // Of the last word.
                let rest = values.len().next_multiple_of(WORD) - values.len();
                out.slice(end..end + rest)
                    .copy_from_slice(&[0; WORD][..rest]);
            }
        })
    }

    /// Records the copies of what was written, of the matte so many words.
    pub(crate) fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        params: &Params,
        matte_words: u32,
    ) {
        let from = &self.upload.buffer;
        encoder.copy_buffer_to_buffer(from, 0, &self.params, 0, PARAMS as u64);
        if matte_words > 0 {
            let to = u64::from(params.matte_word) * WORD as u64;
            let bytes = u64::from(matte_words) * WORD as u64;
            encoder.copy_buffer_to_buffer(from, PARAMS as u64, &self.tables, to, bytes);
        }
    }
}
