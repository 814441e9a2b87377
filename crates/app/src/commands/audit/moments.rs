//! The frames that are worth a look, kept as small pictures while the clip goes by.

use frosted::{Frame, FrameSpec, PixelFormat};
use frosted_eval::FrameFigures;

use super::clips::Pair;
use crate::media::{MediaError, convert, still};

/// No picture is wider, in pixels.
const LARGEST_WIDTH: usize = 640;
/// How many frames with the most legible room are kept, and how far apart they must be.
const LEAKS: usize = 3;
const APART: usize = 10;
/// What is legible is tinted with this colour.
const MARK: [u8; 3] = [255, 0, 190];

/// Why a frame is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reason {
    First,
    /// This share of the room is legible.
    Legible(f64),
    /// This share of the person is lost.
    Lost(f64),
    /// The room flickers by so many levels.
    Flicker(f64),
}

/// A frame before and after.
pub(super) struct Moment {
    pub(super) frame: usize,
    pub(super) reason: Reason,
    pub(super) original: Small,
    pub(super) protected: Small,
}

/// A small RGB picture.
pub(super) struct Small(Frame);

impl Small {
    pub(super) fn to_png(&self) -> Result<Vec<u8>, MediaError> {
        let mut file = Vec::new();
        still::encode_png(&self.0.view(), &mut file)?;
        Ok(file)
    }

    pub(super) fn size(&self) -> (usize, usize) {
        (self.0.spec().width(), self.0.spec().height())
    }
}

/// Keeps the worst frames seen so far.
#[derive(Default)]
pub(super) struct Moments {
    first: Option<Moment>,
    leaks: Vec<Moment>,
    lost: Option<Moment>,
    flicker: Option<Moment>,
    scratch: Option<Frame>,
}

impl Moments {
    /// Looks at a frame whose figures these are; `legible` marks its legible pixels.
    pub(super) fn see(
        &mut self,
        number: usize,
        pair: &Pair,
        figures: &FrameFigures,
        legible: &[u8],
    ) {
        if number == 0 {
            self.first = Some(self.take(number, Reason::First, pair, legible));
        }
        if self.is_worth_keeping(number, figures.legible()) {
            let moment = self.take(number, Reason::Legible(figures.legible()), pair, legible);
            self.leaks
                .retain(|kept| kept.frame.abs_diff(number) >= APART);
            self.leaks.push(moment);
            self.leaks
                .sort_by(|a, b| b.legible().total_cmp(&a.legible()));
            self.leaks.truncate(LEAKS);
        }
        /// Less of the person is not seen.
        const LEAST_LOST: f64 = 0.001;
        let lost = figures.person.map_or(0.0, |person| person.lost);
        if lost > LEAST_LOST && self.lost.as_ref().is_none_or(|kept| lost > kept.lost()) {
            self.lost = Some(self.take(number, Reason::Lost(lost), pair, legible));
        }
        /// Less flicker is not seen.
        const LEAST_FLICKER: f64 = 1.0;
        let flicker = figures.flicker.unwrap_or(0.0);
        if flicker > LEAST_FLICKER
            && self
                .flicker
                .as_ref()
                .is_none_or(|kept| flicker > kept.flicker())
        {
            self.flicker = Some(self.take(number, Reason::Flicker(flicker), pair, legible));
        }
    }

    /// The first frame, the worst leaks, and the worst for the person and the eye.
    pub(super) fn finish(self) -> Vec<Moment> {
        let mut all: Vec<_> = self.leaks;
        all.extend(self.lost);
        all.extend(self.flicker);
        all.extend(self.first);
        all
    }

    /// Of frames close to each other only the worst is kept.
    fn is_worth_keeping(&self, number: usize, legible: f64) -> bool {
        let is_near = |kept: &&Moment| kept.frame.abs_diff(number) < APART;
        let rivals: Vec<_> = self.leaks.iter().filter(is_near).collect();
        let is_worst_here = rivals.iter().all(|kept| legible > kept.legible());
        let has_room = self.leaks.len() - rivals.len() < LEAKS
            || self.leaks.iter().any(|kept| legible > kept.legible());
        legible > 0.0 && is_worst_here && has_room
    }

    fn take(&mut self, frame: usize, reason: Reason, pair: &Pair, legible: &[u8]) -> Moment {
        let unread = FrameSpec::new(PixelFormat::Rgba8, 16, 16).expect("16x16 is a size");
        let scratch = self.scratch.get_or_insert_with(|| Frame::new(unread));
        Moment {
            frame,
            reason,
            original: small(&pair.original, scratch, None),
            protected: small(&pair.protected, scratch, Some(legible)),
        }
    }
}

impl Moment {
    fn legible(&self) -> f64 {
        match self.reason {
            Reason::Legible(share) => share,
            _ => 0.0,
        }
    }

    fn lost(&self) -> f64 {
        match self.reason {
            Reason::Lost(share) => share,
            _ => 0.0,
        }
    }

    fn flicker(&self) -> f64 {
        match self.reason {
            Reason::Flicker(levels) => levels,
            _ => 0.0,
        }
    }
}

/// The picture, reduced by a whole factor, `marked` pixels tinted.
fn small(frame: &Frame, rgba: &mut Frame, marked: Option<&[u8]>) -> Small {
    convert::to_rgba(&frame.view(), rgba);
    let (width, height) = (rgba.spec().width(), rgba.spec().height());
    // Frames are 16 px high at least, whatever their width.
    let factor = width.div_ceil(LARGEST_WIDTH).min(height / 16).max(1);
    let size = (width / factor, height / factor);
    let spec = FrameSpec::new(PixelFormat::Rgb8, size.0, size.1)
        .expect("a part of a frame that is 16x16 or larger is a frame");
    let mut out = Frame::new(spec);
    let pixels = out.bytes_mut().chunks_exact_mut(3).enumerate();
    for (at, pixel) in pixels {
        let (left, top) = (at % size.0 * factor, at / size.0 * factor);
        let (mut sum, mut is_marked) = ([0u32; 3], false);
        for y in top..top + factor {
            for x in left..left + factor {
                let rgba = &rgba.bytes()[(y * width + x) * 4..];
                for (sum, &part) in sum.iter_mut().zip(rgba) {
                    *sum += u32::from(part);
                }
                is_marked |= marked.is_some_and(|marked| marked[y * width + x] != 0);
            }
        }
        for ((out, sum), mark) in pixel.iter_mut().zip(sum).zip(MARK) {
            let mean = sum / (factor * factor) as u32;
            let tinted = (mean + 2 * u32::from(mark)) / 3;
            *out = if is_marked { tinted } else { mean } as u8;
        }
    }
    Small(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted::Rgb;

    fn pair() -> Pair {
        let spec = FrameSpec::new(PixelFormat::Rgb8, 1280, 48).unwrap();
        let mut frame = Frame::new(spec);
        frame.view_mut().fill(Rgb::new(30, 30, 30));
        Pair {
            original: frame.clone(),
            protected: frame,
            matte: None,
        }
    }

    fn see(moments: &mut Moments, number: usize, legible_px: u64) {
        let mut map = vec![0; 1280 * 48];
        map[0] = 1;
        let mut figures = FrameFigures::default();
        (figures.textured_px, figures.legible_px) = (100, legible_px);
        moments.see(number, &pair(), &figures, &map);
    }

    #[test]
    fn the_worst_frames_that_are_apart_are_kept() {
        let mut moments = Moments::default();
        let legible = [
            (0, 0),
            (20, 5),
            (25, 9),
            (27, 7),
            (40, 3),
            (60, 4),
            (80, 8),
            (100, 1),
        ];
        for (number, legible_px) in legible {
            see(&mut moments, number, legible_px);
        }
        let kept: Vec<_> = moments.finish().iter().map(|moment| moment.frame).collect();
        assert_eq!(kept, [25, 80, 60, 0]);
    }

    #[test]
    fn what_is_legible_is_tinted() {
        let mut moments = Moments::default();
        see(&mut moments, 0, 1);
        let moment = &moments.finish()[0];
        assert_eq!(moment.protected.size(), (640, 24));
        let bytes = moment.protected.0.bytes();
        assert_eq!(bytes[..6], [180, 10, 136, 30, 30, 30]);
        assert_eq!(moment.original.0.bytes()[..3], [30, 30, 30]);
    }
}
