use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::error::{FrameError, FrameErrorKind};
use crate::time::Timestamp;

/// Frames a second as an exact fraction, from one in 1000 seconds to 1000 a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    numerator: u32,
    denominator: u32,
}

impl Rate {
    /// 25 frames a second.
    pub const PAL: Self = Self {
        numerator: 25,
        denominator: 1,
    };

    /// 30 frames a second, what most webcams give.
    pub const THIRTY: Self = Self {
        numerator: 30,
        denominator: 1,
    };

    /// `numerator / denominator` frames a second.
    ///
    /// # Errors
    /// [`FrameErrorKind::Value`] outside 1/1000 to 1000.
    pub fn new(numerator: u32, denominator: u32) -> Result<Self, FrameError> {
        let (n, d) = (u64::from(numerator), u64::from(denominator));
        if d == 0 || n == 0 || n > 1000 * d || 1000 * n < d {
            return Err(FrameError::new(
                FrameErrorKind::Value,
                format!(
                    "a rate of {numerator}/{denominator} frames a second is outside 1/1000 to 1000"
                ),
            ));
        }
        Ok(Self {
            numerator,
            denominator,
        })
    }

    /// The numerator.
    pub fn numerator(self) -> u32 {
        self.numerator
    }

    /// The denominator.
    pub fn denominator(self) -> u32 {
        self.denominator
    }

    /// The time from one frame to the next, rounded down to a nanosecond.
    pub fn interval(self) -> Duration {
        self.time_of(1).since(Timestamp::ZERO)
    }

    /// When frame `index` (0 is the first) is shown, rounded down to a nanosecond.
    pub fn time_of(self, index: u64) -> Timestamp {
        let nanos = u128::from(index) * 1_000_000_000 * u128::from(self.denominator)
            / u128::from(self.numerator);
        Timestamp::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

impl FromStr for Rate {
    type Err = FrameError;

    /// Reads `25`, `30000/1001` or `29.97` (three decimals at most).
    fn from_str(text: &str) -> Result<Self, FrameError> {
        let wrong = || {
            FrameError::new(
                FrameErrorKind::Value,
                format!(
                    "rate \"{text}\" is not a number of frames a second: give 25, 29.97 or 30000/1001"
                ),
            )
        };
        let whole = |part: &str| part.parse::<u32>().map_err(|_| wrong());
        if let Some((over, under)) = text.split_once('/') {
            return Self::new(whole(over)?, whole(under)?);
        }
        let Some((units, decimals)) = text.split_once('.') else {
            return Self::new(whole(text)?, 1);
        };
        if decimals.is_empty() || decimals.len() > 3 {
            return Err(wrong());
        }
        let scale = 10u32.pow(decimals.len() as u32);
        let numerator = whole(units)?
            .checked_mul(scale)
            .and_then(|units| units.checked_add(whole(decimals).ok()?))
            .ok_or_else(wrong)?;
        Self::new(numerator, scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_exactly_or_refused() {
        let cases = [
            ("25", Ok((25, 1))),
            ("30000/1001", Ok((30000, 1001))),
            ("29.97", Ok((2997, 100))),
            ("0.5", Ok((5, 10))),
            ("0", Err(())),
            ("1/0", Err(())),
            ("1001", Err(())),
            ("-5", Err(())),
            ("25.1234", Err(())),
            ("5000000000", Err(())),
            ("", Err(())),
        ];
        for (text, expected) in cases {
            let read = text.parse::<Rate>().map(|r| (r.numerator, r.denominator));
            assert_eq!(read.map_err(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn an_hour_of_ntsc_does_not_drift() {
        let rate = Rate::new(30000, 1001).unwrap();
        assert_eq!(rate.time_of(30000).as_nanos(), 1_001_000_000_000);
    }
}
