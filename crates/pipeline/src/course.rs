//! A frame's course: which stage it is in and how long each took.

use std::time::Duration;

use frosted_core::Timestamp;

use crate::clock::Clock;
use crate::report::{Cause, FrameReport, Shown, StageTimes};

/// Where a frame is on its way, so that a panic can be put down to somebody.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Stage {
    #[default]
    Prepare,
    Reduce,
    Segment,
    Decide,
    Paint,
}

impl Stage {
    pub(crate) fn cause(self) -> Cause {
        match self {
            Self::Segment => Cause::Engine,
            Self::Reduce | Self::Paint => Cause::Compositor,
            Self::Prepare | Self::Decide => Cause::Internal,
        }
    }
}

/// What is noted on the way, kept outside the part that may panic.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    pub(crate) stage: Stage,
    pub(crate) times: StageTimes,
    pub(crate) person_share: f32,
    pub(crate) frozen: bool,
}

impl Course {
    /// What is reported of a frame of `at`: `plate_bits` are bits, and of how many plates.
    pub(crate) fn report(
        &self,
        shown: Shown,
        at: Timestamp,
        plate_bits: (u32, u32),
    ) -> FrameReport {
        FrameReport {
            shown,
            at,
            times: self.times,
            person_share: self.person_share,
            plate_bits: plate_bits.0,
            plates: plate_bits.1,
            frozen: self.frozen,
        }
    }
}

/// Measures one stage after another.
pub(crate) struct Lap<'c> {
    pub(crate) clock: &'c dyn Clock,
    pub(crate) at: Duration,
}

impl Lap<'_> {
    pub(crate) fn next(&mut self) -> Duration {
        let now = self.clock.now();
        let took = now.saturating_sub(self.at);
        self.at = now;
        took
    }
}
