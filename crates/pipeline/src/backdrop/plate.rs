use std::time::Duration;

use frosted_core::Timestamp;

use super::cells::{Cells, fill_unknown};

/// Bits of one channel of one cell.
const BITS: u32 = 5;
/// Frames in a row in which an unknown cell must be clear before it is taken.
const CLEAR_FRAMES: u8 = 3;
/// The room must differ from the plate by this many levels of luma on average (a step and a
/// half of 5 bits) ...
const CHANGE_LEVELS: u64 = 12;
/// ... for so long, before the plate is taken anew.
const CHANGE_HOLDS: Duration = Duration::from_millis(500);
/// The time from one picture of the room to the next.
const FADE: Duration = Duration::from_millis(700);

/// A coarse picture of the room that is held: few cells, few bits, changed rarely.
///
/// A cell is taken from pixels of the room alone, once it has been clear for some frames,
/// and then kept. Only a lasting change of light takes the whole plate anew. What is shown
/// moves from the old to the new smoothly.
#[derive(Debug, Default)]
pub(crate) struct Plate {
    columns: usize,
    rows: usize,
    /// The quantised levels, 0 to 255; meaningless where not taken.
    levels: [Vec<u8>; 3],
    taken: Vec<bool>,
    clear_for: Vec<u8>,
    changed_since: Option<Timestamp>,
    plates: u32,
    /// What is faded to, and what was shown when the fade began, in 1/256 level.
    target: [Vec<u16>; 3],
    from: [Vec<u16>; 3],
    shown: [Vec<u16>; 3],
    fade_began: Option<Timestamp>,
    known: Vec<bool>,
    next_known: Vec<bool>,
}

impl Plate {
    /// Forgets the room.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Takes in the cells of the frame captured at `at`.
    pub(crate) fn update(&mut self, cells: &Cells, at: Timestamp) {
        if (self.columns, self.rows) != (cells.columns, cells.rows) {
            self.start(cells.columns, cells.rows);
        }
        if self.has_changed(cells, at) {
            self.taken.fill(false);
            self.clear_for.fill(0);
            self.plates += 1;
            self.changed_since = None;
        }
        let mut new = false;
        for cell in 0..self.taken.len() {
            if self.taken[cell] {
                continue;
            }
            self.clear_for[cell] = if cells.is_clear(cell) {
                self.clear_for[cell] + 1
            } else {
                0
            };
            if self.clear_for[cell] >= CLEAR_FRAMES {
                self.taken[cell] = true;
                new = true;
                for (plane, levels) in self.levels.iter_mut().enumerate() {
                    levels[cell] = quantise(cells.level(plane, cell));
                }
            }
        }
        if new {
            self.retarget(at);
        }
        self.fade(at);
    }

    /// What is shown of the plate, in 1/256 level; 128 where nothing was ever taken.
    pub(crate) fn means(&self) -> [&[u16]; 3] {
        self.shown.each_ref().map(Vec::as_slice)
    }

    /// Columns and rows of cells; (0, 0) before the first update.
    pub(crate) fn grid(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// Bits that the present plate tells about the room.
    pub(crate) fn bits(&self) -> u32 {
        3 * BITS * self.taken.iter().filter(|&&taken| taken).count() as u32
    }

    fn start(&mut self, columns: usize, rows: usize) {
        self.reset();
        (self.columns, self.rows) = (columns, rows);
        let count = columns * rows;
        self.levels = [const { Vec::new() }; 3].map(|_: Vec<u8>| vec![0; count]);
        self.taken = vec![false; count];
        self.clear_for = vec![0; count];
        self.shown = [const { Vec::new() }; 3].map(|_: Vec<u16>| vec![128 * 256; count]);
        self.from = self.shown.clone();
        self.target = self.shown.clone();
        self.known = vec![false; count];
        self.next_known = vec![false; count];
    }

    /// Whether the clear cells have differed from the plate for long enough.
    fn has_changed(&mut self, cells: &Cells, at: Timestamp) -> bool {
        let (mut sum, mut number) = (0, 0);
        for cell in 0..self.taken.len() {
            if self.taken[cell] && cells.is_clear(cell) {
                // Plane 0 is luma or red; either follows the light.
                sum += u64::from(self.levels[0][cell].abs_diff(cells.level(0, cell)));
                number += 1;
            }
        }
        if number == 0 || sum <= CHANGE_LEVELS * number {
            self.changed_since = None;
            return false;
        }
        let since = *self.changed_since.get_or_insert(at);
        at.since(since) >= CHANGE_HOLDS
    }

    /// Starts to fade to the levels as they are now.
    fn retarget(&mut self, at: Timestamp) {
        let first = !self.known.contains(&true);
        for (target, levels) in self.target.iter_mut().zip(&self.levels) {
            for (target, &level) in target.iter_mut().zip(levels) {
                *target = 256 * u16::from(level);
            }
        }
        self.known.clone_from(&self.taken);
        fill_unknown(
            &mut self.target,
            &mut self.known,
            &mut self.next_known,
            self.columns,
            self.rows,
        );
        for (from, shown) in self.from.iter_mut().zip(&self.shown) {
            from.clone_from(shown);
        }
        if first {
            for (shown, target) in self.shown.iter_mut().zip(&self.target) {
                shown.clone_from(target);
            }
        }
        self.fade_began = if first { None } else { Some(at) };
    }

    fn fade(&mut self, at: Timestamp) {
        let Some(began) = self.fade_began else { return };
        let part = (256 * at.since(began).as_millis() / FADE.as_millis()).min(256) as u32;
        if part == 256 {
            self.fade_began = None;
        }
        for ((shown, from), target) in self.shown.iter_mut().zip(&self.from).zip(&self.target) {
            for ((shown, &from), &target) in shown.iter_mut().zip(from).zip(target) {
                *shown = ((u32::from(from) * (256 - part) + u32::from(target) * part) >> 8) as u16;
            }
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
    use frosted_core::internal::FrameId;
    use frosted_core::{FrameSpec, Mask, PixelFormat, Reduced};

    /// A room of one brightness, with a person of 250 in columns `person`.
    fn cells(brightness: u8, person: std::ops::Range<usize>) -> Cells {
        let spec = FrameSpec::new(PixelFormat::Rgb8, 64, 64).unwrap();
        let mut picture = Reduced::default();
        for plane in picture.prepare(&spec, 1, FrameId(1)) {
            for (at, slot) in plane.iter_mut().enumerate() {
                *slot = if person.contains(&(at % 64)) {
                    250
                } else {
                    brightness
                };
            }
        }
        let mut mask = Mask::new();
        for (at, slot) in mask.begin(&picture).iter_mut().enumerate() {
            *slot = if person.contains(&(at % 64)) { 255 } else { 0 };
        }
        let mut cells = Cells::default();
        cells.measure(&picture, 16, Weigh::Room(&mask));
        cells
    }

    fn feed(plate: &mut Plate, frames: std::ops::Range<u64>, cells: &Cells) {
        for frame in frames {
            plate.update(cells, Timestamp::from_millis(33 * frame));
        }
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
    fn a_plate_is_held_while_people_move_and_noise_flickers() {
        let mut plate = Plate::default();
        feed(&mut plate, 0..5, &cells(100, 0..32));
        assert_eq!(
            plate.bits(),
            8 * 15,
            "half of the 16 cells are behind the person"
        );
        let before = plate.means().map(<[u16]>::to_vec);
        assert!(
            before[0]
                .iter()
                .all(|&v| v == 256 * u16::from(quantise(100)))
        );
        feed(&mut plate, 5..20, &cells(103, 0..32));
        assert_eq!(plate.means().map(<[u16]>::to_vec), before);
        feed(&mut plate, 20..80, &cells(103, 48..64));
        assert_eq!(
            plate.bits(),
            12 * 15 + 4 * 15,
            "what was clear once is known"
        );
        assert_eq!(plate.plates, 0);
    }

    #[test]
    fn a_lasting_change_of_light_takes_a_new_plate_and_fades_to_it() {
        let mut plate = Plate::default();
        feed(&mut plate, 0..10, &cells(100, 0..16));
        feed(&mut plate, 10..15, &cells(160, 0..16));
        feed(&mut plate, 15..40, &cells(100, 0..16));
        assert_eq!(plate.plates, 0, "a flash of 160 ms is not a change");
        feed(&mut plate, 40..60, &cells(160, 0..16));
        assert_eq!(plate.plates, 1);
        let middle = plate.means()[0][3];
        assert!((256 * 101..256 * 160).contains(&middle), "{middle}");
        feed(&mut plate, 60..100, &cells(160, 0..16));
        assert_eq!(plate.means()[0][3], 256 * u16::from(quantise(160)));
        assert_eq!(plate.plates, 1);
    }

    #[test]
    fn a_plate_that_never_saw_the_room_is_grey() {
        let mut plate = Plate::default();
        feed(&mut plate, 0..10, &cells(100, 0..64));
        assert_eq!(plate.bits(), 0);
        assert!(plate.means()[0].iter().all(|&v| v == 128 * 256));
    }
}
