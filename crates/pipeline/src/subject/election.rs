//! Who becomes the subject.

use std::time::Duration;

use frosted_core::Rotation;

use super::heads::Head;
use super::parts::{Marks, Part};
use super::{Choice, FacesMatter, Sight, SubjectFinder, pixel};
use crate::bits::Bitmap;
use crate::settings::{Newcomers, Subjects};

/// A newcomer fills at least this share of the picture, per mille ...
const MIN_NEWCOMER_PERMILLE: usize = 15;
/// ... and has a face of at least this share of its width, per mille; smaller ones sit at the
/// other end of the room.
const MIN_FACE_PERMILLE: f32 = 45.0;
/// Where faces are looked for, somebody without one is believed after this.
const FACELESS_WAITS: Duration = Duration::from_millis(700);
/// So many of a newcomer's pixels have moved at least, and this share of them, per mille, and
/// so many times as large a share as of the room's.
const MIN_MOVED: (usize, usize, usize) = (6, 1, 4);
/// The camera itself moves if so much of the room seems to have moved, per mille. Then
/// nothing tells who moves, and whoever reaches the lower edge of the picture ...
const CAMERA_MOVES_PERMILLE: usize = 2;
/// ... with a face of this share of its width, per mille, is believed.
const NEAR_FACE_PERMILLE: f32 = 70.0;

impl SubjectFinder {
    pub(super) fn has_vacancy(&self, subjects: Subjects) -> bool {
        match subjects {
            Subjects::One => !self.elected,
            Subjects::UpTo(most) => {
                // Whoever has no face counts by their part.
                let there = self.kept.len().max(self.heads.subject_count());
                !self.elected || there < usize::from(most.get())
            }
            Subjects::All => true,
        }
    }

    /// Elects somebody if anybody can be: the root of their part. Whoever is elected has
    /// moved and does not look like the room; where faces are looked for, has one or waited.
    pub(super) fn elect(&mut self, sight: &Sight<'_>, choice: Choice) -> Option<usize> {
        let (width, height) = self.size;
        if choice.newcomers == Newcomers::MustMove {
            let (picture, people) = (sight.picture, sight.people);
            self.stillness.look(picture, people, sight.at);
        }
        let moved = self.stillness.moved();
        let room = RoomMotion::of(moved, self.stillness.room());
        let marks = Marks {
            like: Some(sight.like),
            // Nothing was looked at where everybody can be elected at once.
            moved: Some(moved).filter(|moved| moved.size() == self.size),
            ..Marks::default()
        };
        self.parts.count(&marks);
        let least_area = width * height * MIN_NEWCOMER_PERMILLE / 1000;
        let fits = |part: &Part, head: Option<&Head>| {
            let near = NEAR_FACE_PERMILLE * width.max(height) as f32 / 1000.0;
            let near =
                sight.rotation == Rotation::None && head.is_some_and(|head| head.width >= near);
            let moves = choice.newcomers == Newcomers::AtOnce
                || room.is_left_behind_by(part)
                || (room.camera_moves() && near && self.parts.reaches_row(part.root, height - 1));
            part.area >= least_area && !part.is_room() && moves
        };
        let mut best: Option<(f32, Head, usize)> = None;
        for head in self.heads.others(sight.at) {
            let least_width = MIN_FACE_PERMILLE * width.max(height) as f32 / 1000.0;
            // The very middle may look like the room behind it.
            let around = [(0.0, 0.0), (0.0, 0.3), (0.0, -0.3), (0.3, 0.0), (-0.3, 0.0)];
            let root = around.into_iter().find_map(|(across, down)| {
                let (x, y) = (head.x + across * head.width, head.y + down * head.width);
                let (x, y) = pixel(&Head { x, y, ..head }, self.size)?;
                self.parts.at(x, y)
            });
            let Some(root) = root.filter(|_| head.width >= least_width) else {
                continue;
            };
            let mut parts = self.parts.list().iter();
            if !parts.any(|part| part.root == root && fits(part, Some(&head))) {
                continue;
            }
            let aside = (head.x / width as f32 - 0.5).abs();
            let weight = head.width * (1.0 - aside);
            if best.is_none_or(|(most, ..)| weight > most) {
                best = Some((weight, head, root));
            }
        }
        if let Some((_, head, root)) = best {
            self.heads.promote(&head, sight.at);
            self.waits_since = None;
            self.elected = true;
            return Some(root);
        }
        if self.elected {
            return None;
        }
        let parts = self.parts.list().iter();
        let faceless = parts.filter(|part| fits(part, None));
        let Some(largest) = faceless.max_by_key(|part| part.area) else {
            self.waits_since = None;
            return None;
        };
        let since = *self.waits_since.get_or_insert(sight.at);
        if sight.faces_matter == FacesMatter::Yes && sight.at.since(since) < FACELESS_WAITS {
            return None;
        }
        self.waits_since = None;
        self.elected = true;
        Some(largest.root)
    }
}

/// How much of the room seems to have moved.
#[derive(Clone, Copy, Debug)]
struct RoomMotion {
    moved: usize,
    all: usize,
}

impl RoomMotion {
    fn of(moved: &Bitmap, room: &Bitmap) -> Self {
        Self {
            moved: moved.count_of([room], |moved, [room]| moved & room),
            all: room.count(),
        }
    }

    fn camera_moves(self) -> bool {
        1000 * self.moved > CAMERA_MOVES_PERMILLE * self.all
    }

    /// Whether a part has moved, and clearly more than the room has.
    fn is_left_behind_by(self, part: &Part) -> bool {
        let (least, permille, times) = MIN_MOVED;
        part.moved >= least
            && 1000 * part.moved >= permille * part.area
            && part.moved * self.all >= times * self.moved * part.area
    }
}
