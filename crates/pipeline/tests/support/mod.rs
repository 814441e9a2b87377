//! A pipeline of a fake network and a real compositor that can be made to fail.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses its own part"
)]

use std::sync::{Arc, Once};
use std::time::Duration;

use frosted_core::{Frame, FrameSpec, FrameView, Timestamp};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_pipeline::{Clock, Error, FrameReport, Newcomers, Pipeline, Settings, Shown};
use frosted_testing::{
    Answer, CanaryScene, FakeSegmenter, Fault, FaultyCompositor, ManualClock, Script, find_canary,
    person_correlation,
};

#[derive(Debug)]
pub struct TestClock(pub Arc<ManualClock>);

impl Clock for TestClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A stream of a canary room through a pipeline, checked frame by frame.
pub struct Stream {
    pub pipeline: Pipeline,
    pub script: Script,
    pub clock: Arc<ManualClock>,
    pub scene: CanaryScene,
    pub output: Frame,
    pub at: Timestamp,
    /// From one frame to the next.
    pub frame: Duration,
    plant: Box<dyn Fn(Option<Fault>)>,
}

pub const FRAME: Duration = Duration::from_millis(33);

impl Stream {
    /// A stream whose person, who keeps still, is shown from the first good masks on.
    pub fn new(spec: FrameSpec, settings: Settings) -> Self {
        let newcomers = Newcomers::AtOnce;
        Self::with_newcomers(
            spec,
            Settings {
                newcomers,
                ..settings
            },
        )
    }

    /// A stream whose settings say who can become the subject.
    pub fn with_newcomers(spec: FrameSpec, settings: Settings) -> Self {
        silence_planted_panics();
        let script = Script::new([Answer::Person]);
        let clock = Arc::new(ManualClock::default());
        let segmenter = FakeSegmenter::open(&script, Some(Arc::clone(&clock))).unwrap();
        let compositor =
            FaultyCompositor::new(CpuCompositor::new(CpuOptions { threads: 1 }).unwrap());
        let plant = Box::new(compositor.planter());
        let pipeline = Pipeline::assemble(
            Box::new(segmenter),
            Box::new(compositor),
            settings,
            Arc::new(TestClock(Arc::clone(&clock))),
        );
        let scene = CanaryScene::new(spec);
        Self {
            pipeline,
            script,
            clock,
            scene,
            output: Frame::new(spec),
            at: Timestamp::ZERO,
            frame: FRAME,
            plant,
        }
    }

    /// One that has been tracking for some frames.
    pub fn tracking(spec: FrameSpec, settings: Settings) -> Self {
        let mut stream = Self::new(spec, settings);
        for _ in 0..5 {
            let _ = stream.next();
        }
        assert_eq!(stream.next().unwrap().shown, Shown::Person, "{spec:?}");
        stream
    }

    pub fn plant(&self, fault: Option<Fault>) {
        (self.plant)(fault);
    }

    /// From now on frames are of `spec`.
    pub fn change_spec(&mut self, spec: FrameSpec) {
        self.scene = CanaryScene::new(spec);
        self.output = Frame::new(spec);
    }

    /// Sends the next frame, to an output that holds the room, and looks for the room.
    pub fn next(&mut self) -> Result<FrameReport, Error> {
        self.at = self.at + self.frame;
        let frame = self.scene.advance(self.at).clone();
        self.output.copy_from(&frame.view());
        let result = self
            .pipeline
            .process(&frame.view(), &mut self.output.view_mut());
        assert_covered(&frame.view(), &self.output.view(), &format!("{result:?}"));
        let person = person_correlation(&frame.view(), &self.output.view());
        match result.as_ref().map(|report| report.shown) {
            // The smallest frames hold too few pixels of a person for a correlation.
            _ if frame.spec().height() < 100 => {}
            Ok(Shown::Person) => assert!(person > 0.3, "{result:?}: no person, {person}"),
            _ => assert!(
                person.abs() < 0.3,
                "{result:?}: the person is shown, {person}"
            ),
        }
        result
    }

    /// As [`next`](Self::next) for a scene whose person is not where the check takes them to
    /// be: nothing of the person may be shown instead.
    pub fn next_unchecked(&mut self) -> Result<FrameReport, Error> {
        self.at = self.at + self.frame;
        let frame = self.scene.advance(self.at).clone();
        self.output.copy_from(&frame.view());
        let result = self
            .pipeline
            .process(&frame.view(), &mut self.output.view_mut());
        let same = frame
            .bytes()
            .iter()
            .zip(self.output.bytes())
            .filter(|(a, b)| a == b)
            .count();
        assert!(
            same * 20 < frame.bytes().len(),
            "{result:?}: {same} bytes are the input's"
        );
        result
    }

    /// Asks for what is due now, in an output that holds the room.
    pub fn idle(&mut self, after: Duration) -> FrameReport {
        let frame = self.scene.frame().clone();
        self.output.copy_from(&frame.view());
        let report = self
            .pipeline
            .idle(self.at + after, &mut self.output.view_mut())
            .unwrap();
        assert_covered(&frame.view(), &self.output.view(), &format!("{report:?}"));
        report
    }
}

pub fn assert_covered(input: &FrameView<'_>, output: &FrameView<'_>, what: &str) {
    if let Err(error) = find_canary(input, output) {
        panic!("{what}: {error} ({:?})", input.spec());
    }
}

fn silence_planted_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let planted = info
                .payload_as_str()
                .is_some_and(|text| text.contains("planted"));
            if !planted {
                hook(info);
            }
        }));
    });
}
