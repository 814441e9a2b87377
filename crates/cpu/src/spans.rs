use std::ops::Range;

/// What the matte says of a run of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shade {
    /// Alpha is 0 all over.
    Covered,
    /// Alpha is 255 all over.
    Shown,
    /// Anything.
    Mixed,
}

/// A run of frame columns. It begins and ends at a multiple of [`GRID_PX`], or at the frame's
/// edge, so that it cuts neither a chroma value nor a vector in two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) columns: Range<usize>,
    pub(crate) shade: Shade,
}

/// What of a run lies beyond the grid is left to the mixed code, which gives the same bytes:
/// a few of them in vectors take less time than the rest of a vector one by one.
const GRID_PX: usize = 16;
/// So are shorter runs; the limit keeps ragged mattes from going run by run.
const SHORTEST_PX: usize = 16;

const COVERED: u8 = 1;
const SHOWN: u8 = 2;

/// The matte values that are certain, whatever stands between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Certain {
    /// Values below it have alpha 0.
    covered_below: u16,
    /// Values from it on have alpha 255.
    shown_from: u16,
}

impl Certain {
    pub(crate) fn new(alpha: &[u8; 256]) -> Self {
        let covered = alpha.iter().take_while(|&&alpha| alpha == 0).count();
        let shown = alpha.iter().rev().take_while(|&&alpha| alpha == 255);
        Self {
            covered_below: covered as u16,
            shown_from: 256 - shown.count() as u16,
        }
    }

    fn marks(self, value: u8) -> u8 {
        let value = u16::from(value);
        let covered = COVERED * u8::from(value < self.covered_below);
        let shown = SHOWN * u8::from(value >= self.shown_from);
        covered | shown
    }
}

/// Finds runs of pixels whose alpha is certain from the reduced matte alone.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    marks: Vec<u8>,
    list: Vec<Span>,
}

impl Spans {
    /// Makes room for mattes of `columns` reduced pixels in a row.
    pub(crate) fn with_room(columns: usize) -> Self {
        Self {
            marks: vec![0; columns],
            list: Vec::with_capacity(2 * columns + 1),
        }
    }

    /// One run over a row of `width` pixels, an even number.
    pub(crate) fn whole(&mut self, width: usize, shade: Shade) {
        self.list.clear();
        self.list.push(Span {
            columns: 0..width,
            shade,
        });
    }

    /// The runs of frame rows that depend on `rows` of the reduced matte alone, which lie
    /// one behind another. A reduced pixel is `square_px` wide, the frame `width` pixels,
    /// rounded up to an even number.
    pub(crate) fn find(&mut self, rows: &[u8], certain: Certain, square_px: usize, width: usize) {
        self.marks.fill(COVERED | SHOWN);
        for row in rows.chunks_exact(self.marks.len()) {
            for (marks, &value) in self.marks.iter_mut().zip(row) {
                *marks &= certain.marks(value);
            }
        }
        self.collect(square_px, width);
    }

    fn collect(&mut self, square_px: usize, width: usize) {
        let Self { marks, list } = self;
        list.clear();
        let centre = |column: usize| column * square_px + square_px / 2;
        let (mut column, mut done_px) = (0, 0);
        while column < marks.len() {
            let first = column;
            column += run_length(&marks[first..]);
            let shade = match marks[first] {
                COVERED => Shade::Covered,
                SHOWN => Shade::Shown,
                _ => continue,
            };
            // Between the centres of two reduced pixels both count, so a run reaches from
            // its first centre to its last; at the frame's edge, to the edge.
            let start = if first == 0 {
                0
            } else {
                centre(first).next_multiple_of(GRID_PX)
            };
            let end = if column == marks.len() {
                width
            } else {
                centre(column - 1) / GRID_PX * GRID_PX
            };
            if end >= start + SHORTEST_PX {
                push(list, done_px..start, Shade::Mixed);
                push(list, start..end, shade);
                done_px = end;
            }
        }
        push(list, done_px..width, Shade::Mixed);
    }

    pub(crate) fn list(&self) -> &[Span] {
        &self.list
    }
}

fn push(list: &mut Vec<Span>, columns: Range<usize>, shade: Shade) {
    if !columns.is_empty() {
        list.push(Span { columns, shade });
    }
}

/// How many of the first `marks` are the same.
fn run_length(marks: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let same = [marks[0]; BLOCK];
    let blocks = marks
        .chunks_exact(BLOCK)
        .take_while(|block| **block == same);
    let skipped = BLOCK * blocks.count();
    let rest = marks[skipped..].iter();
    skipped + rest.take_while(|&&mark| mark == same[0]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> [u8; 256] {
        std::array::from_fn(|value| match value {
            0..=100 => 0,
            200.. => 255,
            _ => 128,
        })
    }

    fn found(rows: &[u8], columns: usize, square_px: usize, width: usize) -> Vec<Span> {
        let mut spans = Spans::with_room(columns);
        spans.find(rows, Certain::new(&ramp()), square_px, width);
        spans.list().to_vec()
    }

    fn span(columns: Range<usize>, shade: Shade) -> Span {
        Span { columns, shade }
    }

    #[test]
    fn a_matte_of_one_value_is_one_run() {
        for (value, shade) in [
            (0, Shade::Covered),
            (100, Shade::Covered),
            (101, Shade::Mixed),
            (199, Shade::Mixed),
            (200, Shade::Shown),
            (255, Shade::Shown),
        ] {
            assert_eq!(found(&[value; 80], 40, 5, 198), [span(0..198, shade)]);
        }
    }

    #[test]
    fn runs_reach_from_centre_to_centre_on_the_grid() {
        let mut row = [0; 40];
        row[10..30].fill(255);
        assert_eq!(
            found(&row, 40, 5, 200),
            [
                span(0..32, Shade::Covered),
                span(32..64, Shade::Mixed),
                span(64..144, Shade::Shown),
                span(144..160, Shade::Mixed),
                span(160..200, Shade::Covered),
            ]
        );
    }

    #[test]
    fn a_run_needs_every_row_to_agree() {
        let mut rows = [0; 80];
        rows[40..60].fill(255);
        assert_eq!(
            found(&rows, 40, 5, 200),
            [span(0..112, Shade::Mixed), span(112..200, Shade::Covered),]
        );
    }

    #[test]
    fn short_runs_are_left_mixed() {
        let row: Vec<u8> = (0..40).map(|x| if x % 2 == 0 { 0 } else { 255 }).collect();
        assert_eq!(found(&row, 40, 5, 200), [span(0..200, Shade::Mixed)]);
    }
}
