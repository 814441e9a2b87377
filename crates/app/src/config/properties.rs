//! Whatever is written into the files, nothing panics and nothing falls below the floor.

use std::fs;
use std::path::Path;

use frosted::{Background, Settings, Subjects, TextHeight};
use proptest::prelude::*;

use super::floor::Floor;
use super::live::Live;
use super::merged::Config;
use super::places::{Places, SettingsPlace};
use super::wishes::Wishes;

/// Written anew and not by the code under test: 0 blur, 1 frost, 2 nothing of the room.
fn strength(background: &Background) -> usize {
    match background {
        Background::Blur(_) => 0,
        Background::Frost(_) => 1,
        Background::Colour(_) | Background::Image(_) | Background::Transparent => 2,
        other => panic!("{other:?} has no strength here"),
    }
}

fn text_of(background: &Background) -> Option<TextHeight> {
    match background {
        Background::Blur(text) | Background::Frost(text) => Some(*text),
        _ => None,
    }
}

/// As the above: how many people stay sharp at most.
fn people(subjects: Subjects) -> u8 {
    match subjects {
        Subjects::One => 1,
        Subjects::UpTo(most) => most.get(),
        Subjects::All => 255,
        other => panic!("{other:?} is not counted here"),
    }
}

/// How a number of people is written.
fn written(people: u8) -> String {
    match people {
        1 => "\"one\"".to_owned(),
        255 => "\"all\"".to_owned(),
        some => some.to_string(),
    }
}

/// An administrator's rules.
#[derive(Clone, Debug)]
struct Rules {
    background: Option<usize>,
    text: Option<String>,
    people: Option<u8>,
}

impl Rules {
    fn to_toml(&self) -> String {
        let mut lines = Vec::new();
        if let Some(least) = self.background {
            let name = ["blur", "frost", "cover"][least];
            lines.push(format!("minimum-background = \"{name}\""));
        }
        if let Some(text) = &self.text {
            lines.push(format!("minimum-text-height = \"{text}\""));
        }
        if let Some(most) = self.people {
            lines.push(format!("subject = {}", written(most)));
        }
        lines.join("\n")
    }

    /// Whether the settings for frames of this height keep to them.
    fn are_kept(&self, settings: &Settings, frame_height_px: usize) -> bool {
        let background = &settings.background;
        let strong = self
            .background
            .is_none_or(|least| strength(background) >= least);
        let high = match (&self.text, text_of(background)) {
            (Some(least), Some(text)) => {
                let least: TextHeight = least.parse().unwrap();
                text.in_pixels(frame_height_px) >= least.in_pixels(frame_height_px)
            }
            _ => true,
        };
        let few = self
            .people
            .is_none_or(|most| people(settings.subjects) <= most);
        strong && high && few
    }
}

const HEIGHTS: [usize; 9] = [16, 100, 359, 360, 720, 1071, 1080, 1089, 2160];

/// The first height at which settings do not keep to the rules.
fn broken(rules: &Rules, config: &Config) -> Option<usize> {
    let any = config.settings_for_any_frame();
    HEIGHTS.into_iter().find(|&height| {
        let held = config.settings_for(height).settings;
        !rules.are_kept(&held, height) || !rules.are_kept(&any, height)
    })
}

fn text_height() -> impl Strategy<Value = String> {
    prop_oneof![
        (2u32..=34).prop_map(|under| format!("1/{under}")),
        (3u32..=40).prop_map(|over| format!("{over}/80")),
        (1u32..400).prop_map(|pixels| format!("{pixels}px")),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    let people = prop::sample::select(vec![1, 2, 3, 9, 255]);
    (
        prop::option::of(0usize..3),
        prop::option::of(text_height()),
        prop::option::of(people),
    )
        .prop_map(|(background, text, people)| Rules {
            background,
            text,
            people,
        })
}

/// A settings file: mostly right, sometimes cut off.
fn settings() -> impl Strategy<Value = String> {
    let background = prop::sample::select(vec!["blur", "frost", "color:#102030", "green", "alpha"]);
    let text = (
        prop::option::of(background),
        prop::option::of(text_height()),
        prop::option::of("[a-z ]{0,5}"),
        prop::option::of(prop::sample::select(vec!["one", "2", "5", "all"])),
        prop::option::weighted(0.2, 0usize..60),
    );
    text.prop_map(|(background, height, title, subject, cut)| {
        let mut text = String::new();
        for (key, value) in [
            ("background", background.map(str::to_owned)),
            ("text-height", height),
            ("card-title", title),
            ("subject", subject.map(str::to_owned)),
        ] {
            if let Some(value) = value {
                text += &format!("{key} = \"{value}\"\n");
            }
        }
        text.truncate(cut.unwrap_or(usize::MAX));
        text
    })
}

/// What happens to one of the files while the program runs.
#[derive(Clone, Debug)]
enum Event {
    Settings(String),
    SettingsGone,
    Policy(Rules),
    PolicyText(String),
    PolicyGone,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => settings().prop_map(Event::Settings),
        1 => Just(Event::SettingsGone),
        3 => rules().prop_map(Event::Policy),
        1 => "[a-z\"= -]{0,30}".prop_map(Event::PolicyText),
        1 => Just(Event::PolicyGone),
    ]
}

#[test]
fn the_judge_finds_what_is_below_the_floor() {
    let rules = |background, text: Option<&str>| Rules {
        background,
        text: text.map(str::to_owned),
        people: None,
    };
    let blur = Settings::default();
    let two = Rules {
        people: Some(2),
        ..rules(None, None)
    };
    for (subjects, kept) in [(Subjects::One, true), (Subjects::All, false)] {
        let settings = Settings {
            subjects,
            ..Settings::default()
        };
        assert_eq!(two.are_kept(&settings, 720), kept);
    }
    assert!(!rules(Some(1), None).are_kept(&blur, 720));
    assert!(!rules(None, Some("1/16")).are_kept(&blur, 720));
    assert!(!rules(None, Some("44px")).are_kept(&blur, 720));
    assert!(rules(Some(0), Some("43px")).are_kept(&blur, 720));
}

proptest! {
    #[test]
    fn a_start_is_refused_or_keeps_to_the_floor(
        options in settings(),
        file in settings(),
        rules in rules(),
    ) {
        let options = Wishes::from_toml(&options, Path::new("")).unwrap_or_default();
        let folder = tempfile::tempdir().unwrap();
        let (settings, policy) = (folder.path().join("s.toml"), folder.path().join("p.toml"));
        fs::write(&settings, file).unwrap();
        fs::write(&policy, rules.to_toml()).unwrap();
        let places = Places {
            settings: Some(SettingsPlace::Usual(settings)),
            policies: vec![policy],
        };
        if let Ok((live, _)) = Live::load(options, places) {
            prop_assert_eq!(broken(&rules, live.config()), None);
        }
    }

    #[test]
    fn nothing_that_happens_to_the_files_falls_below_a_floor_that_was_in_force(
        file in settings(),
        at_start in rules(),
        events in prop::collection::vec(event(), 1..12),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (settings, policy) = (folder.path().join("s.toml"), folder.path().join("p.toml"));
        fs::write(&settings, file).unwrap();
        fs::write(&policy, at_start.to_toml()).unwrap();
        let places = Places {
            settings: Some(SettingsPlace::Usual(settings.clone())),
            policies: vec![policy.clone()],
        };
        let Ok((mut live, _)) = Live::load(Wishes::default(), places) else {
            return Ok(());
        };
        let mut floors = vec![at_start];
        for event in events {
            match event {
                Event::Settings(text) => fs::write(&settings, text).unwrap(),
                Event::SettingsGone => drop(fs::remove_file(&settings)),
                Event::Policy(rules) => {
                    fs::write(&policy, rules.to_toml()).unwrap();
                    floors.push(rules);
                }
                Event::PolicyText(text) => fs::write(&policy, text).unwrap(),
                Event::PolicyGone => drop(fs::remove_file(&policy)),
            }
            live.look();
            live.look();
            for rules in &floors {
                prop_assert_eq!(broken(rules, live.config()), None, "{:?}", rules);
            }
        }
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in any::<String>()) {
        let _ = Wishes::from_toml(&text, Path::new("/settings"));
        let _ = Floor::from_toml(&text, Path::new("/policy"));
    }

    #[test]
    fn no_value_makes_the_readers_panic(
        key in prop::sample::select(vec![
            "background", "text-height", "subject", "card-title", "card-reason", "model",
            "engine", "provider", "onnxruntime", "threads", "camera", "size", "fps", "output",
            "minimum-background", "minimum-text-height", "\u{e9}", "a.b", "[a]", "[[a]]\nb",
        ]),
        value in prop_oneof![
            any::<String>(),
            any::<String>().prop_map(|text| format!("{text:?}")),
            any::<String>().prop_map(|text| format!("'{text}'")),
            any::<f64>().prop_map(|number| number.to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            "[0-9.eExX_+/:px#{}\\[\\]\"',-]{0,40}",
            "\"(color:|image:|)[#0-9a-f\u{e9}/]{0,12}(px|)\"",
        ],
    ) {
        let text = format!("{key} = {value}");
        for read in [
            Wishes::from_toml(&text, Path::new("/settings")).err(),
            Floor::from_toml(&text, Path::new("/policy")).err(),
        ] {
            prop_assert!(read.is_none_or(|error| error.starts_with("line ")));
        }
    }
}

/// A file whose keys are taken out of their comments.
fn with_all_keys(example: &str) -> (String, usize) {
    let is_key = |line: &&str| {
        line.strip_prefix("# ")
            .and_then(|line| line.split_once(" = "))
            .is_some_and(|(key, _)| !key.contains(' '))
    };
    let keys: Vec<_> = example
        .lines()
        .filter(is_key)
        .map(|line| &line[2..])
        .collect();
    (keys.join("\n"), keys.len())
}

#[test]
fn the_packaged_examples_are_in_order() {
    let settings = include_str!("../../../../packaging/settings.example.toml");
    let policy = include_str!("../../../../packaging/policy.example.toml");
    let nothing = Wishes::from_toml(settings, Path::new("")).unwrap();
    assert_eq!(nothing, Wishes::default());
    assert_eq!(
        Floor::from_toml(policy, Path::new("")).unwrap(),
        Floor::default()
    );
    let (all, keys) = with_all_keys(settings);
    assert_eq!(keys, 14, "{all}");
    Wishes::from_toml(&all, Path::new("")).unwrap();
    let (all, keys) = with_all_keys(policy);
    assert_eq!(keys, 4, "{all}");
    Floor::from_toml(&all, Path::new("")).unwrap();
}
