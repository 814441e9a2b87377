//! With one thread, no frame allocates, not even the first after `configure`.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod oracle;

use frosted_core::internal::{Backdrop, Compositor, Cover, FrameId};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat};
use oracle::{MATTES, compositor, field, noise_frame};

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn frames_do_not_allocate() {
    for format in PixelFormat::DIRECT {
        for (width, height) in [(17, 19), (321, 181)] {
            let spec = FrameSpec::new(format, width, height).unwrap();
            let (source, picture) = (noise_frame(spec, 1, 0), noise_frame(spec, 2, 0));
            let mut target = Frame::new(spec);
            let fields = [1, 2, 16, 4096].map(|step_px| field(&spec, step_px));
            let mut backdrops = vec![Backdrop::Flat([1, 2, 3]), Backdrop::Picture(&picture)];
            backdrops.extend(fields.iter().map(Backdrop::Field));
            if format.has_alpha() {
                backdrops.extend(fields.iter().map(Backdrop::Transparent));
            }
            for backdrop in backdrops {
                for (name, matte_of) in MATTES {
                    let mut compositor = compositor(&spec, 5, 1);
                    let mut matte = Mask::new();
                    let id = FrameId(1);
                    let reduced = allocations(|| {
                        compositor.reduce(id, &source.view()).unwrap();
                    });
                    matte_of(compositor.reduce(id, &source.view()).unwrap(), &mut matte);
                    let matte = &matte;
                    let painted = allocations(|| {
                        for cover in [
                            Cover::Background { matte, backdrop },
                            Cover::Everything { backdrop },
                        ] {
                            compositor
                                .paint(id, &source.view(), cover, &mut target.view_mut())
                                .unwrap();
                        }
                    });
                    assert_eq!((reduced, painted), (0, 0), "{spec:?}, {name}, {backdrop:?}");
                }
            }
        }
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(
        allocations(|| drop(std::hint::black_box(vec![1u8; 100]))),
        1
    );
}
