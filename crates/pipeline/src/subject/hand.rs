//! The subject's hand, while it comes in apart from the body.

use std::ops::Range;

use frosted_core::Rotation;

use super::parts::Part;
use super::{Sight, SubjectFinder};
use crate::facts::SOMEBODY;
use crate::room::Smooth;

/// A raised hand is not farther from the face than this, in widths of it ...
const REACH: f32 = 3.0;
/// ... and not larger than this with its arm, in squares of its width.
const AREA: f32 = 1.5;
/// One that is apart is not smaller than this, in the same squares: crumbs of the room that
/// break off the subject's border are.
const LEAST_AREA: f32 = 0.04;
/// So much of a hand stands before a room that is known and looks otherwise, per mille: what
/// the network only makes up looks like the room.
const STRANGE_PERMILLE: usize = 500;
/// With more of the room changed than this, per mille, its light has changed, and nothing is
/// said by what looks otherwise.
const ROOM_CHANGES_PERMILLE: usize = 20;
/// So much of it differs from the room towards the face's colour, per mille: motion blurs a
/// hand with the room.
const SKIN_PERMILLE: usize = 400;
/// By so many levels of chroma at least, squared ...
const SKIN_LEVELS_2: i32 = 6 * 6;
/// ... and in the face's direction: the cosine of the angle between the two, squared, in
/// 1/256 (35 degrees).
const SKIN_COSINE_2_Q8: i32 = 172;

impl SubjectFinder {
    /// Lists the parts that are rather the subject's hand than somebody else, while nobody
    /// else is about: whoever comes in does so from a side or with a face.
    pub(super) fn find_hands(&mut self, sight: &Sight<'_>) {
        self.hands.clear();
        let Some((columns, _, most)) = self.hands_place(sight) else {
            return;
        };
        let (parts, list) = (&self.parts, self.parts.list().iter());
        let hand = |part: &&Part| part.area <= most && parts.lies_within(part.root, &columns);
        self.hands.extend(list.filter(hand).map(|part| part.root));
    }

    /// The columns in which hands are, the least area of one that is shown while it is apart, and
    /// the largest one of any.
    fn hands_place(&self, sight: &Sight<'_>) -> Option<(Range<f32>, usize, usize)> {
        let alone = sight.rotation == Rotation::None
            && !self.other_is_about(sight.at)
            && self.heads.others(sight.at).next().is_none();
        let head = self
            .heads
            .subjects_seen(sight.at)
            .next()
            .filter(|_| alone)?;
        let reach = REACH * head.width;
        let columns = (head.x - reach).max(1.0)..(head.x + reach).min(self.size.0 as f32 - 1.0);
        let square = head.width * head.width;
        Some((
            columns,
            (LEAST_AREA * square) as usize,
            (AREA * square) as usize,
        ))
    }

    /// Adds to `kept` the hands that are shown before they join the body: they come in over
    /// the lower edge, before a room that is known and looked otherwise, in the face's
    /// colour; or they were the subject's in the last frame.
    pub(super) fn keep_hands(&mut self, sight: &Sight<'_>) {
        let Some((_, least, _)) = self.hands_place(sight) else {
            return;
        };
        for at in 0..self.hands.len() {
            let root = self.hands[at];
            let part = self.parts.list().iter().find(|part| part.root == root);
            let Some(part) = part.filter(|_| !self.kept.contains(&root)) else {
                continue;
            };
            let was = 2 * part.overlap >= part.area;
            let fits = part.area >= least && !part.is_room();
            if fits && (was || self.enters(sight, part)) {
                self.kept.push(root);
            }
        }
    }

    /// Whether a part is a hand that comes in over the lower edge.
    fn enters(&self, sight: &Sight<'_>, part: &Part) -> bool {
        let (width, height) = self.size;
        if !self.parts.reaches_row(part.root, height - 1) || sight.room_changes() {
            return false;
        }
        let face = self.face.iter().enumerate().filter(|(_, face)| **face == 1);
        let Some(skin) = mean_chroma(sight.picture, face.map(|(at, _)| at)) else {
            return false;
        };
        let (mut strange, mut alike) = (0, 0);
        for at in self.parts.pixels(part.root, width) {
            if sight.is_strange(at) {
                strange += 1;
                let room = chroma(sight.remembered, sight.picture.is_yuv(), at);
                let now = chroma(sight.picture.planes(), sight.picture.is_yuv(), at);
                alike += usize::from(leans_towards(room, now, skin));
            }
        }
        1000 * strange >= STRANGE_PERMILLE * part.area && 1000 * alike >= SKIN_PERMILLE * part.area
    }
}

impl Sight<'_> {
    /// Whether a pixel does not look like the room that is remembered there.
    fn is_strange(&self, at: usize) -> bool {
        self.known.get(at) == Some(&1) && self.like[at] == 0
    }

    /// Whether the room looks otherwise where nobody is: another light, another room.
    fn room_changes(&self) -> bool {
        let (mut strange, mut all) = (0, 0);
        for (at, &value) in self.people.values().iter().enumerate() {
            if value < SOMEBODY && self.known.get(at) == Some(&1) {
                all += 1;
                strange += usize::from(self.like[at] == 0);
            }
        }
        1000 * strange > ROOM_CHANGES_PERMILLE * all
    }
}

/// Two differences of colours that no light's brightness has much of: Cb and Cr, or half of
/// B - G and R - G.
fn chroma(planes: [&[u8]; 3], yuv: bool, at: usize) -> [i32; 2] {
    let [a, b, c] = planes.map(|plane| i32::from(plane[at]));
    if yuv {
        [b, c]
    } else {
        [(c - b) / 2, (a - b) / 2]
    }
}

fn mean_chroma(picture: &Smooth, pixels: impl Iterator<Item = usize>) -> Option<[i32; 2]> {
    let (mut sum, mut all) = ([0; 2], 0);
    for at in pixels {
        let chroma = chroma(picture.planes(), picture.is_yuv(), at);
        sum = [sum[0] + chroma[0], sum[1] + chroma[1]];
        all += 1;
    }
    (all > 0).then(|| sum.map(|sum| sum / all))
}

/// Whether a colour differs from the room's into the direction of the skin's.
fn leans_towards(room: [i32; 2], now: [i32; 2], skin: [i32; 2]) -> bool {
    let now = [now[0] - room[0], now[1] - room[1]];
    let skin = [skin[0] - room[0], skin[1] - room[1]];
    let square = |v: [i32; 2]| v[0] * v[0] + v[1] * v[1];
    let along = now[0] * skin[0] + now[1] * skin[1];
    square(now) >= SKIN_LEVELS_2
        && along > 0
        && 256 * i64::from(along).pow(2)
            >= i64::from(SKIN_COSINE_2_Q8) * i64::from(square(now)) * i64::from(square(skin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blurred_hand_leans_towards_the_skin_and_other_things_do_not() {
        let (wall, skin) = ([118, 128], [101, 166]);
        assert!(leans_towards(wall, [113, 142], skin));
        assert!(leans_towards(wall, skin, skin));
        // Too little, away from it, and blue.
        assert!(!leans_towards(wall, [116, 131], skin));
        assert!(!leans_towards(wall, [127, 114], skin));
        assert!(!leans_towards(wall, [150, 110], skin));
    }
}
