use std::sync::Arc;

use frosted::{Rate, Timestamp};

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
            Self::Still => Rate::PAL.time_of(index),
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
    fn a_list_of_times_goes_on_in_its_last_step() {
        let ms = Timestamp::from_millis;
        let timing = Timing::Variable([0, 40, 100].map(ms).to_vec().into());
        assert_eq!(timing.time_of(1), ms(40));
        assert_eq!(timing.time_of(3), ms(160));
        assert_eq!(timing.time_of(4), ms(220));
    }
}
