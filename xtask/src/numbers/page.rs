//! The part of docs/BENCHMARKS.md that is written anew with every run.

use super::figures::Figures;
use super::plan::{Own, USUAL};
use super::plots::{COST, MEMORY, STREAMS, THREADS};
use super::publish::wrapped;
use super::{beside, machine, tables};

pub(super) fn page(figures: &Figures) -> String {
    let facts = &figures.facts;
    let rounds = &facts["rounds"];
    let (person, frames) = figures.shown();
    let engines = engines(figures);
    let usual = figures.own(&Own::usual("quality", "nv12", USUAL), "frames");
    let count = usual.unwrap_or(0.0);
    let spread = figures
        .spread(tables::CPU)
        .map_or_else(String::new, |(median, largest)| {
            format!(
                " The rounds of a case lie {:.0} % apart (median), at most {:.0} %.",
                median * 100.0,
                largest * 100.0
            )
        });
    wrapped(&format!(
        "{machine} {warning}

Medians of {rounds} rounds; all runs in one shuffled order, each a process of its own.{spread} {person} of our \
{frames} frames showed the person. {engines}

### Beside other programs

Mean processor time of a frame, all threads (`cpu_ms_mean`), in brackets divided by MediaPipe's; BGR frames in and out, \
blur, one thread. The frames are the first 100 of the bundled clip of 400x300, scaled up.

{beside}
{pinned} As they come, the peers take the threads that they want. The rest at \
1280x720, times in milliseconds; start is from the start of the process to its first protected frame (ours: `frosted \
blur - -` after three frames that it looks at first):

{more}
{losses}

What the peers do: [benches/peers](../benches/peers). None of them checks its mask, covers what it is not sure of or \
hides the room where a mask fails.

### Ours

{count} frames as fast as they are done.

{matrix}
What a frame takes without the networks, median, and in brackets divided by what copying the frame takes in the same process; by what the loops over pixels use (`frosted bench --instructions`):

{levels}
### Engines and threads

Threads of the network, NV12 1280x720, each frame when the last is done and by the clock; of the network the median with what comes before and after it. The default is ort with one.

{network_threads}
### By the clock

Frames come 30 or 60 times a second, and between them the processor does something else or sleeps. Late is a frame that \
was done after the next one was due; switches are how often a thread waited, by frames. A processor that idles longer between frames \
works slower when it wakes: a frame can take more at 30 a second than at 60.

{paced}
### Several cameras at once

Pipelines in one process, each on a thread of its own, which waits for no other; default network, NV12 1280x720, 30 \
frames a second each.

{streams}
### Else

{rest}
{copies}
### Plots

![What a frame costs by its size]({COST})

![What threads gain]({THREADS})

![What streams cost]({STREAMS})

![What streams hold]({MEMORY})",
        machine = machine::words(facts),
        pinned = machine::pinned(facts),
        warning = machine::warning(facts),
        beside = beside::table(figures),
        more = beside::more(figures),
        losses = beside::losses(figures),
        matrix = tables::matrix(figures),
        levels = tables::levels(figures),
        network_threads = tables::engines(figures),
        paced = tables::paced(figures),
        streams = tables::streams(figures),
        rest = tables::rest(figures),
        copies = tables::copies(figures),
    ))
}

/// By the words of the program itself.
fn engines(figures: &Figures) -> String {
    let word = |engine| {
        let own = Own {
            engine,
            ..Own::usual("quality", "bgr24", USUAL)
        };
        figures.word(&own.to_string(), "engine").map(str::to_owned)
    };
    let words: Vec<String> = [("ort", word("ort")), ("rten (embedded)", word("rten"))]
        .into_iter()
        .filter_map(|(name, word)| Some(format!("{name} is {}", word?)))
        .collect();
    if words.is_empty() {
        String::new()
    } else {
        format!("{}.", words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_page_without_figures_has_no_zeros_for_them() {
        let page = page(&Figures::new(Value::Null));
        assert!(
            page.contains("### By the clock") && !page.contains(" 0.0 "),
            "{page}"
        );
        assert!(
            page.contains("| quality, 1280x720, 30 a second | – |"),
            "{page}"
        );
    }
}
