use std::ops::Range;

use frosted_core::Mask;
use frosted_core::internal::{Level, Placement};

use crate::kernels::matte;
use crate::spans::{Certain, Shade, Span, Spans};

/// The matte, and how it becomes alpha.
pub(crate) struct MatteJob<'a> {
    pub(crate) mask: &'a Mask,
    pub(crate) placement: &'a Placement,
    pub(crate) table: &'a [u8; 256],
    pub(crate) certain: Certain,
}

impl<'a> MatteJob<'a> {
    fn rows(&self, rows: Range<usize>) -> &'a [u8] {
        let columns = self.mask.width();
        &self.mask.values()[rows.start * columns..rows.end * columns]
    }

    /// The rows of the reduced grid that the alphas of frame rows `y` depend on.
    fn touched(&self, y: &Range<usize>) -> Range<usize> {
        let neighbours = |y| self.placement.neighbours(y, self.mask.height());
        neighbours(y.start).0..neighbours(y.end - 1).1 + 1
    }
}

/// The alphas of two frame rows, as spans and, where they are mixed, pixel by pixel.
#[derive(Debug)]
pub(crate) struct AlphaRows {
    level: Level,
    width: usize,
    spans: Spans,
    /// The rows of the reduced grid that the spans were found in.
    found_in: Option<Range<usize>>,
    /// A row of the reduced matte at a frame row's height.
    between: Vec<u16>,
    /// Of even length; only set in mixed spans.
    pixels: [Vec<u8>; 2],
}

impl AlphaRows {
    /// For frames of `width` pixels, reduced to `columns`.
    pub(crate) fn with_room(level: Level, width: usize, columns: usize) -> Self {
        let even = width.next_multiple_of(2);
        Self {
            level,
            width,
            spans: Spans::with_room(columns),
            found_in: None,
            between: vec![0; columns + 2],
            pixels: [vec![0; even], vec![0; even]],
        }
    }

    /// All covered.
    pub(crate) fn cover(&mut self) {
        self.spans.whole(self.pixels[0].len(), Shade::Covered);
    }

    /// Forgets the matte of the frame before.
    pub(crate) fn begin(&mut self) {
        self.found_in = None;
    }

    /// Becomes the alphas of frame rows `y`, one or two.
    pub(crate) fn set(&mut self, matte: &MatteJob<'_>, y: Range<usize>) {
        let touched = matte.touched(&y);
        if self.found_in.as_ref() != Some(&touched) {
            let (rows, square_px) = (matte.rows(touched.clone()), matte.placement.square_px());
            self.spans
                .find(rows, matte.certain, square_px, self.pixels[0].len());
            self.found_in = Some(touched);
        }
        if !mixed(&self.spans).any(|_| true) {
            return;
        }
        for (row, y) in y.clone().enumerate() {
            self.set_row(matte, y, row);
        }
        if y.len() == 1 {
            let [upper, lower] = &mut self.pixels;
            lower.copy_from_slice(upper);
        }
    }

    fn set_row(&mut self, matte: &MatteJob<'_>, y: usize, row: usize) {
        let (upper, lower, weight) = matte.placement.neighbours(y, matte.mask.height());
        let (upper, lower) = (matte.rows(upper..upper + 1), matte.rows(lower..lower + 1));
        matte::between_rows(self.level, upper, lower, weight, &mut self.between);
        let alpha = &mut self.pixels[row];
        for span in mixed(&self.spans) {
            let columns = span.columns.start..span.columns.end.min(self.width);
            let alpha = &mut alpha[columns.clone()];
            matte::along_row(&self.between, matte.placement, matte.table, columns, alpha);
        }
        // At an odd frame's edge a chroma value stands for one column alone.
        if self.width < alpha.len() {
            alpha[self.width] = alpha[self.width - 1];
        }
    }

    pub(crate) fn spans(&self) -> &[Span] {
        self.spans.list()
    }

    /// The pixels' alphas in both rows; only valid in mixed spans.
    pub(crate) fn pixels(&self) -> &[Vec<u8>; 2] {
        &self.pixels
    }
}

fn mixed(spans: &Spans) -> impl Iterator<Item = &Span> {
    let spans = spans.list().iter();
    spans.filter(|span| span.shade == Shade::Mixed)
}

#[cfg(test)]
mod tests {
    use frosted_core::internal::{ConcealPlan, FrameId};
    use frosted_core::{FrameSpec, PixelFormat, Reduced, TextHeight};

    use super::*;

    /// Runs of values at which something begins or ends to be certain.
    fn matte(reduced: &Reduced, seed: usize) -> Mask {
        let mut mask = Mask::new();
        let mut state = seed as u32 + 1;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize
        };
        let (mut value, mut left) = (0, 0);
        for out in mask.begin(reduced) {
            if left == 0 {
                value = [0, 0, 127, 128, 129, 203, 204, 255, 255][noise() % 9];
                left = 1 + noise() % [1, 4, 40, 200][noise() % 4];
            }
            *out = value;
            left -= 1;
        }
        mask
    }

    /// The alphas of frame row `y`, pixel by pixel.
    fn alphas(job: &MatteJob<'_>, y: usize, width: usize) -> Vec<u8> {
        let (upper, lower, weight) = job.placement.neighbours(y, job.mask.height());
        let (upper, lower) = (job.rows(upper..upper + 1), job.rows(lower..lower + 1));
        let mut between = vec![0; job.mask.width() + 2];
        matte::between_rows(Level::COMMON, upper, lower, weight, &mut between);
        let mut alpha = vec![77; width];
        matte::along_row(&between, job.placement, job.table, 0..width, &mut alpha);
        alpha
    }

    fn check(width: usize, square_px: usize, seed: usize) -> usize {
        let spec = FrameSpec::new(PixelFormat::Nv12, width, 35).unwrap();
        let plan = ConcealPlan::new(&spec, (256, 144), TextHeight::default());
        let table = plan.ramp.table();
        let mut reduced = Reduced::default();
        let _ = reduced.prepare(&spec, square_px, FrameId(1));
        let mask = matte(&reduced, seed);
        let job = MatteJob {
            mask: &mask,
            placement: &Placement::new(square_px),
            table,
            certain: Certain::new(table),
        };
        let mut rows = AlphaRows::with_room(Level::chosen(), width, reduced.width());
        rows.begin();
        let mut certain = 0;
        for first in (0..spec.height()).step_by(2) {
            let pair = first..(first + 2).min(spec.height());
            rows.set(&job, pair.clone());
            let mut end = 0;
            for span in rows.spans() {
                let name = format!("{width} by {square_px}, seed {seed}, rows {pair:?}, {span:?}");
                let columns = span.columns.clone();
                assert_eq!(
                    (columns.start, columns.start % 2, columns.end % 2),
                    (end, 0, 0)
                );
                end = columns.end;
                let columns = columns.start..columns.end.min(width);
                for y in pair.clone() {
                    let wanted = &alphas(&job, y, width)[columns.clone()];
                    let same = match span.shade {
                        Shade::Covered => wanted.iter().all(|&alpha| alpha == 0),
                        Shade::Shown => wanted.iter().all(|&alpha| alpha == 255),
                        Shade::Mixed => wanted == &rows.pixels()[y - first][columns.clone()],
                    };
                    assert!(same, "{name}: row {y} has {wanted:?}");
                }
                certain += usize::from(span.shade != Shade::Mixed);
            }
            assert_eq!(end, width.next_multiple_of(2));
        }
        certain
    }

    #[test]
    fn no_span_is_covered_or_shown_where_a_pixel_is_not() {
        let mut certain = 0;
        for width in (16..=80).chain([321, 640]) {
            for square_px in 1..=20 {
                for seed in 0..8 {
                    certain += check(width, square_px, seed);
                }
            }
        }
        assert!(certain > 10_000, "{certain} spans were certain");
    }
}
