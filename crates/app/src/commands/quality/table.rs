//! The figures as a Markdown table, which a terminal shows as well.

use std::collections::BTreeSet;
use std::fmt::Write;

use frosted_eval::MatteFigures;

use super::Measured;

const TITLES: [&str; 9] = [
    "clip", "matte", "MAD", "gradient", "dtSSD", "IoU", "F 3 px", "lost %", "shown %",
];
/// Columns of text; those behind them hold numbers.
const TEXTS: usize = 2;

type Row = [String; TITLES.len()];

/// A row for each clip and contender, the means of all clips, and what ran.
pub(super) fn of(all: &[Measured]) -> String {
    let mut rows = Vec::new();
    for measured in all {
        for contender in &measured.contenders {
            rows.push(row(&measured.scene, &contender.name, &contender.mean()));
        }
    }
    if all.len() > 1 {
        let mean = format!("mean of {}", all.len());
        let means = super::means(all).into_iter();
        rows.extend(means.map(|(name, figures)| row(&mean, &name, &figures)));
    }
    let mut text = String::new();
    for warning in warnings(all) {
        let _ = writeln!(text, "**WARNING:** {warning}.\n");
    }
    text.push_str(&laid_out(&rows));
    text.push('\n');
    for line in remarks(all) {
        let _ = writeln!(text, "{line}  ");
    }
    text.trim_end().to_owned()
}

/// What takes the worth from the figures of a clip.
pub(super) fn warnings(all: &[Measured]) -> Vec<String> {
    let own = |measured: &Measured| {
        let own = measured.own_mattes?;
        Some(format!("{}: {own}", measured.scene))
    };
    all.iter().filter_map(own).collect()
}

fn row(clip: &str, name: &str, figures: &MatteFigures) -> Row {
    let number = |figure: Option<f64>, decimals: usize| {
        figure.map_or("-".to_owned(), |figure| format!("{figure:.decimals$}"))
    };
    let percent = |share: Option<f64>| number(share.map(|share| 100.0 * share), 2);
    [
        clip.to_owned(),
        name.to_owned(),
        number(figures.mad, 1),
        number(figures.gradient, 2),
        number(figures.dtssd, 2),
        number(figures.iou, 3),
        number(figures.boundary_f, 3),
        percent(figures.lost),
        percent(figures.shown),
    ]
}

fn laid_out(rows: &[Row]) -> String {
    let titles = TITLES.map(str::to_owned);
    let widths: [usize; TITLES.len()] = std::array::from_fn(|at| {
        let cells = rows.iter().chain([&titles]);
        cells.map(|row| row[at].chars().count()).max().unwrap_or(0)
    });
    let line = |cells: &Row| {
        let cells = cells.iter().zip(widths).enumerate();
        let padded = cells.map(|(at, (cell, width))| match at {
            0..TEXTS => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule: Row = std::array::from_fn(|at| match at {
        0..TEXTS => "-".repeat(widths[at]),
        _ => format!("{}:", "-".repeat(widths[at] - 1)),
    });
    let lines = [&titles, &rule].into_iter().chain(rows).map(line);
    lines.collect()
}

fn remarks(all: &[Measured]) -> Vec<String> {
    let contenders = all
        .iter()
        .flat_map(|measured| measured.contenders.iter().map(move |one| (measured, one)));
    let ran: BTreeSet<_> = contenders
        .clone()
        .filter_map(|(_, one)| Some(one.segmenter.as_ref()?.engine.clone()))
        .collect();
    let mut lines = vec![format!(
        "frosted {} on {}",
        env!("CARGO_PKG_VERSION"),
        ran.into_iter().collect::<Vec<_>>().join(", ")
    )];
    let sizes: Vec<_> = all
        .iter()
        .map(|measured| {
            let (width, height) = measured.size;
            let frames = measured
                .contenders
                .first()
                .map_or(0, |one| one.frames.len());
            format!("{} {frames} frames of {width}x{height}", measured.scene)
        })
        .collect();
    lines.push(sizes.join(", "));
    lines.extend(contenders.filter_map(|(measured, one)| {
        let covered = one.covered.filter(|covered| *covered > 0)?;
        let frames = one.frames.len();
        Some(format!(
            "{}: {} covered {covered} of {frames} frames whole, which are in its figures",
            measured.scene, one.name
        ))
    }));
    lines
}
