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

/// One block of a row.
struct Block<'a, const LEN: usize, const PICKS: usize> {
    first_line: usize,
    picks: &'a [u8; PICKS],
    weights: &'a [i16; LEN],
}

/// The blocks of a row from number `first` on. `PICKS` is twice `LEN`.
#[inline(always)]
fn blocks_from<'a, const LEN: usize, const PICKS: usize>(
    blocks: &'a Blocks,
    weights: &'a [i16],
    first: usize,
) -> impl Iterator<Item = Block<'a, LEN, PICKS>> {
    let (picks, _) = blocks.picks[PICKS * first..].as_chunks();
    let (weights, _) = weights[LEN * first..].as_chunks();
    let lines = blocks.first_lines[first..].iter();
    lines
        .zip(picks)
        .zip(weights)
        .map(|((&first_line, picks), weights)| Block {
            first_line: first_line as usize,
            picks,
            weights,
        })
}

/// Defines `$expand`, which writes samples of a row from `first_sample` on, from `$levels`,
/// which gives the samples of a block of `$len`.
macro_rules! expand_by {
    ($features:literal, $expand:ident, $levels:ident, $len:literal) => {
        #[target_feature(enable = $features)]
        fn $expand(
            lines: &Lines,
            blocks: &Blocks,
            weights: &[i16],
            first_sample: usize,
            out: &mut [u8],
        ) {
            const LEN: usize = $len;
            let (first, skipped) = (first_sample / LEN, first_sample % LEN);
            let mut blocks = blocks_from::<LEN, { 2 * LEN }>(blocks, weights, first);
            let (begun, out) = out.split_at_mut(((LEN - skipped) % LEN).min(out.len()));
            if !begun.is_empty() {
                let mut whole = [0; LEN];
                if let Some(block) = blocks.next() {
                    $levels(lines, &block, &mut whole);
                }
                begun.copy_from_slice(&whole[skipped..][..begun.len()]);
            }
            let (inner, ended) = out.as_chunks_mut::<LEN>();
            for (out, block) in inner.iter_mut().zip(blocks.by_ref()) {
                $levels(lines, &block, out);
            }
            if !ended.is_empty() {
                let mut whole = [0; LEN];
                if let Some(block) = blocks.next() {
                    $levels(lines, &block, &mut whole);
                }
                ended.copy_from_slice(&whole[..ended.len()]);
            }
        }
    };
}

expand_by!("avx2", expand_avx2, levels_avx2, 16);
expand_by!(
    "avx512f,avx512bw,avx512vl",
    expand_avx512,
    levels_avx512,
    32
);

#[inline]
#[target_feature(enable = "avx2")]
fn levels_avx2(lines: &Lines, block: &Block<'_, 16, 32>, out: &mut [u8; 16]) {
    let starts = &lines.starts[block.first_line..][..8];
    let slopes = &lines.slopes[block.first_line..][..8];
    // SAFETY: each slice has as many bytes as are loaded, and no alignment is asked for.
    let (starts, slopes, picks, weights) = unsafe {
        (
            _mm_loadu_si128(starts.as_ptr().cast()),
            _mm_loadu_si128(slopes.as_ptr().cast()),
            _mm256_loadu_si256(block.picks.as_ptr().cast()),
            _mm256_loadu_si256(block.weights.as_ptr().cast()),
        )
    };
    let starts = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(starts), picks);
    let slopes = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(slopes), picks);
    let sums = _mm256_add_epi16(starts, _mm256_mulhi_epi16(slopes, weights));
    let levels = _mm256_srli_epi16::<{ LEVEL_BITS as i32 }>(sums);
    let low = _mm256_castsi256_si128(levels);
    let packed = _mm_packus_epi16(low, _mm256_extracti128_si256::<1>(levels));
    // SAFETY: the array has as many bytes as are stored.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), packed) };
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn levels_avx512(lines: &Lines, block: &Block<'_, 32, 64>, out: &mut [u8; 32]) {
    let starts = &lines.starts[block.first_line..][..32];
    let slopes = &lines.slopes[block.first_line..][..32];
    // SAFETY: as in `levels_avx2`.
    let (starts, slopes, picks, weights) = unsafe {
        (
            _mm512_loadu_si512(starts.as_ptr().cast()),
            _mm512_loadu_si512(slopes.as_ptr().cast()),
            _mm512_loadu_si512(block.picks.as_ptr().cast()),
            _mm512_loadu_si512(block.weights.as_ptr().cast()),
        )
    };
    let starts = _mm512_permutexvar_epi16(picks, starts);
    let slopes = _mm512_permutexvar_epi16(picks, slopes);
    let sums = _mm512_add_epi16(starts, _mm512_mulhi_epi16(slopes, weights));
    let levels = _mm512_cvtepi16_epi8(_mm512_srli_epi16::<LEVEL_BITS>(sums));
    // SAFETY: as in `levels_avx2`.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), levels) };
}
