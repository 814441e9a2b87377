use frosted_core::internal::Field;
use frosted_core::{FrameSpec, Mask, Reduced};

use super::spline::Spline;

/// Weighted means of a reduced picture over a grid of cells.
///
/// Cells are at least as large as the plan asks: the picture is shared out evenly, so that
/// no narrow cell is left over at an edge to show more detail than the others.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Sums of weight times value of each plane, in rows of cells.
    sums: [Vec<u64>; 3],
    /// Sums of weights.
    weights: Vec<u64>,
    /// Sums of the weights that a cell would have if all of it counted fully.
    full: Vec<u64>,
    /// Means in 1/256 level, as [`Cells::settle`] leaves them.
    means: [Vec<u16>; 3],
    known: Vec<bool>,
    next_known: Vec<bool>,
}

/// Which pixels a mean is taken of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weigh<'m> {
    /// All alike.
    All,
    /// Those of the room: (1 - m)^2, which leaves no halo of the person around the person.
    Room(&'m Mask),
    /// Those of the person: m^2.
    Person(&'m Mask),
}

/// What counts in a cell less than this share of it says too little: the neighbours' mean
/// takes its place in part. Otherwise a person who moves across a cell would uncover it
/// pixel by pixel.
const TRUSTED_SHARE: u64 = 4;

/// The weight of a pixel that counts fully.
const FULL_WEIGHT: u32 = 254;

impl Cells {
    /// Takes the means of `picture` over cells of at least `side` reduced pixels.
    pub(crate) fn measure(&mut self, picture: &Reduced, side: usize, weigh: Weigh<'_>) {
        let (width, height) = (picture.width(), picture.height());
        self.columns = (width / side.max(1)).max(1);
        self.rows = (height / side.max(1)).max(1);
        let count = self.columns * self.rows;
        for sums in &mut self.sums {
            sums.clear();
            sums.resize(count, 0);
        }
        self.weights.clear();
        self.weights.resize(count, 0);
        self.full.clear();
        self.full.resize(count, 0);
        let planes = picture.planes();
        for row in 0..self.rows {
            let (top, bottom) = (row * height / self.rows, (row + 1) * height / self.rows);
            for column in 0..self.columns {
                let (left, right) = (
                    column * width / self.columns,
                    (column + 1) * width / self.columns,
                );
                let cell = row * self.columns + column;
                self.full[cell] = ((bottom - top) * (right - left)) as u64 * u64::from(FULL_WEIGHT);
                for y in top..bottom {
                    let span = y * width + left..y * width + right;
                    let row_planes = planes.map(|plane| &plane[span.clone()]);
                    let (weight, sums) = match weigh {
                        Weigh::All => sum_row(row_planes, row_planes[0], |_| FULL_WEIGHT),
                        Weigh::Room(mask) => sum_row(row_planes, &mask.values()[span], |m| {
                            let room = 255 - u32::from(m);
                            (room * room) >> 8
                        }),
                        Weigh::Person(mask) => sum_row(row_planes, &mask.values()[span], |m| {
                            let person = u32::from(m);
                            (person * person) >> 8
                        }),
                    };
                    self.weights[cell] += weight;
                    for (total, sum) in self.sums.iter_mut().zip(sums) {
                        total[cell] += sum;
                    }
                }
            }
        }
    }

    /// Whether at least half of `cell` counted.
    pub(crate) fn is_clear(&self, cell: usize) -> bool {
        2 * self.weights[cell] >= self.full[cell]
    }

    /// The mean of `cell` in plane `plane`, 0 to 255; 0 where nothing counted.
    pub(crate) fn level(&self, plane: usize, cell: usize) -> u8 {
        let weight = self.weights[cell];
        (self.sums[plane][cell] + weight / 2)
            .checked_div(weight)
            .unwrap_or(0) as u8
    }

    /// Settles the means and expands them to `field`, which covers a frame of `spec`.
    pub(super) fn expand<'f>(
        &mut self,
        spec: &FrameSpec,
        spline: &mut Spline,
        field: &'f mut Field,
    ) -> &'f Field {
        let grid = (self.columns, self.rows);
        spline.expand(spec, grid, self.settle(), field);
        field
    }

    /// Turns the sums into means: cells in which little or nothing counted take their
    /// neighbours' mean, or 128 if nothing counted anywhere.
    pub(crate) fn settle(&mut self) -> [&[u16]; 3] {
        let count = self.columns * self.rows;
        self.known.clear();
        self.known
            .extend(self.weights.iter().map(|&weight| weight > 0));
        for plane in 0..3 {
            let sums = self.sums[plane].iter().zip(&self.weights);
            self.means[plane].clear();
            self.means[plane].extend(sums.map(|(&sum, &weight)| {
                (256 * sum).checked_div(weight).unwrap_or(128 * 256) as u16
            }));
        }
        // Little-known cells lean on what their neighbours measured, before empty cells are
        // filled: a cell's own share of trust is what counted in it.
        for cell in 0..count {
            let trusted = self.full[cell] / TRUSTED_SHARE;
            let own = self.weights[cell];
            if own == 0 || own >= trusted {
                continue;
            }
            let weights = &self.weights;
            let full = &self.full;
            let clear = |at: usize| weights[at] * TRUSTED_SHARE >= full[at];
            match neighbours_mean(&self.means, self.columns, self.rows, cell, clear) {
                Some(around) => {
                    for (means, around) in self.means.iter_mut().zip(around) {
                        let mixed =
                            u64::from(means[cell]) * own + u64::from(around) * (trusted - own);
                        means[cell] = (mixed / trusted) as u16;
                    }
                }
                // No neighbour is better known: it counts as unknown and is filled below.
                None => self.known[cell] = false,
            }
        }
        fill_unknown(
            &mut self.means,
            &mut self.known,
            &mut self.next_known,
            self.columns,
            self.rows,
        );
        self.means.each_ref().map(Vec::as_slice)
    }
}

/// The sums of weights and of weight times value of one row of a cell.
fn sum_row(planes: [&[u8]; 3], by: &[u8], weight: impl Fn(u8) -> u32) -> (u64, [u64; 3]) {
    let mut total = 0u32;
    let mut sums = [0u32; 3];
    // A row of a reduced picture has at most 7680 pixels of weight 254: 255 * 254 * 7680 < 2^32.
    for (((&m, &a), &b), &c) in by.iter().zip(planes[0]).zip(planes[1]).zip(planes[2]) {
        let weight = weight(m);
        total += weight;
        sums[0] += weight * u32::from(a);
        sums[1] += weight * u32::from(b);
        sums[2] += weight * u32::from(c);
    }
    (u64::from(total), sums.map(u64::from))
}

/// Gives unknown cells the mean of the known ones around them, ring by ring.
pub(super) fn fill_unknown(
    means: &mut [Vec<u16>; 3],
    known: &mut Vec<bool>,
    next_known: &mut Vec<bool>,
    columns: usize,
    rows: usize,
) {
    if !known.contains(&true) {
        for means in means {
            means.fill(128 * 256);
        }
        return;
    }
    while known.contains(&false) {
        next_known.clone_from(known);
        for cell in 0..columns * rows {
            if known[cell] {
                continue;
            }
            if let Some(around) = neighbours_mean(means, columns, rows, cell, |at| known[at]) {
                for (means, around) in means.iter_mut().zip(around) {
                    means[cell] = around;
                }
                next_known[cell] = true;
            }
        }
        std::mem::swap(known, next_known);
    }
}

/// The mean of the up to eight cells around `cell` that count; `None` if none does.
fn neighbours_mean(
    means: &[Vec<u16>; 3],
    columns: usize,
    rows: usize,
    cell: usize,
    counts: impl Fn(usize) -> bool,
) -> Option<[u16; 3]> {
    let (column, row) = (cell % columns, cell / columns);
    let mut sums = [0u32; 3];
    let mut number = 0;
    for y in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
        for x in column.saturating_sub(1)..=(column + 1).min(columns - 1) {
            let at = y * columns + x;
            if at != cell && counts(at) {
                number += 1;
                for (sum, means) in sums.iter_mut().zip(means) {
                    *sum += u32::from(means[at]);
                }
            }
        }
    }
    (number > 0).then(|| sums.map(|sum| (sum / number) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::internal::FrameId;
    use frosted_core::{FrameSpec, PixelFormat};

    fn picture(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Reduced {
        let spec = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
        let mut picture = Reduced::default();
        for plane in picture.prepare(&spec, 1, FrameId(1)) {
            for (at, slot) in plane.iter_mut().enumerate() {
                *slot = value(at % width, at / width);
            }
        }
        picture
    }

    fn mask(picture: &Reduced, person: impl Fn(usize, usize) -> bool) -> Mask {
        let mut mask = Mask::new();
        for (at, slot) in mask.begin(picture).iter_mut().enumerate() {
            *slot = if person(at % picture.width(), at / picture.width()) {
                255
            } else {
                0
            };
        }
        mask
    }

    #[test]
    fn no_cell_is_smaller_than_asked() {
        for (width, height, side) in [(256, 144, 18), (255, 145, 18), (20, 16, 18), (17, 16, 40)] {
            let picture = picture(width, height, |_, _| 9);
            let mut cells = Cells::default();
            cells.measure(&picture, side, Weigh::All);
            assert!(
                cells.columns == 1 || width / cells.columns >= side,
                "{width}/{side}"
            );
            assert!(
                cells.rows == 1 || height / cells.rows >= side,
                "{height}/{side}"
            );
            assert!(cells.settle()[0].iter().all(|&v| v == 9 * 256));
        }
    }

    #[test]
    fn the_person_has_no_part_in_the_room_nor_the_room_in_the_person() {
        let picture = picture(64, 64, |x, _| if x < 40 { 200 } else { 50 });
        let mask = mask(&picture, |x, _| x < 40);
        let mut cells = Cells::default();
        cells.measure(&picture, 16, Weigh::Room(&mask));
        assert!(cells.settle()[1].iter().all(|&v| v == 50 * 256));
        cells.measure(&picture, 16, Weigh::Person(&mask));
        assert!(cells.settle()[1].iter().all(|&v| v == 200 * 256));
    }

    #[test]
    fn a_peephole_tells_little_of_what_is_behind_it() {
        // One pixel of 256 is bright and uncovered, its neighbours' cells are dark.
        let picture = picture(48, 16, |x, _| if (16..32).contains(&x) { 255 } else { 10 });
        let mask = mask(&picture, |x, _| (17..32).contains(&x));
        let mut cells = Cells::default();
        cells.measure(&picture, 16, Weigh::Room(&mask));
        let middle = cells.settle()[0][1] / 256;
        assert!(
            middle < 80,
            "a sixteenth of the cell counted and gave {middle}"
        );
    }

    #[test]
    fn nothing_known_is_grey() {
        let picture = picture(32, 32, |x, y| (x * y) as u8);
        let mask = mask(&picture, |_, _| true);
        let mut cells = Cells::default();
        cells.measure(&picture, 8, Weigh::Room(&mask));
        assert!(
            cells
                .settle()
                .iter()
                .all(|plane| plane.iter().all(|&v| v == 128 * 256))
        );
    }
}
