//! Fringe: how much of the real room shows where person and room are mixed, alpha .02 to .98.
//!
//! A mixed pixel of the original is o = αF + (1-α)B with the person F and the room B. With B
//! known, αF = o - (1-α)B, and what the protected frame p shows there besides the person is
//! r = p - αF = (1-α)S. S is a mixture of what stands for the room and of the room itself;
//! the measure is how much of B's texture is in it: the slope of S on B, fitted by least
//! squares in tiles, weighted by (1-α)² so that nothing is divided by small numbers:
//!
//! r ≈ a (1-α) + b α + gain · (1-α) B
//!
//! a takes the tile's tone, b what is missing of the person. The gain is 1 if the pixels are
//! as they were, 0 if nothing of the room's texture is left. Sums of all tiles are pooled,
//! so that tiles without texture do not count.
//!
//! It is an estimate. Where the person was painted over too, r lacks a part of αF, and as far
//! as F's texture happens to be like B's in a tile, that is taken for the room or against it. By
//! chance it cancels over many tiles; the gain of a frame of few tiles, or of the inner part,
//! where (1-α)B is small beside αF, can be over 1 or under 0.

use crate::filter::{Kernel, Smoother};
use crate::matte::{self, Region};

/// A side of a tile, pixels at 720 lines.
const TILE: f32 = 8.0;
/// Pixels of a tile that must be mixed, and of the 3x3 tiles around that must be room.
const LEAST_MIXED: usize = 12;
const LEAST_ROOM: usize = 24;
/// Pixels that a fit needs, of a tile's whole fringe or of one part of it.
const LEAST_FITTED: u64 = 6;
/// Room pixels around a tile must be the known room, up to so many levels on average: where
/// somebody else or a thing has come into the picture nothing is judged.
const ROOM_DIFFERENCE: f32 = 8.0;
/// A tile whose room varies less, in levels, says nothing about texture.
const TEXTURE_STD: f64 = 3.0;
/// Light is compared in cells of so many pixels a side, and smoothed by so many cells.
const CELL: usize = 4;
const LIGHT_SIGMA_CELLS: f32 = 4.0;

/// Ends of the parts in which the fringe is told, in alpha of 255.
const PARTS: [(u8, u8); 3] = [
    (matte::ROOM_BELOW, 64),
    (64, 192),
    (192, matte::PERSON_FROM),
];

/// Sums over tiles, from which a gain is had.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    shared: f64,
    room: f64,
    tiles: u64,
}

impl Sums {
    /// Tiles that are needed for a figure.
    const LEAST_TILES: u64 = 4;

    pub(crate) fn add(&mut self, other: Self) {
        self.shared += other.shared;
        self.room += other.room;
        self.tiles += other.tiles;
    }

    pub(crate) fn gain(&self) -> Option<f64> {
        (self.tiles >= Self::LEAST_TILES && self.room > 0.0).then(|| self.shared / self.room)
    }
}

/// One frame's sums: of the whole fringe and of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct FringeSums {
    pub(crate) whole: Sums,
    pub(crate) parts: [Sums; 3],
}

impl FringeSums {
    pub(crate) fn add(&mut self, other: &Self) {
        self.whole.add(other.whole);
        for (part, other) in self.parts.iter_mut().zip(other.parts) {
            part.add(other);
        }
    }
}

/// A frame as the fringe sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixed<'a> {
    pub(crate) original: &'a [u8],
    pub(crate) protected: &'a [u8],
    pub(crate) alpha: &'a [u8],
    pub(crate) room: &'a [f32],
}

#[derive(Debug)]
pub(crate) struct FringeMeter {
    size: (usize, usize),
    tile: usize,
    light: Kernel,
    smoother: Smoother,
    cells: [Vec<f32>; 2],
    smooth: [Vec<f32>; 2],
}

impl FringeMeter {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        let tile = (TILE * size.1 as f32 / 720.0).round().max(6.0) as usize;
        Self {
            size,
            tile,
            light: Kernel::gaussian(LIGHT_SIGMA_CELLS),
            smoother: Smoother::default(),
            cells: Default::default(),
            smooth: Default::default(),
        }
    }

    pub(crate) fn look(&mut self, frame: Mixed<'_>) -> FringeSums {
        let mut sums = FringeSums::default();
        let Some(region) = Region::around(frame.alpha, self.size.0, matte::is_fringe) else {
            return sums;
        };
        self.compare_light(frame, region);
        let steps = |from: usize, to: usize| {
            (from / self.tile..to.div_ceil(self.tile)).map(|n| n * self.tile)
        };
        for top in steps(region.top, region.bottom) {
            for left in steps(region.left, region.right) {
                let tile = Region {
                    left,
                    top,
                    right: (left + self.tile).min(self.size.0),
                    bottom: (top + self.tile).min(self.size.1),
                };
                self.look_at_tile(frame, tile, &mut sums);
            }
        }
        sums
    }

    fn look_at_tile(&self, frame: Mixed<'_>, tile: Region, sums: &mut FringeSums) {
        let width = self.size.0;
        let pixels = || {
            (tile.top..tile.bottom)
                .flat_map(move |y| (tile.left..tile.right).map(move |x| y * width + x))
        };
        let mixed = pixels()
            .filter(|&at| matte::is_fringe(frame.alpha[at]))
            .count();
        if mixed < LEAST_MIXED || !self.is_known_room(frame, tile.grown(self.tile, self.size)) {
            return;
        }
        let fit_of = |from: u8, to: u8| {
            let mut fit = Fit::default();
            for at in pixels().filter(|&at| (from..to).contains(&frame.alpha[at])) {
                let room = frame.room[at] * self.light_at(at);
                fit.add(
                    frame.alpha[at],
                    frame.original[at],
                    frame.protected[at],
                    room,
                );
            }
            fit.sums()
        };
        let (first, last) = (PARTS[0].0, PARTS[2].1);
        sums.whole.add(fit_of(first, last));
        for (part, (from, to)) in sums.parts.iter_mut().zip(PARTS) {
            part.add(fit_of(from, to));
        }
    }

    fn is_known_room(&self, frame: Mixed<'_>, around: Region) -> bool {
        let (mut difference, mut count) = (0.0, 0);
        for y in around.top..around.bottom {
            for at in (y * self.size.0 + around.left)..(y * self.size.0 + around.right) {
                if matte::is_room(frame.alpha[at]) {
                    let room = frame.room[at] * self.light_at(at);
                    difference += (f32::from(frame.original[at]) - room).abs();
                    count += 1;
                }
            }
        }
        // A room that is not known is not a number, and no comparison with it holds.
        count >= LEAST_ROOM && difference / (count as f32) < ROOM_DIFFERENCE
    }

    /// How bright the room is in this frame against the known one, a factor for each cell
    /// around the fringe.
    fn compare_light(&mut self, frame: Mixed<'_>, fringe: Region) {
        let size = (self.size.0 / CELL, self.size.1 / CELL);
        let reach = CELL * self.light.radius() + 2 * self.tile;
        let around = fringe.grown(reach, self.size);
        for cells in &mut self.cells {
            cells.clear();
            cells.resize(size.0 * size.1, 0.0);
        }
        for y in around.top / CELL..around.bottom / CELL {
            for x in around.left / CELL..around.right / CELL {
                let (mut original, mut room, mut count) = (0u32, 0.0, 0);
                for row in 0..CELL {
                    let from = (y * CELL + row) * self.size.0 + x * CELL;
                    for at in from..from + CELL {
                        if matte::is_room(frame.alpha[at]) {
                            original += u32::from(frame.original[at]);
                            room += frame.room[at];
                            count += 1;
                        }
                    }
                }
                if count == CELL * CELL && room.is_finite() {
                    self.cells[0][y * size.0 + x] = original as f32;
                    self.cells[1][y * size.0 + x] = room;
                }
            }
        }
        for (cells, smooth) in self.cells.iter().zip(&mut self.smooth) {
            let fill =
                |y: usize, row: &mut [f32]| row.copy_from_slice(&cells[y * size.0..][..size.0]);
            self.smoother.plane(&self.light, size, fill, smooth);
        }
    }

    fn light_at(&self, at: usize) -> f32 {
        let (cells_wide, cells_high) = (self.size.0 / CELL, self.size.1 / CELL);
        let x = (at % self.size.0 / CELL).min(cells_wide - 1);
        let y = (at / self.size.0 / CELL).min(cells_high - 1);
        let [original, room] = [0, 1].map(|which: usize| self.smooth[which][y * cells_wide + x]);
        // Far from any room there is no light to compare by; the tile is not judged then.
        original / room
    }
}

/// Normal equations of one tile.
#[derive(Clone, Copy, Debug, Default)]
struct Fit {
    /// Products of 1-α, α, (1-α)B and r with each other.
    products: [[f64; 4]; 4],
    weight: f64,
    room: f64,
    room_squared: f64,
    count: u64,
}

impl Fit {
    fn add(&mut self, alpha: u8, original: u8, protected: u8, room: f32) {
        let alpha = f64::from(alpha) / 255.0;
        let (room, rest) = (f64::from(room), 1.0 - alpha);
        let shown = f64::from(protected) - f64::from(original) + rest * room;
        let terms = [rest, alpha, rest * room, shown];
        for (row, a) in self.products.iter_mut().zip(terms) {
            for (product, b) in row.iter_mut().zip(terms) {
                *product += a * b;
            }
        }
        let weight = rest * rest;
        self.weight += weight;
        self.room += weight * room;
        self.room_squared += weight * room * room;
        self.count += 1;
    }

    /// What r and (1-α)B share once the terms of a and b are taken out of both.
    fn sums(&self) -> Sums {
        let mean = self.room / self.weight;
        let variance = self.room_squared / self.weight - mean * mean;
        if self.count < LEAST_FITTED || variance.is_nan() || variance < TEXTURE_STD * TEXTURE_STD {
            return Sums::default();
        }
        let mut left = self.products;
        for term in 0..2 {
            if left[term][term] <= 1e-9 * self.products[term][term].max(1e-9) {
                continue;
            }
            let pivot = left[term];
            for row in term + 1..4 {
                let factor = pivot[row] / pivot[term];
                for column in term + 1..4 {
                    left[row][column] -= factor * pivot[column];
                }
            }
        }
        Sums {
            shared: left[2][3],
            room: left[2][2],
            tiles: 1,
        }
    }
}
