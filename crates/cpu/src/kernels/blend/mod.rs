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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_mixes_every_input_as_the_common_one() {
        let sources: [u8; 256] = std::array::from_fn(|at| at as u8);
        let (mut out, mut wanted) = ([0; 256], [0; 256]);
        for alpha in 0..=255 {
            for backdrop in 0..=255 {
                let (backdrops, alphas) = ([backdrop; 256], [alpha; 256]);
                blend(Level::COMMON, &sources, &backdrops, &alphas, &mut wanted);
                for level in Level::all().skip(1) {
                    out.fill(0x55);
                    blend(level, &sources, &backdrops, &alphas, &mut out);
                    assert_eq!(out, wanted, "alpha {alpha}, backdrop {backdrop}, {level}");
                }
            }
        }
    }

    #[test]
    fn rows_of_any_length_and_place_are_mixed_to_their_end_and_no_farther() {
        let byte = |at: usize, seed: usize| ((at + seed).wrapping_mul(0x9e37_79b9) >> 11) as u8;
        let rows: [Vec<u8>; 3] =
            std::array::from_fn(|seed| (0..100).map(|at| byte(at, 1000 * seed)).collect());
        for level in Level::all() {
            for (first, len) in (0..17).flat_map(|first| (0..=70).map(move |len| (first, len))) {
                let [source, backdrop, alpha] = rows.each_ref().map(|row| &row[first..][..len]);
                let (mut out, mut wanted) = ([0x55; 100], [0x55; 100]);
                blend(level, source, backdrop, alpha, &mut out[first..][..len]);
                let whole = &mut wanted[first..][..len];
                blend(Level::COMMON, source, backdrop, alpha, whole);
                assert_eq!(out, wanted, "{len} from {first}, {level}");
            }
        }
    }
}
