use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::str::FromStr;

use frosted::Subjects;

/// Who stays sharp. There is no face recognition and no identity: a subject is whoever was
/// there first and could be followed since.
///
/// Ordered by how much it conceals, the weakest first: all, nine people, ..., two, one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SubjectRule {
    /// Everybody who moves.
    All,
    /// So many people at most.
    UpTo(People),
    /// One person.
    #[default]
    One,
}

/// More people than one, 2 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct People(NonZeroU8);

impl People {
    /// `None` unless there are 2 to 9.
    pub(crate) fn new(most: u8) -> Option<Self> {
        let most = NonZeroU8::new(most)?;
        (2..=9).contains(&most.get()).then_some(Self(most))
    }
}

impl SubjectRule {
    /// How many people stay sharp at most.
    fn most(self) -> u8 {
        match self {
            Self::All => u8::MAX,
            Self::UpTo(People(most)) => most.get(),
            Self::One => 1,
        }
    }
}

impl PartialOrd for SubjectRule {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SubjectRule {
    fn cmp(&self, other: &Self) -> Ordering {
        other.most().cmp(&self.most())
    }
}

impl From<SubjectRule> for Subjects {
    fn from(rule: SubjectRule) -> Self {
        match rule {
            SubjectRule::All => Self::All,
            SubjectRule::UpTo(People(most)) => Self::UpTo(most),
            SubjectRule::One => Self::One,
        }
    }
}

impl fmt::Display for SubjectRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::UpTo(People(most)) => most.fmt(f),
            Self::One => f.write_str("one"),
        }
    }
}

impl FromStr for SubjectRule {
    type Err = String;

    /// Reads `one`, a digit from 2 to 9, or `all`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "one" => return Ok(Self::One),
            "all" => return Ok(Self::All),
            _ => {}
        }
        let digit = Some(text).filter(|text| text.len() == 1);
        let people = digit.and_then(|digit| People::new(digit.parse().ok()?));
        people.map(Self::UpTo).ok_or_else(|| {
            format!("subject \"{text}\" is unknown, choose one, 2 to 9 (that many people), or all")
        })
    }
}

/// What can be chosen in this build.
#[cfg(all(feature = "pipewire", target_os = "linux"))]
pub(super) const OUTPUTS: &str = "auto, a device such as /dev/video10, pipewire or -";
/// What can be chosen in this build.
#[cfg(not(all(feature = "pipewire", target_os = "linux")))]
pub(super) const OUTPUTS: &str = "auto, a device such as /dev/video10 or -";

/// Where the protected frames go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum OutputChoice {
    /// The virtual camera that is found.
    #[default]
    Auto,
    /// This v4l2loopback device.
    Device(PathBuf),
    /// A node of PipeWire.
    PipeWire,
    /// Y4M on the standard output.
    Stdout,
}

impl fmt::Display for OutputChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Device(path) => path.display().fmt(f),
            Self::PipeWire => f.write_str("pipewire"),
            Self::Stdout => f.write_str("-"),
        }
    }
}

impl FromStr for OutputChoice {
    type Err = String;

    /// Reads `auto`, `pipewire`, `-` or the path of a device.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "pipewire" => Ok(Self::PipeWire),
            "-" => Ok(Self::Stdout),
            path if path.starts_with('/') => Ok(Self::Device(path.into())),
            _ => Err(format!(
                "output \"{text}\" is unknown, choose {OUTPUTS} (standard output)"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_read_or_refused_with_the_choice() {
        for text in ["auto", "pipewire", "-", "/dev/video10"] {
            let choice: OutputChoice = text.parse().unwrap();
            assert_eq!(choice.to_string(), text);
        }
        for wrong in ["", "video10", "Auto", "--"] {
            let error = wrong.parse::<OutputChoice>().unwrap_err();
            assert!(error.contains("/dev/video10"), "{error}");
        }
    }

    #[test]
    fn subjects_are_read_or_refused_with_the_choice() {
        for text in ["one", "2", "3", "9", "all"] {
            let rule: SubjectRule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
        }
        for wrong in [
            "", "0", "1", "10", "02", "+2", "2.0", "-2", "two", "One", "\u{662}",
        ] {
            let error = wrong.parse::<SubjectRule>().unwrap_err();
            assert!(
                error.contains("one, 2 to 9 (that many people), or all"),
                "{error}"
            );
        }
    }

    #[test]
    fn the_fewer_people_the_stronger() {
        let rules = ["all", "9", "8", "5", "3", "2", "one"];
        let rules = rules.map(|text| text.parse::<SubjectRule>().unwrap());
        assert!(rules.is_sorted_by(|weaker, stronger| weaker < stronger));
    }

    #[test]
    fn the_pipeline_is_told_the_same() {
        let told = |text: &str| Subjects::from(text.parse::<SubjectRule>().unwrap());
        assert_eq!(told("one"), Subjects::One);
        assert_eq!(told("all"), Subjects::All);
        assert_eq!(told("4"), Subjects::UpTo(NonZeroU8::new(4).unwrap()));
        assert_eq!(Subjects::from(SubjectRule::default()), Subjects::default());
    }
}
