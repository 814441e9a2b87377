use std::time::Duration;

use frosted_core::{Mask, Timestamp};

use crate::room::{Smooth, least_differences};

/// A pixel that differs by more levels than this from what was there has moved.
const MOVED_LEVELS: u8 = 12;
/// How long ago the picture was taken that is compared with.
const REFERENCE_AGE: Duration = Duration::from_millis(700);
/// How far the whole picture can have been shifted meanwhile, in reduced pixels.
const MOST_SHIFT: isize = 3;
/// Mask values from here on may be somebody: .1.
const SOMEBODY: u8 = 26;

/// What has not moved for a while, however a camera shakes: photographs, posters, screens
/// that stand still. Nobody new is elected among that.
#[derive(Debug, Default)]
pub(crate) struct Stillness {
    size: (usize, usize),
    reference: [Vec<u8>; 3],
    taken_at: Option<Timestamp>,
    /// The picture before that, so that there always is one that is old enough.
    next: [Vec<u8>; 3],
    next_at: Option<Timestamp>,
    shifted: [Vec<u8>; 3],
    unknown: Vec<u8>,
    difference: Vec<u8>,
    moved: Vec<u8>,
}

impl Stillness {
    pub(crate) fn reset(&mut self) {
        self.taken_at = None;
        self.next_at = None;
        self.moved.clear();
    }

    /// Marks what has moved, 1 = it has; nothing has in the first frame.
    pub(crate) fn look(&mut self, now: &Smooth, people: &Mask, at: Timestamp) -> &[u8] {
        if self.size != now.size() || self.taken_at.is_none_or(|taken| at < taken) {
            self.size = now.size();
            self.take(now, at);
            self.next_at = None;
        }
        let len = self.size.0 * self.size.1;
        self.moved.clear();
        let shift = self.shift(now, people);
        self.shift_reference(shift);
        self.unknown.clear();
        self.unknown.resize(len, 0);
        let then = self.shifted.each_ref().map(Vec::as_slice);
        least_differences(now, then, &self.unknown, &mut self.difference);
        let moved = self.difference.iter().map(|&d| u8::from(d > MOVED_LEVELS));
        self.moved.extend(moved);
        self.renew(now, at);
        &self.moved
    }

    fn take(&mut self, now: &Smooth, at: Timestamp) {
        for (kept, plane) in self.reference.iter_mut().zip(now.planes()) {
            kept.clear();
            kept.extend_from_slice(plane);
        }
        self.taken_at = Some(at);
    }

    /// The reference becomes the picture that waited, once that is half as old as it may be.
    fn renew(&mut self, now: &Smooth, at: Timestamp) {
        let age = |taken: Option<Timestamp>| taken.map(|taken| at.since(taken));
        if age(self.taken_at) >= Some(REFERENCE_AGE) && self.next_at.is_some() {
            std::mem::swap(&mut self.reference, &mut self.next);
            self.taken_at = self.next_at.take();
        }
        if self.next_at.is_none() && age(self.taken_at) >= Some(REFERENCE_AGE / 2) {
            for (kept, plane) in self.next.iter_mut().zip(now.planes()) {
                kept.clear();
                kept.extend_from_slice(plane);
            }
            self.next_at = Some(at);
        }
    }

    /// By how much the room seems to have been shifted since the reference.
    fn shift(&self, now: &Smooth, people: &Mask) -> (isize, isize) {
        /// Every so manieth column of every so manieth row.
        const STEP: usize = 4;
        let (width, height) = self.size;
        let margin = MOST_SHIFT as usize;
        let luma = now.luma();
        let then = &self.reference[now.luma_plane()];
        let mut best = (u64::MAX, (0, 0));
        for dy in -MOST_SHIFT..=MOST_SHIFT {
            for dx in -MOST_SHIFT..=MOST_SHIFT {
                let mut sum = 0u64;
                for y in (margin..height.saturating_sub(margin)).step_by(STEP) {
                    for x in (margin..width.saturating_sub(margin)).step_by(STEP) {
                        let at = y * width + x;
                        if people.values()[at] < SOMEBODY {
                            let from =
                                (y as isize + dy) as usize * width + (x as isize + dx) as usize;
                            sum += u64::from(luma[at].abs_diff(then[from]));
                        }
                    }
                }
                // Without a shift, if none is better.
                let far = (dx * dx + dy * dy) as u64;
                if (sum, far) < (best.0, (best.1.0 * best.1.0 + best.1.1 * best.1.1) as u64) {
                    best = (sum, (dx, dy));
                }
            }
        }
        best.1
    }

    fn shift_reference(&mut self, (dx, dy): (isize, isize)) {
        let (width, height) = self.size;
        for (shifted, reference) in self.shifted.iter_mut().zip(&self.reference) {
            shifted.clear();
            for y in 0..height {
                let y = (y as isize + dy).clamp(0, height as isize - 1) as usize;
                let row = &reference[y * width..(y + 1) * width];
                let column = |x: usize| (x as isize + dx).clamp(0, width as isize - 1) as usize;
                shifted.extend((0..width).map(|x| row[column(x)]));
            }
        }
    }
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
            let people = mask(&picture, |x, y| inside(x, y));
            smooth.take(&picture);
            let at = Timestamp::from_millis(33 * frame);
            let moved = stillness.look(&smooth, &people, at);
            let marked = (12..28).flat_map(|y| (34..46).map(move |x| y * 80 + x));
            let (all, count) = marked.fold((0, 0), |(all, count), at| {
                (all + 1, count + usize::from(moved[at]))
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
