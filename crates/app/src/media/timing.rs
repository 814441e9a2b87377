use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use frosted::Timestamp;

use super::{MediaError, MediaErrorKind};

/// Frames a second as an exact fraction, from one in 1000 seconds to 1000 a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    numerator: u32,
    denominator: u32,
}

impl Rate {
    /// What is taken where a stream says nothing: webcams give 25 or 30.
    pub const FALLBACK: Self = Self {
        numerator: 25,
        denominator: 1,
    };

    /// `numerator / denominator` frames a second.
    ///
    /// # Errors
    /// [`MediaErrorKind::Unsupported`] outside 1/1000 to 1000.
    pub fn new(numerator: u32, denominator: u32) -> Result<Self, MediaError> {
        let (n, d) = (u64::from(numerator), u64::from(denominator));
        if d == 0 || n == 0 || n > 1000 * d || 1000 * n < d {
            return Err(MediaError::unsupported(format!(
                "a rate of {numerator}/{denominator} frames a second is outside 1/1000 to 1000"
            )));
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
    type Err = MediaError;

    /// Reads `25`, `30000/1001` or `29.97` (three decimals at most).
    fn from_str(text: &str) -> Result<Self, MediaError> {
        let wrong = || {
            MediaError::new(
                MediaErrorKind::Unsupported,
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

/// When the frames of a stream are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    /// There is one frame and no time.
    Still,
    /// Frame n is shown n / rate seconds after the first.
    Constant(Rate),
    /// Frame n is shown at this time after the first; never empty, rising.
    Variable(Arc<[Timestamp]>),
}

impl Timing {
    /// When frame `index` is shown. Past the end of a list it goes on in its last step.
    pub fn time_of(&self, index: u64) -> Timestamp {
        match self {
            Self::Still => Rate::FALLBACK.time_of(index),
            Self::Constant(rate) => rate.time_of(index),
            Self::Variable(times) => usize::try_from(index)
                .ok()
                .and_then(|index| times.get(index).copied())
                .unwrap_or_else(|| beyond(times, index)),
        }
    }
}

fn beyond(times: &[Timestamp], index: u64) -> Timestamp {
    const STEP_NS: u64 = 40_000_000;
    let last = times.last().copied().unwrap_or_default();
    let step = match times {
        [.., before, last] => last.as_nanos().saturating_sub(before.as_nanos()),
        _ => STEP_NS,
    };
    let missing = index.saturating_sub(times.len() as u64).saturating_add(1);
    Timestamp::from_nanos(last.as_nanos().saturating_add(step.saturating_mul(missing)))
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

    #[test]
    fn a_list_of_times_goes_on_in_its_last_step() {
        let ms = Timestamp::from_millis;
        let timing = Timing::Variable([0, 40, 100].map(ms).to_vec().into());
        assert_eq!(timing.time_of(1), ms(40));
        assert_eq!(timing.time_of(3), ms(160));
        assert_eq!(timing.time_of(4), ms(220));
    }
}
