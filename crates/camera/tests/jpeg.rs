//! JPEG pictures for a pipeline: the samples of planar ones, and no row of another picture.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

use frosted_camera::{CameraErrorKind, JpegDecoder};
use frosted_core::{Frame, FrameSpec, PixelFormat};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use proptest::prelude::*;

/// How a picture is coded.
#[derive(Clone, Copy, Debug)]
struct Coding {
    sampling: SamplingFactor,
    progressive: bool,
    /// Between two restart markers, in units of the coding.
    restarts: Option<u16>,
}

const PLAIN: Coding = Coding {
    sampling: SamplingFactor::F_2_1,
    progressive: false,
    restarts: None,
};

const SAMPLINGS: [SamplingFactor; 4] = [
    SamplingFactor::F_2_1,
    SamplingFactor::F_1_1,
    SamplingFactor::F_2_2,
    SamplingFactor::F_1_2,
];

fn picture(width: usize, height: usize, seed: usize, coding: Coding) -> Vec<u8> {
    let samples: Vec<u8> = (0..width * height * 3)
        .map(|at| (at * 7 + at / 91 * 13 + seed * 61) as u8)
        .collect();
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 85);
    encoder.set_sampling_factor(coding.sampling);
    encoder.set_progressive(coding.progressive);
    if let Some(interval) = coding.restarts {
        encoder.set_restart_interval(interval);
    }
    encoder
        .encode(&samples, width as u16, height as u16, ColorType::Ycbcr)
        .unwrap();
    jpeg
}

/// A frame of another picture's.
fn used(byte: u8) -> Frame {
    let mut frame = Frame::new(FrameSpec::new(PixelFormat::Yuyv, 200, 200).unwrap());
    frame.bytes_mut().fill(byte);
    frame
}

/// What is wrong with `packed`, which should hold the samples of `planar`.
fn difference(planar: &Frame, packed: &Frame) -> Option<String> {
    let (from, to) = (planar.view(), packed.view());
    let spec = *planar.spec();
    if spec.format() != PixelFormat::I422 {
        return (planar.spec() != packed.spec() || planar.bytes() != packed.bytes())
            .then(|| "is not as without packing".to_owned());
    }
    if *packed.spec() != spec.in_format(PixelFormat::Yuyv) {
        return Some(format!("is {:?}", packed.spec()));
    }
    (0..spec.height()).find_map(|y| {
        let (luma, cb, cr) = (from.row(0, y), from.row(1, y), from.row(2, y));
        let wanted: Vec<u8> = (0..cb.len())
            .flat_map(|pair| {
                let second = luma.get(2 * pair + 1).unwrap_or(&luma[2 * pair]);
                [luma[2 * pair], cb[pair], *second, cr[pair]]
            })
            .collect();
        (to.row(0, y) != wanted).then(|| format!("differs in row {y}"))
    })
}

proptest! {
    /// Odd sizes, progressive pictures and restart markers, one decoder for all of them.
    #[test]
    fn packed_pictures_hold_the_samples_of_planar_ones(
        sizes in prop::collection::vec((16usize..90, 16usize..70), 1..4),
        progressive: bool,
        restarts in prop::option::of(1u16..9),
        seed in 0usize..100,
    ) {
        let (mut planes, mut packer) = (JpegDecoder::default(), JpegDecoder::packed());
        let (mut planar, mut packed) = (used(0), used(0xaa));
        for (width, height) in sizes {
            for sampling in SAMPLINGS {
                let coding = Coding { sampling, progressive, restarts };
                let jpeg = picture(width, height, seed, coding);
                planes.decode(&jpeg, &mut planar).unwrap();
                packer.decode(&jpeg, &mut packed).unwrap();
                let difference = difference(&planar, &packed);
                prop_assert!(difference.is_none(), "{:?} {}x{}: {:?}", coding, width, height, difference);
            }
        }
    }

    /// What is taken for whole has no row that was in the frame before: two frames that held
    /// other things are the same after it.
    #[test]
    fn damaged_pictures_are_refused_or_leave_nothing_of_an_earlier_one(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in prop::option::of(any::<prop::sample::Index>()),
        sampling in prop::sample::select(&SAMPLINGS[..]),
        progressive: bool,
        restarts in prop::option::of(1u16..9),
    ) {
        let coding = Coding { sampling, progressive, restarts };
        let mut jpeg = picture(49, 35, 3, coding);
        for (at, value) in hits {
            let at = at.index(jpeg.len());
            jpeg[at] = value;
        }
        if let Some(cut) = cut {
            jpeg.truncate(cut.index(jpeg.len()));
        }
        let outcomes = [0x11, 0xee].map(|byte| {
            // Its buffers hold another picture's rows, too.
            let mut decoder = JpegDecoder::packed();
            decoder.decode(&picture(80, 64, byte.into(), PLAIN), &mut used(0)).unwrap();
            let mut frame = used(byte);
            decoder.decode(&jpeg, &mut frame).map(|()| frame).ok()
        });
        let [Some(one), Some(other)] = outcomes else {
            prop_assert!(outcomes == [None, None], "taken for whole once");
            return Ok(());
        };
        prop_assert!(one.spec() == other.spec() && one.bytes() == other.bytes());
        let mut planar = used(0);
        if JpegDecoder::default().decode(&jpeg, &mut planar).is_ok() {
            let difference = difference(&planar, &one);
            prop_assert!(difference.is_none(), "{:?}", difference);
        }
    }
}

#[test]
fn every_cut_of_a_packed_picture_is_damage() {
    for sampling in [SamplingFactor::F_2_1, SamplingFactor::F_1_1] {
        let coding = Coding { sampling, ..PLAIN };
        let jpeg = picture(64, 48, 1, coding);
        let (mut decoder, mut frame) = (JpegDecoder::packed(), used(0));
        for length in 0..jpeg.len() - 16 {
            let error = decoder.decode(&jpeg[..length], &mut frame).unwrap_err();
            assert_eq!(error.kind(), CameraErrorKind::Damaged, "{length} bytes");
        }
        decoder.decode(&jpeg, &mut frame).unwrap();
    }
}

#[test]
fn grey_pictures_stay_planar_with_neutral_chroma() {
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90)
        .encode(&[200; 21 * 18], 21, 18, ColorType::Luma)
        .unwrap();
    let mut frame = used(0);
    JpegDecoder::packed().decode(&jpeg, &mut frame).unwrap();
    assert_eq!(frame.spec().format(), PixelFormat::I420);
    assert!(frame.view().row(1, 8).iter().all(|&code| code == 128));
}
