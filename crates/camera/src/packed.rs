//! Rows of packed 4:2:2, YUYV: put together, taken apart, brought to limited range.
//!
//! Four bytes are two pixels: Y, Cb, Y, Cr.

use frosted_core::internal::{Level, Work};

/// Packs a row of planar 4:2:2. In a row of odd width the last luma sample stands twice.
///
/// # Panics
/// If the rows are not of one width.
pub(crate) fn interleave(luma: &[u8], cb: &[u8], cr: &[u8], packed: &mut [u8]) {
    let pairs = luma.len().div_ceil(2);
    assert!(
        cb.len() == pairs && cr.len() == pairs && packed.len() == 4 * pairs,
        "rows of {}, {} and {} samples do not make {} bytes of YUYV",
        luma.len(),
        cb.len(),
        cr.len(),
        packed.len()
    );
    level().run(Interleave {
        luma,
        cb,
        cr,
        packed,
    });
    if let (Some(&last), false) = (luma.last(), luma.len().is_multiple_of(2)) {
        let codes = [last, cb[pairs - 1], last, cr[pairs - 1]];
        packed[4 * (pairs - 1)..].copy_from_slice(&codes);
    }
}

/// Packs a row of luma and one of chroma pairs, Cb first, both of even width.
///
/// # Panics
/// If the rows are not of one width.
pub(crate) fn interleave_pairs(luma: &[u8], chroma: &[u8], packed: &mut [u8]) {
    assert!(
        luma.len() == chroma.len() && packed.len() == 2 * luma.len(),
        "rows of {} and {} samples do not make {} bytes of YUYV",
        luma.len(),
        chroma.len(),
        packed.len()
    );
    level().run(InterleavePairs {
        luma,
        chroma,
        packed,
    });
}

/// Takes a row of even width apart.
///
/// # Panics
/// If the planes' rows do not hold as many samples as `packed`.
pub(crate) fn split(packed: &[u8], luma: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let pairs = packed.len() / 4;
    assert!(
        luma.len() == 2 * pairs && cb.len() == pairs && cr.len() == pairs,
        "{} bytes of YUYV are not {}, {} and {} samples",
        packed.len(),
        luma.len(),
        cb.len(),
        cr.len()
    );
    level().run(Split {
        packed,
        luma,
        cb,
        cr,
    });
}

/// Exchanges the bytes of each pair: makes YUYV of UYVY.
pub(crate) fn swap_pairs(row: &mut [u8]) {
    level().run(SwapPairs { row });
}

/// Exchanges Cb and Cr.
pub(crate) fn swap_chroma(row: &mut [u8]) {
    level().run(SwapChroma { row });
}

/// Brings a row from full range to limited.
pub(crate) fn narrow(row: &mut [u8]) {
    level().run(Narrow { row });
}

/// Full range to limited (ITU-T T.871: 0 to 255; BT.601: 16 to 235), exact to half a code.
#[inline(always)]
pub(crate) fn narrow_luma(code: u8) -> u8 {
    16 + by_255(u16::from(code) * 219 + 128) as u8
}

/// As [`narrow_luma`], for chroma (16 to 240): 128 + (code - 128) * 224 / 255.
#[inline(always)]
pub(crate) fn narrow_chroma(code: u8) -> u8 {
    16 + by_255(u16::from(code) * 224 + 16) as u8
}

/// A 255th, rounded down but for the last 255th of a step, which is what these sums need.
/// Within 16 bits, because without AVX2 there are no others to multiply vectors of.
#[inline(always)]
fn by_255(sum: u16) -> u16 {
    ((u32::from(sum) * 257) >> 16) as u16
}

/// They wait for the memory.
fn level() -> Level {
    Level::chosen().up_to_avx2()
}

struct Interleave<'a> {
    luma: &'a [u8],
    cb: &'a [u8],
    cr: &'a [u8],
    packed: &'a mut [u8],
}

impl Work for Interleave<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let pairs = self.luma.as_chunks::<2>().0.iter();
        let slots = self.packed.as_chunks_mut::<4>().0.iter_mut();
        for (((slot, pair), &cb), &cr) in slots.zip(pairs).zip(self.cb).zip(self.cr) {
            let pair = u32::from(u16::from_le_bytes(*pair));
            let luma = (pair & 0xff) | (pair >> 8) << 16;
            // Whole words: without AVX2 bytes are put together one by one.
            *slot = (luma | u32::from(cb) << 8 | u32::from(cr) << 24).to_le_bytes();
        }
    }
}

struct InterleavePairs<'a> {
    luma: &'a [u8],
    chroma: &'a [u8],
    packed: &'a mut [u8],
}

impl Work for InterleavePairs<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let slots = self.packed.as_chunks_mut::<2>().0.iter_mut();
        for ((slot, &luma), &chroma) in slots.zip(self.luma).zip(self.chroma) {
            *slot = (u16::from(luma) | u16::from(chroma) << 8).to_le_bytes();
        }
    }
}

struct Split<'a> {
    packed: &'a [u8],
    luma: &'a mut [u8],
    cb: &'a mut [u8],
    cr: &'a mut [u8],
}

impl Work for Split<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let pairs = self.luma.as_chunks_mut::<2>().0.iter_mut();
        let codes = self.packed.as_chunks::<4>().0.iter();
        for (((pair, cb), cr), codes) in pairs.zip(self.cb).zip(self.cr).zip(codes) {
            *pair = [codes[0], codes[2]];
            (*cb, *cr) = (codes[1], codes[3]);
        }
    }
}

struct SwapPairs<'a> {
    row: &'a mut [u8],
}

impl Work for SwapPairs<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for pair in self.row.as_chunks_mut::<2>().0 {
            *pair = u16::from_le_bytes(*pair).swap_bytes().to_le_bytes();
        }
    }
}

struct SwapChroma<'a> {
    row: &'a mut [u8],
}

impl Work for SwapChroma<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for codes in self.row.as_chunks_mut::<4>().0 {
            let word = u32::from_le_bytes(*codes);
            let chroma = (word & 0xff00) << 16 | (word >> 16) & 0xff00;
            *codes = (word & 0x00ff_00ff | chroma).to_le_bytes();
        }
    }
}

struct Narrow<'a> {
    row: &'a mut [u8],
}

impl Work for Narrow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for pair in self.row.as_chunks_mut::<2>().0 {
            // Both of a pair as one word, as in `narrow_luma` and `narrow_chroma`.
            let word = u16::from_le_bytes(*pair);
            let luma = by_255((word & 0xff) * 219 + 128) + 16;
            let chroma = by_255((word >> 8) * 224 + 16) + 16;
            *pair = (luma | chroma << 8).to_le_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_convert_to_the_nearest_code() {
        for code in 0..=255u8 {
            let exact = f64::from(code) * 219.0 / 255.0 + 16.0;
            assert_eq!(narrow_luma(code), exact.round() as u8, "luma {code}");
            let exact = (f64::from(code) - 128.0) * 224.0 / 255.0 + 128.0;
            assert!(
                (f64::from(narrow_chroma(code)) - exact).abs() <= 0.51,
                "chroma {code}"
            );
        }
        assert_eq!((narrow_chroma(128), narrow_chroma(255)), (128, 240));
    }

    fn samples(seed: usize, count: usize) -> Vec<u8> {
        (0..count).map(|i| (i * 31 + seed * 97) as u8).collect()
    }

    proptest! {
        /// Widths on both sides of every vector's, at every level.
        #[test]
        fn rows_are_put_together_and_taken_apart_at_every_level(
            width in 1usize..200,
            seed in 0usize..256,
        ) {
            let pairs = width.div_ceil(2);
            let (luma, cb, cr) =
                (samples(seed, width), samples(seed + 1, pairs), samples(seed + 2, pairs));
            let mut packed = vec![0xaa; 4 * pairs];
            interleave(&luma, &cb, &cr, &mut packed);
            for (at, codes) in packed.chunks_exact(4).enumerate() {
                let second = luma.get(2 * at + 1).unwrap_or(&luma[2 * at]);
                prop_assert_eq!(codes, [luma[2 * at], cb[at], *second, cr[at]]);
            }
            for level in Level::all() {
                let mut again = packed.clone();
                let even = width / 2 * 2;
                again[..2 * even].fill(0xaa);
                level.run(Interleave { luma: &luma, cb: &cb, cr: &cr, packed: &mut again });
                prop_assert!(again == packed, "{} interleaves another row", level);

                let (mut own, mut own_cb, mut own_cr) =
                    (vec![0; 2 * pairs], vec![0; pairs], vec![0; pairs]);
                level.run(Split {
                    packed: &packed,
                    luma: &mut own,
                    cb: &mut own_cb,
                    cr: &mut own_cr,
                });
                prop_assert!(own[..width] == luma && own_cb == cb && own_cr == cr, "{}", level);

                let chroma: Vec<u8> = cb.iter().zip(&cr).flat_map(|(&b, &r)| [b, r]).collect();
                let mut again = vec![0; 4 * pairs];
                level.run(InterleavePairs { luma: &own, chroma: &chroma, packed: &mut again });
                prop_assert!(again == packed, "{} interleaves other pairs", level);

                level.run(SwapPairs { row: &mut again });
                for (pair, swapped) in packed.chunks_exact(2).zip(again.chunks_exact(2)) {
                    prop_assert_eq!([pair[1], pair[0]], swapped);
                }

                again.copy_from_slice(&packed);
                level.run(SwapChroma { row: &mut again });
                for (codes, swapped) in packed.chunks_exact(4).zip(again.chunks_exact(4)) {
                    prop_assert_eq!([codes[0], codes[3], codes[2], codes[1]], swapped);
                }

                let mut narrowed = packed.clone();
                level.run(Narrow { row: &mut narrowed });
                for (codes, got) in packed.chunks_exact(2).zip(narrowed.chunks_exact(2)) {
                    prop_assert_eq!([narrow_luma(codes[0]), narrow_chroma(codes[1])], got);
                }
            }
        }
    }

    #[test]
    fn rows_of_different_widths_are_refused() {
        use std::panic::catch_unwind;
        let cases: [(&str, fn()); 4] = [
            ("chroma", || {
                interleave(&[0; 4], &[0; 2], &[0; 1], &mut [0; 8]);
            }),
            ("packed", || {
                interleave(&[0; 3], &[0; 2], &[0; 2], &mut [0; 6]);
            }),
            ("pairs", || {
                interleave_pairs(&[0; 4], &[0; 2], &mut [0; 8]);
            }),
            ("planes", || {
                split(&[0; 8], &mut [0; 4], &mut [0; 2], &mut [0; 3]);
            }),
        ];
        for (name, call) in cases {
            assert!(catch_unwind(call).is_err(), "{name}");
        }
    }
}
