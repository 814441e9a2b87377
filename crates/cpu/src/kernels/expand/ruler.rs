use frosted_core::internal::fixed::WEIGHT_BITS;
use frosted_core::internal::layout::PlaneLayout;

/// Samples in the longest block.
pub(super) const WIDEST: usize = 32;

/// Where a plane's samples stand on a field's lines.
#[derive(Debug, Default)]
pub(crate) struct Ruler {
    /// For each sample between two nodes, the right node's weight in 1/32768.
    pub(super) weights_q15: Vec<i16>,
    /// The same for each sample of a row, to whole blocks.
    pub(super) row_weights_q15: Vec<i16>,
    /// Patterns of the plane in a row.
    pub(super) patterns: usize,
    /// Columns of the field from one node used to the next.
    pub(super) node_step: usize,
    /// Pixels from one node of the field to the next, 0 while it is not set.
    step_px: usize,
    /// By the number of samples in a block, 16 or 32.
    pub(super) blocks: [Blocks; 2],
}

/// Rows of samples in blocks of equal length.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The first line that a block's samples stand on. Empty if a block has samples on lines
    /// too far apart.
    pub(super) first_lines: Vec<u32>,
    /// For each sample two bytes that pick its line among those from its block's first on.
    pub(super) picks: Vec<u8>,
}

impl Blocks {
    fn with_room(row_bytes: usize, len: usize) -> Self {
        let blocks = row_bytes.div_ceil(len);
        Self {
            first_lines: Vec::with_capacity(blocks),
            picks: Vec::with_capacity(2 * blocks * len),
        }
    }

    /// For a row of `count` samples whose lines `line_of` tells, fewer than `reach` of them
    /// to a block of `len`.
    fn set(
        &mut self,
        count: usize,
        (len, reach): (usize, usize),
        line_of: impl Fn(usize) -> usize,
        picks: impl Fn(u8) -> [u8; 2],
    ) {
        self.first_lines.clear();
        self.picks.clear();
        for first in (0..count).step_by(len) {
            let here = || (first..first + len).map(&line_of);
            let least = here().min().unwrap_or_default();
            if here().any(|line| line - least >= reach) {
                self.first_lines.clear();
                return;
            }
            self.first_lines.push(least as u32);
            self.picks
                .extend(here().flat_map(|line| picks((line - least) as u8)));
        }
    }
}

impl Ruler {
    /// Makes room for rows of `row_bytes`.
    pub(crate) fn with_room(row_bytes: usize) -> Self {
        Self {
            weights_q15: Vec::with_capacity(row_bytes),
            row_weights_q15: Vec::with_capacity(row_bytes.next_multiple_of(WIDEST)),
            blocks: [16, 32].map(|len| Blocks::with_room(row_bytes, len)),
            ..Self::default()
        }
    }

    /// For a field with a node every `step_px` pixels, a power of two. Layout and length of
    /// the rows are always the same.
    pub(crate) fn set(&mut self, layout: &PlaneLayout, row_bytes: usize, step_px: usize) {
        if self.step_px == step_px {
            return;
        }
        self.step_px = step_px;
        let samples = layout.samples.len();
        self.patterns = row_bytes / samples;
        self.node_step = (layout.columns_px / step_px).max(1);
        // A gap wider than the row needs no weights behind the row's end.
        let patterns = (step_px / layout.columns_px).clamp(1, self.patterns);
        self.weights_q15.clear();
        for pattern in 0..patterns {
            for sample in layout.samples {
                let x_px = (pattern * layout.columns_px + sample.x_px) % step_px;
                self.weights_q15
                    .push(((x_px << WEIGHT_BITS) / step_px) as i16);
            }
        }
        let (gap, count) = (self.weights_q15.len(), self.patterns * samples);
        let weights = self.weights_q15.iter().copied().cycle();
        self.row_weights_q15.clear();
        self.row_weights_q15
            .extend(weights.take(count.next_multiple_of(WIDEST)));
        let line_of = |sample: usize| sample / gap * samples + sample % samples;
        let [short, long] = &mut self.blocks;
        // Bytes of a vector of 16, and 16-bit values of a vector of 64.
        short.set(count, (16, 8), line_of, |line| [2 * line, 2 * line + 1]);
        long.set(count, (32, 32), line_of, |line| [line, 0]);
    }

    pub(super) fn gaps(&self, samples: usize) -> usize {
        (self.patterns * samples).div_ceil(self.weights_q15.len())
    }
}
