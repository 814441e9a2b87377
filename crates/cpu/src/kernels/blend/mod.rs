//! Mixes the frame with what covers the room.

mod scalar;

use frosted_core::internal::Level;
use frosted_core::internal::layout::PlaneLayout;

pub(crate) use scalar::{make_opaque, make_straight, show_opaque};

/// `out = (source * alpha + backdrop * (255 - alpha)) / 255`, rounded to nearest; exactly
/// `backdrop` at alpha 0 and `source` at 255. All slices have the same length.
pub(crate) fn blend(level: Level, source: &[u8], backdrop: &[u8], alpha: &[u8], out: &mut [u8]) {
    level.run(scalar::Blend {
        source,
        backdrop,
        alpha,
        out,
    });
}

/// The alpha of each sample of a row of `layout`, from the alphas of the frame rows that it
/// stands for (`lower` only counts if there are two). The alpha rows begin with the first
/// sample's column and are of even length.
///
/// A chroma value's alpha is the mean of its pixels', rounded down: 255 only if all are.
pub(crate) fn spread_alpha(
    level: Level,
    layout: &PlaneLayout,
    upper: &[u8],
    lower: &[u8],
    out: &mut [u8],
) {
    level.run(scalar::SpreadAlpha {
        layout,
        upper,
        lower,
        out,
    });
}
