//! What passes a constructor cannot be wrong later.

use frosted_core::{
    FrameErrorKind, FrameSpec, FrameView, FrameViewMut, PixelFormat, Rgb, Timestamp,
};
use proptest::prelude::*;

fn format() -> impl Strategy<Value = PixelFormat> {
    prop::sample::select(PixelFormat::ALL.to_vec())
}

proptest! {
    /// Whatever sizes, strides and lengths come in: a view that exists can be read and
    /// written in every row of every plane.
    #[test]
    fn every_row_of_an_accepted_frame_is_there(
        format in format(),
        width in prop_oneof![0usize..70, Just(7680), Just(7681), any::<usize>()],
        height in prop_oneof![0usize..70, Just(4320), any::<usize>()],
        strides in prop::collection::vec(prop_oneof![0usize..400, any::<usize>()], 0..4),
        cut in 0usize..3,
    ) {
        let Ok(spec) = FrameSpec::new(format, width, height) else { return Ok(()) };
        prop_assert!((16..=7680).contains(&width) && (16..=7680).contains(&height));
        let spec = spec.with_stride_bytes(&strides).unwrap_or(spec);
        if spec.buffer_bytes() > 1 << 20 { return Ok(()) }
        let mut bytes = vec![7; spec.buffer_bytes().saturating_sub(cut)];
        match FrameView::from_buffer(spec, &bytes, Timestamp::ZERO) {
            Ok(view) => {
                for plane in 0..format.plane_count() {
                    for y in 0..spec.plane_rows(plane) {
                        prop_assert_eq!(view.row(plane, y).len(), spec.plane_row_bytes(plane));
                    }
                }
            }
            Err(error) => {
                prop_assert!(cut > 0);
                prop_assert_eq!(error.kind(), FrameErrorKind::Buffer);
            }
        }
        if let Ok(mut view) = FrameViewMut::from_buffer(spec, &mut bytes) {
            for plane in 0..format.plane_count() {
                for y in 0..spec.plane_rows(plane) {
                    view.row_mut(plane, y).fill(1);
                }
            }
        }
    }

    /// Gaps between rows are the caller's: filling a frame leaves them alone.
    #[test]
    fn gaps_between_rows_are_never_written(
        format in format(),
        width in 16usize..40,
        height in 16usize..40,
        gap in 1usize..9,
    ) {
        let tight = FrameSpec::new(format, width, height).unwrap();
        let strides: Vec<usize> =
            (0..format.plane_count()).map(|plane| tight.plane_row_bytes(plane) + gap).collect();
        let spec = tight.with_stride_bytes(&strides).unwrap();
        let mut bytes = vec![0xA5; spec.buffer_bytes()];
        FrameViewMut::from_buffer(spec, &mut bytes).unwrap().fill(Rgb::new(255, 255, 255));
        let mut at = 0;
        for (plane, stride) in strides.iter().enumerate() {
            for _ in 0..spec.plane_rows(plane) {
                prop_assert!(bytes[at + stride - gap..at + stride].iter().all(|&b| b == 0xA5));
                at += stride;
            }
        }
    }
}

#[test]
fn mistakes_are_named_with_both_numbers() {
    let nv12 = FrameSpec::new(PixelFormat::Nv12, 1920, 1080).unwrap();
    let luma = vec![0; 1920 * 1080];
    let short = [0; 1000];
    let at = Timestamp::ZERO;
    let cases = [
        (
            FrameView::new(nv12, &[&luma, &short], at).err(),
            "plane 1 has 1000 bytes, 1920x540 with stride 1920 needs 1036800",
        ),
        (
            FrameView::new(nv12, &[&luma], at).err(),
            "1 planes were given, nv12 has 2",
        ),
        (
            FrameView::from_buffer(nv12, &luma, at).err(),
            "buffer has 2073600 bytes, nv12 1920x1080 needs 3110400",
        ),
        (
            nv12.with_stride_bytes(&[1919, 1920]).err(),
            "stride of plane 0 is 1919 bytes, a row of nv12 at width 1920 has 1920 bytes and strides end at 245760",
        ),
        (
            FrameSpec::new(PixelFormat::Rgb8, 100_000, 100_000).err(),
            "frame is 100000x100000, supported are 16x16 to 7680x4320",
        ),
        (
            FrameSpec::new(PixelFormat::Rgb8, 0, 0).err(),
            "frame is 0x0, supported are 16x16 to 7680x4320",
        ),
    ];
    for (error, message) in cases {
        assert_eq!(error.map(|e| e.to_string()).as_deref(), Some(message));
    }
}
