//! What the empty room looks like: a small running picture, in memory only.
//!
//! It can only conceal: what looks like the remembered room is taken out of the matte, and
//! nothing is ever put in.

mod difference;
mod smooth;

use std::time::Duration;

use frosted_core::{Mask, Timestamp};

use crate::bitmap;
use crate::facts::SOMEBODY;

pub(crate) use difference::least_differences;
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
/// With fewer known pixels in sight (a fifth of them is counted) the light is taken to be
/// as before.
const ENOUGH_FOR_LIGHT: u32 = 60;

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
    like: Vec<u8>,
    /// Looks in a row at which nobody was there, and where nothing has changed since.
    empty: Vec<u8>,
    unchanged: Vec<u8>,
    /// What has the room's texture, and with it what has not changed.
    surely: Vec<u8>,
    /// Luma at the last look, and for how many looks it has been so.
    luma: Vec<u8>,
    still: Vec<u8>,
    people: Vec<u8>,
    subject: Vec<u8>,
    /// How much a row's luma changes from pixel to pixel.
    texture: Vec<u8>,
    scratch: Vec<u8>,
}

impl RoomModel {
    /// Forgets the room.
    pub(crate) fn reset(&mut self) {
        self.looks.fill(0);
        self.still.fill(0);
        self.empty.fill(0);
        self.unchanged.fill(0);
        self.like.fill(0);
        self.surely.fill(0);
        self.learned_at = None;
        self.gain_q8 = 256;
    }

    /// Compares a frame with the remembered room. `people` is the network's own mask of it.
    pub(crate) fn look(&mut self, now: &Smooth, people: &Mask) {
        self.fit(now.size());
        if self.learned_at.is_none() {
            return;
        }
        self.unknown.clear();
        let unknown = self.looks.iter().map(|&looks| match looks {
            KNOWN_LOOKS.. => 0,
            _ => 255,
        });
        self.unknown.extend(unknown);
        self.measure_light(now, people);
        self.light(now.dark());
        let lit = self.lit.each_ref().map(Vec::as_slice);
        least_differences(now, lit, &self.unknown, &mut self.difference);
        let marks = self.like.iter_mut().zip(&mut self.unchanged);
        for ((like, unchanged), &difference) in marks.zip(&self.difference) {
            *like = u8::from(difference < ALIKE_LEVELS);
            *unchanged &= u8::from(difference < UNCHANGED_LEVELS);
        }
        bitmap::erode_cross(&mut self.like, self.size.0, &mut self.scratch);
        bitmap::dilate_cross(&mut self.like, self.size.0, &mut self.scratch);
        self.find_texture(now.luma_plane());
    }

    /// Marks what is surely the room: it has the room's texture, or lies beside such and
    /// looks like the room, or has not changed.
    fn find_texture(&mut self, luma_plane: usize) {
        let width = self.size.0;
        let lit = &self.lit[luma_plane];
        self.surely.copy_from_slice(&self.like);
        bitmap::erode_square(&mut self.surely, width, TEXTURE_AROUND, &mut self.scratch);
        let rows = lit.len().checked_div(width).unwrap_or(0);
        for y in 0..rows {
            let row = |y: usize| &lit[y * width..(y + 1) * width];
            let (above, here, below) =
                (row(y.saturating_sub(1)), row(y), row((y + 1).min(rows - 1)));
            let out = &mut self.surely[y * width..(y + 1) * width];
            self.texture.clear();
            let across = here.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
            // The last one has no neighbour.
            self.texture.extend(across.chain([0]));
            let down = above.iter().zip(below).map(|(a, b)| a.abs_diff(*b));
            for ((out, &across), down) in out.iter_mut().zip(&self.texture).zip(down) {
                *out &= u8::from(across.saturating_add(down) >= TEXTURE_LEVELS);
            }
        }
        bitmap::dilate_square(&mut self.surely, width, TEXTURE_REACH, &mut self.scratch);
        let marks = self.like.iter().zip(&self.unchanged);
        for (surely, (&like, &unchanged)) in self.surely.iter_mut().zip(marks) {
            *surely = *surely & like | unchanged;
        }
    }

    /// Marks what looked like the room at the last [`look`](Self::look): 1 = it did.
    pub(crate) fn like(&self) -> &[u8] {
        &self.like
    }

    /// Marks what was surely the room at the last [`look`](Self::look), whatever the network
    /// says: 1 = it has not changed since it was the room, or has the room's texture.
    pub(crate) fn surely(&self) -> &[u8] {
        &self.surely
    }

    /// Remembers what of the frame is surely the room: where the network sees nobody, and
    /// what it takes for somebody far from the `subject` (1 = it is) who does not move.
    pub(crate) fn learn(
        &mut self,
        now: &Smooth,
        people: &Mask,
        subject: Option<&[u8]>,
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
        self.people.clear();
        let somebody = people.values().iter().map(|&v| u8::from(v >= SOMEBODY));
        self.people.extend(somebody);
        bitmap::dilate_square(&mut self.people, self.size.0, DISTANCE, &mut self.scratch);
        self.watch_stillness(now);
        if let Some(subject) = subject {
            self.subject.clear();
            self.subject.extend_from_slice(subject);
            let (width, scratch) = (self.size.0, &mut self.scratch);
            bitmap::dilate_square(&mut self.subject, width, SUBJECT_DISTANCE, scratch);
            let still = self.still.iter().zip(&self.subject);
            for (people, (&still, &subject)) in self.people.iter_mut().zip(still) {
                *people &= u8::from(still < STILL_LOOKS) | subject;
            }
        }
        let gain = self.gain_q8;
        let planes = self.mean.iter_mut().zip(now.planes()).zip(now.dark());
        for ((mean, values), dark) in planes {
            let under_first_light = unlit(i32::from(dark), gain);
            let pixels = mean.iter_mut().zip(values);
            let marks = self.looks.iter().zip(&self.people);
            for ((mean, &value), (&looks, &people)) in pixels.zip(marks) {
                let value = i32::from(under_first_light[usize::from(value)]);
                let old = i32::from(*mean);
                let share = if looks == 0 { 256 } else { LEARN_Q8 };
                let new = old + (((value - old) * share) >> 8);
                *mean = if people == 0 { new as u16 } else { *mean };
            }
        }
        for (looks, &people) in self.looks.iter_mut().zip(&self.people) {
            *looks = looks.saturating_add(1 - people);
        }
        let pixels = self.empty.iter_mut().zip(&mut self.unchanged);
        for ((empty, unchanged), &people) in pixels.zip(&self.people) {
            *empty = if people == 0 {
                empty.saturating_add(1)
            } else {
                0
            };
            *unchanged |= u8::from(*empty >= UNCHANGED_LOOKS);
        }
    }

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
            &mut self.like,
            &mut self.surely,
            &mut self.empty,
            &mut self.unchanged,
            &mut self.luma,
            &mut self.still,
        ];
        for map in maps.into_iter().chain(&mut self.lit) {
            map.resize(len, 0);
        }
        self.reset();
    }

    /// The median of how much brighter what is surely the room has become.
    fn measure_light(&mut self, now: &Smooth, people: &Mask) {
        /// Bins of 1/64: up to four times as bright.
        const BINS: usize = 256;
        /// The median of every so manieth pixel is exact enough.
        const STEP: usize = 5;
        let mut counts = [0u32; BINS];
        let mut all = 0;
        let (plane, values) = (now.luma_plane(), now.luma());
        let dark = i32::from(now.dark()[plane]);
        for at in (0..self.looks.len()).step_by(STEP) {
            if self.unknown[at] != 0 || people.values()[at] >= SOMEBODY {
                continue;
            }
            // Four levels more, so that noise in the dark is no light.
            let old = (i32::from(self.mean[plane][at] >> 8) - dark).max(0) + 4;
            let new = (i32::from(values[at]) - dark).max(0) + 4;
            counts[((new * 64 + old / 2) / old).min(BINS as i32 - 1) as usize] += 1;
            all += 1;
        }
        if all < ENOUGH_FOR_LIGHT {
            return;
        }
        let mut below = 0;
        let median = counts.iter().position(|count| {
            below += count;
            2 * below >= all
        });
        self.gain_q8 = 4 * median.unwrap_or(64).clamp(16, BINS - 1) as i32;
    }

    fn light(&mut self, dark: [u8; 3]) {
        let gain = self.gain_q8;
        for ((lit, mean), dark) in self.lit.iter_mut().zip(&self.mean).zip(dark) {
            let dark = i32::from(dark);
            for (lit, &mean) in lit.iter_mut().zip(mean) {
                let level = (((i32::from(mean) - 256 * dark) * gain) >> 16) + dark;
                *lit = level.clamp(0, 255) as u8;
            }
        }
    }
}

/// For each level what it would have been under the light that the room was first seen in, in
/// 1/256 level: a division for each level, not for each pixel.
fn unlit(dark: i32, gain_q8: i32) -> [u16; 256] {
    let mut levels = [0; 256];
    for (value, level) in (0..).zip(&mut levels) {
        *level = ((value - dark) * 65536 / gain_q8 + 256 * dark).clamp(0, 65535) as u16;
    }
    levels
}

#[cfg(test)]
mod tests;
