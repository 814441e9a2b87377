use frosted_core::{Colour, FrameView, PixelFormat, Range};

use crate::packed::{self, narrow_chroma, narrow_luma};

/// Packs frames of any format and size to YUYV of one size, limited range: what programs
/// take a virtual camera's pictures for.
///
/// A frame of another size is scaled to fit, by the nearest pixel, with black bars.
#[derive(Debug)]
pub(crate) struct Packer {
    width: usize,
    height: usize,
}

const BLACK: [u8; 4] = [16, 128, 16, 128];

impl Packer {
    /// `width` is even.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    /// Writes `frame` to `out`, rows `stride_bytes` apart. What lies between and behind the
    /// rows becomes black, too.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn pack_yuyv(&self, frame: &FrameView<'_>, out: &mut [u8], stride_bytes: usize) {
        let row_bytes = 2 * self.width;
        let rows = out.chunks_mut(stride_bytes.max(row_bytes));
        for (y, row) in rows.enumerate() {
            let whole = row.len() >= row_bytes && y < self.height;
            let (picture, gap) = row.split_at_mut(if whole { row_bytes } else { 0 });
            fill(gap);
            if whole {
                self.pack_row(frame, y, picture);
            }
        }
    }

    /// Writes row `y` of what viewers get of `frame` to `out`, which is as long as one.
    pub(crate) fn pack_row(&self, frame: &FrameView<'_>, y: usize, out: &mut [u8]) {
        let spec = frame.spec();
        let same = (spec.width(), spec.height()) == (self.width, self.height);
        if !(same && straight(frame, y, out)) {
            self.fit(frame, y, out);
        }
    }

    /// Row `y` of a frame that is scaled, or of a format without a quick way.
    fn fit(&self, frame: &FrameView<'_>, y: usize, out: &mut [u8]) {
        let spec = frame.spec();
        let (width, height) = (spec.width(), spec.height());
        // The largest picture of the frame's shape that fits, at even places.
        let (shown_width, shown_height) = if width * self.height > self.width * height {
            (self.width, (height * self.width / width).max(1))
        } else {
            ((width * self.height / height).max(2), self.height)
        };
        let shown_width = shown_width / 2 * 2;
        let left = (self.width - shown_width) / 4 * 2;
        let top = (self.height - shown_height) / 2;
        if !(top..top + shown_height).contains(&y) {
            return fill(out);
        }
        let from_y = (y - top) * height / shown_height;
        let lanes = Lanes::of(frame, from_y);
        for (pair, codes) in out.chunks_exact_mut(4).enumerate() {
            let x = 2 * pair;
            if !(left..left + shown_width).contains(&x) {
                codes.copy_from_slice(&BLACK);
                continue;
            }
            let at = |x: usize| ((x - left) * width / shown_width).min(width - 1);
            let (first, second) = (lanes.pixel(at(x)), lanes.pixel(at(x + 1)));
            codes.copy_from_slice(&[first[0], first[1], second[0], first[2]]);
        }
    }
}

fn fill(out: &mut [u8]) {
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = BLACK[i % 4];
    }
}

/// Row `y` of a frame of the right size; `false` if its format has no quick way.
fn straight(frame: &FrameView<'_>, y: usize, out: &mut [u8]) -> bool {
    let format = frame.spec().format();
    let luma = frame.row(0, y);
    match format {
        PixelFormat::Yuyv => out.copy_from_slice(luma),
        PixelFormat::Uyvy => {
            out.copy_from_slice(luma);
            packed::swap_pairs(out);
        }
        PixelFormat::I420 => {
            packed::interleave(luma, frame.row(1, y / 2), frame.row(2, y / 2), out);
        }
        PixelFormat::I422 => packed::interleave(luma, frame.row(1, y), frame.row(2, y), out),
        PixelFormat::Nv12 => packed::interleave_pairs(luma, frame.row(1, y / 2), out),
        PixelFormat::Nv21 => {
            packed::interleave_pairs(luma, frame.row(1, y / 2), out);
            packed::swap_chroma(out);
        }
        _ => return false,
    }
    if frame.spec().colour().range == Range::Full {
        packed::narrow(out);
    }
    true
}

/// One row of a frame, pixel by pixel, whatever its format.
struct Lanes<'a> {
    format: PixelFormat,
    colour: Colour,
    rows: [&'a [u8]; 3],
}

impl<'a> Lanes<'a> {
    fn of(frame: &FrameView<'a>, y: usize) -> Self {
        let format = frame.spec().format();
        let chroma_y = match format {
            PixelFormat::I420 | PixelFormat::Nv12 | PixelFormat::Nv21 => y / 2,
            _ => y,
        };
        let row = |plane: usize| match plane {
            0 => frame.row(0, y),
            plane if plane < format.plane_count() => frame.row(plane, chroma_y),
            _ => &[],
        };
        Self {
            format,
            colour: frame.spec().colour(),
            rows: [row(0), row(1), row(2)],
        }
    }

    /// Y, Cb and Cr in limited range.
    fn pixel(&self, x: usize) -> [u8; 3] {
        let [first, second, third] = self.rows;
        let (pair, quad) = (x / 2, x / 2 * 4);
        let rgb = |order: [usize; 3], step: usize| {
            let [r, g, b] = order.map(|part| first[x * step + part]);
            Colour::default().yuv_of(frosted_core::Rgb::new(r, g, b))
        };
        let [y, cb, cr] = match self.format {
            PixelFormat::Nv12 => [first[x], second[2 * pair], second[2 * pair + 1]],
            PixelFormat::Nv21 => [first[x], second[2 * pair + 1], second[2 * pair]],
            PixelFormat::I420 | PixelFormat::I422 => [first[x], second[pair], third[pair]],
            PixelFormat::Yuyv => [first[2 * x], first[quad + 1], first[quad + 3]],
            PixelFormat::Uyvy => [first[2 * x + 1], first[quad], first[quad + 2]],
            PixelFormat::Rgb8 => return rgb([0, 1, 2], 3),
            PixelFormat::Bgr8 => return rgb([2, 1, 0], 3),
            PixelFormat::Rgba8 => return rgb([0, 1, 2], 4),
            PixelFormat::Bgra8 => return rgb([2, 1, 0], 4),
            // A format that is not known here stays dark.
            _ => [16, 128, 128],
        };
        match self.colour.range {
            Range::Limited => [y, cb, cr],
            Range::Full => [narrow_luma(y), narrow_chroma(cb), narrow_chroma(cr)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::{Frame, FrameSpec, Matrix, Rgb};

    const WIDTH: usize = 32;
    const HEIGHT: usize = 18;

    fn frame(format: PixelFormat, width: usize, height: usize, colour: Colour) -> Frame {
        let spec = FrameSpec::new(format, width, height)
            .unwrap()
            .with_colour(colour);
        let mut frame = Frame::new(spec);
        frame.view_mut().fill(Rgb::new(200, 90, 30));
        frame
    }

    fn packed(frame: &Frame, stride: usize) -> Vec<u8> {
        let mut out = vec![0xaa; stride * HEIGHT];
        Packer::new(WIDTH, HEIGHT).pack_yuyv(&frame.view(), &mut out, stride);
        out
    }

    #[test]
    fn every_format_and_range_becomes_the_same_colour() {
        let limited = Colour::default();
        let [y, cb, cr] = limited.yuv_of(Rgb::new(200, 90, 30));
        for format in PixelFormat::ALL {
            for colour in [limited, Colour::JPEG] {
                for (width, height) in [(WIDTH, HEIGHT), (64, 36), (16, 16 * 9 / 9), (33, 19)] {
                    let out = packed(&frame(format, width, height, colour), 2 * WIDTH);
                    let middle = &out[HEIGHT / 2 * 2 * WIDTH + WIDTH..][..4];
                    for (got, wanted) in middle.iter().zip([y, cb, y, cr]) {
                        assert!(
                            got.abs_diff(wanted) <= 1,
                            "{format} {colour:?} {width}x{height}: {middle:?}, not {y} {cb} {cr}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn quick_and_thorough_ways_agree_to_the_bit() {
        for format in PixelFormat::ALL
            .into_iter()
            .filter(|format| format.is_yuv())
        {
            for colour in [
                Colour::default(),
                Colour::JPEG,
                Colour {
                    matrix: Matrix::Bt709,
                    range: Range::Full,
                },
            ] {
                let mut frame = frame(format, WIDTH, HEIGHT, colour);
                for (i, byte) in frame.bytes_mut().iter_mut().enumerate() {
                    *byte = (i * 37 % 256) as u8;
                }
                let quick = packed(&frame, 2 * WIDTH);
                let mut thorough = vec![0; 2 * WIDTH * HEIGHT];
                let packer = Packer::new(WIDTH, HEIGHT);
                for (y, row) in thorough.chunks_exact_mut(2 * WIDTH).enumerate() {
                    packer.fit(&frame.view(), y, row);
                }
                assert!(quick == thorough, "{format} {colour:?}");
            }
        }
    }

    #[test]
    fn another_shape_gets_black_bars_and_gaps_are_black() {
        let narrow = frame(PixelFormat::I420, 18, 18, Colour::default());
        let stride = 2 * WIDTH + 12;
        let out = packed(&narrow, stride);
        assert_eq!(out[..4], BLACK);
        assert_eq!(out[stride - 12..stride - 8], BLACK);
        assert_eq!(out[2 * WIDTH - 4..2 * WIDTH], BLACK);
        assert_ne!(out[WIDTH..WIDTH + 4], BLACK);
        let flat = frame(PixelFormat::I420, 64, 16, Colour::default());
        let out = packed(&flat, stride);
        assert_eq!(out[..4], BLACK);
        assert_ne!(out[stride * (HEIGHT / 2)..][..4], BLACK);
    }

    #[test]
    fn a_buffer_that_is_too_short_gets_whole_rows_only() {
        let frame = frame(PixelFormat::Nv12, WIDTH, HEIGHT, Colour::default());
        let mut out = vec![0xaa; 2 * WIDTH * 3 + 7];
        Packer::new(WIDTH, HEIGHT).pack_yuyv(&frame.view(), &mut out, 0);
        assert_eq!(out[2 * WIDTH * 3..], [16, 128, 16, 128, 16, 128, 16]);
    }
}
