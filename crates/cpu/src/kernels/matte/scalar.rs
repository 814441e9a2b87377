use std::ops::Range;

use frosted_core::internal::fixed::{MATTE_BITS, WEIGHT_BITS, half};
use frosted_core::internal::{Placement, Work};

pub(super) struct BetweenRows<'a> {
    pub(super) upper: &'a [u8],
    pub(super) lower: &'a [u8],
    pub(super) weight_q15: u16,
    pub(super) out: &'a mut [u16],
}

impl Work for BetweenRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            upper,
            lower,
            weight_q15,
            out,
        } = self;
        const DROPPED: u32 = WEIGHT_BITS - MATTE_BITS;
        let columns = upper.len();
        let weight = u32::from(weight_q15);
        for ((out, &upper), &lower) in out[1..=columns].iter_mut().zip(upper).zip(lower) {
            let sum = u32::from(upper) * ((1 << WEIGHT_BITS) - weight) + u32::from(lower) * weight;
            *out = ((sum + half(DROPPED)) >> DROPPED) as u16;
        }
        out[0] = out[1];
        out[columns + 1] = out[columns];
    }
}

/// The alphas of `columns` of a frame row, from `values` as [`between_rows`](super::between_rows) makes them.
///
/// Every step is a weighted mean whose weights sum to a power of two: a value between
/// neighbours that are all covered, or all shown, is so too.
pub(crate) fn along_row(
    values: &[u16],
    placement: &Placement,
    table: &[u8; 256],
    columns: Range<usize>,
    alpha: &mut [u8],
) {
    const DROPPED: u32 = WEIGHT_BITS + MATTE_BITS;
    let (mut gap, mut place) = placement.gap(columns.start);
    let mut rest = &mut alpha[..columns.len()];
    while !rest.is_empty() {
        let weights = &placement.weights()[place..];
        let (here, after) = rest.split_at_mut(weights.len().min(rest.len()));
        let (left, right) = (i32::from(values[gap]), i32::from(values[gap + 1]));
        let start = (left << WEIGHT_BITS) + half(DROPPED) as i32;
        let slope = right - left;
        for (alpha, &weight) in here.iter_mut().zip(weights) {
            let value = (start + slope * i32::from(weight)) >> DROPPED;
            *alpha = table[usize::from(value as u8)];
        }
        rest = after;
        gap += 1;
        place = 0;
    }
}
