use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const FOLDER: &str = "frosted";
const SETTINGS: &str = "settings.toml";
const POLICY: &str = "policy.toml";

/// Where the two files are.
///
/// The administrator's place can be named by nothing that a user has in hand: no option and
/// no variable leads away from it.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(super) settings: Option<SettingsPlace>,
    /// Their rules hold together.
    pub(super) policies: Vec<PathBuf>,
}

/// The user's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SettingsPlace {
    /// Where the platform has it; it need not be there.
    Usual(PathBuf),
    /// Named by the user: it must be there.
    Named(PathBuf),
}

impl SettingsPlace {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Usual(path) | Self::Named(path) => path,
        }
    }
}

impl Places {
    /// Those of this machine and user; `named` stands for the user's usual file.
    pub(crate) fn of_this_machine(named: Option<PathBuf>) -> Self {
        let system = if cfg!(windows) {
            System::Windows
        } else if cfg!(target_os = "macos") {
            System::MacOs
        } else {
            System::Unix
        };
        let variable = |name: &str| env::var_os(name);
        Self {
            settings: match named {
                Some(path) => Some(SettingsPlace::Named(path)),
                None => usual(system, variable).map(SettingsPlace::Usual),
            },
            policies: policies(system, variable),
        }
    }
}

/// Which customs a platform has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Unix,
    MacOs,
    Windows,
}

/// The user's file, if the variables say where this user's files are.
fn usual(system: System, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The base directory specification has relative paths ignored; they would depend on
    // where the program is started.
    let folder = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = match system {
        System::Unix => {
            folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?
        }
        System::MacOs => folder("HOME")?.join("Library/Application Support"),
        System::Windows => folder("APPDATA")?,
    };
    Some(base.join(FOLDER).join(SETTINGS))
}

/// The administrator's files.
fn policies(system: System, variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let fixed = match system {
        System::Unix => "/etc",
        System::MacOs => "/Library/Application Support",
        System::Windows => "C:\\ProgramData",
    };
    let mut bases = vec![PathBuf::from(fixed)];
    // Windows may be on another drive. Its users can change the variable for their own
    // programs, so that what it names is read as well, and never instead.
    if system == System::Windows {
        bases.extend(variable("ProgramData").map(PathBuf::from));
    }
    bases.dedup();
    bases
        .into_iter()
        .map(|base| base.join(FOLDER).join(POLICY))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.into())
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_users_file_is_in_the_platforms_folder() {
        type Variables = [(&'static str, &'static str)];
        let cases: [(System, &Variables, Option<&str>); 7] = [
            (
                System::Unix,
                &[("XDG_CONFIG_HOME", "/x"), ("HOME", "/home/a")],
                Some("/x/frosted/settings.toml"),
            ),
            (
                System::Unix,
                &[("HOME", "/home/a")],
                Some("/home/a/.config/frosted/settings.toml"),
            ),
            (
                System::Unix,
                &[("XDG_CONFIG_HOME", "x"), ("HOME", "/home/a")],
                Some("/home/a/.config/frosted/settings.toml"),
            ),
            (
                System::Unix,
                &[("XDG_CONFIG_HOME", ""), ("HOME", "/home/a")],
                Some("/home/a/.config/frosted/settings.toml"),
            ),
            (System::Unix, &[], None),
            (
                System::MacOs,
                &[("HOME", "/Users/a"), ("XDG_CONFIG_HOME", "/x")],
                Some("/Users/a/Library/Application Support/frosted/settings.toml"),
            ),
            // Absolute by the rules of the machine that runs the test.
            (
                System::Windows,
                &[("APPDATA", "/roaming")],
                Some("/roaming/frosted/settings.toml"),
            ),
        ];
        for (system, set, expected) in cases {
            assert_eq!(
                usual(system, with(set)),
                expected.map(PathBuf::from),
                "{system:?} {set:?}"
            );
        }
    }

    #[test]
    fn no_variable_leads_away_from_the_administrators_file() {
        let names = [
            "XDG_CONFIG_HOME",
            "XDG_CONFIG_DIRS",
            "HOME",
            "APPDATA",
            "ProgramData",
            "ALLUSERSPROFILE",
            "SystemDrive",
        ];
        let set = names.map(|name| (name, "/elsewhere"));
        for system in [System::Unix, System::MacOs, System::Windows] {
            let bare = policies(system, with(&[]));
            assert_eq!(bare.len(), 1, "{system:?}");
            assert_eq!(
                policies(system, with(&set))[0],
                bare[0],
                "{system:?}: more may be read, never less"
            );
        }
        assert_eq!(
            policies(System::Unix, with(&set)),
            [PathBuf::from("/etc/frosted/policy.toml")]
        );
        assert_eq!(
            policies(System::MacOs, with(&set)),
            [PathBuf::from(
                "/Library/Application Support/frosted/policy.toml"
            )]
        );
        assert_eq!(policies(System::Windows, with(&set)).len(), 2);
    }
}
