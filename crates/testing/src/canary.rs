use std::fmt;

use frosted_core::{FrameSpec, FrameView, PixelFormat};

use crate::scene::is_person;

/// The room came through.
#[derive(Clone, Debug, PartialEq)]
pub struct CanaryError {
    /// Pixels whose luma, chroma or colour is still the room's.
    pub pixels: usize,
    /// The first of them.
    pub first: Option<(usize, usize)>,
    /// Correlation of the output with the room over all its pixels, -1 to 1: what a faint
    /// mixture of the room betrays itself by.
    pub correlation: f64,
}

impl fmt::Display for CanaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pixels,
            first,
            correlation,
        } = self;
        write!(
            f,
            "{pixels} pixels of the room came through, the first at {first:?}, correlation {correlation:.3}"
        )
    }
}

/// The most that a sample of the output may differ from the room's to count as the room's.
const SAME: u8 = 4;

/// Cells of a backdrop follow the room's noise a little; a twentieth of the room mixed into a
/// flat backdrop gives more.
const MAX_CORRELATION: f64 = 0.2;

/// A correlation of fewer pixels than this says nothing.
const FEWEST_PIXELS: usize = 4000;

/// Looks in `output` for the room of a canary scene, `input`.
///
/// # Errors
/// [`CanaryError`] if a pixel's luma, chroma or colour is still the room's, or if the whole
/// still follows the room.
///
/// # Panics
/// If sizes or formats differ.
pub fn find_canary(input: &FrameView<'_>, output: &FrameView<'_>) -> Result<(), CanaryError> {
    let spec = input.spec();
    assert!(
        spec.same_picture(output.spec()),
        "input and output are of different specs"
    );
    let mut correlation = Correlation::default();
    let (mut pixels, mut first) = (0, None);
    for y in 0..spec.height() {
        for x in 0..spec.width() {
            if is_person(spec, x, y) {
                continue;
            }
            let (a, b) = (samples(input, x, y), samples(output, x, y));
            correlation.add(a[1], b[1]);
            let near = |a: &[u8], b: &[u8]| a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= SAME);
            let chroma = room_chroma_at(spec, x, y) && {
                let (a, b) = (chroma(input, x, y), chroma(output, x, y));
                near(&a, &b)
            };
            if near(&a, &b) || chroma {
                pixels += 1;
                first.get_or_insert((x, y));
            }
        }
    }
    let correlation = if correlation.number < FEWEST_PIXELS {
        0.0
    } else {
        correlation.value()
    };
    if pixels == 0 && correlation.abs() <= MAX_CORRELATION {
        return Ok(());
    }
    Err(CanaryError {
        pixels,
        first,
        correlation,
    })
}

/// How much the output still follows the person of a canary scene, -1 to 1: 1 if they are
/// shown as they are, about 0 if they are covered.
pub fn person_correlation(input: &FrameView<'_>, output: &FrameView<'_>) -> f64 {
    let spec = input.spec();
    let mut correlation = Correlation::default();
    for y in 0..spec.height() {
        for x in 0..spec.width() {
            if is_person(spec, x, y) {
                correlation.add(samples(input, x, y)[1], samples(output, x, y)[1]);
            }
        }
    }
    correlation.value()
}

/// Pearson's, in one pass.
#[derive(Default)]
struct Correlation {
    number: usize,
    sums: [f64; 5],
}

impl Correlation {
    fn add(&mut self, a: u8, b: u8) {
        let (a, b) = (f64::from(a), f64::from(b));
        self.number += 1;
        for (sum, value) in self.sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
            *sum += value;
        }
    }

    /// 0 where one side does not vary.
    fn value(&self) -> f64 {
        let n = self.number as f64;
        let [a, b, aa, bb, ab] = self.sums;
        let spread = (n * aa - a * a) * (n * bb - b * b);
        if spread <= 0.0 {
            0.0
        } else {
            (n * ab - a * b) / spread.sqrt()
        }
    }
}

/// Whether the chroma sample at (x, y) stands for the room alone, in a format that has one.
fn room_chroma_at(spec: &FrameSpec, x: usize, y: usize) -> bool {
    let rows = match spec.format() {
        PixelFormat::Nv12 | PixelFormat::Nv21 | PixelFormat::I420 => 2,
        PixelFormat::Yuyv | PixelFormat::Uyvy | PixelFormat::I422 => 1,
        _ => return false,
    };
    let (x, y) = (x / 2 * 2, y / rows * rows);
    let inside = |x: usize, y: usize| x < spec.width() && y < spec.height();
    (y..y + rows).all(|y| (x..x + 2).all(|x| !inside(x, y) || !is_person(spec, x, y)))
}

fn chroma(frame: &FrameView<'_>, x: usize, y: usize) -> [u8; 2] {
    let pair = x / 2;
    match frame.spec().format() {
        PixelFormat::Nv12 | PixelFormat::Nv21 => {
            let row = frame.row(1, y / 2);
            [row[2 * pair], row[2 * pair + 1]]
        }
        PixelFormat::I420 => [frame.row(1, y / 2)[pair], frame.row(2, y / 2)[pair]],
        PixelFormat::I422 => [frame.row(1, y)[pair], frame.row(2, y)[pair]],
        PixelFormat::Yuyv => [frame.row(0, y)[4 * pair + 1], frame.row(0, y)[4 * pair + 3]],
        _ => [frame.row(0, y)[4 * pair], frame.row(0, y)[4 * pair + 2]],
    }
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
            assert!(
                one.first == Some((0, 31)) && one.pixels <= 2,
                "{format}: {one}"
            );
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

    #[test]
    fn chroma_alone_and_a_faint_mixture_are_found() {
        for format in PixelFormat::ALL {
            let spec = FrameSpec::new(format, 160, 120).unwrap();
            let scene = CanaryScene::new(spec);
            let room = scene.frame().bytes();
            let mut faint = Frame::new(spec);
            for (target, room) in faint.bytes_mut().iter_mut().zip(room) {
                *target = ((u32::from(*room) + 9 * 110) / 10) as u8;
            }
            let error = find_canary(&scene.frame().view(), &faint.view()).unwrap_err();
            assert!(error.correlation > 0.9, "{format}: {error}");
            if !format.is_yuv() {
                continue;
            }
            let mut tinted = scene.frame().clone();
            let luma_rows = 0..spec.plane_rows(0);
            let step = if format.plane_count() == 1 { 2 } else { 1 };
            let offset = usize::from(format == PixelFormat::Uyvy);
            for y in luma_rows {
                let mut view = tinted.view_mut();
                view.row_mut(0, y)
                    .iter_mut()
                    .skip(offset)
                    .step_by(step)
                    .for_each(|v| *v = 110);
            }
            let error = find_canary(&scene.frame().view(), &tinted.view()).unwrap_err();
            assert!(error.pixels > 5000, "{format}: {error}");
        }
    }

    #[test]
    fn a_person_who_is_shown_is_told_from_one_who_is_covered() {
        let spec = FrameSpec::new(PixelFormat::I420, 160, 120).unwrap();
        let scene = CanaryScene::new(spec);
        let shown = person_correlation(&scene.frame().view(), &scene.frame().view());
        let covered = person_correlation(&scene.frame().view(), &Frame::new(spec).view());
        assert!(shown > 0.99 && covered == 0.0, "{shown} {covered}");
    }
}
