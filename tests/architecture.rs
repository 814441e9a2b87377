//! Arrows between the crates point one way: parts to core, assembly to parts.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Every edge between our crates that may exist, by normal and build dependencies. A new
/// one is a change of the architecture: it gets its own commit with the reason.
const EDGES: &[(&str, &[&str])] = &[
    ("frosted-core", &[]),
    ("frosted-models", &[]),
    ("frosted-cpu", &["frosted-core"]),
    ("frosted-gpu", &["frosted-core"]),
    ("frosted-segment", &["frosted-core"]),
    ("frosted-pipeline", &["frosted-core"]),
    ("frosted-camera", &["frosted-core"]),
    ("frosted-eval", &["frosted-core"]),
    (
        "frosted",
        &[
            "frosted-camera",
            "frosted-core",
            "frosted-cpu",
            "frosted-gpu",
            "frosted-models",
            "frosted-pipeline",
            "frosted-segment",
        ],
    ),
    ("frosted-app", &["frosted", "frosted-eval"]),
    ("frosted-testing", &["frosted-core", "frosted-segment"]),
    ("xtask", &[]),
];

/// What only the engines' own crate may depend on.
const HEAVY: &[(&str, &str)] = &[
    ("ort", "frosted-segment"),
    ("rten", "frosted-segment"),
    ("rayon", "frosted-cpu"),
    ("wgpu", "frosted-gpu"),
    ("nokhwa", "frosted-camera"),
    ("pipewire", "frosted-camera"),
];

type Edges = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_crates_depend_on_each_other_only_as_drawn() {
    let wrong = wrong_edges(&edges());
    assert!(
        wrong.is_empty(),
        "edges that the architecture does not name: {wrong:#?}"
    );
}

#[test]
fn an_edge_that_is_not_drawn_is_found() {
    let mut edges = edges();
    edges
        .entry("frosted-cpu".into())
        .or_default()
        .insert("frosted-segment".into());
    edges
        .entry("frosted-pipeline".into())
        .or_default()
        .insert("ort".into());
    edges.insert("frosted-new".into(), BTreeSet::new());
    assert_eq!(wrong_edges(&edges).len(), 3);
}

fn wrong_edges(edges: &Edges) -> Vec<String> {
    let allowed: BTreeMap<_, _> = EDGES.iter().copied().collect();
    let mut wrong = Vec::new();
    for (from, targets) in edges {
        let Some(named) = allowed.get(from.as_str()) else {
            wrong.push(format!("{from} is not drawn"));
            continue;
        };
        for to in targets {
            let ours = edges.contains_key(to);
            if ours && !named.contains(&to.as_str()) {
                wrong.push(format!("{from} -> {to}"));
            }
            if HEAVY
                .iter()
                .any(|(heavy, home)| heavy == to && home != from)
            {
                wrong.push(format!("{from} -> {to}"));
            }
        }
    }
    wrong
}

/// Normal and build dependencies of every package of the workspace, by name.
fn edges() -> Edges {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let name = |value: &serde_json::Value| value["name"].as_str().expect("a name").to_owned();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"]
                .as_array()
                .expect("a list of dependencies");
            let kept = dependencies
                .iter()
                .filter(|dependency| dependency["kind"] != "dev");
            (name(package), kept.map(name).collect())
        })
        .collect()
}
