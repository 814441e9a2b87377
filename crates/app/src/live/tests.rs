//! Every fault that a camera or an output can have, planted in a session: no frame that is
//! written shows the room.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use frosted::camera::{
    CameraError, CameraErrorKind, Capture, Encoding, Mode, Sink, SinkOptions, Source, Viewers,
    monotonic_now,
};
use frosted::{FrameSpec, Newcomers, PixelFormat, ProtectedFrame, Rate, Settings, Setup};
use frosted_testing::{Answer, CanaryScene, FakeEngine, Script, find_canary, person_correlation};

use super::camera::Cameras;
use super::output::Outputs;
use super::session::Session;
use super::status::{CameraState, State, Status};

/// What a camera does next; a frame if nothing is planned.
#[derive(Clone, Copy, Debug)]
enum Next {
    Stall,
    Broken,
    Cut,
    Unplugged,
    Panics,
    /// A frame of another size, and so on from then.
    AnotherSize,
}

/// What an attempt to open the camera does next; it opens if nothing is planned.
#[derive(Clone, Copy, Debug)]
enum Opening {
    Missing,
    Busy,
    Panics,
    AnotherSize,
}

/// Both ends of a session, for the test.
#[derive(Default)]
struct World {
    camera: VecDeque<Next>,
    openings: VecDeque<Opening>,
    viewers: u32,
    open_cameras: usize,
    output_gone: bool,
    outputs_opened: usize,
    /// The height that settings were last asked for.
    settled_for: usize,
    /// Frames that were written with settings for another height.
    unsettled: usize,
    /// The scene of the frame that was captured last.
    scene: Option<CanaryScene>,
    /// Each written frame: whether it shows the person, and what is wrong with it.
    written: Vec<(Instant, bool)>,
    leaks: Vec<String>,
}

type Shared = Arc<Mutex<World>>;

const SIZE: (usize, usize) = (160, 96);
const OTHER_SIZE: (usize, usize) = (128, 128);

fn scene((width, height): (usize, usize)) -> CanaryScene {
    CanaryScene::new(FrameSpec::new(PixelFormat::Yuyv, width, height).unwrap())
}

struct FakeCamera {
    world: Shared,
    scene: CanaryScene,
    sequence: u64,
}

impl FakeCamera {
    fn new(world: &Shared, size: (usize, usize)) -> Self {
        world.lock().unwrap().open_cameras += 1;
        Self {
            world: Arc::clone(world),
            scene: scene(size),
            sequence: 0,
        }
    }
}

impl Drop for FakeCamera {
    fn drop(&mut self) {
        self.world.lock().unwrap().open_cameras -= 1;
    }
}

fn error(kind: CameraErrorKind) -> CameraError {
    CameraError::new(kind, "planted")
}

impl Source for FakeCamera {
    fn mode(&self) -> Mode {
        let spec = self.scene.frame().spec();
        Mode {
            encoding: Encoding::Raw(spec.format()),
            width: spec.width(),
            height: spec.height(),
            rate: Some(Rate::THIRTY),
        }
    }

    fn next(&mut self, timeout: Duration) -> Result<Capture<'_>, CameraError> {
        let planned = self.world.lock().unwrap().camera.pop_front();
        match planned {
            Some(Next::Stall) => {
                thread::sleep(timeout);
                return Err(error(CameraErrorKind::TimedOut));
            }
            Some(Next::Broken) => return Err(error(CameraErrorKind::Damaged)),
            Some(Next::Unplugged) => return Err(error(CameraErrorKind::Disconnected)),
            Some(Next::Panics) => panic!("planted in a camera"),
            Some(Next::AnotherSize) => self.scene = scene(OTHER_SIZE),
            Some(Next::Cut) | None => {}
        }
        thread::sleep(Duration::from_millis(3));
        self.scene.advance(monotonic_now());
        self.sequence += 1;
        let mode = self.mode();
        let bytes = self.scene.frame().bytes();
        let bytes = if matches!(planned, Some(Next::Cut)) {
            &bytes[..bytes.len() / 2]
        } else {
            bytes
        };
        self.world.lock().unwrap().scene = Some(self.scene.clone());
        Ok(Capture::new(bytes, mode, self.sequence))
    }
}

struct FakeCameras(Shared);

impl Cameras for FakeCameras {
    fn open(&mut self) -> Result<Box<dyn Source>, CameraError> {
        let planned = self.0.lock().unwrap().openings.pop_front();
        let size = match planned {
            Some(Opening::Missing) => return Err(error(CameraErrorKind::NotFound)),
            Some(Opening::Busy) => return Err(error(CameraErrorKind::Busy)),
            Some(Opening::Panics) => panic!("planted in an opening"),
            Some(Opening::AnotherSize) => OTHER_SIZE,
            None => SIZE,
        };
        Ok(Box::new(FakeCamera::new(&self.0, size)))
    }
}

struct FakeSink(Shared);

impl Sink for FakeSink {
    fn write(&mut self, frame: &ProtectedFrame) -> Result<(), CameraError> {
        let mut world = self.0.lock().unwrap();
        if world.output_gone {
            return Err(error(CameraErrorKind::Disconnected));
        }
        let view = frame.view();
        let mut person = false;
        if let Some(scene) = world
            .scene
            .clone()
            .filter(|scene| scene.frame().spec() == view.spec())
        {
            let room = scene.frame().view();
            if let Err(leak) = find_canary(&room, &view) {
                let place = world.written.len();
                world.leaks.push(format!("frame {place}: {leak}"));
            }
            person = person_correlation(&room, &view) > 0.5;
            world.unsettled += usize::from(world.settled_for != view.spec().upright_height());
        }
        world.written.push((Instant::now(), person));
        Ok(())
    }

    fn viewers(&mut self) -> Viewers {
        Viewers::Count(self.0.lock().unwrap().viewers)
    }

    fn wait(&mut self, timeout: Duration) {
        thread::sleep(timeout);
    }

    fn size(&self) -> (usize, usize) {
        SIZE
    }

    fn describe(&self) -> String {
        "fake".to_owned()
    }
}

struct FakeOutputs(Shared);

impl Outputs for FakeOutputs {
    fn open(&mut self, _: &SinkOptions) -> Result<Box<dyn Sink>, CameraError> {
        let mut world = self.0.lock().unwrap();
        if world.output_gone {
            return Err(error(CameraErrorKind::NotFound));
        }
        world.outputs_opened += 1;
        Ok(Box::new(FakeSink(Arc::clone(&self.0))))
    }

    fn comes_back(&self) -> bool {
        true
    }
}

struct Stage {
    world: Shared,
    session: Session,
    script: Script,
}

impl Stage {
    fn new() -> Self {
        let world = Shared::default();
        world.lock().unwrap().viewers = 1;
        let script = Script::new([Answer::Person]);
        let engine = Box::new(FakeEngine::new(script.clone(), None));
        let pipeline = Setup::default()
            .build_with(engine, FakeEngine::spec())
            .unwrap();
        let options = SinkOptions {
            width: SIZE.0,
            height: SIZE.1,
            rate: Rate::THIRTY,
        };
        let asked = Arc::clone(&world);
        let session = Session::new(
            pipeline,
            Box::new(move |height| {
                asked.lock().unwrap().settled_for = height;
                // The person of the fake camera keeps still.
                Settings {
                    newcomers: Newcomers::AtOnce,
                    ..Settings::default()
                }
            }),
            Box::new(FakeCameras(Arc::clone(&world))),
            Box::new(FakeOutputs(Arc::clone(&world))),
            Box::new(FakeSink(Arc::clone(&world))),
            options,
        );
        Self {
            world,
            session: session.unwrap(),
            script,
        }
    }

    fn live() -> Self {
        let mut stage = Self::new();
        stage.until(|status| status.state == State::Live);
        stage
    }

    fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.world.lock().unwrap())
    }

    /// Steps until the status is as wanted; how long it took.
    fn until(&mut self, wanted: impl Fn(&Status) -> bool) -> Duration {
        let began = Instant::now();
        loop {
            self.session.step().unwrap();
            let status = self.session.status();
            if wanted(&status) {
                return began.elapsed();
            }
            assert!(began.elapsed() < Duration::from_secs(6), "still {status:?}");
        }
    }

    fn shows_the_person(&self) -> bool {
        self.world(|world| world.written.last().is_some_and(|(_, person)| *person))
    }

    fn assert_no_leak(&self) {
        let leaks = self.world(|world| world.leaks.clone());
        assert!(leaks.is_empty(), "{leaks:#?}");
    }
}

#[test]
fn a_session_begins_with_the_card_and_then_shows_the_person() {
    let mut stage = Stage::new();
    assert_eq!(
        stage.world(|world| (world.written.len(), world.open_cameras)),
        (1, 0)
    );
    assert!(!stage.shows_the_person());
    stage.until(|status| status.state == State::Live);
    assert!(stage.shows_the_person());
    stage.assert_no_leak();
}

#[test]
fn after_every_fault_of_the_camera_the_card_comes_and_then_the_person() {
    let faults = [
        (vec![Next::Unplugged], Some("camera unplugged")),
        (vec![Next::Panics], Some("internal fault")),
        (vec![Next::Stall; 4], Some("stalled")),
    ];
    for (fault, cause) in faults {
        let mut stage = Stage::live();
        stage.world(|world| world.camera.extend(&fault));
        let last_frame = stage
            .world(|world| world.written.last().map(|(at, _)| *at))
            .unwrap();
        stage.until(|status| status.state != State::Live);
        let status = stage.session.status();
        assert_eq!(status.cause.as_deref(), cause, "{fault:?}");
        let card = stage.world(|world| *world.written.last().unwrap());
        assert!(!card.1, "{fault:?}: the card, not the person");
        let delay = card.0 - last_frame;
        assert!(
            delay < Duration::from_millis(300),
            "{fault:?}: the card came after {delay:?}"
        );
        let back = stage.until(|status| status.state == State::Live);
        assert!(
            back < Duration::from_secs(2),
            "{fault:?}: back after {back:?}"
        );
        stage.assert_no_leak();
    }
}

#[test]
fn a_broken_frame_or_two_do_not_disturb() {
    let mut stage = Stage::live();
    stage.world(|world| world.camera.extend([Next::Broken, Next::Cut, Next::Broken]));
    let before = stage.session.status().frames;
    for _ in 0..6 {
        stage.session.step().unwrap();
        assert_eq!(stage.session.status().state, State::Live);
    }
    assert_eq!(stage.session.status().frames - before, 3);
    stage.assert_no_leak();
}

#[test]
fn a_camera_that_never_goes_on_is_opened_anew() {
    let mut stage = Stage::live();
    stage.world(|world| world.camera.extend([Next::Stall; 200]));
    stage.until(|status| status.camera == CameraState::Closed);
    stage.world(|world| world.camera.clear());
    stage.until(|status| status.state == State::Live);
    stage.assert_no_leak();
}

#[test]
fn a_camera_that_cannot_be_opened_is_tried_again_until_it_can() {
    let cases = [
        (Opening::Missing, "camera unplugged"),
        (Opening::Busy, "camera in use by another program"),
        (Opening::Panics, "internal fault"),
    ];
    for (opening, cause) in cases {
        let mut stage = Stage::new();
        stage.world(|world| world.openings.extend([opening; 2]));
        stage.until(|status| status.cause.as_deref() == Some(cause));
        assert!(!stage.shows_the_person());
        let took = stage.until(|status| status.state == State::Live);
        assert!(took < Duration::from_secs(2), "{opening:?}: {took:?}");
        stage.assert_no_leak();
    }
}

#[test]
fn a_camera_that_comes_back_with_another_size_starts_with_the_card() {
    let mut stage = Stage::live();
    stage.world(|world| {
        world.camera.push_back(Next::Unplugged);
        world.openings.push_back(Opening::AnotherSize);
    });
    stage.until(|status| status.camera == CameraState::Closed);
    stage.until(|status| status.state == State::Live);
    assert!(stage.shows_the_person());
    stage.assert_no_leak();
}

/// As a recording that is replaced while it is played.
#[test]
fn settings_for_another_height_are_in_force_before_its_first_frame() {
    let mut stage = Stage::live();
    stage.world(|world| world.camera.push_back(Next::AnotherSize));
    stage.session.step().unwrap();
    stage.until(|status| status.state == State::Live);
    assert!(stage.shows_the_person());
    assert_eq!(stage.session.frame_height(), OTHER_SIZE.1);
    stage.world(|world| {
        assert_eq!(world.settled_for, OTHER_SIZE.1);
        assert_eq!(world.unsettled, 0);
    });
    stage.assert_no_leak();
}

#[test]
fn the_camera_is_closed_after_the_last_viewer_and_opened_for_the_next() {
    let mut stage = Stage::live();
    stage.world(|world| world.viewers = 0);
    let took = stage.until(|status| status.camera == CameraState::Closed);
    assert!(took < Duration::from_secs(2), "{took:?}");
    stage.until(|status| status.state == State::Waiting);
    assert_eq!(stage.world(|world| world.open_cameras), 0);
    assert!(!stage.shows_the_person(), "a late viewer sees the card");
    let written = stage.world(|world| world.written.len());
    stage.session.step().unwrap();
    assert_eq!(
        stage.world(|world| world.written.len()),
        written,
        "nobody looks"
    );
    stage.world(|world| world.viewers = 2);
    stage.until(|status| status.state == State::Starting);
    stage.until(|status| status.state == State::Live);
    stage.assert_no_leak();
}

#[test]
fn a_viewer_who_starts_anew_at_once_does_not_close_the_camera() {
    let mut stage = Stage::live();
    for _ in 0..3 {
        stage.world(|world| world.viewers = 0);
        stage.session.step().unwrap();
        stage.world(|world| world.viewers = 1);
        stage.session.step().unwrap();
        assert_eq!(stage.session.status().camera, CameraState::Open);
    }
}

#[test]
fn a_lost_output_closes_the_camera_and_comes_back() {
    let mut stage = Stage::live();
    stage.world(|world| world.output_gone = true);
    stage.until(|status| status.camera == CameraState::Closed);
    assert_eq!(stage.world(|world| world.open_cameras), 0);
    for _ in 0..8 {
        stage.session.step().unwrap();
    }
    assert!(stage.session.trouble().is_some());
    stage.world(|world| world.output_gone = false);
    stage.until(|status| status.state == State::Live);
    assert!(stage.session.trouble().is_none());
    assert_eq!(stage.world(|world| world.outputs_opened), 1);
    stage.assert_no_leak();
}

#[test]
fn faults_of_the_network_cover_the_frame() {
    for answer in [
        Answer::Error,
        Answer::Panic,
        Answer::NotANumber,
        Answer::Nobody,
    ] {
        let mut stage = Stage::live();
        stage.script.set([answer]);
        stage.until(|status| status.state != State::Live);
        assert!(!stage.shows_the_person(), "{answer:?}");
        stage.script.set([Answer::Person]);
        stage.until(|status| status.state == State::Live);
        stage.assert_no_leak();
    }
}

#[test]
fn the_end_is_a_card() {
    let stage = Stage::live();
    let world = Arc::clone(&stage.world);
    assert!(stage.shows_the_person());
    stage.session.finish();
    let world = world.lock().unwrap();
    assert_eq!(world.open_cameras, 0);
    assert!(!world.written.last().unwrap().1);
    assert!(world.leaks.is_empty());
}
