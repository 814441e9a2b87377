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

/// The measure works on means of 2x2 pixels, which have a quarter of the work: what it looks
/// at is smoother than that.
const CELL: usize = 2;
/// Standard deviations in pixels: how far change is smoothed to tell what stands still, and
/// to take a camera's noise out.
const STILL_SIGMA_PX: f32 = 2.0;
const NOISE_SIGMA_PX: f32 = 3.0;

#[derive(Debug)]
pub(crate) struct FlickerMeter {
    /// Of the frame in pixels, and in cells.
    size: (usize, usize),
    cells: (usize, usize),
    still: Kernel,
    noise: Kernel,
    smoother: Smoother,
    change: Vec<f32>,
    counted: Vec<bool>,
    bins: Vec<u32>,
}

/// The kernel in cells whose blur, with that of the cells themselves, is the one in pixels:
/// variances add up, and that of a mean of two pixels is 1/4.
fn in_cells(sigma_px: f32) -> Kernel {
    Kernel::gaussian((sigma_px * sigma_px - 0.25).sqrt() / CELL as f32)
}

impl FlickerMeter {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        Self {
            size,
            cells: (size.0 / CELL, size.1 / CELL),
            still: in_cells(STILL_SIGMA_PX),
            noise: in_cells(NOISE_SIGMA_PX),
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
        let (width, cells) = (self.size.0, self.cells);
        let moved = |at: usize| i16::from(now.original[at]) - i16::from(before.original[at]);
        let fill = |y: usize, row: &mut [f32]| sum_cells(width, y, row, moved);
        self.smoother
            .plane(&self.still, cells, fill, &mut self.change);
        self.count(before, now);
        let counted = self.counted.iter().filter(|&&counted| counted).count();
        if (counted * CELL * CELL) as u64 <= LEAST_PIXELS {
            return None;
        }
        let excess =
            |at: usize| i16::from(now.protected[at]) - i16::from(before.protected[at]) - moved(at);
        let fill = |y: usize, row: &mut [f32]| sum_cells(width, y, row, excess);
        self.smoother
            .plane(&self.noise, cells, fill, &mut self.change);
        Some(self.sum_up())
    }

    /// Counted are cells that are room in both frames and stood still.
    fn count(&mut self, before: Moment<'_>, now: Moment<'_>) {
        let (width, cells) = (self.size.0, self.cells);
        self.counted.clear();
        for (y, changes) in self.change.chunks_exact(cells.0).enumerate() {
            let from = y * CELL * width;
            let rows = [from, from + width].map(|from| {
                let row = from..from + cells.0 * CELL;
                (&now.is_room[row.clone()], &before.is_room[row])
            });
            for (x, change) in changes.iter().enumerate() {
                let at = x * CELL..(x + 1) * CELL;
                let is_room = |(now, before): &(&[u8], &[u8])| {
                    let both = now[at.clone()].iter().zip(&before[at.clone()]);
                    both.fold(1, |all, (now, before)| all & now & before)
                };
                let is_room = is_room(&rows[0]) & is_room(&rows[1]);
                self.counted.push(is_room != 0 && change.abs() < STILL);
            }
        }
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

/// Means of the cells of one row of cells.
fn sum_cells(width: usize, y: usize, row: &mut [f32], of: impl Fn(usize) -> i16) {
    let from = y * CELL * width;
    for (x, out) in row.iter_mut().enumerate() {
        let at = from + x * CELL;
        let sum = of(at) + of(at + 1) + of(at + width) + of(at + width + 1);
        *out = f32::from(sum) / (CELL * CELL) as f32;
    }
}
