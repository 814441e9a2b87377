//! Block by block: each sample's line is picked from a vector of lines.
#![allow(
    unsafe_code,
    reason = "vectors are loaded and stored by pointer, and only some processors have them"
)]

use std::arch::x86_64::*;

use frosted_core::internal::fixed::LEVEL_BITS;
use frosted_core::internal::{Instructions, Level};

use super::ruler::Blocks;
use super::{DROPPED, Lines, Ruler};

// A multiplication's upper half is what is left of the product.
const _: () = assert!(DROPPED == 16);

/// Writes `out`, samples of a row from `first_sample` on. `false` if nothing was written
/// because there is no kernel for this level or this ruler.
pub(super) fn expand(
    level: Level,
    lines: &Lines,
    ruler: &Ruler,
    first_sample: usize,
    out: &mut [u8],
) -> bool {
    let [short, long] = &ruler.blocks;
    let weights = &ruler.row_weights_q15;
    match level.instructions() {
        // SAFETY: the level says that the processor has the features.
        Instructions::Avx2 if !short.first_lines.is_empty() => unsafe {
            expand_avx2(lines, short, weights, first_sample, out);
        },
        // SAFETY: as above.
        Instructions::Avx512 if !long.first_lines.is_empty() => unsafe {
            expand_avx512(lines, long, weights, first_sample, out);
        },
        _ => return false,
    }
    true
}

/// `$levels` of each block of `$len` that `$out`, samples of a row from `$first_sample` on,
/// begins, holds or ends. A macro, because a closure's body is not always inlined.
macro_rules! for_each_block {
    ($len:literal, $first_sample:expr, $out:expr, |$block:ident| $levels:expr) => {
        let (mut $block, mut skipped) = ($first_sample / $len, $first_sample % $len);
        let mut rest = $out;
        while !rest.is_empty() {
            let levels: [u8; $len] = $levels;
            let (out, after) = rest.split_at_mut(($len - skipped).min(rest.len()));
            match out.as_mut_array::<$len>() {
                Some(out) => *out = levels,
                None => out.copy_from_slice(&levels[skipped..][..out.len()]),
            }
            rest = after;
            skipped = 0;
            $block += 1;
        }
    };
}

#[target_feature(enable = "avx2")]
fn expand_avx2(
    lines: &Lines,
    blocks: &Blocks,
    weights: &[i16],
    first_sample: usize,
    out: &mut [u8],
) {
    for_each_block!(16, first_sample, out, |block| {
        let first = blocks.first_lines[block] as usize;
        let (starts, slopes) = (&lines.starts[first..][..8], &lines.slopes[first..][..8]);
        let picks = &blocks.picks[32 * block..][..32];
        let weights = &weights[16 * block..][..16];
        // SAFETY: each slice has as many bytes as are loaded, and no alignment is asked for.
        let (starts, slopes, picks, weights) = unsafe {
            (
                _mm_loadu_si128(starts.as_ptr().cast()),
                _mm_loadu_si128(slopes.as_ptr().cast()),
                _mm256_loadu_si256(picks.as_ptr().cast()),
                _mm256_loadu_si256(weights.as_ptr().cast()),
            )
        };
        let starts = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(starts), picks);
        let slopes = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(slopes), picks);
        let sums = _mm256_add_epi16(starts, _mm256_mulhi_epi16(slopes, weights));
        let levels = _mm256_srli_epi16::<{ LEVEL_BITS as i32 }>(sums);
        let low = _mm256_castsi256_si128(levels);
        let packed = _mm_packus_epi16(low, _mm256_extracti128_si256::<1>(levels));
        // SAFETY: both are 16 bytes that may be anything.
        unsafe { std::mem::transmute::<__m128i, [u8; 16]>(packed) }
    });
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn expand_avx512(
    lines: &Lines,
    blocks: &Blocks,
    weights: &[i16],
    first_sample: usize,
    out: &mut [u8],
) {
    for_each_block!(32, first_sample, out, |block| {
        let first = blocks.first_lines[block] as usize;
        let (starts, slopes) = (&lines.starts[first..][..32], &lines.slopes[first..][..32]);
        let picks = &blocks.picks[64 * block..][..64];
        let weights = &weights[32 * block..][..32];
        // SAFETY: as in `expand_avx2`.
        let (starts, slopes, picks, weights) = unsafe {
            (
                _mm512_loadu_si512(starts.as_ptr().cast()),
                _mm512_loadu_si512(slopes.as_ptr().cast()),
                _mm512_loadu_si512(picks.as_ptr().cast()),
                _mm512_loadu_si512(weights.as_ptr().cast()),
            )
        };
        let starts = _mm512_permutexvar_epi16(picks, starts);
        let slopes = _mm512_permutexvar_epi16(picks, slopes);
        let sums = _mm512_add_epi16(starts, _mm512_mulhi_epi16(slopes, weights));
        let levels = _mm512_cvtepi16_epi8(_mm512_srli_epi16::<LEVEL_BITS>(sums));
        // SAFETY: both are 32 bytes that may be anything.
        unsafe { std::mem::transmute::<__m256i, [u8; 32]>(levels) }
    });
}
