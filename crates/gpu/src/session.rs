use frosted_core::internal::layout::PlaneLayout;
use frosted_core::internal::{Backdrop, ConcealPlan, Cover, FrameId};
use frosted_core::{ComposeError, ComposeErrorKind, FrameSpec, Mask, Reduced};

use crate::buffers::HostBuffer;
use crate::device::{Gpu, Submission};
use crate::frame_buffers::{FrameBuffers, StepBuffers};
use crate::held::{Change, HeldBackdrop};
use crate::packing::{Alignment, Packing, WORD};
use crate::params::{CHANNELS, Channel, EVERYTHING, MATTE, OPAQUE_ROOM, Params, TRANSPARENT};
use crate::receipts::{self, CHECK_GROUP, CHECK_WORDS, Wanted};
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
    /// Of the tables, without a matte.
    tables_sum: u32,
    /// What the last step is to leave behind; a receipt of 0 is none.
    wanted: Wanted,
    times: Option<PassTimes>,
    frame: FrameBuffers,
    step: StepBuffers,
    backdrop: HeldBackdrop,
    reduce: ReducePass,
    paint: PaintPass,
    #[cfg(test)]
    fault: Option<Fault>,
}

/// What goes wrong, for tests.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// A pass runs so many workgroups each way at most.
    MostGroups(u32),
    /// So many words of a matte arrive.
    MatteWords(u32),
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
    check: wgpu::ComputePipeline,
    check_groups: u32,
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
        let check_words = tables.len() + reduced_words;
        let paint = PaintPass {
            check: gpu.passes.check(&device),
            check_groups: (check_words as u32).div_ceil(CHECK_GROUP * CHECK_WORDS),
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
            tables_sum: receipts::sum(bytemuck::cast_slice(&tables), 0),
            wanted: Wanted { receipt: 0, sum: 0 },
            times: None,
            frame,
            step,
            backdrop,
            reduce,
            paint,
            #[cfg(test)]
            fault: None,
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
        params.receipt = self.next_step(0);
        self.step.write(&params, None)?;
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let (frame, step) = (&self.frame, &self.step);
        take(&mut encoder, &frame.given);
        step.record(&mut encoder, &params, 0);
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
            receipts::check(receipts, params.receipt, &[self.reduce.groups])?;
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
        params.sum = matte.map_or(0, |matte| self.sum_with(matte));
        params.receipt = self.next_step(params.sum);
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
        self.step
            .record(&mut encoder, &params, self.sent_words(matte));
        let sends_backdrop = change != Change::Nothing;
        if sends_backdrop {
            self.backdrop.record(&mut encoder);
        }
        // All of it: what an earlier frame left is not to go to any output.
        encoder.clear_buffer(&self.frame.painted, 0, None);
        self.record_painting(gpu.begin_pass(&mut encoder), matte.is_some());
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

    /// Whether every pass of the last painting ran, and by its own matte, which `painted`, the
    /// beginning of it, says.
    pub(crate) fn check_painted(&self, painted: &[u8]) -> Result<(), ComposeError> {
        self.wanted.check(painted, &self.paint.groups)
    }

    fn record_painting(&self, mut pass: wgpu::ComputePass<'_>, by_matte: bool) {
        pass.set_bind_group(0, &self.paint.bindings, &[]);
        if by_matte {
            let (across, down) = self.hindered((self.paint.check_groups, 1));
            pass.set_pipeline(&self.paint.check);
            pass.dispatch_workgroups(across, down, 1);
        }
        for (pipeline, &groups) in self.paint.pipelines.iter().zip(&self.paint.groups) {
            let (across, down) = self.hindered(groups);
            pass.set_pipeline(pipeline);
            pass.dispatch_workgroups(across, down, 1);
        }
    }

    /// The workgroups of `groups` that are run: all of them, but for tests.
    fn hindered(&self, groups: (u32, u32)) -> (u32, u32) {
        #[cfg(test)]
        if let Some(Fault::MostGroups(most)) = self.fault {
            return (groups.0.min(most), groups.1.min(most));
        }
        groups
    }

    /// The words of `matte` that are sent: all of them, but for tests.
    fn sent_words(&self, matte: Option<&Mask>) -> u32 {
        let words = matte.map_or(0, |_| self.params.reduced_words);
        #[cfg(test)]
        if let Some(Fault::MatteWords(most)) = self.fault {
            return words.min(most);
        }
        words
    }

    /// From now on `fault` happens.
    #[cfg(test)]
    pub(crate) fn plant(&mut self, fault: Fault) {
        self.fault = Some(fault);
    }

    /// The sum of the tables and `matte`.
    fn sum_with(&self, matte: &Mask) -> u32 {
        let matte = receipts::sum(matte.values(), self.params.matte_word as usize);
        self.tables_sum.wrapping_add(matte)
    }

    /// The receipt of the next step, which goes by `sum`. Always odd: no number of workgroups,
    /// which is below 2^32, adds up to 0 by it.
    fn next_step(&mut self, sum: u32) -> u32 {
        let receipt = self.wanted.receipt.wrapping_add(2) | 1;
        self.wanted = Wanted { receipt, sum };
        receipt
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
