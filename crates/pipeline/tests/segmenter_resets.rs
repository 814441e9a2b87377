//! A recurrent network keeps something of the frames that it saw. Whenever a stream starts,
//! or starts over, it is told to forget them before it sees the next one, and never between.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use frosted_core::{
    Frame, FrameSpec, Mask, PixelFormat, Reduced, Rotation, SegmentError, Segmenter, SegmenterInfo,
    Timestamp,
};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_pipeline::{Pipeline, Settings, SystemClock};
use frosted_testing::{Answer, CanaryScene, FakeSegmenter, Script};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Reset,
    Segment,
}

/// Keeps what it is asked.
struct Listening {
    calls: Arc<Mutex<Vec<Call>>>,
    inner: Box<dyn Segmenter>,
}

impl Segmenter for Listening {
    fn wanted_size(&self, spec: &FrameSpec) -> (usize, usize) {
        self.inner.wanted_size(spec)
    }

    fn segment(&mut self, picture: &Reduced, mask: &mut Mask) -> Result<(), SegmentError> {
        self.calls.lock().unwrap().push(Call::Segment);
        self.inner.segment(picture, mask)
    }

    fn reset(&mut self) {
        self.calls.lock().unwrap().push(Call::Reset);
    }

    fn info(&self) -> SegmenterInfo {
        self.inner.info()
    }
}

struct Stream {
    pipeline: Pipeline,
    calls: Arc<Mutex<Vec<Call>>>,
    script: Script,
    spec: FrameSpec,
    at: Timestamp,
}

const FRAME: Duration = Duration::from_millis(33);

impl Stream {
    fn new() -> Self {
        let script = Script::new([Answer::Person]);
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let segmenter = Listening {
            calls: Arc::clone(&calls),
            inner: Box::new(FakeSegmenter::open(&script, None).unwrap()),
        };
        let compositor = CpuCompositor::new(CpuOptions { threads: 1 }).unwrap();
        let settings = Settings {
            deadline: None,
            ..Settings::default()
        };
        Self {
            pipeline: Pipeline::assemble(
                Box::new(segmenter),
                Box::new(compositor),
                settings,
                Arc::new(SystemClock::new()),
            ),
            calls,
            script,
            spec: FrameSpec::new(PixelFormat::Nv12, 322, 182).unwrap(),
            at: Timestamp::ZERO,
        }
    }

    /// One that has seen some frames, and what was asked since.
    fn running() -> Self {
        let mut stream = Self::new();
        for _ in 0..6 {
            stream.frame();
        }
        stream
    }

    /// What the segmenter is asked for a frame 33 ms later, and since the one before.
    fn frame(&mut self) -> Vec<Call> {
        self.at = self.at + FRAME;
        self.frame_at(self.at)
    }

    fn frame_at(&mut self, at: Timestamp) -> Vec<Call> {
        self.at = at;
        let mut scene = CanaryScene::new(self.spec);
        let frame = scene.advance(at);
        let mut output = Frame::new(self.spec);
        let _ = self
            .pipeline
            .process(&frame.view(), &mut output.view_mut())
            .unwrap();
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

/// Asked to forget, at least once, and then for the one frame.
fn is_a_start(calls: &[Call]) -> bool {
    matches!(calls, [before @ .., Call::Segment]
        if !before.is_empty() && before.iter().all(|call| *call == Call::Reset))
}

#[test]
fn within_a_stream_nothing_is_forgotten() {
    let mut stream = Stream::running();
    for _ in 0..20 {
        assert_eq!(stream.frame(), [Call::Segment]);
    }
    let mut settings = stream.pipeline.settings().clone();
    settings.background = frosted_core::Background::Colour(frosted_core::Rgb::KEY_GREEN);
    stream.pipeline.set_settings(settings);
    assert_eq!(stream.frame(), [Call::Segment], "another background");
}

#[test]
fn the_first_frame_is_a_start() {
    assert!(is_a_start(&Stream::new().frame()));
}

/// What begins a stream anew.
type Event = (&'static str, fn(&mut Stream));

#[test]
fn a_stream_that_starts_over_is_a_start_for_the_network() {
    let events: [Event; 7] = [
        ("a reset", |stream| stream.pipeline.reset()),
        ("an interruption", |stream| stream.pipeline.interrupt()),
        ("another size", |stream| {
            stream.spec = FrameSpec::new(PixelFormat::Nv12, 242, 138).unwrap();
        }),
        ("another format", |stream| {
            stream.spec = FrameSpec::new(PixelFormat::Rgb8, 322, 182).unwrap();
        }),
        ("another rotation", |stream| {
            stream.spec = stream.spec.with_rotation(Rotation::Half);
        }),
        ("a gap", |stream| {
            stream.at = stream.at + Duration::from_secs(30);
        }),
        ("a clock that went back", |stream| {
            stream.at = Timestamp::from_millis(40);
        }),
    ];
    let mut wrong = Vec::new();
    for (name, event) in events {
        let mut stream = Stream::running();
        event(&mut stream);
        // What the event itself asks, such as to forget, is asked before the next frame.
        let calls = stream.frame();
        if !is_a_start(&calls) {
            wrong.push((name, calls));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_frame_that_fails_is_forgotten() {
    for answer in [Answer::Error, Answer::NotANumber, Answer::Panic] {
        let mut stream = Stream::running();
        stream.script.set([answer, Answer::Person]);
        assert_eq!(stream.frame(), [Call::Segment, Call::Reset], "{answer:?}");
        assert_eq!(stream.frame(), [Call::Segment], "{answer:?}");
    }
}
