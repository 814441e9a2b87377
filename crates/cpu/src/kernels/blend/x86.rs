//! A vector of samples at once.
#![allow(
    unsafe_code,
    reason = "vectors are loaded and stored by pointer, and only some processors have them"
)]

use std::arch::x86_64::*;

use frosted_core::internal::fixed::OPAQUE;
use frosted_core::internal::{Instructions, Level};

/// Mixes the first samples as `scalar::Blend` does, and says how many they are: none where
/// there is no kernel for this level. All slices have the same length.
pub(super) fn blend(
    level: Level,
    source: &[u8],
    backdrop: &[u8],
    alpha: &[u8],
    out: &mut [u8],
) -> usize {
    if level.instructions() == Instructions::Common {
        return 0;
    }
    // SAFETY: levels above the common one have AVX2.
    unsafe { blend_avx2(source, backdrop, alpha, out) }
}

/// Most spans are short: longer vectors would leave more of them over.
const LEN: usize = 16;

#[target_feature(enable = "avx2")]
fn blend_avx2(source: &[u8], backdrop: &[u8], alpha: &[u8], out: &mut [u8]) -> usize {
    let (sources, _) = source.as_chunks::<LEN>();
    let (backdrops, _) = backdrop.as_chunks::<LEN>();
    let (alphas, _) = alpha.as_chunks::<LEN>();
    let (outs, _) = out.as_chunks_mut::<LEN>();
    let opaque = _mm256_set1_epi16(i16::from(OPAQUE));
    let half = _mm256_set1_epi16(i16::from(OPAQUE / 2));
    let one = _mm256_set1_epi16(1);
    let inputs = sources.iter().zip(backdrops).zip(alphas);
    for (out, ((source, backdrop), alpha)) in outs.iter_mut().zip(inputs) {
        let (source, backdrop, alpha) = (wide(source), wide(backdrop), wide(alpha));
        let shown = _mm256_mullo_epi16(source, alpha);
        let covered = _mm256_mullo_epi16(backdrop, _mm256_sub_epi16(opaque, alpha));
        let sum = _mm256_add_epi16(_mm256_add_epi16(shown, covered), half);
        let sum = _mm256_add_epi16(_mm256_add_epi16(sum, one), _mm256_srli_epi16::<8>(sum));
        let mixed = _mm256_srli_epi16::<8>(sum);
        let low = _mm256_castsi256_si128(mixed);
        let mixed = _mm_packus_epi16(low, _mm256_extracti128_si256::<1>(mixed));
        // SAFETY: the array has as many bytes as are stored; no alignment is asked for.
        unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), mixed) };
    }
    outs.len() * LEN
}

/// Samples in 16 bits each.
#[inline]
#[target_feature(enable = "avx2")]
fn wide(samples: &[u8; LEN]) -> __m256i {
    // SAFETY: the array has as many bytes as are loaded; no alignment is asked for.
    _mm256_cvtepu8_epi16(unsafe { _mm_loadu_si128(samples.as_ptr().cast()) })
}
