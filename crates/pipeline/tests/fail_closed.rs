//! Whatever fails, in whatever format: no pixel of the room comes out, the report says
//! what was shown instead, and the person comes back.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use frosted_core::{
    Background, Frame, FrameSpec, FrameViewMut, Picture, PixelFormat, Rgb, Rotation, TextHeight,
    Timestamp,
};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_pipeline::{Cause, Clock, ErrorKind, Newcomers, Pipeline, Settings, Shown, Subjects};
use frosted_testing::{Answer, FakeSegmenter, Fault};
use support::{FRAME, Stream};

fn spec(format: PixelFormat) -> FrameSpec {
    FrameSpec::new(format, 322, 182).unwrap()
}

/// Every background that frames of `format` can have.
fn backgrounds(format: PixelFormat) -> Vec<Background> {
    let picture = Picture::new(40, 30, vec![90; 40 * 30 * 3]).unwrap();
    let mut all = vec![
        Background::Blur(TextHeight::default()),
        Background::Frost(TextHeight::default()),
        Background::Colour(Rgb::KEY_GREEN),
        Background::Image(picture),
    ];
    // Opaque green is a colour of the canary room of RGB frames.
    if !format.is_yuv() {
        all[2] = Background::Colour(Rgb::new(10, 90, 60));
    }
    if format.has_alpha() {
        all.push(Background::Transparent);
    }
    all
}

#[test]
fn every_background_and_format_hides_the_room_and_leaves_the_person_alone() {
    for format in PixelFormat::ALL {
        for background in backgrounds(format) {
            let settings = Settings {
                background: background.clone(),
                ..Settings::default()
            };
            let mut stream = Stream::tracking(spec(format), settings);
            let _ = stream.next();
            let (input, output) = (stream.scene.frame().view(), stream.output.view());
            let bytes = input.row(0, 0).len() / 322;
            for y in 80..182 {
                let core = 130 * bytes..190 * bytes;
                let same = input.row(0, y)[core.clone()] == output.row(0, y)[core];
                assert!(
                    same,
                    "{format} {background:?}: row {y} of the person changed"
                );
            }
        }
    }
}

#[test]
fn each_fault_of_the_network_shows_a_cover_and_the_person_comes_back() {
    let card = |cause| (Shown::Card(cause), 3);
    let covered = |cause, frames| (Shown::AllCovered(cause), frames);
    let cases = [
        (Answer::NotANumber, card(Cause::Engine)),
        (Answer::Infinite, card(Cause::Engine)),
        (Answer::WrongSize, card(Cause::Engine)),
        (Answer::Empty, card(Cause::Engine)),
        (Answer::Error, card(Cause::Engine)),
        (Answer::Panic, card(Cause::Engine)),
        (Answer::Bytes, card(Cause::Engine)),
        (Answer::Undecided, covered(Cause::Undecided, 11)),
        (Answer::Everything, covered(Cause::Undecided, 11)),
        (
            Answer::Slow(Duration::from_millis(201)),
            covered(Cause::Late, 10),
        ),
        (Answer::Nobody, covered(Cause::Nobody, 11)),
    ];
    for format in PixelFormat::ALL {
        for (answer, (expected, back_within)) in cases {
            let mut stream = Stream::tracking(spec(format), Settings::default());
            stream.script.set([answer, Answer::Person]);
            let shown = stream.next().unwrap().shown;
            // A person who is gone within one frame is a jump as well; both cover.
            let jumped = answer == Answer::Nobody && shown == Shown::AllCovered(Cause::AreaJump);
            assert!(shown == expected || jumped, "{format} {answer:?}: {shown}");
            let mut back = None;
            for frame in 1..=back_within {
                if stream.next().unwrap().shown == Shown::Person {
                    back.get_or_insert(frame);
                }
            }
            assert!(
                back.is_some(),
                "{format} {answer:?}: not back within {back_within} frames"
            );
        }
    }
}

#[test]
fn a_network_that_never_answers_never_uncovers() {
    for answer in [
        Answer::Error,
        Answer::Panic,
        Answer::NotANumber,
        Answer::WrongSize,
        Answer::Undecided,
        Answer::Everything,
        Answer::Bytes,
    ] {
        let mut stream = Stream::new(spec(PixelFormat::Nv12), Settings::default());
        stream.script.set([answer]);
        for _ in 0..30 {
            let shown = stream.next().unwrap().shown;
            assert!(matches!(shown, Shown::Card(_)), "{answer:?}: {shown}");
        }
    }
}

#[test]
fn each_fault_of_the_compositor_shows_the_card_and_the_person_comes_back() {
    for format in PixelFormat::ALL {
        for fault in Fault::ALL {
            let mut stream = Stream::tracking(spec(format), Settings::default());
            if matches!(fault, Fault::ConfigureError | Fault::ConfigurePanic) {
                stream.change_spec(FrameSpec::new(format, 340, 200).unwrap());
            }
            stream.plant(Some(fault));
            for _ in 0..2 {
                let shown = stream.next().unwrap().shown;
                // While the picture is covered by the card, paint is not asked to do anything.
                let card = matches!(shown, Shown::Card(Cause::Compositor | Cause::Starting));
                assert!(card, "{format} {fault:?}: {shown}");
            }
            stream.plant(None);
            let shown: Vec<Shown> = (0..4).map(|_| stream.next().unwrap().shown).collect();
            assert!(
                shown.contains(&Shown::Person),
                "{format} {fault:?}: {shown:?}"
            );
        }
    }
}

#[test]
fn the_first_frames_are_cards() {
    for format in PixelFormat::ALL {
        let mut stream = Stream::new(spec(format), Settings::default());
        let shown: Vec<Shown> = (0..3).map(|_| stream.next().unwrap().shown).collect();
        let start = Shown::Card(Cause::Starting);
        assert_eq!(shown, [start, start, Shown::Person], "{format}");
    }
}

#[test]
fn a_change_of_format_or_size_is_a_start() {
    for (from, to) in [
        (spec(PixelFormat::Nv12), spec(PixelFormat::Rgb8)),
        (spec(PixelFormat::Uyvy), spec(PixelFormat::Yuyv)),
        (
            spec(PixelFormat::I420),
            FrameSpec::new(PixelFormat::I420, 182, 322).unwrap(),
        ),
        (
            spec(PixelFormat::Rgba8),
            FrameSpec::new(PixelFormat::Rgba8, 16, 16).unwrap(),
        ),
        (
            spec(PixelFormat::Nv21),
            spec(PixelFormat::Nv21).with_rotation(Rotation::Half),
        ),
        (
            spec(PixelFormat::Rgb8),
            spec(PixelFormat::Rgb8).with_rotation(Rotation::Clockwise90),
        ),
        (
            spec(PixelFormat::I422),
            spec(PixelFormat::I422).with_rotation(Rotation::Clockwise270),
        ),
    ] {
        let mut stream = Stream::tracking(from, Settings::default());
        stream.change_spec(to);
        let shown = stream.next().unwrap().shown;
        assert_eq!(shown, Shown::Card(Cause::Starting), "{from:?} to {to:?}");
        for _ in 0..5 {
            let _ = stream.next().unwrap();
        }
    }
}

#[test]
fn a_clock_that_goes_back_is_a_start() {
    for format in PixelFormat::ALL {
        let mut stream = Stream::tracking(spec(format), Settings::default());
        stream.at = Timestamp::ZERO;
        assert_eq!(
            stream.next().unwrap().shown,
            Shown::Card(Cause::ClockWentBack),
            "{format}"
        );
        let shown: Vec<Shown> = (0..3).map(|_| stream.next().unwrap().shown).collect();
        assert_eq!(shown[2], Shown::Person, "{format}");
    }
}

#[test]
fn when_no_frame_comes_the_last_one_is_held_and_then_the_card_shown() {
    for format in PixelFormat::ALL {
        let mut stream = Stream::tracking(spec(format), Settings::default());
        let protected = stream.output.clone();
        for (after, held) in [
            (0, true),
            (100, true),
            (200, true),
            (201, false),
            (100, false),
        ] {
            let report = stream.idle(Duration::from_millis(after));
            assert_eq!(
                report.shown == Shown::Held,
                held,
                "{format} after {after} ms"
            );
            assert_eq!(
                stream.output.bytes() == protected.bytes(),
                held,
                "{format} after {after} ms"
            );
        }
        let shown: Vec<Shown> = (0..3).map(|_| stream.next().unwrap().shown).collect();
        let start = Shown::Card(Cause::Starting);
        assert_eq!(shown, [start, start, Shown::Person], "{format}");
    }
}

#[test]
fn idle_never_shows_a_frame_that_is_no_frame_of_this_output() {
    let mut stream = Stream::tracking(spec(PixelFormat::Nv12), Settings::default());
    stream.change_spec(FrameSpec::new(PixelFormat::Nv12, 160, 120).unwrap());
    assert_eq!(stream.idle(FRAME).shown, Shown::Card(Cause::Stalled));
    let mut fresh = Stream::new(spec(PixelFormat::Nv12), Settings::default());
    assert_eq!(fresh.idle(FRAME).shown, Shown::Card(Cause::Starting));
}

#[test]
fn an_output_of_another_spec_gets_the_card_and_an_error() {
    for format in PixelFormat::ALL {
        let mut stream = Stream::tracking(spec(format), Settings::default());
        let input = stream.scene.frame().clone();
        for other in [
            FrameSpec::new(format, 320, 182).unwrap(),
            spec(PixelFormat::Rgb8).with_rotation(Rotation::Half),
        ] {
            let mut output = Frame::new(other);
            output.bytes_mut().fill(77);
            let error = stream
                .pipeline
                .process(&input.view(), &mut output.view_mut())
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutputDiffers);
            assert!(error.to_string().contains("322x182"), "{error}");
            let left = output.bytes().iter().filter(|&&v| v == 77).count();
            assert!(
                left < output.bytes().len() / 50,
                "{format}: {left} bytes were left as they were"
            );
        }
        assert!(
            matches!(stream.next().unwrap().shown, Shown::Card(Cause::Starting)),
            "{format}"
        );
    }
}

#[test]
fn a_transparent_background_needs_alpha_and_never_uncovers_without() {
    let settings = Settings {
        background: Background::Transparent,
        ..Settings::default()
    };
    for format in PixelFormat::ALL
        .into_iter()
        .filter(|format| !format.has_alpha())
    {
        let mut stream = Stream::new(spec(format), settings.clone());
        for _ in 0..5 {
            let error = stream.next().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NeedsAlpha, "{format}");
        }
    }
}

#[test]
fn a_packed_buffer_that_is_too_small_is_blanked_and_an_error() {
    let mut stream = Stream::tracking(spec(PixelFormat::Rgb8), Settings::default());
    let frame = stream.scene.frame().clone();
    let at = stream.at + FRAME;
    let raw = frame.bytes();
    let cases: [(usize, usize, (usize, usize)); 5] = [
        (raw.len(), raw.len() - 1, (322, 182)),
        (raw.len() - 1, raw.len(), (322, 182)),
        (raw.len(), raw.len(), (8, 8)),
        (raw.len(), raw.len(), (usize::MAX, 182)),
        (0, 0, (322, 182)),
    ];
    for (input, output, size) in cases {
        let mut buffer = raw[..output].to_vec();
        let error = stream
            .pipeline
            .process_rgb(size, at, &raw[..input], &mut buffer)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Frame);
        assert!(buffer.iter().all(|&v| v == 0), "{error}");
    }
}

#[test]
fn gaps_and_bytes_behind_the_output_stay_as_they_are() {
    let tight = spec(PixelFormat::Nv12);
    let wide = tight.with_stride_bytes(&[350, 340]).unwrap();
    let mut stream = Stream::tracking(tight, Settings::default());
    let input = stream.scene.advance(stream.at + FRAME).clone();
    let mut buffer = vec![0xA5; wide.buffer_bytes() + 100];
    let mut output = FrameViewMut::from_buffer(wide, &mut buffer).unwrap();
    let report = stream.pipeline.process(&input.view(), &mut output).unwrap();
    assert_eq!(report.shown, Shown::Person);
    for y in 0..182 {
        assert!(
            buffer[y * 350 + 322..(y + 1) * 350]
                .iter()
                .all(|&v| v == 0xA5)
        );
    }
    assert!(buffer[wide.buffer_bytes()..].iter().all(|&v| v == 0xA5));
}

#[test]
fn settings_change_live_without_an_uncovered_frame_or_a_card() {
    let mut stream = Stream::tracking(spec(PixelFormat::Rgba8), Settings::default());
    for round in 0..3 {
        for background in backgrounds(PixelFormat::Rgba8) {
            let settings = Settings {
                background,
                ..stream.pipeline.settings().clone()
            };
            stream.pipeline.set_settings(settings);
            assert_eq!(stream.next().unwrap().shown, Shown::Person, "round {round}");
        }
    }
}

#[test]
fn covered_pixels_of_a_transparent_background_hold_no_colour_of_the_room() {
    let settings = Settings {
        background: Background::Transparent,
        ..Settings::default()
    };
    for format in [PixelFormat::Rgba8, PixelFormat::Bgra8] {
        let mut stream = Stream::tracking(spec(format), settings.clone());
        let mut clear = 0;
        for pixel in stream.output.bytes().chunks_exact(4) {
            match pixel[3] {
                0 => {
                    assert_eq!(pixel, [0; 4]);
                    clear += 1;
                }
                // The person is grey; anything else in a half-covered pixel is the room's.
                alpha => assert!(
                    pixel[..3]
                        .iter()
                        .all(|v| v.abs_diff(110) <= 13 + (255 - alpha) / 4),
                    "{format}: {pixel:?}"
                ),
            }
        }
        assert!(
            clear > 322 * 182 / 2,
            "{format}: only {clear} pixels are clear"
        );
        // A frame that is covered whole shows nothing at all.
        stream.script.set([Answer::Slow(Duration::from_secs(1))]);
        assert_eq!(stream.next().unwrap().shown, Shown::AllCovered(Cause::Late));
        assert!(stream.output.bytes().iter().all(|&v| v == 0));
    }
}

#[test]
fn reports_say_what_was_seen_and_how_long_it_took() {
    let settings = Settings {
        background: Background::Frost(TextHeight::default()),
        ..Settings::default()
    };
    let mut stream = Stream::tracking(spec(PixelFormat::Nv12), settings);
    stream.script.set([Answer::Slow(Duration::from_millis(20))]);
    let report = stream.next().unwrap();
    assert_eq!(report.at, stream.at);
    assert_eq!(report.times.segment, Duration::from_millis(20));
    assert_eq!(report.times.total, Duration::from_millis(20));
    assert!(
        (0.2..0.3).contains(&report.person_share),
        "{}",
        report.person_share
    );
    assert!(
        report.plate_bits > 0 && report.plate_bits.is_multiple_of(15),
        "{}",
        report.plate_bits
    );
}

#[test]
fn an_engine_that_repeats_itself_is_not_believed() {
    for format in [PixelFormat::Nv12, PixelFormat::Rgb8] {
        let mut stream = Stream::tracking(spec(format), Settings::default());
        stream.script.set([Answer::Stuck]);
        let _ = stream.next().unwrap();
        // The person walks, the engine still says where they were.
        for shift in 1..20 {
            stream.scene.move_person(6 * shift);
            let shown = stream.next_unchecked().unwrap().shown;
            assert!(
                matches!(shown, Shown::Card(Cause::Engine)),
                "{format}: {shown}"
            );
        }
        stream.scene.move_person(0);
        stream.script.set([Answer::Person]);
        let shown: Vec<Shown> = (0..3).map(|_| stream.next().unwrap().shown).collect();
        assert_eq!(shown[2], Shown::Person, "{format}");
    }
}

#[test]
fn settings_and_spec_that_change_together_are_a_start() {
    let mut stream = Stream::tracking(spec(PixelFormat::Rgb8), Settings::default());
    stream.pipeline.set_settings(Settings {
        background: Background::Frost(TextHeight::default()),
        ..Settings::default()
    });
    stream.change_spec(FrameSpec::new(PixelFormat::Nv12, 640, 360).unwrap());
    assert_eq!(stream.next().unwrap().shown, Shown::Card(Cause::Starting));
}

#[test]
fn a_stronger_background_is_not_followed_by_a_frame_under_the_old_one() {
    let mut stream = Stream::tracking(spec(PixelFormat::Nv12), Settings::default());
    stream.pipeline.set_settings(Settings {
        background: Background::Colour(Rgb::new(9, 9, 9)),
        ..Settings::default()
    });
    assert_eq!(stream.idle(FRAME).shown, Shown::Card(Cause::Stalled));
}

#[test]
fn whoever_was_a_subject_by_another_rule_is_covered_until_elected_anew() {
    let mut stream = Stream::tracking(spec(PixelFormat::Nv12), Settings::default());
    // By this nobody who keeps still is elected.
    stream.pipeline.set_settings(Settings {
        newcomers: Newcomers::MustMove,
        ..Settings::default()
    });
    assert_ne!(stream.idle(FRAME).shown, Shown::Held);
    for _ in 0..10 {
        assert_ne!(stream.next().unwrap().shown, Shown::Person);
    }
    let mut stream = Stream::tracking(spec(PixelFormat::Nv12), Settings::default());
    stream.pipeline.set_settings(Settings {
        subjects: Subjects::All,
        newcomers: Newcomers::AtOnce,
        ..Settings::default()
    });
    // Nor is a frame of the old rule shown again.
    assert_ne!(stream.idle(FRAME).shown, Shown::Held);
}

#[test]
fn a_late_mask_teaches_nothing() {
    let settings = Settings {
        background: Background::Frost(TextHeight::default()),
        ..Settings::default()
    };
    let mut stream = Stream::new(spec(PixelFormat::Nv12), settings);
    stream.script.set([Answer::Slow(Duration::from_secs(1))]);
    for _ in 0..20 {
        let report = stream.next().unwrap();
        assert_eq!(report.plate_bits, 0, "{report:?}");
    }
}

#[derive(Debug)]
struct BrokenClock;

impl Clock for BrokenClock {
    fn now(&self) -> Duration {
        panic!("planted: the host's clock is broken");
    }
}

#[test]
fn a_host_clock_that_panics_leaves_a_blank_output() {
    let stream = Stream::new(spec(PixelFormat::Nv12), Settings::default());
    let frame = stream.scene.frame();
    let segmenter = FakeSegmenter::open(&stream.script, None).unwrap();
    let compositor = CpuCompositor::new(CpuOptions { threads: 1 }).unwrap();
    let mut pipeline = Pipeline::assemble(
        Box::new(segmenter),
        Box::new(compositor),
        Settings::default(),
        Arc::new(BrokenClock),
    );
    for idle in [false, true] {
        // The output holds the room before the call, as a reused buffer may.
        let mut output = frame.clone();
        let call = catch_unwind(AssertUnwindSafe(|| {
            let mut output = output.view_mut();
            if idle {
                pipeline.idle(FRAME_TIME, &mut output).map(drop)
            } else {
                pipeline.process(&frame.view(), &mut output).map(drop)
            }
        }));
        assert!(call.is_err(), "the clock panics");
        assert!(
            output == Frame::new(*frame.spec()),
            "idle {idle}: the output is not blank"
        );
    }
}

const FRAME_TIME: Timestamp = Timestamp::from_millis(33);
