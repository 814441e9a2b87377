use std::ops::Range;

use frosted_core::internal::{Field, Level, Work};
use frosted_core::{FrameSpec, Mask, Reduced};

use super::spline::Spline;
use crate::facts::SOMEBODY;

/// Means of a reduced picture over a grid of cells.
///
/// Cells are at least as large as the plan asks: the picture's whole squares are shared out
/// evenly, so that no narrow cell is left over at an edge to show more detail than others.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Sums of weight times value of each plane, in rows of cells.
    sums: [Vec<u64>; 3],
    /// Sums of weights.
    weights: Vec<u64>,
    /// Whether nothing of a person is in the cell.
    clear: Vec<bool>,
    /// Means in 1/256 level, as [`Cells::expand`] leaves them.
    means: [Vec<u16>; 3],
    known: Vec<bool>,
    next_known: Vec<bool>,
    /// Sums and the mask's most of some rows of each column of pixels.
    columns_of: [Vec<u16>; 3],
    most: Vec<u8>,
}

/// Which pixels a mean is taken of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Weigh<'m> {
    /// All alike; cells that hold anything of the mask's people are not clear.
    ///
    /// A mean of only the uncovered part of a cell would be one more equation about the
    /// room's detail for every place where the edge of a moving person cuts the cell, and
    /// enough of them give back letters much smaller than it.
    Room(&'m Mask),
    /// By m^2: the person's colours.
    Person(&'m Mask),
}

impl Cells {
    /// Takes the means of `picture` over cells of at least `side` reduced pixels.
    pub(crate) fn measure(&mut self, picture: &Reduced, side: usize, weigh: Weigh<'_>) {
        let spans = self.begin(picture, side);
        match weigh {
            Weigh::Room(mask) => Level::chosen().run(Room(self, picture, mask, spans)),
            Weigh::Person(mask) => self.measure_person(picture, mask, spans),
        }
    }

    /// Becomes cells of at least `side` reduced pixels in which nothing counted yet.
    fn begin(&mut self, picture: &Reduced, side: usize) -> Spans {
        let (width, height) = (picture.width(), picture.height());
        let (frame_width, frame_height) = picture.frame_size();
        // The last column and row may stand for less than a square; they join the last cell.
        let whole = |side_px: usize| (side_px / picture.square_px()).max(1);
        let (whole_width, whole_height) = (whole(frame_width), whole(frame_height));
        self.columns = (whole_width / side.max(1)).max(1);
        self.rows = (whole_height / side.max(1)).max(1);
        let count = self.columns * self.rows;
        for sums in &mut self.sums {
            sums.clear();
            sums.resize(count, 0);
        }
        self.weights.clear();
        self.weights.resize(count, 0);
        self.clear.clear();
        self.clear.resize(count, true);
        Spans {
            across: (self.columns, whole_width, width),
            down: (self.rows, whole_height, height),
        }
    }

    fn measure_person(&mut self, picture: &Reduced, mask: &Mask, spans: Spans) {
        let (width, planes) = (picture.width(), picture.planes());
        for row in 0..self.rows {
            for column in 0..self.columns {
                let columns = spans.columns(column);
                let cell = row * self.columns + column;
                for y in spans.rows(row) {
                    let span = y * width + columns.start..y * width + columns.end;
                    let row_planes = planes.map(|plane| &plane[span.clone()]);
                    let (weight, sums) = sum_by_person(row_planes, &mask.values()[span]);
                    self.weights[cell] += weight;
                    for (total, sum) in self.sums.iter_mut().zip(sums) {
                        total[cell] += sum;
                    }
                }
            }
        }
    }

    /// Adds some rows of pixels, no more than 256, to the cells of `row`.
    #[inline(always)]
    fn add_rows(
        &mut self,
        picture: &Reduced,
        mask: &Mask,
        rows: Range<usize>,
        row: usize,
        spans: Spans,
    ) {
        let width = picture.width();
        let span = |y: usize| y * width..(y + 1) * width;
        for (sums, plane) in self.columns_of.iter_mut().zip(picture.planes()) {
            sums.clear();
            sums.resize(width, 0);
            for y in rows.clone() {
                for (sum, &value) in sums.iter_mut().zip(&plane[span(y)]) {
                    *sum += u16::from(value);
                }
            }
        }
        self.most.clear();
        self.most.resize(width, 0);
        for y in rows.clone() {
            for (most, &value) in self.most.iter_mut().zip(&mask.values()[span(y)]) {
                *most = (*most).max(value);
            }
        }
        for column in 0..self.columns {
            let columns = spans.columns(column);
            let cell = row * self.columns + column;
            let most = self.most[columns.clone()].iter().copied().max();
            self.clear[cell] &= most.unwrap_or(0) < SOMEBODY;
            self.weights[cell] += (rows.len() * columns.len()) as u64;
            for (total, sums) in self.sums.iter_mut().zip(&self.columns_of) {
                let sums = sums[columns.clone()].iter();
                total[cell] += sums.map(|&sum| u64::from(sum)).sum::<u64>();
            }
        }
    }

    /// Whether nothing of a person is in `cell`.
    pub(crate) fn is_clear(&self, cell: usize) -> bool {
        self.clear[cell]
    }

    /// The mean of `cell` in plane `plane`, 0 to 255; 0 where nothing counted.
    pub(crate) fn level(&self, plane: usize, cell: usize) -> u8 {
        let weight = self.weights[cell];
        (self.sums[plane][cell] + weight / 2)
            .checked_div(weight)
            .unwrap_or(0) as u8
    }

    /// Expands the means, which cells in which nothing counted take from their neighbours,
    /// to `field`, which covers a frame of `spec`.
    pub(super) fn expand<'f>(
        &mut self,
        spec: &FrameSpec,
        spline: &mut Spline,
        field: &'f mut Field,
    ) -> &'f Field {
        for (means, sums) in self.means.iter_mut().zip(&self.sums) {
            means.clear();
            means.extend(
                sums.iter()
                    .zip(&self.weights)
                    .map(|(&sum, &weight)| (256 * sum).checked_div(weight).unwrap_or(0) as u16),
            );
        }
        self.known.clear();
        self.known
            .extend(self.weights.iter().map(|&weight| weight > 0));
        let grid = (self.columns, self.rows);
        fill_unknown(&mut self.means, &mut self.known, &mut self.next_known, grid);
        let means = self.means.each_ref().map(Vec::as_slice);
        spline.expand(spec, grid, means, field);
        field
    }
}

/// The pixels of each cell: how many cells there are, among how many pixels they are shared
/// out, and how many pixels there are.
#[derive(Clone, Copy, Debug)]
struct Spans {
    across: (usize, usize, usize),
    down: (usize, usize, usize),
}

impl Spans {
    fn columns(&self, column: usize) -> Range<usize> {
        span(column, self.across)
    }

    fn rows(&self, row: usize) -> Range<usize> {
        span(row, self.down)
    }
}

fn span(cell: usize, (cells, whole, all): (usize, usize, usize)) -> Range<usize> {
    let end = if cell + 1 == cells {
        all
    } else {
        (cell + 1) * whole / cells
    };
    cell * whole / cells..end
}

/// Takes the means of the room.
struct Room<'a>(&'a mut Cells, &'a Reduced, &'a Mask, Spans);

impl Work for Room<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        /// Their sum holds in 16 bits: 256 * 255.
        const MOST_ROWS: usize = 256;
        let Self(cells, picture, mask, spans) = self;
        for row in 0..cells.rows {
            let all = spans.rows(row);
            for from in all.clone().step_by(MOST_ROWS) {
                let rows = from..(from + MOST_ROWS).min(all.end);
                cells.add_rows(picture, mask, rows, row, spans);
            }
        }
    }
}

/// The sums of m^2 and of m^2 times value of one row of a cell.
fn sum_by_person(planes: [&[u8]; 3], mask: &[u8]) -> (u64, [u64; 3]) {
    let mut total = 0u32;
    let mut sums = [0u32; 3];
    // A row of a reduced picture has at most 7680 pixels of weight 254: 255 * 254 * 7680 < 2^32.
    for (((&m, &a), &b), &c) in mask.iter().zip(planes[0]).zip(planes[1]).zip(planes[2]) {
        let weight = (u32::from(m) * u32::from(m)) >> 8;
        total += weight;
        sums[0] += weight * u32::from(a);
        sums[1] += weight * u32::from(b);
        sums[2] += weight * u32::from(c);
    }
    (u64::from(total), sums.map(u64::from))
}

/// Gives unknown cells the mean of the known ones around them, ring by ring; 128 to all if
/// none is known.
pub(super) fn fill_unknown(
    means: &mut [Vec<u16>; 3],
    known: &mut Vec<bool>,
    next_known: &mut Vec<bool>,
    (columns, rows): (usize, usize),
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
            if let Some(around) = neighbours_mean(means, (columns, rows), cell, known) {
                for (means, around) in means.iter_mut().zip(around) {
                    means[cell] = around;
                }
                next_known[cell] = true;
            }
        }
        std::mem::swap(known, next_known);
    }
}

/// The mean of the up to eight known cells around `cell`; `None` if there is none.
fn neighbours_mean(
    means: &[Vec<u16>; 3],
    (columns, rows): (usize, usize),
    cell: usize,
    known: &[bool],
) -> Option<[u16; 3]> {
    let (column, row) = (cell % columns, cell / columns);
    let mut sums = [0u32; 3];
    let mut number = 0;
    for y in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
        for x in column.saturating_sub(1)..=(column + 1).min(columns - 1) {
            let at = y * columns + x;
            if at != cell && known[at] {
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
    use crate::backdrop::tests::{mask, picture};
    use frosted_core::PixelFormat;
    use frosted_core::internal::FrameId;

    #[test]
    fn no_cell_stands_for_fewer_pixels_than_asked() {
        let cases = [
            (256, 144, 1, 18),
            (255, 145, 1, 18),
            (20, 16, 1, 18),
            (1615, 908, 6, 18),
            (641, 361, 7, 5),
        ];
        for (width, height, square_px, side) in cases {
            let spec = FrameSpec::new(PixelFormat::Rgb8, width, height).unwrap();
            let mut picture = Reduced::default();
            let _ = picture.prepare(&spec, square_px, FrameId(1));
            let nobody = mask(&picture, |_, _| false);
            let mut cells = Cells::default();
            cells.measure(&picture, side, Weigh::Room(&nobody));
            let wanted_px = side * square_px;
            // The first cells are the narrowest: what is left over goes to the last.
            let narrowest = |px: usize, cells: usize| px / square_px / cells * square_px;
            let fits = |px: usize, cells: usize| cells == 1 || narrowest(px, cells) >= wanted_px;
            assert!(
                fits(width, cells.columns) && fits(height, cells.rows),
                "{width}x{height}: {cells:?}"
            );
        }
    }

    #[test]
    fn the_rooms_cells_are_those_of_the_definition_at_every_level() {
        // The last one has cells of more rows than a sum in 16 bits holds.
        for (width, height, side) in [(16, 16, 5), (67, 35, 8), (130, 70, 33), (40, 300, 290)] {
            let noise = |x: usize, y: usize| (x * 71 + y * 37 + x * y * 13) as u8;
            // White, but for some grain: the largest sums.
            let picture = picture(width, height, |x, y| 255 - noise(x, y) / 64);
            let mut mask = mask(&picture, |_, _| false);
            for (at, value) in mask.values_mut().iter_mut().enumerate() {
                *value = [0, SOMEBODY - 1][at % 2];
            }
            mask.values_mut()[3 * width + 5] = SOMEBODY;
            for level in Level::all() {
                let mut cells = Cells::default();
                let spans = cells.begin(&picture, side);
                level.run(Room(&mut cells, &picture, &mask, spans));
                for cell in 0..cells.columns * cells.rows {
                    let columns = spans.columns(cell % cells.columns);
                    let rows = spans.rows(cell / cells.columns);
                    let places = rows.flat_map(|y| columns.clone().map(move |x| y * width + x));
                    let sum_of = |plane: &[u8]| -> u64 {
                        places.clone().map(|at| u64::from(plane[at])).sum()
                    };
                    let sums = picture.planes().map(sum_of);
                    let found = cells.sums.each_ref().map(|sums| sums[cell]);
                    let case = format!("cell {cell} of {width}x{height}, {level}");
                    assert_eq!(found, sums, "{case}");
                    assert_eq!(cells.weights[cell], places.clone().count() as u64, "{case}");
                    let clear = places.clone().all(|at| mask.values()[at] < SOMEBODY);
                    assert_eq!(cells.clear[cell], clear, "{case}");
                }
            }
        }
    }

    #[test]
    fn a_cell_is_clear_only_if_nothing_of_a_person_is_in_it() {
        let picture = picture(64, 32, |_, _| 90);
        let mut mask = mask(&picture, |x, y| x == 20 && y == 20);
        mask.values_mut()[40] = SOMEBODY - 1;
        let mut cells = Cells::default();
        cells.measure(&picture, 16, Weigh::Room(&mask));
        let clear: Vec<bool> = (0..8).map(|cell| cells.is_clear(cell)).collect();
        assert_eq!(clear, [true, true, true, true, true, false, true, true]);
        assert_eq!(cells.level(2, 3), 90);
    }

    #[test]
    fn the_room_has_no_part_in_the_persons_colours() {
        let spec = FrameSpec::new(PixelFormat::Rgb8, 64, 64).unwrap();
        let picture = picture(64, 64, |x, _| if x < 40 { 200 } else { 50 });
        let mask = mask(&picture, |x, _| x < 40);
        let mut cells = Cells::default();
        cells.measure(&picture, 16, Weigh::Person(&mask));
        let mut field = Field::default();
        cells.expand(&spec, &mut Spline::default(), &mut field);
        assert!(field.planes[1].iter().all(|&v| v == 200 * 256));
    }
}
