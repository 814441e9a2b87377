use frosted_core::internal::COVERED_UP_TO;
use frosted_core::{Mask, Reduced};

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

impl Facts {
    /// Those of a frame: `people` is the network's mask, of which `room` (1 = it is) is the
    /// room whatever the network says, `subject` what is left of it.
    pub(crate) fn of(people: &Mask, room: &[u8], subject: &Mask, picture: &Reduced) -> Self {
        let (mut person, mut strange, mut maybe, mut undecided) = (0u32, 0u32, 0u32, 0u32);
        for (&value, &room) in people.values().iter().zip(room) {
            person += u32::from(value >= PERSON);
            let value = value * (1 - room);
            strange += u32::from(value >= PERSON);
            maybe += u32::from(value >= 64);
            undecided += u32::from((64..192).contains(&value));
        }
        let shown = subject.values().iter();
        let shown: u32 = shown.map(|&value| u32::from(value >= PERSON)).sum();
        let outline = u64::from(outline(subject));
        // Green carries most of luma, so that one plane does for RGB.
        let plane = picture.planes()[usize::from(picture.colour().is_none())];
        let (darkest, brightest) = plane
            .iter()
            .fold((255, 0), |(low, high), &v| (v.min(low), v.max(high)));
        let sum: u64 = plane.iter().map(|&v| u64::from(v)).sum();
        let permille =
            |part: u32, whole: u32| (1000 * u64::from(part) / u64::from(whole.max(1))) as u16;
        let all = people.values().len() as u32;
        let people_permille = permille(person, all);
        let strange_permille = permille(strange, all);
        let anybody = strange_permille >= MIN_PERSON_PERMILLE;
        Self {
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
                .checked_div(u64::from(shown))
                .unwrap_or(0)
                .min(u64::from(u32::MAX)) as u32,
        }
    }
}

/// Pairs of neighbouring pixels of which just one is the person's. The picture's own edge is
/// no outline: a person may be cut by it.
fn outline(mask: &Mask) -> u32 {
    let width = mask.width().max(1);
    let values = mask.values();
    let differ = |a: &u8, b: &u8| u32::from((*a >= PERSON) != (*b >= PERSON));
    let across = values.chunks_exact(width).map(|row| {
        row.iter()
            .zip(&row[1..])
            .map(|(a, b)| differ(a, b))
            .sum::<u32>()
    });
    let down = values.iter().zip(values.get(width..).unwrap_or_default());
    across.sum::<u32>() + down.map(|(a, b)| differ(a, b)).sum::<u32>()
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
        let no_room = vec![0; 100 * 100];
        let facts = Facts::of(&people, &no_room, &subject, &picture);
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
        let room: Vec<u8> = (0..100 * 100).map(|at| u8::from(at / 100 >= 90)).collect();
        let facts = Facts::of(&people, &room, &subject, &picture);
        assert_eq!((facts.people_permille, facts.strange_permille), (260, 160));
        let comb = mask(&picture, |x, y| x % 2 == 0 || y < 10);
        let comb = Facts::of(&comb, &no_room, &comb, &picture);
        assert!(comb.raggedness > 10_000, "{comb:?}");
        let nobody = mask(&picture, |_, _| false);
        let nobody = Facts::of(&nobody, &no_room, &nobody, &picture);
        assert_eq!((nobody.subject_permille, nobody.raggedness), (0, 0));
    }
}
