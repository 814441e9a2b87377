use std::path::{Path, PathBuf};

use frosted::RuntimeSearch;

use super::file::Content;
use super::floor::{Floor, POLICY_KEYS};
use super::live::Live;
use super::merged::StartSettings;
use super::places::Places;
use super::table::Entries;
use super::wishes::{SETTINGS_KEYS, Wishes};

/// What the files of settings hold, for self-checks.
#[derive(Debug)]
pub(crate) struct Report {
    /// The administrator's.
    pub(crate) policies: Vec<(PathBuf, Found)>,
    /// The user's; `None` where this user has no place for one.
    pub(crate) settings: Option<(PathBuf, Found)>,
    /// What `frosted run` begins with and what it says of that, or why it does not begin.
    pub(crate) start: Result<(StartSettings, Vec<String>), String>,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is no such file.
    Absent,
    /// What it asks for, a line each.
    Read(Vec<String>),
    /// Why it cannot be used.
    Wrong(String),
}

impl Report {
    /// Reads the files; `usual` is where ONNX Runtime would be looked for without settings.
    pub(crate) fn new(places: &Places, usual: RuntimeSearch) -> Self {
        let policy = |path: &PathBuf| {
            let judge = |text: &str| Floor::from_toml(text, path).map(|_| ());
            (path.clone(), Found::at(path, &POLICY_KEYS, judge))
        };
        let settings = |path: &Path| {
            let folder = path.parent().unwrap_or(Path::new(""));
            let judge = |text: &str| Wishes::from_toml(text, folder).map(|_| ());
            (path.to_owned(), Found::at(path, &SETTINGS_KEYS, judge))
        };
        Self {
            policies: places.policies.iter().map(policy).collect(),
            settings: places.settings.as_ref().map(|place| settings(place.path())),
            start: start(places, usual),
        }
    }
}

fn start(places: &Places, usual: RuntimeSearch) -> Result<(StartSettings, Vec<String>), String> {
    let (live, notes) =
        Live::load(Wishes::default(), places.clone()).map_err(|failure| failure.to_string())?;
    let config = live.config();
    config
        .runtime_search(usual)
        .map_err(|breach| breach.to_string())?;
    Ok((config.start().clone(), notes))
}

impl Found {
    fn at(path: &Path, keys: &[&str], judge: impl Fn(&str) -> Result<(), String>) -> Self {
        match Content::read(path) {
            Content::Absent => Self::Absent,
            Content::Unreadable(reason) => Self::Wrong(reason),
            Content::Text(text) => {
                let lines = Entries::parse(&text, keys).map(|entries| entries.lines());
                match judge(&text).and(lines) {
                    Ok(lines) => Self::Read(lines),
                    Err(reason) => Self::Wrong(reason),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::places::SettingsPlace;

    fn usual() -> RuntimeSearch {
        RuntimeSearch {
            variable: None,
            ..RuntimeSearch::default()
        }
    }

    #[test]
    fn files_are_told_as_they_are_and_a_refusal_as_run_says_it() {
        let frost = "# a floor\nminimum-background   = \"frost\" # at least\nsubject = \"one\"";
        let rules = ["minimum-background = \"frost\"", "subject = \"one\""];
        let read = |lines: &[&str]| Found::Read(lines.iter().map(ToString::to_string).collect());
        // policy, settings, what is told of each, and how run begins
        let cases = [
            (None, None, Found::Absent, Found::Absent, Ok(0)),
            (Some(frost), None, read(&rules), Found::Absent, Ok(1)),
            (
                None,
                Some("fps = 29.97\nsize='64x64'"),
                Found::Absent,
                read(&["fps = 29.97", "size = '64x64'"]),
                Ok(0),
            ),
            (
                Some(frost),
                Some("background = \"blur\""),
                read(&rules),
                read(&["background = \"blur\""]),
                Err("weaker than frost"),
            ),
            (
                Some("x = 1"),
                Some(""),
                Found::Wrong("line 1: x is no key".into()),
                read(&[]),
                Err("x is no key"),
            ),
            (
                None,
                Some("fps = 0"),
                Found::Absent,
                Found::Wrong("line 1: ".into()),
                Err("settings.toml: line 1"),
            ),
        ];
        for (policy, settings, of_policy, of_settings, start) in cases {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            for (name, text) in [("policy.toml", policy), ("settings.toml", settings)] {
                if let Some(text) = text {
                    std::fs::write(at(name), text).unwrap();
                }
            }
            let places = Places {
                settings: Some(SettingsPlace::Usual(at("settings.toml"))),
                policies: vec![at("policy.toml")],
            };
            let report = Report::new(&places, usual());
            let same = |found: &Found, expected: &Found| match (found, expected) {
                (Found::Wrong(why), Found::Wrong(begins)) => why.starts_with(begins),
                _ => found == expected,
            };
            assert!(same(&report.policies[0].1, &of_policy), "{report:?}");
            assert!(
                same(&report.settings.as_ref().unwrap().1, &of_settings),
                "{report:?}"
            );
            match (&report.start, start) {
                (Ok((_, notes)), Ok(count)) => assert_eq!(notes.len(), count, "{report:?}"),
                (Err(why), Err(said)) => assert!(why.contains(said), "{why}"),
                _ => panic!("{report:?}"),
            }
        }
    }
}
