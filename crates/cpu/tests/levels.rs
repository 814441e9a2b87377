//! Every level of instructions gives the bytes of the common one.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

use std::io::{Write, stderr};
use std::sync::Once;

use frosted_core::internal::{Compositor, Instructions, Level};
use frosted_core::{FrameSpec, PixelFormat};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_testing::{BackdropKind, Composition, MatteKind, Shot, compositions};

fn painted(scene: &Composition, level: Level) -> Vec<Shot> {
    let mut compositor = CpuCompositor::at_level(CpuOptions::default(), level).unwrap();
    compositor.configure(&scene.spec, &scene.plan()).unwrap();
    scene.paint(&mut compositor).unwrap()
}

/// Says aloud, past what hides a passing test's words, what this processor leaves untested.
fn name_missing() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        for missing in [Instructions::Avx2, Instructions::Avx512] {
            if cfg!(target_arch = "x86_64") && Level::all().all(|it| it.instructions() != missing) {
                let line = format!("SKIPPED, levels: this processor has no {missing}\n");
                // That it cannot be said is no reason to fail.
                let _ = stderr().lock().write_all(line.as_bytes());
            }
        }
    });
}

fn check(scene: &Composition) {
    name_missing();
    let wanted = painted(scene, Level::COMMON);
    for level in Level::all().skip(1) {
        for (number, (wanted, shot)) in wanted.iter().zip(painted(scene, level)).enumerate() {
            assert!(
                shot.reduced == wanted.reduced,
                "{scene}, frame {number}, reduced by {level}"
            );
            // Gaps too, whose bytes nobody may write.
            let same = shot.painted.bytes() == wanted.painted.bytes();
            assert!(same, "{scene}, frame {number}, painted by {level}");
        }
    }
}

#[test]
fn every_composition_is_the_same() {
    for scene in compositions() {
        check(&scene);
    }
}

#[test]
fn rows_that_end_within_a_vector_are_the_same() {
    let widths = (16..=17)
        .chain(31..=33)
        .chain(47..=49)
        .chain(63..=65)
        .chain(95..=97)
        .chain(127..=129);
    for width in widths {
        for format in PixelFormat::DIRECT {
            let spec = FrameSpec::new(format, width, 18).unwrap();
            // Squares by themselves, several to a vector, several vectors each, and with sums
            // that fill 16 bits.
            for square_px in [1, 2, 4, 5, 6, 7, 11, 15, 16] {
                for step_px in [1, 2, 4, 16, 64] {
                    check(&Composition {
                        spec,
                        square_px,
                        matte: MatteKind::Noise,
                        backdrop: BackdropKind::Field(step_px),
                    });
                }
            }
        }
    }
}

#[test]
fn squares_too_large_for_a_kernel_are_the_same() {
    for square_px in [17, 64, 129, 258] {
        for format in [PixelFormat::Nv12, PixelFormat::Rgb8] {
            check(&Composition {
                spec: FrameSpec::new(format, 2 * square_px + 1, square_px + 3).unwrap(),
                square_px,
                matte: MatteKind::Level(160),
                backdrop: BackdropKind::Flat,
            });
        }
    }
}
