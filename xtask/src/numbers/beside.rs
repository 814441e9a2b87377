//! Ours and the peers' figures beside each other, as Markdown.

use super::figures::Figures;
use super::machine;
use super::plan::{Cores, Own, PEERS, SIZES, Size, USUAL, peer_name, start_name};
use super::publish::wrapped;
use super::tables::{CPU, MEMORY, MISSING, WALL, head, line, ms, number, sizes_row};

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
        "mediapipe_blur" => "MediaPipe's example",
        "python_tuned" => "Python, tuned: the landscape network in ONNX Runtime, OpenCV",
        _ => "Python, plain: the landscape network, full-size blur, mix in float",
    }
}

/// The README's table and what it was measured on.
pub(super) fn readme(figures: &Figures) -> String {
    let machine = wrapped(&machine::words(&figures.facts));
    format!("{}\n{machine}", table(figures))
}

/// Processor time of one thread, BGR in and out, with ratios to MediaPipe's.
pub(super) fn table(figures: &Figures) -> String {
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
pub(super) fn more(figures: &Figures) -> String {
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
                    losses.push(format!("{what} ({peer:.1} against {own:.1})"));
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
                    format!("time by the clock at {width}x{height}"),
                    figures.own(&own, WALL),
                    peer(WALL),
                );
                compare(
                    format!("the same with all the threads it wants, {width}x{height}"),
                    figures.own(&own, WALL),
                    figures.peer(script, Cores::AsItComes, size, WALL),
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
                let peer = peer_words(script);
                let peer = peer.split_once(':').map_or(peer, |(name, _)| name);
                sentences.push(format!(
                    "- {peer} takes less than {words}: {}",
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
        "Where a peer takes less (ms or MB, the peer's first):\n\n{}",
        sentences.join("\n")
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
            figures.add(
                &peer_name(script, Cores::AsItComes, USUAL),
                json!({WALL: cpu * 2.0}),
            );
        }
        figures
    }

    #[test]
    fn ratios_are_to_mediapipe_and_what_is_missing_is_no_zero() {
        let text = table(&measured());
        assert!(
            text.contains("| frosted, default network | – | 5.0 ms (0.25) | – |"),
            "{text}"
        );
        assert!(
            text.contains("| MediaPipe's example | – | 20 ms (1.00) | – |"),
            "{text}"
        );
        assert!(
            text.contains("| frosted, `--model landscape` | – | – | – |"),
            "{text}"
        );
    }

    #[test]
    fn losses_are_named() {
        let losses = losses(&measured());
        let words = "Python, tuned takes less than frosted, embedded engine, default network: processor time at \
            1280x720 (6.0 against 12.0)";
        assert!(losses.contains(words), "{losses}");
        assert!(
            !losses.contains("less than frosted, default network:"),
            "{losses}"
        );
        let by_the_clock = "the same with all the threads it wants, 1280x720 (12.0 against 12.2)";
        assert!(losses.contains(by_the_clock), "{losses}");
        assert_eq!(super::losses(&Figures::new(Value::Null)), "");
    }
}
