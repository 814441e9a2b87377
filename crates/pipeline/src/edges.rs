//! The mask's border, drawn anew by colour.
//!
//! A network of 320x192 pixels cuts hair and shoulders and cannot say where between two of
//! its pixels the border runs. What it is sure of is mostly right, though: so the pixels that
//! it doubts are given to those of the sure ones around them that have their colour. Where no
//! sure pixel has it, the network's word stands.
//!
//! Votes never show what the network alone would show by less than half: a wall of the
//! person's colour would vote for itself, with everything that hangs on it.

use frosted_core::internal::SHOWN_BY_HALF_FROM;
use frosted_core::{Mask, Reduced};

use crate::bitmap;

/// Surely the person's from here on (.85) ...
const SURE: u8 = 217;
/// ... and surely the room's below this (.15).
const SURE_NOT: u8 = 38;
/// What is closer than this to a doubtful pixel has no vote for the room, in pixels.
const DOUBT: usize = 2;
/// Voters stand at every third pixel ...
const VOTER_STEP: usize = 3;
/// ... up to so many of them away in each direction.
const VOTERS: usize = 2;
/// A voter's weight by its distance, in voters, across and down.
const BY_DISTANCE: [u32; VOTERS + 1] = [16, 9, 1];
/// Voters whose colours differ by this (sum of the three planes' squares) have no say.
const MOST_DIFFERENCE: u32 = 64 * 64;
/// The say that the votes have in a decision, in 1/256; the rest is the network's ...
const VOTES_Q8: u32 = 192;
/// ... if there are so many votes; less if there are fewer.
const ENOUGH_VOTES: u32 = 512;

/// Lets the sure pixels of a mask vote on the others by colour.
#[derive(Debug, Default)]
pub(crate) struct EdgeRefiner {
    /// Those that vote for the room, 1 = they do.
    room: Vec<u8>,
    scratch: Vec<u8>,
    voters: Voters,
}

/// Every [`VOTER_STEP`]th pixel of every so many rows, with a margin of pixels that have no
/// say.
#[derive(Debug, Default)]
struct Voters {
    width: usize,
    list: Vec<Voter>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Voter {
    colour: [u8; 3],
    side: Side,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Side {
    #[default]
    Unsure,
    Person,
    Room,
}

impl EdgeRefiner {
    /// Draws the border of `mask` anew by the colours of `picture`, whose mask it is.
    pub(crate) fn refine(&mut self, mask: &mut Mask, picture: &Reduced) {
        let width = mask.width();
        self.room.clear();
        let values = mask.values().iter();
        self.room.extend(values.map(|&v| u8::from(v < SURE_NOT)));
        bitmap::erode_square(&mut self.room, width, DOUBT, &mut self.scratch);
        self.voters.list(mask, &self.room, picture);
        let [first, second, third] = picture.planes();
        // The voters are listed, so that no decision sways another.
        for (at, value) in mask.values_mut().iter_mut().enumerate() {
            if !(SURE_NOT..SURE).contains(value) {
                continue;
            }
            let colour = [first[at], second[at], third[at]];
            let Some((share, weight_q8)) = self.voters.share(at % width, at / width, colour) else {
                continue;
            };
            let network = u32::from(*value) * (256 - weight_q8);
            let voted = ((network + share * weight_q8) >> 8) as u8;
            *value = if *value < SHOWN_BY_HALF_FROM {
                voted.min(*value)
            } else {
                voted
            };
        }
    }
}

impl Voters {
    fn list(&mut self, mask: &Mask, room: &[u8], picture: &Reduced) {
        let (width, height) = (mask.width(), mask.height());
        self.width = width.div_ceil(VOTER_STEP) + 2 * VOTERS;
        let rows = height.div_ceil(VOTER_STEP) + 2 * VOTERS;
        self.list.clear();
        self.list.resize(self.width * rows, Voter::default());
        let [first, second, third] = picture.planes();
        for (j, y) in (VOTER_STEP / 2..height).step_by(VOTER_STEP).enumerate() {
            let row = (j + VOTERS) * self.width + VOTERS;
            for (i, x) in (VOTER_STEP / 2..width).step_by(VOTER_STEP).enumerate() {
                let at = y * width + x;
                let side = if mask.values()[at] >= SURE {
                    Side::Person
                } else if room[at] == 1 {
                    Side::Room
                } else {
                    continue;
                };
                self.list[row + i] = Voter {
                    colour: [first[at], second[at], third[at]],
                    side,
                };
            }
        }
    }

    /// What share of the votes on pixel (x, y) of `colour` the person has, in 1/255, and the
    /// votes' say in the decision, in 1/256; nothing if nobody votes.
    fn share(&self, x: usize, y: usize, colour: [u8; 3]) -> Option<(u32, u32)> {
        // The pixel's own voter is the middle of those around it.
        let corner = (y / VOTER_STEP) * self.width + x / VOTER_STEP;
        let across = 2 * VOTERS + 1;
        let (mut person, mut all) = (0, 0);
        for (j, start) in (corner..).step_by(self.width).take(across).enumerate() {
            let down = BY_DISTANCE[j.abs_diff(VOTERS)];
            for (i, voter) in self.list[start..start + across].iter().enumerate() {
                let differs = difference(voter.colour, colour);
                if voter.side == Side::Unsure || differs >= MOST_DIFFERENCE {
                    continue;
                }
                // (1 - d)^4, nearly a bell of standard deviation 20 levels.
                let like = (MOST_DIFFERENCE - differs) >> 4;
                let like = (like * like) >> 8;
                let near = down * BY_DISTANCE[i.abs_diff(VOTERS)];
                let votes = (((like * like) >> 8) * near) >> 4;
                all += votes;
                if voter.side == Side::Person {
                    person += votes;
                }
            }
        }
        let share = (255 * person).checked_div(all)?;
        let say = VOTES_Q8 * all.min(ENOUGH_VOTES) / ENOUGH_VOTES;
        Some((share, say))
    }
}

/// The sum of the planes' squared differences.
fn difference(a: [u8; 3], b: [u8; 3]) -> u32 {
    let squares = a
        .iter()
        .zip(&b)
        .map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2));
    squares.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::picture;

    const SIZE: (usize, usize) = (48, 40);
    const PERSON: u8 = 160;
    const ROOM: u8 = 70;

    /// What becomes of the mask `network` of a picture of `luma`.
    fn refined(luma: impl Fn(usize, usize) -> u8, network: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        let picture = picture(SIZE.0, SIZE.1, luma);
        let mut mask = Mask::new();
        for (at, value) in mask.begin(&picture).iter_mut().enumerate() {
            *value = network(at % SIZE.0, at / SIZE.0);
        }
        EdgeRefiner::default().refine(&mut mask, &picture);
        mask.values().to_vec()
    }

    /// A column of somebody, with grain.
    fn column(x: usize, y: usize) -> u8 {
        let level = if (16..32).contains(&x) { PERSON } else { ROOM };
        level + ((x * 7 + y * 13) % 5) as u8
    }

    #[test]
    fn a_doubtful_border_becomes_sharp_where_the_colours_part() {
        // Two pixels of doubt, one of them the person's.
        let soft = |x: usize, _| match x {
            15 | 32 => 150,
            16 | 31 => 170,
            17..=30 => 255,
            _ => 0,
        };
        let values = refined(column, soft);
        for row in values.chunks(SIZE.0) {
            assert!(
                row[..15].iter().chain(&row[33..]).all(|&v| v == 0),
                "{row:?}"
            );
            assert!(row[15] < 128 && row[32] < 128, "{row:?}");
            assert!(row[16..32].iter().all(|&v| v > 200), "{row:?}");
        }
    }

    #[test]
    fn a_wall_of_the_persons_colour_is_shown_no_more_than_the_network_says() {
        let doubtful = |x: usize, _| match x {
            ..10 => 0,
            10..16 => 40 + 20 * (x - 10) as u8,
            _ => 255,
        };
        let values = refined(|x, y| column(20 + x % 3, y), doubtful);
        for (at, &value) in values.iter().enumerate() {
            let (x, y) = (at % SIZE.0, at / SIZE.0);
            assert!(value <= doubtful(x, y), "{x},{y}: {value}");
        }
    }

    #[test]
    fn where_nobody_has_the_colour_the_networks_word_stands() {
        let strange = |x: usize, y: usize| {
            if (14..18).contains(&x) {
                250
            } else {
                column(x, y)
            }
        };
        let soft = |x: usize, _: usize| (255 * (x as i32 - 13).clamp(0, 6) / 6) as u8;
        let values = refined(strange, soft);
        for y in 0..SIZE.1 {
            for x in 14..18 {
                assert_eq!(values[y * SIZE.0 + x], soft(x, y), "{x},{y}");
            }
        }
    }

    #[test]
    fn what_is_sure_and_what_nobody_is_sure_of_stays() {
        let sure = refined(column, |x, _| if x < 40 { 0 } else { 255 });
        assert!(sure.chunks(SIZE.0).all(|row| {
            row[..38].iter().all(|&v| v == 0) && row[40..].iter().all(|&v| v == 255)
        }));
        let unsure = refined(column, |_, _| 120);
        assert!(unsure.iter().all(|&v| v == 120));
    }

    #[test]
    fn any_size_and_any_mask_will_do() {
        for (width, height) in [(16, 16), (17, 19), (31, 16)] {
            let picture = picture(width, height, |x, y| (x * 71 + y * 37 + x * y * 13) as u8);
            let mut mask = Mask::new();
            for (at, value) in mask.begin(&picture).iter_mut().enumerate() {
                *value = (at * 97 % 256) as u8;
            }
            let before = mask.values().to_vec();
            EdgeRefiner::default().refine(&mut mask, &picture);
            let pairs = mask.values().iter().zip(&before);
            assert!(
                pairs
                    .clone()
                    .all(|(&now, &before)| before < SURE || now == before)
            );
        }
    }
}
