use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::plan::{Cores, Own, Size, peer_name};

/// What all the runs gave.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) facts: Value,
    /// By the case's name, one for each round.
    runs: BTreeMap<String, Vec<Value>>,
}

impl Figures {
    pub(super) fn new(facts: Value) -> Self {
        Self {
            facts,
            runs: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, name: &str, run: Value) {
        self.runs.entry(name.to_owned()).or_default().push(run);
    }

    /// The median over the rounds, of an even number of them the mean of the middle two; none if the case was not run
    /// or did not tell it.
    pub(super) fn median(&self, name: &str, key: &str) -> Option<f64> {
        let values = self.values(name, key);
        let (upper, lower) = (values.len() / 2, values.len().checked_sub(1)? / 2);
        Some(f64::midpoint(values[lower], values[upper]))
    }

    /// Of one of our own cases.
    pub(super) fn own(&self, own: &Own, key: &str) -> Option<f64> {
        self.median(&own.to_string(), key)
    }

    /// Of a peer.
    pub(super) fn peer(&self, script: &str, cores: Cores, size: Size, key: &str) -> Option<f64> {
        self.median(&peer_name(script, cores, size), key)
    }

    /// Median, over the cases, of how far a case's rounds lie apart as a share of their median, and the largest.
    pub(super) fn spread(&self, key: &str) -> Option<(f64, f64)> {
        let mut spreads: Vec<f64> = self
            .runs
            .keys()
            .filter_map(|name| {
                let values = self.values(name, key);
                let median = self.median(name, key).filter(|median| *median > 0.0)?;
                let (first, last) = (values.first()?, values.last()?);
                (values.len() > 1).then(|| (last - first) / median)
            })
            .collect();
        spreads.sort_by(f64::total_cmp);
        Some((*spreads.get(spreads.len() / 2)?, *spreads.last()?))
    }

    /// Of all frames of our own, those with the person in them.
    pub(super) fn shown(&self) -> (u64, u64) {
        let own = self
            .runs
            .iter()
            .filter(|(name, _)| name.starts_with("own "));
        own.flat_map(|(_, runs)| runs)
            .fold((0, 0), |(person, all), run| {
                let of = |value: &Value| value.as_u64().unwrap_or(0);
                (
                    person + of(&run["shown"]["person"]),
                    all + of(&run["frames"]),
                )
            })
    }

    /// What the first run says there.
    pub(super) fn word(&self, name: &str, key: &str) -> Option<&str> {
        self.runs.get(name)?.first()?[key].as_str()
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"facts": self.facts, "runs": self.runs})
    }

    /// Sorted; a key within another is told by a stroke between them.
    fn values(&self, name: &str, key: &str) -> Vec<f64> {
        let pointer = format!("/{key}");
        let runs = self.runs.get(name).into_iter().flatten();
        let mut values: Vec<f64> = runs
            .filter_map(|run| run.pointer(&pointer)?.as_f64())
            .collect();
        values.sort_by(f64::total_cmp);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_the_rounds_that_told() {
        let mut figures = Figures::new(Value::Null);
        for value in [3.0, 1.0, 9.0] {
            figures.add("a", json!({"ms": value}));
        }
        figures.add("a", json!({"ms": null}));
        assert_eq!(figures.median("a", "ms"), Some(3.0));
        figures.add("a", json!({"ms": 4.0}));
        assert_eq!(figures.median("a", "ms"), Some(3.5));
        assert_eq!(figures.median("a", "other"), None);
        assert_eq!(figures.median("b", "ms"), None);
        assert_eq!(figures.spread("ms"), Some((8.0 / 3.5, 8.0 / 3.5)));
        assert_eq!(figures.spread("other"), None);
    }

    #[test]
    fn frames_with_the_person_are_counted_of_our_own() {
        let mut figures = Figures::new(Value::Null);
        figures.add(
            "own a",
            json!({"frames": 10, "shown": {"person": 9, "card (starting)": 1}}),
        );
        figures.add("peer b", json!({"frames": 10}));
        assert_eq!(figures.shown(), (9, 10));
    }
}
