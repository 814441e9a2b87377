//! Recurrent networks in every engine: what they are given of the pictures before, and when
//! it is forgotten.
#![allow(clippy::unwrap_used)]
#![cfg(all(feature = "onnxruntime", feature = "embedded"))]

#[path = "scene/graph.rs"]
mod graph;
#[path = "scene/real.rs"]
mod real;
mod scene;

use frosted_core::{
    FrameSpec, Mask, PixelFormat, Reduced, Rotation, SegmentError, SegmentErrorKind, Segmenter,
};
use frosted_segment::ndarray::{Array4, ArrayD, IxDyn};
use frosted_segment::{
    EngineChoice, LoadError, LoadErrorKind, ModelSpec, NetworkSegmenter, RuntimeSearch, open,
    open_engine,
};
use graph::{Graph, STATES};
use real::engines;
use scene::{HEIGHT, WIDTH, picture, spec};

fn recurrent_spec() -> ModelSpec {
    spec(&[("state", STATES)])
}

fn onnx(graph: Graph) -> Vec<u8> {
    graph::onnx(graph, (WIDTH, HEIGHT))
}

fn opened(choice: EngineChoice, graph: Graph) -> NetworkSegmenter {
    let search = RuntimeSearch::default();
    open(choice, &search, &recurrent_spec(), &onnx(graph)).unwrap()
}

/// A picture of one grey, 0 to 255, of the network's own size.
fn grey(value: u8) -> Reduced {
    sized(value, WIDTH, HEIGHT, Rotation::None)
}

fn sized(value: u8, width: usize, height: usize, rotation: Rotation) -> Reduced {
    let frame = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
    picture(&frame.with_rotation(rotation), 1, |_, _, _| value)
}

/// The mask's one value.
fn shown(segmenter: &mut NetworkSegmenter, picture: &Reduced) -> Result<u8, SegmentError> {
    let mut mask = Mask::new();
    segmenter.segment(picture, &mut mask)?;
    let first = mask.values()[0];
    assert!(mask.values().iter().all(|&value| value == first));
    Ok(first)
}

/// The masks of `values` one behind another, as the formula has them.
fn expected(values: &[u8]) -> Vec<u8> {
    let mut memory = 0.0;
    let step = |&value: &u8| {
        memory = (f64::from(value) + memory) / 2.0;
        memory.round() as u8
    };
    values.iter().map(step).collect()
}

fn all_shown(segmenter: &mut NetworkSegmenter, values: &[u8]) -> Vec<u8> {
    let masks = values.iter().map(|&value| shown(segmenter, &grey(value)));
    masks.collect::<Result<_, _>>().unwrap()
}

const FALLING: [u8; 6] = [250, 201, 150, 90, 31, 0];

#[test]
fn each_picture_is_seen_with_what_the_ones_before_left() {
    assert_eq!(expected(&FALLING), [125, 163, 157, 123, 77, 39]);
    for choice in engines() {
        let mut segmenter = opened(choice, Graph::Echo);
        assert_eq!(
            all_shown(&mut segmenter, &FALLING),
            expected(&FALLING),
            "{choice}"
        );
    }
}

#[test]
fn a_reset_is_a_start() {
    for choice in engines() {
        let mut segmenter = opened(choice, Graph::Echo);
        for _ in 0..3 {
            assert_eq!(
                all_shown(&mut segmenter, &FALLING),
                expected(&FALLING),
                "{choice}"
            );
            segmenter.reset();
        }
    }
}

#[test]
fn a_picture_that_lies_otherwise_is_a_start() {
    let others = [
        ("size", sized(240, 2 * WIDTH, 2 * HEIGHT, Rotation::None)),
        ("one side", sized(240, WIDTH, HEIGHT + 2, Rotation::None)),
        ("rotation", sized(240, WIDTH, HEIGHT, Rotation::Half)),
    ];
    for choice in engines() {
        for (name, other) in &others {
            let mut segmenter = opened(choice, Graph::Echo);
            all_shown(&mut segmenter, &FALLING);
            assert_eq!(shown(&mut segmenter, other), Ok(120), "{choice} {name}");
            assert_eq!(shown(&mut segmenter, other), Ok(180), "{choice} {name}");
            let back = all_shown(&mut segmenter, &FALLING);
            assert_eq!(back, expected(&FALLING), "{choice} back from {name}");
        }
    }
}

#[test]
fn a_state_that_is_not_finite_is_an_error_and_a_start() {
    for choice in engines() {
        let mut segmenter = opened(choice, Graph::BreaksOnWhite);
        let first = shown(&mut segmenter, &grey(100)).unwrap();
        assert_ne!(shown(&mut segmenter, &grey(100)).unwrap(), first);
        let mut mask = Mask::new();
        mask.begin(&grey(0)).fill(77);
        let error = segmenter.segment(&grey(255), &mut mask).unwrap_err();
        assert_eq!(error.kind(), SegmentErrorKind::NonFinite, "{choice}");
        let said = format!("{0} of the {0} values", WIDTH * HEIGHT);
        assert!(error.to_string().contains(&said), "{error}");
        assert!(error.to_string().contains("memory_out"), "{error}");
        assert!(mask.values().iter().all(|&value| value == 77), "{choice}");
        assert_eq!(shown(&mut segmenter, &grey(100)), Ok(first), "{choice}");
    }
}

/// Its memory is its own: another pipeline's pictures are none of its business.
#[test]
fn two_segmenters_share_no_memory() {
    for choice in engines() {
        let (mut one, mut other) = (opened(choice, Graph::Echo), opened(choice, Graph::Echo));
        for (value, expected) in FALLING.into_iter().zip(expected(&FALLING)) {
            assert_eq!(shown(&mut one, &grey(value)), Ok(expected), "{choice}");
            shown(&mut other, &grey(255)).unwrap();
        }
    }
}

#[test]
fn an_engine_takes_and_gives_the_states_in_the_specs_order() {
    let spec = recurrent_spec();
    let search = RuntimeSearch::default();
    for choice in engines() {
        let mut engine = open_engine(choice, &search, &spec, &onnx(Graph::Echo)).unwrap();
        let input = Array4::from_elem(spec.input_shape(), 0.5);
        let plane = IxDyn(&[1, 1, HEIGHT, WIDTH]);
        let mut states = [
            ArrayD::from_elem(IxDyn(&[2]), 7.0),
            ArrayD::from_shape_fn(plane, |at| at[3] as f32 / WIDTH as f32),
        ];
        let before = states[1].clone();
        let mask = engine.step(input.view(), &mut states).unwrap().to_owned();
        assert_eq!(mask, (before + 0.5) * 0.5, "{choice}");
        assert_eq!(states[0], ArrayD::from_elem(IxDyn(&[2]), 8.0), "{choice}");
        assert_eq!(states[1], mask, "{choice}");

        for wrong in [&mut states[..1], &mut []] {
            let count = wrong.len();
            let error = engine.step(input.view(), wrong).unwrap_err().to_string();
            let said = format!("the model has 2 states, it was given {count}");
            assert_eq!(error, said, "{choice}");
        }
        let error = engine.run(input.view()).unwrap_err().to_string();
        assert!(error.contains("2 states"), "{choice}: {error}");
    }
}

fn refused(choice: EngineChoice, spec: &ModelSpec) -> LoadError {
    let onnx = onnx(Graph::Echo);
    open(choice, &RuntimeSearch::default(), spec, &onnx).unwrap_err()
}

#[test]
fn states_that_are_not_the_models_are_refused_by_name() {
    let cases = [
        (
            "\"count_in\"",
            "\"count\"",
            "no input \"count\", but memory_in, picture, count_in",
        ),
        (
            "\"count_out\"",
            "\"mask2\"",
            "no output \"mask2\", but memory_out",
        ),
        ("[2]", "[3]", "its input \"count_in\" is 2, the spec says 3"),
        (
            "[2]",
            "[2, 1]",
            "its input \"count_in\" is 2, the spec says 2x1",
        ),
    ];
    for (from, to, said) in cases {
        let changed = STATES.replacen(from, to, 1);
        assert_ne!(changed, STATES);
        for choice in engines() {
            let error = refused(choice, &spec(&[("state", &changed)]));
            assert_eq!(error.kind(), LoadErrorKind::Mismatch, "{choice} {error}");
            assert!(error.to_string().contains(said), "{choice}: {error}");
        }
    }
}

#[test]
fn a_recurrent_model_whose_spec_has_no_states_is_refused() {
    let some = r#"[{ input = "count_in", output = "count_out", shape = [2] }]"#;
    for choice in engines() {
        let error = refused(choice, &spec(&[]));
        assert_eq!(error.kind(), LoadErrorKind::Mismatch, "{choice}");
        let said = "it has 3 inputs (memory_in, picture, count_in), its kind has one";
        assert!(error.to_string().contains(said), "{choice}: {error}");

        let error = refused(choice, &spec(&[("state", some)]));
        let said = "it has 2 inputs beside its states (memory_in, picture)";
        assert!(error.to_string().contains(said), "{choice}: {error}");
    }
}
