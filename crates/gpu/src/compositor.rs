use std::fmt;

use frosted_core::internal::{Compositor, ConcealPlan, Cover, FrameId, checks};
use frosted_core::{ComposeError, CompositorInfo, FrameSpec, FrameView, FrameViewMut, Reduced};

use crate::device::Gpu;
use crate::info::GpuInfo;
use crate::memory::MemorySession;
use crate::options::GpuOptions;
use crate::ready::Ready;
use crate::timer::PassTimes;

/// The compositor that works on a GPU; its bytes are the CPU compositor's.
///
/// A frame is taken to the GPU when it is reduced, and painted from there. After an error of
/// the kind [`Device`](frosted_core::ComposeErrorKind::Device) every call gives that error again until the next
/// `configure`, which opens a device of the compositor's own anew: it may be lost.
pub struct GpuCompositor {
    /// How the device was opened; `None` if it is somebody else's.
    options: Option<GpuOptions>,
    gpu: Gpu,
    ready: Ready<MemorySession>,
}

impl GpuCompositor {
    /// A compositor on a GPU of its own choice, yet to be configured.
    ///
    /// # Errors
    /// [`Device`](frosted_core::ComposeErrorKind::Device) if there is none such, or it cannot be opened.
    pub fn new(options: GpuOptions) -> Result<Self, ComposeError> {
        let gpu = Gpu::open(&options)?;
        Ok(Self::on(gpu, Some(options)))
    }

    /// A compositor on a device that the program already has. Its handlers of errors are left
    /// alone, and other threads may go on using it.
    ///
    /// # Errors
    /// [`Device`](frosted_core::ComposeErrorKind::Device) if it is lost.
    pub fn with_device(device: wgpu::Device, queue: wgpu::Queue) -> Result<Self, ComposeError> {
        Ok(Self::on(Gpu::adopt(device, queue)?, None))
    }

    fn on(gpu: Gpu, options: Option<GpuOptions>) -> Self {
        Self {
            options,
            gpu,
            ready: Ready::default(),
        }
    }

    /// The GPU that it works on.
    pub fn info(&self) -> &GpuInfo {
        self.gpu.info()
    }

    /// How long the last passes took on the GPU; `None` before the first frame, and if its
    /// clock is not asked or it has none.
    pub fn last_pass_times(&self) -> Option<PassTimes> {
        self.ready.get().and_then(|ready| ready.session.times())
    }

    fn try_reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<(), ComposeError> {
        let (gpu, memory) = (&self.gpu, self.ready.session()?);
        checks::check_picture("source", source.spec(), memory.session.spec())?;
        gpu.watch("reduce the frame", || memory.reduce(gpu, id, source))
    }

    fn try_paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let reduced = self.ready.reduced;
        let (gpu, memory) = (&self.gpu, self.ready.session()?);
        checks::Painting {
            id,
            source: source.spec(),
            cover: &cover,
            target: target.spec(),
        }
        .check(memory.session.spec(), reduced, memory.session.reduced())?;
        gpu.watch("paint the frame", || memory.paint(gpu, cover))?;
        // The target is not touched before wgpu had its chance to report what went wrong.
        gpu.watch("give the frame back", || memory.finish(target))
    }
}

impl fmt::Debug for GpuCompositor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuCompositor")
            .field("info", self.info())
            .field("spec", &self.ready.get().map(|ready| ready.session.spec()))
            .field("reduced", &self.ready.reduced)
            .finish_non_exhaustive()
    }
}

impl Compositor for GpuCompositor {
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError> {
        self.ready.end();
        let planes = checks::check_configuration(spec, plan)?;
        let was_broken = self.ready.mend();
        if let Some(options) = &self.options
            && (was_broken || self.gpu.trouble().is_some())
        {
            let reopened = Gpu::open(options);
            self.gpu = self.ready.settle(reopened)?;
        }
        let session = self.gpu.prepare("get ready for frames", |gpu| {
            MemorySession::new(gpu, spec, planes, plan)
        });
        self.ready.begin(session)
    }

    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError> {
        self.ready.reduced = None;
        let outcome = self.try_reduce(id, source);
        self.ready.settle(outcome)?;
        self.ready.reduced = Some(id);
        Ok(self.ready.session()?.session.reduced())
    }

    fn paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError> {
        let outcome = self.try_paint(id, source, cover, target);
        self.ready.settle(outcome)
    }

    fn info(&self) -> CompositorInfo {
        CompositorInfo::named(format!("GPU {}", Self::info(self)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use frosted_core::internal::Backdrop;
    use frosted_core::{ComposeErrorKind, Frame, Mask, PixelFormat, TextHeight};

    use super::*;
    use crate::info::GpuKind;
    use crate::session::Fault;
    use crate::test_gpu::{options, test_gpu};

    fn software() -> Option<GpuCompositor> {
        Some(GpuCompositor::on(test_gpu()?, Some(options())))
    }

    #[test]
    fn a_device_of_its_own_that_was_lost_is_opened_anew() {
        let Some(mut compositor) = software() else {
            return;
        };
        let spec = FrameSpec::new(PixelFormat::Nv12, 64, 48).unwrap();
        let plan = ConcealPlan::new(&spec, (16, 12), TextHeight::default());
        let frame = Frame::new(spec);
        for round in 0..2 {
            compositor.configure(&spec, &plan).unwrap();
            assert!(
                compositor.reduce(FrameId(1), &frame.view()).is_ok(),
                "{round}"
            );
            compositor.gpu.device.destroy();
            let error = compositor.reduce(FrameId(2), &frame.view()).unwrap_err();
            assert_eq!(error.kind(), ComposeErrorKind::Device, "{round}: {error}");
        }
    }
    #[test]
    fn a_gpu_that_takes_too_long_leaves_the_target_alone() {
        let Some(mut compositor) = software() else {
            return;
        };
        let spec = FrameSpec::new(PixelFormat::Nv12, 1920, 1080).unwrap();
        let plan = ConcealPlan::new(&spec, (256, 144), TextHeight::default());
        let source = Frame::new(spec);
        let mut matte = Mask::new();
        compositor.configure(&spec, &plan).unwrap();
        let reduced = compositor.reduce(FrameId(1), &source.view()).unwrap();
        matte.begin(reduced).fill(255);
        compositor.gpu.patience = Duration::ZERO;
        let mut target = Frame::new(spec);
        target.bytes_mut().fill(0x77);
        let cover = Cover::Background {
            matte: &matte,
            backdrop: Backdrop::Flat([16, 128, 128]),
        };
        let outcome = compositor.paint(FrameId(1), &source.view(), cover, &mut target.view_mut());
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ComposeErrorKind::Device);
        assert!(error.to_string().contains("took more than 0 s"), "{error}");
        assert!(target.bytes().iter().all(|&byte| byte == 0x77));
        compositor.configure(&spec, &plan).unwrap();
        assert!(compositor.reduce(FrameId(2), &source.view()).is_ok());
    }

    #[test]
    fn passes_that_run_in_part_are_errors_and_give_nothing_of_the_frame_before() {
        let Some(mut compositor) = software() else {
            return;
        };
        let spec = FrameSpec::new(PixelFormat::Rgba8, 640, 360).unwrap();
        let plan = ConcealPlan::new(&spec, (160, 90), TextHeight::default());
        let (mut white, black) = (Frame::new(spec), Frame::new(spec));
        white.bytes_mut().fill(255);
        let cover = Cover::Everything {
            backdrop: Backdrop::Flat([0; 3]),
        };
        for most_groups in [0, 1] {
            for hindered in ["reduce", "paint"] {
                compositor.configure(&spec, &plan).unwrap();
                let mut matte = Mask::new();
                let reduced = compositor.reduce(FrameId(1), &white.view()).unwrap();
                matte.begin(reduced).fill(255);
                let person = Cover::Background {
                    matte: &matte,
                    backdrop: Backdrop::Flat([0; 3]),
                };
                let mut target = Frame::new(spec);
                let (white, mut out) = (white.view(), target.view_mut());
                compositor
                    .paint(FrameId(1), &white, person, &mut out)
                    .unwrap();
                target.bytes_mut().fill(7);
                let hinder = |compositor: &mut GpuCompositor| {
                    let memory = compositor.ready.session().unwrap();
                    memory.session.plant(Fault::MostGroups(most_groups));
                };
                let outcome = if hindered == "reduce" {
                    hinder(&mut compositor);
                    compositor.reduce(FrameId(2), &black.view()).map(|_| ())
                } else {
                    compositor.reduce(FrameId(2), &black.view()).unwrap();
                    hinder(&mut compositor);
                    let (black, mut out) = (black.view(), target.view_mut());
                    compositor.paint(FrameId(2), &black, cover, &mut out)
                };
                let error = outcome.unwrap_err();
                assert_eq!(
                    error.kind(),
                    ComposeErrorKind::Device,
                    "{hindered}: {error}"
                );
                assert!(target.bytes().iter().all(|&byte| byte == 7), "{hindered}");
            }
        }
    }

    #[test]
    fn a_matte_that_does_not_arrive_or_not_all_of_it_is_an_error_and_shows_nothing() {
        let Some(mut compositor) = software() else {
            return;
        };
        let spec = FrameSpec::new(PixelFormat::Nv12, 640, 360).unwrap();
        let plan = ConcealPlan::new(&spec, (160, 90), TextHeight::default());
        let source = Frame::new(spec);
        for words in [0, 1, 1000, 160 * 90 / 4 - 1] {
            compositor.configure(&spec, &plan).unwrap();
            // Of the frame before all is shown, of this one nothing.
            for (id, level) in [(1, 255), (2, 0)] {
                let mut matte = Mask::new();
                let reduced = compositor.reduce(FrameId(id), &source.view()).unwrap();
                assert_eq!(reduced.width() * reduced.height(), 160 * 90);
                matte.begin(reduced).fill(level);
                let cover = Cover::Background {
                    matte: &matte,
                    backdrop: Backdrop::Flat([16, 128, 128]),
                };
                let mut target = Frame::new(spec);
                target.bytes_mut().fill(0x77);
                let mut out = target.view_mut();
                let outcome = compositor.paint(FrameId(id), &source.view(), cover, &mut out);
                if id == 1 {
                    outcome.unwrap();
                    let memory = compositor.ready.session().unwrap();
                    memory.session.plant(Fault::MatteWords(words));
                    continue;
                }
                let error = outcome.unwrap_err();
                assert_eq!(error.kind(), ComposeErrorKind::Device);
                let message = error.to_string();
                assert!(message.contains("the matte did not arrive"), "{message}");
                assert!(target.bytes().iter().all(|&byte| byte == 0x77), "{words}");
            }
        }
    }

    /// Gives the GPU work of its own for some seconds.
    fn hang(gpu: &Gpu) {
        let module = gpu
            .device
            .create_shader_module(wgpu::ShaderModuleDescriptor {
                label: None,
                source: wgpu::ShaderSource::Wgsl(
                    "@group(0) @binding(0) var<storage, read_write> out: array<u32>;
                 @compute @workgroup_size(64)
                 fn main(@builtin(global_invocation_id) id: vec3<u32>) {
                     var x = id.x + out[0];
                     for (var i = 0u; i < 60000u; i++) { x = x * 1664525u + (x >> 7u) + i; }
                     out[id.x & 63u] = x;
                 }"
                    .into(),
                ),
            });
        let pipeline = gpu
            .device
            .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: None,
                layout: None,
                module: &module,
                entry_point: Some("main"),
                compilation_options: Default::default(),
                cache: None,
            });
        let buffer = crate::buffers::storage(&gpu.device, "out", 256).unwrap();
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry {
                binding: 0,
                resource: buffer.as_entire_binding(),
            }],
        });
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups(2500, 1, 1);
        drop(pass);
        gpu.queue.submit([encoder.finish()]);
    }

    #[test]
    fn a_gpu_that_hangs_is_given_up_and_let_go_without_waiting_for_it() {
        use std::time::{Duration, Instant};

        let Some(mut compositor) = software() else {
            return;
        };
        let spec = FrameSpec::new(PixelFormat::Nv12, 64, 48).unwrap();
        let plan = ConcealPlan::new(&spec, (16, 12), TextHeight::default());
        if compositor.info().kind != GpuKind::Software {
            // A real one is done with it in no time, and the desktop would wait for more.
            return;
        }
        compositor.configure(&spec, &plan).unwrap();
        compositor.gpu.patience = Duration::from_millis(50);
        hang(&compositor.gpu);
        // This driver takes the next step only when it is done with the last one, and is then
        // late already; others take it, and are waited for in vain.
        let frame = Frame::new(spec);
        let error = compositor.reduce(FrameId(1), &frame.view()).unwrap_err();
        assert!(error.to_string().contains("took more than"), "{error}");
        hang(&compositor.gpu);
        let began = Instant::now();
        drop(compositor);
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{:?}",
            began.elapsed()
        );
    }

    #[test]
    fn a_shader_that_a_driver_does_not_take_is_an_error() {
        let Some(mut compositor) = software() else {
            return;
        };
        let error = compositor
            .gpu
            .prepare("be prepared", |gpu| {
                let device = gpu.device.clone();
                Ok(gpu.passes.paint(&device, "fn main( {".into()))
            })
            .map(drop)
            .unwrap_err();
        assert_eq!(error.kind(), ComposeErrorKind::Device, "{error}");
        // The device goes on.
        let spec = FrameSpec::new(PixelFormat::Nv12, 64, 48).unwrap();
        let plan = ConcealPlan::new(&spec, (16, 12), TextHeight::default());
        compositor.configure(&spec, &plan).unwrap();
    }
}
