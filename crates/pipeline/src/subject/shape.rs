use std::time::Duration;

use frosted_core::Timestamp;

use super::heads::{Head, Upright};

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
    allowed: Vec<u8>,
    scratch: Vec<u8>,
}

impl Shape {
    pub(crate) fn reset(&mut self) {
        self.seen_at.clear();
        self.allowed.clear();
    }

    /// Remembers which cells around `head` are the subject's in `map`, which is `width` wide.
    pub(crate) fn remember(
        &mut self,
        head: &Head,
        upright: Upright,
        map: &[u8],
        width: usize,
        at: Timestamp,
    ) {
        self.seen_at.resize(SIDE * SIDE, None);
        let height = map.len() / width.max(1);
        for (cell, seen_at) in self.seen_at.iter_mut().enumerate() {
            let across = (cell % SIDE) as f32 + 0.5 - MIDDLE.0;
            let down = (cell / SIDE) as f32 + 0.5 - MIDDLE.1;
            let (x, y) = upright.place(head, across / CELLS_A_FACE, down / CELLS_A_FACE);
            // What is beyond the picture may be the subject's, too.
            let inside = (0.0..width as f32).contains(&x) && (0.0..height as f32).contains(&y);
            if !inside || map[y as usize * width + x as usize] == 1 {
                *seen_at = Some(at);
            }
        }
        self.allowed.clear();
    }

    /// Makes ready to be asked at `at`; `false` if nothing is remembered.
    pub(crate) fn recall(&mut self, at: Timestamp) -> bool {
        if self.seen_at.is_empty() {
            return false;
        }
        if self.allowed.is_empty() {
            let newest = self.seen_at.iter().flatten().max().copied().unwrap_or(at);
            let recent = |seen: &Option<Timestamp>| {
                seen.is_some_and(|seen| newest.since(seen) <= REMEMBERED)
            };
            self.allowed
                .extend(self.seen_at.iter().map(|seen| u8::from(recent(seen))));
            crate::bitmap::dilate_square(&mut self.allowed, SIDE, SLACK, &mut self.scratch);
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
        inside && self.allowed[row as usize * SIDE + column as usize] == 1
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
        let draw = |person: &dyn Fn(usize, usize) -> bool| -> Vec<u8> {
            let pixels = (0..WIDTH * 120).map(|at| u8::from(person(at % WIDTH, at / WIDTH)));
            pixels.collect()
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
        shape.remember(&head, upright, &with_arm, WIDTH, Timestamp::ZERO);
        let at = Timestamp::from_millis(1000);
        shape.remember(&head, upright, &draw(&body), WIDTH, at);
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
        shape.remember(&head, upright, &draw(&body), WIDTH, at);
        assert!(shape.recall(at));
        assert!(!shape.allows(&head, upright, 150.0, 95.0));
    }
}
