use frosted_core::internal::fixed::{LEVEL_BITS, NODE_BITS, NODE_LIMIT, half};
use frosted_core::internal::layout::{ALPHA, PlaneLayout};
use frosted_core::internal::{Field, Work};

use super::{DROPPED, Lines, Ruler};

/// Makes the lines of `field` at frame row `y`.
pub(super) struct SetLines<'a> {
    pub(super) lines: &'a mut Lines,
    pub(super) field: &'a Field,
    pub(super) layout: &'a PlaneLayout,
    pub(super) ruler: &'a Ruler,
    pub(super) y: usize,
}

impl Work for SetLines<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            lines,
            field,
            layout,
            ruler,
            y,
        } = self;
        let count = ruler.gaps(layout.samples.len());
        let height = Height::of(field, y);
        // From steps of two pixels on, all samples of a pattern lie in the same gap, and there
        // is one at every node.
        let plain = field.step_px > 1;
        for (sample, nodes) in layout.samples.iter().zip(&mut lines.nodes) {
            if sample.channel == ALPHA {
                nodes[..count + 1].fill(NODE_LIMIT);
            } else if plain {
                height.fill(field, sample.channel, &mut nodes[..count + 1]);
            } else {
                let rows = height.rows(field, sample.channel);
                for (index, node) in nodes[..count + 1].iter_mut().enumerate() {
                    let column = index * ruler.node_step + sample.x_px / field.step_px;
                    let column = column.min(field.width - 1);
                    *node = height.between(rows.0[column], rows.1[column]);
                }
            }
        }
        match layout.samples.len() {
            1 => interleave::<1>(lines, count),
            2 => interleave::<2>(lines, count),
            3 => interleave::<3>(lines, count),
            4 => interleave::<4>(lines, count),
            samples => unreachable!("no pattern has {samples} samples"),
        }
    }
}

/// Two rows of one channel's nodes.
type Rows<'a> = (&'a [u16], &'a [u16]);

/// A height between two rows of nodes.
#[derive(Clone, Copy)]
struct Height {
    upper: usize,
    lower: usize,
    /// The rows' weights, which sum to 2^`shift`.
    weights: [u32; 2],
    shift: u32,
}

impl Height {
    #[inline(always)]
    fn of(field: &Field, y: usize) -> Self {
        let (upper, below) = (y / field.step_px, y % field.step_px);
        Self {
            upper,
            lower: (upper + 1).min(field.height - 1),
            weights: [field.step_px - below, below].map(|weight| weight as u32),
            shift: field.step_px.trailing_zeros(),
        }
    }

    #[inline(always)]
    fn rows(self, field: &Field, channel: usize) -> Rows<'_> {
        let row = |row: usize| &field.planes[channel][row * field.width..][..field.width];
        (row(self.upper), row(self.lower))
    }

    /// The nodes of every column, the last one again and again if there are fewer.
    #[inline(always)]
    fn fill(self, field: &Field, channel: usize, nodes: &mut [u16]) {
        let (upper, lower) = self.rows(field, channel);
        let (there, behind) = nodes.split_at_mut(nodes.len().min(field.width));
        for (node, (&upper, &lower)) in there.iter_mut().zip(upper.iter().zip(lower)) {
            *node = self.between(upper, lower);
        }
        if let Some(&last) = there.last() {
            behind.fill(last);
        }
    }

    #[inline(always)]
    fn between(self, upper: u16, lower: u16) -> u16 {
        let [above, below] = self.weights;
        let sum = u32::from(upper) * above + u32::from(lower) * below;
        ((sum + ((1 << self.shift) >> 1)) >> self.shift).min(u32::from(NODE_LIMIT)) as u16
    }
}

/// The lines between the nodes of as many samples as there are in a pattern.
#[inline(always)]
fn interleave<const SAMPLES: usize>(lines: &mut Lines, count: usize) {
    let Lines {
        starts,
        slopes,
        nodes,
    } = lines;
    let (starts, _) = starts[..count * SAMPLES].as_chunks_mut::<SAMPLES>();
    let (slopes, _) = slopes[..count * SAMPLES].as_chunks_mut::<SAMPLES>();
    let nodes: [&[u16]; SAMPLES] = std::array::from_fn(|place| &nodes[place][..count + 1]);
    for (index, (starts, slopes)) in starts.iter_mut().zip(slopes).enumerate() {
        for place in 0..SAMPLES {
            let [left, right] = [nodes[place][index], nodes[place][index + 1]];
            (starts[place], slopes[place]) = line(left, right);
        }
    }
}

/// The line from node `left` to node `right`.
#[inline(always)]
fn line(left: u16, right: u16) -> (i16, i16) {
    let start = (left >> (NODE_BITS - LEVEL_BITS)) as i16 + half(LEVEL_BITS) as i16;
    // Half the slope fits 16 bits with its sign; the product's upper half is then a
    // quarter of what the node's unit would ask, just as the start is.
    let slope = ((i32::from(right) - i32::from(left)) >> 1) as i16;
    (start, slope)
}

/// `LANES` is a multiple of `SAMPLES` and of the eight values in a vector of 16 bits.
pub(super) fn expand<const SAMPLES: usize, const LANES: usize>(
    lines: &Lines,
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
        let [starts, slopes] =
            [&lines.starts, &lines.slopes].map(|lines| &lines[gap * SAMPLES..][..SAMPLES]);
        fill_gap::<SAMPLES, LANES>(starts, slopes, weights, here);
        rest = after;
        gap += 1;
        place = 0;
    }
}

/// Start + weight * slope, in whole levels.
fn fill_gap<const SAMPLES: usize, const LANES: usize>(
    starts: &[i16],
    slopes: &[i16],
    weights: &[i16],
    out: &mut [u8],
) {
    let starts: [i16; LANES] = std::array::from_fn(|lane| starts[lane % SAMPLES]);
    let slopes: [i16; LANES] = std::array::from_fn(|lane| slopes[lane % SAMPLES]);
    let level = |lane: usize, weight: i16| {
        let rise = ((i32::from(slopes[lane]) * i32::from(weight)) >> DROPPED) as i16;
        ((starts[lane] + rise) >> LEVEL_BITS) as u8
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
