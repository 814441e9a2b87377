//! Mixes the frame with what covers the room.

mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;

use frosted_core::internal::Level;
use frosted_core::internal::layout::PlaneLayout;

pub(crate) use scalar::make_straight;

/// `out = (source * alpha + backdrop * (255 - alpha)) / 255`, rounded to nearest; exactly
/// `backdrop` at alpha 0 and `source` at 255. All slices have the same length.
pub(crate) fn blend(level: Level, source: &[u8], backdrop: &[u8], alpha: &[u8], out: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    let done = x86::blend(level, source, backdrop, alpha, out);
    #[cfg(not(target_arch = "x86_64"))]
    let done = 0;
    level.run(scalar::Blend {
        source: &source[done..],
        backdrop: &backdrop[done..],
        alpha: &alpha[done..],
        out: &mut out[done..],
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

/// Copies pixels of four samples and makes them opaque.
pub(crate) fn show_opaque(level: Level, source: &[u8], out: &mut [u8]) {
    level.run(scalar::ShowOpaque { source, out });
}

/// Makes pixels of four samples opaque.
pub(crate) fn make_opaque(level: Level, pixels: &mut [u8]) {
    level.run(scalar::MakeOpaque(pixels));
}
