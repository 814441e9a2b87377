//! Maps of one bit a pixel over the reduced grid: 64 pixels an operation.

mod bytes;
mod count;
mod find;
mod grow;

/// Which pixels of a picture are meant.
///
/// Rows and pixels of a row are named from 0. Whatever takes a row `y` panics if there is none
/// of that number.
///
/// Rows begin with a word of their own, the leftmost pixel in its lowest bit. Behind each row,
/// and before the first, stands a word of zeros, as all bits beyond a row's end are: what moves
/// by less than a word leaves a row without reaching the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bitmap {
    width: usize,
    height: usize,
    words: Vec<u64>,
    /// As many, for what is moved.
    spare: Vec<u64>,
}

/// Pixels of a word.
const WORD: usize = u64::BITS as usize;

impl Bitmap {
    /// Becomes one of `size` (width, height) without a mark if it is of another; else keeps its
    /// marks. Allocates only to grow.
    pub(crate) fn fit(&mut self, (width, height): (usize, usize)) {
        if (self.width, self.height) == (width, height) {
            return;
        }
        (self.width, self.height) = (width, height);
        let len = 1 + height * self.stride();
        for words in [&mut self.words, &mut self.spare] {
            words.clear();
            words.resize(len, 0);
        }
    }

    /// Width and height in pixels.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Words from row to row.
    #[inline]
    fn stride(&self) -> usize {
        self.width.div_ceil(WORD) + 1
    }

    /// The words of row `y`.
    #[inline]
    fn row(&self, y: usize) -> &[u64] {
        let stride = self.stride();
        &self.words[1 + y * stride..][..stride - 1]
    }

    #[inline]
    fn row_mut(&mut self, y: usize) -> &mut [u64] {
        let stride = self.stride();
        &mut self.words[1 + y * stride..][..stride - 1]
    }

    /// Leaves nothing marked, at the same size.
    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Becomes the same as `other`, its size too. Allocates only to grow.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.fit(other.size());
        self.words.copy_from_slice(&other.words);
    }

    /// Becomes what `of` makes of its own words and of those of `others`, which are of its size.
    /// Of zeros `of` makes zeros, so that nothing is marked beyond a row's end.
    ///
    /// # Panics
    /// If one of `others` has fewer words. A map of another size with as many or more is not
    /// told apart.
    #[inline(always)]
    pub(crate) fn combine<const N: usize>(
        &mut self,
        others: [&Self; N],
        of: impl Fn(u64, [u64; N]) -> u64,
    ) {
        let len = self.words.len();
        let others = others.map(|other| &other.words[..len]);
        for (at, word) in self.words.iter_mut().enumerate() {
            *word = of(*word, others.map(|other| other[at]));
        }
    }

    /// Marks what is not marked, and no longer what is.
    #[inline(always)]
    pub(crate) fn invert(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.trim();
    }

    /// Marks the pixels of row `y` from `from` to before `to`, which is at most the width.
    pub(crate) fn fill(&mut self, y: usize, from: usize, to: usize) {
        for (at, word) in self.row_mut(y).iter_mut().enumerate() {
            *word |= between(at, from, to);
        }
    }

    /// Whether the pixel (x, y), which is in the picture, is marked.
    ///
    /// # Panics
    /// If `x` is in no word of the row, or there is no such row.
    pub(crate) fn get(&self, x: usize, y: usize) -> bool {
        self.row(y)[x / WORD] >> (x % WORD) & 1 == 1
    }

    /// Whether any pixel is marked.
    pub(crate) fn has_any(&self) -> bool {
        self.words.iter().any(|&word| word != 0)
    }

    /// Clears what has moved or was inverted beyond the rows' ends.
    #[inline(always)]
    fn trim(&mut self) {
        let (stride, width) = (self.stride(), self.width);
        let Some((first, rows)) = self.words.split_first_mut() else {
            return;
        };
        *first = 0;
        for row in rows.chunks_exact_mut(stride) {
            row[stride - 1] = 0;
            if !width.is_multiple_of(WORD) {
                row[stride - 2] &= low(width % WORD);
            }
        }
    }
}

/// The lowest `count` bits, fewer than 64: by 64 nothing can be shifted.
#[inline]
fn low(count: usize) -> u64 {
    (1 << count) - 1
}

/// The bits of a row's word `at` that stand for the pixels from `from` to before `to`.
#[inline]
fn between(at: usize, from: usize, to: usize) -> u64 {
    let below = |end: usize| match end.saturating_sub(at * WORD) {
        count if count < WORD => low(count),
        _ => u64::MAX,
    };
    below(to) & !below(from)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Widths on either side of whole words, and heights.
    pub(super) const SIZES: [(usize, usize); 8] = [
        (1, 1),
        (5, 3),
        (63, 2),
        (64, 3),
        (65, 4),
        (127, 2),
        (128, 3),
        (200, 3),
    ];

    /// One pixel of 23.
    pub(super) fn noise(x: usize, y: usize) -> bool {
        scattered(x, y, 23)
    }

    /// One pixel of so many. By a hash: a product of sums, taken modulo a number, would be rows
    /// and columns.
    pub(super) fn scattered(x: usize, y: usize, of: u32) -> bool {
        let mixed = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
        let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2c1b_3c6d);
        (mixed ^ (mixed >> 13)).is_multiple_of(of)
    }

    /// The places of a picture, row by row.
    pub(super) fn places((width, height): (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
        (0..width * height).map(move |at| (at % width, at / width))
    }

    /// The map of the pixels for which `is` holds.
    pub(crate) fn drawn(size: (usize, usize), is: impl Fn(usize, usize) -> bool) -> Bitmap {
        let pixels: Vec<u8> = places(size).map(|(x, y)| u8::from(is(x, y))).collect();
        let mut map = Bitmap::default();
        map.mark(size, [&pixels], |[pixel]| pixel == 1);
        map
    }

    /// Whether two maps are the same, what stands beyond the rows' ends included.
    pub(super) fn same(a: &Bitmap, b: &Bitmap) -> bool {
        a.size() == b.size() && a.words == b.words
    }

    #[test]
    fn only_a_map_of_another_size_loses_its_marks() {
        let mut map = drawn((65, 4), noise);
        map.fit((65, 4));
        assert!(same(&map, &drawn((65, 4), noise)));
        for size in [(4, 65), (70, 4), (65, 3), (65, 4)] {
            map.fit(size);
            assert!(same(&map, &drawn(size, |_, _| false)), "{size:?}");
            map.copy_from(&drawn((130, 2), noise));
            assert!(same(&map, &drawn((130, 2), noise)), "after {size:?}");
        }
        assert!(map.has_any());
        map.clear();
        assert!(same(&map, &drawn((130, 2), |_, _| false)) && !map.has_any());
    }

    #[test]
    fn nothing_is_marked_beyond_a_rows_end() {
        for size in SIZES {
            let mut whole = Bitmap::default();
            // What holds of nothing, too.
            whole.mark(size, [&vec![0; size.0 * size.1]], |_| true);
            assert_eq!(whole.count(), size.0 * size.1, "{size:?}");
            let mut inverted = drawn(size, noise);
            inverted.invert();
            assert!(
                same(&inverted, &drawn(size, |x, y| !noise(x, y))),
                "{size:?}"
            );
            inverted.combine([&whole], |own, [whole]| whole & !own);
            assert!(same(&inverted, &drawn(size, noise)), "{size:?}");
        }
    }

    #[test]
    fn what_is_filled_is_added_to_a_row() {
        for size in SIZES {
            for (from, to) in [(0, size.0), (1, 3), (60, 70), (63, 64), (64, 128), (7, 7)] {
                let (from, to) = (from.min(size.0), to.min(size.0));
                let (mut map, row) = (drawn(size, noise), size.1 - 1);
                map.fill(row, from, to);
                let wanted = |x, y| noise(x, y) || (y == row && (from..to).contains(&x));
                assert!(same(&map, &drawn(size, wanted)), "{from}..{to} of {size:?}");
            }
        }
    }
}
