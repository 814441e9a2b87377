//! A stream of frames in textures and in memory.

use std::sync::Arc;
use std::time::Duration;

use frosted::gpu::{TexturePipeline, wgpu};
use frosted::{
    Background, Clock, CompositorChoice, Frame, FrameReport, Newcomers, Pipeline, Settings, Setup,
    Timestamp,
};
use frosted_testing::{Answer, CanaryScene, FakeEngine, ManualClock, Script};

use super::{Format, descriptor, fill, read, test_devices};

#[derive(Debug)]
struct StoppedClock(ManualClock);

impl Clock for StoppedClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

pub(crate) fn setup(background: &Background) -> Setup {
    Setup {
        compositor: CompositorChoice::Cpu,
        settings: Settings {
            background: background.clone(),
            newcomers: Newcomers::AtOnce,
            ..Settings::default()
        },
        clock: Some(Arc::new(StoppedClock(ManualClock::default()))),
        ..Setup::default()
    }
}

/// The same stream, in textures and in memory.
pub(crate) struct Streams {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    /// Another device of the same GPU.
    pub(crate) foreign: (wgpu::Device, wgpu::Queue),
    pub(crate) textures: TexturePipeline,
    pub(crate) memory: Pipeline,
    scripts: [Script; 2],
    pub(crate) at: Timestamp,
}

impl Streams {
    pub(crate) fn new(background: &Background) -> Option<Self> {
        let [(device, queue), foreign] = test_devices(wgpu::Limits::default())?;
        let scripts = [Answer::Person; 2].map(|answer| Script::new([answer]));
        let engine = |at: usize| Box::new(FakeEngine::new(scripts[at].clone(), None));
        let textures = setup(background)
            .build_for_textures_with(engine(0), FakeEngine::spec(), device.clone(), queue.clone())
            .unwrap();
        let memory = setup(background).build_with(engine(1), FakeEngine::spec());
        Some(Self {
            textures,
            memory: memory.unwrap(),
            scripts,
            foreign,
            device,
            queue,
            at: Timestamp::ZERO,
        })
    }

    pub(crate) fn answer(&self, answers: &[Answer]) {
        for script in &self.scripts {
            script.set(answers.iter().copied());
        }
    }

    /// Both outputs of the next frame of `scene`, and what was reported; the output's texture
    /// held the room before.
    pub(crate) fn next(
        &mut self,
        scene: &mut CanaryScene,
        format: Format,
    ) -> [(Frame, FrameReport); 2] {
        self.at = self.at + Duration::from_millis(33);
        let frame = scene.advance(self.at);
        let spec = *frame.spec();
        let [input, output] = [(); 2].map(|()| {
            let texture =
                self.device
                    .create_texture(&descriptor(format, spec.width(), spec.height()));
            fill(&self.queue, &texture, frame);
            texture
        });
        let report = self.textures.process_texture(&input, self.at, &output);
        let shown = read(&self.device, &self.queue, &output, spec);
        let mut expected = frame.clone();
        let in_memory = self.memory.process(&frame.view(), &mut expected.view_mut());
        [(shown, report.unwrap()), (expected, in_memory.unwrap())]
    }
}
