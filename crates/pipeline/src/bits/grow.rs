//! Growing and shrinking what is marked.

use super::{Bitmap, WORD};

/// What is moved until it is trimmed moves by less than a word.
///
/// The word of zeros between two rows holds no more.
const MOST_STEP: usize = WORD - 1;

impl Bitmap {
    /// Marks each pixel that has a marked one within `radius` pixels of it in a square.
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

    /// Clears each pixel that has one within `radius` pixels of it in a square that is not marked.
    /// There is none beyond the map's edges, so that nothing is cleared from them inwards.
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

    /// Clears each pixel that has one above, below or beside it that is not marked. As in
    /// [`erode_square`](Self::erode_square), there is none beyond the map's edges.
    #[inline(always)]
    pub(crate) fn erode_cross(&mut self) {
        self.invert();
        self.dilate_cross();
        self.invert();
    }

    /// Marks what is `step` pixels, 1 to [`MOST_STEP`], beside a marked pixel, beyond the rows' ends
    /// too: it has to be trimmed. The spare words are then as these were before.
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
            *out = spread([*before, *here, *behind], step, back);
        }
        // What leaves the first row to the left and the last to the right is kept, too: the next
        // step is so wide that it leaves a gap without it.
        self.words[0] = spread([0, self.spare[0], self.spare[1]], step, back);
        self.words[len - 1] = spread([self.spare[len - 2], self.spare[len - 1], 0], step, back);
    }

    /// Marks what is `step` rows, fewer than there are, above or below a marked pixel.
    #[inline(always)]
    fn spread_down(&mut self, step: usize) {
        let by = step * self.stride();
        let len = self.words.len();
        self.spare.copy_from_slice(&self.words);
        or_into(&mut self.words[by..], &self.spare[..len - by]);
        or_into(&mut self.words[..len - by], &self.spare[by..]);
    }
}

/// The word `here` between two others of its row, with what is `step` pixels beside a marked one;
/// `back` is what is left of a word.
#[inline(always)]
fn spread([before, here, behind]: [u64; 3], step: u32, back: u32) -> u64 {
    here | here << step | before >> back | here >> step | behind << back
}

/// Marks in `target` what is marked in `source`.
#[inline(always)]
fn or_into(target: &mut [u64], source: &[u64]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target |= source;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SIZES, drawn, noise, places, same, scattered};
    use super::*;
    use frosted_core::internal::{Level, Work};

    /// Grows or shrinks a map by a square.
    struct Square<'a>(&'a mut Bitmap, usize, Way);

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Way {
        Grow,
        Shrink,
    }

    impl Work for Square<'_> {
        type Output = ();

        #[inline(always)]
        fn run(self) {
            match self.2 {
                Way::Grow => self.0.dilate_square(self.1),
                Way::Shrink => self.0.erode_square(self.1),
            }
        }
    }

    /// What cross a map grows to, and shrinks to.
    struct Crosses<'a>(&'a Bitmap);

    impl Work for Crosses<'_> {
        type Output = (Bitmap, Bitmap);

        #[inline(always)]
        fn run(self) -> Self::Output {
            let (mut grown, mut shrunk) = (self.0.clone(), self.0.clone());
            grown.dilate_cross();
            shrunk.erode_cross();
            (grown, shrunk)
        }
    }

    #[test]
    fn squares_of_any_radius_agree_with_the_definition_at_every_level() {
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
                // About one in each square, so that what grows and what does not is seen.
                let every = (2 * radius as u32 + 1).pow(2).max(23);
                let middle = (width * 2 / 3, height / 3);
                let is = |x, y| (x, y) == middle || scattered(x, y, every);
                let around =
                    |at: usize, len: usize| at.saturating_sub(radius)..(at + radius + 1).min(len);
                let rows: Vec<_> = (0..height).map(|y| around(y, height)).collect();
                let mut near = vec![false; width * height];
                for x in 0..width {
                    let columns = around(x, width);
                    let there: Vec<bool> = (0..height)
                        .map(|y| columns.clone().any(|x| is(x, y)))
                        .collect();
                    for (y, rows) in rows.iter().enumerate() {
                        near[y * width + x] = there[rows.clone()].contains(&true);
                    }
                }
                let near = |x: usize, y: usize| near[y * width + x];
                let size = (width, height);
                let ways = [
                    (Way::Grow, drawn(size, is), drawn(size, near)),
                    // What is cleared is what is near to a pixel that is not marked.
                    (
                        Way::Shrink,
                        drawn(size, |x, y| !is(x, y)),
                        drawn(size, |x, y| !near(x, y)),
                    ),
                ];
                for (way, before, wanted) in ways {
                    for level in Level::all() {
                        let mut map = before.clone();
                        level.run(Square(&mut map, radius, way));
                        assert!(same(&map, &wanted), "{size:?}: {way:?} {radius}, {level}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_at_the_ends_of_the_first_row_and_the_last_grows_without_a_gap() {
        for (width, height) in [(13, 1), (64, 3), (128, 5)] {
            let size = (width, height);
            let corners = [
                (0, 0),
                (width - 1, 0),
                (0, height - 1),
                (width - 1, height - 1),
            ];
            for corner in corners {
                for radius in [4, 8, 40] {
                    let within = |at: usize, of: usize| at.abs_diff(of) <= radius;
                    let mut map = drawn(size, |x, y| (x, y) == corner);
                    map.dilate_square(radius);
                    let wanted = |x, y| within(x, corner.0) && within(y, corner.1);
                    assert!(
                        same(&map, &drawn(size, wanted)),
                        "{corner:?} of {size:?}: {radius}"
                    );
                }
            }
        }
    }

    #[test]
    fn crosses_agree_with_the_definition_at_every_level() {
        let dense = |x: usize, y: usize| !noise(x, y);
        for is in [&noise as &dyn Fn(usize, usize) -> bool, &dense] {
            for (width, height) in SIZES {
                let size = (width, height);
                let cross = |x: usize, y: usize| {
                    places(size).filter(move |&(u, v)| u.abs_diff(x) + v.abs_diff(y) <= 1)
                };
                let grown = drawn(size, |x, y| cross(x, y).any(|(x, y)| is(x, y)));
                let shrunk = drawn(size, |x, y| cross(x, y).all(|(x, y)| is(x, y)));
                for level in Level::all() {
                    let found = level.run(Crosses(&drawn(size, is)));
                    assert!(same(&found.0, &grown), "{size:?} grown, {level}");
                    assert!(same(&found.1, &shrunk), "{size:?} shrunk, {level}");
                }
            }
        }
    }

    fn map(rows: &[&str]) -> Bitmap {
        drawn((rows[0].len(), rows.len()), |x, y| {
            rows[y].as_bytes()[x] == b'#'
        })
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
}
