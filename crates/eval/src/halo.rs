//! Halo: the person's colours in the room beside them, as a blur of a whole frame smears them.

use frosted_core::FrameView;

use crate::filter::{Kernel, Smoother};
use crate::matte::{self, Region};
use crate::shape;

/// The measure works on cells of so many pixels a side.
const CELL: usize = 4;
/// Pixels of the band beside the person that are needed.
const LEAST_PIXELS: usize = 200;
const TINY: f32 = 1e-4;

#[derive(Debug)]
pub(crate) struct HaloMeter {
    size: (usize, usize),
    /// Width of the band beside the person, 16 px at 720 lines.
    band_px: f32,
    kernel: Kernel,
    smoother: Smoother,
    distances: Vec<f32>,
}

/// Cells of a region, a value each.
#[derive(Debug, Default)]
struct Cells {
    size: (usize, usize),
    person: Vec<f32>,
    room: Vec<f32>,
    band: Vec<bool>,
}

impl HaloMeter {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        let band_px = (16.0 * size.1 as f32 / 720.0).round_ties_even();
        Self {
            size,
            band_px,
            kernel: Kernel::gaussian((band_px / CELL as f32).max(0.5)),
            smoother: Smoother::default(),
            distances: Vec::new(),
        }
    }

    /// How far the band beside the person is from the room's colours towards the person's:
    /// 0 = room, 1 = person. Both are Gaussian means of the original nearby. None if there is
    /// no person or no room beside them. `inside` is 1 inside the person.
    pub(crate) fn look(
        &mut self,
        original: &FrameView<'_>,
        protected: &FrameView<'_>,
        alpha: &[u8],
        inside: &[u8],
    ) -> Option<f64> {
        let reach = 2 * CELL * self.kernel.radius();
        let not_room = |alpha| !matte::is_room(alpha);
        let region = Region::around(alpha, self.size.0, not_room)?.grown(reach, self.size);
        let region = Region {
            left: region.left / CELL * CELL,
            top: region.top / CELL * CELL,
            ..region
        };
        let cells = self.cells(region, alpha, inside)?;
        let person_cover = self.smooth(&cells.person, cells.size);
        let room_cover = self.smooth(&cells.room, cells.size);
        let originals = means(original, region, cells.size);
        let protecteds = means(protected, region, cells.size);
        let (mut towards, mut whole) = (0.0, 0.0);
        for (original, protected) in originals.iter().zip(&protecteds) {
            let weighted = |weights: &[f32]| -> Vec<f32> {
                original
                    .iter()
                    .zip(weights)
                    .map(|(value, weight)| value * weight)
                    .collect()
            };
            let person = self.smooth(&weighted(&cells.person), cells.size);
            let room = self.smooth(&weighted(&cells.room), cells.size);
            for at in (0..cells.band.len()).filter(|&at| cells.band[at]) {
                let person = person[at] / (person_cover[at] + TINY);
                let room = room[at] / (room_cover[at] + TINY);
                let step = f64::from(person - room);
                towards += f64::from(protected[at] - room) * step;
                whole += step * step;
            }
        }
        Some(towards / whole.max(1e-3))
    }

    fn cells(&mut self, region: Region, alpha: &[u8], inside: &[u8]) -> Option<Cells> {
        let width = self.size.0;
        let (region_width, region_height) = region.size();
        let at = |x: usize, y: usize| (region.top + y) * width + region.left + x;
        shape::distances(
            region_width,
            region_height,
            |x, y| !matte::is_room(alpha[at(x, y)]),
            &mut self.distances,
        );
        let is_band = |x: usize, y: usize| {
            let distance = self.distances[y * region_width + x];
            distance > 1.0 && distance <= self.band_px
        };
        let pixels = |x: usize, y: usize| {
            (0..CELL * CELL).map(move |k| (x * CELL + k % CELL, y * CELL + k / CELL))
        };
        let size = (region_width / CELL, region_height / CELL);
        let mut cells = Cells {
            size,
            ..Cells::default()
        };
        let (mut band, mut has_inside) = (0, false);
        for y in 0..size.1 {
            for x in 0..size.0 {
                let share = |count: usize| count as f32 / (CELL * CELL) as f32;
                let inside = pixels(x, y).filter(|&(x, y)| inside[at(x, y)] != 0).count();
                let room = pixels(x, y)
                    .filter(|&(x, y)| matte::is_room(alpha[at(x, y)]))
                    .count();
                let in_band = pixels(x, y).filter(|&(x, y)| is_band(x, y)).count();
                band += in_band;
                has_inside |= inside > 0;
                cells.person.push(share(inside));
                // A cell that is partly person has no colour of the room alone.
                cells.room.push(f32::from(u8::from(room == CELL * CELL)));
                cells.band.push(share(in_band) > 0.5);
            }
        }
        (band > LEAST_PIXELS && has_inside).then_some(cells)
    }

    fn smooth(&mut self, cells: &[f32], size: (usize, usize)) -> Vec<f32> {
        let mut out = Vec::new();
        let fill = |y: usize, row: &mut [f32]| row.copy_from_slice(&cells[y * size.0..][..size.0]);
        self.smoother.plane(&self.kernel, size, fill, &mut out);
        out
    }
}

/// Mean red, green and blue of each cell.
fn means(frame: &FrameView<'_>, region: Region, size: (usize, usize)) -> [Vec<f32>; 3] {
    let mut out: [Vec<f32>; 3] = Default::default();
    for y in 0..size.1 {
        for x in 0..size.0 {
            let mut sum = [0u32; 3];
            for k in 0..CELL * CELL {
                let (dx, dy) = (k % CELL, k / CELL);
                let rgb = frame.rgb_at(region.left + x * CELL + dx, region.top + y * CELL + dy);
                for (sum, part) in sum.iter_mut().zip([rgb.r, rgb.g, rgb.b]) {
                    *sum += u32::from(part);
                }
            }
            for (out, sum) in out.iter_mut().zip(sum) {
                out.push(sum as f32 / (CELL * CELL) as f32);
            }
        }
    }
    out
}
