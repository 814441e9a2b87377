//! An audit on a terminal.

use std::fmt::Write;

use frosted_eval::{Ground, Limits, Report, Verdict};

use super::figures::{self, Figure, Subject, Value, percent};
use crate::commands::own_mattes::OwnMattes;
use crate::commands::truth::Event;

/// The table, its last line the verdict.
pub(super) fn of(
    report: &Report,
    limits: &Limits,
    verdict: &Verdict,
    own_mattes: Option<&OwnMattes>,
    events: &[Event],
) -> String {
    let mut text = format!(
        "{} frames, {}x{}, {}\n",
        report.frames.len(),
        report.size.0,
        report.size.1,
        if report.ground == Ground::Mattes {
            "judged by the mattes given"
        } else {
            "no mattes"
        }
    );
    let warn = |text: &mut String| {
        if let Some(own) = own_mattes {
            let _ = writeln!(text, "\nWARNING: {own}.");
        }
    };
    warn(&mut text);
    let figures = figures::all(report, limits);
    for (subject, title) in [
        (Subject::Room, "What shows of the room"),
        (Subject::Person, "Harm to the person"),
        (Subject::Steadiness, "Steadiness"),
    ] {
        let _ = writeln!(text, "\n{title}");
        for figure in figures.iter().filter(|figure| figure.subject == subject) {
            line(&mut text, figure);
        }
    }
    if report.ground == Ground::Mattes && !events.is_empty() {
        text.push_str("\nLegible by event: mean, worst frame\n");
        for event in events {
            let leak = report.spread(event.frames.clone(), |frame| Some(frame.legible()));
            let said = leak.map_or("no frame".to_owned(), |leak| {
                format!(
                    "{}, {} (frame {})",
                    percent(leak.mean),
                    percent(leak.most),
                    leak.most_at
                )
            });
            let _ = writeln!(text, "  {:<24} {said}", event.name);
        }
    }
    text.push('\n');
    for remark in &verdict.remarks {
        let _ = writeln!(text, "note: {remark}");
    }
    for reason in &verdict.reasons {
        let _ = writeln!(text, "{}: {reason}", verdict.outcome);
    }
    text.push_str("Text, codes and faces were not looked for.\n");
    // Again, beside the word that it takes the worth from.
    warn(&mut text);
    let _ = write!(text, "{}", verdict.outcome);
    text
}

fn line(text: &mut String, figure: &Figure) {
    let mark = match figure.value {
        Value::Over(_) => '!',
        Value::Remark(_) => '~',
        _ => ' ',
    };
    let _ = match (&figure.value, &figure.limit) {
        (Value::Missing(why), _) => writeln!(text, "  {:<24} not measured: {why}", figure.name),
        (value, Some(limit)) => {
            writeln!(text, "{mark} {:<24} {}; {limit}", figure.name, value.text())
        }
        (value, None) => writeln!(text, "{mark} {:<24} {}", figure.name, value.text()),
    };
}
