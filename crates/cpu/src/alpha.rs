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
