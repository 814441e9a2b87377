//! Brings the matte from the reduced grid to the frame's pixels, and through the ramp.

mod scalar;

use frosted_core::internal::Level;

pub(crate) use scalar::along_row;

/// Interpolates two rows of the reduced matte, `weight_q15` of `lower` in 1/32768, to
/// 1/256 of a value. `out` gets one value more at each end, the same as its neighbour.
pub(crate) fn between_rows(
    level: Level,
    upper: &[u8],
    lower: &[u8],
    weight_q15: u16,
    out: &mut [u16],
) {
    level.run(scalar::BetweenRows {
        upper,
        lower,
        weight_q15,
        out,
    });
}
