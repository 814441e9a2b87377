use std::fs;
use std::num::NonZeroU8;
use std::path::PathBuf;

use frosted::{Background, CardReason, EngineChoice, Model, RuntimeSearch, Subjects, TextHeight};

use super::*;
use crate::cli::BackgroundChoice;

/// A folder with the two files, and a program that runs on them.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn settings_path(&self) -> PathBuf {
        self.folder.path().join("settings.toml")
    }

    fn policy_path(&self) -> PathBuf {
        self.folder.path().join("policy.toml")
    }

    fn settings(&self, text: &str) {
        fs::write(self.settings_path(), text).unwrap();
    }

    fn policy(&self, text: &str) {
        fs::write(self.policy_path(), text).unwrap();
    }

    fn places(&self) -> Places {
        Places {
            settings: Some(SettingsPlace::Usual(self.settings_path())),
            policies: vec![self.policy_path()],
        }
    }

    fn load_with(&self, options: Wishes) -> Result<(Live, Vec<String>), String> {
        Live::load(options, self.places()).map_err(|failure| {
            assert_eq!(failure.exit(), crate::exit::Exit::Setup);
            failure.to_string()
        })
    }

    fn load(&self) -> (Live, Vec<String>) {
        self.load_with(Wishes::default()).unwrap()
    }

    /// The names of what is in the folder.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }
}

/// What two looks bring: the notes in one line.
fn told(live: &mut Live) -> String {
    let changes = [live.look(), live.look()];
    let notes: Vec<_> = changes
        .into_iter()
        .flatten()
        .flat_map(|change| change.notes)
        .collect();
    notes.join("; ")
}

fn background(live: &Live) -> Background {
    live.config().settings_for(720).settings.background
}

fn frost() -> Background {
    Background::Frost(TextHeight::default())
}

fn blur() -> Background {
    Background::Blur(TextHeight::default())
}

fn wish(choice: &str) -> Wishes {
    Wishes {
        background: Some(choice.parse().unwrap()),
        ..Wishes::default()
    }
}

#[test]
fn without_files_the_defaults_are_in_force() {
    let machine = Machine::new();
    let (live, notes) = machine.load();
    assert_eq!(notes, Vec::<String>::new());
    let held = live.config().settings_for(720);
    assert_eq!(held.settings, frosted::Settings::default());
    assert_eq!(held.notes, Vec::<String>::new());
    assert_eq!(live.config().settings_for_any_frame(), held.settings);
    assert_eq!(machine.files(), Vec::<String>::new());
}

#[test]
fn the_command_line_wins_over_the_file_and_the_file_over_the_defaults() {
    let machine = Machine::new();
    machine.settings("background = \"frost\"\ntext-height = \"1/10\"\ncard-title = \"Moment\"");
    let (live, _) = machine.load_with(wish("green")).unwrap();
    let settings = live.config().settings_for(720).settings;
    assert!(matches!(settings.background, Background::Colour(_)));
    assert_eq!(settings.card_title, "Moment");
    let (live, _) = machine.load();
    assert_eq!(
        background(&live),
        Background::Frost(TextHeight::OfFrame(0.1))
    );
}

#[test]
fn a_start_is_refused_with_the_remedy_and_nothing_is_left() {
    let unit = Wishes::default;
    // settings, policy, options, what is said
    let cases: Vec<(&str, &str, Wishes, &[&str])> = vec![
        ("background = ", "", unit(), &["settings.toml", "line 1"]),
        (
            "back = 1",
            "",
            unit(),
            &["settings.toml", "there are background"],
        ),
        ("background = \"image:none.png\"", "", unit(), &["none.png"]),
        (
            "background = \"blur\"",
            "minimum-background = \"frost\"",
            unit(),
            &[
                "settings file",
                "settings.toml: background blur is weaker than frost, which",
                "policy.toml (minimum-background) asks for: choose frost, a colour or an image",
            ],
        ),
        (
            "",
            "minimum-background = \"cover\"",
            wish("frost"),
            &[
                "background frost is weaker than cover",
                "choose a colour or an image",
            ],
        ),
        (
            "text-height = \"1/20\"",
            "minimum-text-height = \"1/17\"",
            unit(),
            &[
                "text height 1/20 is lower than 1/17",
                "(minimum-text-height)",
                "choose 1/17 or more",
            ],
        ),
        (
            "text-height = \"20px\"",
            "minimum-text-height = \"30px\"",
            unit(),
            &["text height 20px is lower than 30px"],
        ),
        (
            "",
            "minimum-background = 1",
            unit(),
            &[
                "administrator's file",
                "policy.toml: line 1",
                "have them put right",
            ],
        ),
        ("", "minimum", unit(), &["administrator's file", "no TOML"]),
    ];
    for (settings, policy, options, said) in cases {
        let machine = Machine::new();
        machine.settings(settings);
        machine.policy(policy);
        let error = machine.load_with(options).map(|_| ()).unwrap_err();
        for said in said {
            assert!(error.contains(said), "{settings} {policy}: {error}");
        }
        assert_eq!(machine.files(), ["policy.toml", "settings.toml"]);
    }
}

#[cfg(unix)]
#[test]
fn a_policy_that_cannot_be_read_stops_the_start() {
    let machine = Machine::new();
    fs::create_dir(machine.policy_path()).unwrap();
    let error = machine
        .load_with(Wishes::default())
        .map(|_| ())
        .unwrap_err();
    assert!(error.contains("no regular file"), "{error}");
    fs::remove_dir(machine.policy_path()).unwrap();
    std::os::unix::fs::symlink("gone", machine.policy_path()).unwrap();
    let error = machine
        .load_with(Wishes::default())
        .map(|_| ())
        .unwrap_err();
    assert!(error.contains("leads nowhere"), "{error}");
}

#[test]
fn a_settings_file_that_was_named_must_be_there() {
    let machine = Machine::new();
    let places = Places {
        settings: Some(SettingsPlace::Named(machine.settings_path())),
        ..machine.places()
    };
    let error = Live::load(Wishes::default(), places.clone()).map(|_| ());
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("leave --settings out")
    );
    machine.settings("background = \"frost\"");
    let (live, _) = Live::load(Wishes::default(), places).unwrap();
    assert_eq!(background(&live), frost());
}

#[test]
fn a_default_below_the_floor_is_raised_and_said() {
    let machine = Machine::new();
    machine.policy("minimum-background = \"frost\"\nminimum-text-height = \"1/10\"");
    let (live, notes) = machine.load();
    assert_eq!(
        background(&live),
        Background::Frost(TextHeight::OfFrame(0.1))
    );
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].ends_with("(minimum-background) asks for: raised to frost"));
    assert!(notes[1].ends_with("(minimum-text-height) asks for: raised to 1/10"));
}

#[test]
fn a_low_text_height_is_no_matter_while_nothing_of_the_room_is_shown() {
    let machine = Machine::new();
    machine.policy("minimum-text-height = \"1/10\"");
    machine.settings("background = \"green\"\ntext-height = \"1/20\"");
    let (mut live, notes) = machine.load();
    assert_eq!(notes, Vec::<String>::new());
    machine.settings("background = \"blur\"\ntext-height = \"1/20\"");
    let said = told(&mut live);
    assert!(said.contains("1/20 is lower than 1/10"), "{said}");
    assert!(matches!(background(&live), Background::Colour(_)));
}

#[test]
fn changes_of_the_file_come_into_force() {
    let machine = Machine::new();
    machine.settings("background = \"blur\"");
    let (mut live, _) = machine.load();
    machine.settings(
        "background = \"frost\"\ntext-height = \"1/8\"\ncard-title = \"Moment\"\ncard-reason = false",
    );
    assert!(live.look().is_none(), "it may be half-written");
    let change = live.look().unwrap();
    let settings = change.config.settings_for(720).settings;
    assert_eq!(
        settings.background,
        Background::Frost(TextHeight::OfFrame(0.125))
    );
    assert_eq!(settings.card_title, "Moment");
    assert_eq!(settings.card_reason, CardReason::Hidden);
    assert_eq!(change.notes.len(), 1, "{:?}", change.notes);
    assert!(change.notes[0].ends_with("settings.toml: read, in force"));
    assert!(live.look().is_none());
}

#[test]
fn a_file_that_appears_later_is_read() {
    let machine = Machine::new();
    let (mut live, _) = machine.load();
    machine.settings("background = \"frost\"");
    assert!(told(&mut live).contains("in force"));
    assert_eq!(background(&live), frost());
}

#[test]
fn a_broken_file_changes_nothing_and_is_said_once() {
    let machine = Machine::new();
    machine.settings("background = \"frost\"");
    let (mut live, _) = machine.load();
    let cases = [
        ("background = \"fro", "no TOML"),
        ("background = \"blurr\"", "is unknown"),
        ("backgroud = \"blur\"", "did you mean background"),
        ("background = \"image:none.png\"", "none.png"),
    ];
    for (text, reason) in cases {
        machine.settings(text);
        let said = told(&mut live);
        assert!(said.contains(reason), "{said}");
        assert!(said.ends_with("the settings in force stay"), "{said}");
        assert_eq!(told(&mut live), "", "said once");
        assert_eq!(background(&live), frost(), "{text}");
    }
    fs::remove_file(machine.settings_path()).unwrap();
    assert!(told(&mut live).ends_with("is gone, the settings in force stay"));
    assert_eq!(background(&live), frost());
    machine.settings("background = \"frost\"");
    assert!(told(&mut live).ends_with("in force"));
    assert_eq!(background(&live), frost());
}

#[test]
fn a_file_that_is_empty_for_a_moment_does_not_weaken() {
    let machine = Machine::new();
    machine.settings("background = \"frost\"");
    let (mut live, _) = machine.load();
    machine.settings("");
    assert!(live.look().is_none());
    assert_eq!(background(&live), frost());
    machine.settings("background = \"green\"");
    assert!(live.look().is_none());
    assert!(live.look().is_some());
    assert!(matches!(background(&live), Background::Colour(_)));
}

#[test]
fn a_change_to_something_weaker_than_the_floor_is_refused() {
    let machine = Machine::new();
    machine.policy("minimum-background = \"frost\"\nminimum-text-height = \"1/17\"");
    machine.settings("background = \"frost\"");
    let (mut live, _) = machine.load();
    for weaker in [
        "background = \"blur\"",
        "background = \"frost\"\ntext-height = \"1/18\"",
    ] {
        machine.settings(weaker);
        let said = told(&mut live);
        assert!(said.contains("policy.toml (minimum-"), "{said}");
        assert!(said.ends_with("the settings in force stay"), "{said}");
        assert_eq!(told(&mut live), "");
        assert_eq!(background(&live), frost());
    }
}

#[test]
fn a_policy_that_becomes_stricter_raises_what_is_in_force() {
    let machine = Machine::new();
    machine.settings("background = \"blur\"");
    let (mut live, _) = machine.load();
    machine.policy("minimum-background = \"frost\"");
    let said = told(&mut live);
    assert!(said.contains("asks for: raised to frost"), "{said}");
    assert_eq!(background(&live), frost());
    machine.policy("minimum-background = \"cover\"");
    let said = told(&mut live);
    assert!(said.contains("raised to a plain colour"), "{said}");
    assert!(matches!(background(&live), Background::Colour(_)));
    // Something else can be changed though the file still asks for blur.
    machine.settings("background = \"blur\"\ncard-title = \"Moment\"");
    assert!(told(&mut live).ends_with("read, in force"));
    let settings = live.config().settings_for(720).settings;
    assert_eq!(settings.card_title, "Moment");
    assert!(matches!(settings.background, Background::Colour(_)));
}

#[test]
fn a_policy_applies_though_the_picture_that_is_shown_is_gone() {
    let machine = Machine::new();
    let picture = machine.folder.path().join("wall.png");
    let mut png = Vec::new();
    crate::media::still::encode_grey_png(&[9; 4], 2, 2, &mut png).unwrap();
    fs::write(&picture, &png).unwrap();
    machine.settings("background = \"image:wall.png\"\ntext-height = \"1/20\"");
    let (mut live, _) = machine.load();
    fs::remove_file(&picture).unwrap();
    machine.policy("minimum-background = \"cover\"\nminimum-text-height = \"1/10\"");
    assert!(told(&mut live).ends_with("policy.toml: read, in force"));
    assert!(matches!(background(&live), Background::Image(_)));
    // The floor is in force all the same.
    machine.settings("background = \"frost\"");
    assert!(told(&mut live).contains("weaker than cover"));
}

#[test]
fn a_policy_that_is_looser_broken_or_gone_loosens_nothing() {
    let machine = Machine::new();
    machine.settings("background = \"blur\"");
    let (mut live, _) = machine.load();
    machine.policy("minimum-background = \"frost\"");
    told(&mut live);
    let cases = [
        ("", "asks for less than before"),
        ("minimum-background = \"blur\"", "in force"),
        ("minimum-back", "the rules in force stay"),
        (
            "minimum-background = \"none\"",
            "choose blur, frost or cover",
        ),
        ("# gone", "asks for less than before"),
    ];
    for (text, reason) in cases {
        machine.policy(text);
        let said = told(&mut live);
        assert!(said.contains(reason), "{text}: {said}");
        assert_eq!(told(&mut live), "", "said once");
        assert_eq!(background(&live), frost(), "{text}");
    }
    fs::remove_file(machine.policy_path()).unwrap();
    assert!(told(&mut live).contains("its rules hold until the next start"));
    assert_eq!(background(&live), frost());
    machine.settings("background = \"frost\"");
    told(&mut live);
    machine.settings("background = \"blur\"");
    assert!(told(&mut live).contains("the settings in force stay"));
    assert_eq!(background(&live), frost());
    let (anew, _) = machine.load();
    assert_eq!(background(&anew), blur(), "from the next start on");
}

#[test]
fn what_needs_a_start_is_named_and_left() {
    let machine = Machine::new();
    let (mut live, _) = machine.load();
    let before = live.config().start().clone();
    machine.settings("camera = \"Other\"\nsize = \"640x360\"\nbackground = \"frost\"");
    let said = told(&mut live);
    assert!(
        said.ends_with("camera, size stay as they are until the next start"),
        "{said}"
    );
    assert_eq!(*live.config().start(), before);
    assert_eq!(background(&live), frost(), "the rest is in force");
    machine.settings("background = \"frost\"");
    assert!(told(&mut live).ends_with("read, in force"));
}

#[test]
fn a_change_that_the_command_line_overrules_is_said() {
    let machine = Machine::new();
    let (mut live, _) = machine.load_with(wish("frost")).unwrap();
    machine.settings("background = \"blur\"");
    let said = told(&mut live);
    assert!(
        said.contains("--background of the command line wins"),
        "{said}"
    );
    assert_eq!(background(&live), frost());
    assert_eq!(told(&mut live), "");
}

#[test]
fn a_text_height_in_pixels_is_held_to_a_share_in_each_frame() {
    let machine = Machine::new();
    machine.policy("minimum-text-height = \"1/17\"");
    machine.settings("text-height = \"64px\"");
    let (live, notes) = machine.load();
    assert_eq!(notes, Vec::<String>::new(), "only a frame can tell");
    let small = live.config().settings_for(720);
    assert_eq!(
        small.settings.background,
        Background::Blur(TextHeight::Pixels(64))
    );
    assert_eq!(small.notes, Vec::<String>::new());
    let large = live.config().settings_for(2160);
    assert_eq!(large.settings.background, blur());
    let [note] = &large.notes[..] else {
        panic!("{:?}", large.notes);
    };
    assert!(
        note.contains("64 of a frame's 2160 pixels") && note.ends_with("raised to 1/17"),
        "{note}"
    );
    let any = live.config().settings_for_any_frame().background;
    assert_eq!(any, Background::Blur(TextHeight::OfFrame(0.5)));
}

#[test]
fn a_text_height_that_frames_do_not_allow_is_held_and_said() {
    let machine = Machine::new();
    machine.settings("text-height = \"5px\"");
    let (live, _) = machine.load();
    let config = live.config();
    assert_eq!(
        config.settings_for(720).notes,
        ["text height 5px is lower than a 34th of a frame's 720 pixels: raised to 22px"]
    );
    assert_eq!(config.text_height_px(720), Some(22));
    let record = config.to_json(720);
    assert_eq!(
        (&record["text_height"], &record["text_height_px"]),
        (&"5px".into(), &22.into())
    );
    machine.settings("text-height = \"5px\"\nbackground = \"green\"");
    let (live, _) = machine.load();
    assert_eq!(live.config().settings_for(720).notes, Vec::<String>::new());
    assert_eq!(live.config().text_height_px(720), None);
}

#[test]
fn the_subject_follows_the_file_and_the_floor() {
    let subjects = |live: &Live| {
        let held = live.config().settings_for(720).settings.subjects;
        assert_eq!(live.config().settings_for_any_frame().subjects, held);
        held
    };
    let up_to = |most| Subjects::UpTo(NonZeroU8::new(most).unwrap());
    let machine = Machine::new();
    let (mut live, _) = machine.load();
    assert_eq!(subjects(&live), Subjects::One);
    for (text, expected) in [("3", up_to(3)), ("\"all\"", Subjects::All)] {
        machine.settings(&format!("subject = {text}"));
        assert!(told(&mut live).contains("in force"));
        assert_eq!(subjects(&live), expected);
    }
    machine.policy("subject = 2");
    assert!(told(&mut live).contains("subject all is weaker than 2"));
    assert_eq!(subjects(&live), up_to(2));
    machine.settings("subject = 3");
    assert!(told(&mut live).contains("the settings in force stay"));
    assert_eq!(subjects(&live), up_to(2));
    let error = machine
        .load_with(Wishes::default())
        .map(|_| ())
        .unwrap_err();
    assert!(
        error.contains("settings.toml: subject 3") && error.contains("policy.toml (subject)"),
        "{error}"
    );
    let options = Wishes {
        subject: "4".parse().ok(),
        ..Wishes::default()
    };
    let error = machine.load_with(options).map(|_| ()).unwrap_err();
    assert!(error.starts_with("subject 4 is weaker than 2"), "{error}");
}

#[test]
fn options_that_are_refused_are_not_blamed_on_the_file() {
    let machine = Machine::new();
    machine.settings("background = \"frost\"");
    machine.policy("minimum-background = \"frost\"");
    let error = machine.load_with(wish("blur")).map(|_| ()).unwrap_err();
    assert!(error.starts_with("background blur"), "{error}");
    assert_eq!(wish("blur").background, Some(BackgroundChoice::Blur));
}

#[test]
fn a_network_of_the_users_own_is_refused_where_the_built_in_one_is_asked_for() {
    let machine = Machine::new();
    machine.policy("network = \"built-in\"");
    let refusal = |options: Wishes| machine.load_with(options).map(|_| ()).unwrap_err();
    let policy = format!("{} (network)", machine.policy_path().display());
    for line in ["model = \"own.onnx\"", "onnxruntime = \"own.so\""] {
        machine.settings(line);
        let said = refusal(Wishes::default());
        assert!(said.starts_with("settings file "), "{said}");
        assert!(said.contains(&policy), "{said}");
    }
    machine.settings("");
    for options in [
        Wishes {
            model: Some(Model::File("own.onnx".into())),
            ..Wishes::default()
        },
        Wishes {
            onnxruntime: Some("own.so".into()),
            ..Wishes::default()
        },
    ] {
        let said = refusal(options);
        assert!(!said.contains("settings file"), "{said}");
        assert!(said.contains(&policy), "{said}");
    }
}

/// What the variable names is looked at when the network is loaded.
#[test]
fn a_library_that_a_variable_names_is_refused_with_the_network_that_it_would_run() {
    let machine = Machine::new();
    let named = || RuntimeSearch {
        variable: Some("/own.so".into()),
        ..RuntimeSearch::default()
    };
    let (live, _) = machine.load();
    assert_eq!(live.config().runtime_search(named()), Ok(named()));
    machine.policy("network = \"built-in\"");
    let (live, _) = machine.load();
    let refused = live.config().runtime_search(named()).unwrap_err();
    assert!(refused.to_string().contains("ORT_DYLIB_PATH"), "{refused}");
    let (live, _) = machine
        .load_with(Wishes {
            engine: Some(EngineChoice::Rten),
            ..Wishes::default()
        })
        .unwrap();
    assert_eq!(live.config().runtime_search(named()), Ok(named()));
}

#[test]
fn a_network_that_runs_stays_until_the_next_start_and_that_is_said() {
    let machine = Machine::new();
    machine.settings("model = \"own.onnx\"");
    let (mut live, _) = machine.load();
    machine.policy("network = \"built-in\"");
    let said = told(&mut live);
    assert!(said.contains("own.onnx is not built-in"), "{said}");
    assert!(said.contains("it stays until the next start"), "{said}");
    assert!(machine.load_with(Wishes::default()).is_err());
    // A new wish for such a network is refused though one runs.
    machine.settings("model = \"other.onnx\"");
    let said = told(&mut live);
    assert!(said.contains("the settings in force stay"), "{said}");
    machine.settings("background = \"frost\"");
    told(&mut live);
    assert_eq!(background(&live), frost());
}
