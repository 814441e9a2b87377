use std::time::Duration;

use frosted_core::{Mask, Timestamp};

use crate::bits::Bitmap;
use crate::facts::SOMEBODY;
use crate::room::Smooth;

/// A pixel that is darker or brighter by more levels than this than all that was around it
/// has moved: a shift by less than a pixel makes none so.
const MOVED_LEVELS: u8 = 8;
/// How long ago the picture was taken that is compared with.
const REFERENCE_AGE: Duration = Duration::from_millis(700);
/// How far the whole picture can have been shifted meanwhile, in reduced pixels.
const MOST_SHIFT: isize = 3;
/// What has not moved for a while, however a camera shakes: photographs, posters, screens
/// that stand still. Nobody new is elected among that.
#[derive(Debug, Default)]
pub(crate) struct Stillness {
    size: (usize, usize),
    reference: Reference,
    taken_at: Option<Timestamp>,
    /// A younger one, so that there always is one that is old enough.
    next: Reference,
    next_at: Option<Timestamp>,
    shifted: [Vec<u8>; 3],
    /// The least and the most of a plane's values around each pixel, across and then down.
    least: Vec<u8>,
    most: Vec<u8>,
    across: Vec<u8>,
    moved: Bitmap,
    map: Bitmap,
    /// What is surely the room: nobody is near it, and was not then.
    room: Bitmap,
}

/// A picture that is compared with, and where people were in it.
#[derive(Debug, Default)]
struct Reference {
    planes: [Vec<u8>; 3],
    /// Where somebody is within [`BORDER`].
    people: Bitmap,
}

/// The room is farther than this from people, in reduced pixels.
const BORDER: usize = 3;

impl Reference {
    fn take(&mut self, picture: &Smooth, people: &Bitmap) {
        for (kept, plane) in self.planes.iter_mut().zip(picture.planes()) {
            kept.clear();
            kept.extend_from_slice(plane);
        }
        self.people.copy_from(people);
    }
}

impl Stillness {
    pub(crate) fn reset(&mut self) {
        self.taken_at = None;
        self.next_at = None;
        self.moved.clear();
    }

    /// Looks at a frame; nothing has moved in the first one.
    pub(crate) fn look(&mut self, now: &Smooth, people: &Mask, at: Timestamp) {
        self.room
            .mark(now.size(), [people.values()], |[v]| v >= SOMEBODY);
        self.room.dilate_square(BORDER);
        // One of before a pause says nothing of who moves now.
        let useless = |taken: Timestamp| at < taken || at.since(taken) > 3 * REFERENCE_AGE;
        if self.size != now.size() || self.taken_at.is_none_or(useless) {
            self.size = now.size();
            self.reference.take(now, &self.room);
            self.taken_at = Some(at);
            self.next_at = None;
        }
        self.renew(now, at);
        self.room
            .combine([&self.reference.people], |now, [then]| now | then);
        self.room.invert();
        let shift = self.shift(now);
        self.shift_reference(shift);
        self.moved.fit(self.size);
        self.moved.clear();
        for (plane, then) in now.planes().into_iter().zip(&self.shifted) {
            let (width, across) = (self.size.0, &mut self.across);
            pick_around(then, width, &mut self.least, across, u8::min);
            pick_around(then, width, &mut self.most, across, u8::max);
            let planes = [plane, &self.least, &self.most];
            self.map.mark(self.size, planes, |[value, least, most]| {
                let beyond = value.saturating_sub(most).max(least.saturating_sub(value));
                beyond > MOVED_LEVELS
            });
            self.moved.combine([&self.map], |moved, [map]| moved | map);
        }
    }

    /// What has moved.
    pub(crate) fn moved(&self) -> &Bitmap {
        &self.moved
    }

    /// What is surely the room, now and when the reference was taken.
    pub(crate) fn room(&self) -> &Bitmap {
        &self.room
    }

    /// The reference becomes the younger one, once that is half as old as it may be.
    fn renew(&mut self, now: &Smooth, at: Timestamp) {
        let age = |taken: Option<Timestamp>| taken.map(|taken| at.since(taken));
        if age(self.taken_at) >= Some(REFERENCE_AGE) && self.next_at.is_some() {
            std::mem::swap(&mut self.reference, &mut self.next);
            self.taken_at = self.next_at.take();
        }
        if self.next_at.is_none() && age(self.taken_at) >= Some(REFERENCE_AGE / 2) {
            self.next.take(now, &self.room);
            self.next_at = Some(at);
        }
    }

    /// By how many half pixels the room seems to have been shifted since the reference.
    fn shift(&self, now: &Smooth) -> (isize, isize) {
        let whole = |dx: isize, dy: isize| (2 * dx, 2 * dy);
        let range = -MOST_SHIFT..=MOST_SHIFT;
        let places = range
            .clone()
            .flat_map(|dy| range.clone().map(move |dx| whole(dx, dy)));
        let (x, y) = self.best_shift(now, places);
        let near = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (x + dx, y + dy)));
        self.best_shift(now, near)
    }

    /// The shift of those given, in half pixels, by which the room differs least; without a
    /// shift if none is better.
    fn best_shift(
        &self,
        now: &Smooth,
        shifts: impl Iterator<Item = (isize, isize)>,
    ) -> (isize, isize) {
        /// Every so manieth column of every so manieth row.
        const STEP: usize = 4;
        let (width, height) = self.size;
        let margin = MOST_SHIFT as usize + 1;
        let luma = now.luma();
        let then = &self.reference.planes[now.luma_plane()];
        let difference = |(dx, dy): (isize, isize)| {
            let mut sum = 0u64;
            for y in (margin..height.saturating_sub(margin)).step_by(STEP) {
                for x in (margin..width.saturating_sub(margin)).step_by(STEP) {
                    let at = y * width + x;
                    if self.room.get(x, y) {
                        let from = between(then, width, (2 * x as isize + dx, 2 * y as isize + dy));
                        sum += u64::from(luma[at].abs_diff(from));
                    }
                }
            }
            (sum, dx * dx + dy * dy)
        };
        shifts
            .min_by_key(|&shift| difference(shift))
            .unwrap_or((0, 0))
    }

    fn shift_reference(&mut self, (dx, dy): (isize, isize)) {
        let (width, height) = self.size;
        for (shifted, reference) in self.shifted.iter_mut().zip(&self.reference.planes) {
            shifted.clear();
            for y in 0..height {
                let y = (2 * y as isize + dy).clamp(0, 2 * (height as isize - 1));
                let column = |x: usize| (2 * x as isize + dx).clamp(0, 2 * (width as isize - 1));
                shifted.extend((0..width).map(|x| between(reference, width, (column(x), y))));
            }
        }
    }
}

/// For each pixel what `pick` leaves of the nine values around it.
fn pick_around(
    plane: &[u8],
    width: usize,
    out: &mut Vec<u8>,
    across: &mut Vec<u8>,
    pick: impl Fn(u8, u8) -> u8,
) {
    out.clear();
    out.extend_from_slice(plane);
    let take = |out: &mut [u8], from: &[u8]| {
        for (out, &from) in out.iter_mut().zip(from) {
            *out = pick(*out, from);
        }
    };
    for (row, from) in out.chunks_exact_mut(width).zip(plane.chunks_exact(width)) {
        take(&mut row[1..], &from[..width - 1]);
        take(&mut row[..width - 1], &from[1..]);
    }
    across.clone_from(out);
    let below = plane.len() - width;
    take(&mut out[width..], &across[..below]);
    take(&mut out[..below], &across[width..]);
}

/// The value at (x, y) in half pixels, which are in the picture: the mean of the two or four
/// around it.
fn between(plane: &[u8], width: usize, (x, y): (isize, isize)) -> u8 {
    let (left, top) = (x as usize / 2, y as usize / 2);
    let (right, bottom) = (left + x as usize % 2, top + y as usize % 2);
    let at = |x: usize, y: usize| u16::from(plane[y * width + x]);
    ((at(left, top) + at(right, top) + at(left, bottom) + at(right, bottom) + 2) / 4) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::{mask, picture};

    fn room(x: usize, y: usize) -> u8 {
        (50 + 100 * ((x / 7 + y / 5) % 2) + x) as u8
    }

    fn moved_share(shift: impl Fn(u64) -> usize, talks: bool) -> f32 {
        let mut stillness = Stillness::default();
        let mut smooth = Smooth::default();
        let inside = |x: usize, y: usize| (30..50).contains(&x) && (10..30).contains(&y);
        let mut share = 0.0;
        for frame in 0..30u64 {
            let moves = if talks { frame as usize / 4 % 5 } else { 0 };
            let picture = picture(80, 45, |x, y| {
                let x = x + shift(frame);
                if inside(x, y) {
                    (200 - 40 * ((x + moves) / 5 % 2)) as u8
                } else {
                    room(x, y)
                }
            });
            let people = mask(&picture, inside);
            smooth.take(&picture);
            let at = Timestamp::from_millis(33 * frame);
            stillness.look(&smooth, &people, at);
            let moved = stillness.moved();
            let marked = (12..28).flat_map(|y| (34..46).map(move |x| (x, y)));
            let (all, count) = marked.fold((0, 0), |(all, count), (x, y)| {
                (all + 1, count + usize::from(moved.get(x, y)))
            });
            share = f32::max(share, count as f32 / all as f32);
        }
        share
    }

    #[test]
    fn a_picture_on_the_wall_is_still_even_if_the_camera_shakes() {
        assert_eq!(moved_share(|_| 0, false), 0.0);
        assert_eq!(
            moved_share(|frame| [0, 1, 2, 1][frame as usize / 3 % 4], false),
            0.0
        );
    }

    #[test]
    fn somebody_who_talks_has_moved() {
        assert!(moved_share(|_| 0, true) > 0.2);
        assert!(moved_share(|frame| [0, 1, 2, 1][frame as usize / 3 % 4], true) > 0.2);
    }
}
