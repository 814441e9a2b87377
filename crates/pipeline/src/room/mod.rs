//! What the empty room looks like: a small running picture, in memory only.
//!
//! It can only conceal: what looks like the remembered room is taken out of the matte, and
//! nothing is ever put in.

mod difference;
mod light;
mod smooth;

use std::time::Duration;

use frosted_core::internal::{Level, Work};
use frosted_core::{Mask, Timestamp};

use crate::bits::Bitmap;
use crate::facts::SOMEBODY;

use difference::LeastDifferences;
pub(crate) use smooth::Smooth;

/// What is closer than this to somebody teaches nothing about the room, in reduced pixels: by
/// so much the network's borders are wrong.
const DISTANCE: usize = 3;
/// What differs by fewer levels than this looks like the room ...
const ALIKE_LEVELS: u8 = 14;
/// ... and what has never differed by as many as this since it was the room still is.
const UNCHANGED_LEVELS: u8 = 20;
/// What looks like the room where the room has this much texture (levels of luma from the
/// pixel above to the one below, and to the next one, together) is the room ...
const TEXTURE_LEVELS: u8 = 24;
/// ... if all within so many pixels looks like it: nobody wears what hangs behind them ...
const TEXTURE_AROUND: usize = 2;
/// ... and so is what looks like the room as near to that as this, in reduced pixels.
const TEXTURE_REACH: usize = 5;
/// After so many looks in a row, 400 ms, at which the network saw nobody there.
const UNCHANGED_LOOKS: u8 = 4;
/// The room is looked at so often; oftener tells nothing new.
const LEARN_EVERY: Duration = Duration::from_millis(90);
/// Somebody else than the subject who has not moved for so many looks, a second, is a
/// picture on the wall, or as good as one.
const STILL_LOOKS: u8 = 11;
/// By fewer levels than this what stands still trembles.
const STILL_LEVELS: u8 = 8;
/// What is closer than this to the subject teaches nothing, in reduced pixels.
const SUBJECT_DISTANCE: usize = 8;
/// After so many looks a pixel of the room is known.
const KNOWN_LOOKS: u8 = 2;
/// Share of a look in what is remembered, in 1/256: two thirds of a change in 300 ms.
const LEARN_Q8: i32 = 70;
/// The remembered room, and what of the present frame looks like it.
#[derive(Debug, Default)]
pub(crate) struct RoomModel {
    size: (usize, usize),
    /// What is remembered, in 1/256 level, under the light that it was first seen in.
    mean: [Vec<u16>; 3],
    looks: Vec<u8>,
    learned_at: Option<Timestamp>,
    /// The present light over the remembered one, in 1/256.
    gain_q8: i32,
    /// What is remembered as it would look now.
    lit: [Vec<u8>; 3],
    /// 255 where nothing is known, else 0.
    unknown: Vec<u8>,
    difference: Vec<u8>,
    like: Bitmap,
    /// Looks in a row at which nobody was there, and where nothing has changed since.
    empty: Vec<u8>,
    unchanged: Bitmap,
    /// What has the room's texture, and with it what has not changed.
    surely: Bitmap,
    /// Luma at the last look, and for how many looks it has been so.
    luma: Vec<u8>,
    still: Vec<u8>,
    people: Bitmap,
    subject: Bitmap,
    /// How much luma changes from pixel to pixel.
    texture: Vec<u8>,
    map: Bitmap,
    /// What a row of the frame would have been in the first light, and where people are in it.
    first_light: Vec<u16>,
    people_row: Vec<u8>,
}

impl RoomModel {
    /// Forgets the room.
    pub(crate) fn reset(&mut self) {
        self.looks.fill(0);
        self.unknown.fill(255);
        self.still.fill(0);
        self.empty.fill(0);
        self.unchanged.clear();
        self.like.clear();
        self.surely.clear();
        self.learned_at = None;
        self.gain_q8 = 256;
    }

    /// Compares a frame with the remembered room. `people` is the network's own mask of it.
    pub(crate) fn look(&mut self, now: &Smooth, people: &Mask) {
        self.fit(now.size());
        if self.learned_at.is_none() {
            return;
        }
        Level::chosen().run(Look(self, now, people));
    }

    /// Marks what is surely the room: it has the room's texture, or lies beside such and
    /// looks like the room, or has not changed.
    #[inline(always)]
    fn find_texture(&mut self, luma_plane: usize) {
        let width = self.size.0.max(1);
        let lit = &self.lit[luma_plane];
        let rows = lit.len() / width;
        self.texture.resize(lit.len(), 0);
        for (y, out) in self.texture.chunks_exact_mut(width).enumerate() {
            let row = |y: usize| &lit[y * width..(y + 1) * width];
            let (above, here, below) =
                (row(y.saturating_sub(1)), row(y), row((y + 1).min(rows - 1)));
            for (out, (&above, &below)) in out.iter_mut().zip(above.iter().zip(below)) {
                *out = above.abs_diff(below);
            }
            // The last one has no neighbour.
            for (out, (&here, &next)) in out.iter_mut().zip(here.iter().zip(&here[1..])) {
                *out = out.saturating_add(here.abs_diff(next));
            }
        }
        self.map
            .mark(self.size, [&self.texture], |[v]| v >= TEXTURE_LEVELS);
        self.surely.copy_from(&self.like);
        self.surely.erode_square(TEXTURE_AROUND);
        self.surely
            .combine([&self.map], |surely, [map]| surely & map);
        self.surely.dilate_square(TEXTURE_REACH);
        self.surely.combine(
            [&self.like, &self.unchanged],
            |surely, [like, unchanged]| surely & like | unchanged,
        );
    }

    /// What looked like the room at the last [`look`](Self::look).
    pub(crate) fn like(&self) -> &Bitmap {
        &self.like
    }

    /// What was surely the room at the last [`look`](Self::look), whatever the network says: it
    /// has not changed since it was the room, or has the room's texture.
    pub(crate) fn surely(&self) -> &Bitmap {
        &self.surely
    }

    /// Remembers what of the frame is surely the room: where the network sees nobody, and
    /// what it takes for somebody far from the `subject` who does not move.
    pub(crate) fn learn(
        &mut self,
        now: &Smooth,
        people: &Mask,
        subject: Option<&Bitmap>,
        at: Timestamp,
    ) {
        self.fit(now.size());
        let due = self
            .learned_at
            .is_none_or(|last| at < last || at.since(last) >= LEARN_EVERY);
        if !due {
            return;
        }
        self.learned_at = Some(at);
        Level::chosen().run(Learn(self, now, people, subject));
    }

    /// Marks people, and what may be some of them.
    #[inline(always)]
    fn find_people(&mut self, now: &Smooth, people: &Mask, subject: Option<&Bitmap>) {
        self.people
            .mark(self.size, [people.values()], |[v]| v >= SOMEBODY);
        self.people.dilate_square(DISTANCE);
        self.watch_stillness(now);
        let Some(subject) = subject else {
            return;
        };
        self.subject.copy_from(subject);
        self.subject.dilate_square(SUBJECT_DISTANCE);
        self.map
            .mark(self.size, [&self.still], |[still]| still < STILL_LOOKS);
        self.people
            .combine([&self.map, &self.subject], |people, [moves, subject]| {
                people & (moves | subject)
            });
    }

    #[inline(always)]
    fn remember(&mut self, now: &Smooth) {
        let width = self.size.0.max(1);
        self.first_light.resize(width, 0);
        self.people_row.resize(width, 0);
        let lights = now.dark().map(|dark| light::first(dark, self.gain_q8));
        for y in 0..self.size.1 {
            self.people.write_row(y, &mut self.people_row);
            let row = y * width..(y + 1) * width;
            let looks = &mut self.looks[row.clone()];
            let planes = self.mean.iter_mut().zip(now.planes()).zip(&lights);
            for ((mean, values), light) in planes {
                for (level, &value) in self.first_light.iter_mut().zip(&values[row.clone()]) {
                    *level = light[usize::from(value)];
                }
                let marks = looks.iter().zip(&self.people_row);
                let pixels = mean[row.clone()].iter_mut().zip(&self.first_light);
                for ((mean, &level), (&looks, &people)) in pixels.zip(marks) {
                    let (old, level) = (i32::from(*mean), i32::from(level));
                    let mixed = old + (((level - old) * LEARN_Q8) >> 8);
                    let new = if looks == 0 { level } else { mixed };
                    *mean = if people == 0 { new as u16 } else { *mean };
                }
            }
            let marks = self.unknown[row.clone()].iter_mut().zip(&self.people_row);
            for (looks, (unknown, &people)) in looks.iter_mut().zip(marks) {
                *looks = looks.saturating_add(u8::from(people == 0));
                *unknown = if *looks >= KNOWN_LOOKS { 0 } else { 255 };
            }
            for (empty, &people) in self.empty[row].iter_mut().zip(&self.people_row) {
                *empty = if people == 0 {
                    empty.saturating_add(1)
                } else {
                    0
                };
            }
        }
        self.map
            .mark(self.size, [&self.empty], |[empty]| empty >= UNCHANGED_LOOKS);
        self.unchanged
            .combine([&self.map], |unchanged, [long]| unchanged | long);
    }

    #[inline(always)]
    fn watch_stillness(&mut self, now: &Smooth) {
        let pixels = self.luma.iter_mut().zip(now.luma());
        for (still, (luma, &now)) in self.still.iter_mut().zip(pixels) {
            let stays = luma.abs_diff(now) < STILL_LEVELS;
            *still = if stays { still.saturating_add(1) } else { 0 };
            // What it is compared with stays as long, so that nobody moves by creeping.
            *luma = if stays { *luma } else { now };
        }
    }

    fn fit(&mut self, size: (usize, usize)) {
        if self.size == size {
            return;
        }
        self.size = size;
        let len = size.0 * size.1;
        for plane in &mut self.mean {
            plane.resize(len, 0);
        }
        let maps = [
            &mut self.looks,
            &mut self.unknown,
            &mut self.empty,
            &mut self.luma,
            &mut self.still,
        ];
        for map in maps.into_iter().chain(&mut self.lit) {
            map.resize(len, 0);
        }
        for map in [&mut self.like, &mut self.surely, &mut self.unchanged] {
            map.fit(size);
        }
        self.reset();
    }
}

struct Look<'a>(&'a mut RoomModel, &'a Smooth, &'a Mask);

impl Work for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(room, now, people) = self;
        let (plane, size) = (now.luma_plane(), room.size);
        let known = light::Known {
            mean: &room.mean[plane],
            unknown: &room.unknown,
            people: people.values(),
        };
        if let Some(gain_q8) = light::gain_q8(known, now.luma(), now.dark()[plane]) {
            room.gain_q8 = gain_q8;
        }
        for ((lit, mean), dark) in room.lit.iter_mut().zip(&room.mean).zip(now.dark()) {
            light::present(mean, dark, room.gain_q8, lit);
        }
        let lit = room.lit.each_ref().map(Vec::as_slice);
        LeastDifferences(now, lit, &room.unknown, &mut room.difference).run();
        let differences = [room.difference.as_slice()];
        room.map.mark(size, differences, |[v]| v < UNCHANGED_LEVELS);
        room.unchanged
            .combine([&room.map], |unchanged, [map]| unchanged & map);
        room.like.mark(size, differences, |[v]| v < ALIKE_LEVELS);
        room.like.erode_cross();
        room.like.dilate_cross();
        room.find_texture(plane);
    }
}

struct Learn<'a>(&'a mut RoomModel, &'a Smooth, &'a Mask, Option<&'a Bitmap>);

impl Work for Learn<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(room, now, people, subject) = self;
        room.find_people(now, people, subject);
        room.remember(now);
    }
}

#[cfg(test)]
mod tests;
