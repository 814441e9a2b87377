use frosted::{EngineChoice, Model, RuntimeSearch};

use super::*;

const FILE: &str = "/etc/frosted/policy.toml";

fn floor(text: &str) -> Floor {
    Floor::from_toml(text, Path::new(FILE)).unwrap()
}

fn height(text: &str) -> TextHeight {
    text.parse().unwrap()
}

#[test]
fn a_background_below_the_floor_is_refused_and_raised_to_its_weakest() {
    let colour = "color:#102030";
    let plain = "color:#2E5266";
    // floor, background, accepted, raised to
    let cases = [
        ("", "blur", true, "blur"),
        ("", colour, true, colour),
        ("blur", "blur", true, "blur"),
        ("blur", "frost", true, "frost"),
        ("blur", "green", true, "green"),
        ("frost", "blur", false, "frost"),
        ("frost", "frost", true, "frost"),
        ("frost", colour, true, colour),
        ("frost", "image:a.png", true, "image:a.png"),
        ("frost", "alpha", true, "alpha"),
        ("cover", "blur", false, plain),
        ("cover", "frost", false, plain),
        ("cover", colour, true, colour),
        ("cover", "green", true, "green"),
        ("cover", "image:a.png", true, "image:a.png"),
        ("cover", "alpha", true, "alpha"),
    ];
    for (least, wish, accepted, raised) in cases {
        let floor = match least {
            "" => Floor::default(),
            least => floor(&format!("minimum-background = \"{least}\"")),
        };
        let wish: BackgroundChoice = wish.parse().unwrap();
        let breach = floor.background_breach(&wish);
        assert_eq!(breach.is_none(), accepted, "{least} {wish:?}: {breach:?}");
        assert_eq!(
            floor.raise_background(wish.clone()),
            raised.parse().unwrap(),
            "{least} {wish:?}"
        );
    }
}

#[test]
fn a_refusal_says_where_the_rule_is_and_what_to_choose() {
    let breach = floor("minimum-background = \"frost\"")
        .background_breach(&BackgroundChoice::Blur)
        .unwrap();
    assert_eq!(
        breach.to_string(),
        "background blur is weaker than frost, which /etc/frosted/policy.toml (minimum-background) asks for: choose frost, a colour or an image"
    );
    let floor = floor("minimum-text-height = \"1/10\"");
    assert_eq!(
        floor.text_breach(height("1/20")).unwrap().to_string(),
        "text height 1/20 is lower than 1/10, which /etc/frosted/policy.toml (minimum-text-height) asks for: choose 1/10 or more"
    );
    assert_eq!(
        floor
            .text_breach_at(height("64px"), 1080)
            .unwrap()
            .to_string(),
        "text height 64px, 64 of a frame's 1080 pixels, is lower than 1/10 (108 pixels), which /etc/frosted/policy.toml (minimum-text-height) asks for: choose 1/10 or more"
    );
}

#[test]
fn text_heights_stand_to_each_other_as_they_do_in_frames() {
    use Standing::{AtLeast, ByFrame, Weaker};
    // wish, floor, standing
    let cases = [
        ("1/17", "1/17", AtLeast),
        ("2/34", "1/17", AtLeast),
        ("1/16", "1/17", AtLeast),
        ("1/18", "1/17", Weaker),
        ("1/34", "1/34", AtLeast),
        ("1/2", "1/2", AtLeast),
        ("64px", "64px", AtLeast),
        ("65px", "64px", AtLeast),
        ("63px", "64px", Weaker),
        ("64px", "1/17", ByFrame),
        ("1/17", "64px", ByFrame),
        // Nothing is ever lower than a 34th of the frame, or higher than half of it.
        ("1px", "1/34", AtLeast),
        ("1/2", "4000px", AtLeast),
    ];
    for (wish, least, expected) in cases {
        let (wish_height, least_height) = (height(wish), height(least));
        let standing = Standing::of(wish_height, least_height);
        assert_eq!(standing, expected, "{wish} {least}");
        let in_frames: Vec<_> = (1..5000)
            .map(|px| wish_height.in_pixels(px).cmp(&least_height.in_pixels(px)))
            .collect();
        let lower = in_frames.iter().any(|order| order.is_lt());
        let higher = in_frames.iter().any(|order| order.is_gt());
        match expected {
            AtLeast => assert!(!lower, "{wish} {least}"),
            Weaker => assert!(lower && !higher, "{wish} {least}"),
            ByFrame => assert!(lower && higher, "{wish} {least}"),
        }
    }
}

#[test]
fn pixels_and_shares_are_compared_in_the_frame() {
    // wish, floor, frame height, pixels that are protected, whether the wish was enough
    let cases = [
        ("64px", "1/17", 720, 64, true),
        ("64px", "1/17", 1080, 64, true),
        ("64px", "1/17", 1088, 64, true),
        ("64px", "1/17", 1089, 65, false),
        ("64px", "1/17", 2160, 128, false),
        ("1/17", "64px", 2160, 128, true),
        ("1/17", "64px", 1089, 65, true),
        ("1/17", "64px", 1071, 64, false),
        ("1/17", "64px", 720, 64, false),
        ("1/17", "64px", 100, 50, false),
        ("1/17", "1/10", 720, 72, false),
        ("10px", "64px", 720, 64, false),
    ];
    for (wish, least, frame, pixels, enough) in cases {
        let floor = floor(&format!("minimum-text-height = \"{least}\""));
        let wish_height = height(wish);
        let breach = floor.text_breach_at(wish_height, frame);
        let name = format!("{wish} {least} {frame}");
        let held = floor.text_at(wish_height, frame).in_pixels(frame);
        assert_eq!(held, pixels, "{name}");
        assert_eq!(breach.is_none(), enough, "{name}");
        assert!(
            floor.text_in_any_frame(wish_height).in_pixels(frame) >= pixels,
            "{name}"
        );
    }
}

#[test]
fn work_on_known_frames_is_refused_below_the_floor() {
    let floor = floor("minimum-background = \"frost\"\nminimum-text-height = \"1/10\"");
    // background, text height, frame height, accepted
    let cases = [
        ("blur", "1/2", 720, false),
        ("frost", "1/10", 720, true),
        ("frost", "1/11", 720, false),
        ("frost", "72px", 720, true),
        ("frost", "72px", 721, false),
        ("frost", "71px", 720, false),
        // Nothing of the room is shown, so that no height matters.
        ("green", "1/34", 720, true),
        ("alpha", "1px", 720, true),
    ];
    for (choice, text, frame, accepted) in cases {
        let background = choice.parse().unwrap();
        let look = floor.look(Some(&background), Some(height(text)), frame);
        assert_eq!(look.is_ok(), accepted, "{choice} {text} {frame}: {look:?}");
        if let Ok(look) = look {
            let kept = (look.background, look.text_height, look.notes.len());
            assert_eq!(kept, (background, height(text), 0));
        }
    }
}

#[test]
fn a_default_is_raised_for_known_frames_and_what_was_asked_for_is_not() {
    // floor, background and text height that are asked for, what comes of them, notes
    let cases = [
        ("", None, None, Some(("blur", "1/17")), 0),
        ("cover", None, None, Some(("color:#2E5266", "1/17")), 1),
        ("frost", None, None, Some(("frost", "1/17")), 1),
        ("frost", None, Some("1/20"), Some(("frost", "1/20")), 1),
        ("frost", Some("blur"), None, None, 0),
        ("1/10", None, None, Some(("blur", "1/10")), 1),
        ("1/10", Some("frost"), None, Some(("frost", "1/10")), 1),
        ("1/10", Some("green"), None, Some(("green", "1/17")), 0),
        ("1/10", None, Some("1/11"), None, 0),
        ("1/20", None, None, Some(("blur", "1/17")), 0),
        ("64px", None, None, Some(("blur", "64px")), 1),
    ];
    for (least, background, text, expected, notes) in cases {
        let floor = match least {
            "" => Floor::default(),
            least if least.contains(['/', 'p']) => {
                floor(&format!("minimum-text-height = \"{least}\""))
            }
            least => floor(&format!("minimum-background = \"{least}\"")),
        };
        let asked: Option<BackgroundChoice> = background.map(|name: &str| name.parse().unwrap());
        let look = floor.look(asked.as_ref(), text.map(height), 720).ok();
        let name = format!("{least} {background:?} {text:?}: {look:?}");
        let found = look
            .as_ref()
            .map(|look| (look.background.clone(), look.text_height));
        let expected = expected.map(|(name, text)| (name.parse().unwrap(), height(text)));
        assert_eq!(found, expected, "{name}");
        assert_eq!(look.map_or(0, |look| look.notes.len()), notes, "{name}");
    }
}

#[test]
fn floors_of_two_files_hold_together() {
    let one = floor("minimum-background = \"frost\"\nminimum-text-height = \"1/20\"");
    let two = floor("minimum-text-height = \"100px\"\nsubject = \"one\"");
    let three = floor(
        "minimum-background = \"blur\"\nminimum-text-height = \"1/10\"\nnetwork = \"built-in\"",
    );
    let joined = one.clone().join(two.clone()).join(three.clone());
    assert_eq!(joined, three.join(two).join(one.clone()));
    assert!(joined.background_breach(&BackgroundChoice::Blur).is_some());
    let own = Model::File("own.onnx".into());
    let usual = RuntimeSearch::default();
    assert!(
        joined
            .check_network(&own, EngineChoice::Rten, &usual)
            .is_err()
    );
    assert_eq!(joined.text_at(height("1/34"), 2000).in_pixels(2000), 200);
    assert_eq!(joined.text_at(height("1/34"), 720).in_pixels(720), 100);
    assert_eq!(one.clone().join(Floor::default()), one);
    assert_eq!(Floor::default().join(one.clone()), one);
}

#[test]
fn subjects_below_the_floor_are_refused_and_raised() {
    // floor, wish, what it is raised to, what a refusal says
    let cases = [
        ("\"one\"", "one", "one", None),
        (
            "\"one\"",
            "2",
            "one",
            Some(
                "subject 2 is weaker than one, which /etc/frosted/policy.toml (subject) asks for: choose one",
            ),
        ),
        ("\"one\"", "all", "one", Some("choose one")),
        ("3", "one", "one", None),
        ("3", "3", "3", None),
        (
            "\"3\"",
            "4",
            "3",
            Some(
                "subject 4 is weaker than 3, which /etc/frosted/policy.toml (subject) asks for: choose 3 or fewer people",
            ),
        ),
        ("3", "all", "3", Some("choose 3 or fewer people")),
        ("\"all\"", "all", "all", None),
    ];
    for (least, wish, raised, said) in cases {
        let floor = floor(&format!("subject = {least}"));
        let wish: SubjectRule = wish.parse().unwrap();
        let refused = floor
            .check_subject(Some(wish))
            .err()
            .map(|breach| breach.to_string());
        assert_eq!(refused.is_some(), said.is_some(), "{least} {wish}");
        assert!(
            refused
                .unwrap_or_default()
                .contains(said.unwrap_or_default()),
            "{least} {wish}"
        );
        assert_eq!(
            floor.raise_subject(wish).to_string(),
            raised,
            "{least} {wish}"
        );
        assert_eq!(floor.check_subject(None), Ok(()));
        let joined = Floor::default().join(floor.clone());
        assert_eq!(
            joined.raise_subject(wish).to_string(),
            raised,
            "{least} {wish}"
        );
    }
    let both = floor("subject = 2").join(floor("subject = \"all\""));
    assert_eq!(both.raise_subject(SubjectRule::All).to_string(), "2");
}

#[test]
fn a_policy_that_is_not_understood_is_an_error() {
    let cases = [
        (
            "minimum-background = \"color\"",
            "choose blur, frost or cover",
        ),
        ("minimum-background = \"\"", "choose blur, frost or cover"),
        ("minimum-text-height = \"0\"", "1/17"),
        ("subject = \"nobody\"", "choose one, 2 to 9"),
        ("subject = 1", "choose one, 2 to 9"),
        ("network = \"mine\"", "choose built-in"),
        (
            "background = \"frost\"",
            "background is no key, there are minimum-background, minimum-text-height, subject, network",
        ),
        (
            "minimum_background = \"frost\"",
            "did you mean minimum-background?",
        ),
        ("minimum-background = \"frost", "no TOML"),
    ];
    for (text, said) in cases {
        let error = Floor::from_toml(text, Path::new(FILE)).unwrap_err();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn heights_are_shown_as_they_can_be_written() {
    for (text, expected) in [
        ("1/17", "1/17"),
        ("64px", "64px"),
        ("2/34", "1/17"),
        ("3/40", "0.075/1"),
    ] {
        assert_eq!(shown(height(text)), expected);
        assert_eq!(height(&shown(height(text))), height(text));
    }
}

#[test]
fn a_network_or_a_library_of_the_users_own_is_refused_where_the_built_in_one_is_asked_for() {
    let search = |given: Option<&str>, variable: Option<&str>| RuntimeSearch {
        given: given.map(Into::into),
        variable: variable.map(Into::into),
        ..RuntimeSearch::default()
    };
    let own = "/home/ann/a.so";
    let place = "/etc/frosted/policy.toml (network)";
    // model, engine, given, variable, what the refusal says
    let cases = [
        ("landscape", "auto", None, None, None),
        ("quality", "ort", None, None, None),
        ("landscape", "auto", None, Some(""), None),
        ("landscape", "rten", Some(own), Some(own), None),
        (
            "/home/ann/own.onnx",
            "rten",
            None,
            None,
            Some(
                "model /home/ann/own.onnx is not built-in, which PLACE asks for: choose quality or landscape",
            ),
        ),
        (
            "landscape",
            "auto",
            Some(own),
            None,
            Some(
                "onnxruntime /home/ann/a.so is a library of your own, and PLACE asks for a network that is built-in: leave it out",
            ),
        ),
        (
            "quality",
            "ort",
            None,
            Some(own),
            Some(
                "ORT_DYLIB_PATH /home/ann/a.so is a library of your own, and PLACE asks for a network that is built-in: unset it, or choose engine rten",
            ),
        ),
    ];
    let floor = floor("network = \"built-in\"");
    for (model, engine, given, variable, said) in cases {
        let (model, engine) = (model.parse().unwrap(), engine.parse().unwrap());
        let search = search(given, variable);
        let refused = floor.check_network(&model, engine, &search).err();
        let said = said.map(|said| said.replace("PLACE", place));
        assert_eq!(refused.map(|breach| breach.to_string()), said);
        let anything = Floor::default().check_network(&model, engine, &search);
        assert_eq!(anything, Ok(()), "no rule");
    }
}
