use std::path::Path;

use frosted::camera::{CameraError, CameraErrorKind, Mode};
use frosted::measure::compositor_for;
use frosted::{CompositorChoice, RuntimeSearch, Setup};
use serde_json::{Value, json};

use super::pixels::usual_frames;
use crate::commands::run::cameras_of;
use crate::config::{Found, Places, Report, StartSettings};
use crate::exit::with_remedy;
use crate::live::{SystemOutputs, loopback_driver};

/// What `frosted run` would find: rules, settings, camera and virtual camera. No light goes
/// on.
pub(super) struct Live {
    report: Report,
    camera: Result<(String, Option<Mode>), CameraError>,
    output: Result<String, CameraError>,
    /// The version of v4l2loopback, if it is loaded.
    driver: Option<String>,
}

impl Live {
    pub(super) fn look(search: &RuntimeSearch) -> Self {
        let mut report = Report::new(&Places::of_this_machine(None), search.clone());
        report.start = report.start.and_then(|start| with_providers(start, search));
        report.start = report.start.and_then(with_compositor);
        let usual = StartSettings::default();
        let start = report.start.as_ref().map_or(&usual, |(start, _)| start);
        let outputs = SystemOutputs::new(&start.output);
        let own = outputs.as_ref().ok().and_then(SystemOutputs::device);
        let cameras = cameras_of(start, own.map(Path::to_owned));
        let camera = cameras.probe().map(|mode| (cameras.describe(), mode));
        let output = outputs.and_then(|outputs| outputs.probe());
        Self {
            camera,
            output,
            driver: loopback_driver(),
            report,
        }
    }

    /// What is asked for to do the pixel work.
    pub(super) fn compositor(&self) -> CompositorChoice {
        let start = self.report.start.as_ref();
        start.map_or_else(
            |_| CompositorChoice::default(),
            |(start, _)| start.compositor.clone(),
        )
    }

    /// Whether the files are in order, and what they ask for is there.
    pub(super) fn begins(&self) -> bool {
        self.report.start.is_ok()
    }

    pub(super) fn to_lines(&self) -> Vec<String> {
        let file = |name: &str, path: &Path, found: &Found| {
            let path = path.display();
            match found {
                Found::Absent => format!("{name:<17} none: {path} is not there"),
                Found::Read(lines) if lines.is_empty() => {
                    format!("{name:<17} ok: {path} asks for nothing")
                }
                Found::Read(lines) => format!("{name:<17} ok: {path}: {}", lines.join(", ")),
                Found::Wrong(why) => format!("{name:<17} wrong: {path}: {why}"),
            }
        };
        let policies = self.report.policies.iter();
        let mut lines: Vec<_> = policies
            .map(|(path, found)| file("policy", path, found))
            .collect();
        let settings = self.report.settings.as_ref();
        lines.extend(settings.map(|(path, found)| file("settings", path, found)));
        match &self.report.start {
            Ok((_, notes)) => lines.extend(notes.iter().map(|note| format!("  {note}"))),
            Err(why) => lines.push(format!("  frosted run does not start: {why}")),
        }
        lines.push(match &self.camera {
            Ok((name, Some(mode))) => format!("camera            ok: {name}, {mode}"),
            Ok((name, None)) => format!("camera            ok: {name}"),
            Err(error) => trouble("camera", error),
        });
        lines.push(match &self.output {
            Ok(output) => format!("virtual camera    ok: {output}"),
            Err(error) => trouble("virtual camera", error),
        });
        if cfg!(target_os = "linux") {
            lines.push(match &self.driver {
                Some(version) => {
                    format!("  v4l2loopback {version}").trim_end().to_owned() + " is loaded"
                }
                None => "  v4l2loopback is not loaded".to_owned(),
            });
        }
        lines
    }

    /// The keys that this adds to an object.
    pub(super) fn to_json(&self) -> [(&'static str, Value); 4] {
        let file = |path: &Path, found: &Found| match found {
            Found::Absent => json!({"path": path, "there": false, "ok": true}),
            Found::Read(lines) => {
                json!({"path": path, "there": true, "ok": true, "lines": lines})
            }
            Found::Wrong(why) => json!({"path": path, "there": true, "ok": false, "why": why}),
        };
        let policies = self.report.policies.iter();
        let policies = policies.map(|(path, found)| file(path, found));
        let settings = self.report.settings.as_ref();
        let (notes, why) = match &self.report.start {
            Ok((_, notes)) => (notes.clone(), None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let camera = match &self.camera {
            Ok((name, mode)) => json!({
                "ok": true,
                "name": name,
                "mode": mode.map(|mode| mode.to_string()),
            }),
            Err(error) => json!({"ok": false, "why": error.to_string()}),
        };
        let mut output = match &self.output {
            Ok(name) => json!({"ok": true, "name": name}),
            Err(error) => json!({"ok": false, "why": error.to_string()}),
        };
        output["v4l2loopback"] = json!(self.driver);
        [
            ("policy", policies.collect()),
            (
                "settings",
                json!({
                    "file": settings.map(|(path, found)| file(path, found)),
                    "ok": self.begins(),
                    "why": why,
                    "notes": notes,
                }),
            ),
            ("camera", camera),
            ("virtual_camera", output),
        ]
    }
}

/// What `frosted run` begins with, or why it does not because of the compositor that the settings
/// ask for.
fn with_compositor(
    (start, notes): (StartSettings, Vec<String>),
) -> Result<(StartSettings, Vec<String>), String> {
    match compositor_for(start.compositor.clone(), &usual_frames()) {
        Ok(_) => Ok((start, notes)),
        Err(error) => Err(with_remedy(&error)),
    }
}

/// What `frosted run` begins with, or why it does not because of the providers that the
/// settings ask for.
fn with_providers(
    (start, mut notes): (StartSettings, Vec<String>),
    search: &RuntimeSearch,
) -> Result<(StartSettings, Vec<String>), String> {
    if start.providers.is_empty() {
        return Ok((start, notes));
    }
    // A process can load one library, and another than the settings' may be loaded.
    if let Some(library) = start.onnxruntime.as_ref()
        && search.given.as_ref() != Some(library)
    {
        notes.push(format!(
            "provider was not tried, try it with frosted check --onnxruntime {}",
            library.display()
        ));
        return Ok((start, notes));
    }
    let setup = Setup {
        model: start.model.clone(),
        engine: start.engine,
        providers: start.providers.clone(),
        runtime: search.clone(),
        ..Setup::default()
    };
    match setup.build() {
        Ok(_) => Ok((start, notes)),
        Err(error) => Err(with_remedy(&error)),
    }
}

fn trouble(what: &str, error: &CameraError) -> String {
    let word = match error.kind() {
        CameraErrorKind::NotFound => "missing",
        CameraErrorKind::Busy => "busy",
        _ => "refused",
    };
    format!("{what:<17} {word}: {error}")
}
