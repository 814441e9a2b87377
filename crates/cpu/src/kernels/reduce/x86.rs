//! Eight squares at once.
#![allow(
    unsafe_code,
    reason = "vectors are loaded by pointer, and only some processors have them"
)]

use std::arch::x86_64::*;

use frosted_core::internal::{Instructions, Level};

use super::{BEHIND, Squares};

/// Sums in a vector.
const VECTOR: usize = 16;
/// The most vectors that a square's sums may lie in.
const MOST_VECTORS: usize = BEHIND / VECTOR;
/// What a square may have at most: the sum of so many 8-bit values, times 2^24 / their number,
/// fits 32 bits, and is exact by the reasoning in `scalar::Mean`.
const MOST_VALUES: usize = 256;
/// The sums of more rows than this would not fit 16 bits with a sign. No frame is so narrow
/// that a square of so many rows has few enough values.
const MOST_ROWS: usize = 128;

/// The means of the first squares, and how many they are: none where there is no kernel for
/// this level or these squares, never the last one.
pub(super) fn means(
    level: Level,
    squares: &Squares,
    sums: &[u16],
    rows: usize,
    out: &mut [u8],
) -> usize {
    let columns = squares.columns(0).len();
    let count = columns * rows;
    let channel = &squares.channel;
    let words = channel.offset + (columns - 1) * channel.step_bytes + 1;
    if level.instructions() == Instructions::Common || rows > MOST_ROWS || count > MOST_VALUES {
        return 0;
    }
    let mut counts = [0; BEHIND];
    let Some(counted) = counts.get_mut(channel.offset..words) else {
        return 0;
    };
    counted
        .iter_mut()
        .step_by(channel.step_bytes)
        .for_each(|counts| *counts = 1);
    let Some(inner) = out.len().checked_sub(1) else {
        return 0;
    };
    let (eights, _) = out[..inner].as_chunks_mut::<8>();
    let mean = Mean {
        half: (count / 2) as i32,
        reciprocal_q24: (1u32 << 24).div_ceil(count as u32) as i32,
    };
    let windows = Windows::new(squares, sums, 8 * eights.len());
    // SAFETY: levels above the common one have AVX2.
    unsafe {
        match words {
            0..=8 => half_vectors(windows, &counts, mean, eights),
            9..=16 => whole_vectors::<1>(windows, &counts, mean, eights),
            17..=32 => whole_vectors::<2>(windows, &counts, mean, eights),
            33..=48 => whole_vectors::<3>(windows, &counts, mean, eights),
            _ => whole_vectors::<MOST_VECTORS>(windows, &counts, mean, eights),
        }
    }
    8 * eights.len()
}

#[derive(Clone, Copy)]
struct Mean {
    half: i32,
    /// 2^24 / count, rounded up.
    reciprocal_q24: i32,
}

impl Mean {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn of(self, totals: __m256i) -> [u8; 8] {
        let totals = _mm256_add_epi32(totals, _mm256_set1_epi32(self.half));
        let products = _mm256_mullo_epi32(totals, _mm256_set1_epi32(self.reciprocal_q24));
        let means = _mm256_srli_epi32::<24>(products);
        // Each half has four means, in its lowest four bytes after two packs.
        let means = _mm256_packus_epi32(means, means);
        let means = _mm256_packus_epi16(means, means);
        let low = _mm_cvtsi128_si32(_mm256_castsi256_si128(means)) as u32;
        let high = _mm_cvtsi128_si32(_mm256_extracti128_si256::<1>(means)) as u32;
        (u64::from(high) << 32 | u64::from(low)).to_le_bytes()
    }
}

/// The sums of a row of squares: [`BEHIND`] of them from the first of each on.
#[derive(Clone, Copy)]
struct Windows<'a> {
    sums: &'a [u16],
    /// From one pair of squares to the next. A pair's sums lie as those of all others do; a
    /// square's need not, as two may share a chroma value.
    step: usize,
    /// From a pair's first square to its second.
    second: usize,
}

impl<'a> Windows<'a> {
    /// Of the first `count` squares, a multiple of 8.
    ///
    /// # Panics
    /// If the windows of that many do not lie within `sums`: no load looks again.
    fn new(squares: &Squares, sums: &'a [u16], count: usize) -> Self {
        let windows = Self {
            sums,
            step: squares.first_sum(2),
            second: squares.first_sum(1),
        };
        let end = count
            .checked_sub(1)
            .map(|last| windows.start(last) + BEHIND);
        assert!(end.is_none_or(|end| end <= sums.len()), "{end:?} sums");
        windows
    }

    #[inline(always)]
    fn start(self, square: usize) -> usize {
        square / 2 * self.step + square % 2 * self.second
    }

    /// Where the window of `square` begins; at least [`BEHIND`] sums lie there if it is one of
    /// those that the windows were made for.
    #[inline(always)]
    fn at(self, square: usize) -> *const u16 {
        self.sums.as_ptr().wrapping_add(self.start(square))
    }
}

/// For squares whose sums lie within eight.
#[target_feature(enable = "avx2")]
fn half_vectors(windows: Windows<'_>, counts: &[i16; BEHIND], mean: Mean, out: &mut [[u8; 8]]) {
    // SAFETY: the array holds a vector.
    let counts = unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(counts.as_ptr().cast())) };
    for (eight, out) in out.iter_mut().enumerate() {
        let first = _mm256_hadd_epi32(
            pair_of_halves(windows, counts, 8 * eight),
            pair_of_halves(windows, counts, 8 * eight + 1),
        );
        let second = _mm256_hadd_epi32(
            pair_of_halves(windows, counts, 8 * eight + 2),
            pair_of_halves(windows, counts, 8 * eight + 3),
        );
        *out = mean.of(_mm256_hadd_epi32(first, second));
    }
}

/// What is to be summed of `square`, in the lower half, and of the fourth behind it.
#[inline]
#[target_feature(enable = "avx2")]
fn pair_of_halves(windows: Windows<'_>, counts: __m256i, square: usize) -> __m256i {
    // SAFETY: a window holds more bytes than are loaded; no alignment is asked for.
    let (near, far) = unsafe {
        (
            _mm_loadu_si128(windows.at(square).cast()),
            _mm_loadu_si128(windows.at(square + 4).cast()),
        )
    };
    _mm256_madd_epi16(_mm256_set_m128i(far, near), counts)
}

/// For squares whose sums lie within so many vectors.
#[target_feature(enable = "avx2")]
fn whole_vectors<const VECTORS: usize>(
    windows: Windows<'_>,
    counts: &[i16; BEHIND],
    mean: Mean,
    out: &mut [[u8; 8]],
) {
    for (eight, out) in out.iter_mut().enumerate() {
        let near = four_wholes::<VECTORS>(windows, counts, 8 * eight);
        let far = four_wholes::<VECTORS>(windows, counts, 8 * eight + 4);
        *out = mean.of(_mm256_set_m128i(far, near));
    }
}

/// The sums of four squares.
#[inline]
#[target_feature(enable = "avx2")]
fn four_wholes<const VECTORS: usize>(
    windows: Windows<'_>,
    counts: &[i16; BEHIND],
    first: usize,
) -> __m128i {
    let near = _mm256_hadd_epi32(
        whole::<VECTORS>(windows, counts, first),
        whole::<VECTORS>(windows, counts, first + 1),
    );
    let far = _mm256_hadd_epi32(
        whole::<VECTORS>(windows, counts, first + 2),
        whole::<VECTORS>(windows, counts, first + 3),
    );
    let halves = _mm256_hadd_epi32(near, far);
    _mm_add_epi32(
        _mm256_castsi256_si128(halves),
        _mm256_extracti128_si256::<1>(halves),
    )
}

/// What is to be summed of one square.
#[inline]
#[target_feature(enable = "avx2")]
fn whole<const VECTORS: usize>(
    windows: Windows<'_>,
    counts: &[i16; BEHIND],
    square: usize,
) -> __m256i {
    const { assert!(VECTORS <= MOST_VECTORS) };
    let mut total = _mm256_setzero_si256();
    for vector in 0..VECTORS {
        // SAFETY: a window and the counts hold as many vectors as are loaded; no alignment is
        // asked for.
        let (sums, counts) = unsafe {
            (
                _mm256_loadu_si256(windows.at(square).add(VECTOR * vector).cast()),
                _mm256_loadu_si256(counts.as_ptr().add(VECTOR * vector).cast()),
            )
        };
        total = _mm256_add_epi32(total, _mm256_madd_epi16(sums, counts));
    }
    total
}
