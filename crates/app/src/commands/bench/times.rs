use std::time::Duration;

use crate::sample::Sample;
use crate::summary::percentiles;

/// What the frames of a run took. Of long runs the shares are those of a sample, the sum and
/// the longest always of all.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    sample: Sample<Duration>,
    sum: Duration,
    longest: Duration,
}

impl Times {
    pub(super) fn push(&mut self, time: Duration) {
        self.sum += time;
        self.longest = self.longest.max(time);
        self.sample.push(time);
    }

    /// Takes in those of another run of the same length.
    pub(super) fn extend(&mut self, other: Self) {
        self.sum += other.sum;
        self.longest = self.longest.max(other.longest);
        self.sample.extend(other.sample);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sample.seen() == 0
    }

    pub(super) fn sum(&self) -> Duration {
        self.sum
    }

    /// The milliseconds at these shares of the times, 0 to 1; at 1 it is the longest of all.
    pub(super) fn milliseconds<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        let milliseconds = |time: &Duration| time.as_secs_f64() * 1e3;
        let times = self.sample.kept().iter().map(milliseconds).collect();
        let mut found = percentiles(times, shares);
        let [longest] = percentiles(vec![milliseconds(&self.longest)], [1.0]);
        for (found, share) in found.iter_mut().zip(shares) {
            if share >= 1.0 {
                *found = longest;
            }
        }
        found
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut all = Self::default();
        times.into_iter().for_each(|time| all.push(time));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_and_the_longest_are_of_all_times() {
        let ms = Duration::from_millis;
        let mut times: Times = (0..50_000).map(|_| ms(2)).collect();
        times.extend(
            (0..50_000)
                .map(|frame| ms(2 + 98 * u64::from(frame == 7)))
                .collect(),
        );
        assert_eq!(times.sum(), ms(200_098));
        assert_eq!(times.milliseconds([0.5, 0.9, 1.0]), [2.0, 2.0, 100.0]);
        assert!(!times.is_empty() && Times::default().is_empty());
    }
}
