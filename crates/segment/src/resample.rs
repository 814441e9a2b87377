//! Pictures from one grid of cells to another: the mean over each target cell when it
//! is the larger, linear between cell centres when it is the smaller. Separable, weights
//! made once for a pair of grids.

/// Cells along one axis; the last one is smaller if `extent` is no whole number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grid {
    /// How many cells, at least 1.
    pub(crate) cells: usize,
    /// Their summed length, in lengths of a whole cell: above `cells - 1`, at most `cells`.
    pub(crate) extent: f64,
}

impl Grid {
    pub(crate) fn whole(cells: usize) -> Self {
        Self {
            cells,
            extent: cells as f64,
        }
    }

    fn end(&self, cell: usize) -> f64 {
        (cell as f64 + 1.0).min(self.extent)
    }

    fn centre(&self, cell: usize) -> f64 {
        (cell as f64 + self.end(cell)) / 2.0
    }
}

/// From each target cell to the source cells that it is made from.
#[derive(Debug, Default)]
struct Taps {
    /// Weights of each target cell, the same number for all.
    per_cell: usize,
    /// First source cell of each target cell; `per_cell` cells fit behind it.
    starts: Vec<usize>,
    weights: Vec<f32>,
}

impl Taps {
    fn new(source: Grid, target: Grid) -> Self {
        let ratio = source.extent / target.extent;
        let spans: Vec<_> = (0..target.cells)
            .map(|cell| {
                let (from, to) = (cell as f64 * ratio, target.end(cell) * ratio);
                if ratio >= 1.0 {
                    mean_over(source, from, to)
                } else {
                    linear_at(source, (from + to) / 2.0)
                }
            })
            .collect();
        let per_cell = spans.iter().map(|(_, w)| w.len()).max().unwrap_or(1);
        let mut taps = Self {
            per_cell,
            ..Self::default()
        };
        for (start, weights) in spans {
            // At the far end the window of `per_cell` cells would leave the source.
            let shifted = start.min(source.cells - per_cell);
            let before = start - shifted;
            taps.starts.push(shifted);
            taps.weights.extend((0..per_cell).map(|i| {
                let weight = i.checked_sub(before).and_then(|i| weights.get(i));
                weight.map_or(0.0, |&weight| weight as f32)
            }));
        }
        taps
    }

    /// The same on a source that begins `cells` later.
    fn moved(mut self, cells: usize) -> Self {
        self.starts.iter_mut().for_each(|start| *start += cells);
        self
    }
}

/// First cell and weights of the mean over the cells between `from` and `to`.
fn mean_over(source: Grid, from: f64, to: f64) -> (usize, Vec<f64>) {
    // Rounding must not add a cell of no width at either end.
    const SLIVER: f64 = 1e-9;
    let first = ((from + SLIVER) as usize).min(source.cells - 1);
    let mut weights = Vec::new();
    for cell in first..source.cells {
        let overlap = source.end(cell).min(to) - from.max(cell as f64);
        if cell > first && overlap <= SLIVER {
            break;
        }
        weights.push(overlap.max(SLIVER));
    }
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    (first, weights)
}

/// First cell and weights of the line through the cell centres around `at`; beyond the
/// outermost centres their own value.
fn linear_at(source: Grid, at: f64) -> (usize, Vec<f64>) {
    let last = source.cells - 1;
    let right = (0..=last)
        .skip((at - 1.0).max(0.0) as usize)
        .find(|&cell| source.centre(cell) > at);
    match right {
        Some(0) => (0, vec![1.0]),
        None => (last, vec![1.0]),
        Some(right) => {
            let (from, to) = (source.centre(right - 1), source.centre(right));
            let share = (at - from) / (to - from);
            (right - 1, vec![1.0 - share, share])
        }
    }
}

/// A plane from one grid to another, row by row.
#[derive(Debug, Default)]
pub(crate) struct Resampler {
    across: Taps,
    down: Taps,
    source_width: usize,
    /// A target row at the source's width.
    narrow: Vec<f32>,
    /// The same row of each plane.
    rows: Vec<f32>,
}

impl Resampler {
    /// Between grids given as (columns, rows).
    pub(crate) fn new(source: (Grid, Grid), target: (Grid, Grid)) -> Self {
        Self::of_part(source, (0, 0), source.0.cells, target)
    }

    /// From a part of a plane of `width` columns, which begins at the (column, row) `first`.
    pub(crate) fn of_part(
        part: (Grid, Grid),
        first: (usize, usize),
        width: usize,
        target: (Grid, Grid),
    ) -> Self {
        Self {
            across: Taps::new(part.0, target.0).moved(first.0),
            down: Taps::new(part.1, target.1).moved(first.1),
            source_width: width,
            narrow: vec![0.0; width],
            rows: Vec::new(),
        }
    }

    /// Hands each row of the target to `take`, from the top. `source` holds the whole plane.
    pub(crate) fn rows<S: Copy + Into<f32>>(
        &mut self,
        source: &[S],
        mut take: impl FnMut(usize, &[f32]),
    ) {
        self.rows_of([source], |y, [row]| take(y, row));
    }

    /// The same of planes that lie alike: hands over a row of each at once.
    pub(crate) fn rows_of<const N: usize, S: Copy + Into<f32>>(
        &mut self,
        sources: [&[S]; N],
        mut take: impl FnMut(usize, [&[f32]; N]),
    ) {
        let (down, width) = (&self.down, self.across.starts.len());
        self.rows.resize(N * width, 0.0);
        let weights = down.weights.chunks_exact(down.per_cell);
        for (y, (&start, weights)) in down.starts.iter().zip(weights).enumerate() {
            for (source, row) in sources.iter().zip(self.rows.chunks_exact_mut(width)) {
                let rows = &source[start * self.source_width..];
                add_up_rows(rows, self.source_width, weights, &mut self.narrow);
                gather(&self.narrow, &self.across, row);
            }
            let row = |plane| &self.rows[plane * width..(plane + 1) * width];
            take(y, std::array::from_fn(row));
        }
    }
}

fn add_up_rows<S: Copy + Into<f32>>(rows: &[S], width: usize, weights: &[f32], target: &mut [f32]) {
    for (i, (row, &weight)) in rows.chunks_exact(width).zip(weights).enumerate() {
        if i == 0 {
            for (target, &value) in target.iter_mut().zip(row) {
                *target = weight * value.into();
            }
        } else if weight != 0.0 {
            for (target, &value) in target.iter_mut().zip(row) {
                *target += weight * value.into();
            }
        }
    }
}

fn gather(source: &[f32], taps: &Taps, target: &mut [f32]) {
    match taps.per_cell {
        1 => gather_by::<1>(source, taps, target),
        2 => gather_by::<2>(source, taps, target),
        3 => gather_by::<3>(source, taps, target),
        per_cell => {
            let weights = taps.weights.chunks_exact(per_cell);
            for ((target, &start), weights) in target.iter_mut().zip(&taps.starts).zip(weights) {
                let cells = &source[start..start + per_cell];
                *target = cells.iter().zip(weights).map(|(v, w)| v * w).sum();
            }
        }
    }
}

/// [`gather`] with the inner loop unrolled.
fn gather_by<const N: usize>(source: &[f32], taps: &Taps, target: &mut [f32]) {
    let (weights, _) = taps.weights.as_chunks::<N>();
    for ((target, &start), weights) in target.iter_mut().zip(&taps.starts).zip(weights) {
        let cells = &source[start..start + N];
        *target = cells.iter().zip(weights).map(|(v, w)| v * w).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(source: &[u8], from: Grid, to: Grid) -> Vec<f32> {
        let mut target = Vec::new();
        let one = Grid::whole(1);
        Resampler::new((from, one), (to, one)).rows(source, |_, row| target.extend(row));
        target
    }

    #[test]
    fn the_same_grid_changes_nothing() {
        let row = [3, 0, 255, 17, 80];
        for extent in [5.0, 4.25] {
            let grid = Grid { cells: 5, extent };
            assert_eq!(resampled(&row, grid, grid), row.map(f32::from), "{extent}");
        }
    }

    #[test]
    fn a_larger_cell_is_the_mean_of_what_it_covers() {
        let whole = resampled(&[0, 30, 90, 60], Grid::whole(4), Grid::whole(2));
        assert_eq!(whole, [15.0, 75.0]);
        // 4.5 cells on 3: 1.5 each, the last of which holds half of cell 3 less, all of 4.
        let grid = Grid {
            cells: 5,
            extent: 4.5,
        };
        let odd = resampled(&[30, 60, 90, 120, 240], grid, Grid::whole(3));
        let expected = [40.0, 80.0, 160.0];
        for (value, expected) in odd.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-4, "{odd:?}");
        }
    }

    #[test]
    fn a_smaller_cell_lies_on_the_line_between_centres() {
        let fine = resampled(&[0, 100], Grid::whole(2), Grid::whole(4));
        assert_eq!(fine, [0.0, 25.0, 75.0, 100.0]);
    }

    #[test]
    fn a_part_is_read_as_if_it_were_alone() {
        // 5x4 cells with the value 10 * row + column; the part of 2x2 begins at (3, 1).
        let plane: Vec<u8> = (0..20).map(|i| 10 * (i / 5) + i % 5).collect();
        let part = (Grid::whole(2), Grid::whole(2));
        let rows = |target| {
            let mut rows: Vec<f32> = Vec::new();
            Resampler::of_part(part, (3, 1), 5, target).rows(&plane, |_, row| rows.extend(row));
            rows
        };
        assert_eq!(rows(part), [13.0, 14.0, 23.0, 24.0]);
        assert_eq!(rows((Grid::whole(1), Grid::whole(1))), [18.5]);
    }

    #[test]
    fn every_cell_of_every_grid_sums_to_one() {
        for source in [1.0, 1.2, 16.0, 54.86, 274.29, 480.0] {
            for target in [1.0, 1.5, 7.0, 96.4, 256.0, 1024.0] {
                let [source, target] = [source, target].map(|extent: f64| Grid {
                    cells: extent.ceil() as usize,
                    extent,
                });
                let taps = Taps::new(source, target);
                for weights in taps.weights.chunks_exact(taps.per_cell) {
                    let sum: f32 = weights.iter().sum();
                    assert!((sum - 1.0).abs() < 1e-5, "{source:?} {target:?} {sum}");
                }
                assert!(
                    taps.starts
                        .iter()
                        .all(|s| s + taps.per_cell <= source.cells)
                );
            }
        }
    }
}
