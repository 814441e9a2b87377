//! An audit for machines.

use frosted_eval::{FrameFigures, Ground, Limits, Outcome, Report, RoomOrigin, Spread, Verdict};
use serde_json::{Value, json};

use crate::commands::own_mattes::OwnMattes;
use crate::commands::truth::Event;

/// All figures; what was not measured is null.
pub(super) fn of(
    report: &Report,
    limits: &Limits,
    verdict: &Verdict,
    own_mattes: Option<&OwnMattes>,
    events: &[Event],
) -> Value {
    let has_mattes = report.ground == Ground::Mattes;
    json!({
        "frosted": env!("CARGO_PKG_VERSION"),
        "verdict": word(verdict.outcome),
        "reasons": verdict.reasons,
        "remarks": verdict.remarks,
        "frames": report.frames.len(),
        "size": [report.size.0, report.size.1],
        "mattes": has_mattes,
        "own_mattes": own_mattes.map(|own| own.to_json()),
        "cut": report.cut.map(|cut| json!({"lost": cut.lost, "kept": cut.kept})),
        "room": report.room.map(|origin| match origin {
            RoomOrigin::Picture => "picture",
            _ => "mean of the clip",
        }),
        "leak": has_mattes.then(|| leak(report, limits)),
        "legible_whole_frame": (!has_mattes).then(|| legible(report, limits)),
        "detail": has_mattes.then(|| detail(report)),
        "fringe": report.fringe.map(|whole| json!({
            "whole": whole,
            "alpha_02_25": report.fringe_parts[0],
            "alpha_25_75": report.fringe_parts[1],
            "alpha_75_98": report.fringe_parts[2],
        })),
        "person": person(report),
        "flicker": spread(report.spread_of_all(|frame| frame.flicker)),
        "flicker_p999": spread(report.spread_of_all(|frame| frame.flicker_p999)),
        "events": has_mattes.then(|| events.iter().map(|event| of_event(report, event)).collect::<Vec<_>>()),
        "limits": limits_of(report, limits),
        "per_frame": per_frame(report),
        "not_measured": not_measured(report, limits),
    })
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::Fail => "FAIL",
        Outcome::NoVerdict => "NO VERDICT",
    }
}

fn leak(report: &Report, limits: &Limits) -> Value {
    let most = |frames| {
        report
            .spread(frames, |frame| Some(frame.legible()))
            .map(|spread| spread.most)
    };
    let all = report.spread_of_all(|frame| Some(frame.legible()));
    json!({
        "mean": all.map(|all| all.mean),
        "max": all.map(|all| all.most),
        "max_frame": all.map(|all| all.most_at),
        "first_frame": most(0..1),
        "first10_max": most(0..10),
        "union": report.union_share(),
        "union_px": report.union_px,
        "textured_px": report.ever_textured_px,
        "patch_px": report.largest_patch_px_at_720(),
        "raw_frames": report.frames_above(limits.raw_frame),
    })
}

fn legible(report: &Report, limits: &Limits) -> Value {
    let all = spread(report.spread_of_all(|frame| Some(frame.legible())));
    json!({
        "share": all,
        "raw_frames": report.frames_above(limits.raw_whole_frame),
    })
}

fn detail(report: &Report) -> Value {
    let bands = report.detail.bands.iter().map(|band| {
        json!({
            "wavelength_px": band.wavelength_px,
            "gain": band.gain,
            "correlation": band.correlation,
        })
    });
    json!({
        "sigma_px": report.detail.sigma_px(),
        "finest_px": report.detail.finest_px(),
        "bands": bands.collect::<Vec<_>>(),
    })
}

fn person(report: &Report) -> Value {
    json!({
        "lost": spread(report.spread_of_all(|frame| Some(frame.person?.lost))),
        "ssim": spread(report.spread_of_all(|frame| frame.person?.ssim)),
        "halo": spread(report.spread_of_all(|frame| frame.halo)),
    })
}

fn spread(spread: Option<Spread>) -> Value {
    spread.map_or(Value::Null, |spread| {
        json!({
            "mean": spread.mean,
            "min": spread.least,
            "min_frame": spread.least_at,
            "max": spread.most,
            "max_frame": spread.most_at,
        })
    })
}

fn of_event(report: &Report, event: &Event) -> Value {
    let leak = report.spread(event.frames.clone(), |frame| Some(frame.legible()));
    json!({
        "name": event.name,
        "frames": [event.frames.start, event.frames.end],
        "leak_mean": leak.map(|leak| leak.mean),
        "leak_max": leak.map(|leak| leak.most),
    })
}

fn limits_of(report: &Report, limits: &Limits) -> Value {
    let height = limits.text_height.in_pixels(report.size.1);
    json!({
        "raw_frame": limits.raw_frame,
        "frame": limits.frame,
        "union": limits.union,
        "patch_px": limits.patch_px,
        "text_height_px": height,
        "sigma_px": limits.blur * f64::from(height),
        "raw_whole_frame": limits.raw_whole_frame,
        "remark": {
            "ssim": limits.ssim,
            "lost": limits.lost,
            "halo": limits.halo,
            "flicker": limits.flicker,
            "fringe": limits.fringe,
        },
    })
}

fn per_frame(report: &Report) -> Value {
    let list = |of: fn(&FrameFigures) -> Option<f64>| -> Vec<Option<f64>> {
        report
            .frames
            .iter()
            .map(|frame| of(frame).map(rounded))
            .collect()
    };
    json!({
        "legible": list(|frame| Some(frame.legible())),
        "lost": list(|frame| Some(frame.person?.lost)),
        "ssim": list(|frame| frame.person?.ssim),
        "halo": list(|frame| frame.halo),
        "fringe": list(|frame| frame.fringe),
        "flicker": list(|frame| frame.flicker),
    })
}

fn rounded(figure: f64) -> f64 {
    (figure * 1e6).round() / 1e6
}

fn not_measured(report: &Report, limits: &Limits) -> Value {
    let missing = super::figures::all(report, limits)
        .into_iter()
        .filter_map(|figure| match figure.value {
            super::figures::Value::Missing(why) => Some((figure.name.to_owned(), json!(why))),
            _ => None,
        });
    Value::Object(missing.collect())
}
