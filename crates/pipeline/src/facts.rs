use frosted_core::internal::{COVERED_UP_TO, Level, Work};
use frosted_core::{Mask, Reduced};

use crate::bits::Bitmap;

/// What the policy needs to know of a mask and its picture, in whole numbers so that no
/// two machines decide differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Pixels that are rather anybody's than not, per mille of the picture.
    pub people_permille: u16,
    /// Those of them that are not the room whatever the network says.
    pub strange_permille: u16,
    /// Pixels that are rather the subject's than not, per mille of the picture.
    pub subject_permille: u16,
    /// Undecided pixels (mask value 64 to 191), per mille of those that are not surely
    /// background (64 and up), the room left out; 0 if there is nobody to be undecided about.
    pub undecided_permille: u16,
    /// Mean of luma (or green) over the picture, 0 to 255.
    pub brightness: u8,
    /// The brightest of the picture's luma (or green) less the darkest, 0 to 255.
    pub contrast: u8,
    /// How frayed the subject's outline is: the square of its length, counted in sides of
    /// pixels, over its area. 16 for a square; 0 without a person.
    pub raggedness: u32,
}

/// Masks with fewer pixels of a person than this show nobody.
pub(crate) const MIN_PERSON_PERMILLE: u16 = 5;

/// Mask values from here on count as the person's: .5.
pub(crate) const PERSON: u8 = COVERED_UP_TO;

/// Mask values from here on may be something of a person: .1.
pub(crate) const SOMEBODY: u8 = 26;

/// Finds the facts of frame after frame.
#[derive(Debug, Default)]
pub(crate) struct FactFinder {
    map: Bitmap,
}

impl FactFinder {
    /// Those of a frame: `people` is the network's mask, of which `room` is the room whatever
    /// the network says, `subject` what is left of it.
    pub(crate) fn find(
        &mut self,
        people: &Mask,
        room: &Bitmap,
        subject: &Mask,
        picture: &Reduced,
    ) -> Facts {
        Level::chosen().run(Find(self, people, room, subject, picture))
    }
}

struct Find<'a>(
    &'a mut FactFinder,
    &'a Mask,
    &'a Bitmap,
    &'a Mask,
    &'a Reduced,
);

impl Work for Find<'_> {
    type Output = Facts;

    #[inline(always)]
    fn run(self) -> Facts {
        let Self(FactFinder { map }, people, room, subject, picture) = self;
        let size = (people.width(), people.height());
        map.mark(size, [people.values()], |[v]| v >= PERSON);
        let person = map.count();
        let strange = map.count_of([room], |word, [room]| word & !room);
        map.mark(size, [people.values()], |[v]| v >= 64);
        let maybe = map.count_of([room], |word, [room]| word & !room);
        map.mark(size, [people.values()], |[v]| (64..192).contains(&v));
        let undecided = map.count_of([room], |word, [room]| word & !room);
        let size = (subject.width(), subject.height());
        map.mark(size, [subject.values()], |[v]| v >= PERSON);
        let (shown, outline) = (map.count(), map.outline() as u64);
        // Green carries most of luma, so that one plane does for RGB.
        let plane = picture.planes()[usize::from(picture.colour().is_none())];
        let darkest = plane.iter().fold(255, |low: u8, &v| low.min(v));
        let brightest = plane.iter().fold(0, |high: u8, &v| high.max(v));
        // Of so many values the sum holds in 32 bits.
        let sums = plane
            .chunks(1 << 16)
            .map(|part| part.iter().map(|&v| u32::from(v)).sum());
        let sum: u64 = sums.map(|sum: u32| u64::from(sum)).sum();
        let permille =
            |part: usize, whole: usize| (1000 * part as u64 / (whole as u64).max(1)) as u16;
        let all = people.values().len();
        let people_permille = permille(person, all);
        let strange_permille = permille(strange, all);
        let anybody = strange_permille >= MIN_PERSON_PERMILLE;
        Facts {
            people_permille,
            strange_permille,
            subject_permille: permille(shown, all),
            undecided_permille: if anybody {
                permille(undecided, maybe)
            } else {
                0
            },
            brightness: (sum / (plane.len() as u64).max(1)) as u8,
            contrast: u8::saturating_sub(brightest, darkest),
            raggedness: (outline * outline)
                .checked_div(shown as u64)
                .unwrap_or(0)
                .min(u64::from(u32::MAX)) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::{mask, picture};

    #[test]
    fn shares_and_outline_are_counted() {
        let picture = picture(100, 100, |x, _| 76 + (x % 3) as u8);
        let square = |x: usize, y: usize| (20..60).contains(&x) && (30..70).contains(&y);
        let subject = mask(&picture, square);
        let people = mask(&picture, |x, y| square(x, y) || y >= 90);
        let no_room = mask(&picture, |_, _| false);
        let marked = |room: &Mask| {
            let mut map = Bitmap::default();
            map.mark((100, 100), [room.values()], |[v]| v > 0);
            map
        };
        let facts_of = |people: &Mask, room: &Mask, subject: &Mask| {
            let room = marked(room);
            let facts = Level::all().map(|level| {
                let mut finder = FactFinder::default();
                level.run(Find(&mut finder, people, &room, subject, &picture))
            });
            let facts: Vec<Facts> = facts.collect();
            assert!(facts.iter().all(|&other| other == facts[0]), "{facts:?}");
            facts[0]
        };
        let facts = facts_of(&people, &no_room, &subject);
        let expected = Facts {
            people_permille: 260,
            strange_permille: 260,
            subject_permille: 160,
            undecided_permille: 0,
            brightness: 76,
            contrast: 2,
            raggedness: 16,
        };
        assert_eq!(facts, expected);
        let room = mask(&picture, |_, y| y >= 90);
        let facts = facts_of(&people, &room, &subject);
        assert_eq!((facts.people_permille, facts.strange_permille), (260, 160));
        let comb = mask(&picture, |x, y| x % 2 == 0 || y < 10);
        let comb = facts_of(&comb, &no_room, &comb);
        assert!(comb.raggedness > 10_000, "{comb:?}");
        let nobody = mask(&picture, |_, _| false);
        let nobody = facts_of(&nobody, &no_room, &nobody);
        assert_eq!((nobody.subject_permille, nobody.raggedness), (0, 0));
    }
}
