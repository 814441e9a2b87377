//! The figures as Markdown.

use super::figures::Figures;
use super::machine;
use super::plan::{
    Cores, LARGE, MODELS, Own, PEERS, SIZES, STREAMS, Size, USUAL, peer_name, start_name,
};
use super::publish::wrapped;

/// Mean processor time of a frame.
pub(super) const CPU: &str = "cpu_ms_mean";
/// Median of a frame's time from call to return.
pub(super) const WALL: &str = "ms_median";
const MEMORY: &str = "rss_anon_peak_mb";

/// Ours in the tables beside others: words, network, engine.
const OURS: [(&str, &str, &str); 4] = [
    ("frosted, `--model landscape`", "landscape", "ort"),
    ("frosted, default network", "quality", "ort"),
    (
        "frosted, embedded engine, `--model landscape`",
        "landscape",
        "rten",
    ),
    (
        "frosted, embedded engine, default network",
        "quality",
        "rten",
    ),
];

/// What the peers are called, by their scripts.
pub(super) fn peer_words(script: &str) -> &'static str {
    match script {
        "mediapipe_blur" => "MediaPipe 0.10.14's example",
        "python_tuned" => "Python, tuned: the landscape network in ONNX Runtime, OpenCV",
        _ => "Python, plain: the same network, full-size blur, mix in float",
    }
}

/// The README's table and what it was measured on.
pub(super) fn readme(figures: &Figures) -> String {
    let machine = wrapped(&machine::words(&figures.facts));
    format!("{}\n{machine}", beside_others(figures))
}

/// Processor time of one thread, BGR in and out, with ratios to MediaPipe's.
pub(super) fn beside_others(figures: &Figures) -> String {
    let mut table = head(&["", &sizes_row(&SIZES)]);
    let base = |size| figures.peer(PEERS[0], Cores::One, size, CPU);
    let mut row = |words: &str, of: &dyn Fn(Size) -> Option<f64>| {
        let cells = SIZES.map(|size| with_ratio(of(size), base(size)));
        table += &line(words, &cells);
    };
    for (words, model, engine) in OURS {
        row(words, &|size| figures.own(&ours(model, engine, size), CPU));
    }
    for script in PEERS.into_iter().rev() {
        row(peer_words(script), &|size| {
            figures.peer(script, Cores::One, size, CPU)
        });
    }
    table
}

/// The rest of what the peers and ours take, at the usual size.
pub(super) fn beside_others_more(figures: &Figures) -> String {
    let mut table = head(&[
        "",
        "wall, one thread | CPU, as it comes | wall, as it comes | memory, MB | start, ms",
    ]);
    for (words, model, engine) in OURS {
        let own = ours(model, engine, USUAL);
        table += &line(
            words,
            &[
                ms(figures.own(&own, WALL)),
                ms(figures.own(&own, CPU)),
                ms(figures.own(&own, WALL)),
                ms(figures.own(&own, MEMORY)),
                ms(figures.median(&start_name(model, engine), "start_ms")),
            ],
        );
    }
    for script in PEERS.into_iter().rev() {
        let of = |cores, key| ms(figures.peer(script, cores, USUAL, key));
        table += &line(
            peer_words(script),
            &[
                of(Cores::One, WALL),
                of(Cores::AsItComes, CPU),
                of(Cores::AsItComes, WALL),
                of(Cores::One, MEMORY),
                of(Cores::One, "start_ms"),
            ],
        );
    }
    table
}

fn ours(model: &'static str, engine: &'static str, size: Size) -> Own {
    Own {
        engine,
        ..Own::usual(model, "bgr24", size)
    }
}

/// Where a peer takes less than ours does, in sentences.
pub(super) fn losses(figures: &Figures) -> String {
    let mut sentences = Vec::new();
    let mut compared = 0;
    for (words, model, engine) in OURS {
        for script in PEERS {
            let mut losses = Vec::new();
            let mut compare = |what: String, own: Option<f64>, peer: Option<f64>| {
                let Some((own, peer)) = own.zip(peer) else {
                    return;
                };
                compared += 1;
                if peer < own {
                    losses.push(format!("{what} ({} against {})", number(peer), number(own)));
                }
            };
            for size in SIZES {
                let own = ours(model, engine, size);
                let peer = |key| figures.peer(script, Cores::One, size, key);
                let (width, height) = size;
                compare(
                    format!("processor time at {width}x{height}"),
                    figures.own(&own, CPU),
                    peer(CPU),
                );
                compare(
                    format!("memory at {width}x{height}"),
                    figures.own(&own, MEMORY),
                    peer(MEMORY),
                );
            }
            let start = figures.median(&start_name(model, engine), "start_ms");
            let peer = figures.median(&peer_name(script, Cores::One, USUAL), "start_ms");
            compare("start".into(), start, peer);
            if !losses.is_empty() {
                sentences.push(format!(
                    "- {}: less than {words} takes: {}",
                    peer_words(script),
                    losses.join(", ")
                ));
            }
        }
    }
    if compared == 0 {
        return String::new();
    }
    if sentences.is_empty() {
        return "In none of these figures a peer takes less.".into();
    }
    format!(
        "Where a peer takes less (ms, MB):\n\n{}",
        sentences.join("\n")
    )
}

/// Everything of ours: processor time and wall-clock time.
pub(super) fn matrix(figures: &Figures) -> String {
    let columns = format!("{} | {}", sizes_of("NV12"), sizes_of("BGR"));
    let mut table = head(&["CPU / wall, ms", &columns]);
    for engine in ["ort", "rten"] {
        for model in MODELS {
            for background in ["blur", "frost"] {
                for threads in [1, 2] {
                    let cells: Vec<String> = ["nv12", "bgr24"]
                        .iter()
                        .flat_map(|format| SIZES.map(|size| (*format, size)))
                        .map(|(format, size)| {
                            let own = Own {
                                engine,
                                background,
                                threads,
                                ..Own::usual(model, format, size)
                            };
                            both(figures.own(&own, CPU), figures.own(&own, WALL))
                        })
                        .collect();
                    if cells.iter().any(|cell| cell != MISSING) {
                        let threads = if threads == 1 {
                            "1 thread"
                        } else {
                            "2 threads"
                        };
                        table += &line(
                            &format!("{engine}, {model}, {background}, {threads}"),
                            &cells,
                        );
                    }
                }
            }
        }
    }
    table
}

/// Frames that are handed over by the clock.
pub(super) fn paced(figures: &Figures) -> String {
    let columns = "wall p50 | p95 | p99 | max | CPU p50 | p95 | p99 | max | late | one core | memory, MB | switches";
    let mut table = head(&["NV12, blur, ONNX Runtime, one thread", columns]);
    let cases = [
        ("quality", USUAL, 30),
        ("landscape", USUAL, 30),
        ("quality", SIZES[2], 30),
        ("quality", USUAL, 60),
    ];
    for (model, size, pace) in cases {
        let own = Own::paced(model, size, pace);
        let of = |key: &str| figures.own(&own, key);
        let mut cells: Vec<String> = [
            WALL,
            "ms_p95",
            "ms_p99",
            "ms_max",
            "cpu_ms",
            "cpu_ms_p95",
            "cpu_ms_p99",
            "cpu_ms_max",
        ]
        .map(|key| ms(of(key)))
        .into();
        cells.push(late(figures, &own));
        cells.push(percent(of("cpu_share")));
        cells.push(ms(of(MEMORY)));
        cells.push(ms(of("context_switches/voluntary")
            .zip(of("frames"))
            .map(|(count, frames)| count / frames)));
        let (width, height) = size;
        table += &line(
            &format!("{model}, {width}x{height}, {pace} a second"),
            &cells,
        );
    }
    table
}

/// Several cameras at once.
pub(super) fn streams(figures: &Figures) -> String {
    let columns = "cores taken | CPU of a frame | wall p50 | p95 | late | slowest : fastest | memory, MB | each further one, MB";
    let mut table = head(&["streams", columns]);
    for streams in STREAMS {
        let own = Own::many(streams);
        let of = |key: &str| figures.own(&own, key);
        let cells = [
            ms(of("cpu_share")),
            ms(of(CPU)),
            ms(of(WALL)),
            ms(of("ms_p95")),
            late(figures, &own),
            ms(of("fairness")),
            ms(of(MEMORY)),
            ms(of("rss_anon_extra_stream_mb")),
        ];
        table += &line(&streams.to_string(), &cells);
    }
    table
}

fn late(figures: &Figures, own: &Own) -> String {
    let frames = figures.own(own, "frames");
    let late = figures.own(own, "deadline_misses").zip(frames);
    percent(late.map(|(late, frames)| late / frames))
}

/// What a frame costs that is only copied.
pub(super) fn copies(figures: &Figures) -> String {
    let sizes: Vec<Size> = SIZES.into_iter().chain(LARGE).collect();
    let mut table = head(&["copying a frame, ms", &sizes_row(&sizes)]);
    for format in ["nv12", "bgr24"] {
        let cells: Vec<String> = sizes
            .iter()
            .map(|size| ms(figures.own(&Own::usual("quality", format, *size), "copy_ms")))
            .collect();
        let words = if format == "nv12" { "NV12" } else { "BGR" };
        table += &line(words, &cells);
    }
    table
}

/// Size of the program and what a camera's JPEG costs.
pub(super) fn rest(figures: &Figures) -> String {
    let megabytes = |key| {
        figures
            .median("binary", key)
            .map_or_else(|| MISSING.into(), |bytes| format!("{:.1} MB", bytes / 1e6))
    };
    let decoding = figures.own(&Own::usual("quality", "nv12", USUAL), "decode_ms");
    let (width, height) = USUAL;
    let bytes = figures.median("binary", "mjpeg_picture_bytes");
    let kilobytes = ms(bytes.map(|bytes| bytes / 1e3));
    let mut table = head(&["", ""]);
    table += &line("the program, stripped", &[megabytes("stripped_bytes")]);
    table += &line(
        &format!("decoding a Motion JPEG picture of {width}x{height}, 4:2:2, {kilobytes} KB, CPU"),
        &[format!("{} ms", ms(decoding))],
    );
    table
}

/// What stands where nothing was measured.
const MISSING: &str = "–";

/// Two digits that count, three above 100.
fn number(value: f64) -> String {
    match value.abs() {
        value if value >= 9.95 => format!("{value:.0}"),
        value if value >= 0.995 => format!("{value:.1}"),
        value if value >= 0.0995 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

/// Of milliseconds, megabytes and whatever else has no unit beside it.
fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| MISSING.into(), number)
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(
        || MISSING.into(),
        |value| format!("{} %", (value * 1000.0).round() / 10.0),
    )
}

fn with_ratio(value: Option<f64>, base: Option<f64>) -> String {
    match (value, base) {
        (Some(value), Some(base)) if base > 0.0 => {
            format!("{} ms ({:.2})", number(value), value / base)
        }
        (Some(value), _) => format!("{} ms", number(value)),
        (None, _) => MISSING.into(),
    }
}

fn both(cpu: Option<f64>, wall: Option<f64>) -> String {
    if cpu.is_none() && wall.is_none() {
        return MISSING.into();
    }
    format!("{} / {}", ms(cpu), ms(wall))
}

fn sizes_row(sizes: &[Size]) -> String {
    let names: Vec<String> = sizes
        .iter()
        .map(|(width, height)| format!("{width}x{height}"))
        .collect();
    names.join(" | ")
}

fn sizes_of(format: &str) -> String {
    let names = SIZES.map(|(width, height)| format!("{format} {width}x{height}"));
    names.join(" | ")
}

fn head(cells: &[&str; 2]) -> String {
    let [first, rest] = cells;
    let rule = "| --- ".repeat(2 + rest.matches('|').count());
    format!("| {first} | {rest} |\n{rule}|\n")
}

fn line(first: &str, cells: &[String]) -> String {
    format!("| {first} | {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn measured() -> Figures {
        let mut figures = Figures::new(json!({"cores": 2, "processor": "a processor"}));
        let own = |engine: &'static str| ours("quality", engine, USUAL).to_string();
        figures.add(
            &own("ort"),
            json!({CPU: 5.0, WALL: 5.1, "rss_anon_peak_mb": 40.0}),
        );
        figures.add(&own("rten"), json!({CPU: 12.0, WALL: 12.2}));
        for (script, cpu) in PEERS.into_iter().zip([20.0, 6.0, 30.0]) {
            figures.add(
                &peer_name(script, Cores::One, USUAL),
                json!({CPU: cpu, "rss_anon_peak_mb": 57.0}),
            );
        }
        figures
    }

    #[test]
    fn ratios_are_to_mediapipe_and_what_is_missing_is_no_zero() {
        let table = beside_others(&measured());
        assert!(
            table.contains("| frosted, default network | – | 5.0 ms (0.25) | – |"),
            "{table}"
        );
        assert!(
            table.contains("| MediaPipe 0.10.14's example | – | 20 ms (1.00) | – |"),
            "{table}"
        );
        assert!(
            table.contains("| frosted, `--model landscape` | – | – | – |"),
            "{table}"
        );
    }

    #[test]
    fn losses_are_named() {
        let losses = losses(&measured());
        assert!(losses.contains("embedded engine, default network takes: processor time at 1280x720 (6.0 against 12)"), "{losses}");
        assert!(
            !losses.contains("than frosted, default network takes"),
            "{losses}"
        );
        assert_eq!(super::losses(&Figures::new(Value::Null)), "");
    }

    #[test]
    fn every_table_has_as_many_cells_in_each_line() {
        let figures = measured();
        for table in [
            beside_others,
            beside_others_more,
            matrix,
            paced,
            streams,
            copies,
            rest,
        ]
        .map(|table| table(&figures))
        {
            let cells: Vec<usize> = table
                .lines()
                .map(|line| line.matches('|').count())
                .collect();
            assert!(cells.iter().all(|count| *count == cells[0]), "{table}");
        }
    }

    #[test]
    fn numbers_have_two_digits_that_count() {
        let cases = [
            (123.4, "123"),
            (12.34, "12"),
            (9.96, "10"),
            (1.26, "1.3"),
            (0.126, "0.13"),
            (0.0126, "0.013"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text, "{value}");
        }
    }
}
