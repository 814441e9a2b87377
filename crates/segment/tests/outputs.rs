//! What an engine's output means, and what is refused.
#![allow(clippy::unwrap_used)]

mod scene;

use frosted_core::{FrameSpec, Mask, PixelFormat, Reduced, SegmentErrorKind, Segmenter};
use frosted_segment::ndarray::{Array, ArrayD, ArrayView4, ArrayViewD, Axis, IxDyn};
use frosted_segment::{Engine, EngineError, ModelSpec, NetworkSegmenter};
use scene::{Answering, noise, picture, spec};

const WIDTH: usize = 48;
const HEIGHT: usize = 32;

fn grey() -> Reduced {
    let frame = FrameSpec::new(PixelFormat::Rgb8, WIDTH, HEIGHT).unwrap();
    picture(&frame, 1, |_, _, _| 128)
}

fn mask_of(spec: &ModelSpec, output: ArrayD<f32>) -> Result<Mask, frosted_core::SegmentError> {
    let mut mask = Mask::new();
    NetworkSegmenter::new(Box::new(Answering::new(output)), spec.clone())
        .unwrap()
        .segment(&grey(), &mut mask)?;
    Ok(mask)
}

fn logit(i: usize) -> f32 {
    (noise(i as u64) % 2000) as f32 / 100.0 - 10.0
}

fn softmax_share(logits: &[f32], person: &[usize]) -> f64 {
    let exp: Vec<f64> = logits.iter().map(|&logit| f64::from(logit).exp()).collect();
    person.iter().map(|&class| exp[class]).sum::<f64>() / exp.iter().sum::<f64>()
}

/// (name, changes of the spec, planes, scale, alpha of a pixel's logits at (y, x)).
type Kind = (
    &'static str,
    &'static [(&'static str, &'static str)],
    usize,
    usize,
    fn(&[f32], usize, usize) -> f64,
);

const KINDS: [Kind; 9] = [
    ("alpha", &[], 1, 1, |v, _, _| {
        f64::from(v[0]).clamp(0.0, 1.0)
    }),
    ("logit", &[("output.kind", "\"logit\"")], 1, 1, |v, _, _| {
        softmax_share(&[0.0, v[0]], &[1])
    }),
    (
        "two classes, the second is the person",
        &[("output.kind", "\"two-class\""), ("output.person", "1")],
        2,
        1,
        |v, _, _| softmax_share(v, &[1]),
    ),
    (
        "two classes, the first is the person",
        &[("output.kind", "\"two-class\""), ("output.person", "0")],
        2,
        1,
        |v, _, _| softmax_share(v, &[0]),
    ),
    (
        "six classes",
        &[
            ("output.kind", "\"multi-class\""),
            ("output.classes", "6"),
            ("output.person", "[1, 2, 3, 4, 5]"),
        ],
        6,
        1,
        |v, _, _| softmax_share(v, &[1, 2, 3, 4, 5]),
    ),
    (
        "four planes",
        &[("output.kind", "\"planes\""), ("output.scale", "2")],
        4,
        2,
        |v, y, x| softmax_share(&[0.0, v[y % 2 * 2 + x % 2]], &[1]),
    ),
    (
        "sixteen planes",
        &[("output.kind", "\"planes\""), ("output.scale", "4")],
        16,
        4,
        |v, y, x| softmax_share(&[0.0, v[y % 4 * 4 + x % 4]], &[1]),
    ),
    (
        "alpha in four planes",
        &[("output.kind", "\"alpha-planes\""), ("output.scale", "2")],
        4,
        2,
        |v, y, x| f64::from(v[y % 2 * 2 + x % 2]).clamp(0.0, 1.0),
    ),
    (
        "alpha in sixteen planes",
        &[("output.kind", "\"alpha-planes\""), ("output.scale", "4")],
        16,
        4,
        |v, y, x| f64::from(v[y % 4 * 4 + x % 4]).clamp(0.0, 1.0),
    ),
];

#[test]
fn every_kind_of_output_gives_the_alpha_of_its_formula() {
    for (name, changes, planes, scale, alpha) in KINDS {
        for layout in ["\"nchw\"", "\"nhwc\""] {
            let spec = spec(&[changes, &[("layout", layout)]].concat());
            let (width, height) = (WIDTH / scale, HEIGHT / scale);
            // An alpha is one already; what is not is refused (see below).
            let in_range = |v: f32| {
                if name.starts_with("alpha") {
                    v / 20.0 + 0.5
                } else {
                    v
                }
            };
            let value = |plane: usize, y: usize, x: usize| {
                in_range(logit((plane * height + y) * width + x))
            };
            for shape in spec.output_shapes() {
                let nchw = layout == "\"nchw\"";
                let values: Vec<f32> = (0..planes * width * height)
                    .map(|i| match nchw {
                        true => value(i / (width * height), i / width % height, i % width),
                        false => value(i % planes, i / planes / width, i / planes % width),
                    })
                    .collect();
                let output = ArrayD::from_shape_vec(IxDyn(shape), values).unwrap();
                let mask = mask_of(&spec, output).unwrap();
                for (i, &byte) in mask.values().iter().enumerate() {
                    let (y, x) = (i / WIDTH, i % WIDTH);
                    let logits: Vec<f32> = (0..planes)
                        .map(|p| value(p, y / scale, x / scale))
                        .collect();
                    let expected = 255.0 * alpha(&logits, y, x);
                    let error = (expected - f64::from(byte)).abs();
                    assert!(
                        error < 0.501,
                        "{name} {layout} {shape:?} {y} {x}: {byte} {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn huge_logits_are_sure_and_not_broken() {
    for (value, expected) in [(1e30, 255), (-1e30, 0), (f32::MAX, 255), (f32::MIN, 0)] {
        let logits = spec(&[("output.kind", "\"logit\"")]);
        let mask = mask_of(&logits, ArrayD::from_elem(IxDyn(&[HEIGHT, WIDTH]), value)).unwrap();
        assert!(mask.values().iter().all(|&v| v == expected), "{value}");

        let six = spec(KINDS[4].1);
        let mut output = ArrayD::zeros(IxDyn(&[1, 6, HEIGHT, WIDTH]));
        output.index_axis_mut(Axis(1), 3).fill(value);
        let mask = mask_of(&six, output).unwrap();
        let expected = if expected == 0 { 204 } else { 255 };
        assert!(mask.values().iter().all(|&v| v == expected), "{value}");
    }
}

/// An output in another order of memory is as good as one in standard layout.
#[test]
fn outputs_need_not_lie_in_one_piece() {
    let spec = spec(&[]);
    let value = |y: usize, x: usize| (noise((y * WIDTH + x) as u64) % 256) as f32 / 255.0;
    let turned = Array::from_shape_fn((WIDTH, HEIGHT), |(x, y)| value(y, x));
    let output = turned.reversed_axes().into_dyn();
    assert!(output.as_slice().is_none());
    let mask = mask_of(&spec, output).unwrap();
    let expected = (0..WIDTH * HEIGHT).map(|i| (value(i / WIDTH, i % WIDTH) * 255.0).round() as u8);
    assert!(mask.values().iter().copied().eq(expected));
}

#[test]
fn any_value_that_is_not_finite_is_refused_before_the_mask_is_touched() {
    for (name, changes, planes, scale, _) in KINDS {
        let spec = spec(changes);
        let len = planes * WIDTH * HEIGHT / scale / scale;
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, len / 2 + 1, len - 1] {
                let mut values = vec![0.5; len];
                values[place] = bad;
                let output = ArrayD::from_shape_vec(IxDyn(&spec.output_shapes()[0]), values);
                let mut segmenter =
                    NetworkSegmenter::new(Box::new(Answering::new(output.unwrap())), spec.clone())
                        .unwrap();
                let mut mask = Mask::new();
                mask.begin(&grey()).fill(77);
                let error = segmenter.segment(&grey(), &mut mask).unwrap_err();
                assert_eq!(
                    error.kind(),
                    SegmentErrorKind::NonFinite,
                    "{name} {bad} {place}"
                );
                assert!(error.to_string().contains("1 of"), "{error}");
                assert!(mask.values().iter().all(|&value| value == 77), "{name}");
            }
        }
    }
}

#[test]
fn outputs_of_other_shapes_are_refused() {
    let shapes: [&[usize]; 9] = [
        &[1, 1, 16, 48],
        &[1, 1, 48, 32],
        &[1, 2, 32, 48],
        &[2, 1, 32, 48],
        &[1, 32, 48, 1],
        &[1, 1, 1, 32, 48],
        &[1536],
        &[0],
        &[],
    ];
    for shape in shapes {
        let error = mask_of(&spec(&[]), ArrayD::zeros(IxDyn(shape))).unwrap_err();
        assert_eq!(error.kind(), SegmentErrorKind::WrongSize, "{shape:?}");
        assert!(error.to_string().contains("1x1x32x48"), "{error}");
    }
}

struct Failing;

impl Engine for Failing {
    fn name(&self) -> String {
        "failing".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        Err(EngineError::new("out of order"))
    }
}

#[test]
fn an_engines_error_is_passed_on_with_its_name() {
    let mut segmenter = NetworkSegmenter::new(Box::new(Failing), spec(&[])).unwrap();
    let error = segmenter.segment(&grey(), &mut Mask::new()).unwrap_err();
    assert_eq!(error.kind(), SegmentErrorKind::Engine);
    assert_eq!(error.to_string(), "failing failed: out of order");
}

#[test]
fn a_picture_without_pixels_is_refused() {
    let output = ArrayD::zeros(IxDyn(&[HEIGHT, WIDTH]));
    let mut segmenter = NetworkSegmenter::new(Box::new(Answering::new(output)), spec(&[])).unwrap();
    let error = segmenter
        .segment(&Reduced::default(), &mut Mask::new())
        .unwrap_err();
    assert_eq!(error.kind(), SegmentErrorKind::WrongSize);
}

#[test]
fn an_alpha_outside_0_to_1_is_refused() {
    let whole = spec(&[]);
    let planes = spec(&[("output.kind", "\"alpha-planes\""), ("output.scale", "2")]);
    let output = |spec: &ModelSpec, value: f32| {
        let mut output = ArrayD::zeros(IxDyn(&spec.output_shapes()[0]));
        *output.last_mut().unwrap() = value;
        output
    };
    for (value, allowed) in [
        (1.0, true),
        (1.01, true),
        (-0.01, true),
        (1.5, false),
        (-0.5, false),
        (255.0, false),
    ] {
        for spec in [&whole, &planes] {
            match mask_of(spec, output(spec, value)) {
                Ok(_) => assert!(allowed, "{value} went through"),
                Err(error) => {
                    assert!(!allowed, "{value}: {error}");
                    assert_eq!(error.kind(), SegmentErrorKind::OutOfRange);
                    assert!(error.to_string().contains("0 to 1"), "{error}");
                }
            }
        }
    }
}
