//! Pictures on their way into a network and masks on their way out of it.
#![allow(clippy::unwrap_used)]

#[path = "scene/oracle.rs"]
mod oracle;
mod scene;

use frosted_core::{
    Colour, FrameSpec, Mask, Matrix, PixelFormat, Range, Reduced, Rotation, Segmenter,
};
use frosted_segment::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted_segment::{Engine, EngineError, Layout, ModelSpec, NetworkSegmenter};
use scene::{Answering, ROTATIONS, noise, picture, spec};

/// Frame sizes and squares: 16:9, 4:3, 9:16, odd remainders in both axes, smaller than the
/// network, one row of squares.
const SIZES: [(usize, usize, usize); 9] = [
    (240, 160, 5),
    (48, 32, 1),
    (1280, 720, 22),
    (640, 480, 15),
    (72, 128, 3),
    (101, 67, 3),
    (479, 271, 8),
    (17, 16, 1),
    (200, 17, 20),
];

const FITS: [&str; 2] = ["\"stretch\"", "\"letterbox\""];

/// Every rotation, fit and size, in RGB or one of the YUV colours in turn.
fn cases() -> Vec<(String, FrameSpec, usize, &'static str)> {
    let mut cases = Vec::new();
    for (width, height, square_px) in SIZES {
        for rotation in ROTATIONS {
            for fit in FITS {
                let (format, colour) = [
                    (PixelFormat::Rgb8, Colour::default()),
                    (PixelFormat::Nv12, Colour::default()),
                    (
                        PixelFormat::I420,
                        Colour {
                            matrix: Matrix::Bt709,
                            range: Range::Full,
                        },
                    ),
                ][cases.len() % 3];
                let frame = FrameSpec::new(format, width, height)
                    .unwrap()
                    .with_colour(colour)
                    .with_rotation(rotation);
                let name = format!("{width}x{height}/{square_px} {format} {rotation:?} {fit}");
                cases.push((name, frame, square_px, fit));
            }
        }
    }
    cases
}

fn noisy(frame: &FrameSpec, square_px: usize) -> Reduced {
    picture(frame, square_px, |plane, x, y| {
        noise((plane * 1_000_003 + y * 1009 + x) as u64) as u8
    })
}

fn segmenter(engine: impl Engine + 'static, spec: &ModelSpec) -> NetworkSegmenter {
    NetworkSegmenter::new(Box::new(engine), spec.clone()).unwrap()
}

#[test]
fn inputs_are_those_of_the_plain_reckoning() {
    let mut wrong = Vec::new();
    for (i, (name, frame, square_px, fit)) in cases().into_iter().enumerate() {
        let layout = ["\"nchw\"", "\"nhwc\""][i / 3 % 2];
        let channels = ["\"rgb\"", "\"bgr\""][i / 5 % 2];
        let spec = spec(&[
            ("fit", fit),
            ("layout", layout),
            ("channels", channels),
            ("mean", "[0.5, 0.25, 0.125]"),
            ("std", "[0.5, 1.0, 2.0]"),
        ]);
        let engine = Answering::new(ArrayD::zeros(IxDyn(&spec.output_shapes()[0])));
        let seen = engine.input.clone();
        let picture = noisy(&frame, square_px);
        segmenter(engine, &spec)
            .segment(&picture, &mut Mask::new())
            .unwrap();
        let worst = worst_input(&picture, &spec, &seen.lock().unwrap());
        // An input of 0 to 255 spans 2 here at most: a hundredth of a level.
        if worst > 8e-5 {
            wrong.push(format!("{name} {layout} {channels}: {worst}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn worst_input(picture: &Reduced, spec: &ModelSpec, seen: &[f32]) -> f64 {
    let (width, height) = (spec.width(), spec.height());
    let bgr = spec.channels() == frosted_segment::ChannelOrder::Bgr;
    let mut worst = 0.0_f64;
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        for channel in 0..3 {
            let place = if bgr { 2 - channel } else { channel };
            let index = match spec.layout() {
                Layout::Nchw => (place * height + y) * width + x,
                Layout::Nhwc => (y * width + x) * 3 + place,
            };
            let expected = oracle::input(picture, spec, channel, (x, y));
            worst = worst.max((expected - f64::from(seen[index])).abs());
        }
    }
    worst
}

#[test]
fn masks_are_those_of_the_plain_reckoning() {
    let mut wrong = Vec::new();
    for (name, frame, square_px, fit) in cases() {
        let spec = spec(&[("fit", fit)]);
        let (width, height) = (spec.width(), spec.height());
        let alpha = |i: usize| noise(i as u64) as u16 as f32 / 65535.0;
        let output = (0..width * height).map(alpha).collect();
        let output = ArrayD::from_shape_vec(IxDyn(&[1, 1, height, width]), output).unwrap();
        let picture = noisy(&frame, square_px);
        let mut mask = Mask::new();
        segmenter(Answering::new(output.clone()), &spec)
            .segment(&picture, &mut mask)
            .unwrap();
        let at = |x, y| f64::from(output[[0, 0, y, x]]);
        for (i, &value) in mask.values().iter().enumerate() {
            let place = (i % picture.width(), i / picture.width());
            let expected = oracle::mask(&picture, &spec, place, at);
            if (expected - f64::from(value)).abs() > 0.51 {
                wrong.push(format!("{name} {place:?}: {value}, not {expected}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Takes the green of what it is shown for the person.
struct Green {
    spec: ModelSpec,
    output: ArrayD<f32>,
}

impl Engine for Green {
    fn name(&self) -> String {
        "green".into()
    }

    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let (width, height) = (self.spec.width(), self.spec.height());
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            self.output[[y, x]] = match self.spec.layout() {
                Layout::Nchw => input[[0, 1, y, x]],
                Layout::Nhwc => input[[0, y, x, 1]],
            };
        }
        Ok(self.output.view())
    }
}

/// A slope that no turn and no mirror leaves as it is.
fn slope(x: usize, y: usize, picture: (usize, usize)) -> u8 {
    let (x, y) = (x as f64 / picture.0 as f64, y as f64 / picture.1 as f64);
    (20.0 + 150.0 * x + 60.0 * y) as u8
}

#[test]
fn what_the_network_marks_comes_back_where_it_was() {
    let mut wrong = Vec::new();
    let sizes = [
        (1280, 720, 5),
        (640, 480, 2),
        (720, 1280, 5),
        (1919, 1081, 7),
        (401, 299, 2),
    ];
    for (width, height, square_px) in sizes {
        for rotation in ROTATIONS {
            for fit in FITS {
                for layout in ["\"nchw\"", "\"nhwc\""] {
                    let frame = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
                    let frame = frame.with_rotation(rotation);
                    let worst = worst_way_back(&frame, square_px, fit, layout);
                    // At an edge, half a network pixel of the slope is lost.
                    if worst > 2 {
                        wrong.push(format!(
                            "{width}x{height} {rotation:?} {fit} {layout}: {worst}"
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn worst_way_back(frame: &FrameSpec, square_px: usize, fit: &str, layout: &str) -> u8 {
    let changes = [
        ("fit", fit),
        ("layout", layout),
        ("width", "256"),
        ("height", "144"),
    ];
    let spec = spec(&changes);
    let size = (frame.width() / square_px, frame.height() / square_px);
    let picture = picture(frame, square_px, |plane, x, y| match plane {
        1 => slope(x, y, size),
        _ => 0,
    });
    let engine = Green {
        output: ArrayD::zeros(IxDyn(&[spec.height(), spec.width()])),
        spec: spec.clone(),
    };
    let mut mask = Mask::new();
    segmenter(engine, &spec)
        .segment(&picture, &mut mask)
        .unwrap();
    let pairs = mask.values().iter().zip(picture.planes()[1]);
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

/// The test above tells a wrong turn from a right one.
#[test]
fn no_turn_leaves_the_slope_as_it_is() {
    let stored = (40.0, 30.0);
    for rotation in &ROTATIONS[1..] {
        let upright = (rotation.upright((40, 30)).0, rotation.upright((40, 30)).1);
        let (x, y) = rotation.stored_point(stored, 0.5, 0.5);
        let turned = slope(x as usize, y as usize, (40, 30));
        assert!(turned.abs_diff(slope(0, 0, upright)) > 40, "{rotation:?}");
    }
}

#[test]
fn the_exact_size_is_taken_through_unchanged() {
    let frame = FrameSpec::new(PixelFormat::Rgb8, 1280, 720).unwrap();
    assert_eq!(worst_way_back(&frame, 5, "\"stretch\"", "\"nchw\""), 0);
}

#[test]
fn one_segmenter_follows_every_change_of_size_and_rotation() {
    let spec = spec(&[("fit", "\"letterbox\"")]);
    let engine = Answering::new(ArrayD::from_elem(IxDyn(&[32, 48]), 1.0));
    let seen = engine.input.clone();
    let mut segmenter = segmenter(engine, &spec);
    let mut mask = Mask::new();
    for (name, frame, square_px, _) in cases() {
        let picture = noisy(&frame, square_px);
        segmenter.segment(&picture, &mut mask).unwrap();
        assert_eq!(
            (mask.width(), mask.height()),
            (picture.width(), picture.height())
        );
        assert_eq!(mask.frame(), picture.frame());
        assert!(mask.values().iter().all(|&value| value == 255), "{name}");
        let worst = worst_input(&picture, &spec, &seen.lock().unwrap());
        assert!(worst < 8e-5, "{name}: {worst}");
    }
}

#[test]
fn frames_are_wanted_at_the_size_at_which_the_network_sees_them() {
    let cases = [
        ((1280, 720), Rotation::None, "\"stretch\"", (256, 144)),
        ((640, 480), Rotation::None, "\"stretch\"", (256, 144)),
        ((640, 480), Rotation::None, "\"letterbox\"", (192, 144)),
        (
            (1280, 720),
            Rotation::Clockwise90,
            "\"stretch\"",
            (144, 256),
        ),
        (
            (1280, 720),
            Rotation::Clockwise270,
            "\"letterbox\"",
            (144, 81),
        ),
        ((720, 1280), Rotation::Half, "\"letterbox\"", (81, 144)),
    ];
    for ((width, height), rotation, fit, expected) in cases {
        let spec = spec(&[("fit", fit), ("width", "256"), ("height", "144")]);
        let frame = FrameSpec::new(PixelFormat::Nv12, width, height).unwrap();
        let frame = frame.with_rotation(rotation);
        let engine = Answering::new(ArrayD::zeros(IxDyn(&[144, 256])));
        let wanted = segmenter(engine, &spec).wanted_size(&frame);
        assert_eq!(wanted, expected, "{width}x{height} {rotation:?} {fit}");
    }
}
