use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// What a record says, added up.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    by: String,
    from: Option<String>,
    to: Option<String>,
    last_ms: Option<u64>,
    shown: BTreeMap<String, u64>,
    settings: Vec<String>,
    ended: Option<String>,
    clock_set_back: bool,
}

impl Summary {
    /// Adds a line.
    ///
    /// # Errors
    /// It does not come after the one before.
    pub(super) fn add(&mut self, line: &Value) -> Result<(), String> {
        let at = line["t_ms"].as_u64().ok_or("it says no time")?;
        if let Some(before) = self.last_ms.filter(|before| *before >= at) {
            return Err(format!(
                "its time, {at} ms, is not behind {before} ms of the line before it"
            ));
        }
        self.last_ms = Some(at);
        if let Some(utc) = line["utc"].as_str() {
            self.clock_set_back |= self.to.as_deref().is_some_and(|before| before > utc);
            self.from.get_or_insert_with(|| plain(utc));
            self.to = Some(plain(utc));
        }
        for (what, count) in line["shown"].as_object().into_iter().flatten() {
            let sum = self.shown.entry(plain(what)).or_default();
            *sum = sum.saturating_add(count.as_u64().unwrap_or(0));
        }
        let settings = &line["settings"];
        if !settings.is_null() && self.settings.len() < 20 {
            let settings = plain(&settings.to_string());
            if self.settings.last() != Some(&settings) {
                self.settings.push(settings);
            }
        }
        match line["kind"].as_str() {
            Some("begin") => {
                let text = |key: &str| plain(line[key].as_str().unwrap_or("?"));
                self.by = format!(
                    "frosted {} {}; {} on {}, sha256 {}",
                    text("command"),
                    text("frosted"),
                    text("model"),
                    text("engine"),
                    text("model_sha256")
                );
            }
            Some("end") => self.ended = line["ended"].as_str().map(plain),
            _ => {}
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.by)?;
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            write!(f, "\nfrom {from} to {to} by the machine's clock")?;
            if self.clock_set_back {
                f.write_str(", which was set back meanwhile")?;
            }
        }
        let all: u64 = self.shown.values().sum();
        let seconds = self.last_ms.unwrap_or(0) as f64 / 1e3;
        write!(f, "\n{seconds:.1} s, {all} pictures")?;
        let mut shown: Vec<_> = self.shown.iter().collect();
        shown.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (what, count) in shown {
            let share = 100.0 * *count as f64 / all.max(1) as f64;
            write!(f, "\n  {what}: {count} ({share:.1} %)")?;
        }
        for settings in &self.settings {
            write!(f, "\nsettings {settings}")?;
        }
        match &self.ended {
            Some(ended) => write!(f, "\nended: {ended}"),
            None => Ok(()),
        }
    }
}

/// Text of a file that may be anybody's, without what would upset a terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(400).collect()
}
