//! Cameras and loopbacks on real V4L2 devices: vivid at /dev/video0, v4l2loopback at
//! /dev/video10. Skips aloud where they are not.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that skips says so")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use frosted_camera::{
    CameraErrorKind, CameraKind, Encoding, LoopbackSink, Sink, SinkOptions, Source, Unpacker,
    V4l2Source, Viewers, Wish, cameras, monotonic_now, sinks,
};
use frosted_core::internal::protected_mut;
use frosted_core::{FrameSpec, PixelFormat, ProtectedFrame, Rate, Rgb};

const CAMERA: &str = "/dev/video0";
const LOOPBACK: &str = "/dev/video10";
const SECOND: Duration = Duration::from_secs(1);

const SMALL: Wish = Wish {
    width: 640,
    height: 360,
    rate: Rate::THIRTY,
};
const SMALL_SINK: SinkOptions = SinkOptions {
    width: 640,
    height: 360,
    rate: Rate::THIRTY,
};

/// There is one of each device, so one test at a time has them.
fn devices() -> Option<MutexGuard<'static, ()>> {
    static TAKEN: Mutex<()> = Mutex::new(());
    let there = |path: &str| Path::new(path).exists();
    if !(there(CAMERA) && there(LOOPBACK)) {
        assert!(
            std::env::var_os("FROSTED_REQUIRE_CAMERAS").is_none(),
            "{CAMERA} and {LOOPBACK} have to be there"
        );
        eprintln!("skipped: no {CAMERA} and {LOOPBACK}, run cargo xtask test --cameras");
        return None;
    }
    Some(
        TAKEN
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()),
    )
}

fn control(setting: &str) {
    let status = Command::new("v4l2-ctl")
        .args(["-d", CAMERA, "-c", setting])
        .status();
    assert!(status.unwrap().success(), "v4l2-ctl -c {setting}");
}

fn plain(rgb: Rgb) -> ProtectedFrame {
    let spec = FrameSpec::new(PixelFormat::I420, 640, 360).unwrap();
    let mut frame = ProtectedFrame::new(spec);
    protected_mut(&mut frame).view_mut().fill(rgb);
    frame
}

#[test]
fn a_camera_is_listed_with_its_modes_and_an_output_is_not() {
    let Some(_devices) = devices() else { return };
    let found = cameras().unwrap();
    let camera = found.iter().find(|camera| camera.id == CAMERA).unwrap();
    assert_eq!(camera.kind, CameraKind::Hardware);
    assert_eq!(camera.name, "vivid");
    let sizes = camera.modes.iter().map(|mode| (mode.width, mode.height));
    assert!(sizes.into_iter().any(|size| size == (640, 360)));
    // vivid's output node and a loopback that nobody feeds give no frames.
    assert!(
        found
            .iter()
            .all(|camera| camera.id != "/dev/video1" && camera.id != LOOPBACK)
    );
    let loopbacks = sinks();
    assert!(
        loopbacks
            .iter()
            .any(|sink| sink.path == Path::new(LOOPBACK))
    );
    assert!(loopbacks.iter().all(|sink| sink.path != Path::new(CAMERA)));
}

#[test]
fn frames_come_whole_in_order_and_at_the_rate() {
    let Some(_devices) = devices() else { return };
    let mut camera = V4l2Source::open(Path::new(CAMERA), &SMALL).unwrap();
    let mode = camera.mode();
    assert_eq!((mode.width, mode.height), (640, 360), "{mode}");
    assert!(matches!(mode.encoding, Encoding::Raw(_)), "{mode}");
    let mut unpacker = Unpacker::new();
    let mut stamps = Vec::new();
    let mut numbers = Vec::new();
    for _ in 0..30 {
        let capture = camera.next(SECOND).unwrap();
        let age = monotonic_now().since(capture.captured_at);
        assert!(age < Duration::from_millis(200), "{age:?}");
        let frame = unpacker.frame(&capture).unwrap();
        let row = frame.row(0, 100);
        assert!(
            row.iter().any(|&byte| byte != row[0]),
            "vivid shows a picture"
        );
        stamps.push(capture.captured_at);
        numbers.push(capture.sequence);
    }
    assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    let frames = u32::try_from(numbers[29] - numbers[0]).unwrap();
    let spacing = stamps[29].since(stamps[0]) / frames;
    let expected = SMALL.rate.interval();
    assert!(
        spacing.abs_diff(expected) < Duration::from_millis(2),
        "{spacing:?}"
    );
}

#[test]
fn an_unplugged_camera_is_disconnected_and_can_be_opened_again() {
    let Some(_devices) = devices() else { return };
    let mut camera = V4l2Source::open(Path::new(CAMERA), &SMALL).unwrap();
    camera.next(SECOND).unwrap();
    control("disconnect=1");
    let began = Instant::now();
    let kind = loop {
        match camera.next(SECOND) {
            Ok(_) => assert!(began.elapsed() < SECOND),
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(kind, CameraErrorKind::Disconnected);
    drop(camera);
    // vivid comes back by itself as soon as nobody has it open.
    let mut camera = V4l2Source::open(Path::new(CAMERA), &SMALL).unwrap();
    camera.next(SECOND).unwrap();
}

/// A driver that has given up says with every call that a frame was lost.
#[test]
fn a_camera_that_loses_every_frame_is_asked_at_a_pace_and_then_disconnected() {
    let Some(_devices) = devices() else { return };
    let mut camera = V4l2Source::open(Path::new(CAMERA), &SMALL).unwrap();
    camera.next(SECOND).unwrap();
    control("inject_fatal_streaming_error=1");
    let began = Instant::now();
    let mut calls = 0;
    let kind = loop {
        calls += 1;
        match camera.next(Duration::from_millis(100)) {
            Ok(_) => {}
            Err(error) if error.kind() == CameraErrorKind::Damaged => {}
            Err(error) => break error.kind(),
        }
        assert!(began.elapsed() < 3 * SECOND && calls < 100, "{calls} calls");
    };
    assert_eq!(kind, CameraErrorKind::Disconnected);
    drop(camera);
    let mut camera = V4l2Source::open(Path::new(CAMERA), &SMALL).unwrap();
    camera.next(SECOND).unwrap();
}

/// As after the program was stopped for a while and went on: the camera's buffers are full.
#[test]
fn frames_that_waited_for_long_are_not_shown() {
    let Some(_devices) = devices() else { return };
    let mut camera = V4l2Source::open(Path::new(CAMERA), &SMALL).unwrap();
    for _ in 0..3 {
        let before = camera.next(SECOND).unwrap().sequence;
        thread::sleep(2 * SECOND);
        let capture = camera.next(SECOND).unwrap();
        // Those of the buffers are the next four; the camera counts on meanwhile.
        let lost = capture.sequence - before;
        assert!(
            lost > 45,
            "frame {lost} after the last one passes for now's"
        );
        let age = monotonic_now().since(capture.captured_at);
        assert!(age < Duration::from_millis(200), "{age:?}");
    }
}

#[test]
fn a_camera_in_use_is_busy_and_says_by_whom() {
    let Some(_devices) = devices() else { return };
    let mut other = Command::new("v4l2-ctl")
        .args(["-d", CAMERA, "--stream-mmap", "--stream-count=1000"])
        .spawn()
        .unwrap();
    thread::sleep(SECOND);
    let error = V4l2Source::open(Path::new(CAMERA), &SMALL).unwrap_err();
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(error.kind(), CameraErrorKind::Busy);
    assert!(error.to_string().contains("v4l2-ctl ("), "{error}");
}

#[test]
fn a_loopback_shows_what_is_written_and_stalls_time_out() {
    let Some(_devices) = devices() else { return };
    let path = Path::new(LOOPBACK);
    let mut sink = LoopbackSink::open(path, &SMALL_SINK).unwrap();
    assert_eq!(sink.size(), (640, 360));
    for round in 0..2 {
        sink.write(&plain(Rgb::new(0, 0, 0))).unwrap();
        let mut reader = V4l2Source::open(path, &SMALL).unwrap();
        let mut unpacker = Unpacker::new();
        let colours = [
            Rgb::new(250, 30, 30),
            Rgb::new(10, 240, 20),
            Rgb::new(20, 40, 200),
        ];
        for rgb in colours {
            for _ in 0..3 {
                sink.write(&plain(rgb)).unwrap();
                thread::sleep(Duration::from_millis(10));
            }
            let capture = reader.next(SECOND).unwrap();
            let frame = unpacker.frame(&capture).unwrap();
            let [y, cb, cr] = frame.spec().colour().yuv_of(rgb);
            assert_eq!(
                frame.row(0, 180)[320..324],
                [y, cb, y, cr],
                "round {round}, {rgb:?}"
            );
        }
        let began = Instant::now();
        let error = reader.next(Duration::from_millis(200)).unwrap_err();
        assert_eq!(error.kind(), CameraErrorKind::TimedOut);
        assert!(began.elapsed() < SECOND);
    }
}

/// The feeder of a loopback shares its buffers. What it writes later must not get into a
/// frame in which the person was looked for already.
#[test]
fn a_frame_of_a_loopback_stays_as_it_was_when_it_came() {
    let Some(_devices) = devices() else { return };
    let path = Path::new(LOOPBACK);
    let mut sink = LoopbackSink::open(path, &SMALL_SINK).unwrap();
    sink.write(&plain(Rgb::new(250, 30, 30))).unwrap();
    let mut reader = V4l2Source::open(path, &SMALL).unwrap();
    sink.write(&plain(Rgb::new(250, 30, 30))).unwrap();
    let capture = reader.next(SECOND).unwrap();
    let before = capture.bytes.to_vec();
    for _ in 0..8 {
        sink.write(&plain(Rgb::new(20, 40, 200))).unwrap();
    }
    assert!(
        capture.bytes == before,
        "the feeder's next frame is in this one"
    );
}

#[test]
fn a_loopback_whose_feeder_left_is_given_free() {
    let Some(_devices) = devices() else { return };
    let path = Path::new(LOOPBACK);
    let mut sink = LoopbackSink::open(path, &SMALL_SINK).unwrap();
    sink.write(&plain(Rgb::new(0, 0, 0))).unwrap();
    let mut reader = V4l2Source::open(path, &SMALL).unwrap();
    reader.next(SECOND).unwrap();
    drop(sink);
    let began = Instant::now();
    let error = loop {
        match reader.next(Duration::from_millis(200)) {
            Err(error) if error.kind() != CameraErrorKind::TimedOut => break error,
            _ => assert!(began.elapsed() < 2 * SECOND),
        }
    };
    assert_eq!(error.kind(), CameraErrorKind::Disconnected, "{error}");
    drop(reader);
    // Free for a feeder of another size.
    let larger = SinkOptions {
        width: 1280,
        height: 720,
        ..SMALL_SINK
    };
    let mut sink = LoopbackSink::open(path, &larger).unwrap();
    sink.write(&plain(Rgb::new(0, 0, 0))).unwrap();
    assert_eq!(sink.size(), (1280, 720));
}

/// Another program that looks at the loopback until it is killed.
fn viewer() -> Child {
    Command::new("v4l2-ctl")
        .args(["-d", LOOPBACK, "--stream-mmap", "--stream-count=100000"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Feeds the sink until it has as many viewers, and a little longer.
fn feed_until(sink: &mut LoopbackSink, count: u32) {
    let began = Instant::now();
    let mut right = 0;
    while right < 10 {
        sink.write(&plain(Rgb::new(0, 0, 0))).unwrap();
        sink.wait(Duration::from_millis(30));
        let viewers = sink.viewers();
        right = if viewers == Viewers::Count(count) {
            right + 1
        } else {
            0
        };
        assert!(began.elapsed() < 3 * SECOND, "{viewers:?}, not {count}");
    }
}

#[test]
fn viewers_are_counted_as_they_come_and_go() {
    let Some(_devices) = devices() else { return };
    let mut sink = LoopbackSink::open(Path::new(LOOPBACK), &SMALL_SINK).unwrap();
    feed_until(&mut sink, 0);
    for _ in 0..10 {
        let mut viewer = viewer();
        feed_until(&mut sink, 1);
        viewer.kill().unwrap();
        viewer.wait().unwrap();
        feed_until(&mut sink, 0);
    }
    let began = Instant::now();
    sink.wait(Duration::from_millis(100));
    assert!(
        began.elapsed() >= Duration::from_millis(100),
        "nothing changed"
    );
}

/// Equal events of the system that come at once are one: two who come or leave together.
#[test]
fn viewers_who_come_and_leave_together_are_all_counted() {
    let Some(_devices) = devices() else { return };
    let mut sink = LoopbackSink::open(Path::new(LOOPBACK), &SMALL_SINK).unwrap();
    sink.write(&plain(Rgb::new(0, 0, 0))).unwrap();
    for _ in 0..5 {
        let mut viewers = [viewer(), viewer()];
        for _ in 0..20 {
            sink.write(&plain(Rgb::new(0, 0, 0))).unwrap();
            thread::sleep(Duration::from_millis(30));
        }
        // One that the driver did not let in has ended; from version 0.13 on there is one at
        // a time.
        let runs = |viewer: &mut Child| viewer.try_wait().unwrap().is_none();
        let running = viewers
            .iter_mut()
            .filter_map(|viewer| runs(viewer).then_some(()))
            .count();
        assert!(running >= 1);
        feed_until(&mut sink, u32::try_from(running).unwrap());
        for viewer in &mut viewers {
            viewer.kill().unwrap();
        }
        for viewer in &mut viewers {
            viewer.wait().unwrap();
        }
        feed_until(&mut sink, 0);
    }
}

#[test]
fn a_second_writer_and_a_device_of_another_sort_are_refused() {
    let Some(_devices) = devices() else { return };
    let path = Path::new(LOOPBACK);
    let first = LoopbackSink::open(path, &SMALL_SINK).unwrap();
    let error = LoopbackSink::open(path, &SMALL_SINK).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::Busy, "{error}");
    drop(first);
    drop(LoopbackSink::open(path, &SMALL_SINK).unwrap());
    let cases = [
        (CAMERA, CameraErrorKind::NotACamera),
        ("/dev/null", CameraErrorKind::NotACamera),
        ("/dev", CameraErrorKind::NotACamera),
        ("/dev/video99", CameraErrorKind::NotFound),
    ];
    for (path, kind) in cases {
        let error = LoopbackSink::open(Path::new(path), &SMALL_SINK).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    let odd = SinkOptions {
        width: 641,
        ..SMALL_SINK
    };
    let error = LoopbackSink::open(path, &odd).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::Unsupported, "{error}");
    let error = V4l2Source::open(path, &SMALL).unwrap_err();
    assert_eq!(
        error.kind(),
        CameraErrorKind::NotACamera,
        "nobody feeds it: {error}"
    );
}
