//! Who stays sharp.
//!
//! Faces say who is who, the mask says where people are. What is remembered of earlier
//! frames only chooses between the pixels of the present mask: none is ever added to it.
//! There is no identity: whoever is elected stays the subject while they can be followed.

mod election;
mod heads;
mod others;
mod parts;
mod shape;
mod stillness;

use std::time::Duration;

use frosted_core::internal::SHOWN_BY_HALF_FROM;
use frosted_core::{Mask, Rotation, Timestamp};

use crate::bitmap;
use crate::faces::Seen;
use crate::facts::PERSON;
use crate::room::Smooth;
use crate::settings::{Newcomers, Subjects};
use heads::{Head, Heads, Returns, Upright};
use parts::{Marks, Part, Parts};
use shape::Shape;
use stillness::Stillness;

/// Matte values from here on tie parts together. What is fainter hangs on to a part but does
/// not lead from the subject to somebody else.
const FIRM: u8 = SHOWN_BY_HALF_FROM;
/// How far fainter pixels may reach beyond the firm ones, in reduced pixels: the width of a
/// soft edge.
const FRINGE: usize = 2;
/// A part that holds less of the last subject than this share of it is somebody else.
const MIN_OVERLAP: (usize, usize) = (1, 10);
/// A part is a subject's if it holds this share of the subject's face.
const MIN_FACE: (usize, usize) = (1, 10);
/// The place of a subject that cannot be found is empty after this.
const GONE_AFTER: Duration = Duration::from_millis(600);
/// What looks like the room and lies closer to the subject's border than this is the room, in
/// reduced pixels.
const RIM: usize = 4;
/// What is surely the room is taken out if most around it is the room or nobody's, within this
/// of it, in reduced pixels.
const AROUND: usize = 2;

/// What is known of a frame besides its mask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'a> {
    pub(crate) at: Timestamp,
    pub(crate) picture: &'a Smooth,
    pub(crate) rotation: Rotation,
    /// Everybody whom the network found, with the border drawn anew.
    pub(crate) people: &'a Mask,
    /// What looks like the remembered room: 1 = it does.
    pub(crate) like: &'a [u8],
    /// What is surely the room: 1 = it is.
    pub(crate) surely: &'a [u8],
    /// The faces of this frame or one shortly before, if they were looked for.
    pub(crate) faces: Option<Seen<'a>>,
    /// Whether faces are looked for at all.
    pub(crate) faces_matter: FacesMatter,
}

/// Whether a stream's faces are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FacesMatter {
    Yes,
    No,
}

/// Who may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) subjects: Subjects,
    pub(crate) newcomers: Newcomers,
}

/// Finds the subject in one mask after another.
#[derive(Debug, Default)]
pub(crate) struct SubjectFinder {
    size: (usize, usize),
    /// The subject's pixels in the last mask: 1, all others 0.
    last: Vec<u8>,
    /// Somebody was elected and is still there.
    elected: bool,
    seen_at: Timestamp,
    other_at: Option<Timestamp>,
    /// Since when there has been somebody who could be elected but for a face.
    waits_since: Option<Timestamp>,
    heads: Heads,
    stillness: Stillness,
    shape: Shape,
    parts: Parts,
    /// Roots of the parts that are the subject's.
    kept: Vec<usize>,
    /// And of those that may be the subject's hands.
    hands: Vec<usize>,
    /// Where the subjects' faces are.
    face: Vec<u8>,
    /// Where parts of others were a while ago, and when, and where they are.
    others_then: Vec<u8>,
    others_then_at: Option<Timestamp>,
    others: Vec<u8>,
    near: Vec<u8>,
    scratch: Vec<u8>,
}

impl SubjectFinder {
    /// Forgets everybody.
    pub(crate) fn reset(&mut self) {
        self.last.fill(0);
        self.elected = false;
        self.other_at = None;
        self.others_then_at = None;
        self.waits_since = None;
        self.heads.reset();
        self.stillness.reset();
        self.shape.reset();
    }

    /// Whether somebody is still to be elected, or somebody else is about: faces matter more
    /// than usual.
    pub(crate) fn is_alert(&self, at: Timestamp) -> bool {
        !self.elected || self.other_is_about(at)
    }

    /// The subject's pixels in the last mask, 1 = they are, if there is a subject.
    pub(crate) fn subject(&self) -> Option<&[u8]> {
        self.elected.then_some(&self.last)
    }

    /// Sets to 0 every pixel of `matte` that is rather a person's than not but not a
    /// subject's. Softer pixels stay: none of them is ever shown.
    pub(crate) fn keep_subject(&mut self, matte: &mut Mask, sight: &Sight<'_>, choice: Choice) {
        self.fit((matte.width(), matte.height()));
        let width = self.size.0;
        if let Some(Seen { faces, at }) = sight.faces {
            let strange = |head: &Head| !looks_like_room(head, sight.like, width);
            let heads = faces.iter().map(Head::of).filter(strange);
            let (last, size) = (&self.last, self.size);
            let own =
                |head: &Head| pixel(head, size).is_some_and(|(x, y)| last[y * size.0 + x] == 1);
            let returns = if self.elected && !self.other_is_about(sight.at) {
                Returns::Possible
            } else {
                Returns::Impossible
            };
            self.heads.see(heads, at, own, returns);
        }
        self.drop_room(matte, sight.surely);
        self.parts.find(matte.values(), width, FIRM);
        let before = self.elected;
        let newcomer = if self.has_vacancy(choice.subjects) {
            self.elect(sight, choice)
        } else {
            None
        };
        if newcomer.is_some() && !before {
            // It was the newcomer who moved about until now.
            self.other_at = None;
            self.others_then_at = None;
        }
        self.choose_parts(sight, choice, newcomer);
        if self.kept.is_empty() {
            self.miss(sight.at);
            self.near.clear();
            self.near.resize(self.last.len(), 0);
            clear(matte, &self.near, &self.near, sight.like);
            return;
        }
        self.seen_at = sight.at;
        let kept = &self.kept;
        self.parts
            .draw(|root| kept.contains(&root), width, &mut self.last);
        if choice.subjects != Subjects::All {
            self.cut_others(sight, choice);
        }
        if !self.other_is_about(sight.at) {
            self.remember_shape(sight);
        }
        self.drop_rim(sight.like);
        self.near.clone_from(&self.last);
        bitmap::dilate_square(&mut self.near, width, FRINGE, &mut self.scratch);
        clear(matte, &self.last, &self.near, sight.like);
    }

    /// Takes out what is surely the room, but for single pixels of somebody that happen to
    /// have its colour: most around them is somebody.
    fn drop_room(&mut self, matte: &mut Mask, surely: &[u8]) {
        let (width, height) = self.size;
        let values = matte.values_mut();
        self.scratch.clear();
        let marks = values.iter().zip(surely);
        self.scratch
            .extend(marks.map(|(&value, &surely)| surely | u8::from(value < PERSON)));
        let mut contested = 0;
        for (value, &surely) in values.iter_mut().zip(surely) {
            let somebody = u8::from(*value >= PERSON);
            contested |= somebody & surely;
            // All of it or nothing, without a branch.
            *value &= (surely & (1 - somebody)).wrapping_sub(1);
        }
        if contested == 0 {
            return;
        }
        for (at, value) in values.iter_mut().enumerate() {
            if surely[at] == 0 || *value < PERSON {
                continue;
            }
            let (x, y) = (at % width, at / width);
            let rows = y.saturating_sub(AROUND)..(y + AROUND + 1).min(height);
            let across = x.saturating_sub(AROUND)..(x + AROUND + 1).min(width);
            let (mut room, mut all) = (0, 0);
            for row in rows {
                let row = &self.scratch[row * width..][across.clone()];
                room += row.iter().map(|&v| usize::from(v)).sum::<usize>();
                all += row.len();
            }
            if 2 * room >= all {
                *value = 0;
            }
        }
    }

    fn fit(&mut self, size: (usize, usize)) {
        if self.size != size {
            self.size = size;
            self.last.clear();
            self.last.resize(size.0 * size.1, 0);
            self.reset();
        }
    }

    /// Fills `kept` with the roots of the parts that hold a subject, and notes whether there
    /// is anybody else.
    fn choose_parts(&mut self, sight: &Sight<'_>, choice: Choice, newcomer: Option<usize>) {
        let width = self.size.0;
        let face_area = self.mark_faces(sight);
        let marks = Marks {
            last: &self.last,
            like: sight.like,
            face: &self.face,
            ..Marks::default()
        };
        self.parts.count(width, &marks);
        self.kept.clear();
        self.kept.extend(newcomer);
        let last_area = bitmap::count(&self.last);
        let parts = self.parts.list();
        let by_face =
            |part: &&Part| part.face > 0 && part.face * MIN_FACE.1 >= face_area * MIN_FACE.0;
        let by_overlap = |part: &&Part| {
            part.overlap > 0 && part.overlap * MIN_OVERLAP.1 >= last_area * MIN_OVERLAP.0
        };
        let people = || parts.iter().filter(|part| !part.is_room());
        match choice.subjects {
            Subjects::One if newcomer.is_some() => {}
            Subjects::One if self.elected => {
                let found = people().filter(by_face).max_by_key(|part| part.face);
                let found =
                    found.or_else(|| people().filter(by_overlap).max_by_key(|part| part.overlap));
                self.kept.extend(found.map(|part| part.root));
            }
            Subjects::One => {}
            Subjects::UpTo(most) => {
                self.kept
                    .extend(people().filter(by_face).map(|part| part.root));
                self.kept.sort_unstable();
                self.kept.dedup();
                while self.kept.len() < usize::from(most.get()) {
                    let left = people().filter(|part| !self.kept.contains(&part.root));
                    let Some(next) = left.filter(by_overlap).max_by_key(|part| part.overlap) else {
                        break;
                    };
                    self.kept.push(next.root);
                }
            }
            Subjects::All => {
                let found = people().filter(|part| by_face(part) || part.overlap * 10 >= part.area);
                self.kept.extend(found.map(|part| part.root));
            }
        }
        if self.others_move(sight) || self.heads.others_move(sight.at) {
            self.other_at = Some(sight.at);
        }
    }

    /// Marks the middle of the subjects' faces and counts the marks.
    fn mark_faces(&mut self, sight: &Sight<'_>) -> usize {
        /// By [`Upright::reach`]: eyes, nose and mouth.
        const MIDDLE: f32 = 0.6;
        let (width, height) = self.size;
        let upright = Upright::of(sight.rotation);
        self.face.clear();
        self.face.resize(width * height, 0);
        for head in self.heads.subjects_seen(sight.at) {
            let span = |middle: f32, len: usize| {
                let from = (middle - head.width).clamp(0.0, len as f32) as usize;
                let to = (middle + head.width).clamp(0.0, len as f32) as usize;
                from..to
            };
            let columns = span(head.x, width);
            for y in span(head.y, height) {
                let row = &mut self.face[y * width..(y + 1) * width];
                for (x, pixel) in columns.clone().zip(&mut row[columns.clone()]) {
                    *pixel |= u8::from(upright.reach(&head, x as f32, y as f32) < MIDDLE);
                }
            }
        }
        bitmap::count(&self.face)
    }

    /// Nobody was found: after a while the place is empty.
    fn miss(&mut self, at: Timestamp) {
        if self.elected && (at < self.seen_at || at.since(self.seen_at) > GONE_AFTER) {
            self.elected = false;
            self.last.fill(0);
            self.heads.forget_subjects();
            self.stillness.reset();
            self.shape.reset();
        }
    }

    /// Remembers the subject's outline, whenever the face was seen just now.
    fn remember_shape(&mut self, sight: &Sight<'_>) {
        if sight.faces.is_none() {
            return;
        }
        let (width, upright) = (self.size.0, Upright::of(sight.rotation));
        if let Some(head) = self.heads.subjects_seen(sight.at).next() {
            self.shape
                .remember(&head, upright, &self.last, width, sight.at);
        }
    }

    /// Takes from the subject's border what looks like the room.
    fn drop_rim(&mut self, like: &[u8]) {
        self.near.clone_from(&self.last);
        bitmap::erode_square(&mut self.near, self.size.0, RIM, &mut self.scratch);
        let marks = like.iter().zip(&self.near);
        for (pixel, (&like, &inside)) in self.last.iter_mut().zip(marks) {
            *pixel &= 1 - (like & (1 - inside));
        }
    }
}

impl Part {
    /// Whether it looks like the room rather than like somebody.
    fn is_room(&self) -> bool {
        2 * self.like > self.area
    }
}

/// Clears what is not shown: firm pixels that are not the subject's, fainter ones that are
/// not near to it or look like the room.
fn clear(matte: &mut Mask, subject: &[u8], near: &[u8], like: &[u8]) {
    let marks = subject.iter().zip(near).zip(like);
    for (value, ((&subject, &near), &like)) in matte.values_mut().iter_mut().zip(marks) {
        let firm = u8::from(*value >= FIRM);
        let faint = u8::from(*value >= PERSON) & (1 - firm);
        let others = (firm & (1 - subject)) | (faint & ((1 - near) | like));
        // All of it or nothing, without a branch.
        *value &= others.wrapping_sub(1);
    }
}

/// The pixel in which a head's middle lies, if that is in the picture.
fn pixel(head: &Head, (width, height): (usize, usize)) -> Option<(usize, usize)> {
    let inside = (0.0..width as f32).contains(&head.x) && (0.0..height as f32).contains(&head.y);
    inside.then_some((head.x as usize, head.y as usize))
}

/// Whether the middle of a face looks like the room: a photograph that has long hung there.
fn looks_like_room(head: &Head, like: &[u8], width: usize) -> bool {
    /// The middle reaches so many pixels from its own middle.
    const MIDDLE: usize = 2;
    let height = like.len() / width.max(1);
    let Some((x, y)) = pixel(head, (width, height)) else {
        return false;
    };
    let (mut alike, mut all) = (0, 0);
    for y in y.saturating_sub(MIDDLE)..(y + MIDDLE + 1).min(height) {
        for x in x.saturating_sub(MIDDLE)..(x + MIDDLE + 1).min(width) {
            alike += usize::from(like[y * width + x]);
            all += 1;
        }
    }
    2 * alike > all
}

#[cfg(test)]
mod scenes;
#[cfg(test)]
mod tests;
