use std::time::Duration;

use frosted_core::Timestamp;

use super::cells::{Cells, fill_unknown};

/// Bits of one channel of one cell.
const BITS: u32 = 5;
/// Frames in a row in which a cell must be clear before it is taken into a plate that
/// already stands.
const CLEAR_FRAMES: u8 = 3;
/// The room must differ from what is held by more than so many levels (a step and a half of
/// 5 bits) before it is taken anew.
const CHANGE_LEVELS: u8 = 12;
/// A change must last so long before a whole plate is taken anew ...
const CHANGE_HOLDS: Duration = Duration::from_millis(500);
/// ... and so long after the one before.
const PLATE_STANDS: Duration = Duration::from_secs(5);

/// When what is held of the room is taken anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Cell by cell, as soon as the room in it has changed: a blur that follows the camera.
    Cell,
    /// As a whole, rarely, once the light has changed for a while.
    Plate,
}

impl Hold {
    /// The time in which two thirds of a change are shown.
    fn fade(self) -> Duration {
        Duration::from_millis(match self {
            Self::Cell => 120,
            Self::Plate => 350,
        })
    }
}

/// What is held of the room: a grid of cells, 5 bits a channel.
///
/// A cell is taken only while nothing of a person is in it, so that nobody becomes part of
/// the room and no moving edge uncovers it bit by bit. It is kept until the room differs by
/// more than a step of the 5 bits, so that a camera that shakes does not sample it finely.
/// What is shown moves smoothly from the old to the new.
#[derive(Debug)]
pub(crate) struct Plate {
    hold: Hold,
    columns: usize,
    rows: usize,
    /// The quantised levels, 0 to 255; meaningless where not known.
    levels: [Vec<u8>; 3],
    known: Vec<bool>,
    /// Cells that are to be taken as soon as they are clear.
    wanted: Vec<bool>,
    clear_for: Vec<u8>,
    changed_since: Option<Timestamp>,
    taken_at: Option<Timestamp>,
    number: u32,
    last_at: Option<Timestamp>,
    /// What is faded to and what is shown, in 1/256 level.
    target: [Vec<u16>; 3],
    shown: [Vec<u16>; 3],
    filled: Vec<bool>,
    next_filled: Vec<bool>,
    /// Cells whose old levels are still part of what is shown.
    fading: Vec<bool>,
}

impl Plate {
    pub(crate) fn new(hold: Hold) -> Self {
        Self {
            hold,
            columns: 0,
            rows: 0,
            levels: Default::default(),
            known: Vec::new(),
            wanted: Vec::new(),
            clear_for: Vec::new(),
            changed_since: None,
            taken_at: None,
            number: 0,
            last_at: None,
            target: Default::default(),
            shown: Default::default(),
            filled: Vec::new(),
            next_filled: Vec::new(),
            fading: Vec::new(),
        }
    }

    /// Forgets the room.
    pub(crate) fn reset(&mut self) {
        let number = self.number;
        *self = Self {
            number,
            ..Self::new(self.hold)
        };
    }

    /// Takes in the cells of the frame captured at `at`.
    pub(crate) fn update(&mut self, cells: &Cells, at: Timestamp) {
        if (self.columns, self.rows) != (cells.columns, cells.rows) {
            self.start(cells.columns, cells.rows);
        }
        self.want_anew(cells, at);
        let first = !self.known.contains(&true);
        let mut new = false;
        for cell in 0..self.known.len() {
            if !cells.is_clear(cell) {
                self.clear_for[cell] = 0;
                continue;
            }
            self.clear_for[cell] = self.clear_for[cell].saturating_add(1);
            let trusted = first || self.hold == Hold::Cell || self.clear_for[cell] >= CLEAR_FRAMES;
            if self.wanted[cell] && trusted {
                self.wanted[cell] = false;
                self.fading[cell] = self.known[cell];
                self.known[cell] = true;
                new = true;
                for (plane, levels) in self.levels.iter_mut().enumerate() {
                    levels[cell] = quantise(cells.level(plane, cell));
                }
            }
        }
        if new {
            self.retarget();
            if first {
                self.number += 1;
                self.taken_at = Some(at);
                for (shown, target) in self.shown.iter_mut().zip(&self.target) {
                    shown.clone_from(target);
                }
            }
        }
        let passed = self.last_at.map_or(Duration::ZERO, |last| at.since(last));
        self.last_at = Some(at);
        self.fade(passed);
    }

    /// What is shown of the room, in 1/256 level; 128 where nothing was ever taken.
    pub(crate) fn means(&self) -> [&[u16]; 3] {
        self.shown.each_ref().map(Vec::as_slice)
    }

    /// Columns and rows of cells; (0, 0) before the first update.
    pub(crate) fn grid(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// Bits that what is shown now tells about the room: those of every cell that is known
    /// and, while it fades, of what it showed before.
    pub(crate) fn bits(&self) -> u32 {
        let count = |flags: &[bool]| flags.iter().filter(|&&flag| flag).count() as u32;
        3 * BITS * (count(&self.known) + count(&self.fading))
    }

    /// How many plates were taken so far.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    fn start(&mut self, columns: usize, rows: usize) {
        self.reset();
        (self.columns, self.rows) = (columns, rows);
        let count = columns * rows;
        for levels in &mut self.levels {
            levels.resize(count, 0);
        }
        for means in self.target.iter_mut().chain(&mut self.shown) {
            means.resize(count, 128 * 256);
        }
        self.known.resize(count, false);
        self.wanted.resize(count, true);
        self.clear_for.resize(count, 0);
        self.filled.resize(count, false);
        self.next_filled.resize(count, false);
        self.fading.resize(count, false);
    }

    /// Marks the cells that are to be taken anew.
    fn want_anew(&mut self, cells: &Cells, at: Timestamp) {
        let (mut sum, mut number) = (0, 0);
        for cell in 0..self.known.len() {
            if !self.known[cell] || !cells.is_clear(cell) {
                continue;
            }
            let differs =
                |plane: usize| self.levels[plane][cell].abs_diff(cells.level(plane, cell));
            if self.hold == Hold::Cell && (0..3).any(|plane| differs(plane) > CHANGE_LEVELS) {
                self.wanted[cell] = true;
            }
            // Plane 0 is luma or red; either follows the light.
            sum += u64::from(differs(0));
            number += 1;
        }
        if self.hold == Hold::Cell {
            return;
        }
        if number == 0 || sum <= u64::from(CHANGE_LEVELS) * number {
            self.changed_since = None;
            return;
        }
        let since = *self.changed_since.get_or_insert(at);
        let stood = self
            .taken_at
            .is_none_or(|taken| at.since(taken) >= PLATE_STANDS);
        if stood && at.since(since) >= CHANGE_HOLDS {
            self.wanted.fill(true);
            self.clear_for.fill(0);
            self.number += 1;
            self.taken_at = Some(at);
            self.changed_since = None;
        }
    }

    /// Aims at the levels as they are now.
    fn retarget(&mut self) {
        for (target, levels) in self.target.iter_mut().zip(&self.levels) {
            for (target, &level) in target.iter_mut().zip(levels) {
                *target = 256 * u16::from(level);
            }
        }
        self.filled.clone_from(&self.known);
        let grid = (self.columns, self.rows);
        fill_unknown(
            &mut self.target,
            &mut self.filled,
            &mut self.next_filled,
            grid,
        );
    }

    fn fade(&mut self, passed: Duration) {
        // Nanoseconds of a frame times 256 stay far below 2^128.
        let share = (256 * passed.as_nanos() / self.hold.fade().as_nanos()).min(256) as i32;
        let mut settled = true;
        for (shown, target) in self.shown.iter_mut().zip(&self.target) {
            for (shown, &target) in shown.iter_mut().zip(target) {
                let left = i32::from(target) - i32::from(*shown);
                // The last level is taken in one step, or the fade would never end.
                let step = if left.abs() < 256 && share > 0 {
                    left
                } else {
                    left * share / 256
                };
                *shown = (i32::from(*shown) + step) as u16;
                settled &= *shown == target;
            }
        }
        if settled {
            self.fading.fill(false);
        }
    }
}

/// The nearest of 2^BITS levels spread evenly from 0 to 255.
fn quantise(level: u8) -> u8 {
    let steps = (1 << BITS) - 1;
    let step = (u32::from(level) * steps + 127) / 255;
    ((step * 255 + steps / 2) / steps) as u8
}

#[cfg(test)]
mod tests {
    use super::super::cells::Weigh;
    use super::*;
    use crate::backdrop::tests::{mask, picture};

    /// A room of one brightness, with a person of 250 in columns `person` of 64.
    fn cells(brightness: u8, person: std::ops::Range<usize>) -> Cells {
        let picture = picture(
            64,
            64,
            |x, _| if person.contains(&x) { 250 } else { brightness },
        );
        let mask = mask(&picture, |x, _| person.contains(&x));
        let mut cells = Cells::default();
        cells.measure(&picture, 16, Weigh::Room(&mask));
        cells
    }

    /// Frames from `begin` up to `end`, in 33 ms each.
    fn feed(plate: &mut Plate, begin: u64, end: u64, cells: &Cells) {
        for frame in begin..end {
            plate.update(cells, Timestamp::from_millis(33 * frame));
        }
    }

    fn level(value: u8) -> u16 {
        256 * u16::from(quantise(value))
    }

    #[test]
    fn levels_are_few_and_near() {
        let mut levels: Vec<u8> = (0..=255).map(quantise).collect();
        assert!((0..=255u8).all(|v| v.abs_diff(quantise(v)) <= 4));
        levels.dedup();
        assert_eq!(levels.len(), 32);
        assert!(levels.iter().all(|&v| quantise(v) == v));
    }

    #[test]
    fn the_first_frame_is_enough_for_a_picture_of_the_room() {
        for hold in [Hold::Cell, Hold::Plate] {
            let mut plate = Plate::new(hold);
            feed(&mut plate, 0, 1, &cells(100, 0..32));
            assert!(
                plate.means()[0].iter().all(|&v| v == level(100)),
                "{hold:?}"
            );
            assert_eq!(
                (plate.bits(), plate.number()),
                (8 * 15, 1),
                "half is behind the person"
            );
        }
    }

    #[test]
    fn what_is_held_stays_while_people_move_and_noise_flickers() {
        for hold in [Hold::Cell, Hold::Plate] {
            let mut plate = Plate::new(hold);
            feed(&mut plate, 0, 5, &cells(100, 0..32));
            feed(&mut plate, 5, 20, &cells(107, 0..32));
            feed(&mut plate, 20, 80, &cells(93, 40..64));
            assert!(plate.means()[0][3] == level(100), "{hold:?}");
            assert_eq!(plate.bits(), 16 * 15, "what was clear once is known");
            feed(&mut plate, 80, 90, &cells(93, 0..64));
            assert!(
                plate.means()[0][3] == level(100),
                "nobody becomes the room: {hold:?}"
            );
        }
    }

    #[test]
    fn a_cell_follows_its_room_and_a_plate_waits() {
        for (hold, after) in [(Hold::Cell, 160), (Hold::Plate, 100)] {
            let mut plate = Plate::new(hold);
            feed(&mut plate, 0, 10, &cells(100, 0..16));
            feed(&mut plate, 10, 14, &cells(160, 0..16));
            let shown = plate.means()[0][3];
            assert_eq!(shown > level(100), hold == Hold::Cell, "{hold:?}: {shown}");
            feed(&mut plate, 14, 120, &cells(160, 0..16));
            assert_eq!(
                plate.means()[0][3],
                level(after),
                "{hold:?} has not stood for 5 s"
            );
        }
    }

    #[test]
    fn a_lasting_change_of_light_takes_one_new_plate_and_counts_both_while_it_fades() {
        let mut plate = Plate::new(Hold::Plate);
        feed(&mut plate, 0, 200, &cells(100, 0..16));
        let held = plate.bits();
        feed(&mut plate, 200, 205, &cells(160, 0..16));
        feed(&mut plate, 205, 230, &cells(100, 0..16));
        assert_eq!(
            (plate.number(), plate.bits()),
            (1, held),
            "a flash of 160 ms is no change"
        );
        feed(&mut plate, 230, 250, &cells(160, 0..16));
        assert_eq!((plate.number(), plate.bits()), (2, 2 * held));
        let middle = plate.means()[0][3];
        assert!((level(101)..level(159)).contains(&middle), "{middle}");
        feed(&mut plate, 250, 400, &cells(160, 0..16));
        assert_eq!(
            (plate.means()[0][3], plate.bits(), plate.number()),
            (level(160), held, 2)
        );
        // A light that goes on and off gives one plate in five seconds, not one a flash.
        for flash in 0..20 {
            let brightness = if flash % 2 == 0 { 100 } else { 160 };
            feed(
                &mut plate,
                400 + 22 * flash,
                422 + 22 * flash,
                &cells(brightness, 0..16),
            );
        }
        assert!(plate.number() <= 5, "{} plates in 15 s", plate.number());
    }

    #[test]
    fn a_plate_that_never_saw_the_room_is_grey() {
        let mut plate = Plate::new(Hold::Cell);
        feed(&mut plate, 0, 10, &cells(100, 0..64));
        assert_eq!(plate.bits(), 0);
        assert!(plate.means()[0].iter().all(|&v| v == 128 * 256));
    }
}
