//! From a byte a pixel to a bit a pixel.

/// A bit for each of sixteen bytes that are 255 or 0, the first one's the lowest.
#[inline(always)]
pub fn bits_of(marks: [u8; 16]) -> u16 {
    let marks = u128::from_le_bytes(marks);
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "no loop is compiled to this instruction")]
    {
        use std::arch::x86_64::{_mm_movemask_epi8, _mm_set_epi64x};
        // SAFETY: every processor of the target has SSE2.
        unsafe { _mm_movemask_epi8(_mm_set_epi64x((marks >> 64) as i64, marks as i64)) as u16 }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        multiplied(marks as u64) | multiplied((marks >> 64) as u64) << 8
    }
}

/// A bit for each of eight such bytes.
#[cfg(any(not(target_arch = "x86_64"), test))]
#[inline(always)]
fn multiplied(marks: u64) -> u16 {
    // Byte i, now 1 or 0, comes to bit 56 + i; no two come to the same below it.
    let ones = marks & 0x0101_0101_0101_0101;
    (ones.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_the_same_however_they_are_found() {
        for bits in 0..=u16::MAX {
            let marks: [u8; 16] =
                std::array::from_fn(|at| 0u8.wrapping_sub((bits >> at & 1) as u8));
            assert_eq!(bits_of(marks), bits);
            let (low, high) = marks.split_at(8);
            let half = |half: &[u8]| multiplied(u64::from_le_bytes(half.try_into().unwrap()));
            assert_eq!(half(low) | half(high) << 8, bits);
        }
    }
}
