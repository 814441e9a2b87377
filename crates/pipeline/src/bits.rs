//! Maps of one bit a pixel over the reduced grid: 64 pixels an operation.

use frosted_core::internal::bits_of;

/// Which pixels of a picture are meant.
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
/// What is moved until it is trimmed moves by less than a word.
const MOST_STEP: usize = WORD - 1;

impl Bitmap {
    /// Becomes one of `size` if it is of another, all 0 then. Allocates only to grow.
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

    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Words from row to row.
    fn stride(&self) -> usize {
        self.width.div_ceil(WORD) + 1
    }

    /// The words of row `y`.
    fn row(&self, y: usize) -> &[u64] {
        let stride = self.stride();
        &self.words[1 + y * stride..][..stride - 1]
    }

    fn row_mut(&mut self, y: usize) -> &mut [u64] {
        let stride = self.stride();
        &mut self.words[1 + y * stride..][..stride - 1]
    }

    /// Becomes the map of `size` of those pixels for which `is` holds of what stands at their
    /// place in `planes`.
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

    /// Sets the values of the marked pixels to 0, in rows of the map's width.
    #[inline(always)]
    pub(crate) fn erase(&self, values: &mut [u8]) {
        let width = self.width.max(1);
        for (y, values) in values.chunks_exact_mut(width).enumerate() {
            for (values, &word) in values.chunks_mut(WORD).zip(self.row(y)) {
                let marks = unpack(word);
                // All of a value or nothing, without a branch.
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

    /// Marks those pixels of row `y` at whose place in `row` stands 255, not 0.
    #[inline(always)]
    pub(crate) fn add_row(&mut self, y: usize, row: &[u8]) {
        for (word, pixels) in self.row_mut(y).iter_mut().zip(row.chunks(WORD)) {
            *word |= pack_row(pixels);
        }
    }

    /// Writes 255 for each marked pixel of row `y`, 0 for the others.
    #[inline(always)]
    pub(crate) fn write_row(&self, y: usize, values: &mut [u8]) {
        for (values, &word) in values.chunks_mut(WORD).zip(self.row(y)) {
            values.copy_from_slice(&unpack(word)[..values.len()]);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
    }

    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.fit(other.size());
        self.words.copy_from_slice(&other.words);
    }

    /// Becomes what `of` makes of its own words and of those of `others`, which are of its size.
    /// Of zeros it makes zeros.
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

    /// How many pixels are marked.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.count_of([], |word, []| word)
    }

    /// How many would be after [`combine`](Self::combine).
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

    pub(crate) fn has_any(&self) -> bool {
        self.words.iter().any(|&word| word != 0)
    }

    /// Whether the pixel (x, y), which is in the picture, is marked.
    pub(crate) fn get(&self, x: usize, y: usize) -> bool {
        self.row(y)[x / WORD] >> (x % WORD) & 1 == 1
    }

    /// The first marked pixel of row `y` and the end of the last one.
    pub(crate) fn span(&self, y: usize) -> Option<(usize, usize)> {
        let row = self.row(y);
        let first = row.iter().position(|&word| word != 0)?;
        let last = row.iter().rposition(|&word| word != 0)?;
        let from = first * WORD + row[first].trailing_zeros() as usize;
        Some((from, (last + 1) * WORD - row[last].leading_zeros() as usize))
    }

    /// Clears those pixels of row `y` at whose place in `row` stands 255, not 0.
    #[inline(always)]
    pub(crate) fn remove_row(&mut self, y: usize, row: &[u8]) {
        for (word, pixels) in self.row_mut(y).iter_mut().zip(row.chunks(WORD)) {
            *word &= !pack_row(pixels);
        }
    }

    /// Marks the pixels `from` up to `to` of row `y`.
    pub(crate) fn fill(&mut self, y: usize, from: usize, to: usize) {
        for (at, word) in self.row_mut(y).iter_mut().enumerate() {
            *word |= between(at, from, to);
        }
    }

    /// How many of the pixels `from` up to `to` of row `y` are marked.
    pub(crate) fn count_between(&self, y: usize, from: usize, to: usize) -> usize {
        let words = self.row(y).iter().enumerate();
        let words = words.take(to.div_ceil(WORD)).skip(from / WORD);
        words
            .map(|(at, word)| (word & between(at, from, to)).count_ones() as usize)
            .sum()
    }

    /// How many of the pixels up to `radius`, less than 32, beside the pixel (x, y) are marked.
    #[inline(always)]
    pub(crate) fn count_near(&self, y: usize, x: usize, radius: usize) -> usize {
        // The word before a row's first and that behind its last are zeros.
        let from = x + WORD - radius;
        let at = y * self.stride() + from / WORD;
        let both = u128::from(self.words[at]) | u128::from(self.words[at + 1]) << WORD;
        let near = (both >> (from % WORD)) as u64 & low(2 * radius + 1);
        near.count_ones() as usize
    }

    /// The first pixel of row `y` from `from` on that is marked.
    pub(crate) fn next_marked(&self, y: usize, from: usize) -> Option<usize> {
        self.next(y, from, |word| word)
    }

    /// The first pixel of row `y` from `from` on that is not marked, or the row's width.
    pub(crate) fn next_clear(&self, y: usize, from: usize) -> usize {
        let next = self.next(y, from, |word| !word);
        next.unwrap_or(self.width).min(self.width)
    }

    fn next(&self, y: usize, from: usize, look: impl Fn(u64) -> u64) -> Option<usize> {
        let row = self.row(y);
        let first = row.get(from / WORD)?;
        let rest = look(*first) & !low(from % WORD);
        if rest != 0 {
            return Some(from / WORD * WORD + rest.trailing_zeros() as usize);
        }
        let (at, word) = (from / WORD + 1..)
            .zip(row.get(from / WORD + 1..)?)
            .find(|(_, word)| look(**word) != 0)?;
        Some(at * WORD + look(*word).trailing_zeros() as usize)
    }

    /// The marked pixels, row by row.
    pub(crate) fn marked(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        (0..self.height).flat_map(move |y| {
            self.row(y).iter().enumerate().flat_map(move |(at, &word)| {
                let mut left = word;
                std::iter::from_fn(move || {
                    let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                    left &= left - 1;
                    Some((at * WORD + bit, y))
                })
            })
        })
    }

    /// Marks each pixel that has a marked one within `radius` of it in a square.
    #[inline(always)]
    pub(crate) fn dilate_square(&mut self, radius: usize) {
        let mut across = radius.min(self.width.saturating_sub(1));
        while across > 0 {
            let round = across.min(MOST_STEP);
            let mut reach = 0;
            while reach < round {
                // Three times as far as before: what is beyond a row's ends goes on meanwhile,
                // so that no gap is left.
                let step = (2 * reach + 1).min(round - reach);
                self.spread_across(step as u32);
                reach += step;
            }
            self.trim();
            across -= round;
        }
        let down = radius.min(self.height.saturating_sub(1));
        let mut reach = 0;
        while reach < down {
            // Twice as far: nothing goes on beyond the first row and the last.
            let step = (reach + 1).min(down - reach);
            self.spread_down(step);
            reach += step;
        }
    }

    /// Clears each pixel that has one within `radius` of it in a square that is not marked. The
    /// map goes on beyond its edges as it ends there.
    #[inline(always)]
    pub(crate) fn erode_square(&mut self, radius: usize) {
        self.invert();
        self.dilate_square(radius);
        self.invert();
    }

    /// Marks each pixel that has a marked one above, below or beside it.
    #[inline(always)]
    pub(crate) fn dilate_cross(&mut self) {
        self.spread_across(1);
        // The spare words are as they were before.
        let (stride, len) = (self.stride(), self.words.len());
        if self.height > 1 {
            or_into(&mut self.words[stride..], &self.spare[..len - stride]);
            or_into(&mut self.words[..len - stride], &self.spare[stride..]);
        }
        self.trim();
    }

    /// Clears each pixel that has one above, below or beside it that is not marked.
    #[inline(always)]
    pub(crate) fn erode_cross(&mut self) {
        self.invert();
        self.dilate_cross();
        self.invert();
    }

    /// Marks what is not marked, and no longer what is.
    #[inline(always)]
    pub(crate) fn invert(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.trim();
    }

    /// Marks what is `step` pixels, less than a word, beside a marked pixel. The words before
    /// are the spare ones then.
    #[inline(always)]
    fn spread_across(&mut self, step: u32) {
        let len = self.words.len();
        if len < 2 {
            return;
        }
        let back = WORD as u32 - step;
        std::mem::swap(&mut self.words, &mut self.spare);
        let (before, here, behind) = (
            &self.spare[..len - 2],
            &self.spare[1..len - 1],
            &self.spare[2..],
        );
        let out = &mut self.words[1..len - 1];
        for (out, ((before, here), behind)) in
            out.iter_mut().zip(before.iter().zip(here).zip(behind))
        {
            *out = here | here << step | before >> back | here >> step | behind << back;
        }
        // The last word is no pixel's; the first row may have moved to the first one.
        self.words[0] = 0;
        self.words[len - 1] = 0;
    }

    /// Marks what is `step` rows above or below a marked pixel.
    #[inline(always)]
    fn spread_down(&mut self, step: usize) {
        let by = step * self.stride();
        let len = self.words.len();
        self.spare.copy_from_slice(&self.words);
        or_into(&mut self.words[by..], &self.spare[..len - by]);
        or_into(&mut self.words[..len - by], &self.spare[by..]);
    }

    /// Clears what is beyond the rows' ends.
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

/// The lowest `count` bits, fewer than 64.
fn low(count: usize) -> u64 {
    (1 << count) - 1
}

/// The bits of a row's word `at` that stand for the pixels `from` up to `to`.
fn between(at: usize, from: usize, to: usize) -> u64 {
    let below = |end: usize| match end.saturating_sub(at * WORD) {
        count if count < WORD => low(count),
        _ => u64::MAX,
    };
    below(to) & !below(from)
}

fn block(plane: &[u8], from: usize) -> &[u8; WORD] {
    plane[from..]
        .first_chunk()
        .expect("a whole word of pixels is left")
}

/// A bit for each place at which `is` holds.
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
        // The byte eight times, of which each keeps its own bit; that is carried to the top.
        let own = (u64::from(byte) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
        let ones = (own + 0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101;
        *eight = (ones * 255).to_le_bytes();
    }
    values
}

#[inline(always)]
fn or_into(target: &mut [u64], source: &[u64]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target |= source;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::internal::{Level, Work};

    fn noise(x: usize, y: usize) -> bool {
        (x * 7 + y * 11 + x * y * 5) % 23 == 3
    }

    fn drawn((width, height): (usize, usize), is: impl Fn(usize, usize) -> bool) -> Bitmap {
        let pixels = (0..width * height).map(|at| u8::from(is(at % width, at / width)));
        let pixels: Vec<u8> = pixels.collect();
        let mut map = Bitmap::default();
        map.mark((width, height), [&pixels], |[pixel]| pixel == 1);
        map
    }

    struct Dilate<'a>(&'a mut Bitmap, usize);

    impl Work for Dilate<'_> {
        type Output = ();

        #[inline(always)]
        fn run(self) {
            self.0.dilate_square(self.1);
        }
    }

    #[test]
    fn any_radius_agrees_with_the_definition_at_every_level() {
        let sizes = [
            (1, 1),
            (1, 9),
            (9, 1),
            (13, 11),
            (64, 5),
            (65, 7),
            (130, 140),
        ];
        for (width, height) in sizes {
            for radius in (0..20).chain([62, 63, 64, 65, 127, 128, 300]) {
                let rows = (0..height)
                    .map(|y: usize| y.saturating_sub(radius)..(y + radius + 1).min(height));
                let rows: Vec<_> = rows.collect();
                for level in Level::all() {
                    let mut grown = drawn((width, height), noise);
                    level.run(Dilate(&mut grown, radius));
                    for x in 0..width {
                        let columns = x.saturating_sub(radius)..(x + radius + 1).min(width);
                        let there: Vec<bool> = (0..height)
                            .map(|y| columns.clone().any(|x| noise(x, y)))
                            .collect();
                        for (y, rows) in rows.iter().enumerate() {
                            let near = there[rows.clone()].contains(&true);
                            assert_eq!(
                                grown.get(x, y),
                                near,
                                "{x},{y} of {width}x{height}: {radius}, {level}"
                            );
                        }
                    }
                }
            }
        }
    }

    fn map(rows: &[&str]) -> Bitmap {
        drawn((rows[0].len(), rows.len()), |x, y| {
            rows[y].as_bytes()[x] == b'#'
        })
    }

    fn same(a: &Bitmap, b: &Bitmap) -> bool {
        a.size() == b.size() && a.words == b.words
    }

    #[test]
    fn squares_and_crosses_grow_and_shrink() {
        let dot = ["......", "......", "..#...", "......", "......"];
        let cross = ["......", "..#...", ".###..", "..#...", "......"];
        let square = ["......", ".###..", ".###..", ".###..", "......"];
        let mut grown = map(&dot);
        grown.dilate_cross();
        assert!(same(&grown, &map(&cross)));
        grown.erode_cross();
        assert!(same(&grown, &map(&dot)));
        grown.dilate_square(1);
        assert!(same(&grown, &map(&square)));
        grown.erode_square(1);
        assert!(same(&grown, &map(&dot)));
        grown.dilate_square(9);
        assert_eq!(grown.count(), 30);
        // Nothing is cleared from the edge inwards.
        grown.erode_square(2);
        assert_eq!(grown.count(), 30);
    }

    #[test]
    fn pixels_are_counted_listed_and_written_at_any_width() {
        for size in [(5, 3), (64, 3), (65, 4), (200, 3)] {
            let bitmap = drawn(size, noise);
            let pixels = (0..size.0 * size.1).map(|at| (at % size.0, at / size.0));
            let wanted: Vec<_> = pixels.clone().filter(|&(x, y)| noise(x, y)).collect();
            assert!(bitmap.marked().eq(wanted.iter().copied()), "{size:?}");
            assert_eq!(bitmap.count(), wanted.len());
            let (mut written, mut left) = (vec![9; size.0 * size.1], vec![9; size.0 * size.1]);
            for (y, written) in written.chunks_mut(size.0).enumerate() {
                bitmap.write_row(y, written);
            }
            bitmap.erase(&mut left);
            for ((x, y), (&written, &left)) in pixels.zip(written.iter().zip(&left)) {
                let is = u8::from(noise(x, y));
                assert_eq!(
                    (written, left),
                    (255 * is, 9 - 9 * is),
                    "{x},{y} of {size:?}"
                );
            }
            for (from, to) in [(0, size.0), (1, 3), (60, 70), (64, 128)] {
                let (from, to) = (from.min(size.0), to.min(size.0));
                let near = from.saturating_sub(2)..(from + 3).min(size.0);
                let wanted = near.filter(|&x| noise(x, 1)).count();
                if from < size.0 {
                    assert_eq!(bitmap.count_near(1, from, 2), wanted, "{from} of {size:?}");
                }
                let wanted = (from..to).filter(|&x| noise(x, 1)).count();
                assert_eq!(bitmap.count_between(1, from, to), wanted, "{size:?}");
                let mut filled = drawn(size, |_, _| false);
                filled.fill(1, from, to);
                assert!(filled.marked().eq((from..to).map(|x| (x, 1))), "{size:?}");
                assert_eq!(
                    bitmap.next_marked(1, from),
                    (from..size.0).find(|&x| noise(x, 1))
                );
                let clear = (from..size.0).find(|&x| !noise(x, 1)).unwrap_or(size.0);
                assert_eq!(bitmap.next_clear(1, from), clear);
                assert_eq!(filled.next_clear(1, from), to);
            }
        }
    }
}
