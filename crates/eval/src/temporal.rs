//! Flicker: change of the shown room that the room itself did not make.

use crate::filter::{Kernel, Smoother};

/// A pixel of the original is still if its smoothed luma changed by less.
const STILL: f32 = 3.0;
/// Fewer pixels than this say nothing.
const LEAST_PIXELS: u64 = 1000;
/// Bins of a level each, for the percentile.
const BINS_PER_LEVEL: f32 = 100.0;

/// Flicker from one frame to the next, in levels of 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Flicker {
    pub(crate) rms: f64,
    /// 99.9 % of the pixels changed by no more.
    pub(crate) p999: f64,
}

/// One frame as flicker sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    pub(crate) original: &'a [u8],
    pub(crate) protected: &'a [u8],
    /// 1 = room.
    pub(crate) is_room: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct FlickerMeter {
    size: (usize, usize),
    still: Kernel,
    noise: Kernel,
    smoother: Smoother,
    change: Vec<f32>,
    counted: Vec<bool>,
    bins: Vec<u32>,
}

impl FlickerMeter {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        Self {
            size,
            still: Kernel::gaussian(2.0),
            noise: Kernel::gaussian(3.0),
            smoother: Smoother::default(),
            change: Vec::new(),
            counted: Vec::new(),
            bins: Vec::new(),
        }
    }

    /// Root mean square, over room that stood still in both frames, of the change of the
    /// protected frame less that of the original, both smoothed: a camera's noise is no
    /// flicker, and light that changes in the room may change in the output.
    pub(crate) fn between(&mut self, before: Moment<'_>, now: Moment<'_>) -> Option<Flicker> {
        if !self.find_still(before, now) {
            return None;
        }
        let width = self.size.0;
        let excess = |y: usize, row: &mut [f32]| {
            let at = y * width..(y + 1) * width;
            let shown = now.protected[at.clone()]
                .iter()
                .zip(&before.protected[at.clone()]);
            let real = now.original[at.clone()].iter().zip(&before.original[at]);
            for (out, ((p, q), (o, b))) in row.iter_mut().zip(shown.zip(real)) {
                *out = f32::from((i16::from(*p) - i16::from(*q)) - (i16::from(*o) - i16::from(*b)));
            }
        };
        self.smoother
            .plane(&self.noise, self.size, excess, &mut self.change);
        Some(self.sum_up())
    }

    fn find_still(&mut self, before: Moment<'_>, now: Moment<'_>) -> bool {
        let width = self.size.0;
        let change = |y: usize, row: &mut [f32]| {
            let at = y * width..(y + 1) * width;
            let pixels = now.original[at.clone()].iter().zip(&before.original[at]);
            for (out, (now, before)) in row.iter_mut().zip(pixels) {
                *out = f32::from(i16::from(*now) - i16::from(*before));
            }
        };
        self.smoother
            .plane(&self.still, self.size, change, &mut self.change);
        self.counted.clear();
        let is_room = now.is_room.iter().zip(before.is_room);
        let still = self.change.iter().map(|change| change.abs() < STILL);
        self.counted.extend(
            still
                .zip(is_room)
                .map(|(still, (now, before))| still && now & before != 0),
        );
        self.counted.iter().filter(|&&counted| counted).count() as u64 > LEAST_PIXELS
    }

    fn sum_up(&mut self) -> Flicker {
        self.bins.clear();
        self.bins.resize(512 * BINS_PER_LEVEL as usize, 0);
        let (mut squares, mut count) = (0.0, 0u32);
        for (change, _) in self
            .change
            .iter()
            .zip(&self.counted)
            .filter(|(_, counted)| **counted)
        {
            squares += f64::from(change * change);
            count += 1;
            let bin = (change.abs() * BINS_PER_LEVEL) as usize;
            self.bins[bin.min(512 * BINS_PER_LEVEL as usize - 1)] += 1;
        }
        let mut above = count / 1000;
        let mut highest = self.bins.len() - 1;
        while highest > 0 && self.bins[highest] <= above {
            above -= self.bins[highest];
            highest -= 1;
        }
        Flicker {
            rms: (squares / f64::from(count)).sqrt(),
            p999: highest as f64 / f64::from(BINS_PER_LEVEL),
        }
    }
}
