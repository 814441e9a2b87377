//! How the matte may change from frame to frame.
//!
//! It falls at once, and rises within [`RISE`]: what the network finds for a single frame is
//! shown faintly if at all, and a border that trembles stays with its lower value.
//! Only where the picture moves beside the person it rises at once, so that a raised hand is
//! not late.

use std::time::Duration;

use frosted_core::internal::{COVERED_UP_TO, SHOWN_BY_HALF_FROM, SHOWN_FROM};
use frosted_core::{Mask, Timestamp};

use crate::bitmap;
use crate::room::Smooth;

/// From covered to shown, where nothing moves: one frame at 15 a second, two at 30, four
/// at 60.
const RISE: Duration = Duration::from_millis(62);
/// Levels of luma by which a pixel has changed that moves.
const MOVES_LEVELS: u8 = 8;
/// How fast somebody moves at most, in reduced pixels a second: a raised hand.
const MOST_SPEED: f32 = 300.0;
/// The matte values between which alpha grows.
const SPAN: f32 = (SHOWN_FROM - COVERED_UP_TO) as f32;

/// Keeps the matte of the frame before, to hold the next one down by it.
#[derive(Debug, Default)]
pub(crate) struct Settler {
    size: (usize, usize),
    at: Option<Timestamp>,
    matte: Vec<u8>,
    luma: Vec<u8>,
    /// Where the matte may rise at once.
    free: Vec<u8>,
    near: Vec<u8>,
    scratch: Vec<u8>,
}

impl Settler {
    /// Forgets the frame before.
    pub(crate) fn reset(&mut self) {
        self.at = None;
    }

    /// Lowers what has risen too fast since the frame before.
    pub(crate) fn settle(&mut self, matte: &mut Mask, picture: &Smooth, at: Timestamp) {
        if self.size != picture.size() {
            self.size = picture.size();
            self.at = None;
        }
        if let Some(last_at) = self.at {
            let after = at.since(last_at).as_secs_f32();
            self.find_free(picture, after);
            let rise = (SPAN * after / RISE.as_secs_f32()).min(255.0) as u8;
            let before = self.matte.iter().zip(&self.free);
            for (value, (&before, &free)) in matte.values_mut().iter_mut().zip(before) {
                let most = before
                    .max(COVERED_UP_TO)
                    .saturating_add(rise)
                    .max(255 * free);
                *value = (*value).min(most);
            }
        }
        self.at = Some(at);
        self.matte.clear();
        self.matte.extend_from_slice(matte.values());
        self.luma.clear();
        self.luma.extend_from_slice(picture.luma());
    }

    fn find_free(&mut self, picture: &Smooth, after: f32) {
        let width = self.size.0;
        self.free.clear();
        let levels = picture.luma().iter().zip(&self.luma);
        self.free
            .extend(levels.map(|(a, b)| u8::from(a.abs_diff(*b) >= MOVES_LEVELS)));
        bitmap::dilate_square(&mut self.free, width, 1, &mut self.scratch);
        self.near.clear();
        self.near.extend(
            self.matte
                .iter()
                .map(|&v| u8::from(v >= SHOWN_BY_HALF_FROM)),
        );
        let reach = (MOST_SPEED * after).clamp(1.0, 16.0) as usize;
        bitmap::dilate_square(&mut self.near, width, reach, &mut self.scratch);
        for (free, near) in self.free.iter_mut().zip(&self.near) {
            *free &= near;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::{mask, picture};

    const SIZE: (usize, usize) = (64, 36);

    fn settled(
        settler: &mut Settler,
        millis: u64,
        value: impl Fn(usize, usize) -> u8,
        person: impl Fn(usize, usize) -> bool,
    ) -> Vec<u8> {
        let picture = picture(SIZE.0, SIZE.1, value);
        let mut matte = mask(&picture, person);
        let mut smooth = Smooth::default();
        smooth.take(&picture);
        settler.settle(&mut matte, &smooth, Timestamp::from_millis(millis));
        matte.values().to_vec()
    }

    fn body(x: usize, _: usize) -> bool {
        (20..30).contains(&x)
    }

    #[test]
    fn what_appears_is_shown_within_seventy_milliseconds_at_every_rate() {
        for fps in [15, 30, 60] {
            let mut settler = Settler::default();
            let grey = |_, _| 90;
            settled(&mut settler, 0, grey, body);
            let mut shown_after = None;
            for frame in 1..10 {
                let millis = frame * 1000 / fps + u64::from(fps < 60);
                let values = settled(&mut settler, millis, grey, |x, y| body(x, y) || x == 60);
                if values[60] >= SHOWN_FROM && shown_after.is_none() {
                    shown_after = Some(millis);
                }
                // What was shown stays so.
                assert_eq!(values[25], 255);
            }
            let shown_after = shown_after.unwrap();
            assert!((66..=70).contains(&shown_after), "{fps}: {shown_after} ms");
        }
    }

    #[test]
    fn it_falls_at_once_and_a_trembling_border_stays_low() {
        let mut settler = Settler::default();
        let grey = |_, _| 90;
        settled(&mut settler, 0, grey, body);
        let values = settled(&mut settler, 33, grey, |x, y| body(x, y) && x != 29);
        assert_eq!(values[29], 0);
        let values = settled(&mut settler, 66, grey, body);
        assert!(values[29] < 180, "{}", values[29]);
    }

    #[test]
    fn a_hand_that_moves_beside_the_body_is_not_late_and_one_far_away_is() {
        let mut settler = Settler::default();
        let moved = |x, y| {
            if (28..34).contains(&x) || x > 55 {
                90 + y as u8 % 2 + 40
            } else {
                90
            }
        };
        settled(&mut settler, 0, |_, _| 90, body);
        let reaching = |x, y| body(x, y) || (30..34).contains(&x) || x > 57;
        let values = settled(&mut settler, 33, moved, reaching);
        assert_eq!(values[32], 255);
        assert!(values[60] < 180, "{}", values[60]);
    }
}
