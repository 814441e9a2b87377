//! The embedded engine in place of ONNX Runtime, and the line in the log that says so.
//! Alone in its process, because a logger is for a whole process.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "embedded")]

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use frosted_core::Segmenter;
use frosted_segment::{EngineChoice, ModelSpec, RuntimeSearch, open};
use log::{Level, LevelFilter, Log, Metadata, Record};

static LINES: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

struct Keep;

impl Log for Keep {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("frosted_segment")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            LINES
                .lock()
                .unwrap()
                .push((record.level(), record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

#[test]
fn without_a_library_one_line_names_the_engine_and_why() {
    log::set_logger(&Keep).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../models/files/selfie_landscape_256x144.onnx");
    let onnx = fs::read(&file).unwrap();
    let text = fs::read_to_string(file.with_extension("toml")).unwrap();
    let spec = ModelSpec::from_toml(&text).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let search = RuntimeSearch {
        given: None,
        variable: Some("".into()),
        beside_executable: Some(folder.path().join("bin")),
        cache: vec![folder.path().to_owned()],
    };

    let segmenter = open(EngineChoice::Auto, &search, &spec, &onnx).unwrap();
    assert!(segmenter.info().engine.starts_with("rten"));
    let lines = std::mem::take(&mut *LINES.lock().unwrap());
    let [(Level::Warn, line)] = lines.as_slice() else {
        panic!("not one warning: {lines:?}");
    };
    let runtime = if cfg!(feature = "onnxruntime") {
        "ONNX Runtime was not found"
    } else {
        "without ONNX Runtime"
    };
    assert!(line.contains("rten") && line.contains(runtime), "{line}");

    #[cfg(feature = "onnxruntime")]
    if let Some(pinned) = frosted_segment::PinnedLibrary::of_this_platform() {
        fs::write(folder.path().join(pinned.file), "tampered with").unwrap();
        open(EngineChoice::Auto, &search, &spec, &onnx).unwrap();
        let lines = std::mem::take(&mut *LINES.lock().unwrap());
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].1.contains(pinned.sha256), "{lines:?}");
    }

    open(EngineChoice::Rten, &search, &spec, &onnx).unwrap();
    let lines = std::mem::take(&mut *LINES.lock().unwrap());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0].0, Level::Info, "what was asked for is no warning");
}
