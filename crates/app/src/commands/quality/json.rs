//! The figures for machines.

use frosted_eval::MatteFigures;
use serde_json::{Value, json};

use super::Measured;
use super::measured::Contender;
use crate::commands::own_mattes::OwnMattes;

/// All figures; what could not be had is null.
pub(super) fn of(all: &[Measured]) -> Value {
    let scenes = all.iter().map(|measured| {
        json!({
            "name": measured.scene,
            "size": [measured.size.0, measured.size.1],
            "own_mattes": measured.own_mattes.map(OwnMattes::to_json),
            "mattes": measured.contenders.iter().map(contender).collect::<Vec<_>>(),
        })
    });
    let means = super::means(all).into_iter();
    json!({
        "frosted": env!("CARGO_PKG_VERSION"),
        "scenes": scenes.collect::<Vec<_>>(),
        "mean": means
            .map(|(name, figures)| json!({"name": name, "figures": of_figures(&figures)}))
            .collect::<Vec<_>>(),
    })
}

fn contender(contender: &Contender) -> Value {
    let segmenter = contender.segmenter.as_ref();
    json!({
        "name": contender.name,
        "engine": segmenter.map(|info| &info.engine),
        "model": segmenter.map(|info| &info.model),
        "model_sha256": segmenter.map(|info| &info.model_sha256),
        "frames": contender.frames.len(),
        "covered": contender.covered,
        "mean": of_figures(&contender.mean()),
        "per_frame": contender.frames.iter().map(of_figures).collect::<Vec<_>>(),
    })
}

fn of_figures(figures: &MatteFigures) -> Value {
    let rounded = |figure: Option<f64>| figure.map(|figure| (figure * 1e6).round() / 1e6);
    json!({
        "mad": rounded(figures.mad),
        "gradient": rounded(figures.gradient),
        "dtssd": rounded(figures.dtssd),
        "iou": rounded(figures.iou),
        "boundary_f": rounded(figures.boundary_f),
        "lost": rounded(figures.lost),
        "shown": rounded(figures.shown),
    })
}
