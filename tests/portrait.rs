//! A real portrait through the whole library, as an app uses it.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use frosted::{
    Background, EngineChoice, Error, Model, Pipeline, Rgb, Settings, Setup, SetupErrorKind, Shown,
    TextHeight, Timestamp,
};

const SIZE: usize = 512;

fn portrait() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/portrait.png");
    let picture = image::open(path).unwrap().to_rgb8();
    assert_eq!(picture.dimensions(), (512, 512));
    picture.into_raw()
}

fn pipeline(background: Background) -> Pipeline {
    let settings = Settings {
        background,
        ..Settings::for_stills()
    };
    Setup {
        engine: EngineChoice::Rten,
        settings,
        ..Setup::default()
    }
    .build()
    .unwrap()
}

fn protect(background: Background) -> Result<Vec<u8>, Error> {
    let mut protected = vec![0; 3 * SIZE * SIZE];
    let report = pipeline(background).process_rgb(
        (SIZE, SIZE),
        Timestamp::ZERO,
        &portrait(),
        &mut protected,
    )?;
    assert_eq!(report.shown, Shown::Person);
    assert!(
        (0.3..0.7).contains(&report.person_share),
        "{}",
        report.person_share
    );
    Ok(protected)
}

fn pixel(picture: &[u8], x: usize, y: usize) -> [u8; 3] {
    let at = 3 * (y * SIZE + x);
    [picture[at], picture[at + 1], picture[at + 2]]
}

/// The sum of differences between neighbours in a square: much where there is detail.
fn detail(picture: &[u8], (left, top): (usize, usize), side: usize) -> u64 {
    let mut sum = 0;
    for y in top..top + side {
        for x in left..left + side - 1 {
            let (a, b) = (pixel(picture, x, y), pixel(picture, x + 1, y));
            sum += a
                .iter()
                .zip(b)
                .map(|(a, b)| u64::from(a.abs_diff(b)))
                .sum::<u64>();
        }
    }
    sum
}

#[test]
fn the_face_is_as_it_was_and_the_flag_behind_it_is_gone() -> Result<(), Error> {
    let original = portrait();
    for background in [
        Background::Blur(TextHeight::default()),
        Background::Frost(TextHeight::default()),
    ] {
        let protected = protect(background)?;
        for y in 90..170 {
            for x in 200..250 {
                assert_eq!(
                    pixel(&original, x, y),
                    pixel(&protected, x, y),
                    "{x},{y} of the face"
                );
            }
        }
        // The flag's stripes stand on the left, the shuttle's model on the right.
        for corner in [(0, 100), (420, 60)] {
            let (before, after) = (
                detail(&original, corner, 80),
                detail(&protected, corner, 80),
            );
            assert!(
                after * 5 < before,
                "detail at {corner:?} went from {before} to {after}"
            );
        }
    }
    Ok(())
}

#[test]
fn a_colour_shows_nothing_of_the_room() -> Result<(), Error> {
    let protected = protect(Background::Colour(Rgb::new(20, 40, 60)))?;
    for (x, y) in [(0, 0), (511, 0), (40, 200), (500, 150)] {
        assert_eq!(pixel(&protected, x, y), [20, 40, 60], "{x},{y}");
    }
    Ok(())
}

#[test]
fn what_cannot_be_built_says_what_to_do() {
    let cases = [
        (
            Setup {
                threads: 0,
                ..Setup::default()
            },
            SetupErrorKind::Threads,
            "1 to 64",
        ),
        (
            Setup {
                threads: 65,
                ..Setup::default()
            },
            SetupErrorKind::Threads,
            "65",
        ),
        (
            Setup {
                model: Model::File("nowhere/model.onnx".into()),
                ..Setup::default()
            },
            SetupErrorKind::Model,
            "nowhere/model.onnx",
        ),
        (
            Setup {
                network_threads: 0,
                ..Setup::default()
            },
            SetupErrorKind::Threads,
            "0 threads were asked for to run a network",
        ),
    ];
    for (setup, kind, part) in cases {
        let engine = EngineChoice::Rten;
        let error = Setup { engine, ..setup }.build().unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(part), "{error}");
    }
    let unknown = "portrait".parse::<Model>().unwrap_err().to_string();
    assert!(unknown.contains("quality, landscape"), "{unknown}");
}

#[test]
fn a_pipeline_may_move_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&pipeline(Background::default()));
}

#[cfg(feature = "image")]
#[test]
fn a_picture_of_the_image_crate_comes_back_as_the_bytes_do() -> Result<(), Error> {
    let background = Background::Blur(TextHeight::default());
    let input = image::RgbImage::from_raw(512, 512, portrait()).unwrap();
    let (output, report) = pipeline(background.clone()).process_image(Timestamp::ZERO, &input)?;
    assert_eq!(report.shown, Shown::Person);
    assert!(output.into_raw() == protect(background)?);
    Ok(())
}
