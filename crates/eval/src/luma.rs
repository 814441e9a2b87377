//! Brightness as the measures see it: BT.601 luma of full-range R'G'B', 8 bits.

use frosted_core::{FrameView, Matrix, PixelFormat, Range};

/// Weights of R'G'B' in luma, thousandths (ITU-R BT.601-7 2.5.1).
const WEIGHTS: [u32; 3] = [299, 587, 114];

/// Writes the luma of `frame` into `luma`, row by row.
pub(crate) fn read(frame: &FrameView<'_>, luma: &mut Vec<u8>) {
    let spec = frame.spec();
    luma.resize(spec.width() * spec.height(), 0);
    let rows = luma.chunks_exact_mut(spec.width()).enumerate();
    match spec.format() {
        PixelFormat::Rgb8 => rows.for_each(|(y, out)| of_rgb(frame.row(0, y), 3, out)),
        PixelFormat::Rgba8 => rows.for_each(|(y, out)| of_rgb(frame.row(0, y), 4, out)),
        PixelFormat::I420 | PixelFormat::I422 | PixelFormat::Nv12
            if spec.colour().matrix == Matrix::Bt601 =>
        {
            let codes = codes(spec.colour().range);
            rows.for_each(|(y, out)| {
                for (out, &code) in out.iter_mut().zip(frame.row(0, y)) {
                    *out = codes[usize::from(code)];
                }
            });
        }
        PixelFormat::I420 => rows.for_each(|(y, out)| of_other_matrix(frame, y, y / 2, out)),
        PixelFormat::I422 => rows.for_each(|(y, out)| of_other_matrix(frame, y, y, out)),
        _ => rows.for_each(|(y, out)| {
            for (x, out) in out.iter_mut().enumerate() {
                let rgb = frame.rgb_at(x, y);
                *out = weighted([rgb.r, rgb.g, rgb.b]);
            }
        }),
    }
}

fn weighted(rgb: [u8; 3]) -> u8 {
    let parts = rgb
        .iter()
        .zip(WEIGHTS)
        .map(|(&part, weight)| u32::from(part) * weight);
    ((parts.sum::<u32>() + 500) / 1000) as u8
}

fn of_rgb(row: &[u8], step: usize, out: &mut [u8]) {
    for (out, pixel) in out.iter_mut().zip(row.chunks_exact(step)) {
        *out = weighted([pixel[0], pixel[1], pixel[2]]);
    }
}

fn codes(range: Range) -> [u8; 256] {
    std::array::from_fn(|code| match range {
        Range::Full => code as u8,
        Range::Limited => ((code as f32 - 16.0) * 255.0 / 219.0)
            .round()
            .clamp(0.0, 255.0) as u8,
    })
}

/// The luma of another matrix is not ours: of saturated colours they differ by tens.
fn of_other_matrix(frame: &FrameView<'_>, y: usize, chroma_y: usize, out: &mut [u8]) {
    let [gain, offset, r_cr, g_cb, g_cr, b_cb] = frame.spec().colour().rgb_coefficients();
    let [red, green, blue] = WEIGHTS.map(|weight| weight as f32 / 1000.0);
    let (of_cb, of_cr) = (green * g_cb + blue * b_cb, red * r_cr + green * g_cr);
    let (cb, cr) = (frame.row(1, chroma_y), frame.row(2, chroma_y));
    for (x, (out, &code)) in out.iter_mut().zip(frame.row(0, y)).enumerate() {
        let (cb, cr) = (f32::from(cb[x / 2]) - 128.0, f32::from(cr[x / 2]) - 128.0);
        let luma = (f32::from(code) - offset) * gain + of_cb * cb + of_cr * cr;
        // `as` saturates.
        *out = (luma + 0.5) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::{Colour, Frame, FrameSpec, Rgb};

    #[test]
    fn one_colour_has_one_luma_in_every_format() {
        let rgb = Rgb::new(200, 40, 90);
        let expected = weighted([200, 40, 90]);
        for format in PixelFormat::ALL {
            for matrix in [Matrix::Bt601, Matrix::Bt709] {
                for range in [Range::Full, Range::Limited] {
                    let spec = FrameSpec::new(format, 17, 19).unwrap();
                    let mut frame = Frame::new(spec.with_colour(Colour { matrix, range }));
                    frame.view_mut().fill(rgb);
                    let mut luma = Vec::new();
                    read(&frame.view(), &mut luma);
                    assert_eq!(luma.len(), 17 * 19);
                    for got in luma {
                        assert!(
                            got.abs_diff(expected) <= 2,
                            "{format} {matrix:?} {range:?}: {got} {expected}"
                        );
                    }
                }
            }
        }
    }
}
