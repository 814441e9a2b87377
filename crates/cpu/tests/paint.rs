//! The painted frame against an oracle.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod oracle;

use frosted_core::internal::{Backdrop, Compositor, Cover, FrameId};
use frosted_core::{Frame, FrameSpec, PixelFormat};
use oracle::{
    Alphas, MATTES, SIZES, TARGET_POISON, compositor, field, noise_frame, plan, with_gaps,
};

/// Backdrops by name. On small frames there is a field for each way that steps and chroma
/// can meet; on large ones, where the oracle is slow, for the usual one alone.
fn for_each_backdrop(spec: &FrameSpec, mut check: impl FnMut(&str, Backdrop<'_>)) {
    let steps_px: &[usize] = if is_large(spec) {
        &[16]
    } else {
        &[1, 2, 8, 16, 64, 4096]
    };
    for &step_px in steps_px {
        let field = field(spec, step_px);
        check(&format!("field of {step_px}"), Backdrop::Field(&field));
        if spec.format().has_alpha() {
            check(
                &format!("transparent, field of {step_px}"),
                Backdrop::Transparent(&field),
            );
        }
    }
    check("colour", Backdrop::Flat([201, 7, 88]));
    let picture = noise_frame(with_gaps(*spec, 7), 99, 3);
    check("picture", Backdrop::Picture(&picture));
}

fn specs() -> impl Iterator<Item = (FrameSpec, usize)> {
    PixelFormat::DIRECT.into_iter().flat_map(|format| {
        let sizes = SIZES.into_iter().filter(move |(width, ..)| {
            *width < 1280 || [PixelFormat::Nv12, PixelFormat::Rgba8].contains(&format)
        });
        sizes.flat_map(move |(width, height, squares)| {
            let spec = FrameSpec::new(format, width, height).unwrap();
            squares.iter().map(move |&square_px| (spec, square_px))
        })
    })
}

fn is_large(spec: &FrameSpec) -> bool {
    spec.width() > 33
}

#[test]
fn every_sample_is_the_mix_that_the_matte_asks_for() {
    let mut failures = Vec::new();
    for (spec, square_px) in specs() {
        let source = noise_frame(with_gaps(spec, 3), 1, 0xa5);
        let mut compositor = compositor(&spec, square_px, 1);
        for (matte_name, matte_of) in MATTES {
            for_each_backdrop(&spec, |backdrop_name, backdrop| {
                if is_large(&spec) && matte_name != "blob" {
                    return;
                }
                let (painted, matte) = oracle::paint(&mut compositor, &source, matte_of, backdrop);
                let alphas = Alphas::new(&spec, &plan(&spec, square_px), &matte);
                let name = || format!("{spec:?} by {square_px}, {matte_name}, {backdrop_name}");
                let source = source.view();
                if let Err(failure) = oracle::compare(&source, &alphas, backdrop, &painted.view()) {
                    failures.push(format!("{}: {failure}", name()));
                }
                if !oracle::gaps_are(&painted, TARGET_POISON) {
                    failures.push(format!("{}: gaps were written", name()));
                }
            });
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn what_covers_everything_leaves_nothing_of_the_source() {
    let mut failures = Vec::new();
    for (spec, square_px) in specs().filter(|(spec, _)| spec.width() < 1280) {
        let source = noise_frame(with_gaps(spec, 3), 1, 0xa5);
        for_each_backdrop(&spec, |name, backdrop| {
            let mut target = Frame::new(with_gaps(spec, 5));
            target.bytes_mut().fill(TARGET_POISON);
            compositor(&spec, square_px, 1)
                .paint(
                    FrameId(1),
                    &source.view(),
                    Cover::Everything { backdrop },
                    &mut target.view_mut(),
                )
                .unwrap();
            let alphas = Alphas::covered(&spec);
            let (source, painted) = (source.view(), target.view());
            if let Err(failure) = oracle::compare(&source, &alphas, backdrop, &painted) {
                failures.push(format!("{spec:?} by {square_px}, {name}: {failure}"));
            }
            if !oracle::gaps_are(&target, TARGET_POISON) {
                failures.push(format!(
                    "{spec:?} by {square_px}, {name}: gaps were written"
                ));
            }
        });
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn the_persons_core_is_the_input_bit_for_bit() {
    let mut checked = 0;
    for (spec, square_px) in specs() {
        let source = noise_frame(spec, 1, 0);
        let backdrop = Backdrop::Flat([16, 128, 128]);
        let mut compositor = compositor(&spec, square_px, 1);
        let (painted, matte) = oracle::paint(&mut compositor, &source, MATTES[3].1, backdrop);
        let alike = |x: usize, y: usize| {
            let near = |pixel: usize, count: usize| {
                let centre = pixel / square_px;
                centre.saturating_sub(1)..=(centre + 1).min(count - 1)
            };
            near(y, matte.height()).all(|row| {
                let mut columns = near(x.min(spec.width() - 1), matte.width());
                columns.all(|column| matte.values()[row * matte.width() + column] >= 230)
            })
        };
        for (plane, row, index, byte) in oracle::bytes(&spec) {
            let (right, bottom) = (byte.x + byte.columns - 1, byte.y + byte.rows - 1);
            let bottom = bottom.min(spec.height() - 1);
            let core = [byte.x, right]
                .iter()
                .all(|&x| alike(x, byte.y) && alike(x, bottom));
            if core && byte.channel < 3 {
                checked += 1;
                let (given, found) = (source.view(), painted.view());
                assert_eq!(
                    found.row(plane, row)[index],
                    given.row(plane, row)[index],
                    "{spec:?} by {square_px}, plane {plane} row {row} byte {index}"
                );
            }
        }
    }
    assert!(checked > 500_000, "only {checked} bytes were checked");
}

#[test]
fn the_comparison_finds_one_wrong_byte() {
    let spec = FrameSpec::new(PixelFormat::Nv12, 17, 19).unwrap();
    let source = noise_frame(spec, 1, 0);
    let field = field(&spec, 8);
    let backdrop = Backdrop::Field(&field);
    let mut compositor = compositor(&spec, 2, 1);
    let (painted, matte) = oracle::paint(&mut compositor, &source, oracle::half, backdrop);
    let alphas = Alphas::new(&spec, &plan(&spec, 2), &matte);
    let check =
        |painted: &Frame| oracle::compare(&source.view(), &alphas, backdrop, &painted.view());
    assert_eq!(check(&painted), Ok(()));
    for (plane, row, index) in [(0, 0, 0), (0, 18, 16), (1, 4, 3)] {
        let mut wrong = painted.clone();
        wrong.view_mut().row_mut(plane, row)[index] ^= 4;
        assert!(
            check(&wrong).is_err(),
            "plane {plane} row {row} byte {index}"
        );
    }
    let mut spilt = painted.clone();
    assert!(oracle::gaps_are(&spilt, TARGET_POISON));
    spilt.bytes_mut()[17] = 0;
    assert!(!oracle::gaps_are(&spilt, TARGET_POISON));
}
