use frosted_core::internal::Field;
use frosted_core::internal::fixed::{LEVEL_BITS, NODE_BITS, NODE_LIMIT, WEIGHT_BITS, half};
use frosted_core::internal::layout::{ALPHA, PlaneLayout};

/// Where a plane's samples stand between a field's nodes.
#[derive(Debug, Default)]
pub(crate) struct Ruler {
    /// For each sample between two nodes, the right node's weight in 1/32768.
    weights_q15: Vec<i16>,
    /// Patterns of the plane in a row.
    patterns: usize,
    /// Columns of the field from one node used to the next.
    node_step: usize,
}

impl Ruler {
    /// Makes room for rows of `row_bytes`.
    pub(crate) fn with_room(row_bytes: usize) -> Self {
        Self {
            weights_q15: Vec::with_capacity(row_bytes),
            ..Self::default()
        }
    }

    /// For a field with a node every `step_px` pixels, a power of two.
    pub(crate) fn set(&mut self, layout: &PlaneLayout, row_bytes: usize, step_px: usize) {
        self.patterns = row_bytes / layout.samples.len();
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
    }

    fn gaps(&self, samples: usize) -> usize {
        (self.patterns * samples).div_ceil(self.weights_q15.len())
    }
}

/// The field's nodes at frame row `y`, in the order of the plane's samples, to `nodes`.
pub(crate) fn between_rows(
    field: &Field,
    layout: &PlaneLayout,
    ruler: &Ruler,
    y: usize,
    nodes: &mut Vec<u16>,
) {
    let samples = layout.samples.len();
    let count = ruler.gaps(samples) + 1;
    nodes.clear();
    nodes.resize(count * samples, NODE_LIMIT);
    let (upper, below) = (y / field.step_px, (y % field.step_px) as u32);
    let (step, shift) = (field.step_px as u32, field.step_px.trailing_zeros());
    let lower = (upper + 1).min(field.height - 1);
    for (place, sample) in layout.samples.iter().enumerate() {
        if sample.channel == ALPHA {
            continue;
        }
        let plane = &field.planes[sample.channel];
        let row = |row: usize| &plane[row * field.width..][..field.width];
        let (upper, lower) = (row(upper), row(lower));
        for (index, node) in nodes[place..].iter_mut().step_by(samples).enumerate() {
            let column = index * ruler.node_step + sample.x_px / field.step_px;
            let column = column.min(field.width - 1);
            let sum = u32::from(upper[column]) * (step - below) + u32::from(lower[column]) * below;
            *node = ((sum + step / 2) >> shift).min(u32::from(NODE_LIMIT)) as u16;
        }
    }
}

/// Writes `out`, samples of a row from pattern `first_pattern` on, from `nodes` as
/// [`between_rows`] makes them for a pattern of `samples`.
pub(crate) fn along_row(
    nodes: &[u16],
    samples: usize,
    ruler: &Ruler,
    first_pattern: usize,
    out: &mut [u8],
) {
    match samples {
        1 => in_lanes::<1, 8>(nodes, ruler, first_pattern, out),
        2 => in_lanes::<2, 8>(nodes, ruler, first_pattern, out),
        3 => in_lanes::<3, 24>(nodes, ruler, first_pattern, out),
        4 => in_lanes::<4, 8>(nodes, ruler, first_pattern, out),
        _ => unreachable!("no pattern has {samples} samples"),
    }
}

/// `LANES` is a multiple of `SAMPLES` and of the eight values in a vector of 16 bits.
fn in_lanes<const SAMPLES: usize, const LANES: usize>(
    nodes: &[u16],
    ruler: &Ruler,
    first_pattern: usize,
    out: &mut [u8],
) {
    let gap_samples = ruler.weights_q15.len();
    let first_sample = first_pattern * SAMPLES;
    let (mut gap, mut place) = (first_sample / gap_samples, first_sample % gap_samples);
    let mut rest = out;
    while !rest.is_empty() {
        let weights = &ruler.weights_q15[place..];
        let (here, after) = rest.split_at_mut(weights.len().min(rest.len()));
        let nodes = &nodes[gap * SAMPLES..][..2 * SAMPLES];
        fill_gap::<SAMPLES, LANES>(nodes, weights, here);
        rest = after;
        gap += 1;
        place = 0;
    }
}

/// Left node + weight * (right - left) in 1/64 of a level, rounded to whole levels.
fn fill_gap<const SAMPLES: usize, const LANES: usize>(
    nodes: &[u16],
    weights: &[i16],
    out: &mut [u8],
) {
    const DROPPED: u32 = WEIGHT_BITS + NODE_BITS - LEVEL_BITS - 1;
    let (left, right) = nodes.split_at(SAMPLES);
    let start: [i16; LANES] = std::array::from_fn(|lane| {
        (left[lane % SAMPLES] >> (NODE_BITS - LEVEL_BITS)) as i16 + half(LEVEL_BITS) as i16
    });
    // Half the slope fits 16 bits with its sign; the product's upper half is then a
    // quarter of what the node's unit would ask, just as `start` is.
    let slope: [i16; LANES] = std::array::from_fn(|lane| {
        ((i32::from(right[lane % SAMPLES]) - i32::from(left[lane % SAMPLES])) >> 1) as i16
    });
    let level = |lane: usize, weight: i16| {
        let rise = ((i32::from(slope[lane]) * i32::from(weight)) >> DROPPED) as i16;
        ((start[lane] + rise) >> LEVEL_BITS) as u8
    };
    let mut weights = weights[..out.len()].chunks_exact(LANES);
    let mut out = out.chunks_exact_mut(LANES);
    for (out, weights) in out.by_ref().zip(weights.by_ref()) {
        for lane in 0..LANES {
            out[lane] = level(lane, weights[lane]);
        }
    }
    let rest = out.into_remainder().iter_mut().zip(weights.remainder());
    for (lane, (out, &weight)) in rest.enumerate() {
        *out = level(lane, weight);
    }
}
