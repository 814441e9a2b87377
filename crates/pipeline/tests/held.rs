//! What stands in for a missing frame is the last one that this pipeline protected, whichever
//! frames it was given to write to meanwhile, and costs no copy where only pipelines can write.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use frosted_core::{Background, Frame, FrameSpec, PixelFormat, ProtectedFrame, Rgb, Timestamp};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_pipeline::{Cause, Clock, FrameReport, Newcomers, Pipeline, Settings, Shown};
use frosted_testing::{Answer, CanaryScene, FakeSegmenter, Fault, Script, find_canary};
use support::{FRAME, Stream};

fn spec(format: PixelFormat) -> FrameSpec {
    FrameSpec::new(format, 322, 182).unwrap()
}

/// Protects the next frame of a stream to `output`; when it was captured.
fn protect(stream: &mut Stream, output: &mut ProtectedFrame) -> (Timestamp, FrameReport) {
    stream.at = stream.at + FRAME;
    let input = stream.scene.advance(stream.at).clone();
    let report = stream.pipeline.protect(&input.view(), output).unwrap();
    find_canary(&input.view(), &output.view()).unwrap();
    (stream.at, report)
}

#[test]
fn a_frame_that_was_protected_is_held_where_it_is_or_copied_to_another() {
    for format in PixelFormat::ALL {
        let mut stream = Stream::tracking(spec(format), Settings::default());
        let mut outputs = [spec(format), spec(format)].map(ProtectedFrame::new);
        for turn in 0..4 {
            let (at, report) = protect(&mut stream, &mut outputs[turn % 2]);
            assert_eq!(report.shown, Shown::Person, "{format}");
            let wanted = outputs[turn % 2].bytes().to_vec();
            let place = outputs[turn % 2].bytes().as_ptr();
            for to in [turn % 2, (turn + 1) % 2] {
                let now = at + FRAME;
                let held = stream.pipeline.protect_idle(now, &mut outputs[to]).unwrap();
                assert_eq!(held.shown, Shown::Held, "{format}");
                assert_eq!(held.person_share, report.person_share, "{format}");
                assert_eq!(outputs[to].bytes(), wanted, "{format}");
                assert_eq!(outputs[to].captured_at(), now, "{format}");
            }
            assert_eq!(outputs[turn % 2].bytes().as_ptr(), place, "{format}");
        }
    }
}

#[test]
fn what_others_write_to_the_frame_is_not_held() {
    let mut stream = Stream::tracking(spec(PixelFormat::Nv12), Settings::default());
    let mut output = ProtectedFrame::new(spec(PixelFormat::Nv12));
    let (at, report) = protect(&mut stream, &mut output);
    assert_eq!(report.shown, Shown::Person);
    let own = output.bytes().to_vec();
    // Another stream's card, and a frame of another size.
    let mut other = Stream::new(spec(PixelFormat::Nv12), Settings::default());
    let (_, report) = protect(&mut other, &mut output);
    assert_eq!(report.shown, Shown::Card(Cause::Starting));
    assert_ne!(output.bytes(), own);
    let held = stream.pipeline.protect_idle(at + FRAME, &mut output);
    assert_eq!(held.unwrap().shown, Shown::Held);
    assert_eq!(output.bytes(), own);
    let mut small = ProtectedFrame::new(FrameSpec::new(PixelFormat::Nv12, 64, 64).unwrap());
    let shown = stream.pipeline.protect_idle(at + FRAME, &mut small);
    assert_eq!(shown.unwrap().shown, Shown::Card(Cause::Stalled));
}

#[test]
fn a_frame_is_not_held_once_it_is_old_or_no_longer_what_is_asked_for() {
    let green = Settings {
        background: Background::Colour(Rgb::KEY_GREEN),
        ..Settings::default()
    };
    for (after, settings) in [(7, None), (1, Some(green))] {
        let mut stream = Stream::tracking(spec(PixelFormat::Nv12), Settings::default());
        let mut output = ProtectedFrame::new(spec(PixelFormat::Nv12));
        let (at, _) = protect(&mut stream, &mut output);
        let own = output.bytes().to_vec();
        if let Some(settings) = settings {
            stream.pipeline.set_settings(settings);
        }
        for _ in 0..2 {
            let shown = stream
                .pipeline
                .protect_idle(at + after * FRAME, &mut output);
            assert_eq!(shown.unwrap().shown, Shown::Card(Cause::Stalled));
            assert_ne!(output.bytes(), own);
        }
    }
}

#[test]
fn the_two_ways_to_write_frames_can_be_mixed() {
    let mut stream = Stream::tracking(spec(PixelFormat::I420), Settings::default());
    let mut output = ProtectedFrame::new(spec(PixelFormat::I420));
    for _ in 0..2 {
        let (_, report) = protect(&mut stream, &mut output);
        assert_eq!(report.shown, Shown::Person);
        assert_eq!(stream.next().unwrap().shown, Shown::Person);
        let wanted = stream.output.bytes().to_vec();
        let at = stream.scene.frame().captured_at();
        assert_ne!(output.bytes(), wanted);
        let held = stream.pipeline.protect_idle(at + FRAME, &mut output);
        assert_eq!(held.unwrap().shown, Shown::Held);
        assert_eq!(output.bytes(), wanted);
    }
}

#[test]
fn nothing_is_held_of_a_frame_that_failed_nor_of_one_before_it() {
    for fault in [Fault::ReduceError, Fault::PaintError, Fault::PaintPanic] {
        let mut stream = Stream::tracking(spec(PixelFormat::Nv12), Settings::default());
        let mut output = ProtectedFrame::new(spec(PixelFormat::Nv12));
        let (_, report) = protect(&mut stream, &mut output);
        assert_eq!(report.shown, Shown::Person);
        stream.plant(Some(fault));
        let mut another = ProtectedFrame::new(spec(PixelFormat::Nv12));
        let (at, report) = protect(&mut stream, &mut another);
        assert!(matches!(report.shown, Shown::Card(_)), "{fault:?}");
        let shown = stream.pipeline.protect_idle(at + FRAME, &mut another);
        assert_eq!(shown.unwrap().shown, Shown::Card(Cause::Stalled));
    }
}

/// Panics when it is asked for the time for the last of so many times; 0 is never.
#[derive(Debug, Default)]
struct FragileClock(AtomicU32);

impl Clock for FragileClock {
    fn now(&self) -> Duration {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        assert!(left != 1, "planted");
        Duration::from_secs(1)
    }
}

#[test]
fn a_panic_in_protect_leaves_nothing_older_to_be_held() {
    let spec = spec(PixelFormat::Nv12);
    let mut panics = 0;
    for call in 1..12 {
        let clock = Arc::new(FragileClock::default());
        let script = Script::new([Answer::Person]);
        let mut pipeline = Pipeline::assemble(
            Box::new(FakeSegmenter::open(&script, None).unwrap()),
            Box::new(CpuCompositor::new(CpuOptions { threads: 1 }).unwrap()),
            Settings {
                newcomers: Newcomers::AtOnce,
                ..Settings::default()
            },
            Arc::clone(&clock) as Arc<dyn Clock>,
        );
        let mut scene = CanaryScene::new(spec);
        let mut at = Timestamp::ZERO;
        let mut next = || {
            at = at + FRAME;
            scene.advance(at).clone()
        };
        let mut old = Frame::new(spec);
        for _ in 0..6 {
            let processed = pipeline.process(&next().view(), &mut old.view_mut());
            let _ = processed.unwrap();
        }
        let mut output = ProtectedFrame::new(spec);
        for _ in 0..10 {
            let _ = pipeline.protect(&next().view(), &mut output).unwrap();
        }
        let frame = next();
        clock.0.store(call, Ordering::Relaxed);
        let protecting = AssertUnwindSafe(|| pipeline.protect(&frame.view(), &mut output));
        let panicked = catch_unwind(protecting).is_err();
        clock.0.store(0, Ordering::Relaxed);
        panics += u32::from(panicked);
        let _ = pipeline.protect_idle(frame.captured_at() + FRAME, &mut output);
        assert_ne!(output.bytes(), old.bytes(), "call {call}");
    }
    assert!(panics > 1);
}
