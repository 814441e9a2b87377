use std::ops::{Range, RangeInclusive};

use frosted_core::internal::Work;

use super::Smooth;

/// For each pixel of `now`, by how many levels it differs from the nearest alike of the nine
/// pixels around its place in `then`; 255 where none of them is known.
///
/// The nine forgive a camera that shakes by a reduced pixel. The difference of two colours is
/// that of the plane in which they differ most; chroma counts twice, because the spans of
/// colours that differ visibly are half as wide in it.
pub(super) struct LeastDifferences<'a>(
    pub(super) &'a Smooth,
    pub(super) [&'a [u8]; 3],
    pub(super) &'a [u8],
    pub(super) &'a mut Vec<u8>,
);

impl Work for LeastDifferences<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(now, then, unknown, out) = self;
        let (width, height) = now.size();
        out.resize(width * height, 255);
        // What of a difference of chroma counts again.
        let again = if now.is_yuv() { 255 } else { 0 };
        for (y, out) in out.chunks_exact_mut(width.max(1)).enumerate() {
            let others = y.saturating_sub(1)..(y + 2).min(height);
            let now = now.planes().map(|plane| &plane[y * width..][..width]);
            let rows = Rows {
                now,
                then,
                unknown,
                others,
                again,
            };
            let last = width - 1;
            out[0] = rows.least(0, 0..=1.min(last));
            out[last] = rows.least(last, last.saturating_sub(1)..=last);
            let Some(behind) = last.checked_sub(BLOCK).filter(|&behind| behind > 0) else {
                for (x, out) in out.iter_mut().enumerate().take(last).skip(1) {
                    *out = rows.least(x, x - 1..=x + 1);
                }
                continue;
            };
            // The last block begins before the one before it ends.
            let steps = (1..behind).step_by(BLOCK).chain(Some(behind));
            for x in steps {
                rows.least_of_block(x, block_mut(out, x));
            }
        }
    }
}

/// So many pixels are looked at at once.
const BLOCK: usize = 64;

/// A row of the present picture, and those of the remembered one that are near to it.
struct Rows<'a> {
    now: [&'a [u8]; 3],
    then: [&'a [u8]; 3],
    unknown: &'a [u8],
    others: Range<usize>,
    again: u8,
}

impl Rows<'_> {
    /// The least difference of the pixel `x` from those of the columns `near`.
    #[inline(always)]
    fn least(&self, x: usize, near: RangeInclusive<usize>) -> u8 {
        let width = self.now[0].len();
        let now = self.now.map(|plane| plane[x]);
        let mut least = 255;
        for y in self.others.clone() {
            for x in near.clone() {
                let at = y * width + x;
                let then = self.then.map(|plane| plane[at]);
                least = least.min(difference(now, then, self.unknown[at], self.again));
            }
        }
        least
    }

    /// The same for a block of pixels from `x` on, at least 1, that ends before the row's last.
    #[inline(always)]
    fn least_of_block(&self, x: usize, out: &mut [u8; BLOCK]) {
        let width = self.now[0].len();
        let [now_a, now_b, now_c] = self.now.map(|plane| block(plane, x));
        let mut least = [255u8; BLOCK];
        for y in self.others.clone() {
            for shift in 0..3 {
                let from = y * width + x + shift - 1;
                let [then_a, then_b, then_c] = self.then.map(|plane| block(plane, from));
                let unknown = block(self.unknown, from);
                for at in 0..BLOCK {
                    let now = [now_a[at], now_b[at], now_c[at]];
                    let then = [then_a[at], then_b[at], then_c[at]];
                    least[at] = least[at].min(difference(now, then, unknown[at], self.again));
                }
            }
        }
        *out = least;
    }
}

#[inline(always)]
fn block(plane: &[u8], from: usize) -> &[u8; BLOCK] {
    plane[from..].first_chunk().expect("a whole block is left")
}

#[inline(always)]
fn block_mut(plane: &mut [u8], from: usize) -> &mut [u8; BLOCK] {
    plane[from..]
        .first_chunk_mut()
        .expect("a whole block is left")
}

#[inline(always)]
fn difference(now: [u8; 3], then: [u8; 3], unknown: u8, again: u8) -> u8 {
    let chroma = now[1]
        .abs_diff(then[1])
        .max(now[2].abs_diff(then[2]))
        .min(127);
    let luma = now[0].abs_diff(then[0]);
    luma.max(chroma + (chroma & again)).max(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::picture;
    use frosted_core::internal::Level;

    fn least_differences(now: &Smooth, then: [&[u8]; 3], unknown: &[u8], out: &mut Vec<u8>) {
        Level::COMMON.run(LeastDifferences(now, then, unknown, out));
        for level in Level::all() {
            let mut other = Vec::new();
            level.run(LeastDifferences(now, then, unknown, &mut other));
            assert_eq!(other, *out, "{level}");
        }
    }

    fn smooth(value: impl Fn(usize, usize) -> u8) -> Smooth {
        let mut smooth = Smooth::default();
        smooth.take(&picture(40, 24, value));
        smooth
    }

    #[test]
    fn a_shift_by_one_is_forgiven_and_a_shift_by_eight_is_not() {
        let stripes =
            |shift: usize| smooth(move |x, y| if (x + y + shift) % 16 < 8 { 40 } else { 200 });
        let (now, known) = (stripes(0), vec![0; 40 * 24]);
        let mut out = Vec::new();
        for (shift, most) in [(0, 0), (1, 40), (8, 255)] {
            least_differences(&now, stripes(shift).planes(), &known, &mut out);
            let worst = *out.iter().max().unwrap();
            assert!(worst <= most, "{shift}: {worst}");
        }
        assert!(out.iter().filter(|&&difference| difference > 60).count() > 200);
    }

    #[test]
    fn what_is_unknown_is_like_nothing() {
        let now = smooth(|_, _| 90);
        let mut unknown = vec![0; 40 * 24];
        for y in 0..24 {
            unknown[y * 40 + 10..y * 40 + 20].fill(255);
        }
        let mut out = Vec::new();
        least_differences(&now, smooth(|_, _| 90).planes(), &unknown, &mut out);
        // At the border a known neighbour is alike.
        assert!((0..24).all(|y| out[y * 40 + 11..y * 40 + 19].iter().all(|&d| d == 255)));
        assert!(out[..10].iter().all(|&d| d == 0));
    }

    #[test]
    fn it_is_that_of_the_definition_at_any_width() {
        for width in [16, 17, 64, 65, 66, 67, 130, 200] {
            let noise = |seed: usize| {
                picture(width, 16, move |x, y| {
                    (x * 71 + y * 37 + x * y * seed) as u8 / 3
                })
            };
            let (mut now, mut then) = (Smooth::default(), Smooth::default());
            now.take(&noise(13));
            then.take(&noise(14));
            let unknown: Vec<u8> = (0..16 * width)
                .map(|at| if at % 7 < 2 { 255 } else { 0 })
                .collect();
            let mut out = Vec::new();
            least_differences(&now, then.planes(), &unknown, &mut out);
            for (at, &found) in out.iter().enumerate() {
                let (x, y) = (at % width, at / width);
                let mut least = 255;
                for y in y.saturating_sub(1)..(y + 2).min(16) {
                    for x in x.saturating_sub(1)..(x + 2).min(width) {
                        let other = y * width + x;
                        let differs = |plane: usize| {
                            now.planes()[plane][at].abs_diff(then.planes()[plane][other])
                        };
                        let most = differs(0).max(differs(1).min(127)).max(differs(2).min(127));
                        least = least.min(most.max(unknown[other]));
                    }
                }
                assert_eq!(found, least, "{x},{y} of {width}");
            }
        }
    }
}
