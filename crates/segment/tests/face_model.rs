//! Both engines on the real model of faces.
#![allow(clippy::unwrap_used)]
#![cfg(all(feature = "onnxruntime", feature = "embedded"))]

#[path = "scene/real.rs"]
mod real;
mod scene;

use frosted_core::{
    Colour, Face, FaceFinder, Faces, FrameSpec, Matrix, PixelFormat, Point, Range, Reduced,
    Rotation,
};
use frosted_segment::{
    EngineChoice, FaceDetector, FaceOptions, LoadError, LoadErrorKind, ModelSpec, RuntimeSearch,
    open, open_faces,
};
use image::RgbImage;
use real::{aloud, engines, model, portrait_image, without_sum};
use scene::{ROTATIONS, picture};

const MODEL: &str = "face_short_range_128";

fn opened(
    choice: EngineChoice,
    spec: &ModelSpec,
    onnx: &[u8],
    options: FaceOptions,
) -> Result<FaceDetector, LoadError> {
    open_faces(choice, &RuntimeSearch::default(), spec, onnx, options)
}

/// A frame with the portrait, or a part of it, upright.
struct Shot {
    /// Width and height of the frame.
    size: (usize, usize),
    /// Where the portrait's top left corner is; what is beside it is grey.
    corner: (isize, isize),
    square_px: usize,
}

const SHOTS: [Shot; 4] = [
    Shot {
        size: (512, 512),
        corner: (0, 0),
        square_px: 2,
    },
    Shot {
        size: (512, 288),
        corner: (0, 0),
        square_px: 2,
    },
    Shot {
        size: (600, 401),
        corner: (40, 10),
        square_px: 3,
    },
    Shot {
        size: (288, 512),
        corner: (-80, 0),
        square_px: 2,
    },
];

impl Shot {
    /// The colour of a pixel of the upright frame.
    fn pixel(&self, image: &RgbImage, x: usize, y: usize) -> [f32; 3] {
        let place = |at: usize, corner: isize| u32::try_from(at as isize - corner).ok();
        place(x, self.corner.0)
            .zip(place(y, self.corner.1))
            .and_then(|(x, y)| image.get_pixel_checked(x, y))
            .map_or([90.0; 3], |pixel| pixel.0.map(f32::from))
    }

    fn reduced(
        &self,
        image: &RgbImage,
        format: PixelFormat,
        colour: Colour,
        rotation: Rotation,
    ) -> Reduced {
        let (width, height) = rotation.upright(self.size);
        let frame = FrameSpec::new(format, width, height)
            .unwrap()
            .with_colour(colour)
            .with_rotation(rotation);
        let upright = |x: usize, y: usize| match rotation {
            Rotation::None => (x, y),
            Rotation::Clockwise90 => (height - 1 - y, x),
            Rotation::Half => (width - 1 - x, height - 1 - y),
            Rotation::Clockwise270 => (y, width - 1 - x),
        };
        picture(&frame, self.square_px, |plane, x, y| {
            let side = self.square_px;
            let (mut sum, mut count) = (0.0, 0.0);
            for (x, y) in (0..side * side).map(|i| (x * side + i % side, y * side + i / side)) {
                if x < width && y < height {
                    let (x, y) = upright(x, y);
                    let rgb = self.pixel(image, x, y);
                    sum += if format.is_yuv() {
                        ycbcr(rgb, colour)[plane]
                    } else {
                        rgb[plane]
                    };
                    count += 1.0;
                }
            }
            (sum / count + 0.5_f32) as u8
        })
    }

    /// A place of the portrait in the reduced picture.
    fn place(&self, picture: &Reduced, (x, y): (f32, f32)) -> Point {
        let stored = picture.frame_size();
        let (x, y) = picture.rotation().stored_point(
            (stored.0 as f32, stored.1 as f32),
            x + self.corner.0 as f32,
            y + self.corner.1 as f32,
        );
        let side = picture.square_px() as f32;
        Point {
            x: x / side,
            y: y / side,
        }
    }
}

/// Y, Cb, Cr of BT.601 or BT.709 (ITU-R, section 3 of each).
fn ycbcr([r, g, b]: [f32; 3], colour: Colour) -> [f32; 3] {
    let (red, blue) = match colour.matrix {
        Matrix::Bt709 => (0.2126, 0.0722),
        _ => (0.299, 0.114),
    };
    let y = red * r + (1.0 - red - blue) * g + blue * b;
    let cb = (b - y) / (2.0 * (1.0 - blue));
    let cr = (r - y) / (2.0 * (1.0 - red));
    match colour.range {
        Range::Full => [y, 128.0 + cb, 128.0 + cr],
        _ => [
            16.0 + y * 219.0 / 255.0,
            128.0 + cb * 224.0 / 255.0,
            128.0 + cr * 224.0 / 255.0,
        ],
    }
}

/// Side of her face in pixels of the portrait.
const SIDE: f32 = 94.0;

/// Every key point must lie within an eighth of the face's side of where a look at the
/// portrait finds it.
fn check(name: &str, shot: &Shot, picture: &Reduced, face: &Face) {
    let points = face.points;
    let expected = [
        ("centre", face.centre, (225.0, 125.0)),
        ("right eye", points.right_eye, (204.0, 103.0)),
        ("left eye", points.left_eye, (247.0, 107.0)),
        ("nose", points.nose, (223.0, 127.0)),
        ("mouth", points.mouth, (220.0, 147.0)),
    ];
    let unit = 1.0 / picture.square_px() as f32;
    for (what, found, place) in expected {
        let place = shot.place(picture, place);
        let away = (found.x - place.x).hypot(found.y - place.y);
        assert!(
            away < SIDE / 8.0 * unit,
            "{name}: {what} at {found:?}, expected {place:?}"
        );
    }
    let sides = (0.8 * SIDE * unit)..(1.2 * SIDE * unit);
    assert!(
        sides.contains(&face.width) && sides.contains(&face.height),
        "{name}: {face:?}"
    );
    assert!((0.5..=1.0).contains(&face.score), "{name}: {face:?}");
}

#[test]
fn each_engine_finds_the_face_of_a_portrait_in_every_format_and_turn() {
    let image = portrait_image();
    let (text, onnx) = model(MODEL);
    let spec = ModelSpec::from_toml(&text).unwrap();
    let bt709 = Colour {
        matrix: Matrix::Bt709,
        range: Range::Full,
    };
    let formats = [
        (PixelFormat::Rgb8, Colour::default()),
        (PixelFormat::Nv12, Colour::default()),
        (PixelFormat::I420, bt709),
    ];
    let mut detectors: Vec<_> = engines()
        .into_iter()
        .map(|choice| opened(choice, &spec, &onnx, FaceOptions::default()).unwrap())
        .collect();
    let mut worst = 0.0_f32;
    for shot in &SHOTS {
        for (format, colour) in formats {
            for rotation in ROTATIONS {
                let picture = shot.reduced(&image, format, colour, rotation);
                let found: Vec<Face> = detectors
                    .iter_mut()
                    .map(|detector| {
                        let engine = detector.info().engine;
                        let name = format!("{engine} {:?} {format} {rotation:?}", shot.size);
                        let mut faces = Faces::new();
                        detector.find(&picture, &mut faces).unwrap();
                        let [face] = faces.as_slice() else {
                            panic!("{name}: {} faces", faces.as_slice().len());
                        };
                        check(&name, shot, &picture, face);
                        *face
                    })
                    .collect();
                if let [a, b] = found.as_slice() {
                    let sides = (a.width - b.width).abs().max((a.height - b.height).abs());
                    let centre = (a.centre.x - b.centre.x).abs();
                    let centre = centre.max((a.centre.y - b.centre.y).abs());
                    worst = worst.max(sides).max(centre).max((a.score - b.score).abs());
                }
            }
        }
    }
    if detectors.len() > 1 {
        aloud(&format!(
            "{MODEL}: the engines' faces differ by at most {worst:e} reduced pixels"
        ));
    }
    assert!(worst <= 1e-2, "{worst}");
}

#[test]
fn a_picture_without_a_face_has_none() {
    let (text, onnx) = model(MODEL);
    let spec = ModelSpec::from_toml(&text).unwrap();
    let frame = FrameSpec::new(PixelFormat::Nv12, 1280, 720).unwrap();
    let pictures = [
        ("grey", picture(&frame, 5, |_, _, _| 128)),
        ("stripes", picture(&frame, 5, |_, x, _| (x * 8 % 256) as u8)),
        (
            "noise",
            picture(&frame, 5, |plane, x, y| {
                scene::noise((plane << 40 | x << 20 | y) as u64) as u8
            }),
        ),
    ];
    for choice in engines() {
        let mut detector = opened(choice, &spec, &onnx, FaceOptions::default()).unwrap();
        for (name, picture) in &pictures {
            let mut faces = Faces::new();
            detector.find(picture, &mut faces).unwrap();
            assert_eq!(faces.as_slice(), [], "{name} {choice}");
        }
    }
}

#[test]
fn a_spec_that_names_other_outputs_or_anchors_is_refused() {
    let (text, onnx) = model(MODEL);
    let changes = [
        ("\"regressors\"", "\"boxes\"", "regressors, classificators"),
        ("\"classificators\"", "\"regressors\"", "1x896x16"),
        ("anchors = [2, 6]", "anchors = [2, 7]", "1x960x16"),
        ("strides = [8, 16]", "strides = [16, 8]", "1x1664x16"),
        ("height = 128", "height = 64", "1x3x64x128"),
    ];
    for (from, to, says) in changes {
        let spec = without_sum(&text.replace(from, to));
        for choice in engines() {
            let error = opened(choice, &spec, &onnx, FaceOptions::default()).unwrap_err();
            assert_eq!(error.kind(), LoadErrorKind::Mismatch, "{to}: {error}");
            assert!(error.to_string().contains(says), "{to}: {error}");
        }
    }
}

#[test]
fn models_of_faces_and_of_the_person_do_not_pass_for_each_other() {
    let (faces_text, faces_onnx) = model(MODEL);
    let (person_text, person_onnx) = model("selfie_landscape_256x144");
    let [faces, person] =
        [&faces_text, &person_text].map(|text| ModelSpec::from_toml(text).unwrap());
    for choice in engines() {
        let search = RuntimeSearch::default();
        let as_person = open(choice, &search, &faces, &faces_onnx).unwrap_err();
        let options = FaceOptions::default();
        let as_faces = opened(choice, &person, &person_onnx, options).unwrap_err();
        for error in [as_person, as_faces] {
            assert_eq!(error.kind(), LoadErrorKind::Spec, "{error}");
        }
        let swapped = without_sum(&faces_text);
        let error = opened(choice, &swapped, &person_onnx, options).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Mismatch, "{error}");
    }
}
