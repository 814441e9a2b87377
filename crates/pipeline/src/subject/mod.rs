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

use frosted_core::internal::{Level, SHOWN_BY_HALF_FROM, Work};
use frosted_core::{Mask, Rotation, Timestamp};

use crate::bits::Bitmap;
use crate::faces::{Looked, Seen};
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
    /// What looks like the remembered room.
    pub(crate) like: &'a Bitmap,
    /// What is surely the room.
    pub(crate) surely: &'a Bitmap,
    /// What came of looking for faces, in this frame or one shortly before.
    pub(crate) faces: Looked<'a>,
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
    /// The subject's pixels in the last mask.
    last: Bitmap,
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
    /// Where the subjects' faces are, and a row of it.
    face: Bitmap,
    face_row: Vec<u8>,
    /// Where parts of others were a while ago, and when, and where they are.
    others_then: Bitmap,
    others_then_at: Option<Timestamp>,
    others: Bitmap,
    /// What of the matte is rather somebody's than not, and what of that is firm.
    somebody: Bitmap,
    firm: Bitmap,
    /// What a look that is not over will be judged by.
    glance: Glance,
    /// What is taken out of the matte.
    gone: Bitmap,
    near: Bitmap,
    map: Bitmap,
    row: others::Row,
}

/// What was in the frame that a look began with: its faces come when people have moved on.
#[derive(Debug, Default)]
struct Glance {
    /// What looked like the room.
    like: Bitmap,
    /// The subject's pixels, and when, if nobody else was about.
    subject: Bitmap,
    alone_at: Option<Timestamp>,
}

impl SubjectFinder {
    /// Forgets everybody.
    pub(crate) fn reset(&mut self) {
        self.last.clear();
        self.elected = false;
        self.other_at = None;
        self.others_then_at = None;
        self.waits_since = None;
        self.glance.alone_at = None;
        self.heads.reset();
        self.stillness.reset();
        self.shape.reset();
    }

    /// Whether somebody is still to be elected, or somebody else is about: faces matter more
    /// than usual.
    pub(crate) fn is_alert(&self, at: Timestamp) -> bool {
        !self.elected || self.other_is_about(at)
    }

    /// The subject's pixels in the last mask, if there is a subject.
    pub(crate) fn subject(&self) -> Option<&Bitmap> {
        self.elected.then_some(&self.last)
    }

    /// Sets to 0 every pixel of `matte` that is rather a person's than not but not a
    /// subject's. Softer pixels stay: none of them is ever shown.
    pub(crate) fn keep_subject(&mut self, matte: &mut Mask, sight: &Sight<'_>, choice: Choice) {
        self.fit((matte.width(), matte.height()));
        if let Looked::Begun = sight.faces {
            self.glance.like.copy_from(sight.like);
            self.glance.alone_at = None;
        }
        if let Looked::Seen(Seen { faces, at }) = sight.faces {
            let like = if at == sight.at {
                sight.like
            } else {
                &self.glance.like
            };
            let strange = |head: &Head| !looks_like_room(head, like);
            let heads = faces.iter().map(Head::of).filter(strange);
            let (last, size) = (&self.last, self.size);
            let own = |head: &Head| pixel(head, size).is_some_and(|(x, y)| last.get(x, y));
            let returns = if self.elected && !self.other_is_about(sight.at) {
                Returns::Possible
            } else {
                Returns::Impossible
            };
            self.heads.see(heads, at, own, returns);
        }
        Level::chosen().run(DropRoom(self, matte, sight.surely));
        self.parts.find(&self.firm);
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
            Level::chosen().run(Clear(self, matte, sight.like, None));
            return;
        }
        self.seen_at = sight.at;
        let kept = &self.kept;
        self.parts.draw(|root| kept.contains(&root), &mut self.last);
        if choice.subjects != Subjects::All {
            self.cut_others(sight, choice);
        }
        if !self.other_is_about(sight.at) {
            self.remember_shape(sight);
        }
        Level::chosen().run(Clear(self, matte, sight.like, Some(FRINGE)));
    }

    /// Marks what is surely the room as gone, but for single pixels of somebody that happen to
    /// have its colour: most around them is somebody.
    #[inline(always)]
    fn drop_room(&mut self, matte: &Mask, surely: &Bitmap) {
        let (width, height) = self.size;
        let values = [matte.values()];
        self.somebody.mark(self.size, values, |[v]| v >= PERSON);
        self.firm.mark(self.size, values, |[v]| v >= FIRM);
        self.gone.copy_from(surely);
        self.gone
            .combine([&self.somebody], |surely, [somebody]| surely & !somebody);
        // Contested pixels, and what is somebody's alone.
        self.map.copy_from(&self.somebody);
        self.map
            .combine([surely], |somebody, [surely]| somebody & surely);
        self.near.copy_from(&self.somebody);
        self.near
            .combine([surely], |somebody, [surely]| somebody & !surely);
        for (x, y) in self.map.marked() {
            let rows = y.saturating_sub(AROUND)..(y + AROUND + 1).min(height);
            let across = x.saturating_sub(AROUND)..(x + AROUND + 1).min(width);
            let all = rows.len() * across.len();
            let own = rows.map(|row| self.near.count_near(row, x, AROUND));
            if 2 * own.sum::<usize>() <= all {
                self.gone.fill(y, x, x + 1);
            }
        }
        self.somebody
            .combine([&self.gone], |somebody, [gone]| somebody & !gone);
        self.firm.combine([&self.gone], |firm, [gone]| firm & !gone);
    }

    fn fit(&mut self, size: (usize, usize)) {
        if self.size != size {
            self.size = size;
            self.last.fit(size);
            self.glance.like.fit(size);
            self.glance.subject.fit(size);
            self.reset();
        }
    }

    /// Fills `kept` with the roots of the parts that hold a subject, and notes whether there
    /// is anybody else.
    fn choose_parts(&mut self, sight: &Sight<'_>, choice: Choice, newcomer: Option<usize>) {
        let face_area = self.mark_faces(sight);
        let marks = Marks {
            last: Some(&self.last),
            like: Some(sight.like),
            face: Some(&self.face),
            ..Marks::default()
        };
        self.parts.count(&marks);
        self.kept.clear();
        self.kept.extend(newcomer);
        let last_area = self.last.count();
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
        self.face.fit(self.size);
        self.face.clear();
        self.face_row.resize(self.size.0, 0);
        for head in self.heads.subjects_seen(sight.at) {
            Level::chosen().run(MarkFace {
                face: &mut self.face,
                row: &mut self.face_row,
                head,
                upright: Upright::of(sight.rotation),
            });
        }
        self.face.count()
    }

    /// Nobody was found: after a while the place is empty.
    fn miss(&mut self, at: Timestamp) {
        if self.elected && (at < self.seen_at || at.since(self.seen_at) > GONE_AFTER) {
            self.elected = false;
            self.last.clear();
            self.heads.forget_subjects();
            self.stillness.reset();
            self.shape.reset();
        }
    }

    /// Remembers the subject's outline in the frame in which the face was seen.
    fn remember_shape(&mut self, sight: &Sight<'_>) {
        let at = match sight.faces {
            Looked::Not => return,
            Looked::Begun => {
                self.glance.subject.copy_from(&self.last);
                self.glance.alone_at = Some(sight.at);
                return;
            }
            Looked::Seen(seen) => seen.at,
        };
        // By now somebody else may hang together with the subject whom the look did not see.
        let map = match self.glance.alone_at {
            _ if at == sight.at => &self.last,
            Some(alone_at) if alone_at == at => &self.glance.subject,
            _ => return,
        };
        let upright = Upright::of(sight.rotation);
        if let Some(head) = self.heads.subjects_seen(at).next() {
            self.shape.remember(&head, upright, map, at);
        }
    }

    /// Takes from the subject's border what looks like the room.
    #[inline(always)]
    fn drop_rim(&mut self, like: &Bitmap) {
        self.near.copy_from(&self.last);
        self.near.erode_square(RIM);
        self.last
            .combine([like, &self.near], |last, [like, inside]| {
                last & !(like & !inside)
            });
    }
}

struct DropRoom<'a>(&'a mut SubjectFinder, &'a Mask, &'a Bitmap);

impl Work for DropRoom<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.0.drop_room(self.1, self.2);
    }
}

/// Clears what is not shown: what is gone, firm pixels that are not the subject's, fainter ones
/// that are not so near to it or look like the room; all of somebody if there is no subject.
struct Clear<'a>(
    &'a mut SubjectFinder,
    &'a mut Mask,
    &'a Bitmap,
    Option<usize>,
);

impl Work for Clear<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(finder, matte, like, fringe) = self;
        if let Some(fringe) = fringe {
            finder.drop_rim(like);
            finder.near.copy_from(&finder.last);
            finder.near.dilate_square(fringe);
            let maps = [
                &finder.somebody,
                &finder.firm,
                &finder.last,
                &finder.near,
                like,
            ];
            finder
                .gone
                .combine(maps, |gone, [somebody, firm, subject, near, like]| {
                    let faint = somebody & !firm;
                    gone | firm & !subject | faint & (!near | like)
                });
        } else {
            finder
                .gone
                .combine([&finder.somebody], |gone, [somebody]| gone | somebody);
        }
        finder.gone.erase(matte.values_mut());
    }
}

/// Marks the middle of a face.
struct MarkFace<'a> {
    face: &'a mut Bitmap,
    row: &'a mut [u8],
    head: Head,
    upright: Upright,
}

impl Work for MarkFace<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        /// By [`Upright::reach`]: eyes, nose and mouth.
        const MIDDLE: f32 = 0.6;
        let (head, (width, height)) = (self.head, self.face.size());
        let span = |middle: f32, len: usize| {
            let from = (middle - head.width).clamp(0.0, len as f32) as usize;
            let to = (middle + head.width).clamp(0.0, len as f32) as usize;
            from..to
        };
        let columns = span(head.x, width);
        self.row.fill(0);
        for y in span(head.y, height) {
            for (pixel, x) in self.row[columns.clone()]
                .iter_mut()
                .zip(columns.start as u32..)
            {
                let reach = self.upright.reach(&head, x as f32, y as f32);
                *pixel = if reach < MIDDLE { 255 } else { 0 };
            }
            self.face.add_row(y, self.row);
        }
    }
}

impl Part {
    /// Whether it looks like the room rather than like somebody.
    fn is_room(&self) -> bool {
        2 * self.like > self.area
    }
}

/// The pixel in which a head's middle lies, if that is in the picture.
fn pixel(head: &Head, (width, height): (usize, usize)) -> Option<(usize, usize)> {
    let inside = (0.0..width as f32).contains(&head.x) && (0.0..height as f32).contains(&head.y);
    inside.then_some((head.x as usize, head.y as usize))
}

/// Whether the middle of a face looks like the room: a photograph that has long hung there.
fn looks_like_room(head: &Head, like: &Bitmap) -> bool {
    /// The middle reaches so many pixels from its own middle.
    const MIDDLE: usize = 2;
    let (width, height) = like.size();
    let Some((x, y)) = pixel(head, (width, height)) else {
        return false;
    };
    let rows = y.saturating_sub(MIDDLE)..(y + MIDDLE + 1).min(height);
    let across = x.saturating_sub(MIDDLE)..(x + MIDDLE + 1).min(width);
    let all = rows.len() * across.len();
    let alike = rows.map(|y| like.count_between(y, across.start, across.end));
    2 * alike.sum::<usize>() > all
}

#[cfg(test)]
mod levels;
#[cfg(test)]
mod scenes;
#[cfg(test)]
mod tests;
