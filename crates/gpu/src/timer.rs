use std::time::Duration;

use frosted_core::ComposeError;

use crate::buffers::HostBuffer;

/// How long the passes of the last steps took on the GPU, without the way there and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassTimes {
    /// Reducing.
    pub reduce: Duration,
    /// Painting all planes.
    pub paint: Duration,
}

/// A query of the GPU's clock before a step's pass, and one behind it.
const QUERIES: u32 = 2;

/// Bytes of their answers.
const BYTES: usize = QUERIES as usize * size_of::<u64>();

/// Measures passes by the GPU's own clock.
#[derive(Debug)]
pub(crate) struct Timer {
    queries: wgpu::QuerySet,
    answers: wgpu::Buffer,
    readback: HostBuffer,
    tick_ns: f64,
}

impl Timer {
    /// What a device must have.
    pub(crate) const FEATURE: wgpu::Features = wgpu::Features::TIMESTAMP_QUERY;

    pub(crate) fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        Self {
            queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timer"),
                ty: wgpu::QueryType::Timestamp,
                count: QUERIES,
            }),
            answers: device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("timer"),
                size: BYTES as u64,
                usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            }),
            readback: HostBuffer::readback(device, BYTES),
            tick_ns: f64::from(queue.get_timestamp_period()),
        }
    }

    pub(crate) fn writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }

    /// Records, behind the pass, how the answers come back.
    pub(crate) fn record(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..QUERIES, &self.answers, 0);
        encoder.copy_buffer_to_buffer(&self.answers, 0, &self.readback.buffer, 0, None);
    }

    /// What the answers come back in.
    pub(crate) fn readback(&self) -> &HostBuffer {
        &self.readback
    }

    /// The time between the two.
    pub(crate) fn read(&self) -> Result<Duration, ComposeError> {
        self.readback.read(|bytes| {
            let mut ticks = bytes.chunks_exact(size_of::<u64>()).map(|bytes| {
                let bytes = bytes.try_into().expect("a chunk is as long as a number");
                u64::from_le_bytes(bytes)
            });
            let (begun, ended) = (ticks.next(), ticks.next());
            let ticks = ended.unwrap_or(0).saturating_sub(begun.unwrap_or(0));
            Ok(Duration::from_secs_f64(ticks as f64 * self.tick_ns / 1e9))
        })
    }
}
