//! Marks from bytes, and bytes from marks.

use frosted_core::internal::bits_of;

use super::{Bitmap, WORD, low};

impl Bitmap {
    /// Becomes the map of `size` (width, height) of those pixels for which `is` holds of what
    /// stands at their place in `planes`, row by row without a gap.
    ///
    /// # Panics
    /// If a plane has fewer values than the map has pixels.
    #[inline(always)]
    pub(crate) fn mark<const N: usize>(
        &mut self,
        size: (usize, usize),
        planes: [&[u8]; N],
        is: impl Fn([u8; N]) -> bool,
    ) {
        self.fit(size);
        let (width, stride) = (self.width, self.stride());
        let planes = planes.map(|plane| &plane[..size.0 * size.1]);
        let mut from = 0;
        for row in self.words[1..].chunks_exact_mut(stride) {
            let mut left = width;
            for word in &mut row[..stride - 1] {
                let len = left.min(WORD);
                *word = if len == WORD {
                    pack(planes.map(|plane| block(plane, from)), &is)
                } else {
                    // `is` may hold of the zeros behind a row's end.
                    let mut ends = [[0; WORD]; N];
                    for (end, plane) in ends.iter_mut().zip(&planes) {
                        end[..len].copy_from_slice(&plane[from..from + len]);
                    }
                    pack(ends.each_ref(), &is) & low(len)
                };
                left -= len;
                from += len;
            }
        }
    }

    /// Marks those pixels of row `y` at whose place in `row` stands 255, not 0. `row` is no longer
    /// than the map is wide; what is beyond its end stays as it is.
    #[inline(always)]
    pub(crate) fn add_row(&mut self, y: usize, row: &[u8]) {
        for (word, pixels) in self.row_mut(y).iter_mut().zip(row.chunks(WORD)) {
            *word |= pack_row(pixels);
        }
    }

    /// Clears those pixels of row `y` at whose place in `row` stands 255, not 0. What is beyond its
    /// end stays as it is.
    #[inline(always)]
    pub(crate) fn remove_row(&mut self, y: usize, row: &[u8]) {
        for (word, pixels) in self.row_mut(y).iter_mut().zip(row.chunks(WORD)) {
            *word &= !pack_row(pixels);
        }
    }

    /// Writes 255 to `values` for each marked pixel of row `y`, 0 for the others; as many as there
    /// is room for.
    #[inline(always)]
    pub(crate) fn write_row(&self, y: usize, values: &mut [u8]) {
        for (values, &word) in values.chunks_mut(WORD).zip(self.row(y)) {
            values.copy_from_slice(&unpack(word)[..values.len()]);
        }
    }

    /// Sets the values of the marked pixels to 0, in rows of the map's width.
    ///
    /// # Panics
    /// If there are more rows of them than the map has.
    #[inline(always)]
    pub(crate) fn erase(&self, values: &mut [u8]) {
        let width = self.width.max(1);
        for (y, values) in values.chunks_exact_mut(width).enumerate() {
            for (values, &word) in values.chunks_mut(WORD).zip(self.row(y)) {
                let marks = unpack(word);
                // All of a value or nothing, without a branch; apart for a whole word, because a
                // loop of known length is unrolled.
                if let Ok(values) = <&mut [u8; WORD]>::try_from(&mut *values) {
                    for (value, mark) in values.iter_mut().zip(marks) {
                        *value &= !mark;
                    }
                } else {
                    for (value, mark) in values.iter_mut().zip(marks) {
                        *value &= !mark;
                    }
                }
            }
        }
    }
}

/// A word's pixels of a plane.
#[inline]
fn block(plane: &[u8], from: usize) -> &[u8; WORD] {
    plane[from..]
        .first_chunk()
        .expect("a whole word of pixels is left")
}

/// A bit for each place at which `is` holds, the first one's the lowest.
#[inline(always)]
fn pack<const N: usize>(planes: [&[u8; WORD]; N], is: &impl Fn([u8; N]) -> bool) -> u64 {
    let mut marks = [0; WORD];
    for (at, mark) in marks.iter_mut().enumerate() {
        *mark = u8::from(is(planes.map(|plane| plane[at]))).wrapping_neg();
    }
    let mut word = 0;
    for (at, sixteen) in marks.as_chunks::<16>().0.iter().enumerate() {
        word |= u64::from(bits_of(*sixteen)) << (16 * at);
    }
    word
}

/// A bit for each 255, of a word's pixels or fewer.
#[inline(always)]
fn pack_row(pixels: &[u8]) -> u64 {
    let mut marks = [0; WORD];
    marks[..pixels.len()].copy_from_slice(pixels);
    pack([&marks], &|[mark]| mark == 255)
}

/// A byte for each bit: 255 where it is 1.
#[inline(always)]
fn unpack(word: u64) -> [u8; WORD] {
    let mut values = [0; WORD];
    let bytes = word.to_le_bytes();
    for (eight, byte) in values.as_chunks_mut::<8>().0.iter_mut().zip(bytes) {
        // The byte eight times, of which each keeps its own bit, the first the lowest; adding
        // 127 carries whatever bit that is to the top, and no further.
        let own = (u64::from(byte) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
        let ones = (own + 0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101;
        *eight = (ones * 255).to_le_bytes();
    }
    values
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SIZES, noise, places};
    use super::*;
    use frosted_core::internal::{Level, Work};

    /// What a map of its planes is made to, and what it makes of values.
    struct Convert<'a>((usize, usize), [&'a [u8]; 2]);

    struct Converted {
        /// Where the first plane's value is less than the second's.
        marked: Bitmap,
        /// With the rows of the second plane added, and then those of the first taken away.
        added: Bitmap,
        removed: Bitmap,
        written: Vec<u8>,
        /// What is left of 9 everywhere.
        left: Vec<u8>,
    }

    impl Work for Convert<'_> {
        type Output = Converted;

        #[inline(always)]
        fn run(self) -> Converted {
            let Self(size, planes) = self;
            let mut marked = Bitmap::default();
            marked.mark(size, planes, |[first, second]| first < second);
            let mut added = marked.clone();
            for (y, row) in planes[1].chunks(size.0).enumerate() {
                added.add_row(y, row);
            }
            let mut removed = added.clone();
            for (y, row) in planes[0].chunks(size.0).enumerate() {
                removed.remove_row(y, row);
            }
            let (mut written, mut left) = (vec![9; size.0 * size.1], vec![9; size.0 * size.1]);
            for (y, written) in written.chunks_mut(size.0).enumerate() {
                marked.write_row(y, written);
            }
            marked.erase(&mut left);
            Converted {
                marked,
                added,
                removed,
                written,
                left,
            }
        }
    }

    #[test]
    fn bytes_become_marks_and_marks_bytes_at_every_width_and_level() {
        // Values that are no marks, 254 the nearest.
        let first = |x: usize, y: usize| [0, 255, 254, 7][(x + 3 * y) % 4];
        let second = |x: usize, y: usize| {
            if noise(x, y) {
                255
            } else {
                (x * y % 255) as u8
            }
        };
        for size in SIZES {
            let planes = [&first as &dyn Fn(usize, usize) -> u8, &second]
                .map(|value| places(size).map(|(x, y)| value(x, y)).collect::<Vec<u8>>());
            for level in Level::all() {
                let found = level.run(Convert(size, planes.each_ref().map(Vec::as_slice)));
                for (at, (x, y)) in places(size).enumerate() {
                    let (first, second) = (first(x, y), second(x, y));
                    let marked = first < second;
                    let added = marked || second == 255;
                    let removed = added && first != 255;
                    let maps = [&found.marked, &found.added, &found.removed];
                    assert_eq!(
                        maps.map(|map| map.get(x, y)),
                        [marked, added, removed],
                        "{x},{y} of {size:?}, {level}"
                    );
                    let values = if marked { (255, 0) } else { (0, 9) };
                    assert_eq!(
                        (found.written[at], found.left[at]),
                        values,
                        "{x},{y} of {size:?}, {level}"
                    );
                }
            }
        }
    }
}
