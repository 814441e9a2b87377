//! A description of a made clip: where its mattes and its empty room are, and what happens
//! when.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::media::MediaError;

/// What is known of a clip. Keys that are not read here may stand in the file, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Truth {
    /// `mask_dir`: the folder of mattes.
    pub(super) mattes: Option<PathBuf>,
    /// `plate`: the picture of the empty room.
    pub(super) room: Option<PathBuf>,
    /// `frames`: how many there are.
    pub(super) frames: Option<u64>,
    /// `size`: width and height in pixels.
    pub(super) size: Option<(usize, usize)>,
    /// `events`: each with `name`, `start` and the `end` before which it ends, in frames.
    pub(super) events: Vec<Event>,
}

/// A part of a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) frames: Range<usize>,
}

impl Truth {
    /// Reads the file; the paths in it are relative to it.
    ///
    /// # Errors
    /// [`MediaError`] that names the file and what is wrong in it.
    pub(super) fn read(path: &Path) -> Result<Self, MediaError> {
        let text = fs::read_to_string(path).map_err(|error| MediaError::opening(path, &error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder)
            .map_err(|why| MediaError::damaged(why).of(&path.display().to_string()))
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let json: Value =
            serde_json::from_str(text).map_err(|error| format!("is not JSON ({error})"))?;
        let at = |key: &str| match &json[key] {
            Value::Null => Ok(None),
            Value::String(name) => Ok(Some(folder.join(name))),
            _ => Err(format!("\"{key}\" is not a text")),
        };
        Ok(Self {
            mattes: at("mask_dir")?,
            room: at("plate")?,
            frames: number(&json, "frames")?,
            size: size(&json["size"])?,
            events: events(&json["events"])?,
        })
    }
}

fn number(json: &Value, key: &str) -> Result<Option<u64>, String> {
    match &json[key] {
        Value::Null => Ok(None),
        value => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| format!("\"{key}\" is not a whole number")),
    }
}

fn size(json: &Value) -> Result<Option<(usize, usize)>, String> {
    let side = |at: usize| {
        json[at]
            .as_u64()
            .and_then(|side| usize::try_from(side).ok())
    };
    match (json, side(0), side(1)) {
        (Value::Null, ..) => Ok(None),
        (_, Some(width), Some(height)) => Ok(Some((width, height))),
        _ => Err("\"size\" is not [width, height]".to_owned()),
    }
}

fn events(json: &Value) -> Result<Vec<Event>, String> {
    let list = match json {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ => return Err("\"events\" is not a list".to_owned()),
    };
    let event = |value: &Value| {
        let frame = |key: &str| usize::try_from(value[key].as_u64()?).ok();
        Some(Event {
            name: value["name"].as_str()?.to_owned(),
            frames: frame("start")?..frame("end")?,
        })
    };
    let all: Option<Vec<_>> = list.iter().map(event).collect();
    all.ok_or_else(|| "an event has no \"name\", \"start\" or \"end\"".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_read_and_the_rest_passed_over() {
        let text = r#"{"size": [640, 360], "fps": 30.0, "frames": 12, "plate": "room.png",
            "mask_dir": "masks", "items": [{"kind": "text"}],
            "events": [{"name": "sit", "start": 0, "end": 5}]}"#;
        let truth = Truth::parse(text, Path::new("clip")).unwrap();
        let expected = Truth {
            mattes: Some("clip/masks".into()),
            room: Some("clip/room.png".into()),
            frames: Some(12),
            size: Some((640, 360)),
            events: vec![Event {
                name: "sit".to_owned(),
                frames: 0..5,
            }],
        };
        assert_eq!(truth, expected);
        assert_eq!(Truth::parse("{}", Path::new("")).unwrap(), Truth::default());
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let cases = [
            ("[", "JSON"),
            (r#"{"size": [1]}"#, "size"),
            (r#"{"frames": -1}"#, "frames"),
            (r#"{"plate": 3}"#, "plate"),
            (r#"{"events": 3}"#, "events"),
            (r#"{"events": [{"name": "sit", "start": 0}]}"#, "end"),
        ];
        for (text, named) in cases {
            let error = Truth::parse(text, Path::new("")).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
