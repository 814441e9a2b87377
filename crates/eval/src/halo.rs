//! Halo: the person's colours in the room beside them, as a blur of a whole frame smears them.

use frosted_core::{FrameView, PixelFormat};

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

/// Mean red, green and blue of each cell of a region that begins at a multiple of a cell.
fn means(frame: &FrameView<'_>, region: Region, size: (usize, usize)) -> [Vec<f32>; 3] {
    let mut out: [Vec<f32>; 3] = Default::default();
    let mean_of = cell_mean(frame);
    for y in 0..size.1 {
        for x in 0..size.0 {
            let mean = mean_of(region.left + x * CELL, region.top + y * CELL);
            for (out, mean) in out.iter_mut().zip(mean) {
                out.push(mean);
            }
        }
    }
    out
}

/// What gives the mean colour of the cell whose left upper pixel is at (x, y).
fn cell_mean<'a>(frame: &'a FrameView<'a>) -> Box<dyn Fn(usize, usize) -> [f32; 3] + 'a> {
    let mean = |plane: usize, (x, y): (usize, usize), (width, height): (usize, usize)| {
        let rows = (y..y + height).map(|y| &frame.row(plane, y)[x..x + width]);
        let sum: u32 = rows.flatten().map(|&code| u32::from(code)).sum();
        sum as f32 / (width * height) as f32
    };
    let chroma_rows = match frame.spec().format() {
        PixelFormat::I420 => 2,
        PixelFormat::I422 => 1,
        _ => {
            return Box::new(|x, y| {
                let mut sum = [0u32; 3];
                for k in 0..CELL * CELL {
                    let rgb = frame.rgb_at(x + k % CELL, y + k / CELL);
                    for (sum, part) in sum.iter_mut().zip([rgb.r, rgb.g, rgb.b]) {
                        *sum += u32::from(part);
                    }
                }
                sum.map(|sum| sum as f32 / (CELL * CELL) as f32)
            });
        }
    };
    let [gain, offset, r_cr, g_cb, g_cr, b_cb] = frame.spec().colour().rgb_coefficients();
    Box::new(move |x, y| {
        let chroma = ((x / 2, y / chroma_rows), (CELL / 2, CELL / chroma_rows));
        let luma = (mean(0, (x, y), (CELL, CELL)) - offset) * gain;
        let cb = mean(1, chroma.0, chroma.1) - 128.0;
        let cr = mean(2, chroma.0, chroma.1) - 128.0;
        [
            luma + r_cr * cr,
            luma + g_cb * cb + g_cr * cr,
            luma + b_cb * cb,
        ]
    })
}
