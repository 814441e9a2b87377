use std::time::Duration;

use frosted_core::{Reduced, Timestamp};

/// A picture that stays the same to the bit for so long is frozen. A sensor's noise alone
/// makes every picture of a camera that works another one.
const FROZEN_AFTER: Duration = Duration::from_secs(3);

/// Notices a camera that sends the same picture again and again.
#[derive(Debug, Default)]
pub(crate) struct FrozenWatch {
    luma: Vec<u8>,
    since: Option<Timestamp>,
}

impl FrozenWatch {
    /// Forgets the picture.
    pub(crate) fn reset(&mut self) {
        self.since = None;
    }

    /// Whether `picture`, captured at `at`, has been the same for long.
    pub(crate) fn look(&mut self, picture: &Reduced, at: Timestamp) -> bool {
        let luma = picture.planes()[usize::from(picture.colour().is_none())];
        match self.since {
            Some(since) if at >= since && self.luma == luma => at.since(since) >= FROZEN_AFTER,
            _ => {
                self.luma.clear();
                self.luma.extend_from_slice(luma);
                self.since = Some(at);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backdrop::tests::picture;

    #[test]
    fn a_picture_is_frozen_after_three_seconds_and_thaws_at_once() {
        let still = picture(32, 18, |x, y| (x * y) as u8);
        let other = picture(32, 18, |x, y| (x * y + usize::from((x, y) == (9, 9))) as u8);
        let mut watch = FrozenWatch::default();
        let mut at = |millis, picture| watch.look(picture, Timestamp::from_millis(millis));
        assert_eq!([0, 33, 2999].map(|millis| at(millis, &still)), [false; 3]);
        assert!(at(3000, &still) && at(9000, &still));
        assert!(!at(9033, &other) && !at(9066, &other));
        assert!(at(13_000, &other));
    }
}
