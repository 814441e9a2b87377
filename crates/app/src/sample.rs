/// Values of a run of any length in memory that does not grow with it: every one of the first
/// [`KEPT`](Self::KEPT), of more as many at random.
#[derive(Clone, Debug)]
pub(crate) struct Sample<T> {
    kept: Vec<T>,
    seen: u64,
    noise: u64,
}

impl<T> Default for Sample<T> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            seen: 0,
            noise: 0x9e37_79b9_7f4a_7c15,
        }
    }
}

impl<T> Sample<T> {
    /// Two minutes at 30 frames a second.
    pub(crate) const KEPT: usize = 4096;

    pub(crate) fn push(&mut self, value: T) {
        self.seen += 1;
        if self.kept.len() < Self::KEPT {
            self.kept.push(value);
            return;
        }
        // Algorithm R (Vitter 1985): each value seen is kept with the same probability.
        let place = self.next_noise() % self.seen;
        if let Some(slot) = usize::try_from(place)
            .ok()
            .and_then(|place| self.kept.get_mut(place))
        {
            *slot = value;
        }
    }

    /// Takes in what another run of the same length saw.
    pub(crate) fn extend(&mut self, other: Self) {
        self.seen += other.seen;
        self.kept.extend(other.kept);
    }

    /// How many values there were.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }

    pub(crate) fn kept(&self) -> &[T] {
        &self.kept
    }

    /// Xorshift, Marsaglia 2003.
    fn next_noise(&mut self) -> u64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        self.noise
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_are_kept_whole() {
        let mut sample = Sample::default();
        for value in 0..Sample::<u64>::KEPT as u64 {
            sample.push(value);
        }
        assert!(sample.kept().iter().copied().eq(0..sample.seen()));
    }

    #[test]
    fn of_long_runs_as_many_are_kept_from_everywhere() {
        let mut sample = Sample::default();
        let kept = Sample::<u64>::KEPT;
        for value in 0..100_000_u64 {
            sample.push(value);
        }
        assert_eq!((sample.seen(), sample.kept().len()), (100_000, kept));
        assert!(sample.kept.capacity() <= 2 * kept);
        for tenth in 0..10 {
            let within = |value: &&u64| (**value / 10_000) == tenth;
            let count = sample.kept().iter().filter(within).count();
            // 410 are expected; the deviation of such a count is 19.
            assert!((310..510).contains(&count), "{tenth}: {count}");
        }
    }
}
