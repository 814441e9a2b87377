//! The PipeWire camera before real daemons and GStreamer's reader.
//!
//! Run by `tests/pipewire/run.sh cargo test -p frosted-camera --features pipewire --test
//! pipewire`, which makes a session of its own. Elsewhere nothing is tested, so that nobody's
//! PipeWire is disturbed: with `FROSTED_REQUIRE_PIPEWIRE=1` that is a failure.
#![cfg(all(feature = "pipewire", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod session;

use std::fs;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use frosted_camera::{CameraErrorKind, PipewireSink, Sink, SinkOptions, Viewers, monotonic_now};
use frosted_core::internal::protected_mut;
use frosted_core::{FrameSpec, PixelFormat, ProtectedFrame, Rate};

use session::pictures::{FRAME_BYTES, HEIGHT, WIDTH, assert_in_order, numbers, pattern};
use session::{Daemons, Reader, Session};

const INTERVAL: Duration = Duration::from_millis(33);

/// For what has to happen at all; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);

const SUSPENDED_AFTER: Duration = Duration::from_secs(7);

const OPTIONS: SinkOptions = SinkOptions {
    width: WIDTH,
    height: HEIGHT,
    rate: Rate::THIRTY,
};

/// Writes pictures that say which they are, one per call.
struct Feeder {
    sink: PipewireSink,
    frame: ProtectedFrame,
    number: usize,
    most_viewers: u32,
}

impl Feeder {
    fn new() -> Self {
        Self::with(OPTIONS)
    }

    fn with(options: SinkOptions) -> Self {
        let spec = FrameSpec::new(PixelFormat::Yuyv, WIDTH, HEIGHT).unwrap();
        Self {
            sink: PipewireSink::open(&options).unwrap(),
            frame: ProtectedFrame::new(spec),
            number: 0,
            most_viewers: 0,
        }
    }

    fn write(&mut self) -> Result<(), frosted_camera::CameraError> {
        let frame = protected_mut(&mut self.frame);
        pattern(frame.bytes_mut(), self.number);
        frame.set_captured_at(monotonic_now());
        self.number += 1;
        self.sink.write(&self.frame)
    }

    fn viewers(&mut self) -> u32 {
        match self.sink.viewers() {
            Viewers::Count(count) => {
                self.most_viewers = self.most_viewers.max(count);
                count
            }
            Viewers::Unknown => panic!("PipeWire knows its viewers"),
        }
    }

    /// Writes at the rate until `done`.
    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
            self.write().unwrap();
            std::thread::sleep(INTERVAL);
        }
    }

    fn serve(&mut self, reader: &mut Reader) {
        self.until("the reader has all its frames", |feeder| {
            feeder.viewers();
            reader.has_ended()
        });
    }

    /// Waits without writing.
    fn wait_for_viewers(&mut self, wanted: u32) {
        let deadline = Instant::now() + PATIENCE;
        while self.viewers() != wanted {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{} viewers, {wanted} wanted",
                self.viewers()
            );
            self.sink.wait(left);
        }
    }
}

#[test]
fn a_reader_gets_every_picture_as_it_was_written() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let mut feeder = Feeder::new();
    assert_eq!(feeder.viewers(), 0);
    assert_eq!(feeder.sink.size(), (WIDTH, HEIGHT));
    let mut reader = Reader::start(&session, "video/x-raw,format=YUY2", 60);
    let began = Instant::now();
    feeder.serve(&mut reader);
    assert_eq!(feeder.most_viewers, 1);
    assert_in_order(&reader.pictures(), 60);
    assert!(began.elapsed() < PATIENCE);
    feeder.until("the viewer is gone", |feeder| feeder.viewers() == 0);
}

#[test]
fn the_checker_sees_torn_shifted_and_foreign_pictures() {
    let mut good = vec![0; 3 * FRAME_BYTES];
    for (number, picture) in good.chunks_exact_mut(FRAME_BYTES).enumerate() {
        pattern(picture, number + 20);
    }
    assert_eq!(numbers(&good), [Some(20), Some(21), Some(22)]);
    let mut torn = good.clone();
    torn.copy_within(FRAME_BYTES / 2..FRAME_BYTES, FRAME_BYTES + FRAME_BYTES / 2);
    let mut shifted = good.clone();
    shifted.rotate_left(2 * WIDTH);
    let mut foreign = good.clone();
    foreign[2 * FRAME_BYTES + 77_777] ^= 1;
    for (name, bad) in [("torn", torn), ("shifted", shifted), ("foreign", foreign)] {
        let seen = std::panic::catch_unwind(|| numbers(&bad)).is_err();
        assert!(seen, "{name}");
    }
    let mut backwards = good.clone();
    backwards.rotate_left(FRAME_BYTES);
    let seen = std::panic::catch_unwind(|| assert_in_order(&backwards, 3)).is_err();
    assert!(seen, "backwards");
}

#[test]
fn viewers_come_and_go_without_a_picture_and_find_none_of_before() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let mut feeder = Feeder::new();
    for round in 0..2 {
        let mut reader = Reader::endless(&session);
        feeder.wait_for_viewers(1);
        for _ in 0..20 {
            feeder.write().unwrap();
            std::thread::sleep(INTERVAL);
        }
        reader.kill();
        feeder.wait_for_viewers(0);
        // Nothing has been written since: what is shown is black.
        let mut late = Reader::start(&session, "video/x-raw,format=YUY2", 1);
        late.wait();
        assert_eq!(numbers(&late.pictures()), [None], "round {round}");
        feeder.wait_for_viewers(0);
    }
    // What is written for nobody is what the next one sees first: a card.
    feeder.write().unwrap();
    let last = (feeder.number - 1) % 25;
    let mut late = Reader::start(&session, "video/x-raw,format=YUY2", 1);
    late.wait();
    assert_eq!(numbers(&late.pictures()), [Some(last)]);

    // Beside another viewer it is shown to the second one, too, without a new one.
    let _first = Reader::endless(&session);
    feeder.wait_for_viewers(1);
    feeder.write().unwrap();
    let last = (feeder.number - 1) % 25;
    std::thread::sleep(10 * INTERVAL);
    let mut second = Reader::start(&session, "video/x-raw,format=YUY2", 2);
    second.wait();
    assert_eq!(numbers(&second.pictures()), [Some(last); 2]);
}

#[test]
fn two_readers_get_the_same_camera() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let mut feeder = Feeder::new();
    let mut first = Reader::start(&session, "video/x-raw,format=YUY2", 150);
    feeder.until("the first looks", |feeder| feeder.viewers() == 1);
    let mut second = Reader::start(&session, "video/x-raw,format=YUY2", 60);
    feeder.until("both look", |feeder| feeder.viewers() == 2);
    feeder.serve(&mut second);
    feeder.serve(&mut first);
    feeder.until("nobody looks", |feeder| feeder.viewers() == 0);
    assert_eq!(feeder.most_viewers, 2);
    assert_in_order(&second.pictures(), 60);
    assert_eq!(numbers(&first.pictures()).len(), 150);
}

#[test]
fn rates_are_exact_and_ranges_of_rates_take_them() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let ntsc = Rate::new(30_000, 1001).unwrap();
    let half = Rate::new(25, 2).unwrap();
    let cases = [
        (ntsc, "framerate=30000/1001"),
        (ntsc, "framerate=[1/1,60/1]"),
        (half, "framerate=25/2"),
        (half, "framerate=[0/1,100/1]"),
        (Rate::THIRTY, "framerate=[30/1,2147483647/1]"),
    ];
    for (rate, wish) in cases {
        let mut feeder = Feeder::with(SinkOptions { rate, ..OPTIONS });
        let caps = format!("video/x-raw,{wish}");
        let mut reader = Reader::start(&session, &caps, 5);
        feeder.serve(&mut reader);
        assert_eq!(numbers(&reader.pictures()).len(), 5, "{rate:?}, {wish}");
    }
}

#[test]
fn a_reader_that_wants_what_there_is_not_does_no_harm() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let mut feeder = Feeder::new();
    // It waits for a format that never comes.
    let mut greedy = Reader::start(&session, "video/x-raw,format=RGB,width=99,height=77", 5);
    for _ in 0..60 {
        feeder.write().unwrap();
        assert_eq!(feeder.viewers(), 0);
        std::thread::sleep(INTERVAL);
    }
    assert_eq!(greedy.pictures(), []);
    let mut reader = Reader::start(&session, "video/x-raw,format=YUY2", 30);
    feeder.serve(&mut reader);
    assert_in_order(&reader.pictures(), 30);
    greedy.kill();
}

#[test]
fn a_viewer_that_hangs_stops_neither_the_writer_nor_other_viewers() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let mut feeder = Feeder::new();
    let mut hung = Reader::endless(&session);
    feeder.until("it looks", |feeder| feeder.viewers() == 1);
    hung.signal("STOP");
    for _ in 0..60 {
        let began = Instant::now();
        feeder.write().unwrap();
        assert!(began.elapsed() < INTERVAL, "{:?}", began.elapsed());
        std::thread::sleep(INTERVAL);
    }
    let mut reader = Reader::start(&session, "video/x-raw,format=YUY2", 30);
    feeder.serve(&mut reader);
    assert_eq!(numbers(&reader.pictures()).len(), 30);
    hung.kill();
    feeder.until("nobody looks", |feeder| feeder.viewers() == 0);
}

#[test]
fn a_camera_that_slept_wakes_for_the_next_viewer() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let mut feeder = Feeder::new();
    for _ in 0..2 {
        let mut reader = Reader::start(&session, "video/x-raw,format=YUY2", 10);
        feeder.serve(&mut reader);
        feeder.wait_for_viewers(0);
        // WirePlumber takes the buffers from a node that idles for 5 s.
        let began = Instant::now();
        feeder.sink.wait(SUSPENDED_AFTER);
        assert!(began.elapsed() >= SUSPENDED_AFTER, "nothing was to change");
    }
}

#[test]
fn pictures_carry_the_time_of_capture_and_a_number() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let mut feeder = Feeder::new();
    let mut reader = Reader::headers(&session, 20);
    feeder.serve(&mut reader);
    let headers = reader.read_headers();
    assert_eq!(headers.len(), 20, "{headers:?}");
    for pair in headers.windows(2) {
        let numbers = pair[1].0 - pair[0].0;
        assert!((1..=3).contains(&numbers), "{headers:?}");
        assert!(pair[1].1 > pair[0].1, "{headers:?}");
    }
    // The first may be a repetition, between two writes.
    let (first, last) = (headers[1], headers[19]);
    let interval = (last.1 - first.1) / (last.0 - first.0) as f64;
    let wanted = INTERVAL.as_secs_f64();
    assert!(
        (0.8 * wanted..3.0 * wanted).contains(&interval),
        "{interval} s, {headers:?}"
    );
}

#[test]
fn the_end_of_the_daemon_is_told_within_a_second_and_its_return_is_used() {
    let Some(session) = Session::take() else {
        return;
    };
    for watched in [true, false] {
        let daemons = Daemons::start(&session);
        let mut feeder = Feeder::new();
        let reader = watched.then(|| Reader::endless(&session));
        feeder.until("somebody looks", |feeder| {
            feeder.viewers() == u32::from(watched)
        });
        drop(daemons);
        let killed = Instant::now();
        let error = loop {
            assert!(killed.elapsed() < Duration::from_secs(1), "no error");
            if let Err(error) = feeder.write() {
                break error;
            }
            feeder.sink.wait(INTERVAL);
        };
        assert_eq!(error.kind(), CameraErrorKind::Disconnected, "{error}");
        assert_eq!(feeder.viewers(), 0);
        drop(reader);
        drop(feeder);
        assert!(killed.elapsed() < Duration::from_secs(2), "slow to drop");
    }
    let _daemons = Daemons::start(&session);
    let mut feeder = Feeder::new();
    let mut reader = Reader::start(&session, "video/x-raw,format=YUY2", 10);
    feeder.serve(&mut reader);
    assert_in_order(&reader.pictures(), 10);
}

#[test]
fn without_an_answer_the_open_fails_soon_and_says_what_to_do() {
    let Some(session) = Session::take() else {
        return;
    };
    let began = Instant::now();
    let error = PipewireSink::open(&OPTIONS).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::NotFound);
    assert!(
        error
            .to_string()
            .contains("systemctl --user start pipewire"),
        "{error}"
    );

    let socket = session.socket();
    let deaf = UnixListener::bind(&socket).unwrap();
    let error = PipewireSink::open(&OPTIONS).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::TimedOut, "{error}");
    drop(deaf);
    fs::remove_file(socket).unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );

    let odd = SinkOptions {
        width: 641,
        ..OPTIONS
    };
    let error = PipewireSink::open(&odd).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::Unsupported);
}

#[test]
fn a_second_camera_of_the_name_is_refused_and_a_closed_one_opens_again() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let first = Feeder::new();
    let error = PipewireSink::open(&OPTIONS).unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::Busy, "{error}");
    drop(first);
    for _ in 0..10 {
        drop(Feeder::new());
    }
}

#[test]
fn five_hundred_frames_and_many_viewers_leave_no_descriptor_behind() {
    let Some(session) = Session::take() else {
        return;
    };
    let _daemons = Daemons::start(&session);
    let descriptors = || fs::read_dir("/proc/self/fd").unwrap().count();
    let round = |feeder: &mut Feeder, frames: u32| {
        let mut reader = Reader::start(&session, "video/x-raw,format=YUY2", frames);
        feeder.serve(&mut reader);
        drop(reader);
        feeder.wait_for_viewers(0);
        descriptors()
    };
    // The first round loads what stays: plugins, memory pools.
    let mut feeder = Feeder::new();
    let before = round(&mut feeder, 10);
    let after = round(&mut feeder, 250);
    assert_eq!(before, after, "one sink");
    let mut last = after;
    for reopened in 0..5 {
        drop(feeder);
        feeder = Feeder::new();
        last = round(&mut feeder, 50);
        assert!(
            last <= after,
            "{after} descriptors, {last} after {reopened} reopenings"
        );
    }
    drop(feeder);
    assert!(descriptors() < last, "the sink's own are closed");
}
