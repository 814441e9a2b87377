//! How the matte may change from frame to frame.
//!
//! It falls at once, and rises within [`RISE`]: what the network finds for a single frame is
//! shown faintly if at all, and a border that trembles stays with its lower value.
//! Only where the picture moves beside the person it rises at once, so that a raised hand is
//! not late; and where it fell though nothing moved, the network wavers, and what comes back
//! does so slowly rather than to flicker.

use std::time::Duration;

use frosted_core::internal::{COVERED_UP_TO, Level, SHOWN_BY_HALF_FROM, SHOWN_FROM, Work};
use frosted_core::{Mask, Timestamp};

use crate::bits::Bitmap;
use crate::room::Smooth;

/// From covered to shown, where nothing moves: one frame at 15 a second, two at 30, four
/// at 60.
const RISE: Duration = Duration::from_millis(62);
/// The same where the network wavers: where the matte fell, not longer ago than [`WAVERS_MS`],
/// and nothing has moved since.
const SLOW_RISE: Duration = Duration::from_millis(2000);
const WAVERS_MS: u16 = 4000;
/// A fall by fewer matte values than this is none.
const WAVERS_BY: u8 = 6;
/// Nor is one of fewer reduced pixels across: a border that trembles.
const WAVERS_ACROSS: usize = 3;
/// Levels of luma by which a pixel has changed that moves.
const MOVES_LEVELS: u8 = 8;
/// How fast somebody moves at most, in reduced pixels a second: a raised hand.
const MOST_SPEED: f32 = 300.0;
/// The matte values between which alpha grows.
const SPAN: u8 = SHOWN_FROM - COVERED_UP_TO;

/// Keeps the matte of the frame before, to hold the next one down by it.
#[derive(Debug, Default)]
pub(crate) struct Settler {
    size: (usize, usize),
    at: Option<Timestamp>,
    matte: Vec<u8>,
    luma: Vec<u8>,
    /// Where the matte may rise at once.
    free: Bitmap,
    near: Bitmap,
    falls: Bitmap,
    /// A row of what may rise, and of what falls.
    free_row: Vec<u8>,
    falls_row: Vec<u8>,
    /// For how many milliseconds more the matte rises slowly.
    wavers_ms: Vec<u16>,
}

impl Settler {
    /// Forgets the frame before.
    pub(crate) fn reset(&mut self) {
        self.at = None;
    }

    /// Lowers what has risen too fast since the frame before.
    /// `people` is the network's own mask of the frame.
    pub(crate) fn settle(
        &mut self,
        matte: &mut Mask,
        people: &Mask,
        picture: &Smooth,
        at: Timestamp,
    ) {
        if self.size != picture.size() {
            self.size = picture.size();
            self.at = None;
        }
        if self.at.is_none() {
            self.wavers_ms.clear();
            self.wavers_ms.resize(matte.values().len(), 0);
        }
        if let Some(last_at) = self.at {
            let after = at.since(last_at).as_secs_f32();
            let risen = |within: Duration| {
                // By the time since the start, so that no rate loses by rounding.
                let by = |at: Timestamp| {
                    u128::from(SPAN) * at.since(Timestamp::ZERO).as_nanos() / within.as_nanos()
                };
                by(at).saturating_sub(by(last_at)).min(255) as u8
            };
            let pace = Pace {
                rise: risen(RISE),
                slow_rise: risen(SLOW_RISE),
                reach: (MOST_SPEED * after).clamp(1.0, 16.0) as usize,
                passed_ms: at.since(last_at).as_millis().min(u128::from(u16::MAX)) as u16,
            };
            Level::chosen().run(Hold(self, matte, people, picture, pace));
        }
        self.at = Some(at);
        self.matte.clear();
        self.matte.extend_from_slice(matte.values());
        self.luma.clear();
        self.luma.extend_from_slice(picture.luma());
    }

    #[inline(always)]
    fn hold(&mut self, matte: &mut Mask, pace: Pace) {
        let width = self.size.0.max(1);
        self.free_row.resize(width, 0);
        self.falls_row.resize(width, 0);
        let before = self.matte.chunks_exact(width);
        let wavers = self.wavers_ms.chunks_exact_mut(width);
        let rows = matte.values_mut().chunks_exact_mut(width);
        for (y, (values, (before, wavers))) in rows.zip(before.zip(wavers)).enumerate() {
            self.free.write_row(y, &mut self.free_row);
            self.falls.write_row(y, &mut self.falls_row);
            let marks = self.free_row.iter().zip(&self.falls_row);
            let before = before.iter().zip(marks).zip(wavers);
            for (value, ((&before, (&free, &falls)), wavers)) in values.iter_mut().zip(before) {
                // Without branches, so that the loop is vectorised.
                let left = wavers.saturating_sub(pace.passed_ms);
                let left = if falls != 0 { WAVERS_MS } else { left };
                *wavers = if free != 0 { 0 } else { left };
                let rise = if *wavers > 0 {
                    pace.slow_rise
                } else {
                    pace.rise
                };
                let risen = before.max(COVERED_UP_TO).saturating_add(rise);
                // What is shown whole stays so.
                let at_once = (free != 0) | (before >= SHOWN_FROM);
                let most = if at_once { 255 } else { risen };
                *value = (*value).min(most);
            }
        }
    }

    /// Marks the places where the matte falls with the network's mask, not because somebody
    /// else's part is taken from the subject, and one pixel around them.
    #[inline(always)]
    fn find_falls(&mut self, matte: &Mask, people: &Mask) {
        // Whoever is gone, or not to be shown, has not wavered.
        let most = matte.values().iter().fold(0, |most: u8, &v| most.max(v));
        if most < SHOWN_BY_HALF_FROM {
            self.falls.fit(self.size);
            self.falls.clear();
            return;
        }
        let planes = [&self.matte, matte.values(), people.values()];
        self.falls.mark(self.size, planes, |[before, now, people]| {
            let fallen = before
                .min(SHOWN_FROM)
                .saturating_sub(now.max(COVERED_UP_TO));
            (people < SHOWN_FROM) & (fallen >= WAVERS_BY)
        });
        self.falls.erode_square(WAVERS_ACROSS / 2);
        self.falls.dilate_square(WAVERS_ACROSS / 2 + 1);
    }

    #[inline(always)]
    fn find_free(&mut self, picture: &Smooth, reach: usize) {
        let levels = [picture.luma(), &self.luma];
        self.free
            .mark(self.size, levels, |[a, b]| a.abs_diff(b) >= MOVES_LEVELS);
        self.free.dilate_square(1);
        self.near
            .mark(self.size, [&self.matte], |[v]| v >= SHOWN_BY_HALF_FROM);
        self.near.dilate_square(reach);
        self.free.combine([&self.near], |free, [near]| free & near);
    }
}

/// How far things go from a frame to the next.
#[derive(Clone, Copy, Debug)]
struct Pace {
    rise: u8,
    slow_rise: u8,
    /// How far somebody moves at most, in reduced pixels.
    reach: usize,
    passed_ms: u16,
}

struct Hold<'a>(&'a mut Settler, &'a mut Mask, &'a Mask, &'a Smooth, Pace);

impl Work for Hold<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self(settler, matte, people, picture, pace) = self;
        settler.find_free(picture, pace.reach);
        settler.find_falls(matte, people);
        settler.hold(matte, pace);
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
        let mut matte = mask(&picture, &person);
        let mut smooth = Smooth::default();
        smooth.take(&picture);
        let people = mask(&picture, &person);
        let at = Timestamp::from_millis(millis);
        settler.settle(&mut matte, &people, &smooth, at);
        matte.values().to_vec()
    }

    fn body(x: usize, _: usize) -> bool {
        (20..30).contains(&x)
    }

    #[test]
    fn every_level_settles_alike() {
        let noise = |x: usize, y: usize, seed: usize| (x * 71 + y * 37 + x * y * seed) as u8;
        let pace = Pace {
            rise: 20,
            slow_rise: 3,
            reach: 2,
            passed_ms: 33,
        };
        for (width, height) in [(16, 16), (65, 17), (130, 18)] {
            // The body was whole and lost some of its parts; the picture moves in some places.
            let then = picture(width, height, |x, y| noise(x, y, 13) / 16);
            let moves = |x: usize, y: usize| (x / 5).is_multiple_of(4) && (y / 4).is_multiple_of(2);
            let now = picture(width, height, |x, y| {
                noise(x, y, 13) / 16 + if moves(x, y) { 90 } else { 0 }
            });
            let (mut before, mut smooth) = (Smooth::default(), Smooth::default());
            before.take(&then);
            smooth.take(&now);
            let holes = |x: usize, y: usize| (x / 6).is_multiple_of(2) || (y / 6).is_multiple_of(3);
            let settled = |level: Level| {
                let mut settler = Settler::default();
                let mut matte = mask(&then, |x, y| x < width - 5 && y < height - 1);
                let people = mask(&now, holes);
                settler.settle(&mut matte, &people, &before, Timestamp::ZERO);
                for (at, wavers) in settler.wavers_ms.iter_mut().enumerate() {
                    *wavers = (at % 3 * 30) as u16;
                }
                let mut matte = mask(&now, holes);
                for (at, value) in matte.values_mut().iter_mut().enumerate() {
                    // Of the holes most are covered, so that they fall, and some rise.
                    let share = if at % width % 24 < 18 { 2 } else { 1 };
                    *value = (*value).max(noise(at, 3, 11) / share);
                }
                level.run(Hold(&mut settler, &mut matte, &people, &smooth, pace));
                assert!(settler.free.has_any() && settler.falls.has_any());
                assert!(settler.free.count() < width * height);
                (matte.values().to_vec(), format!("{settler:?}"))
            };
            let wanted = settled(Level::COMMON);
            for level in Level::all().skip(1) {
                assert!(settled(level) == wanted, "{width}x{height}, {level}");
            }
        }
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

    /// A keyboard under resting hands: the network calls it the person now and then.
    #[test]
    fn what_wavers_at_rest_comes_back_slowly_at_every_rate_and_does_not_jump() {
        let wavering = |x: usize, y: usize| (20..30).contains(&x) && y >= 26;
        let grey = |_, _| 90;
        for fps in [15, 30, 60] {
            let mut settler = Settler::default();
            settled(&mut settler, 0, grey, body);
            let (mut whole_after, mut most_rise, mut last) = (None, 0, 0);
            for frame in 1..=4 * fps {
                let millis = frame * 1000 / fps;
                let gone = millis < 100;
                let values = settled(&mut settler, millis, grey, |x, y| {
                    body(x, y) && !(gone && wavering(x, y))
                });
                let value = values[32 * SIZE.0 + 25].clamp(COVERED_UP_TO, SHOWN_FROM);
                if gone {
                    assert_eq!(value, COVERED_UP_TO, "{fps}: it falls at once");
                } else {
                    most_rise = most_rise.max(value.saturating_sub(last));
                    if value == SHOWN_FROM && whole_after.is_none() {
                        whole_after = Some(millis - 100);
                    }
                }
                last = value;
                assert_eq!(values[10 * SIZE.0 + 25], 255, "what did not waver stays");
            }
            let whole_after = whole_after.unwrap();
            assert!((1800..=2100).contains(&whole_after), "{fps}: {whole_after}");
            let step = u64::from(SPAN) / (2 * fps) + 1;
            assert!(u64::from(most_rise) <= step, "{fps}: {most_rise}");
        }
    }

    #[test]
    fn a_border_and_whoever_comes_back_do_not_waver() {
        let grey = |_, _| 90;
        let mut settler = Settler::default();
        settled(&mut settler, 0, grey, body);
        settled(&mut settler, 33, grey, |x, y| body(x, y) && x != 29);
        for frame in 2..5 {
            settled(&mut settler, 33 * frame, grey, body);
        }
        assert!(settler.matte[29] >= SHOWN_FROM, "{}", settler.matte[29]);
        settled(&mut settler, 165, grey, |_, _| false);
        for frame in 6..9 {
            settled(&mut settler, 33 * frame, grey, body);
        }
        assert!(settler.matte[25] >= SHOWN_FROM, "{}", settler.matte[25]);
    }

    #[test]
    fn what_moves_after_it_wavered_rises_at_once() {
        let mut settler = Settler::default();
        settled(&mut settler, 0, |_, _| 90, body);
        settled(&mut settler, 33, |_, _| 90, |x, y| body(x, y) && y < 26);
        settled(&mut settler, 66, |_, _| 90, body);
        assert!(settler.matte[32 * SIZE.0 + 25] < SHOWN_BY_HALF_FROM);
        let moved = |x: usize, y: usize| if body(x, y) && y >= 24 { 130 } else { 90 };
        settled(&mut settler, 99, moved, body);
        assert_eq!(settler.matte[32 * SIZE.0 + 25], 255);
    }
}
