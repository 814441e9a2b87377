//! Specs as they are written, and what is said of wrong ones.
#![allow(clippy::unwrap_used)]

mod scene;

use frosted_segment::{
    AnchorGrid, ChannelOrder, Fit, Layout, LoadErrorKind, ModelSpec, OutputKind,
};
use scene::{spec, spec_text};

/// (changes of a right spec, what the error must say).
type Wrong = (
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

/// Changes that make a spec of faces with these strides and anchors.
macro_rules! faces {
    [$strides:literal, $anchors:literal] => {
        [
            ("output.kind", "\"faces\""),
            ("output.boxes", "\"a\""),
            ("output.scores", "\"b\""),
            ("output.strides", $strides),
            ("output.anchors", $anchors),
        ]
    };
}

/// A change that gives a spec of 48x32 these states.
macro_rules! states {
    [$($state:literal),*] => {
        [("state", concat!("[", $("{", $state, "},",)* "]"))]
    };
}

const WRONG: [Wrong; 71] = [
    (
        &[("state", "1")],
        &["state is 1", "a list of 1 to 16 tables"],
    ),
    (&[("state", "[]")], &["state is []", "1 to 16 tables"]),
    (&[("state", "[1]")], &["state is 1", "input, output, shape"]),
    (
        &[("state", "{ input = 'a', output = 'b', shape = [1] }")],
        &["state is {", "a list of"],
    ),
    (
        &states!["output = 'b', shape = [1]"],
        &["state 1: input is missing", "1 to 100 characters"],
    ),
    (
        &states!["input = 'a', output = '', shape = [1]"],
        &["state 1: output is \"\""],
    ),
    (
        &states!["input = 'a', output = 'b'"],
        &["state 1: shape is missing", "1 to 8 sides", "height is 32"],
    ),
    (
        &states!["input = 'a', output = 'b', shape = []"],
        &["state 1: shape is []", "1 to 8 sides"],
    ),
    (
        &states!["input = 'a', output = 'b', shape = [1, 1, 1, 1, 1, 1, 1, 1, 1]"],
        &["state 1: shape is [1, 1,"],
    ),
    (
        &states!["input = 'a', output = 'b', shape = [0]"],
        &["state 1: shape is [0]", "1 to 65536"],
    ),
    (
        &states!["input = 'a', output = 'b', shape = ['height/5']"],
        &["shape is [\"height/5\"]", "divisor", "height is 32"],
    ),
    (
        &states!["input = 'a', output = 'b', shape = ['depth']"],
        &["shape is [\"depth\"]"],
    ),
    (
        &states!["input = 'a', output = 'b', shape = ['width/0']"],
        &["shape is [\"width/0\"]"],
    ),
    (
        &states!["input = 'a', output = 'b', shape = [65536, 257]"],
        &["16842752 values together, 16777216 are allowed"],
    ),
    (
        &states![
            "input = 'a', output = 'b', shape = [1]",
            "input = 'a', output = 'c', shape = [1]"
        ],
        &["state 2: input is \"a\"", "no other state's"],
    ),
    (
        &states![
            "input = 'a', output = 'b', shape = [1]",
            "input = 'c', output = 'b', shape = [1]"
        ],
        &["state 2: output is \"b\"", "no other state's"],
    ),
    (
        &states!["input = 'a', output = 'b', shape = [1], start = 1"],
        &["state 1: start = 1 has no meaning", "input, output, shape"],
    ),
    (&[("name", "")], &["name is missing", "1 to 100 characters"]),
    (&[("name", "\"\"")], &["name is \"\"", "1 to 100"]),
    (&[("name", "\"a\\nb\"")], &["name is", "one line"]),
    (&[("name", "3")], &["name is 3"]),
    (
        &[("sha256", "\"abc\"")],
        &["sha256 is \"abc\"", "64 lower-case hexadecimal digits"],
    ),
    (
        &[(
            "sha256",
            "\"A3AF995556534E586C2852F88C9A754808A65449723143349D1C97ED62500862\"",
        )],
        &["sha256 is \"A3AF", "lower-case"],
    ),
    (&[("sha256", "1")], &["sha256 is 1"]),
    (
        &[("layout", "")],
        &["layout is missing", "\"nchw\" or \"nhwc\""],
    ),
    (
        &[("layout", "\"chw\"")],
        &["layout is \"chw\"", "\"nchw\" or \"nhwc\""],
    ),
    (&[("layout", "4")], &["layout is 4", "\"nchw\" or \"nhwc\""]),
    (&[("width", "")], &["width is missing", "16 to 2048"]),
    (&[("width", "15")], &["width is 15", "16 to 2048"]),
    (&[("width", "2049")], &["width is 2049", "16 to 2048"]),
    (&[("width", "-256")], &["width is -256"]),
    (&[("width", "256.0")], &["width is 256.0", "whole number"]),
    (&[("width", "\"256\"")], &["width is \"256\""]),
    (&[("height", "0")], &["height is 0", "16 to 2048"]),
    (
        &[("height", "9223372036854775807")],
        &["height is 9223372036854775807"],
    ),
    (
        &[("channels", "\"grey\"")],
        &["channels is \"grey\"", "\"rgb\" or \"bgr\""],
    ),
    (
        &[("mean", "")],
        &["mean is missing", "three numbers from -10 to 10"],
    ),
    (&[("mean", "0.5")], &["mean is 0.5", "three numbers"]),
    (
        &[("mean", "[0.5, 0.5]")],
        &["mean is [0.5, 0.5]", "three numbers"],
    ),
    (
        &[("mean", "[0.5, 0.5, \"0.5\"]")],
        &["mean is [0.5, 0.5, \"0.5\"]"],
    ),
    (&[("mean", "[0.5, 0.5, nan]")], &["mean is [0.5, 0.5, nan]"]),
    (&[("mean", "[0, 0, 128]")], &["mean is [0, 0, 128]"]),
    (
        &[("std", "[1, 1, 0]")],
        &["std is [1, 1, 0]", "0.001 to 1000"],
    ),
    (&[("std", "[1, 1, -1.0]")], &["std is [1, 1, -1.0]"]),
    (&[("std", "[1, 1, inf]")], &["std is [1, 1, inf]"]),
    (
        &[("fit", "\"crop\"")],
        &["fit is \"crop\"", "\"letterbox\" or \"stretch\""],
    ),
    (
        &[("padding", "0")],
        &["padding = 0 has no meaning", "layout, width"],
    ),
    (&[("output.kind", "")], &["output is missing"]),
    (
        &[("output.kind", ""), ("output", "1")],
        &["output is 1", "table"],
    ),
    (
        &[("output.kind", "\"mask\"")],
        &["output.kind is \"mask\"", "\"alpha\" or \"logit\""],
    ),
    (
        &[("output.person", "1")],
        &["output.person = 1 has no meaning", "kind"],
    ),
    (
        &[("output.kind", "\"two-class\"")],
        &["output.person is missing", "0 to 1"],
    ),
    (
        &[("output.kind", "\"two-class\""), ("output.person", "2")],
        &["output.person is 2", "0 to 1"],
    ),
    (
        &[("output.kind", "\"multi-class\""), ("output.person", "[1]")],
        &["output.classes is missing", "2 to 256"],
    ),
    (
        &[
            ("output.kind", "\"multi-class\""),
            ("output.classes", "1"),
            ("output.person", "[0]"),
        ],
        &["output.classes is 1", "2 to 256"],
    ),
    (
        &[
            ("output.kind", "\"multi-class\""),
            ("output.classes", "3"),
            ("output.person", "[3]"),
        ],
        &["output.person is [3]", "0 to 2"],
    ),
    (
        &[
            ("output.kind", "\"multi-class\""),
            ("output.classes", "3"),
            ("output.person", "[]"),
        ],
        &["output.person is []", "at least one"],
    ),
    (
        &[
            ("output.kind", "\"multi-class\""),
            ("output.classes", "3"),
            ("output.person", "[0, 1, 2]"),
        ],
        &["output.person is [0, 1, 2]", "not all"],
    ),
    (
        &[
            ("output.kind", "\"multi-class\""),
            ("output.classes", "3"),
            ("output.person", "[1, 1]"),
        ],
        &["output.person is [1, 1]", "different"],
    ),
    (
        &[("output.kind", "\"planes\""), ("output.scale", "9")],
        &["output.scale is 9", "2 to 8"],
    ),
    (
        &[("output.kind", "\"planes\""), ("output.scale", "5")],
        &["output.scale is 5", "divisor of width 48 and height 32"],
    ),
    (
        &[("output.kind", "\"alpha-planes\""), ("output.scale", "5")],
        &["output.scale is 5", "divisor of width 48 and height 32"],
    ),
    (
        &[
            ("output.kind", "\"planes\""),
            ("output.scale", "2"),
            ("output.kind2", "1"),
        ],
        &["output.kind2 = 1 has no meaning", "kind, scale"],
    ),
    (
        &[("output.kind", "\"faces\"")],
        &["output.boxes is missing", "1 to 100 characters"],
    ),
    (
        &faces!["[8]", "[1, 1]"],
        &["output.anchors is [1, 1]", "strides, 1"],
    ),
    (
        &faces!["[8]", "[17]"],
        &["output.anchors is [17]", "1 to 16"],
    ),
    (&faces!["[8]", "[0]"], &["output.anchors is [0]", "1 to 16"]),
    (
        &faces!["[8, 5]", "[1, 1]"],
        &[
            "output.strides is [8, 5]",
            "divisors of width 48 and height 32",
        ],
    ),
    (&faces!["[]", "[]"], &["output.strides is []", "1 to 8"]),
    (&faces!["8", "1"], &["output.strides is 8", "a list"]),
    (
        &faces!["[1]", "[1]"],
        &["output.strides is [1]", "from 2 to 256"],
    ),
];

#[test]
fn wrong_values_are_named_with_what_is_allowed() {
    let mut wrong = Vec::new();
    for (changes, expected) in WRONG {
        match ModelSpec::from_toml(&spec_text(changes)) {
            Ok(_) => wrong.push(format!("{changes:?} was taken")),
            Err(error) => {
                let text = error.to_string();
                if error.kind() != LoadErrorKind::Spec || expected.iter().any(|e| !text.contains(e))
                {
                    wrong.push(format!("{changes:?}: {text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_network_that_finds_faces_has_no_states() {
    let state = states!["input = 'a', output = 'b', shape = [1]"];
    let text = spec_text(&[&faces!["[8]", "[2]"][..], &state[..]].concat());
    let error = ModelSpec::from_toml(&text).unwrap_err();
    assert_eq!(error.kind(), LoadErrorKind::Spec);
    assert!(
        error.to_string().contains("state has no meaning"),
        "{error}"
    );
}

#[test]
fn states_are_read_with_the_shapes_that_follow_from_the_input() {
    assert!(spec(&[]).states().is_empty());
    let spec = spec(&states![
        "input = 'a', output = 'b', shape = [1, 16, 'height', 'width']",
        "input = 'c', output = 'd', shape = ['width/3', 'height/32', 7]"
    ]);
    let [first, second] = spec.states() else {
        panic!("{:?}", spec.states());
    };
    assert_eq!((first.input(), first.output()), ("a", "b"));
    assert_eq!((second.input(), second.output()), ("c", "d"));
    assert_eq!(first.shape(), [1, 16, 32, 48]);
    assert_eq!(second.shape(), [16, 1, 7]);
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    for (text, expected) in [
        ("name = \"a\"\nwidth = = 4", "line 2"),
        ("<html>", "line 1"),
        ("name = \"a\"\nname = \"b\"", "line 2"),
        ("\0\u{1}", "line 1"),
    ] {
        let error = ModelSpec::from_toml(text).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Spec, "{text}");
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
    let error = ModelSpec::from_toml("").unwrap_err();
    assert!(error.to_string().contains("name is missing"), "{error}");
}

#[test]
fn errors_stay_short_whatever_the_value() {
    let long = format!("\"{}\"", "x".repeat(100_000));
    let error = ModelSpec::from_toml(&spec_text(&[("fit", &long)])).unwrap_err();
    assert!(
        error.to_string().len() < 250,
        "{} bytes",
        error.to_string().len()
    );
}

#[test]
fn right_values_are_read() {
    let sum = "43fecd321965ef8f19c2af23d841c0149f6c89423052450d308238b1cbb8c5d8";
    let spec = spec(&[
        ("name", "\"mine\""),
        ("sha256", &format!("\"{sum}\"")),
        ("layout", "\"nhwc\""),
        ("width", "2048"),
        ("height", "16"),
        ("channels", "\"bgr\""),
        ("mean", "[0, 0.5, -10]"),
        ("std", "[1, 0.001, 1000]"),
        ("fit", "\"letterbox\""),
    ]);
    assert_eq!((spec.name(), spec.sha256()), ("mine", Some(sum)));
    assert_eq!(
        (spec.layout(), spec.channels()),
        (Layout::Nhwc, ChannelOrder::Bgr)
    );
    assert_eq!(spec.input_shape(), [1, 16, 2048, 3]);
    assert_eq!(spec.mean(), [0.0, 0.5, -10.0]);
    assert_eq!(spec.std(), [1.0, 0.001, 1000.0]);
    assert_eq!(
        (spec.fit(), spec.output()),
        (Fit::Letterbox, &OutputKind::Alpha)
    );
}

/// (layout, changes of the output's kind, shapes).
type Shapes<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a [usize]]);

#[test]
fn output_shapes_follow_from_layout_and_kind() {
    let planes: &[(&str, &str)] = &[("output.kind", "\"planes\""), ("output.scale", "2")];
    let alphas: &[(&str, &str)] = &[("output.kind", "\"alpha-planes\""), ("output.scale", "2")];
    let two: &[(&str, &str)] = &[("output.kind", "\"two-class\""), ("output.person", "1")];
    let cases: [Shapes<'_>; 7] = [
        ("\"nchw\"", &[], &[&[1, 1, 32, 48], &[1, 32, 48], &[32, 48]]),
        (
            "\"nhwc\"",
            &[],
            &[&[1, 32, 48, 1], &[32, 48, 1], &[1, 32, 48], &[32, 48]],
        ),
        ("\"nchw\"", planes, &[&[1, 4, 16, 24], &[4, 16, 24]]),
        ("\"nchw\"", alphas, &[&[1, 4, 16, 24], &[4, 16, 24]]),
        ("\"nhwc\"", planes, &[&[1, 16, 24, 4], &[16, 24, 4]]),
        ("\"nchw\"", two, &[&[1, 2, 32, 48], &[2, 32, 48]]),
        ("\"nhwc\"", two, &[&[1, 32, 48, 2], &[32, 48, 2]]),
    ];
    for (layout, kind, expected) in cases {
        let spec = spec(&[kind, &[("layout", layout)]].concat());
        assert_eq!(spec.output_shapes(), expected, "{layout} {kind:?}");
    }
}

#[test]
fn a_spec_of_faces_has_two_outputs_with_a_row_for_each_anchor() {
    let spec = spec(&faces!["[8, 16]", "[2, 6]"]);
    let grid = |stride_px, per_cell| AnchorGrid {
        stride_px,
        per_cell,
    };
    let expected = OutputKind::Faces {
        boxes: "a".into(),
        scores: "b".into(),
        grids: vec![grid(8, 2), grid(16, 6)],
    };
    assert_eq!(spec.output(), &expected);
    // 6x4 cells with 2 anchors and 3x2 with 6.
    let [boxes, scores] = spec.outputs() else {
        panic!("{:?}", spec.outputs());
    };
    assert_eq!((boxes.name(), scores.name()), (Some("a"), Some("b")));
    assert_eq!(boxes.shapes()[0], [1, 84, 16]);
    assert_eq!(scores.shapes()[0], [1, 84, 1]);
    assert_eq!(spec.output_shapes(), boxes.shapes());
}
