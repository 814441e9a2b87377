//! The mask's border, drawn anew by colour.
//!
//! A network of 320x192 pixels cuts hair and shoulders and cannot say where between two of
//! its pixels the border runs. What it is sure of is mostly right, though: so the pixels that
//! it doubts are given to those of the sure ones around them that have their colour. Where no
//! sure pixel has it, the network's word stands.
//!
//! Votes never show what the network alone would show by less than half: a wall of the
//! person's colour would vote for itself, with everything that hangs on it.

use frosted_core::internal::{Level, SHOWN_BY_HALF_FROM, Work};
use frosted_core::{Mask, Reduced};

use crate::bits::Bitmap;

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
const BY_DISTANCE: [u16; VOTERS + 1] = [16, 9, 1];
/// Voters whose colours differ by this (sum of the three planes' squares) have no say.
const MOST_DIFFERENCE: u16 = 64 * 64;
/// The say that the votes have in a decision, in 1/256; the rest is the network's ...
const VOTES_Q8: u32 = 192;
/// ... if there are so many votes; less if there are fewer.
const ENOUGH_VOTES: u32 = 512;

/// Lets the sure pixels of a mask vote on the others by colour.
#[derive(Debug, Default)]
pub(crate) struct EdgeRefiner {
    /// Those that vote for the room.
    room: Bitmap,
    doubtful: Bitmap,
    voters: Voters,
}

/// Every [`VOTER_STEP`]th pixel of every so many rows, with a margin of pixels that have no
/// say.
#[derive(Debug, Default)]
struct Voters {
    /// Of the picture.
    size: (usize, usize),
    width: usize,
    planes: [Vec<u8>; 3],
    /// 255 = votes for the person.
    person: Vec<u8>,
    /// 255 = votes for either.
    sure: Vec<u8>,
    /// A row of the map of those that vote for the room.
    room: Vec<u8>,
}

/// Voters across and down around a pixel ...
const ACROSS: usize = 2 * VOTERS + 1;
/// ... of which rows of so many are looked at, because processors like them; the last ones
/// have no say.
const LANES: usize = 8;

/// The voters around a pixel.
#[derive(Debug, Default)]
struct Circle {
    planes: [Around<u8>; 3],
    person: Around<u8>,
    sure: Around<u8>,
}

/// Something of each of them, row by row.
#[derive(Debug)]
struct Around<T>([T; ACROSS * LANES]);

impl<T: Copy + Default> Default for Around<T> {
    fn default() -> Self {
        Self([T::default(); ACROSS * LANES])
    }
}

/// A voter's weight by its place, times 64.
const NEAR: [u16; ACROSS * LANES] = {
    let mut near = [0; ACROSS * LANES];
    let mut at = 0;
    while at < ACROSS * ACROSS {
        let (row, column) = (at / ACROSS, at % ACROSS);
        let weight = BY_DISTANCE[row.abs_diff(VOTERS)] * BY_DISTANCE[column.abs_diff(VOTERS)];
        near[row * LANES + column] = weight << 6;
        at += 1;
    }
    near
};

impl EdgeRefiner {
    /// Draws the border of `mask` anew by the colours of `picture`, whose mask it is.
    pub(crate) fn refine(&mut self, mask: &mut Mask, picture: &Reduced) {
        Level::chosen().run(Refine(self, mask, picture));
    }
}

struct Refine<'a>(&'a mut EdgeRefiner, &'a mut Mask, &'a Reduced);

impl Work for Refine<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        refine(self.0, self.1, self.2);
    }
}

#[inline(always)]
fn refine(refiner: &mut EdgeRefiner, mask: &mut Mask, picture: &Reduced) {
    let EdgeRefiner {
        room,
        doubtful,
        voters,
    } = refiner;
    let (width, size) = (mask.width(), (mask.width(), mask.height()));
    doubtful.mark(size, [mask.values()], |[v]| (SURE_NOT..SURE).contains(&v));
    if !doubtful.has_any() {
        return;
    }
    room.mark(size, [mask.values()], |[v]| v < SURE_NOT);
    room.erode_square(DOUBT);
    voters.list(mask, room, picture);
    let [first, second, third] = picture.planes();
    let values = mask.values_mut();
    let (mut circle, mut circle_at) = (Circle::default(), None);
    // The voters are listed, so that no decision sways another.
    for (x, y) in doubtful.marked() {
        // The pixel's own voter is the middle of those around it.
        let corner = (y / VOTER_STEP) * voters.width + x / VOTER_STEP;
        if circle_at != Some(corner) {
            circle_at = Some(corner);
            voters.gather(corner, &mut circle);
        }
        let at = y * width + x;
        let Some((share, weight_q8)) = circle.share([first[at], second[at], third[at]]) else {
            continue;
        };
        let value = &mut values[at];
        let network = u32::from(*value) * (256 - weight_q8);
        let voted = ((network + share * weight_q8) >> 8) as u8;
        *value = if *value < SHOWN_BY_HALF_FROM {
            voted.min(*value)
        } else {
            voted
        };
    }
}

impl Voters {
    #[inline(always)]
    fn list(&mut self, mask: &Mask, room: &Bitmap, picture: &Reduced) {
        let (width, height) = (mask.width(), mask.height());
        let across = width.div_ceil(VOTER_STEP) + 2 * VOTERS;
        let rows = height.div_ceil(VOTER_STEP) + 2 * VOTERS;
        let len = across * rows + LANES - ACROSS;
        // Not by the number of voters alone: at the far edges a place may be nobody's.
        if self.size != (width, height) {
            self.size = (width, height);
            self.width = across;
            let maps = [&mut self.person, &mut self.sure];
            for map in maps.into_iter().chain(&mut self.planes) {
                map.clear();
                map.resize(len, 0);
            }
        }
        self.room.resize(width, 0);
        for (j, y) in (VOTER_STEP / 2..height).step_by(VOTER_STEP).enumerate() {
            let row = y * width..(y + 1) * width;
            let to = (j + VOTERS) * self.width + VOTERS;
            let to = to..to + width.div_ceil(VOTER_STEP);
            for (plane, from) in self.planes.iter_mut().zip(picture.planes()) {
                take_voters(&from[row.clone()], &mut plane[to.clone()], |v| v);
            }
            let values = &mask.values()[row];
            let sure = |v| if v >= SURE { 255 } else { 0 };
            take_voters(values, &mut self.person[to.clone()], sure);
            room.write_row(y, &mut self.room);
            let side = &mut self.sure[to.clone()];
            take_voters(&self.room, side, |v| v);
            for (side, person) in side.iter_mut().zip(&self.person[to]) {
                *side |= person;
            }
        }
    }

    /// Takes those in the square from `corner` on.
    #[inline(always)]
    fn gather(&self, corner: usize, circle: &mut Circle) {
        let take = |map: &[u8], around: &mut Around<u8>| {
            for (row, around) in around.0.chunks_exact_mut(LANES).enumerate() {
                around.copy_from_slice(&map[corner + row * self.width..][..LANES]);
            }
        };
        for (map, around) in self.planes.iter().zip(&mut circle.planes) {
            take(map, around);
        }
        take(&self.person, &mut circle.person);
        take(&self.sure, &mut circle.sure);
    }
}

/// Takes of a row what stands where voters are.
#[inline(always)]
fn take_voters(row: &[u8], to: &mut [u8], of: impl Fn(u8) -> u8) {
    let steps = row.chunks_exact(VOTER_STEP);
    let last = steps.remainder().get(VOTER_STEP / 2);
    for (to, step) in to.iter_mut().zip(steps) {
        *to = of(step[VOTER_STEP / 2]);
    }
    if let (Some(to), Some(&last)) = (to.last_mut(), last) {
        *to = of(last);
    }
}

impl Circle {
    /// What share of the votes on a pixel of `colour` the person has, in 1/255, and the
    /// votes' say in the decision, in 1/256; nothing if nobody votes.
    #[inline(always)]
    fn share(&self, colour: [u8; 3]) -> Option<(u32, u32)> {
        let [first, second, third] = self.planes.each_ref().map(|around| &around.0);
        let (mut person, mut all) = (0u16, 0u16);
        for at in 0..ACROSS * LANES {
            // What differs by more in one plane has no say either way: so all of it, and the
            // sum of all votes, 36 * 36 * 256 / 16, holds in 16 bits.
            let square = |voter: u8, own: u8| u16::from(voter.abs_diff(own).min(64)).pow(2);
            let differs = square(first[at], colour[0])
                + square(second[at], colour[1])
                + square(third[at], colour[2]);
            // (1 - d)^4, nearly a bell of standard deviation 20 levels: d >> 4, squared twice
            // in 1/256, each factor times 16.
            let like = MOST_DIFFERENCE.saturating_sub(differs) & !15;
            let like = high(like, like) << 4;
            let like = high(like, like) << 6;
            let votes = high(like, NEAR[at]) & mask_of(self.sure.0[at]);
            all += votes;
            person += votes & mask_of(self.person.0[at]);
        }
        let (person, all) = (u32::from(person), u32::from(all));
        let share = (255 * person).checked_div(all)?;
        let say = VOTES_Q8 * all.min(ENOUGH_VOTES) / ENOUGH_VOTES;
        Some((share, say))
    }
}

/// The high half of a product.
#[inline(always)]
fn high(a: u16, b: u16) -> u16 {
    ((u32::from(a) * u32::from(b)) >> 16) as u16
}

/// All bits for 255, none for 0.
#[inline(always)]
fn mask_of(side: u8) -> u16 {
    i16::from(side as i8) as u16
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
    fn nobody_votes_who_was_in_a_picture_of_another_size() {
        let refined = |refiner: &mut EdgeRefiner, (width, height), is_room: bool| {
            let picture = picture(width, height, |x, y| (90 + (x + y) % 3) as u8);
            let mut mask = Mask::new();
            for (at, value) in mask.begin(&picture).iter_mut().enumerate() {
                let (x, y) = (at % width, at / width);
                *value = match (is_room, (x, y)) {
                    // Without a doubt nobody is asked.
                    (true, (0, 0)) => 180,
                    (true, _) => 0,
                    (false, (..8, ..8)) => 255,
                    (false, _) => 180,
                };
            }
            refiner.refine(&mut mask, &picture);
            mask.values().to_vec()
        };
        // As many voters across and down may stand in pictures of three widths and heights.
        for size in [(46, 37), (47, 37), (46, 38), (48, 39), (45, 36)] {
            for before in [(48, 39), (47, 38), (46, 39), (48, 37)] {
                let mut refiner = EdgeRefiner::default();
                let _ = refined(&mut refiner, before, true);
                let wanted = refined(&mut EdgeRefiner::default(), size, false);
                let same = refined(&mut refiner, size, false) == wanted;
                assert!(same, "{size:?} after {before:?}");
            }
        }
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

    /// What the votes are by definition, in 32 bits.
    fn share_by_definition(circle: &Circle, colour: [u8; 3]) -> Option<(u32, u32)> {
        let (mut person, mut all) = (0, 0);
        for (row, down) in BY_DISTANCE[1..]
            .iter()
            .rev()
            .chain(&BY_DISTANCE)
            .enumerate()
        {
            for (column, across) in BY_DISTANCE[1..]
                .iter()
                .rev()
                .chain(&BY_DISTANCE)
                .enumerate()
            {
                let at = row * LANES + column;
                let voter = circle.planes.each_ref().map(|plane| plane.0[at]);
                let squares = voter.iter().zip(&colour);
                let differs: u32 = squares.map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum();
                let most = u32::from(MOST_DIFFERENCE);
                if circle.sure.0[at] == 0 || differs >= most {
                    continue;
                }
                let like = (most - differs) >> 4;
                let like = (like * like) >> 8;
                let votes = (((like * like) >> 8) * u32::from(down * across)) >> 4;
                all += votes;
                person += if circle.person.0[at] == 255 { votes } else { 0 };
            }
        }
        let say = VOTES_Q8 * all.min(ENOUGH_VOTES) / ENOUGH_VOTES;
        Some(((255 * person).checked_div(all)?, say))
    }

    struct Share<'a>(&'a Circle, [u8; 3]);

    impl Work for Share<'_> {
        type Output = Option<(u32, u32)>;

        #[inline(always)]
        fn run(self) -> Self::Output {
            self.0.share(self.1)
        }
    }

    #[test]
    fn votes_are_those_of_the_definition_at_every_level() {
        let mut state = 1u32;
        let mut noise = move |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) % below) as u8
        };
        for round in 0..2000 {
            let spread = [1, 20, 90, 256][round % 4];
            let mut circle = Circle::default();
            for at in 0..ACROSS * LANES {
                for plane in &mut circle.planes {
                    plane.0[at] = noise(spread);
                }
                circle.sure.0[at] = if noise(4) > 0 { 255 } else { 0 };
                circle.person.0[at] = circle.sure.0[at] & if noise(2) > 0 { 255 } else { 0 };
            }
            let colour = [noise(spread), noise(spread), noise(spread)];
            let wanted = share_by_definition(&circle, colour);
            for level in Level::all() {
                let found = level.run(Share(&circle, colour));
                assert_eq!(found, wanted, "round {round}, {level}");
            }
        }
    }
}
