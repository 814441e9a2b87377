//! From the formats that files hold to RGBA, for outputs with an alpha channel.

use frosted::{Frame, FrameView, PixelFormat};

/// Makes `rgba` the same picture as `frame` in RGBA, opaque; chroma is taken from the
/// nearest sample.
///
/// # Panics
/// If the frame is none of I420, I422, RGB and RGBA, which are what sources give.
pub fn to_rgba(frame: &FrameView<'_>, rgba: &mut Frame) {
    let spec = *frame.spec();
    rgba.reshape(spec.in_format(PixelFormat::Rgba8));
    rgba.set_captured_at(frame.captured_at());
    let chroma_rows = match spec.format() {
        PixelFormat::I420 => 2,
        PixelFormat::I422 => 1,
        PixelFormat::Rgb8 | PixelFormat::Rgba8 => 0,
        other => panic!("sources give i420, i422, rgb24 and rgba, not {other}"),
    };
    let coefficients = spec.colour().rgb_coefficients();
    let mut out = rgba.view_mut();
    for y in 0..spec.height() {
        let (row, pixels) = (frame.row(0, y), out.row_mut(0, y).chunks_exact_mut(4));
        match spec.format() {
            PixelFormat::Rgba8 => pixels
                .zip(row.chunks_exact(4))
                .for_each(|(out, rgba)| out.copy_from_slice(rgba)),
            PixelFormat::Rgb8 => pixels
                .zip(row.chunks_exact(3))
                .for_each(|(out, rgb)| out.copy_from_slice(&[rgb[0], rgb[1], rgb[2], 255])),
            _ => {
                let chroma_y = y / chroma_rows;
                let (cb, cr) = (frame.row(1, chroma_y), frame.row(2, chroma_y));
                for (x, (out, &luma)) in pixels.zip(row).enumerate() {
                    let [r, g, b] = rgb(coefficients, [luma, cb[x / 2], cr[x / 2]]);
                    out.copy_from_slice(&[r, g, b, 255]);
                }
            }
        }
    }
}

/// The sum of `Colour::rgb_of`, with the coefficients worked out once for a frame.
fn rgb(coefficients: [f32; 6], codes: [u8; 3]) -> [u8; 3] {
    let [y_gain, y_offset, r_cr, g_cb, g_cr, b_cb] = coefficients;
    let [luma, cb, cr] = codes.map(f32::from);
    let (luma, cb, cr) = ((luma - y_offset) * y_gain, cb - 128.0, cr - 128.0);
    // `as` saturates.
    [
        luma + r_cr * cr,
        luma + g_cb * cb + g_cr * cr,
        luma + b_cb * cb,
    ]
    .map(|part| (part + 0.5) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted::{Colour, FrameSpec, Rgb};

    #[test]
    fn colours_come_out_as_they_went_in() {
        for format in [PixelFormat::I420, PixelFormat::I422, PixelFormat::Rgb8] {
            for colour in [Colour::default(), Colour::JPEG] {
                let spec = FrameSpec::new(format, 17, 19).unwrap().with_colour(colour);
                let mut frame = Frame::new(spec);
                frame.view_mut().fill(Rgb::new(200, 40, 90));
                let mut rgba = Frame::new(spec);
                to_rgba(&frame.view(), &mut rgba);
                for pixel in rgba.bytes().chunks_exact(4) {
                    for (got, wanted) in pixel.iter().zip([200u8, 40, 90, 255]) {
                        assert!(got.abs_diff(wanted) <= 3, "{format} {colour:?}: {pixel:?}");
                    }
                }
            }
        }
    }
}
