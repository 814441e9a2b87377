//! What is plotted.

use super::figures::Figures;
use super::plan::{
    Cores, LARGE, MODELS, Own, PEERS, SIZES, STREAMS as COUNTS, Size, thread_counts,
};
use super::plot::{Axis, Chart, Scale, Series};
use super::tables::{self, CPU, WALL};

/// Where they lie, from the page that shows them.
pub(super) const COST: &str = "plots/cost.svg";
pub(super) const THREADS: &str = "plots/threads.svg";
pub(super) const STREAMS: &str = "plots/streams.svg";
pub(super) const MEMORY: &str = "plots/memory.svg";

/// Each file and what is in it.
pub(super) fn all(figures: &Figures) -> [(&'static str, String); 4] {
    [
        (COST, cost(figures)),
        (THREADS, threads(figures)),
        (STREAMS, streams(figures)),
        (MEMORY, memory(figures)),
    ]
}

fn cost(figures: &Figures) -> String {
    let names = ["360p", "720p", "1080p", "1440p", "4K", "8K"];
    let sizes = SIZES.into_iter().chain(LARGE);
    let ticks: Vec<(f64, String)> = sizes
        .clone()
        .zip(names)
        .map(|(size, name)| (pixels(size), name.into()))
        .collect();
    let line = |name: &str, of: &dyn Fn(Size) -> Option<f64>| Series {
        name: name.into(),
        points: sizes
            .clone()
            .filter_map(|size| Some((pixels(size), of(size)?)))
            .collect(),
    };
    let mut series: Vec<Series> = MODELS
        .iter()
        .map(|model| {
            let name = format!("frosted, {model}");
            line(&name, &|size| {
                figures.own(&Own::usual(model, "nv12", size), CPU)
            })
        })
        .collect();
    for (script, name) in
        PEERS
            .into_iter()
            .zip(["MediaPipe's example", "Python, tuned", "Python, plain"])
    {
        series.push(line(name, &|size| {
            figures.peer(script, Cores::One, size, CPU)
        }));
    }
    series.push(line("copying a frame", &|size| {
        figures.own(&Own::usual("quality", "nv12", size), "copy_ms")
    }));
    Chart {
        title: "Processor time of a frame, one thread (ours NV12, peers BGR)",
        x: Axis {
            label: "pixels of a frame",
            scale: Scale::Logarithmic,
            ticks,
        },
        y: Axis {
            label: "ms",
            scale: Scale::Logarithmic,
            ticks: powers(&series),
        },
        series,
    }
    .to_svg()
}

fn threads(figures: &Figures) -> String {
    let counts = thread_counts();
    let line = |name: &str, size, key: &str| Series {
        name: name.into(),
        points: counts
            .iter()
            .filter_map(|&count| {
                Some((
                    f64::from(count),
                    figures.own(&Own::threaded(size, count), key)?,
                ))
            })
            .collect(),
    };
    let series = vec![
        line("4K, wall", LARGE[1], WALL),
        line("4K, CPU", LARGE[1], CPU),
        line("1080p, wall", SIZES[2], WALL),
        line("1080p, CPU", SIZES[2], CPU),
    ];
    Chart {
        title: "Time of a frame by threads for the pixel work (default network, NV12)",
        x: Axis {
            label: "threads",
            scale: Scale::Logarithmic,
            ticks: counts
                .iter()
                .map(|count| (f64::from(*count), count.to_string()))
                .collect(),
        },
        y: Axis {
            label: "ms",
            scale: Scale::Linear,
            ticks: steps(&series),
        },
        series,
    }
    .to_svg()
}

fn streams(figures: &Figures) -> String {
    let title = "Cores taken by streams of 1280x720 at 30 frames a second";
    by_streams(figures, title, "cores", ("cores taken", "cpu_share"))
}

fn memory(figures: &Figures) -> String {
    let title = "Memory of streams of 1280x720 at 30 frames a second";
    by_streams(figures, title, "MB", ("memory", tables::MEMORY))
}

/// One line, by its name and key.
fn by_streams(
    figures: &Figures,
    title: &'static str,
    unit: &'static str,
    (name, key): (&str, &str),
) -> String {
    let of = |count| figures.own(&Own::many(count), key);
    let points = COUNTS
        .iter()
        .filter_map(|&count| Some((f64::from(count), of(count)?)));
    let series = vec![Series {
        name: name.into(),
        points: points.collect(),
    }];
    Chart {
        title,
        x: Axis {
            label: "streams in one process",
            scale: Scale::Logarithmic,
            ticks: COUNTS
                .map(|count| (f64::from(count), count.to_string()))
                .into(),
        },
        y: Axis {
            label: unit,
            scale: Scale::Linear,
            ticks: steps(&series),
        },
        series,
    }
    .to_svg()
}

fn pixels((width, height): Size) -> f64 {
    f64::from(width) * f64::from(height)
}

fn values(series: &[Series]) -> impl Iterator<Item = f64> + '_ {
    series
        .iter()
        .flat_map(|series| series.points.iter().map(|(_, y)| *y))
}

/// Powers of ten around all values; from 0.1 to 100 without any.
fn powers(series: &[Series]) -> Vec<(f64, String)> {
    let positive = || values(series).filter(|value| *value > 0.0);
    let low = positive().reduce(f64::min).unwrap_or(0.1).log10().floor() as i32;
    let high = positive().reduce(f64::max).unwrap_or(100.0).log10().ceil() as i32;
    (low..=high.max(low + 1))
        .map(|power| 10f64.powi(power))
        .map(|value| (value, value.to_string()))
        .collect()
}

/// From 0 in four or five even steps up to the largest value.
fn steps(series: &[Series]) -> Vec<(f64, String)> {
    let most = values(series).reduce(f64::max).unwrap_or(1.0).max(1e-3);
    let rough = most / 4.0;
    let unit = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|factor| factor * unit)
        .into_iter()
        .find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let count = (most / step).ceil() as u32;
    (0..=count)
        .map(|number| f64::from(number) * step)
        .map(|value| (value, ((value * 1e6).round() / 1e6).to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn with(values: &[f64]) -> Vec<Series> {
        vec![Series {
            name: String::new(),
            points: values.iter().map(|value| (1.0, *value)).collect(),
        }]
    }

    #[test]
    fn axes_hold_all_values() {
        let names =
            |ticks: Vec<(f64, String)>| ticks.into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(
            names(powers(&with(&[0.3, 42.0]))),
            ["0.1", "1", "10", "100"]
        );
        assert_eq!(names(steps(&with(&[0.3, 7.0]))), ["0", "2", "4", "6", "8"]);
        assert_eq!(names(steps(&with(&[0.13]))), ["0", "0.05", "0.1", "0.15"]);
        assert!(steps(&[]).len() > 1 && powers(&[]).len() > 1);
    }

    #[test]
    fn what_was_measured_is_drawn() {
        let mut figures = Figures::new(Value::Null);
        for size in SIZES {
            figures.add(
                &Own::usual("quality", "nv12", size).to_string(),
                json!({CPU: 4.0, "copy_ms": 0.1}),
            );
        }
        for count in COUNTS {
            figures.add(&Own::many(count).to_string(), json!({tables::MEMORY: 40.0}));
        }
        let [(_, cost), (_, threads), (_, streams), (_, memory)] = all(&figures);
        assert_eq!(cost.matches("<circle").count(), 6);
        assert_eq!(memory.matches("<circle").count(), COUNTS.len());
        assert!(!threads.contains("NaN") && !streams.contains("NaN"));
    }
}
