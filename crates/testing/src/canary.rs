use std::fmt;

use frosted_core::{FrameView, PixelFormat};

use crate::scene::is_person;

/// Pixels of the room that came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanaryError {
    /// How many.
    pub pixels: usize,
    /// The first one.
    pub first: (usize, usize),
}

impl fmt::Display for CanaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} pixels of the room came through, the first at {:?}",
            self.pixels, self.first
        )
    }
}

/// The most that a sample of the output may differ from the room's to count as the room's.
const SAME: u8 = 4;

/// Looks in `output` for pixels of the room of a canary scene, `input`.
///
/// # Errors
/// [`CanaryError`] if there is at least one.
///
/// # Panics
/// If sizes or formats differ.
pub fn find_canary(input: &FrameView<'_>, output: &FrameView<'_>) -> Result<(), CanaryError> {
    let spec = input.spec();
    assert!(
        spec.same_picture(output.spec()),
        "input and output are of different specs"
    );
    let (width, height) = (spec.width(), spec.height());
    let mut found = None;
    for y in 0..height {
        for x in 0..width {
            if is_person(spec, x, y) {
                continue;
            }
            let (a, b) = (samples(input, x, y), samples(output, x, y));
            let same = a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= SAME);
            if same {
                let (pixels, first) = found.unwrap_or((0, (x, y)));
                found = Some((pixels + 1, first));
            }
        }
    }
    found.map_or(Ok(()), |(pixels, first)| Err(CanaryError { pixels, first }))
}

/// What tells the room: luma alone, or red, green and blue (alpha aside).
fn samples(frame: &FrameView<'_>, x: usize, y: usize) -> [u8; 3] {
    let row = frame.row(0, y);
    match frame.spec().format() {
        PixelFormat::Rgb8 | PixelFormat::Bgr8 => [row[3 * x], row[3 * x + 1], row[3 * x + 2]],
        PixelFormat::Rgba8 | PixelFormat::Bgra8 => [row[4 * x], row[4 * x + 1], row[4 * x + 2]],
        PixelFormat::Yuyv => [row[2 * x]; 3],
        PixelFormat::Uyvy => [row[2 * x + 1]; 3],
        _ => [row[x]; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::CanaryScene;
    use frosted_core::{CardPainter, Frame, FrameSpec, Rgb};

    #[test]
    fn one_surviving_pixel_is_found_in_every_format() {
        for format in PixelFormat::ALL {
            let spec = FrameSpec::new(format, 48, 32).unwrap();
            let scene = CanaryScene::new(spec);
            let mut output = scene.frame().clone();
            let raw = find_canary(&scene.frame().view(), &output.view()).unwrap_err();
            assert!(raw.pixels > 48 * 32 / 2, "{format}: {raw}");
            output.view_mut().fill(Rgb::new(110, 110, 110));
            assert_eq!(
                find_canary(&scene.frame().view(), &output.view()),
                Ok(()),
                "{format}"
            );
            let bytes = output.view().row(0, 0).len() / 48;
            let pixel = scene.frame().view().row(0, 31)[..2 * bytes].to_vec();
            output.view_mut().row_mut(0, 31)[..2 * bytes].copy_from_slice(&pixel);
            let one = find_canary(&scene.frame().view(), &output.view()).unwrap_err();
            assert!(one.first == (0, 31) && one.pixels <= 2, "{format}: {one}");
        }
    }

    #[test]
    fn card_and_blank_are_no_canary() {
        for format in PixelFormat::ALL {
            let spec = FrameSpec::new(format, 320, 180).unwrap();
            let scene = CanaryScene::new(spec);
            let mut output = Frame::new(spec);
            assert_eq!(
                find_canary(&scene.frame().view(), &output.view()),
                Ok(()),
                "{format}"
            );
            CardPainter::new().paint("Covered", "why", &mut output.view_mut());
            assert_eq!(
                find_canary(&scene.frame().view(), &output.view()),
                Ok(()),
                "{format}"
            );
        }
    }
}
