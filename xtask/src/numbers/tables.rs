//! Our own figures as Markdown.

use super::figures::Figures;
use super::plan::{
    ENGINES, LARGE, LEVEL_FORMATS, LEVEL_SIZES, MODELS, NETWORK_THREADS, Own, SIZES, STREAMS, Size,
    USUAL, live_name, long_name,
};

/// Mean processor time of a frame.
pub(super) const CPU: &str = "cpu_ms_mean";
/// Median of a frame's time from call to return.
pub(super) const WALL: &str = "ms_median";
/// The most anonymous memory, raw frames not counted.
pub(super) const MEMORY: &str = "rss_anon_peak_mb";

/// Everything of ours: processor time and wall-clock time.
pub(super) fn matrix(figures: &Figures) -> String {
    let columns = format!("{} | {}", sizes_of("NV12"), sizes_of("BGR"));
    let mut table = head(&["CPU / wall, ms", &columns]);
    for engine in ENGINES {
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
                        let words = counted(threads);
                        table +=
                            &line(&format!("{engine}, {model}, {background}, {words}"), &cells);
                    }
                }
            }
        }
    }
    table
}

/// What engines take by threads of the network.
pub(super) fn engines(figures: &Figures) -> String {
    let columns = "CPU | wall p50 | p95 | the network | at 30 a second: CPU | wall p50 | p95 | the network | switches";
    let mut table = head(&["NV12, blur, one thread for the pixel work, ms", columns]);
    for engine in ENGINES {
        for model in MODELS {
            for threads in NETWORK_THREADS {
                let mut cells = Vec::new();
                let paced = Own::network_paced(engine, model, threads);
                for own in [&Own::network(engine, model, threads), &paced] {
                    let of = |key: &str| ms(figures.own(own, key));
                    cells.extend([of(CPU), of(WALL), of("ms_p95"), of("stages/segment")]);
                }
                cells.push(ms(switches(figures, &paced)));
                let words = format!("{engine}, {model}, {}", counted(threads));
                table += &line(&words, &cells);
            }
        }
    }
    table
}

fn counted(threads: u32) -> String {
    match threads {
        1 => "1 thread".into(),
        more => format!("{more} threads"),
    }
}

/// How often a thread waited, by frames.
fn switches(figures: &Figures, own: &Own) -> Option<f64> {
    let count = figures.own(own, "context_switches/voluntary")?;
    Some(count / figures.own(own, "frames")?)
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
        cells.push(ms(switches(figures, &own)));
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

/// What a frame costs without the networks, in milliseconds and in copies of a frame.
pub(super) fn levels(figures: &Figures) -> String {
    let columns: Vec<String> = LEVEL_FORMATS
        .iter()
        .flat_map(|format| LEVEL_SIZES.map(|(width, height)| (format, width, height)))
        .map(|(format, width, height)| format!("{} {width}x{height}", format.to_uppercase()))
        .collect();
    let mut table = head(&["without the networks, ms (copies)", &columns.join(" | ")]);
    for level in ["common", "avx2", "avx512"] {
        let cells: Vec<String> = LEVEL_FORMATS
            .iter()
            .flat_map(|format| LEVEL_SIZES.map(|size| Own::with(level, format, size)))
            .map(|own| {
                let rest = figures.own(&own, "rest_ms");
                let copies = rest.zip(figures.own(&own, "copy_ms"));
                match copies.map(|(rest, copy)| rest / copy) {
                    Some(copies) => format!("{} ({})", ms(rest), number(copies)),
                    None => MISSING.into(),
                }
            })
            .collect();
        table += &line(level, &cells);
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
    for model in MODELS {
        let of = |key| figures.median(&live_name(model), key);
        let words = format!(
            "{} % of a core, {} ms of processor time a frame, {} frames a second, {} MB",
            ms(of("cpu_share").map(|share| share * 100.0)),
            ms(of("cpu_ms_mean")),
            ms(of("frames_a_second")),
            ms(of("rss_anon_mb")),
        );
        let (width, height) = USUAL;
        table += &line(
            &format!(
                "`frosted run --model {model}`, a camera's Motion JPEG of {width}x{height} decoded, Y4M to a pipe"
            ),
            &[words],
        );
    }
    let (usual, long) = (Own::usual("landscape", "nv12", USUAL), Own::long());
    let frames = |frames: Option<f64>| {
        frames.map_or_else(|| MISSING.into(), |frames| format!("{frames:.0}"))
    };
    let mut lengths = Vec::new();
    for name in [usual.to_string(), long_name(&long)] {
        let of = |key| figures.median(&name, key);
        lengths.push(format!(
            "{} MB after {} frames",
            megabytes_to_a_tenth(of(MEMORY)),
            frames(of("frames"))
        ));
    }
    table += &line(
        &format!("most memory held, landscape, NV12 {width}x{height}, ort"),
        &[lengths.join(", ")],
    );
    table += &line("the program, stripped", &[megabytes("stripped_bytes")]);
    table += &line(
        &format!("decoding a Motion JPEG picture of {width}x{height}, 4:2:2, {kilobytes} KB, CPU"),
        &[format!("{} ms", ms(decoding))],
    );
    table
}

/// What stands where nothing was measured.
pub(super) const MISSING: &str = "–";

/// Two digits that count, three above 100.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        value if value >= 9.95 => format!("{value:.0}"),
        value if value >= 0.995 => format!("{value:.1}"),
        value if value >= 0.0995 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

/// What two runs are compared by.
fn megabytes_to_a_tenth(value: Option<f64>) -> String {
    value.map_or_else(|| MISSING.into(), |value| format!("{value:.1}"))
}

/// Of milliseconds, megabytes and whatever else has no unit beside it.
pub(super) fn ms(value: Option<f64>) -> String {
    value.map_or_else(|| MISSING.into(), number)
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(
        || MISSING.into(),
        |value| format!("{} %", (value * 1000.0).round() / 10.0),
    )
}

fn both(cpu: Option<f64>, wall: Option<f64>) -> String {
    if cpu.is_none() && wall.is_none() {
        return MISSING.into();
    }
    format!("{} / {}", ms(cpu), ms(wall))
}

pub(super) fn sizes_row(sizes: &[Size]) -> String {
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

pub(super) fn head(cells: &[&str; 2]) -> String {
    let [first, rest] = cells;
    let rule = "| --- ".repeat(2 + rest.matches('|').count());
    format!("| {first} | {rest} |\n{rule}|\n")
}

pub(super) fn line(first: &str, cells: &[String]) -> String {
    format!("| {first} | {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::super::beside;
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn every_table_has_as_many_cells_in_each_line() {
        let mut figures = Figures::new(Value::Null);
        let own = Own::usual("quality", "nv12", USUAL);
        figures.add(&own.to_string(), json!({CPU: 4.0, WALL: 4.1}));
        for table in [
            beside::table,
            beside::more,
            matrix,
            engines,
            paced,
            streams,
            copies,
            levels,
            rest,
        ]
        .map(|table| table(&figures))
        {
            let cells: Vec<usize> = table
                .lines()
                .map(|line| line.matches('|').count())
                .collect();
            assert!(cells.len() > 2, "{table}");
            assert!(cells.iter().all(|count| *count == cells[0]), "{table}");
        }
    }

    #[test]
    fn engines_stand_beside_each_other_by_threads() {
        let mut figures = Figures::new(Value::Null);
        let run = |cpu: f64| {
            json!({CPU: cpu, WALL: 3.1, "ms_p95": 5.5, "stages": {"segment": 1.4},
            "frames": 100, "context_switches": {"voluntary": 250}})
        };
        figures.add(&Own::network("ort", "quality", 2).to_string(), run(3.0));
        figures.add(
            &Own::network_paced("ort", "quality", 2).to_string(),
            run(4.0),
        );
        let table = engines(&figures);
        let row =
            "| ort, quality, 2 threads | 3.0 | 3.1 | 5.5 | 1.4 | 4.0 | 3.1 | 5.5 | 1.4 | 2.5 |";
        assert!(table.contains(row), "{table}");
        let row = "| rten, landscape, 1 thread | – | – |";
        assert!(table.contains(row), "{table}");
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
