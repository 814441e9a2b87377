//! Cameras that stall, fail, panic and hang, without one.

use frosted_core::{PixelFormat, Rate};

use super::*;
use crate::mode::Encoding;

const BYTES: usize = 100;
const WAIT: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(20);

/// What a fake camera does at its next read.
enum Step {
    Frame(Vec<u8>),
    Fail,
    Panic,
}

/// Reads what it is told to; a read without an order blocks.
struct Fake {
    orders: mpsc::Receiver<Step>,
}

impl RawFrames for Fake {
    fn wait(&mut self) -> Result<Cow<'_, [u8]>, CameraError> {
        match self.orders.recv() {
            Ok(Step::Frame(bytes)) => Ok(Cow::Owned(bytes)),
            Ok(Step::Panic) => panic!("a panic that the test wants"),
            Ok(Step::Fail) | Err(_) => Err(CameraError::new(
                CameraErrorKind::Disconnected,
                "the fake failed",
            )),
        }
    }
}

impl Drop for Fake {
    /// As nokhwa's cameras do when their device is gone.
    fn drop(&mut self) {
        panic!("a second panic that the test wants");
    }
}

fn opened(
    key: &str,
    left: &Arc<AtomicBool>,
    orders: mpsc::Receiver<Step>,
) -> Result<Opened<Fake>, CameraError> {
    Ok(Opened {
        claim: Claim::take(key, left)?,
        frames: Fake { orders },
        layout: Layout {
            mode: Mode {
                encoding: Encoding::Raw(PixelFormat::Yuyv),
                width: 32,
                height: 16,
                rate: Some(Rate::THIRTY),
            },
            stride_bytes: 64,
            colour: Colour::default(),
        },
        extent: Extent::Fixed(BYTES),
    })
}

fn start(key: &'static str) -> (Capturing, mpsc::Sender<Step>) {
    start_that(key, |_| true)
}

fn start_that(key: &'static str, is_there: fn(&str) -> bool) -> (Capturing, mpsc::Sender<Step>) {
    let (order, orders) = mpsc::channel();
    let capturing = Capturing::start(key, is_there, move |left| opened(key, left, orders)).unwrap();
    (capturing, order)
}

fn kind_of_next(capturing: &mut Capturing, timeout: Duration) -> CameraErrorKind {
    match capturing.next(timeout) {
        Ok(_) => panic!("a frame came"),
        Err(error) => error.kind(),
    }
}

#[test]
fn the_youngest_frame_comes_without_what_lies_behind_it() {
    let (mut camera, order) = start("youngest");
    for value in 1..=3 {
        order.send(Step::Frame(vec![value; BYTES + 28])).unwrap();
    }
    // The last frame is fetched in the end, whichever of the others were.
    let mut last = 0;
    let mut before = None;
    while last < 3 {
        let shot = camera.next(WAIT).unwrap();
        assert_eq!(shot.bytes, vec![shot.bytes[0]; BYTES]);
        assert!(before < Some(shot.sequence));
        before = Some(shot.sequence);
        last = shot.bytes[0];
        assert_eq!(u64::from(last), shot.sequence + 1);
    }
    assert_eq!(kind_of_next(&mut camera, SHORT), CameraErrorKind::TimedOut);
}

#[test]
fn three_buffers_are_enough_for_a_whole_stream() {
    let (mut camera, order) = start("buffers");
    let mut seen = Vec::new();
    for value in 0..50 {
        order.send(Step::Frame(vec![value; BYTES])).unwrap();
        let shot = camera.next(WAIT).unwrap();
        seen.push(shot.bytes.as_ptr());
    }
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() <= 3, "{} buffers", seen.len());
}

#[test]
fn a_frame_that_is_cut_off_is_damaged_and_the_next_one_well() {
    let (mut camera, order) = start("cut");
    order.send(Step::Frame(vec![1; BYTES - 1])).unwrap();
    assert_eq!(kind_of_next(&mut camera, WAIT), CameraErrorKind::Damaged);
    order.send(Step::Frame(vec![2; BYTES])).unwrap();
    assert_eq!(camera.next(WAIT).unwrap().bytes[0], 2);
}

#[test]
fn single_failures_are_passed_over_and_several_end_the_stream() {
    let (mut camera, order) = start("failing");
    order.send(Step::Fail).unwrap();
    order.send(Step::Fail).unwrap();
    order.send(Step::Frame(vec![7; BYTES])).unwrap();
    assert_eq!(camera.next(WAIT).unwrap().bytes[0], 7);
    drop(order);
    for _ in 0..2 {
        assert_eq!(
            kind_of_next(&mut camera, WAIT),
            CameraErrorKind::Disconnected
        );
    }
}

#[test]
fn a_panic_ends_the_stream_and_frees_the_camera() {
    let (mut camera, order) = start("panicking");
    order.send(Step::Panic).unwrap();
    assert_eq!(
        kind_of_next(&mut camera, WAIT),
        CameraErrorKind::Disconnected
    );
    drop(camera);
    assert!(Claim::take("panicking", &Arc::default()).is_ok());
}

#[test]
fn a_camera_that_fails_to_open_says_why() {
    let failed = Capturing::start(
        "failing to open",
        |_| true,
        |_| -> Result<Opened<Fake>, _> {
            Err(CameraError::new(CameraErrorKind::NotFound, "no such thing"))
        },
    );
    assert_eq!(failed.unwrap_err().kind(), CameraErrorKind::NotFound);
    let panicked = Capturing::start(
        "panicking to open",
        |_| true,
        |_| -> Result<Opened<Fake>, _> { panic!("a panic that the test wants") },
    );
    assert_eq!(panicked.unwrap_err().kind(), CameraErrorKind::Disconnected);
}

#[test]
fn a_stuck_read_times_out_each_time_and_does_not_hold_up_the_end() {
    let (mut camera, order) = start("stuck");
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(kind_of_next(&mut camera, SHORT), CameraErrorKind::TimedOut);
        assert!((SHORT..WAIT).contains(&began.elapsed()));
    }
    let began = Instant::now();
    drop(camera);
    assert!(began.elapsed() < 2 * GRACE);
    // The thread still reads: nobody else may.
    let (_, orders) = mpsc::channel();
    let again = Capturing::start("stuck", |_| true, move |left| opened("stuck", left, orders));
    let error = again.unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::Busy);
    assert!(error.to_string().contains("has not answered"), "{error}");
    // A read that comes back at last frees the camera.
    order.send(Step::Frame(vec![1; BYTES])).unwrap();
    let until = Instant::now() + WAIT;
    while Claim::is_taken("stuck") {
        assert!(Instant::now() < until, "the thread did not end");
        thread::yield_now();
    }
}

#[test]
fn a_silent_camera_that_is_gone_is_disconnected_and_can_be_opened_when_it_is_back() {
    let (mut camera, _order) = start_that("gone", |key| key != "gone");
    let until = Instant::now() + WAIT;
    let kind = loop {
        match kind_of_next(&mut camera, SHORT) {
            CameraErrorKind::TimedOut => assert!(Instant::now() < until, "nobody looked"),
            kind => break kind,
        }
    };
    assert_eq!(kind, CameraErrorKind::Disconnected);
    drop(camera);
    let (_camera, order) = start("gone");
    drop(order);
}

#[test]
fn a_camera_that_does_not_open_in_time_is_given_up() {
    let (order, orders) = mpsc::channel::<Step>();
    let began = Instant::now();
    let error = Capturing::start(
        "hanging",
        |_| true,
        move |left| {
            let claim = Claim::take("hanging", left)?;
            let _ = orders.recv();
            drop(claim);
            Err::<Opened<Fake>, _>(CameraError::new(CameraErrorKind::System, "too late"))
        },
    )
    .unwrap_err();
    assert_eq!(error.kind(), CameraErrorKind::TimedOut);
    assert!(began.elapsed() < START_LIMIT + WAIT);
    assert!(Claim::is_taken("hanging"));
    drop(order);
}
