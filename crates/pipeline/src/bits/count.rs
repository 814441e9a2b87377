//! How many pixels are marked, in all or of some.

use super::{Bitmap, WORD, between, low};

impl Bitmap {
    /// How many pixels are marked.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.count_of([], |word, []| word)
    }

    /// How many would be after [`combine`](Self::combine), with the same bounds and panics.
    #[inline(always)]
    pub(crate) fn count_of<const N: usize>(
        &self,
        others: [&Self; N],
        of: impl Fn(u64, [u64; N]) -> u64,
    ) -> usize {
        let len = self.words.len();
        let others = others.map(|other| &other.words[..len]);
        let words = self.words.iter().enumerate();
        let counts = words.map(|(at, &word)| of(word, others.map(|o| o[at])).count_ones());
        counts.sum::<u32>() as usize
    }

    /// How many of the pixels of row `y` from `from` to before `to` are marked. There is none
    /// beyond the row's end.
    pub(crate) fn count_between(&self, y: usize, from: usize, to: usize) -> usize {
        let words = self.row(y).iter().enumerate();
        let words = words.take(to.div_ceil(WORD)).skip(from / WORD);
        words
            .map(|(at, word)| (word & between(at, from, to)).count_ones() as usize)
            .sum()
    }

    /// How many of the pixels of row `y` that are not farther than `radius` from the pixel `x`
    /// are marked, that one included. Those beyond the row's ends are not.
    ///
    /// `radius` is less than 32, so that all of them are bits of one word, and `x` in the row.
    #[inline(always)]
    pub(crate) fn count_near(&self, y: usize, x: usize, radius: usize) -> usize {
        // The word before a row's first and that behind its last are zeros.
        let from = x + WORD - radius;
        let at = y * self.stride() + from / WORD;
        let both = u128::from(self.words[at]) | u128::from(self.words[at + 1]) << WORD;
        let near = (both >> (from % WORD)) as u64 & low(2 * radius + 1);
        near.count_ones() as usize
    }

    /// Pairs of pixels beside or above each other of which just one is marked. The picture's own
    /// edge makes none.
    #[inline(always)]
    pub(crate) fn outline(&self) -> usize {
        let mut pairs = 0;
        for y in 0..self.height {
            let row = self.row(y);
            let next = row[1..].iter().chain(&[0]);
            for (at, (&word, &next)) in row.iter().zip(next).enumerate() {
                let beside = word >> 1 | next << (WORD - 1);
                let inside = between(at, 0, self.width - 1);
                pairs += ((word ^ beside) & inside).count_ones();
            }
            if y > 0 {
                let rows = row.iter().zip(self.row(y - 1));
                pairs += rows.map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
            }
        }
        pairs as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SIZES, drawn, noise, places};
    use super::*;
    use frosted_core::internal::{Level, Work};

    /// Counts a map, what of it is in no other one, its outline, and what is near to each pixel
    /// of its last row.
    struct Count<'a>(&'a Bitmap, &'a Bitmap, usize);

    impl Work for Count<'_> {
        type Output = (usize, usize, usize, Vec<usize>);

        #[inline(always)]
        fn run(self) -> Self::Output {
            let Self(map, other, radius) = self;
            let (width, height) = map.size();
            let mut near = Vec::new();
            for x in 0..width {
                near.push(map.count_near(height - 1, x, radius));
            }
            let alone = map.count_of([other], |word, [other]| word & !other);
            (map.count(), alone, map.outline(), near)
        }
    }

    #[test]
    fn counts_are_those_of_the_definition_at_every_width_and_level() {
        // Sparse and dense, so that neighbours differ and are alike.
        let dense = |x: usize, y: usize| !noise(x, y);
        let other = |x: usize, y: usize| (x + y).is_multiple_of(3);
        for is in [&noise as &dyn Fn(usize, usize) -> bool, &dense] {
            for (width, height) in SIZES {
                let (size, last) = ((width, height), height - 1);
                let all = places(size).filter(|&(x, y)| is(x, y)).count();
                let alone = places(size).filter(|&(x, y)| is(x, y) && !other(x, y));
                let alone = alone.count();
                let pairs = |(x, y)| {
                    let beside = x + 1 < width && is(x, y) != is(x + 1, y);
                    let below = y + 1 < height && is(x, y) != is(x, y + 1);
                    usize::from(beside) + usize::from(below)
                };
                let outline = places(size).map(pairs).sum::<usize>();
                let (map, others) = (drawn(size, is), drawn(size, other));
                for radius in [0, 2, 31] {
                    let around = |x: usize| x.saturating_sub(radius)..(x + radius + 1).min(width);
                    let near = (0..width).map(|x| around(x).filter(|&x| is(x, last)).count());
                    let wanted = (all, alone, outline, near.collect::<Vec<_>>());
                    for level in Level::all() {
                        let found = level.run(Count(&map, &others, radius));
                        assert_eq!(found, wanted, "{size:?}, {radius}, {level}");
                    }
                }
            }
        }
    }

    #[test]
    fn parts_of_a_row_are_counted_at_every_width() {
        for size in SIZES {
            let (map, row) = (drawn(size, noise), size.1 - 1);
            for (from, to) in [(0, size.0), (1, 3), (60, 70), (64, 128), (7, 7), (3, 500)] {
                let wanted = (from..to.min(size.0)).filter(|&x| noise(x, row)).count();
                assert_eq!(
                    map.count_between(row, from, to),
                    wanted,
                    "{from}..{to} of {size:?}"
                );
            }
        }
    }
}
