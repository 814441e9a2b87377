//! Exact invariants: what is shown is the input's, what is covered depends on nothing of it.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod support;

use frosted_core::internal::{Backdrop, COVERED_UP_TO, Compositor, Cover, FrameId, SHOWN_FROM};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat, Timestamp};
use frosted_gpu::GpuCompositor;
use frosted_testing::{CanaryScene, MatteKind, find_canary, noise_field, noise_frame, person_part};

const SIZES: [(usize, usize); 4] = [(16, 16), (17, 19), (64, 48), (321, 181)];
const SQUARE_PX: usize = 5;

fn for_each_backdrop(spec: &FrameSpec, check: &mut dyn FnMut(Backdrop<'_>)) {
    let field = noise_field(spec, 8, 3);
    let picture = noise_frame(*spec, 99);
    check(Backdrop::Field(&field));
    check(Backdrop::Flat([1, 2, 3]));
    check(Backdrop::Picture(&picture));
    if spec.format().has_alpha() {
        check(Backdrop::Transparent(&field));
    }
}

/// Configures for every direct format in every size.
fn for_each_spec(
    compositor: &mut GpuCompositor,
    mut check: impl FnMut(&mut GpuCompositor, FrameSpec),
) {
    for format in PixelFormat::DIRECT {
        for (width, height) in SIZES {
            let spec = FrameSpec::new(format, width, height).unwrap();
            let plan = support::plan(&spec, SQUARE_PX);
            compositor.configure(&spec, &plan).unwrap();
            check(compositor, spec);
        }
    }
}

fn paint(
    compositor: &mut GpuCompositor,
    source: &Frame,
    matte: MatteKind,
    backdrop: Backdrop<'_>,
) -> Frame {
    let id = FrameId(7);
    let mut mask = Mask::new();
    matte.draw(compositor.reduce(id, &source.view()).unwrap(), 1, &mut mask);
    let mut target = Frame::new(*source.spec());
    let cover = match matte {
        MatteKind::None => Cover::Everything { backdrop },
        _ => Cover::Background {
            matte: &mask,
            backdrop,
        },
    };
    compositor
        .paint(id, &source.view(), cover, &mut target.view_mut())
        .unwrap();
    target
}

#[test]
fn what_is_shown_whole_is_the_input() {
    let Some(mut compositor) = support::test_compositor() else {
        return;
    };
    for_each_spec(&mut compositor, |compositor, spec| {
        let mut source = noise_frame(spec, 1);
        for_each_backdrop(&spec, &mut |backdrop| {
            for level in [SHOWN_FROM, 255] {
                let painted = paint(compositor, &source, MatteKind::Level(level), backdrop);
                if spec.format().has_alpha() {
                    let pixels = source.bytes_mut().chunks_exact_mut(4);
                    pixels.for_each(|pixel| pixel[3] = 255);
                }
                assert!(painted == source, "{spec:?} {backdrop:?}");
            }
        });
    });
}

#[test]
fn covered_frames_of_two_rooms_are_the_same() {
    let Some(mut compositor) = support::test_compositor() else {
        return;
    };
    for_each_spec(&mut compositor, |compositor, spec| {
        let (room, other_room) = (noise_frame(spec, 1), noise_frame(spec, 2));
        for_each_backdrop(&spec, &mut |backdrop| {
            let covered = [
                MatteKind::None,
                MatteKind::Level(0),
                MatteKind::Level(COVERED_UP_TO),
            ]
            .map(|matte| [&room, &other_room].map(|room| paint(compositor, room, matte, backdrop)));
            let one = &covered[0][0];
            assert!(
                covered.iter().flatten().all(|painted| painted == one),
                "{spec:?} {backdrop:?}"
            );
            let shown = paint(compositor, &room, MatteKind::Disc, backdrop);
            let other = paint(compositor, &other_room, MatteKind::Disc, backdrop);
            assert!(shown != other, "the check sees nothing: {spec:?}");
        });
    });
}

#[test]
fn no_pixel_of_a_canary_room_comes_through_behind_a_moving_matte() {
    let Some(mut compositor) = support::test_compositor() else {
        return;
    };
    for format in PixelFormat::DIRECT {
        let spec = FrameSpec::new(format, 240, 160).unwrap();
        let plan = support::plan(&spec, SQUARE_PX);
        compositor.configure(&spec, &plan).unwrap();
        let mut scene = CanaryScene::new(spec);
        let mut mask = Mask::new();
        for number in 1..=6 {
            let source = scene.advance(Timestamp::from_millis(33 * number));
            let reduced = compositor.reduce(FrameId(number), &source.view()).unwrap();
            let (width, height) = (reduced.width(), reduced.height());
            for (index, value) in mask.begin(reduced).iter_mut().enumerate() {
                // Well inside the person, and smaller from frame to frame.
                let inset = 1 + number as usize;
                let (x, y) = (index % width, index / width);
                let inside = |dx: usize, dy: usize| person_part(x + dx, y + dy, width, height);
                let apart =
                    x >= inset && y >= inset && person_part(x - inset, y - inset, width, height);
                *value = if apart && inside(inset, 0) { 255 } else { 0 };
            }
            let mut target = Frame::new(spec);
            let cover = Cover::Background {
                matte: &mask,
                backdrop: Backdrop::Flat([60, 128, 128]),
            };
            compositor
                .paint(
                    FrameId(number),
                    &source.view(),
                    cover,
                    &mut target.view_mut(),
                )
                .unwrap();
            assert_eq!(
                find_canary(&source.view(), &target.view()),
                Ok(()),
                "{format}"
            );
        }
        let source = scene.frame();
        assert!(find_canary(&source.view(), &source.view()).is_err());
    }
}

#[test]
fn nothing_of_a_larger_frame_is_left_after_a_change_of_size() {
    let Some(mut compositor) = support::test_compositor() else {
        return;
    };
    for format in PixelFormat::DIRECT {
        let large = FrameSpec::new(format, 320, 240).unwrap();
        let small = FrameSpec::new(format, 64, 48).unwrap();
        let room = noise_frame(large, 1);
        let field = noise_field(&small, 16, 4);
        let mut painted = [false, true].map(|room_before| {
            if room_before {
                compositor
                    .configure(&large, &support::plan(&large, SQUARE_PX))
                    .unwrap();
                paint(
                    &mut compositor,
                    &room,
                    MatteKind::Level(255),
                    Backdrop::Flat([0; 3]),
                );
            }
            compositor
                .configure(&small, &support::plan(&small, SQUARE_PX))
                .unwrap();
            paint(
                &mut compositor,
                &noise_frame(small, 2),
                MatteKind::Disc,
                Backdrop::Field(&field),
            )
        });
        let [alone, after] = &mut painted;
        assert!(alone == after, "{format}");
    }
}
