//! Which textured pixels of the room are legible in the protected frame.
//!
//! Fine detail is what is left of the luma after subtracting a Gaussian mean of room pixels
//! alone, so that the person's contour is no detail of the room. In a window around each
//! pixel, with detail o of the original and p of the protected frame:
//!
//! - textured: the standard deviation of o is over 3 levels, and enough of the window is room;
//! - legible: textured, the gain `Σop / Σoo` is .35 to 1.7, the correlation
//!   `Σop / √(Σoo Σpp)` is over .7, and the local means differ by less than 16 levels.
//!
//! Gain tells blur from detail, correlation and mean tell the room from another picture.
//! A legible spot that holds no 3x3 square is chance and dropped.

use crate::filter::{Kernel, Smoother};
use crate::shape;

const TEXTURE_STD: f32 = 3.0;
const GAIN: std::ops::Range<f32> = 0.35..1.7;
const CORRELATION: f32 = 0.7;
const LEAST_COVER: f32 = 0.2;
const MEAN_DIFFERENCE: f32 = 16.0;
/// Keeps divisions finite.
const TINY: f32 = 1e-3;

/// Counts of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) textured: u64,
    pub(crate) legible: u64,
}

/// Finds what is legible; keeps its memory from frame to frame.
#[derive(Debug)]
pub(crate) struct LeakFinder {
    size: (usize, usize),
    mean: Kernel,
    window: Kernel,
    smoother: Smoother,
    cover: Vec<f32>,
    detail: [Vec<f32>; 2],
    means: [Vec<f32>; 2],
    sums: [Vec<f32>; 4],
    textured: Vec<u8>,
    legible: Vec<u8>,
    scratch: Vec<u8>,
}

impl LeakFinder {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        let scale = size.1 as f32 / 720.0;
        let side = (9.0 * scale).round_ties_even() as usize | 1;
        Self {
            size,
            mean: Kernel::gaussian(2.0 * scale.max(0.75)),
            window: Kernel::mean(side.max(9)),
            smoother: Smoother::default(),
            cover: Vec::new(),
            detail: Default::default(),
            means: Default::default(),
            sums: Default::default(),
            textured: vec![0; size.0 * size.1],
            legible: vec![0; size.0 * size.1],
            scratch: Vec::new(),
        }
    }

    /// 1 where the room has texture, of the last frame.
    pub(crate) fn textured(&self) -> &[u8] {
        &self.textured
    }

    /// 1 where the room is legible, of the last frame.
    pub(crate) fn legible(&self) -> &[u8] {
        &self.legible
    }

    /// Looks at one frame; `is_room` holds 1 for room and 0 for what may be shown.
    pub(crate) fn look(&mut self, original: &[u8], protected: &[u8], is_room: &[u8]) -> Counts {
        self.take_detail([original, protected], is_room);
        self.sum_windows(is_room);
        self.decide(is_room);
        shape::open_3x3(&mut self.legible, self.size.0, &mut self.scratch);
        let count = |map: &[u8]| map.iter().map(|&value| u64::from(value)).sum();
        Counts {
            textured: count(&self.textured),
            legible: count(&self.legible),
        }
    }

    fn take_detail(&mut self, lumas: [&[u8]; 2], is_room: &[u8]) {
        let (width, size) = (self.size.0, self.size);
        let fill_cover = |y: usize, row: &mut [f32]| {
            for (out, &room) in row.iter_mut().zip(&is_room[y * width..]) {
                *out = f32::from(room);
            }
        };
        self.smoother
            .plane(&self.mean, size, fill_cover, &mut self.cover);
        for (at, luma) in lumas.into_iter().enumerate() {
            let fill = |y: usize, row: &mut [f32]| {
                let pixels = luma[y * width..].iter().zip(&is_room[y * width..]);
                for (out, (&luma, &room)) in row.iter_mut().zip(pixels) {
                    *out = f32::from(luma * room);
                }
            };
            self.smoother
                .plane(&self.mean, size, fill, &mut self.means[at]);
            self.detail[at].resize(luma.len(), 0.0);
            let cover = self.means[at].iter_mut().zip(&self.cover);
            let pixels = luma.iter().zip(is_room);
            for ((out, (mean, cover)), (&luma, &room)) in
                self.detail[at].iter_mut().zip(cover).zip(pixels)
            {
                *mean /= cover.max(TINY);
                *out = (f32::from(luma) - *mean) * f32::from(room);
            }
        }
    }

    fn sum_windows(&mut self, is_room: &[u8]) {
        let (width, size) = (self.size.0, self.size);
        let [original, protected] = &self.detail;
        let pairs = [
            (original, original),
            (original, protected),
            (protected, protected),
        ];
        for (sum, (a, b)) in self.sums.iter_mut().zip(pairs) {
            let fill = |y: usize, row: &mut [f32]| {
                let (a, b) = (&a[y * width..][..width], &b[y * width..][..width]);
                for (out, (a, b)) in row.iter_mut().zip(a.iter().zip(b)) {
                    *out = a * b;
                }
            };
            self.smoother.plane(&self.window, size, fill, sum);
        }
        let fill = |y: usize, row: &mut [f32]| {
            for (out, &room) in row.iter_mut().zip(&is_room[y * width..]) {
                *out = f32::from(room);
            }
        };
        self.smoother
            .plane(&self.window, size, fill, &mut self.sums[3]);
    }

    fn decide(&mut self, is_room: &[u8]) {
        let [oo, op, pp, cover] = &self.sums;
        let sums = oo.iter().zip(op).zip(pp.iter().zip(cover));
        let means = self.means[0].iter().zip(&self.means[1]);
        let out = self.textured.iter_mut().zip(&mut self.legible);
        for ((((textured, legible), &room), ((&oo, &op), (&pp, &cover))), (of_o, of_p)) in
            out.zip(is_room).zip(sums).zip(means)
        {
            let is_textured = (oo > TEXTURE_STD * TEXTURE_STD * cover.max(TINY))
                & (cover > LEAST_COVER)
                & (room != 0);
            let gain = op / oo.max(TINY);
            let correlates = op > CORRELATION * (oo * pp).max(TINY).sqrt();
            let is_legible = is_textured
                & (gain > GAIN.start)
                & (gain < GAIN.end)
                & correlates
                & ((of_o - of_p).abs() < MEAN_DIFFERENCE);
            *textured = u8::from(is_textured);
            *legible = u8::from(is_legible);
        }
    }
}
