use std::fs;
use std::path::{Path, PathBuf};

use super::stem;
use crate::cli::{Against, QualityOptions};
use crate::commands::truth::Truth;
use crate::exit::Failure;
use crate::media::MediaError;

/// What a clip in a folder is named, whatever its kind.
const CLIP: &str = "original";
/// Where its true mattes lie if no description names another folder.
const MATTES: &str = "masks";
const TRUTH: &str = "truth.json";

/// A clip with its true mattes, and the folders of others' mattes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) clip: PathBuf,
    pub(super) mattes: PathBuf,
    pub(super) against: Vec<Against>,
}

impl Scene {
    /// All that the options name.
    ///
    /// # Errors
    /// [`Failure`] that names what is missing.
    pub(super) fn all(options: &QualityOptions) -> Result<Vec<Self>, Failure> {
        if let Some(mattes) = &options.mask {
            return Ok(vec![Self::of_clip(options, mattes)?]);
        }
        let mut folders = options.scenes.clone();
        if let Some(data) = &options.data {
            let found = folders_in(data)?;
            if found.is_empty() {
                return Err(Failure::new(format!(
                    "{}: no folder in it has a clip named {CLIP}.mkv, {CLIP}.y4m or the like",
                    data.display()
                )));
            }
            folders.extend(found);
        }
        folders
            .iter()
            .map(|folder| Self::in_folder(folder, &options.against))
            .collect()
    }

    fn of_clip(options: &QualityOptions, mattes: &Path) -> Result<Self, Failure> {
        match options.scenes.as_slice() {
            [clip] => Ok(Self {
                name: stem(clip),
                clip: clip.clone(),
                mattes: mattes.to_owned(),
                against: options.against.clone(),
            }),
            scenes => Err(Failure::usage(format!(
                "--mask is for one clip, {} are named",
                scenes.len()
            ))),
        }
    }

    fn in_folder(folder: &Path, against: &[Against]) -> Result<Self, Failure> {
        let shown = folder.display();
        if folder.is_file() {
            return Err(Failure::usage(format!(
                "{shown}: is a clip, say with --mask where its true mattes are"
            )));
        }
        let clip = clip_in(folder)?.ok_or_else(|| {
            Failure::new(format!(
                "{shown}: has no clip named {CLIP}.mkv, {CLIP}.y4m or the like in it"
            ))
        })?;
        let truth = folder.join(TRUTH);
        let named = match truth.exists() {
            true => Truth::read(&truth)?.mattes,
            false => None,
        };
        let name = fs::canonicalize(folder).map_or_else(|_| stem(folder), |path| name_of(&path));
        let against = against.iter().map(|against| Against {
            name: against.name.clone(),
            folder: against.folder.join(&name),
        });
        Ok(Self {
            clip,
            mattes: named.unwrap_or_else(|| folder.join(MATTES)),
            against: against.collect(),
            name,
        })
    }
}

fn name_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    name.to_string_lossy().into_owned()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, MediaError> {
    let failed = |error: std::io::Error| MediaError::opening_folder(folder, &error);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn clip_in(folder: &Path) -> Result<Option<PathBuf>, MediaError> {
    let is_clip = |path: &PathBuf| path.is_file() && stem(path) == CLIP;
    Ok(entries(folder)?.into_iter().find(is_clip))
}

fn folders_in(data: &Path) -> Result<Vec<PathBuf>, MediaError> {
    let mut found = Vec::new();
    for path in entries(data)? {
        if path.is_dir() && clip_in(&path)?.is_some() {
            found.push(path);
        }
    }
    Ok(found)
}
