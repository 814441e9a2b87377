//! Formats that are not composited directly are repacked, without loss, on the way in and
//! on the way out: UYVY and planar 4:2:2 to YUYV, NV21 to NV12.

use frosted_core::{Frame, FrameView, FrameViewMut, PixelFormat};

/// Repacks `from` into `to`, which becomes a frame of the format that it is composited in.
pub(crate) fn enter(from: &FrameView<'_>, to: &mut Frame) {
    let spec = from.spec();
    to.reshape(spec.in_format(spec.format().composited_as()));
    to.set_captured_at(from.captured_at());
    let mut target = to.view_mut();
    match spec.format() {
        PixelFormat::Uyvy => {
            for y in 0..spec.height() {
                swap_pairs(from.row(0, y), target.row_mut(0, y));
            }
        }
        PixelFormat::Nv21 => {
            for y in 0..spec.plane_rows(0) {
                target.row_mut(0, y).copy_from_slice(from.row(0, y));
            }
            for y in 0..spec.plane_rows(1) {
                swap_pairs(from.row(1, y), target.row_mut(1, y));
            }
        }
        PixelFormat::I422 => {
            for y in 0..spec.height() {
                let (luma, cb, cr) = (from.row(0, y), from.row(1, y), from.row(2, y));
                for (x, slot) in target.row_mut(0, y).chunks_exact_mut(4).enumerate() {
                    let first = luma[2 * x];
                    let second = luma.get(2 * x + 1).copied().unwrap_or(first);
                    slot.copy_from_slice(&[first, cb[x], second, cr[x]]);
                }
            }
        }
        _ => to.copy_from(from),
    }
}

/// Repacks `from`, a frame that [`enter`] shaped, into the format of `to`.
pub(crate) fn leave(from: &Frame, to: &mut FrameViewMut<'_>) {
    let from = from.view();
    let spec = *to.spec();
    match spec.format() {
        PixelFormat::Uyvy => {
            for y in 0..spec.height() {
                swap_pairs(from.row(0, y), to.row_mut(0, y));
            }
        }
        PixelFormat::Nv21 => {
            for y in 0..spec.plane_rows(0) {
                to.row_mut(0, y).copy_from_slice(from.row(0, y));
            }
            for y in 0..spec.plane_rows(1) {
                swap_pairs(from.row(1, y), to.row_mut(1, y));
            }
        }
        PixelFormat::I422 => {
            for y in 0..spec.height() {
                let packed = from.row(0, y);
                for (slot, luma) in to.row_mut(0, y).iter_mut().zip(packed.iter().step_by(2)) {
                    *slot = *luma;
                }
                for (plane, offset) in [(1, 1), (2, 3)] {
                    let chroma = packed.iter().skip(offset).step_by(4);
                    for (slot, chroma) in to.row_mut(plane, y).iter_mut().zip(chroma) {
                        *slot = *chroma;
                    }
                }
            }
        }
        _ => {
            for plane in 0..spec.format().plane_count() {
                for y in 0..spec.plane_rows(plane) {
                    to.row_mut(plane, y).copy_from_slice(from.row(plane, y));
                }
            }
        }
    }
}

/// Where a packed row of odd width ends in a sample that no pixel has, gives it its
/// neighbour's value, so that nothing of the input hides there.
pub(crate) fn fill_padding(frame: &mut FrameViewMut<'_>) {
    let spec = *frame.spec();
    let luma_at = match spec.format() {
        PixelFormat::Yuyv => 0,
        PixelFormat::Uyvy => 1,
        _ => return,
    };
    if spec.width().is_multiple_of(2) {
        return;
    }
    for y in 0..spec.height() {
        let row = frame.row_mut(0, y);
        let pair = row.len() - 4;
        row[pair + luma_at + 2] = row[pair + luma_at];
    }
}

fn swap_pairs(from: &[u8], to: &mut [u8]) {
    for (from, to) in from.chunks_exact(2).zip(to.chunks_exact_mut(2)) {
        to.copy_from_slice(&[from[1], from[0]]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::FrameSpec;

    #[test]
    fn repacking_loses_nothing() {
        for format in PixelFormat::ALL {
            for (width, height) in [(16, 16), (17, 19), (34, 21)] {
                let spec = FrameSpec::new(format, width, height).unwrap();
                let mut frame = Frame::new(spec);
                for (at, byte) in frame.bytes_mut().iter_mut().enumerate() {
                    *byte = (at * 31 % 251) as u8;
                }
                let mut inside = Frame::new(spec.in_format(format.composited_as()));
                enter(&frame.view(), &mut inside);
                assert_eq!(inside.spec().format(), format.composited_as());
                let mut back = Frame::new(spec);
                leave(&inside, &mut back.view_mut());
                assert!(back.bytes() == frame.bytes(), "{format} {width}x{height}");
            }
        }
    }

    #[test]
    fn padding_repeats_the_last_pixel() {
        for (format, row) in [
            (PixelFormat::Yuyv, [[1, 9, 2, 8], [3, 9, 3, 8]]),
            (PixelFormat::Uyvy, [[9, 1, 8, 2], [9, 3, 8, 3]]),
        ] {
            let mut frame = Frame::new(FrameSpec::new(format, 19, 16).unwrap());
            let [full, last] = row;
            for pair in frame.bytes_mut().chunks_exact_mut(4) {
                pair.copy_from_slice(&full);
            }
            let luma_at = usize::from(format == PixelFormat::Uyvy);
            for row in frame.bytes_mut().chunks_exact_mut(40) {
                row[36 + luma_at] = 3;
            }
            fill_padding(&mut frame.view_mut());
            for row in frame.bytes().chunks_exact(40) {
                assert_eq!(
                    (&row[32..36], &row[36..]),
                    (&full[..], &last[..]),
                    "{format}"
                );
            }
        }
    }

    #[test]
    fn uyvy_luma_lands_where_yuyv_has_it() {
        let spec = FrameSpec::new(PixelFormat::Uyvy, 16, 16).unwrap();
        let mut frame = Frame::new(spec);
        frame.bytes_mut()[..4].copy_from_slice(&[1, 2, 3, 4]);
        let mut inside = Frame::new(spec);
        enter(&frame.view(), &mut inside);
        assert_eq!(inside.bytes()[..4], [2, 1, 4, 3]);
    }
}
