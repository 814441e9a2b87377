use std::ops::Range;

use frosted_core::internal::{Field, Level};
use frosted_core::{FrameView, MAX_PLANES};

use crate::alpha::{AlphaRows, MatteJob};
use crate::bands::Band;
use crate::kernels::blend;
use crate::kernels::expand::{Lines, Ruler};
use crate::kernels::fetch;
use crate::spans::{Shade, Span};
use frosted_core::internal::layout::PlaneLayout;

/// What a frame is painted from.
pub(crate) struct Job<'a> {
    pub(crate) planes: &'static [PlaneLayout],
    pub(crate) source: &'a FrameView<'a>,
    /// `None`: all is covered.
    pub(crate) matte: Option<MatteJob<'a>>,
    pub(crate) behind: Behind<'a>,
    /// Whether the room is shown as transparency rather than as what is behind it.
    pub(crate) transparent: bool,
}

/// What stands behind the person.
pub(crate) enum Behind<'a> {
    /// A field, and a ruler for each plane.
    Field(&'a Field, &'a [Ruler; MAX_PLANES]),
    /// For each plane a row that stands in all of them.
    Flat(&'a [Vec<u8>; MAX_PLANES]),
    /// A picture.
    Picture(FrameView<'a>),
}

/// Rows between what is painted and what is fetched, an even number.
const FETCHED_AHEAD: usize = 4;

/// Paints bands, and holds the memory for one.
#[derive(Debug)]
pub(crate) struct Brush {
    alpha: AlphaRows,
    row: RowBrush,
}

impl Brush {
    /// For frames of `width`, rows of up to `row_bytes`, reduced to `columns`.
    pub(crate) fn with_room(level: Level, width: usize, row_bytes: usize, columns: usize) -> Self {
        Self {
            alpha: AlphaRows::with_room(level, width, columns),
            row: RowBrush {
                level,
                lines: Lines::with_room(row_bytes),
                behind: vec![0; row_bytes],
                alpha: vec![0; row_bytes],
            },
        }
    }

    /// Paints a band, two rows at a time because a chroma row may stand for two.
    pub(crate) fn paint(&mut self, job: &Job<'_>, mut band: Band<'_>) {
        self.alpha.begin();
        for y in (band.first_row..band.end_row).step_by(2) {
            let rows = y..(y + 2).min(band.end_row);
            match &job.matte {
                Some(matte) => self.alpha.set(matte, rows.clone()),
                None => self.alpha.cover(),
            }
            self.fetch_ahead(job, y, band.end_row);
            self.paint_pair(job, rows, &mut band);
        }
    }

    /// Fetches what will be shown of the source a few rows below `y`, supposing that it is in
    /// the same columns as here: since the source was reduced, the network has had the
    /// processor's caches to itself.
    fn fetch_ahead(&self, job: &Job<'_>, y: usize, end_row: usize) {
        let rows = y + FETCHED_AHEAD..(y + FETCHED_AHEAD + 2).min(end_row);
        if rows.is_empty() {
            return;
        }
        for (plane, layout) in job.planes.iter().enumerate() {
            for y in layout.rows_before(rows.start)..layout.rows_before(rows.end) {
                let source = job.source.row(plane, y);
                for span in self.alpha.spans() {
                    if span.shade != Shade::Covered {
                        fetch(&source[bytes_of(layout, span, source.len())]);
                    }
                }
            }
        }
    }

    fn paint_pair(&mut self, job: &Job<'_>, rows: Range<usize>, band: &mut Band<'_>) {
        let [upper, lower] = self.alpha.pixels();
        for (plane, layout) in job.planes.iter().enumerate() {
            for y in layout.rows_before(rows.start)..layout.rows_before(rows.end) {
                let row = Row {
                    layout,
                    source: job.source.row(plane, y),
                    behind: self.row.begin(&job.behind, plane, layout, y),
                    transparent: job.transparent,
                    alpha: if y * layout.rows_px == rows.start {
                        [upper, lower]
                    } else {
                        [lower, lower]
                    },
                };
                let out = band.row_mut(plane, layout, y);
                for span in self.alpha.spans() {
                    self.row.paint(&row, span, out);
                }
            }
        }
    }
}

/// One row of one plane.
struct Row<'a> {
    layout: &'a PlaneLayout,
    source: &'a [u8],
    behind: RowBehind<'a>,
    transparent: bool,
    /// The pixels' alphas in the frame row, or the two, that the row stands for.
    alpha: [&'a [u8]; 2],
}

/// What stands behind one row.
#[derive(Clone, Copy)]
enum RowBehind<'a> {
    /// The brush's lines.
    Lines(&'a Ruler),
    /// These samples.
    Samples(&'a [u8]),
}

/// Memory for one row.
#[derive(Debug)]
struct RowBrush {
    level: Level,
    /// A field's at the row's height.
    lines: Lines,
    /// What is behind a mixed span, expanded.
    behind: Vec<u8>,
    /// The alpha of each sample of a mixed span.
    alpha: Vec<u8>,
}

impl RowBrush {
    /// Gets ready for row `y` of `plane`.
    fn begin<'a>(
        &mut self,
        behind: &'a Behind<'_>,
        plane: usize,
        layout: &PlaneLayout,
        y: usize,
    ) -> RowBehind<'a> {
        match behind {
            Behind::Field(field, rulers) => {
                let (ruler, y) = (&rulers[plane], y * layout.rows_px);
                self.lines.set(self.level, field, layout, ruler, y);
                RowBehind::Lines(ruler)
            }
            Behind::Flat(rows) => RowBehind::Samples(&rows[plane]),
            Behind::Picture(picture) => RowBehind::Samples(picture.row(plane, y)),
        }
    }

    /// Paints `span` of `row`; `out` is the whole row.
    fn paint(&mut self, row: &Row<'_>, span: &Span, out: &mut [u8]) {
        let bytes = bytes_of(row.layout, span, out.len());
        let out = &mut out[bytes.clone()];
        match span.shade {
            Shade::Covered => self.cover(row, bytes, out),
            Shade::Shown => show(self.level, row, bytes, out),
            Shade::Mixed => self.mix(row, span, bytes, out),
        }
    }

    fn cover(&self, row: &Row<'_>, bytes: Range<usize>, out: &mut [u8]) {
        if row.transparent {
            return out.fill(0);
        }
        match row.behind {
            RowBehind::Lines(ruler) => {
                let samples = row.layout.samples.len();
                self.lines
                    .expand(self.level, samples, ruler, bytes.start / samples, out);
            }
            RowBehind::Samples(behind) => {
                out.copy_from_slice(&behind[bytes]);
                if row.layout.has_alpha() {
                    blend::make_opaque(self.level, out);
                }
            }
        }
    }

    fn mix(&mut self, row: &Row<'_>, span: &Span, bytes: Range<usize>, out: &mut [u8]) {
        let (len, samples) = (bytes.len(), row.layout.samples.len());
        let [upper, lower] = row.alpha.map(|row| &row[span.columns.clone()]);
        let alpha = &mut self.alpha[..len];
        blend::spread_alpha(self.level, row.layout, upper, lower, alpha);
        let behind = match row.behind {
            RowBehind::Lines(ruler) => {
                let behind = &mut self.behind[..len];
                self.lines
                    .expand(self.level, samples, ruler, bytes.start / samples, behind);
                behind
            }
            RowBehind::Samples(behind) => &behind[bytes.clone()],
        };
        blend::blend(self.level, &row.source[bytes], behind, alpha, out);
        match (row.layout.has_alpha(), row.transparent) {
            (false, _) => {}
            (true, false) => blend::make_opaque(self.level, out),
            (true, true) => blend::make_straight(alpha, out),
        }
    }
}

/// Where the samples of `span` are in a row of `row_bytes`.
fn bytes_of(layout: &PlaneLayout, span: &Span, row_bytes: usize) -> Range<usize> {
    let samples = layout.samples.len();
    let first = span.columns.start / layout.columns_px;
    let end = span.columns.end.div_ceil(layout.columns_px);
    first * samples..(end * samples).min(row_bytes)
}

fn show(level: Level, row: &Row<'_>, bytes: Range<usize>, out: &mut [u8]) {
    let source = &row.source[bytes];
    if row.layout.has_alpha() {
        blend::show_opaque(level, source, out);
    } else {
        out.copy_from_slice(source);
    }
}
