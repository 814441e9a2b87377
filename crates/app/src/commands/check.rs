mod live;
mod pixels;
mod providers;

use std::io::{self, Write};

use frosted::runtime::{self, PINNED_VERSION, Place, PlaceOrigin, PlaceOutcome};
use frosted::{EngineChoice, Model, RuntimeSearch, Setup};
use serde_json::{Value, json};

use crate::cli::CheckOptions;
use crate::exit::{Exit, Failure, with_remedy};
use crate::media::MediaError;
use crate::media::ffmpeg::Programs;
use live::Live;
use pixels::Pixels;
use providers::Providers;

pub(crate) fn run(options: &CheckOptions) -> Result<Exit, Failure> {
    let found = Found::look(options);
    let text = if options.json {
        format!("{:#}\n", found.to_json())
    } else {
        found.to_text()
    };
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| MediaError::write(&error).of("standard output"))?;
    if found.usable() && found.live.begins() {
        Ok(Exit::Done)
    } else if found.usable() {
        Err(Failure::setup(
            "frosted run does not start with these rules and settings, see why above",
        ))
    } else if found.insists_in_vain {
        Err(Failure::setup(
            "the ONNX Runtime named by --onnxruntime or ORT_DYLIB_PATH does not load, see why above: \
             name another or none",
        ))
    } else {
        Err(Failure::setup(
            "no engine can run the default model, see what is missing above",
        ))
    }
}

/// An engine or model that was tried out, and what it is or why it does not run.
struct Tried {
    name: &'static str,
    outcome: Result<frosted::SegmenterInfo, String>,
}

struct Found {
    places: Vec<Place>,
    /// A library is named that does not load, and no other is taken in its stead.
    insists_in_vain: bool,
    engines: [Tried; 2],
    models: [Tried; 2],
    providers: Providers,
    programs: Result<(Programs, Option<String>), MediaError>,
    pixels: Pixels,
    live: Live,
}

impl Found {
    fn look(options: &CheckOptions) -> Self {
        let search = RuntimeSearch {
            given: options.onnxruntime.clone(),
            ..RuntimeSearch::default()
        };
        // Loading a model compares its checksum and runs it once.
        let tried = |name, engine, model| Tried {
            name,
            outcome: Setup {
                engine,
                model,
                runtime: search.clone(),
                ..Setup::default()
            }
            .build()
            .map(|pipeline| pipeline.segmenter_info().clone())
            .map_err(|error| with_remedy(&error)),
        };
        let engines = [
            tried("ort", EngineChoice::OnnxRuntime, Model::Quality),
            tried("rten", EngineChoice::Rten, Model::Quality),
        ];
        let works = if engines[0].outcome.is_ok() {
            EngineChoice::OnnxRuntime
        } else {
            EngineChoice::Rten
        };
        let live = Live::look(&search);
        let report = runtime::probe(&search);
        Self {
            insists_in_vain: report.insists_in_vain(),
            places: report.places,
            engines,
            models: [
                tried("quality", works, Model::Quality),
                tried("landscape", works, Model::Landscape),
            ],
            providers: Providers::look(&search),
            programs: Programs::find().map(|programs| {
                let version = programs.version();
                (programs, version)
            }),
            pixels: Pixels::look(&live.compositor()),
            live,
        }
    }

    /// The default model runs on some engine, as the set-up stands.
    fn usable(&self) -> bool {
        !self.insists_in_vain && self.engines.iter().any(|engine| engine.outcome.is_ok())
    }

    /// ONNX Runtime is at none of its places.
    fn nothing_there(&self) -> bool {
        let absent = |place: &Place| place.outcome == PlaceOutcome::Absent;
        !self.places.is_empty() && self.places.iter().all(absent)
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |words: String| {
            text.push_str(&words);
            text.push('\n');
        };
        let [ort, rten] = &self.engines;
        line(match &ort.outcome {
            // The lines below say where it is not.
            Err(_) if self.nothing_there() => "engine ort        missing".to_owned(),
            _ => engine_text(ort),
        });
        for place in &self.places {
            line(format!("  looked {}", place_text(place)));
        }
        if ort.outcome.is_err() {
            line(format!("  to get it: {}", how_to_get_the_runtime()));
        }
        self.providers.to_lines().into_iter().for_each(&mut line);
        line(engine_text(rten));
        for model in &self.models {
            line(match &model.outcome {
                Ok(info) => format!(
                    "model {:<11} ok: {}, sha256 {}",
                    model.name, info.model, info.model_sha256
                ),
                Err(why) => format!("model {:<11} missing: {why}", model.name),
            });
        }
        line(match &self.programs {
            Ok((programs, version)) => format!(
                "ffmpeg            ok: {} {}",
                version.as_deref().unwrap_or("of unknown version"),
                programs.ffmpeg.display()
            ),
            Err(why) => format!("ffmpeg            missing: {why}"),
        });
        self.pixels.to_lines().into_iter().for_each(&mut line);
        self.live.to_lines().into_iter().for_each(line);
        text
    }

    fn to_json(&self) -> Value {
        let tried = |tried: &Tried| match &tried.outcome {
            Ok(info) => json!({
                "name": tried.name,
                "ok": true,
                "engine": info.engine,
                "model": info.model,
                "model_sha256": info.model_sha256,
            }),
            Err(why) => json!({"name": tried.name, "ok": false, "why": why}),
        };
        let programs = match &self.programs {
            Ok((programs, version)) => {
                json!({"ok": true, "path": programs.ffmpeg, "version": version})
            }
            Err(why) => json!({"ok": false, "why": why.to_string()}),
        };
        let mut report = json!({
            "frosted": env!("CARGO_PKG_VERSION"),
            "usable": self.usable(),
            "engines": self.engines.each_ref().map(tried),
            "models": self.models.each_ref().map(tried),
            "onnxruntime": {
                "places": self.places.iter().map(place_text).collect::<Vec<_>>(),
                "to_get_it": how_to_get_the_runtime(),
                "providers": self.providers.to_json(),
            },
            "ffmpeg": programs,
            "compositor": self.pixels.to_json(),
        });
        for (key, value) in self.live.to_json() {
            report[key] = value;
        }
        report
    }
}

fn engine_text(engine: &Tried) -> String {
    match &engine.outcome {
        Ok(info) => format!("engine {:<10} ok: {}", engine.name, info.engine),
        Err(why) => format!("engine {:<10} missing: {why}", engine.name),
    }
}

fn place_text(place: &Place) -> String {
    let origin = match place.origin {
        PlaceOrigin::Process => "in this process",
        PlaceOrigin::Given => "at --onnxruntime",
        PlaceOrigin::Variable => "at ORT_DYLIB_PATH",
        PlaceOrigin::BesideExecutable => "beside the program",
        PlaceOrigin::Cache => "in the cache",
        _ => "elsewhere",
    };
    let outcome = match &place.outcome {
        PlaceOutcome::Loaded => "loaded",
        PlaceOutcome::Refused(why) => why,
        PlaceOutcome::Absent => "nothing there",
        _ => "unknown",
    };
    format!("{origin}, {}: {outcome}", place.path.display())
}

fn how_to_get_the_runtime() -> String {
    format!(
        "python3 -m pip download --no-deps onnxruntime=={PINNED_VERSION}, unpack the wheel and put the library in \
         onnxruntime/capi to one of these places, or name it by --onnxruntime or ORT_DYLIB_PATH"
    )
}
