//! The reduction against an oracle.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod oracle;

use frosted_core::internal::{Compositor, FrameId};
use frosted_core::{Frame, FrameSpec, PixelFormat};
use oracle::{SIZES, compositor, noise_frame, short_view, with_gaps};

fn cases() -> impl Iterator<Item = (FrameSpec, usize)> {
    PixelFormat::DIRECT.into_iter().flat_map(|format| {
        SIZES.into_iter().flat_map(move |(width, height, squares)| {
            let spec = FrameSpec::new(format, width, height).unwrap();
            squares.iter().map(move |&square_px| (spec, square_px))
        })
    })
}

fn reduced(source: &Frame, square_px: usize, threads: usize) -> [Vec<u8>; 3] {
    let mut compositor = compositor(source.spec(), square_px, threads);
    let reduced = compositor.reduce(FrameId(1), &short_view(source)).unwrap();
    assert_eq!(reduced.square_px(), square_px);
    assert_eq!(reduced.frame(), FrameId(1));
    reduced.planes().map(<[u8]>::to_vec)
}

fn compare(actual: &[Vec<u8>; 3], wanted: &[Vec<u8>; 3]) -> Result<(), String> {
    for (channel, (actual, wanted)) in actual.iter().zip(wanted).enumerate() {
        if actual.len() != wanted.len() {
            return Err(format!("{} means for {}", actual.len(), wanted.len()));
        }
        let pairs = actual.iter().zip(wanted);
        if let Some(index) = pairs.clone().position(|(actual, wanted)| actual != wanted) {
            return Err(format!(
                "channel {channel} square {index}: {} for {}",
                actual[index], wanted[index]
            ));
        }
    }
    Ok(())
}

#[test]
fn every_square_is_the_mean_of_the_samples_it_touches() {
    let mut failures = Vec::new();
    for (spec, square_px) in cases() {
        let source = noise_frame(with_gaps(spec, 3), 11, 0xa5);
        let wanted = oracle::reduce(&source.view(), square_px);
        if let Err(failure) = compare(&reduced(&source, square_px, 1), &wanted) {
            failures.push(format!("{spec:?} by {square_px}: {failure}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn white_frames_reduce_to_white_and_black_ones_to_black() {
    for (spec, square_px) in cases() {
        for value in [0, 255] {
            let mut source = Frame::new(spec);
            source.bytes_mut().fill(value);
            for plane in reduced(&source, square_px, 1) {
                assert!(plane.iter().all(|&mean| mean == value), "{spec:?}");
            }
        }
    }
}

#[test]
fn gaps_behind_rows_do_not_count() {
    for (spec, square_px) in cases() {
        let gapless = reduced(&noise_frame(spec, 5, 0), square_px, 1);
        for poison in [0, 255] {
            let gapped = noise_frame(with_gaps(spec, 9), 5, poison);
            assert_eq!(reduced(&gapped, square_px, 1), gapless, "{spec:?}");
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    for (spec, square_px) in cases() {
        let source = noise_frame(spec, 23, 0);
        let alone = reduced(&source, square_px, 1);
        for threads in [2, 3] {
            assert_eq!(reduced(&source, square_px, threads), alone, "{spec:?}");
        }
    }
}

#[test]
fn the_comparison_finds_one_wrong_mean() {
    let spec = FrameSpec::new(PixelFormat::I420, 17, 19).unwrap();
    let source = noise_frame(spec, 11, 0);
    let wanted = oracle::reduce(&source.view(), 5);
    let mut wrong = wanted.clone();
    wrong[2][15] ^= 1;
    assert!(compare(&wrong, &wanted).is_err());
    wrong[2].pop();
    assert!(compare(&wrong, &wanted).is_err());
}
