//! Nothing of the room gets out: what is covered does not depend on the source.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod oracle;

use frosted_core::internal::{Backdrop, Compositor, Cover, FrameId};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat};
use oracle::{Alphas, Bounds, MATTES, Noise, compositor, field, noise_frame, picture, plan};
use proptest::prelude::*;

fn spec(format: PixelFormat, width: usize, height: usize) -> FrameSpec {
    FrameSpec::new(format, width, height).unwrap()
}

fn for_each_backdrop(spec: &FrameSpec, check: &mut dyn FnMut(Backdrop<'_>)) {
    let field = field(spec, 8);
    let other = noise_frame(*spec, 99, 0);
    check(Backdrop::Field(&field));
    check(Backdrop::Flat([1, 2, 3]));
    check(Backdrop::Picture(&other));
    if spec.format().has_alpha() {
        check(Backdrop::Transparent(&field));
    }
}

fn covered(source: &Frame, backdrop: Backdrop<'_>, threads: usize) -> [Vec<u8>; 2] {
    let mut compositor = compositor(source.spec(), 5, threads);
    let (by_matte, _) = oracle::paint(&mut compositor, source, MATTES[0].1, backdrop);
    let mut whole = Frame::new(*source.spec());
    let everything = Cover::Everything { backdrop };
    compositor
        .paint(
            FrameId(8),
            &source.view(),
            everything,
            &mut whole.view_mut(),
        )
        .unwrap();
    [picture(&by_matte), picture(&whole)]
}

#[test]
fn covered_frames_of_two_rooms_are_the_same() {
    for format in PixelFormat::DIRECT {
        for (width, height) in [(16, 16), (17, 19), (321, 181)] {
            let spec = spec(format, width, height);
            let (room, other_room) = (noise_frame(spec, 1, 0), noise_frame(spec, 2, 0));
            for_each_backdrop(&spec, &mut |backdrop| {
                let [by_matte, whole] = covered(&room, backdrop, 1);
                assert_eq!(by_matte, whole, "{spec:?} {backdrop:?}");
                for threads in [1, 2] {
                    let [by_matte, whole] = covered(&other_room, backdrop, threads);
                    assert_eq!(by_matte, whole, "{spec:?} {backdrop:?}");
                    assert_eq!(covered(&room, backdrop, threads)[0], by_matte, "{spec:?}");
                }
            });
        }
    }
}

#[test]
fn transparent_room_is_all_zero() {
    for format in [PixelFormat::Rgba8, PixelFormat::Bgra8] {
        let spec = spec(format, 33, 17);
        let field = field(&spec, 8);
        for bytes in covered(&noise_frame(spec, 1, 0), Backdrop::Transparent(&field), 1) {
            assert!(bytes.iter().all(|&byte| byte == 0), "{format}");
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    for format in PixelFormat::DIRECT {
        for (width, height) in [(16, 16), (17, 19), (33, 16), (321, 181), (1280, 720)] {
            let spec = spec(format, width, height);
            let source = noise_frame(spec, 1, 0);
            for_each_backdrop(&spec, &mut |backdrop| {
                for (name, matte_of) in MATTES {
                    let [alone, two, three] = [1, 2, 3].map(|threads| {
                        let mut compositor = compositor(&spec, 5, threads);
                        oracle::paint(&mut compositor, &source, matte_of, backdrop).0
                    });
                    assert!(
                        alone == two && alone == three,
                        "{spec:?} {name} {backdrop:?}"
                    );
                }
            });
        }
    }
}

/// Other noise in every sample that `alphas` surely cover; the changed frame and how many
/// samples were changed.
fn with_other_room(source: &Frame, alphas: &Alphas, seed: u64) -> (Frame, usize) {
    let (mut other, mut changed, mut noise) = (source.clone(), 0, Noise(seed));
    for (plane, row, index, byte) in oracle::bytes(source.spec()) {
        if alphas.of(byte) == Bounds(0, 0) {
            let value = noise.byte();
            changed += usize::from(source.view().row(plane, row)[index] != value);
            other.view_mut().row_mut(plane, row)[index] = value;
        }
    }
    (other, changed)
}

/// Paints `source`, and it with another room, by one matte that repeats `matte_values`; the
/// samples in which the rooms differ.
fn pair(
    source: &Frame,
    square_px: usize,
    matte_values: &[u8],
    backdrop: Backdrop<'_>,
) -> (Frame, Frame, usize) {
    let spec = *source.spec();
    let mut compositor = compositor(&spec, square_px, 1);
    let id = FrameId(3);
    let mut matte = Mask::new();
    let reduced = compositor.reduce(id, &source.view()).unwrap();
    let values = matte.begin(reduced).iter_mut();
    for (value, given) in values.zip(matte_values.iter().cycle()) {
        *value = *given;
    }
    let alphas = Alphas::new(&spec, &plan(&spec, square_px), &matte);
    let (other, changed) = with_other_room(source, &alphas, 5);
    let [painted, painted_other] = [source, &other].map(|source| {
        let mut target = Frame::new(spec);
        let cover = Cover::Background {
            matte: &matte,
            backdrop,
        };
        compositor
            .paint(id, &source.view(), cover, &mut target.view_mut())
            .unwrap();
        target
    });
    (painted, painted_other, changed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn covered_samples_do_not_reach_the_output(
        format in prop::sample::select(PixelFormat::DIRECT.to_vec()),
        width in 16usize..70,
        height in 16usize..40,
        square_px in 1usize..8,
        threshold in 0u8..=255,
        matte in prop::collection::vec(any::<u8>(), 5..600),
    ) {
        let spec = spec(format, width, height);
        // Mattes of all sorts between noise and hard halves.
        let matte: Vec<u8> = matte
            .into_iter()
            .map(|value| if value < threshold { 0 } else { value })
            .collect();
        let source = noise_frame(spec, 1, 0);
        let mut failure = None;
        for_each_backdrop(&spec, &mut |backdrop| {
            let (painted, other, _) = pair(&source, square_px, &matte, backdrop);
            if painted != other {
                failure = Some(format!("{backdrop:?}"));
            }
        });
        prop_assert_eq!(failure, None);
    }
}

#[test]
fn half_a_room_can_change_and_half_a_person_is_seen() {
    for format in PixelFormat::DIRECT {
        let spec = spec(format, 161, 91);
        let source = noise_frame(spec, 1, 0);
        let columns = 161usize.div_ceil(5);
        let half: Vec<u8> = (0..columns)
            .map(|x| if x < columns / 2 { 255 } else { 0 })
            .collect();
        let backdrop = Backdrop::Flat([7, 8, 9]);
        let (painted, other, changed) = pair(&source, 5, &half, backdrop);
        assert!(
            changed > 161 * 91 / 3,
            "{format}: only {changed} samples changed"
        );
        assert_eq!(painted, other, "{format}");

        // The same check must see a change of what is shown.
        let mut shown = source.clone();
        shown.view_mut().row_mut(0, 0)[0] ^= 0x80;
        let (painted_shown, ..) = pair(&shown, 5, &half, backdrop);
        assert_ne!(painted, painted_shown, "{format}");
    }
}
