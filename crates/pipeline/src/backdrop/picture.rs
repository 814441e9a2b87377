use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use frosted_core::{Frame, FrameSpec, FrameViewMut, Picture, PixelFormat, Rgb};

use crate::error::{Error, ErrorKind};

/// A frame of `spec` that `picture` covers: scaled to fill it, what stands over cut off
/// evenly, upright for whoever looks at the frame.
///
/// # Errors
/// [`ErrorKind::Picture`] if it cannot be scaled.
pub(crate) fn cover(spec: &FrameSpec, picture: &Picture) -> Result<Frame, Error> {
    let stored = (spec.width(), spec.height());
    let (width, height) = spec.rotation().upright(stored);
    let wrong = |why: String| Error::new(ErrorKind::Picture, format!("background picture: {why}"));
    let side = |side: usize| u32::try_from(side).map_err(|error| wrong(error.to_string()));
    let source = ImageRef::new(
        side(picture.width())?,
        side(picture.height())?,
        picture.rgb(),
        PixelType::U8x3,
    );
    let source = source.map_err(|error| wrong(error.to_string()))?;
    let mut scaled = Image::new(side(width)?, side(height)?, PixelType::U8x3);
    let options = ResizeOptions::new().fit_into_destination(Some((0.5, 0.5)));
    Resizer::new()
        .resize(&source, &mut scaled, &options)
        .map_err(|error| wrong(error.to_string()))?;
    let rgb = scaled.buffer();
    let mut frame = Frame::new(spec.in_format(spec.format()));
    let colour_at = |x: usize, y: usize| {
        // Where the stored pixel's centre lies upright: the inverse turn.
        let (fx, fy) = (x as f32 + 0.5, y as f32 + 0.5);
        let back = match spec.rotation() {
            frosted_core::Rotation::Clockwise90 => frosted_core::Rotation::Clockwise270,
            frosted_core::Rotation::Clockwise270 => frosted_core::Rotation::Clockwise90,
            other => other,
        };
        let (ux, uy) = back.stored_point((width as f32, height as f32), fx, fy);
        let at = 3 * (uy as usize * width + ux as usize);
        Rgb::new(rgb[at], rgb[at + 1], rgb[at + 2])
    };
    write(&mut frame.view_mut(), colour_at);
    Ok(frame)
}

/// Writes an opaque picture, given pixel by pixel, to a frame that is composited directly.
fn write(target: &mut FrameViewMut<'_>, colour_at: impl Fn(usize, usize) -> Rgb) {
    let spec = *target.spec();
    let (width, height) = (spec.width(), spec.height());
    let yuv = |x: usize, y: usize| {
        spec.colour()
            .yuv_of(colour_at(x.min(width - 1), y.min(height - 1)))
    };
    // The mean of the pixels that share a chroma sample.
    let chroma = |x: usize, y: usize, rows: usize| {
        let mut sums = [0u16; 2];
        for dy in 0..rows {
            for dx in 0..2 {
                let [_, cb, cr] = yuv(2 * x + dx, rows * y + dy);
                sums[0] += u16::from(cb);
                sums[1] += u16::from(cr);
            }
        }
        let number = 2 * rows as u16;
        sums.map(|sum| ((sum + number / 2) / number) as u8)
    };
    for plane in 0..spec.format().plane_count() {
        for y in 0..spec.plane_rows(plane) {
            let row = target.row_mut(plane, y);
            match (spec.format(), plane) {
                (PixelFormat::Rgb8 | PixelFormat::Rgba8, _) => {
                    let bytes = row.len() / width;
                    for (x, slot) in row.chunks_exact_mut(bytes).enumerate() {
                        let Rgb { r, g, b } = colour_at(x, y);
                        slot.copy_from_slice(&[r, g, b, 255][..bytes]);
                    }
                }
                (PixelFormat::Bgr8 | PixelFormat::Bgra8, _) => {
                    let bytes = row.len() / width;
                    for (x, slot) in row.chunks_exact_mut(bytes).enumerate() {
                        let Rgb { r, g, b } = colour_at(x, y);
                        slot.copy_from_slice(&[b, g, r, 255][..bytes]);
                    }
                }
                (PixelFormat::Yuyv, _) => {
                    for (x, slot) in row.chunks_exact_mut(4).enumerate() {
                        let [cb, cr] = chroma(x, y, 1);
                        slot.copy_from_slice(&[yuv(2 * x, y)[0], cb, yuv(2 * x + 1, y)[0], cr]);
                    }
                }
                (PixelFormat::Nv12, 1) => {
                    for (x, slot) in row.chunks_exact_mut(2).enumerate() {
                        slot.copy_from_slice(&chroma(x, y, 2));
                    }
                }
                (PixelFormat::I420, 1 | 2) => {
                    for (x, slot) in row.iter_mut().enumerate() {
                        *slot = chroma(x, y, 2)[plane - 1];
                    }
                }
                _ => {
                    for (x, slot) in row.iter_mut().enumerate() {
                        *slot = yuv(x, y)[0];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::Rotation;

    /// Left half red, right half blue, twice as wide as high.
    fn halves() -> Picture {
        let pixel = |at: usize| {
            if at % 80 < 40 {
                [255, 0, 0]
            } else {
                [0, 0, 255]
            }
        };
        Picture::new(80, 40, (0..80 * 40).flat_map(pixel).collect::<Vec<u8>>()).unwrap()
    }

    #[test]
    fn every_format_and_rotation_shows_red_left_and_blue_right() {
        for format in PixelFormat::DIRECT {
            for rotation in [
                Rotation::None,
                Rotation::Clockwise90,
                Rotation::Half,
                Rotation::Clockwise270,
            ] {
                let (width, height) = rotation.upright((33, 21));
                let spec = FrameSpec::new(format, width, height)
                    .unwrap()
                    .with_rotation(rotation);
                let frame = cover(&spec, &halves()).unwrap();
                for (ux, expected) in [(3.5, Rgb::new(255, 0, 0)), (29.5, Rgb::new(0, 0, 255))] {
                    let (x, y) = rotation.stored_point((width as f32, height as f32), ux, 10.5);
                    let found = rgb_at(&frame, x as usize, y as usize);
                    for (a, b) in [
                        (found.r, expected.r),
                        (found.g, expected.g),
                        (found.b, expected.b),
                    ] {
                        assert!(
                            a.abs_diff(b) < 8,
                            "{format} {rotation:?}: {found:?}, not {expected:?}"
                        );
                    }
                }
            }
        }
    }

    fn rgb_at(frame: &Frame, x: usize, y: usize) -> Rgb {
        let view = frame.view();
        let row = view.row(0, y);
        let colour = view.spec().colour();
        match view.spec().format() {
            PixelFormat::Rgb8 => Rgb::new(row[3 * x], row[3 * x + 1], row[3 * x + 2]),
            PixelFormat::Bgr8 => Rgb::new(row[3 * x + 2], row[3 * x + 1], row[3 * x]),
            PixelFormat::Rgba8 => Rgb::new(row[4 * x], row[4 * x + 1], row[4 * x + 2]),
            PixelFormat::Bgra8 => Rgb::new(row[4 * x + 2], row[4 * x + 1], row[4 * x]),
            PixelFormat::Yuyv => {
                let pair = &row[x / 2 * 4..];
                colour.rgb_of([pair[x % 2 * 2], pair[1], pair[3]])
            }
            PixelFormat::Nv12 => {
                let chroma = &view.row(1, y / 2)[x / 2 * 2..];
                colour.rgb_of([row[x], chroma[0], chroma[1]])
            }
            _ => colour.rgb_of([row[x], view.row(1, y / 2)[x / 2], view.row(2, y / 2)[x / 2]]),
        }
    }
}
