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

    /// Whether (x, y) can be the subject's whose face is at `head`.
    pub(crate) fn allows(&self, head: &Head, upright: Upright, x: f32, y: f32) -> bool {
        let (across, down) = upright.offset(head, x, y);
        let column = across * CELLS_A_FACE + MIDDLE.0;
        let row = down * CELLS_A_FACE + MIDDLE.1;
        let side = SIDE as f32;
        let inside = (0.0..side).contains(&column) && (0.0..side).contains(&row);
        inside && self.allowed.get(column as usize, row as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::Rotation;

    #[test]
    fn what_was_the_subjects_moves_with_the_face_and_is_forgotten() {
        const WIDTH: usize = 200;
        let body = |x: usize, y: usize| (80..120).contains(&x) && y > 40;
        let arm = |x: usize, y: usize| (120..160).contains(&x) && (90..100).contains(&y);
        let draw = |person: &dyn Fn(usize, usize) -> bool| -> Bitmap {
            let pixels = (0..WIDTH * 120).map(|at| u8::from(person(at % WIDTH, at / WIDTH)));
            let mut map = Bitmap::default();
            map.mark((WIDTH, 120), [&pixels.collect::<Vec<_>>()], |[v]| v == 1);
            map
        };
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
