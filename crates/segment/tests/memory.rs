//! What a segmenter keeps for a recurrent network, and when it lets go of it, by an engine
//! that does as it is told.
#![allow(clippy::unwrap_used)]

mod scene;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use frosted_core::{FrameSpec, Mask, PixelFormat, Reduced, SegmentErrorKind, Segmenter};
use frosted_segment::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted_segment::{Engine, EngineError, NetworkSegmenter};
use scene::{Answering, HEIGHT, WIDTH, picture, spec};

const STATE: &str = r#"[{ input = "i", output = "o", shape = [2, 3] }]"#;

/// What the engine does with one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Right,
    FailAfterwards,
    PanicHalfWay,
    NanInOutput,
    AlphaOf7,
    NanInState,
    OtherShape,
    /// Columns before rows: the same values in another order of memory.
    Turned,
}

/// Adds 1 to its state; what it was given is kept for the test.
struct Counting {
    output: ArrayD<f32>,
    deed: Arc<Mutex<Deed>>,
    given: Arc<Mutex<ArrayD<f32>>>,
}

impl Engine for Counting {
    fn name(&self) -> String {
        "counting".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        panic!("a recurrent network is asked by step");
    }

    fn step(
        &mut self,
        _: ArrayView4<'_, f32>,
        states: &mut [ArrayD<f32>],
    ) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let [state] = states else {
            panic!("{} states", states.len());
        };
        self.given.lock().unwrap().clone_from(state);
        *state += 1.0;
        self.output.fill(0.5);
        let deed = *self.deed.lock().unwrap();
        match deed {
            Deed::Right => {}
            Deed::FailAfterwards => return Err(EngineError::new("out of order")),
            Deed::PanicHalfWay => panic!("planted panic"),
            Deed::NanInOutput => self.output[[0, 0, 1, 1]] = f32::NAN,
            Deed::AlphaOf7 => self.output[[0, 0, 1, 1]] = 7.0,
            Deed::NanInState => state[[1, 2]] = f32::NAN,
            Deed::OtherShape => *state = ArrayD::zeros(IxDyn(&[3, 2])),
            Deed::Turned => {
                let turned = state.t().as_standard_layout().to_owned();
                *state = turned.reversed_axes();
            }
        }
        Ok(self.output.view())
    }
}

struct Scene {
    segmenter: NetworkSegmenter,
    deed: Arc<Mutex<Deed>>,
    given: Arc<Mutex<ArrayD<f32>>>,
    picture: Reduced,
}

impl Scene {
    fn new() -> Self {
        let deed = Arc::new(Mutex::new(Deed::Right));
        let given = Arc::new(Mutex::new(ArrayD::zeros(IxDyn(&[2, 3]))));
        let engine = Counting {
            output: ArrayD::zeros(IxDyn(&[1, 1, HEIGHT, WIDTH])),
            deed: deed.clone(),
            given: given.clone(),
        };
        let spec = spec(&[("state", STATE)]);
        let frame = FrameSpec::new(PixelFormat::Rgb8, WIDTH, HEIGHT).unwrap();
        Self {
            segmenter: NetworkSegmenter::new(Box::new(engine), spec).unwrap(),
            deed,
            given,
            picture: picture(&frame, 1, |_, _, _| 128),
        }
    }

    /// The kind of error of a picture, if it was one.
    fn picture(&mut self, deed: Deed) -> Option<SegmentErrorKind> {
        *self.deed.lock().unwrap() = deed;
        let result = self.segmenter.segment(&self.picture, &mut Mask::new());
        result.err().map(|error| error.kind())
    }

    /// What the engine was given last, in each place of the state.
    fn given(&self) -> f32 {
        let given = self.given.lock().unwrap();
        assert_eq!(given.shape(), [2, 3]);
        assert!(given.is_standard_layout(), "engines are promised that");
        assert!(given.iter().all(|value| *value == given[[0, 0]]));
        given[[0, 0]]
    }
}

#[test]
fn good_pictures_hand_their_states_on() {
    let mut scene = Scene::new();
    for picture in 0..5 {
        assert_eq!(scene.picture(Deed::Right), None);
        assert_eq!(scene.given(), picture as f32);
    }
    scene.segmenter.reset();
    scene.picture(Deed::Right);
    assert_eq!(scene.given(), 0.0);
}

#[test]
fn after_any_error_the_network_starts_anew() {
    let cases = [
        (Deed::FailAfterwards, SegmentErrorKind::Engine),
        (Deed::NanInOutput, SegmentErrorKind::NonFinite),
        (Deed::AlphaOf7, SegmentErrorKind::OutOfRange),
        (Deed::NanInState, SegmentErrorKind::NonFinite),
        (Deed::OtherShape, SegmentErrorKind::WrongSize),
    ];
    for (deed, kind) in cases {
        let mut scene = Scene::new();
        for _ in 0..3 {
            scene.picture(Deed::Right);
        }
        assert_eq!(scene.picture(deed), Some(kind), "{deed:?}");
        assert_eq!(scene.given(), 3.0, "{deed:?}");
        for picture in 0..3 {
            assert_eq!(scene.picture(Deed::Right), None, "{deed:?}");
            assert_eq!(scene.given(), picture as f32, "{deed:?}");
        }
    }
}

/// A pipeline catches panics and goes on.
#[test]
fn after_a_panic_the_network_starts_anew() {
    let mut scene = Scene::new();
    scene.picture(Deed::Right);
    let panicked = catch_unwind(AssertUnwindSafe(|| scene.picture(Deed::PanicHalfWay)));
    assert!(panicked.is_err());
    *scene.deed.lock().unwrap_or_else(|lock| lock.into_inner()) = Deed::Right;
    scene.deed.clear_poison();
    scene.picture(Deed::Right);
    assert_eq!(scene.given(), 0.0);
}

#[test]
fn a_state_in_another_order_of_memory_is_brought_into_the_usual_one() {
    let mut scene = Scene::new();
    assert_eq!(scene.picture(Deed::Turned), None);
    assert_eq!(scene.picture(Deed::Right), None);
    assert_eq!(scene.given(), 1.0);
}

#[test]
fn an_engine_that_knows_no_states_is_an_error_for_a_recurrent_network() {
    let output = ArrayD::zeros(IxDyn(&[HEIGHT, WIDTH]));
    let spec = spec(&[("state", STATE)]);
    let mut segmenter = NetworkSegmenter::new(Box::new(Answering::new(output)), spec).unwrap();
    let error = segmenter
        .segment(&Scene::new().picture, &mut Mask::new())
        .unwrap_err();
    assert_eq!(error.kind(), SegmentErrorKind::Engine);
    assert!(error.to_string().contains("no recurrent"), "{error}");
}

#[test]
fn later_pictures_allocate_nothing() {
    let mut scene = Scene::new();
    let mut mask = Mask::new();
    let mut segment = || scene.segmenter.segment(&scene.picture, &mut mask).unwrap();
    let first = allocation_counter::measure(&mut segment);
    assert!(first.count_total > 0, "the counter sees nothing");
    assert_eq!(allocation_counter::measure(&mut segment).count_total, 0);
    // Nor does a start over.
    let again = allocation_counter::measure(|| {
        scene.segmenter.reset();
        scene.segmenter.segment(&scene.picture, &mut mask).unwrap();
    });
    assert_eq!(again.count_total, 0);
}
