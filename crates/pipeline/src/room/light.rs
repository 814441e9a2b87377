//! How bright the room is now, measured by what is remembered of it.

use crate::facts::SOMEBODY;

/// With fewer known pixels in sight (a fifth of them is counted) the light is taken to be
/// as before.
const ENOUGH: u32 = 60;
/// The median of every so manieth pixel is exact enough.
const STEP: usize = 5;
/// Bins of 1/64: up to four times as bright.
const BINS: usize = 256;
/// Levels by which both are brighter, so that noise in the dark is no light.
const MORE: i32 = 4;

/// What is remembered, and where nothing is (255) or somebody hides it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    /// In 1/256 level.
    pub(super) mean: &'a [u16],
    pub(super) unknown: &'a [u8],
    pub(super) people: &'a [u8],
}

/// 2^23 over each level, rounded up.
const RECIPROCALS: [u32; 256 + MORE as usize] = {
    let mut all = [0; 256 + MORE as usize];
    let mut level = 1;
    while level < all.len() {
        all[level] = (1u32 << 23).div_ceil(level as u32);
        level += 1;
    }
    all
};

/// `dividend` over `level` rounded down, for dividends below 2^23 / 260.
#[inline(always)]
fn quotient(dividend: u32, level: usize) -> usize {
    // The rounded reciprocal is too large by less than 1, so that the quotient is by less than
    // 1/260; whole ones are nowhere else as near to the next.
    ((u64::from(dividend) * u64::from(RECIPROCALS[level])) >> 23) as usize
}

/// The median of how much brighter what is surely the room has become, in 1/256; nothing if
/// too little of it is seen.
#[inline(always)]
pub(super) fn gain_q8(known: Known<'_>, now: &[u8], dark: u8) -> Option<i32> {
    // Turn by turn, because what was just written takes a while to be read.
    let mut counts = [[0u32; BINS]; 4];
    let mut all = 0;
    let dark = i32::from(dark);
    let marks = known.unknown.chunks(STEP).zip(known.people.chunks(STEP));
    let pixels = known.mean.chunks(STEP).zip(now.chunks(STEP)).zip(marks);
    for (turn, ((mean, now), (unknown, people))) in pixels.enumerate() {
        let (mean, now) = (mean[0], now[0]);
        let counted = u32::from((unknown[0] == 0) & (people[0] < SOMEBODY));
        let old = ((i32::from(mean >> 8) - dark).max(0) + MORE) as u32;
        let new = ((i32::from(now) - dark).max(0) + MORE) as u32;
        let bin = quotient(new * 64 + old / 2, old as usize);
        counts[turn % 4][bin.min(BINS - 1)] += counted;
        all += counted;
    }
    if all < ENOUGH {
        return None;
    }
    let mut below = 0;
    let median = (0..BINS).position(|bin| {
        below += counts.iter().map(|counts| counts[bin]).sum::<u32>();
        2 * below >= all
    });
    Some(4 * median.unwrap_or(64).clamp(16, BINS - 1) as i32)
}

/// Writes what `mean` would look like now: (mean - dark) * gain + dark, in 16 bits.
#[inline(always)]
pub(super) fn present(mean: &[u16], dark: u8, gain_q8: i32, lit: &mut [u8]) {
    let gain = gain_q8 as u16;
    let taken = 256 * u32::from(dark) * u32::from(gain);
    // A product's high half less that of what is taken from it, less what the low one borrows:
    // a gain is below 4 * 256, so that both are below 1024.
    let base = i16::from(dark) - (taken >> 16) as i16;
    let low = taken as u16;
    for (lit, &mean) in lit.iter_mut().zip(mean) {
        let high = ((u32::from(mean) * u32::from(gain)) >> 16) as u16 as i16;
        let borrows = i16::from(mean.wrapping_mul(gain) < low);
        *lit = (high + base - borrows).clamp(0, 255) as u8;
    }
}

/// For each level what it would have been under the light that the room was first seen in, in
/// 1/256 level: a division for each level, not for each pixel.
pub(super) fn first(dark: u8, gain_q8: i32) -> [u16; 256] {
    let dark = i32::from(dark);
    let mut levels = [0; 256];
    for (value, level) in (0..).zip(&mut levels) {
        *level = ((value - dark) * 65536 / gain_q8 + 256 * dark).clamp(0, 65535) as u16;
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_whole_ones() {
        for level in MORE as usize..256 + MORE as usize {
            for dividend in 0..=259 * 64 + 130 {
                let wanted = dividend as usize / level;
                assert_eq!(quotient(dividend, level), wanted, "{dividend} / {level}");
            }
        }
    }

    #[test]
    fn the_present_light_is_that_of_the_definition() {
        let means: Vec<u16> = (0..=u16::MAX).collect();
        let mut lit = vec![0; means.len()];
        for dark in [0, 16, 128] {
            for gain_q8 in (64..=1020).step_by(4) {
                present(&means, dark, gain_q8, &mut lit);
                let dark = i32::from(dark);
                for (&mean, &lit) in means.iter().zip(&lit) {
                    let level = (((i32::from(mean) - 256 * dark) * gain_q8) >> 16) + dark;
                    let wanted = level.clamp(0, 255) as u8;
                    assert_eq!(lit, wanted, "{mean}, dark {dark}, gain {gain_q8}");
                }
            }
        }
    }
}
