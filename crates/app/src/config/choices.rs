use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Who is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SubjectRule {
    /// The largest figure alone. The only rule there is.
    #[default]
    One,
}

impl fmt::Display for SubjectRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One => "one",
        })
    }
}

impl FromStr for SubjectRule {
    type Err = String;

    /// Reads `one`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "one" => Ok(Self::One),
            _ => Err(format!("subject \"{text}\" is unknown, choose one of: one")),
        }
    }
}

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
                "output \"{text}\" is unknown, choose auto, a device such as /dev/video10, pipewire or - (standard output)"
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
    fn only_the_rule_that_exists_is_read() {
        assert_eq!("one".parse(), Ok(SubjectRule::One));
        for wrong in ["", "all", "two", "One"] {
            assert!(
                wrong
                    .parse::<SubjectRule>()
                    .unwrap_err()
                    .contains("one of: one")
            );
        }
    }
}
