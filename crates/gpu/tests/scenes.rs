//! One list of scenes on both compositors: the GPU's bytes are the CPU's.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod difference;
mod support;

use std::path::Path;

use difference::Difference;
use frosted_core::internal::{Backdrop, Compositor, Cover, FrameId};
use frosted_core::{Frame, FrameSpec, PixelFormat};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_testing::{Composition, Shot, compositions, noise_field, noise_frame};

/// How many scenes may fail before the rest is not worth waiting for.
const MOST_FAILURES: usize = 5;

fn compare(scene: &Composition, wanted: &[Shot], actual: &[Shot]) -> Result<(), String> {
    assert_eq!(wanted.len(), actual.len());
    for (number, (wanted, actual)) in wanted.iter().zip(actual).enumerate() {
        if wanted.reduced != actual.reduced {
            return Err(format!(
                "{scene}: frame {number} is reduced to something else"
            ));
        }
        let difference = Difference::between(&wanted.painted, &actual.painted);
        if difference.is_none() {
            continue;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let files = difference::write(folder, &wanted.painted, &actual.painted);
        return Err(format!(
            "{scene}: frame {number}: {difference}, {} the tolerance, see {files:?}",
            if difference.is_tolerable() {
                "within"
            } else {
                "beyond"
            }
        ));
    }
    Ok(())
}

#[test]
fn the_gpus_bytes_are_the_cpus() {
    let Some(mut gpu) = support::test_compositor() else {
        return;
    };
    let mut cpu = CpuCompositor::new(CpuOptions::default()).unwrap();
    let mut configured = None;
    let (mut failures, mut frames) = (Vec::new(), 0);
    for scene in compositions() {
        if configured != Some((scene.spec, scene.square_px)) {
            for compositor in [&mut gpu as &mut dyn Compositor, &mut cpu] {
                compositor.configure(&scene.spec, &scene.plan()).unwrap();
            }
            configured = Some((scene.spec, scene.square_px));
        }
        let wanted = scene.paint(&mut cpu).unwrap();
        let actual = scene.paint(&mut gpu).unwrap();
        frames += actual.len();
        failures.extend(compare(&scene, &wanted, &actual).err());
        assert!(failures.len() < MOST_FAILURES, "{failures:#?}");
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(frames > 5000, "only {frames} frames were compared");
}

#[test]
fn squares_of_real_plans_and_the_largest_have_the_cpus_means() {
    let Some(mut gpu) = support::test_compositor() else {
        return;
    };
    let mut cpu = CpuCompositor::new(CpuOptions::default()).unwrap();
    for (width, height, square_px) in [
        (1280, 720, 5),
        (1280, 720, 128),
        (1920, 1080, 7),
        (3840, 2160, 15),
    ] {
        for format in [PixelFormat::Nv12, PixelFormat::Rgb8] {
            let spec = FrameSpec::new(format, width, height).unwrap();
            let mut source = noise_frame(spec, 3);
            for white in [false, true] {
                if white {
                    source.bytes_mut().fill(255);
                }
                let [wanted, actual] =
                    [&mut cpu as &mut dyn Compositor, &mut gpu].map(|compositor| {
                        compositor
                            .configure(&spec, &support::plan(&spec, square_px))
                            .unwrap();
                        let reduced = compositor.reduce(FrameId(1), &source.view()).unwrap();
                        assert_eq!(reduced.frame(), FrameId(1));
                        reduced.planes().map(<[u8]>::to_vec)
                    });
                assert!(wanted == actual, "{format} {width}x{height} by {square_px}");
            }
        }
    }
}

#[test]
fn backdrops_that_take_turns_and_change_in_place_are_never_mistaken() {
    let Some(mut gpu) = support::test_compositor() else {
        return;
    };
    let mut cpu = CpuCompositor::new(CpuOptions::default()).unwrap();
    for format in [PixelFormat::I420, PixelFormat::Rgba8] {
        let spec = FrameSpec::new(format, 65, 33).unwrap();
        for compositor in [&mut gpu as &mut dyn Compositor, &mut cpu] {
            compositor
                .configure(&spec, &support::plan(&spec, 4))
                .unwrap();
        }
        let source = noise_frame(spec, 1);
        let (coarse, mut fine) = (noise_field(&spec, 16, 2), noise_field(&spec, 1, 3));
        let (mut picture, other) = (noise_frame(spec, 4), noise_frame(spec, 5));
        for turn in 0..16 {
            let backdrop = match turn % 8 {
                0 | 3 => Backdrop::Field(&coarse),
                1 | 5 => Backdrop::Field(&fine),
                2 | 6 => Backdrop::Picture(&picture),
                4 => Backdrop::Picture(&other),
                _ => Backdrop::Flat([turn as u8, 2, 3]),
            };
            let cover = Cover::Everything { backdrop };
            let [wanted, actual] = [&mut cpu as &mut dyn Compositor, &mut gpu].map(|compositor| {
                let mut target = Frame::new(spec);
                compositor
                    .paint(FrameId(1), &source.view(), cover, &mut target.view_mut())
                    .unwrap();
                target
            });
            assert!(wanted == actual, "{format} turn {turn}");
            if turn == 7 {
                picture.view_mut().row_mut(0, 9)[3] ^= 0xff;
                fine.planes[1][70] ^= 0x700;
            }
        }
    }
}

#[test]
fn the_comparison_finds_one_wrong_byte() {
    let scene = compositions()[0];
    let mut cpu = CpuCompositor::new(CpuOptions::default()).unwrap();
    cpu.configure(&scene.spec, &scene.plan()).unwrap();
    let wanted = scene.paint(&mut cpu).unwrap();
    let mut actual = scene.paint(&mut cpu).unwrap();
    assert_eq!(compare(&scene, &wanted, &actual), Ok(()));
    actual[1].painted.view_mut().row_mut(1, 7)[15] ^= 1;
    let failure = compare(&scene, &wanted, &actual).unwrap_err();
    assert!(failure.contains("within the tolerance"), "{failure}");
    actual[1].painted.view_mut().row_mut(1, 7)[15] ^= 0x80;
    let failure = compare(&scene, &wanted, &actual).unwrap_err();
    assert!(failure.contains("beyond the tolerance"), "{failure}");
    let mut actual = scene.paint(&mut cpu).unwrap();
    actual[2].reduced[0][3] ^= 1;
    assert!(compare(&scene, &wanted, &actual).is_err());
}
