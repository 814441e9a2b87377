//! `frosted quality`: how close mattes are to the true ones.

mod json;
mod measured;
mod scene;
mod table;

use std::path::{Path, PathBuf};

use frosted_eval::MatteFigures;

use self::measured::Measured;
use self::scene::Scene;
use super::place::Place;
use crate::cli::QualityOptions;
use crate::config;
use crate::exit::{Exit, Failure};
use crate::messages;

pub(crate) fn run(options: &QualityOptions) -> Result<Exit, Failure> {
    config::floor_of_this_machine()?.check_subject(options.subject)?;
    let scenes = Scene::all(options)?;
    let clips: Vec<PathBuf> = scenes.iter().map(|scene| scene.clip.clone()).collect();
    let json = Place::claim(options.json.as_deref(), &clips, options.force)?;
    let mut all = Vec::new();
    for (number, scene) in (1..).zip(&scenes) {
        messages::line(&format!("{} ({number} of {})", scene.name, scenes.len()));
        match measured::of(scene, options)? {
            Some(measured) => all.push(measured),
            None => return Ok(Exit::Interrupted),
        }
    }
    if !matches!(json, Some(Place::StandardOutput)) {
        messages::out(&table::of(&all))?;
    } else {
        for warning in table::warnings(&all) {
            messages::warning(&warning);
        }
    }
    if let Some(place) = json {
        place.write(format!("{:#}\n", json::of(&all)).as_bytes())?;
    }
    Ok(Exit::Done)
}

/// Each contender's mean of the clips' means, in their order.
fn means(all: &[Measured]) -> Vec<(String, MatteFigures)> {
    let contenders = all.first().map_or(&[][..], |first| &first.contenders);
    let mean_of = |at: usize| {
        let means: Vec<_> = all
            .iter()
            .filter_map(|measured| Some(measured.contenders.get(at)?.mean()))
            .collect();
        MatteFigures::mean(&means)
    };
    let named = contenders.iter().enumerate();
    named
        .map(|(at, contender)| (contender.name.clone(), mean_of(at)))
        .collect()
}

/// The name of a file or folder, without its way and its end.
fn stem(path: &Path) -> String {
    let name = path.file_stem().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
