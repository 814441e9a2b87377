//! nokhwa's V4L2 reader behind its watchdog, on real devices: vivid at /dev/video0,
//! v4l2loopback at /dev/video10 and, for MJPEG, at /dev/video11. Skips aloud where they are not.
#![cfg(all(target_os = "linux", feature = "nokhwa"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that skips says so")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use frosted_camera::{
    CameraErrorKind, Encoding, LoopbackSink, NokhwaSource, Sink, SinkOptions, Source, Unpacker,
    V4l2Source, Wish, monotonic_now, nokhwa_cameras,
};
use frosted_core::internal::protected_mut;
use frosted_core::{FrameSpec, PixelFormat, ProtectedFrame, Rate, Rgb};

const CAMERA: &str = "/dev/video0";
const LOOPBACK: &str = "/dev/video10";
const WRITER: &str = "/dev/video11";
const SECOND: Duration = Duration::from_secs(1);

const SMALL: Wish = Wish {
    width: 640,
    height: 360,
    rate: Rate::THIRTY,
};

/// There is one of each device, so one test at a time has them.
fn devices(paths: &[&str]) -> Option<MutexGuard<'static, ()>> {
    static TAKEN: Mutex<()> = Mutex::new(());
    if let Some(missing) = paths.iter().find(|path| !Path::new(path).exists()) {
        assert!(
            std::env::var_os("FROSTED_REQUIRE_CAMERAS").is_none(),
            "{missing} has to be there"
        );
        eprintln!("skipped: no {missing}, run cargo xtask test --cameras");
        return None;
    }
    Some(TAKEN.lock().unwrap_or_else(PoisonError::into_inner))
}

fn control(setting: &str) {
    let status = Command::new("v4l2-ctl")
        .args(["-d", CAMERA, "-c", setting])
        .status();
    assert!(status.unwrap().success(), "v4l2-ctl -c {setting}");
}

fn kind_of_next(camera: &mut NokhwaSource, timeout: Duration) -> Option<CameraErrorKind> {
    camera.next(timeout).err().map(|error| error.kind())
}

#[test]
fn cameras_are_listed_with_the_modes_that_can_be_had_and_outputs_are_not() {
    let Some(_devices) = devices(&[CAMERA, LOOPBACK]) else {
        return;
    };
    let found = nokhwa_cameras().unwrap();
    let camera = found.iter().find(|camera| camera.id == CAMERA).unwrap();
    let rates = camera.modes.iter().filter_map(|mode| mode.rate);
    assert!(camera.modes.iter().any(|mode| mode.width == 640));
    assert!(rates.into_iter().all(|rate| rate.denominator() == 1));
    assert!(found.iter().all(|camera| camera.id != "/dev/video1"));
}

#[test]
fn raw_frames_come_whole_in_order_and_at_the_rate() {
    let Some(_devices) = devices(&[CAMERA]) else {
        return;
    };
    let mut camera = NokhwaSource::open(CAMERA, &SMALL).unwrap();
    let mode = camera.mode();
    assert_eq!((mode.width, mode.height), (640, 360), "{mode}");
    let Encoding::Raw(format) = mode.encoding else {
        panic!("{mode} is not raw");
    };
    let spec = FrameSpec::new(format, 640, 360).unwrap();
    let mut unpacker = Unpacker::new();
    let mut seen = Vec::new();
    for _ in 0..60 {
        let capture = camera.next(SECOND).unwrap();
        assert_eq!(capture.bytes.len(), spec.buffer_bytes());
        assert!(monotonic_now().since(capture.captured_at) < Duration::from_millis(200));
        seen.push((capture.captured_at, capture.sequence));
        let frame = unpacker.frame(&capture).unwrap();
        let row = frame.row(0, 100);
        assert!(
            row.iter().any(|&byte| byte != row[0]),
            "vivid shows a picture"
        );
    }
    assert!(
        seen.windows(2)
            .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1)
    );
    let frames = u32::try_from(seen[59].1 - seen[0].1).unwrap();
    let spacing = seen[59].0.since(seen[0].0) / frames;
    assert!(
        spacing.abs_diff(SMALL.rate.interval()) < Duration::from_millis(2),
        "{spacing:?}"
    );
    eprintln!("{mode}: a frame each {spacing:?}");
}

#[test]
fn a_camera_left_at_a_fractional_rate_can_be_opened() {
    let Some(_devices) = devices(&[CAMERA]) else {
        return;
    };
    let slow = Wish {
        rate: Rate::new(25, 2).unwrap(),
        ..SMALL
    };
    let direct = V4l2Source::open(Path::new(CAMERA), &slow).unwrap();
    assert_eq!(
        direct.mode().rate,
        Some(slow.rate),
        "the test has to leave it so"
    );
    drop(direct);
    let mut camera = NokhwaSource::open(CAMERA, &SMALL).unwrap();
    camera.next(SECOND).unwrap();
}

#[test]
fn an_unplugged_camera_is_disconnected_and_can_be_opened_again() {
    let Some(_devices) = devices(&[CAMERA]) else {
        return;
    };
    let mut camera = NokhwaSource::open(CAMERA, &SMALL).unwrap();
    camera.next(SECOND).unwrap();
    control("disconnect=1");
    let began = Instant::now();
    let kind = loop {
        if let Some(kind) = kind_of_next(&mut camera, SECOND) {
            break kind;
        }
        assert!(began.elapsed() < SECOND);
    };
    assert_eq!(kind, CameraErrorKind::Disconnected);
    eprintln!("disconnected after {:?}", began.elapsed());
    assert_eq!(
        kind_of_next(&mut camera, SECOND),
        Some(CameraErrorKind::Disconnected),
        "once gone, always gone"
    );
    drop(camera);
    // vivid comes back by itself as soon as nobody has it open.
    let mut camera = NokhwaSource::open(CAMERA, &SMALL).unwrap();
    camera.next(SECOND).unwrap();
}

#[test]
fn a_camera_in_use_is_busy() {
    let Some(_devices) = devices(&[CAMERA]) else {
        return;
    };
    let mut camera = NokhwaSource::open(CAMERA, &SMALL).unwrap();
    camera.next(SECOND).unwrap();
    let error = NokhwaSource::open(CAMERA, &SMALL).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::Busy, "{error}");
    camera.next(SECOND).unwrap();
    drop(camera);

    let other = Command::new("v4l2-ctl")
        .args(["-d", CAMERA, "--stream-mmap", "--stream-count=1000"])
        .stderr(Stdio::null())
        .spawn();
    let _other = Ended(other.unwrap());
    thread::sleep(SECOND);
    let error = NokhwaSource::open(CAMERA, &SMALL).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::Busy, "{error}");
    assert!(error.to_string().contains("v4l2-ctl ("), "{error}");
}

#[test]
fn what_is_no_camera_is_refused() {
    let Some(_devices) = devices(&[CAMERA, LOOPBACK]) else {
        return;
    };
    let cases = [
        ("/dev/video1", CameraErrorKind::NotACamera),
        (LOOPBACK, CameraErrorKind::NotACamera),
        ("/dev/null", CameraErrorKind::NotACamera),
        ("/dev", CameraErrorKind::NotACamera),
        ("/dev/video99", CameraErrorKind::NotFound),
    ];
    for (path, kind) in cases {
        let error = NokhwaSource::open(path, &SMALL).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[test]
fn a_source_that_stalls_times_out_again_and_again_and_closes_at_once() {
    let Some(_devices) = devices(&[CAMERA, LOOPBACK]) else {
        return;
    };
    let options = SinkOptions {
        width: 640,
        height: 360,
        rate: Rate::THIRTY,
    };
    let mut writer = LoopbackSink::open(Path::new(LOOPBACK), &options).unwrap();
    let spec = FrameSpec::new(PixelFormat::I420, 640, 360).unwrap();
    let mut frame = ProtectedFrame::new(spec);
    let red = Rgb::new(250, 30, 30);
    protected_mut(&mut frame).view_mut().fill(red);
    writer.write(&frame).unwrap();

    let mut camera = NokhwaSource::open(LOOPBACK, &SMALL).unwrap();
    let mut unpacker = Unpacker::new();
    for _ in 0..10 {
        writer.write(&frame).unwrap();
        let capture = camera.next(SECOND).unwrap();
        let frame = unpacker.frame(&capture).unwrap();
        let [y, cb, cr] = frame.spec().colour().yuv_of(red);
        assert_eq!(frame.row(0, 180)[320..324], [y, cb, y, cr]);
    }
    // Frames that were written and not read yet.
    while kind_of_next(&mut camera, SECOND / 5).is_none() {}
    for _ in 0..10 {
        let began = Instant::now();
        let kind = kind_of_next(&mut camera, SECOND / 5);
        assert_eq!(kind, Some(CameraErrorKind::TimedOut));
        assert!(began.elapsed() < SECOND / 2, "{:?}", began.elapsed());
    }
    // It goes on where the writer does.
    writer.write(&frame).unwrap();
    camera.next(SECOND).unwrap();
    while kind_of_next(&mut camera, SECOND / 5).is_none() {}

    let began = Instant::now();
    drop(camera);
    let took = began.elapsed();
    assert!(took < SECOND, "{took:?}");
    eprintln!("a stuck camera was closed in {took:?}");
    let error = NokhwaSource::open(LOOPBACK, &SMALL).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::Busy, "{error}");
    assert!(error.to_string().contains("has not answered"), "{error}");
    // The read that comes back frees the device.
    let until = Instant::now() + 5 * SECOND;
    loop {
        writer.write(&frame).unwrap();
        match NokhwaSource::open(LOOPBACK, &SMALL) {
            Ok(_) => break,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        thread::sleep(SECOND / 20);
    }
}

#[test]
fn jpeg_pictures_come_without_what_is_left_of_older_ones() {
    let Some(_devices) = devices(&[CAMERA, WRITER]) else {
        return;
    };
    // Each picture has another length: noise comes and goes.
    let pattern = "testsrc2=size=640x360:rate=30,noise=alls=60:allf=t:enable='lt(mod(n,4),2)'";
    let ffmpeg = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-re", "-f", "lavfi", "-i", pattern])
        .args(["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj422p"])
        .args(["-f", "v4l2", WRITER])
        .stdin(Stdio::null())
        .spawn();
    let _ffmpeg = Ended(ffmpeg.unwrap());
    let until = Instant::now() + 20 * SECOND;
    let mut camera = loop {
        match NokhwaSource::open(WRITER, &SMALL) {
            Ok(camera) => break camera,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        thread::sleep(SECOND / 5);
    };
    assert_eq!(camera.mode().encoding, Encoding::Mjpeg);
    let mut unpacker = Unpacker::new();
    let mut lengths = Vec::new();
    for _ in 0..30 {
        let capture = camera.next(2 * SECOND).unwrap();
        assert!(capture.bytes.ends_with(&[0xff, 0xd9]));
        lengths.push(capture.bytes.len());
        unpacker.frame(&capture).unwrap();
    }
    let (least, most) = (lengths.iter().min().unwrap(), lengths.iter().max().unwrap());
    assert!(least < most, "{lengths:?}");
    eprintln!("pictures of {least} to {most} bytes");
}

/// A program that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
