//! What a frame allocates is wgpu's, small, and does not grow with the frame.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

mod support;

use allocation_counter::AllocationInfo;
use frosted_core::internal::{Backdrop, Compositor, Cover, FrameId};
use frosted_core::{Frame, FrameSpec, Mask, PixelFormat};
use frosted_testing::{noise_field, noise_frame};

/// What wgpu 30.0.1 does for the two steps of a frame: command buffers, trackers, callbacks and
/// error scopes. Measured on Vulkan: 242, of 122 KB in all and never more than 7 KB at once.
const MOST_ALLOCATIONS: u64 = 300;
const MOST_BYTES: u64 = 160_000;
const MOST_BYTES_AT_ONCE: u64 = 16_000;

/// Of the fifth frame, when wgpu's own pools are full.
fn of_a_frame(spec: FrameSpec) -> Option<AllocationInfo> {
    let mut compositor = support::configured(&spec, 5)?;
    let (source, mut target) = (noise_frame(spec, 1), Frame::new(spec));
    let fields = [noise_field(&spec, 16, 2), noise_field(&spec, 16, 3)];
    let mut matte = Mask::new();
    let mut measured = None;
    for number in 1..=5 {
        let id = FrameId(number);
        let backdrop = Backdrop::Field(&fields[number as usize % 2]);
        measured = Some(allocation_counter::measure(|| {
            let reduced = compositor.reduce(id, &source.view()).unwrap();
            matte.begin(reduced).fill(200);
            let cover = Cover::Background {
                matte: &matte,
                backdrop,
            };
            compositor
                .paint(id, &source.view(), cover, &mut target.view_mut())
                .unwrap();
        }));
    }
    measured
}

#[test]
fn frames_allocate_little_whatever_their_size() {
    let sizes = [(64, 48), (640, 360)];
    let measured = sizes.map(|(width, height)| {
        of_a_frame(FrameSpec::new(PixelFormat::Nv12, width, height).unwrap())
    });
    let [Some(small), Some(large)] = measured else {
        return;
    };
    for frame in [&small, &large] {
        assert!(
            frame.count_total <= MOST_ALLOCATIONS
                && frame.bytes_total <= MOST_BYTES
                && frame.bytes_max <= MOST_BYTES_AT_ONCE,
            "{frame:?}"
        );
    }
    assert!(
        large.bytes_max <= small.bytes_max + 4096,
        "{small:?} {large:?}"
    );
}
