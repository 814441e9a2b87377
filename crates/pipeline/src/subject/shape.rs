use std::time::Duration;

use frosted_core::Timestamp;

use super::heads::{Head, Upright};
use crate::bits::Bitmap;

/// Cells across and down, the face in the middle of the upper half.
const SIDE: usize = 128;
/// Cells a face is wide.
const CELLS_A_FACE: f32 = 20.0;
/// The cell of the face's middle.
const MIDDLE: (f32, f32) = (64.0, 44.0);
/// A cell that is not the subject's any more is remembered for so long.
const REMEMBERED: Duration = Duration::from_secs(3);
/// Where the subject is allowed reaches so many cells beyond what is remembered: heads turn
/// and the box around a face trembles.
const SLACK: usize = 1;

/// The outline of a subject around their face, as it was while nobody else was about.
///
/// What sticks out of it once somebody else is about is rather theirs.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// When each cell was last the subject's.
    seen_at: Vec<Option<Timestamp>>,
    allowed: Bitmap,
    /// Whether `allowed` is that of `seen_at`.
    recalled: bool,
    recent: Vec<u8>,
    /// The cell of each column of a picture, and a row of what is cut from it.
    cells: Vec<Option<usize>>,
    row: Vec<u8>,
}

impl Shape {
    pub(crate) fn reset(&mut self) {
        self.seen_at.clear();
        self.recalled = false;
    }

    /// Remembers which cells around `head` are the subject's in `map`.
    pub(crate) fn remember(&mut self, head: &Head, upright: Upright, map: &Bitmap, at: Timestamp) {
        self.seen_at.resize(SIDE * SIDE, None);
        let (width, height) = map.size();
        // A cell's column has one column of the picture's, or one row where that lies on its
        // side, and so have rows.
        let mut across = [(None, None); SIDE];
        let mut down = [(None, None); SIDE];
        let pixel = |(x, y): (f32, f32)| {
            let inside =
                |at: f32, len: usize| (0.0..len as f32).contains(&at).then_some(at as usize);
            (inside(x, width), inside(y, height))
        };
        for (cell, (across, down)) in across.iter_mut().zip(&mut down).enumerate() {
            let offset = |middle: f32| (cell as f32 + 0.5 - middle) / CELLS_A_FACE;
            *across = pixel(upright.place(head, offset(MIDDLE.0), 1.0));
            *down = pixel(upright.place(head, 1.0, offset(MIDDLE.1)));
        }
        for (row, &down) in self.seen_at.chunks_exact_mut(SIDE).zip(&down) {
            for (seen_at, &across) in row.iter_mut().zip(&across) {
                let (x, y) = if upright.lies() {
                    (down.0, across.1)
                } else {
                    (across.0, down.1)
                };
                // What is beyond the picture may be the subject's, too.
                let seen = x.zip(y).is_none_or(|(x, y)| map.get(x, y));
                if seen {
                    *seen_at = Some(at);
                }
            }
        }
        self.recalled = false;
    }

    /// Makes ready to be asked at `at`; `false` if nothing is remembered.
    pub(crate) fn recall(&mut self, at: Timestamp) -> bool {
        if self.seen_at.is_empty() {
            return false;
        }
        if !self.recalled {
            let newest = self.seen_at.iter().flatten().max().copied().unwrap_or(at);
            let recent = |seen: &Option<Timestamp>| {
                seen.is_some_and(|seen| newest.since(seen) <= REMEMBERED)
            };
            self.recent.clear();
            self.recent
                .extend(self.seen_at.iter().map(|seen| u8::from(recent(seen))));
            self.allowed
                .mark((SIDE, SIDE), [&self.recent], |[recent]| recent == 1);
            self.allowed.dilate_square(SLACK);
            self.recalled = true;
        }
        true
    }

    /// Takes from `subject` what cannot be theirs whose face is at `head`.
    pub(crate) fn cut(&mut self, head: &Head, upright: Upright, subject: &mut Bitmap) {
        let (width, height) = subject.size();
        // As in `remember`, the other way round.
        let cell = |(across, down): (f32, f32)| {
            let inside = |at: f32| (0.0..SIDE as f32).contains(&at).then_some(at as usize);
            (
                inside(across * CELLS_A_FACE + MIDDLE.0),
                inside(down * CELLS_A_FACE + MIDDLE.1),
            )
        };
        let lies = upright.lies();
        self.cells.clear();
        self.cells.extend((0..width).map(|x| {
            let (across, down) = cell(upright.offset(head, x as f32, head.y + head.width));
            if lies { down } else { across }
        }));
        self.row.resize(width, 0);
        for y in 0..height {
            let Some((from, to)) = subject.span(y) else {
                continue;
            };
            let (across, down) = cell(upright.offset(head, head.x + head.width, y as f32));
            let line = if lies { across } else { down };
            self.row.fill(0);
            for (out, &place) in self.row[from..to].iter_mut().zip(&self.cells[from..to]) {
                let allowed = place.zip(line).is_some_and(|(place, line)| match lies {
                    true => self.allowed.get(line, place),
                    false => self.allowed.get(place, line),
                });
                *out = if allowed { 0 } else { 255 };
            }
            subject.remove_row(y, &self.row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::tests::drawn;
    use frosted_core::Rotation;

    impl Shape {
        /// Whether (x, y) can be the subject's whose face is at `head`.
        pub(in crate::subject) fn allows(
            &self,
            head: &Head,
            upright: Upright,
            x: f32,
            y: f32,
        ) -> bool {
            let (across, down) = upright.offset(head, x, y);
            let column = across * CELLS_A_FACE + MIDDLE.0;
            let row = down * CELLS_A_FACE + MIDDLE.1;
            let side = SIDE as f32;
            let inside = (0.0..side).contains(&column) && (0.0..side).contains(&row);
            inside && self.allowed.get(column as usize, row as usize)
        }
    }

    #[test]
    fn what_is_cut_is_what_is_not_allowed_however_somebody_lies() {
        let body = |x: usize, y: usize| (40..90).contains(&x) && (30..80).contains(&y);
        let head = Head {
            x: 70.3,
            y: 50.2,
            width: 17.7,
        };
        let (width, height) = (150, 120);
        let all = |is: &dyn Fn(usize, usize) -> bool| drawn((width, height), is);
        for rotation in [
            Rotation::None,
            Rotation::Clockwise90,
            Rotation::Half,
            Rotation::Clockwise270,
        ] {
            let (upright, mut shape) = (Upright::of(rotation), Shape::default());
            shape.remember(&head, upright, &all(&body), Timestamp::ZERO);
            assert!(shape.recall(Timestamp::ZERO));
            for dx in [0.0, 13.4, -31.0] {
                let head = Head {
                    x: head.x + dx,
                    ..head
                };
                let mut left = all(&|x, y| !(x + y).is_multiple_of(5));
                shape.cut(&head, upright, &mut left);
                let allowed = |x: usize, y: usize| {
                    !(x + y).is_multiple_of(5) && shape.allows(&head, upright, x as f32, y as f32)
                };
                assert!(
                    left.marked().eq(all(&allowed).marked()),
                    "{rotation:?} {dx}"
                );
            }
        }
    }

    #[test]
    fn what_was_the_subjects_moves_with_the_face_and_is_forgotten() {
        let body = |x: usize, y: usize| (80..120).contains(&x) && y > 40;
        let arm = |x: usize, y: usize| (120..160).contains(&x) && (90..100).contains(&y);
        let draw = |person: &dyn Fn(usize, usize) -> bool| drawn((200, 120), person);
        let upright = Upright::of(Rotation::None);
        let head = Head {
            x: 100.0,
            y: 60.0,
            width: 24.0,
        };
        let mut shape = Shape::default();
        assert!(!shape.recall(Timestamp::ZERO));
        let with_arm = draw(&|x, y| body(x, y) || arm(x, y));
        shape.remember(&head, upright, &with_arm, Timestamp::ZERO);
        let at = Timestamp::from_millis(1000);
        shape.remember(&head, upright, &draw(&body), at);
        assert!(shape.recall(at));
        let moved = Head {
            x: 140.0,
            width: 48.0,
            ..head
        };
        let cases = [
            ((100.0, 60.0), true),
            ((150.0, 95.0), true),
            ((150.0, 70.0), false),
            ((60.0, 95.0), false),
        ];
        for ((x, y), allowed) in cases {
            assert_eq!(shape.allows(&head, upright, x, y), allowed, "{x} {y}");
            // A face twice as wide, elsewhere, has all around it twice as far away.
            let (x, y) = (140.0 + 2.0 * (x - 100.0), 60.0 + 2.0 * (y - 60.0));
            assert_eq!(shape.allows(&moved, upright, x, y), allowed, "{x} {y}");
        }
        let at = Timestamp::from_millis(4000);
        shape.remember(&head, upright, &draw(&body), at);
        assert!(shape.recall(at));
        assert!(!shape.allows(&head, upright, 150.0, 95.0));
    }
}
