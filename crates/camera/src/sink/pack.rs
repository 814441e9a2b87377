use frosted_core::{Colour, FrameView, PixelFormat, Range};

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
    pub(crate) fn pack_yuyv(&mut self, frame: &FrameView<'_>, out: &mut [u8], stride_bytes: usize) {
        let row_bytes = 2 * self.width;
        let stride = stride_bytes.max(row_bytes);
        let spec = frame.spec();
        let same = (spec.width(), spec.height()) == (self.width, self.height);
        let rows = out.chunks_mut(stride);
        for (y, row) in rows.enumerate() {
            let whole = row.len() >= row_bytes && y < self.height;
            let (picture, gap) = row.split_at_mut(if whole { row_bytes } else { 0 });
            fill(gap);
            if !whole {
                continue;
            }
            if !(same && straight(frame, y, picture)) {
                self.fit(frame, y, picture);
            }
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

/// Full range to limited (ITU-T T.871: 0 to 255; BT.601: 16 to 235 and 16 to 240), in
/// 16-bit fixed point, exact to half a code.
fn luma<const FULL: bool>(code: u8) -> u8 {
    if FULL {
        (16 + ((u32::from(code) * 56_284 + 32_768) >> 16)) as u8
    } else {
        code
    }
}

fn chroma<const FULL: bool>(code: u8) -> u8 {
    if FULL {
        // 128 + (code - 128) * 224 / 255, with an offset that keeps the sum positive.
        ((u32::from(code) * 57_569 + 1_019_809 + 32_768) >> 16) as u8
    } else {
        code
    }
}

/// Row `y` of a frame of the right size; `false` if its format has no quick way.
fn straight(frame: &FrameView<'_>, y: usize, out: &mut [u8]) -> bool {
    match frame.spec().colour().range {
        Range::Limited => straight_in::<false>(frame, y, out),
        Range::Full => straight_in::<true>(frame, y, out),
    }
}

fn straight_in<const FULL: bool>(frame: &FrameView<'_>, y: usize, out: &mut [u8]) -> bool {
    let format = frame.spec().format();
    let pairs = out.chunks_exact_mut(4).zip(frame.row(0, y).chunks_exact(2));
    let code = |luma_pair: &[u8], cb: u8, cr: u8| {
        [
            luma::<FULL>(luma_pair[0]),
            chroma::<FULL>(cb),
            luma::<FULL>(luma_pair[1]),
            chroma::<FULL>(cr),
        ]
    };
    match format {
        PixelFormat::Yuyv if !FULL => out.copy_from_slice(frame.row(0, y)),
        PixelFormat::Yuyv | PixelFormat::Uyvy => {
            let quads = frame.row(0, y).chunks_exact(4);
            for (out, quad) in out.chunks_exact_mut(4).zip(quads) {
                out.copy_from_slice(&if format == PixelFormat::Yuyv {
                    code(&[quad[0], quad[2]], quad[1], quad[3])
                } else {
                    code(&[quad[1], quad[3]], quad[0], quad[2])
                });
            }
        }
        PixelFormat::I420 | PixelFormat::I422 => {
            let chroma_y = if format == PixelFormat::I420 {
                y / 2
            } else {
                y
            };
            let chromas = frame.row(1, chroma_y).iter().zip(frame.row(2, chroma_y));
            for ((out, luma), (&cb, &cr)) in pairs.zip(chromas) {
                out.copy_from_slice(&code(luma, cb, cr));
            }
        }
        PixelFormat::Nv12 => {
            for ((out, luma), c) in pairs.zip(frame.row(1, y / 2).chunks_exact(2)) {
                out.copy_from_slice(&code(luma, c[0], c[1]));
            }
        }
        PixelFormat::Nv21 => {
            for ((out, luma), c) in pairs.zip(frame.row(1, y / 2).chunks_exact(2)) {
                out.copy_from_slice(&code(luma, c[1], c[0]));
            }
        }
        _ => return false,
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
            Range::Full => [luma::<true>(y), chroma::<true>(cb), chroma::<true>(cr)],
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
    fn ranges_convert_to_the_nearest_code() {
        for code in 0..=255u8 {
            let exact = f64::from(code) * 219.0 / 255.0 + 16.0;
            assert_eq!(luma::<true>(code), exact.round() as u8, "luma {code}");
            let exact = (f64::from(code) - 128.0) * 224.0 / 255.0 + 128.0;
            assert!(
                (f64::from(chroma::<true>(code)) - exact).abs() <= 0.51,
                "chroma {code}"
            );
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
