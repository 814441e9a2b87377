use std::time::Duration;

use frosted_core::Timestamp;

/// Judges the time stamps of a device.
///
/// A frame that waited in the device while this program stood still, as when it was stopped
/// or the machine was short of memory, shows what was, and must not pass for what is.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    /// That of the frame before.
    last: Timestamp,
    /// How many frames in a row were too old.
    old: u32,
}

/// A frame whose stamp is older than this when it arrives is not shown.
const OLDEST: Duration = Duration::from_secs(1);

/// As many old frames in a row are more than a device has buffers to keep them in: its stamps
/// are wrong, and not its frames old. A camera of 5 frames a second gets there before it is
/// taken to hang.
const WRONG_CLOCK: u32 = 12;

impl Stamps {
    /// When a frame was captured that arrives `now` and for which the device says `told`, a
    /// time of the monotonic clock; `None` if it is too old.
    ///
    /// A device that says nothing, or a time to come, is taken to mean now. No frame comes
    /// before the one before it.
    pub(super) fn judge(&mut self, told: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let stamp = match told {
            Some(told) if told <= now && now.since(told) > OLDEST => {
                self.old = (self.old + 1).min(WRONG_CLOCK);
                if self.old < WRONG_CLOCK {
                    return None;
                }
                now
            }
            told => {
                self.old = 0;
                told.filter(|told| *told <= now).unwrap_or(now)
            }
        };
        self.last = stamp.max(self.last);
        Some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn a_stamp_that_can_be_is_believed_and_none_goes_back() {
        let mut stamps = Stamps::default();
        for (told, now, expected) in [
            (Some(9_990), 10_000, 9_990),
            (Some(9_010), 10_010, 9_990),
            (None, 10_030, 10_030),
            (Some(10_090), 10_060, 10_060),
            (Some(10_050), 10_090, 10_060),
            (Some(10_100), 10_100, 10_100),
        ] {
            let judged = stamps.judge(told.map(ms), ms(now));
            assert_eq!(judged, Some(ms(expected)), "{told:?} at {now}");
        }
    }

    /// As after the program was stopped and went on: the device is full of old frames.
    #[test]
    fn old_frames_are_dropped_and_the_next_fresh_one_is_shown() {
        let mut stamps = Stamps::default();
        assert_eq!(stamps.judge(Some(ms(9_990)), ms(10_000)), Some(ms(9_990)));
        for round in 1..50 {
            let now = 10_000 + 60_000 * round;
            for age in [5_000, 4_967, 1_001] {
                assert_eq!(stamps.judge(Some(ms(now - age)), ms(now)), None);
            }
            assert_eq!(stamps.judge(Some(ms(now - 7)), ms(now)), Some(ms(now - 7)));
        }
    }

    #[test]
    fn a_camera_whose_stamps_are_always_old_works_after_a_while() {
        let constant = |_: u64| ms(5);
        let behind = |now: u64| ms(now - 1_500);
        for told in [&constant as &dyn Fn(u64) -> Timestamp, &behind] {
            let mut stamps = Stamps::default();
            let arrivals = (0..40).map(|i| 100_000 + 33 * i);
            let judged: Vec<_> = arrivals
                .map(|now| stamps.judge(Some(told(now)), ms(now)) == Some(ms(now)))
                .collect();
            let expected: Vec<_> = (1..=40).map(|count| count >= WRONG_CLOCK).collect();
            assert_eq!(judged, expected);
        }
    }
}
