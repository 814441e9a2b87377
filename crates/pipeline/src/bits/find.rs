//! Where the marked pixels are.

use super::{Bitmap, WORD, low};

impl Bitmap {
    /// The first marked pixel of row `y` and the one behind the last; `None` if there is none.
    pub(crate) fn span(&self, y: usize) -> Option<(usize, usize)> {
        let row = self.row(y);
        let first = row.iter().position(|&word| word != 0)?;
        let last = row.iter().rposition(|&word| word != 0)?;
        let from = first * WORD + row[first].trailing_zeros() as usize;
        Some((from, (last + 1) * WORD - row[last].leading_zeros() as usize))
    }

    /// The first pixel of row `y` from `from` on that is marked, if any is.
    pub(crate) fn next_marked(&self, y: usize, from: usize) -> Option<usize> {
        self.next(y, from, |word| word)
    }

    /// The first pixel of row `y` from `from` on that is not marked, or the row's width.
    pub(crate) fn next_clear(&self, y: usize, from: usize) -> usize {
        let next = self.next(y, from, |word| !word);
        next.unwrap_or(self.width).min(self.width)
    }

    /// The first pixel of row `y` from `from` on whose bit `look` makes 1 of the row's words.
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

    /// The marked pixels (x, y), row by row from the left.
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
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SIZES, drawn, noise, places};

    #[test]
    fn marked_pixels_are_found_at_every_width() {
        let dense = |x: usize, y: usize| !noise(x, y);
        // A run over whole words, that ends within the last.
        let run = |x: usize, _: usize| (10..190).contains(&x);
        let nothing = |_, _| false;
        for is in [
            &noise as &dyn Fn(usize, usize) -> bool,
            &dense,
            &run,
            &nothing,
        ] {
            for size in SIZES {
                let map = drawn(size, is);
                let wanted = places(size).filter(|&(x, y)| is(x, y));
                assert!(map.marked().eq(wanted), "{size:?}");
                for y in 0..size.1 {
                    let mut marked = (0..size.0).filter(|&x| is(x, y));
                    let span = marked.next().map(|x| (x, marked.last().unwrap_or(x) + 1));
                    assert_eq!(map.span(y), span, "row {y} of {size:?}");
                    for from in 0..=size.0 {
                        let marked = (from..size.0).find(|&x| is(x, y));
                        let clear = (from..size.0).find(|&x| !is(x, y)).unwrap_or(size.0);
                        assert_eq!(
                            (map.next_marked(y, from), map.next_clear(y, from)),
                            (marked, clear),
                            "{from} in row {y} of {size:?}"
                        );
                    }
                }
            }
        }
    }
}
