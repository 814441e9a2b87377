//! Somebody else: whether they move about, and what is theirs.

use std::ops::Range;
use std::time::Duration;

use frosted_core::internal::{Level, Work};
use frosted_core::{Rotation, Timestamp};

use super::heads::{Heads, Upright};
use super::parts::{Marks, Part};
use super::{Choice, Sight, SubjectFinder};
use crate::bits::Bitmap;
use crate::settings::Subjects;

/// Somebody else moved about not longer ago than this: what is far from the subject's face,
/// or was not the subject's before, is doubtful.
const ALERT: Duration = Duration::from_secs(3);
/// The parts of others are compared with where they were at least so long ago.
const OTHERS_AGE: Duration = Duration::from_millis(250);
/// Somebody else is of at least this size, per mille of the picture.
const MIN_OTHER_PERMILLE: usize = 4;
/// A raised hand is not farther from the face than this, in widths of it ...
const HAND_REACH: f32 = 3.0;
/// ... and not larger than this with its arm, in squares of its width.
const HAND_AREA: f32 = 1.5;
/// Where somebody else is about, a subject reaches so far from the face (see
/// [`Upright::reach`]).
const SUBJECT_REACH: f32 = 1.9;
/// Somebody else reaches so far ...
const OTHER_REACH: f32 = 1.35;
/// ... and has what is nearer to them than to the subject, or nearly so ...
const DOUBT: f32 = 1.6;
/// ... unless they stand still: then they are a picture or sit there, and nothing of them
/// goes behind the subject ...
const STILL_REACH: f32 = 1.0;
/// ... but nothing within this of a subject's face.
const OWN_REACH: f32 = 0.6;

impl SubjectFinder {
    /// Whether the parts that are nobody's have changed: somebody else moves about.
    pub(super) fn others_move(&mut self, sight: &Sight<'_>) -> bool {
        let at = sight.at;
        let least = self.size.0 * self.size.1 * MIN_OTHER_PERMILLE / 1000;
        self.others.fit(self.size);
        let hands = self.hands(sight);
        self.hands.clear();
        if let Some((columns, most)) = hands {
            let (parts, list) = (&self.parts, self.parts.list().iter());
            let hand = |part: &&Part| part.area <= most && parts.lies_within(part.root, &columns);
            self.hands.extend(list.filter(hand).map(|part| part.root));
        }
        let (kept, hands, list) = (&self.kept, &self.hands, &mut self.others);
        let other = |part: &Part| {
            let own = kept.contains(&part.root) || hands.contains(&part.root);
            part.area >= least && !part.is_room() && !own
        };
        self.parts.draw_those(other, list);
        let moved = match self.others_then_at {
            Some(_) => {
                let then = [&self.others_then];
                self.others.count_of(then, |now, [then]| now & !then) >= least
            }
            None => false,
        };
        let renew = |then: Timestamp| at < then || at.since(then) >= OTHERS_AGE;
        if self.others_then_at.is_none_or(renew) {
            self.others_then_at = Some(at);
            self.others_then.copy_from(&self.others);
            // Borders tremble.
            self.others_then.dilate_square(2);
        }
        moved
    }

    /// The columns in which a part is rather the subject's hand than somebody else, and its
    /// largest area, while nobody else is about: whoever comes in does so from a side or with a
    /// face.
    pub(super) fn hands(&self, sight: &Sight<'_>) -> Option<(Range<f32>, usize)> {
        let alone = sight.rotation == Rotation::None
            && !self.other_is_about(sight.at)
            && self.heads.others(sight.at).next().is_none();
        let head = self
            .heads
            .subjects_seen(sight.at)
            .next()
            .filter(|_| alone)?;
        let reach = HAND_REACH * head.width;
        let columns = (head.x - reach).max(1.0)..(head.x + reach).min(self.size.0 as f32 - 1.0);
        Some((columns, (HAND_AREA * head.width * head.width) as usize))
    }

    /// Takes from the subject's pixels what is rather somebody else's, and what is left over
    /// then without a tie to the face.
    pub(super) fn cut_others(&mut self, sight: &Sight<'_>, choice: Choice) {
        let upright = Upright::of(sight.rotation);
        let alert = self.other_is_about(sight.at);
        if !alert && self.heads.others(sight.at).next().is_none() {
            return;
        }
        let shaped = alert && choice.subjects == Subjects::One && self.shape.recall(sight.at);
        let shape = self.heads.subjects(sight.at).next().filter(|_| shaped);
        let whole = self.last.count();
        let strangers = Strangers {
            heads: &self.heads,
            upright,
            at: sight.at,
            alert,
        };
        let (last, row) = (&mut self.last, &mut self.row);
        Level::chosen().run(Cut(last, strangers, row));
        if let Some(head) = shape {
            self.shape.cut(&head, upright, &mut self.last);
        }
        let cut = self.last.count() < whole;
        if !cut {
            return;
        }
        self.parts.find(&self.last);
        let marks = Marks {
            face: Some(&self.face),
            ..Marks::default()
        };
        self.parts.count(&marks);
        let parts = self.parts.list().iter();
        let main = parts
            .max_by_key(|part| (part.face, part.area))
            .map(|part| part.root);
        let several = choice.subjects != Subjects::One;
        let tied = |part: &Part| Some(part.root) == main || (several && part.face > 0);
        self.parts.draw_those(tied, &mut self.last);
    }

    pub(super) fn other_is_about(&self, at: Timestamp) -> bool {
        self.other_at
            .is_some_and(|seen| at >= seen && at.since(seen) <= ALERT)
    }
}

/// Who may have a subject's pixels, and when.
#[derive(Clone, Copy, Debug)]
struct Strangers<'a> {
    heads: &'a Heads,
    upright: Upright,
    at: Timestamp,
    /// Somebody else is about.
    alert: bool,
}

impl Strangers<'_> {
    /// Says of each pixel of row `y`, whose first is `from`, whether it is rather theirs (255)
    /// or the subject's; `own` becomes how far it is from the nearest subject.
    #[inline(always)]
    fn look(&self, y: usize, from: usize, own: &mut [f32], theirs: &mut [u8]) {
        let y = y as f32;
        let columns = from as u32..;
        own.fill(f32::INFINITY);
        for head in self.heads.subjects(self.at) {
            for (own, x) in own.iter_mut().zip(columns.clone()) {
                *own = own.min(self.upright.reach(&head, x as f32, y));
            }
        }
        let far = self.alert && self.heads.subjects(self.at).next().is_some();
        for (theirs, &own) in theirs.iter_mut().zip(&*own) {
            *theirs = if far & (own >= SUBJECT_REACH) { 255 } else { 0 };
        }
        for (head, still) in self.heads.others_and_stillness(self.at) {
            let (most, doubt) = match still {
                true => (STILL_REACH, 1.0),
                false => (OTHER_REACH, DOUBT),
            };
            for ((theirs, &own), x) in theirs.iter_mut().zip(&*own).zip(columns.clone()) {
                let reach = self.upright.reach(&head, x as f32, y);
                let taken = (own > OWN_REACH) & (reach < most) & (reach < doubt * own);
                *theirs |= if taken { 255 } else { 0 };
            }
        }
    }
}

/// Takes from the subject's pixels what is rather somebody else's.
struct Cut<'a>(&'a mut Bitmap, Strangers<'a>, &'a mut Row);

/// Something of each pixel of a row.
#[derive(Debug, Default)]
pub(super) struct Row {
    own: Vec<f32>,
    theirs: Vec<u8>,
}

impl Work for Cut<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(subject, strangers, row) = self;
        let (width, height) = subject.size();
        row.own.resize(width, 0.0);
        row.theirs.resize(width, 0);
        for y in 0..height {
            let Some((from, to)) = subject.span(y) else {
                continue;
            };
            row.theirs.fill(0);
            let (own, theirs) = (&mut row.own[from..to], &mut row.theirs[from..to]);
            strangers.look(y, from, own, theirs);
            subject.remove_row(y, &row.theirs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::heads::{Head, Returns};
    use super::*;
    use crate::bits::tests::drawn;

    #[test]
    fn others_are_cut_alike_at_every_level() {
        let at = Timestamp::from_millis;
        let head = |x| Head {
            x,
            y: 12.3,
            width: 9.7,
        };
        // The subject, somebody who walks, and a picture on the wall.
        let mut heads = Heads::default();
        let see = |heads: &mut Heads, millis, walks| {
            let faces = [head(30.2), head(walks), head(90.4)];
            heads.see(
                faces.into_iter(),
                at(millis),
                |_| false,
                Returns::Impossible,
            );
        };
        see(&mut heads, 0, 60.0);
        heads.promote(&head(30.2), at(0));
        for (millis, walks) in [(100, 56.0), (200, 52.0), (400, 46.0)] {
            see(&mut heads, millis, walks);
        }
        let stand = heads.others_and_stillness(at(400)).filter(|other| other.1);
        assert_eq!((stand.count(), heads.others(at(400)).count()), (1, 2));
        for alert in [false, true] {
            for (width, height) in [(65, 30), (131, 40)] {
                let before = drawn((width, height), |x, y| x > 2 && (x + y) % 7 > 0);
                let cut = |level: Level| {
                    let mut subject = before.clone();
                    let strangers = Strangers {
                        heads: &heads,
                        upright: Upright::of(Rotation::None),
                        at: at(400),
                        alert,
                    };
                    level.run(Cut(&mut subject, strangers, &mut Row::default()));
                    assert!(subject.get(31, 12) && subject.count() < before.count());
                    subject.marked().collect::<Vec<_>>()
                };
                let wanted = cut(Level::COMMON);
                for level in Level::all().skip(1) {
                    assert!(cut(level) == wanted, "{width}x{height}, {alert}, {level}");
                }
            }
        }
    }
}
