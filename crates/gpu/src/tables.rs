use frosted_core::internal::{ConcealPlan, Placement};

use crate::packing::WORD;

/// Words of the ramp, four alphas each.
pub(crate) const RAMP_WORDS: usize = 256 / WORD;

/// Bits of a place's first neighbour: no frame has as many columns or rows as these count.
pub(crate) const PLACE_BITS: u32 = 15;

/// What the passes look up: the ramp, then for each frame column and each row where it stands
/// between reduced pixels. `alpha.wgsl` says how they are packed.
pub(crate) fn tables(
    plan: &ConcealPlan,
    frame: (usize, usize),
    reduced: (usize, usize),
) -> Vec<u32> {
    let ramp = plan.ramp.table().chunks_exact(WORD);
    let ramp = ramp.map(|alphas| {
        let bytes = alphas.iter().rev();
        bytes.fold(0, |word, &alpha| word << 8 | u32::from(alpha))
    });
    let placement = Placement::new(plan.square_px);
    let place = |pixel: usize, count: usize| {
        let (first, second, weight) = placement.neighbours(pixel, count);
        let next = (second - first) as u32;
        first as u32 | next << PLACE_BITS | u32::from(weight) << (PLACE_BITS + 1)
    };
    let across = (0..frame.0).map(|x| place(x, reduced.0));
    let down = (0..frame.1).map(|y| place(y, reduced.1));
    ramp.chain(across).chain(down).collect()
}
