use frosted_core::internal::layout::PlaneLayout;
use frosted_core::internal::{Backdrop, ConcealPlan, Cover, FrameId};
use frosted_core::{ComposeError, ComposeErrorKind, FrameSpec, Reduced};

use crate::buffers::HostBuffer;
use crate::device::{Gpu, Submission, failed};
use crate::frame_buffers::{FrameBuffers, StepBuffers};
use crate::held::{Change, HeldBackdrop};
use crate::packing::{Alignment, Packing, WORD};
use crate::params::{CHANNELS, Channel, EVERYTHING, MATTE, OPAQUE_ROOM, Params, TRANSPARENT};
use crate::shaders::{self, PAINT_GROUP, REDUCE_GROUP};
use crate::tables::tables;
use crate::timer::PassTimes;

/// The largest square that is reduced here: one invocation sums all of it. That is many times
/// what any network asks for; with much more, sums would not fit 32 bits, and Mesa's software
/// driver would leave the loops after 65535 rounds without a word.
const MAX_SQUARE_PX: usize = 128;

/// All that depends on the spec and the plan, but for the ways by which frames come and go:
/// buffers, bindings and pipelines.
pub(crate) struct Session {
    spec: FrameSpec,
    packing: Packing,
    reduced: Reduced,
    square_px: usize,
    /// What stays the same from frame to frame.
    params: Params,
    /// The last step's number; 0 is none.
    receipt: u32,
    times: Option<PassTimes>,
    frame: FrameBuffers,
    step: StepBuffers,
    backdrop: HeldBackdrop,
    reduce: ReducePass,
    paint: PaintPass,
    /// Workgroups each way at most, for tests of passes that do not run to their end.
    #[cfg(test)]
    most_groups: Option<u32>,
}

/// A frame that is being painted.
pub(crate) struct Painting {
    submission: Submission,
    sends_backdrop: bool,
}

struct ReducePass {
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    groups: (u32, u32),
}

struct PaintPass {
    /// One a plane.
    pipelines: Vec<wgpu::ComputePipeline>,
    /// Workgroups across and down of each.
    groups: Vec<(u32, u32)>,
    bindings: wgpu::BindGroup,
}

impl Session {
    /// For frames of `spec`, which has `planes`, under `plan`; they lie on the GPU by
    /// `alignment`.
    ///
    /// # Errors
    /// [`ComposeErrorKind::Device`] if a buffer or the
    /// plan's square is more than the GPU takes; what wgpu reports is left to the caller.
    pub(crate) fn new(
        gpu: &mut Gpu,
        spec: &FrameSpec,
        planes: &[PlaneLayout],
        plan: &ConcealPlan,
        alignment: Alignment,
    ) -> Result<Self, ComposeError> {
        if plan.square_px > MAX_SQUARE_PX {
            return Err(ComposeError::new(
                ComposeErrorKind::Device,
                format!(
                    "the plan's square is {} pixels wide, the GPU reduces by up to \
                     {MAX_SQUARE_PX}, take the CPU compositor",
                    plan.square_px
                ),
            ));
        }
        let mut reduced = Reduced::default();
        reduced.prepare(spec, plan.square_px, FrameId::default());
        let packing = Packing::new(spec, planes, alignment);
        let size = (reduced.width(), reduced.height());
        let tables = tables(plan, (spec.width(), spec.height()), size);
        let reduced_words = (size.0 * size.1).div_ceil(WORD);
        let params = Params {
            planes: *packing.planes(),
            channels: std::array::from_fn(|channel| Channel::new(planes, channel, spec)),
            plane_count: planes.len() as u32,
            width: spec.width() as u32,
            height: spec.height() as u32,
            square_px: plan.square_px as u32,
            columns: size.0 as u32,
            rows: size.1 as u32,
            reduced_words: reduced_words as u32,
            matte_word: tables.len() as u32,
            ..Params::default()
        };
        let device = gpu.device.clone();
        let frame = FrameBuffers::new(&device, packing.bytes(), reduced_words)?;
        let step = StepBuffers::new(&device, &tables, reduced_words)?;
        let backdrop = HeldBackdrop::new(&device)?;
        let paint_shaders = shaders::paint(spec.format()).into_iter();
        let paint = PaintPass {
            pipelines: paint_shaders
                .map(|shader| gpu.passes.paint(&device, shader))
                .collect(),
            groups: packing
                .used_planes()
                .iter()
                .map(|plane| {
                    let across = plane.row_words.div_ceil(PAINT_GROUP.0);
                    (across, plane.rows.div_ceil(PAINT_GROUP.1))
                })
                .collect(),
            bindings: bind_paint(gpu, &frame, &step, &backdrop),
        };
        let bindings = [&step.params, &frame.given, &frame.reduced];
        let reduce = ReducePass {
            pipeline: gpu.passes.reduce(&device),
            bindings: gpu.passes.bind_reduce(&device, bindings),
            groups: groups_of(&device, size.0 * size.1),
        };
        Ok(Self {
            spec: *spec,
            packing,
            reduced,
            square_px: plan.square_px,
            params,
            receipt: 0,
            times: None,
            frame,
            step,
            backdrop,
            reduce,
            paint,
            #[cfg(test)]
            most_groups: None,
        })
    }

    pub(crate) fn spec(&self) -> &FrameSpec {
        &self.spec
    }

    pub(crate) fn reduced(&self) -> &Reduced {
        &self.reduced
    }

    pub(crate) fn times(&self) -> Option<PassTimes> {
        self.times
    }

    /// How frames lie on the GPU.
    pub(crate) fn packing(&self) -> &Packing {
        &self.packing
    }

    /// Where what was painted lies on the GPU.
    pub(crate) fn painted(&self) -> &wgpu::Buffer {
        &self.frame.painted
    }

    /// Fills the reduced picture from a frame, which `take` records the way of; `upload` is
    /// what it comes in, if that is the host's.
    pub(crate) fn reduce(
        &mut self,
        gpu: &Gpu,
        id: FrameId,
        upload: Option<&HostBuffer>,
        take: impl FnOnce(&mut wgpu::CommandEncoder, &wgpu::Buffer),
    ) -> Result<(), ComposeError> {
        let mut params = self.params;
        params.receipt = self.next_receipt();
        self.step.write(&params, None)?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let (frame, step) = (&self.frame, &self.step);
        take(&mut encoder, &frame.given);
        step.record(&mut encoder, &params, false);
        encoder.clear_buffer(&frame.reduced, 0, Some(WORD as u64));
        let mut pass = gpu.begin_pass(&mut encoder);
        let (across, down) = self.hindered(self.reduce.groups);
        pass.set_pipeline(&self.reduce.pipeline);
        pass.set_bind_group(0, &self.reduce.bindings, &[]);
        pass.dispatch_workgroups(across, down, 1);
        drop(pass);
        let readback = &frame.reduced_readback;
        encoder.copy_buffer_to_buffer(&frame.reduced, 0, &readback.buffer, 0, None);
        let buffers = || [&step.upload, readback].into_iter().chain(upload);
        let submission = gpu.submit(encoder, buffers());
        if let Some(reduce) = gpu.finish(submission, buffers())? {
            self.times.get_or_insert_default().reduce = reduce;
        }
        let (reduced, spec) = (&mut self.reduced, &self.spec);
        readback.read(|bytes| {
            let (receipts, planes) = bytes.split_at(WORD);
            check_receipts(receipts, params.receipt, &[self.reduce.groups])?;
            let out = reduced.prepare(spec, self.square_px, id);
            for (out, plane) in out
                .into_iter()
                .zip(planes.chunks_exact(planes.len() / CHANNELS))
            {
                out.copy_from_slice(&plane[..out.len()]);
            }
            Ok(())
        })
    }

    /// Begins to paint the frame that was reduced last, or what covers any frame; `cover` has
    /// been checked against the spec. `give` records where it goes, the beginning of it to
    /// `readback`.
    pub(crate) fn paint(
        &mut self,
        gpu: &Gpu,
        cover: Cover<'_>,
        readback: &HostBuffer,
        give: impl FnOnce(&mut wgpu::CommandEncoder, &wgpu::Buffer),
    ) -> Result<Painting, ComposeError> {
        let (matte, backdrop) = match cover {
            Cover::Background { matte, backdrop } => (Some(matte), backdrop),
            Cover::Everything { backdrop } => (None, backdrop),
        };
        let mut params = self.params;
        params.receipt = self.next_receipt();
        params.cover = if matte.is_some() { MATTE } else { EVERYTHING };
        params.room = match backdrop {
            Backdrop::Transparent(_) => TRANSPARENT,
            _ => OPAQUE_ROOM,
        };
        let change = self
            .backdrop
            .hold(&gpu.device, &self.packing, backdrop, &mut params)?;
        if change == Change::Buffer {
            self.paint.bindings = bind_paint(gpu, &self.frame, &self.step, &self.backdrop);
        }
        self.step.write(&params, matte)?;

        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        self.step.record(&mut encoder, &params, matte.is_some());
        let sends_backdrop = change != Change::Nothing;
        if sends_backdrop {
            self.backdrop.record(&mut encoder);
        }
        // All of it: what an earlier frame left is not to go to any output.
        encoder.clear_buffer(&self.frame.painted, 0, None);
        self.record_painting(gpu.begin_pass(&mut encoder));
        give(&mut encoder, &self.frame.painted);
        let submission = gpu.submit(encoder, self.painting_buffers(readback, sends_backdrop));
        Ok(Painting {
            submission,
            sends_backdrop,
        })
    }

    /// Waits until `painting` is done and `readback` is the host's.
    pub(crate) fn finish(
        &mut self,
        gpu: &Gpu,
        painting: Painting,
        readback: &HostBuffer,
    ) -> Result<(), ComposeError> {
        let buffers = self.painting_buffers(readback, painting.sends_backdrop);
        if let Some(paint) = gpu.finish(painting.submission, buffers)? {
            self.times.get_or_insert_default().paint = paint;
        }
        Ok(())
    }

    fn painting_buffers<'b>(
        &'b self,
        readback: &'b HostBuffer,
        sends_backdrop: bool,
    ) -> impl Iterator<Item = &'b HostBuffer> {
        let backdrop = sends_backdrop.then(|| self.backdrop.upload());
        [readback, &self.step.upload].into_iter().chain(backdrop)
    }

    /// Whether every pass of the last painting ran, which `painted`, the beginning of it, says.
    pub(crate) fn check_painted(&self, painted: &[u8]) -> Result<(), ComposeError> {
        let receipts = &painted[..self.paint.pipelines.len() * WORD];
        check_receipts(receipts, self.receipt, &self.paint.groups)
    }

    fn record_painting(&self, mut pass: wgpu::ComputePass<'_>) {
        pass.set_bind_group(0, &self.paint.bindings, &[]);
        for (pipeline, &groups) in self.paint.pipelines.iter().zip(&self.paint.groups) {
            let (across, down) = self.hindered(groups);
            pass.set_pipeline(pipeline);
            pass.dispatch_workgroups(across, down, 1);
        }
    }

    /// The workgroups of `groups` that are run: all of them, but for tests.
    fn hindered(&self, groups: (u32, u32)) -> (u32, u32) {
        #[cfg(test)]
        if let Some(most) = self.most_groups {
            return (groups.0.min(most), groups.1.min(most));
        }
        groups
    }

    /// From now on a pass runs at most so many workgroups each way.
    #[cfg(test)]
    pub(crate) fn hinder(&mut self, most_groups: u32) {
        self.most_groups = Some(most_groups);
    }

    /// Always odd: no number of workgroups, which is below 2^32, adds up to 0 by it.
    fn next_receipt(&mut self) -> u32 {
        self.receipt = self.receipt.wrapping_add(2) | 1;
        self.receipt
    }
}

fn bind_paint(
    gpu: &Gpu,
    frame: &FrameBuffers,
    step: &StepBuffers,
    backdrop: &HeldBackdrop,
) -> wgpu::BindGroup {
    let buffers = [
        &step.params,
        &frame.given,
        &step.tables,
        &backdrop.buffer,
        &frame.painted,
    ];
    gpu.passes.bind_paint(&gpu.device, buffers)
}

/// Workgroups across and down for `squares`, within what the device takes in one direction.
fn groups_of(device: &wgpu::Device, squares: usize) -> (u32, u32) {
    let groups = (squares as u32).div_ceil(REDUCE_GROUP);
    let across = groups.min(device.limits().max_compute_workgroups_per_dimension);
    (across, groups.div_ceil(across))
}

/// Whether every workgroup of `groups`, one pass each, left `receipt`.
fn check_receipts(
    receipts: &[u8],
    receipt: u32,
    groups: &[(u32, u32)],
) -> Result<(), ComposeError> {
    let sums = receipts.chunks_exact(WORD);
    let wanted = groups
        .iter()
        .map(|(across, down)| receipt.wrapping_mul(across * down).to_le_bytes());
    if sums.eq(wanted) {
        return Ok(());
    }
    Err(failed("finish the frame", "a pass did not run to its end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_that_left_no_receipt_or_too_few_did_not_run() {
        let groups = [(3, 2), (1, 1)];
        let sums = |sums: [u32; 2]| sums.map(u32::to_le_bytes).concat();
        assert_eq!(check_receipts(&sums([42, 7]), 7, &groups), Ok(()));
        for wrong in [[35, 7], [42, 0], [0, 7], [30, 5], [49, 7]] {
            let error = check_receipts(&sums(wrong), 7, &groups).unwrap_err();
            assert_eq!(error.kind(), ComposeErrorKind::Device, "{wrong:?}");
        }
    }
}
