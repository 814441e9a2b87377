use serde_json::{Map, Value};

use crate::live::State;

/// How many pictures were shown in each state, for each cause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(Vec<(State, Option<String>, u64)>);

impl Counts {
    /// Counts one.
    pub(crate) fn add(&mut self, state: State, cause: Option<&str>) {
        let same = self
            .0
            .iter_mut()
            .find(|(of, by, _)| *of == state && by.as_deref() == cause);
        match same {
            Some((.., count)) => *count += 1,
            None => self.0.push((state, cause.map(ToOwned::to_owned), 1)),
        }
    }

    /// The counts so far; they begin anew.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// `{"live": 28, "covered (nobody)": 2}`.
    pub(super) fn to_json(&self) -> Value {
        let name = |state: State, cause: &Option<String>| match cause {
            Some(cause) => format!("{} ({cause})", state.name()),
            None => state.name().to_owned(),
        };
        let entries = self.0.iter();
        let named = entries.map(|(state, cause, count)| (name(*state, cause), (*count).into()));
        Value::Object(named.collect::<Map<_, _>>())
    }
}
