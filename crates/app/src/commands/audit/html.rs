//! An audit to read and print: one file, which needs no other and no network.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use frosted_eval::{FrameFigures, Ground, Limits, Outcome, Report, Verdict};

use super::figures::{self, Figure, Subject, Value, percent};
use super::moments::{Moment, Reason, Small};
use super::plot::{Plot, Worse};
use super::style;
use crate::commands::own_mattes::OwnMattes;
use crate::commands::truth::Event;
use crate::media::{MediaError, Timing};

/// What the page is made of.
pub(super) struct Page<'a> {
    /// The file names of ORIGINAL and PROTECTED, without where they lie.
    pub(super) names: [String; 2],
    pub(super) timing: &'a Timing,
    pub(super) report: &'a Report,
    pub(super) limits: &'a Limits,
    pub(super) verdict: &'a Verdict,
    pub(super) own_mattes: Option<&'a OwnMattes>,
    pub(super) events: &'a [Event],
    pub(super) moments: &'a [Moment],
}

/// Text as HTML shows it; a number stays with its unit.
pub(super) fn escaped(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
        .replace(" px", "\u{a0}px")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

impl Page<'_> {
    pub(super) fn write(&self) -> Result<String, MediaError> {
        let mut out =
            String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        let _ = write!(
            out,
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"robots\" content=\"noindex\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             img-src data:; style-src 'unsafe-inline'\">\
             <title>Audit of {}: {}{}</title><style>{}</style></head><body><main>",
            escaped(&self.names[1]),
            self.verdict.outcome,
            self.by(" "),
            style::SHEET
        );
        self.head(&mut out);
        self.figures(&mut out);
        self.by_event(&mut out);
        self.plots(&mut out);
        self.pictures(&mut out)?;
        self.notes(&mut out);
        out.push_str("</main></body></html>\n");
        Ok(out)
    }

    /// What takes the worth from the word of the verdict, which never stands without it: of a
    /// page among others nothing but its title may be seen.
    fn by(&self, join: &str) -> String {
        self.own_mattes
            .map_or(String::new(), |own| format!("{join}{}", own.by()))
    }

    fn head(&self, out: &mut String) {
        let (class, sentence) = match self.verdict.outcome {
            Outcome::Pass if self.own_mattes.is_some() => {
                ("none", "No limit was passed by these mattes.")
            }
            Outcome::Pass => ("pass", "No limit was passed."),
            Outcome::Fail => ("fail", "The room can be seen:"),
            Outcome::NoVerdict => ("none", "It cannot be told whether the room can be seen:"),
        };
        let _ = write!(
            out,
            "<h1>What this clip still shows of the room{}</h1>{}\
             <section class=\"verdict {class}\"><strong>{}</strong>{}<p>{sentence}</p>",
            self.by(", judged "),
            self.own_mattes.map_or(String::new(), |own| format!(
                "<p class=\"warning\" role=\"alert\"><b>Warning.</b> {}.</p>",
                escaped(&own.to_string())
            )),
            self.verdict.outcome,
            self.by(" ")
        );
        list(out, &self.verdict.reasons);
        out.push_str("</section>");
        if !self.verdict.remarks.is_empty() {
            out.push_str(
                "<section class=\"remarks\"><p>Not part of the verdict, but worth knowing:</p>",
            );
            list(out, &self.verdict.remarks);
            out.push_str("</section>");
        }
        let _ = write!(
            out,
            "<p class=\"caution\"><b>This report shows pictures of the room.</b> Keep it, pass it on and \
             delete it like the unprotected clip.</p><dl><dt>Original</dt><dd>{}</dd>\
             <dt>Protected</dt><dd>{}</dd><dt>Clip</dt><dd>{} frames, {}x{} px{}</dd>\
             <dt>Where the person is</dt><dd>{}</dd><dt>Letters to protect</dt><dd>up to {} px high</dd></dl>",
            escaped(&self.names[0]),
            escaped(&self.names[1]),
            self.report.frames.len(),
            self.report.size.0,
            self.report.size.1,
            self.seconds()
                .map_or(String::new(), |seconds| format!(", {seconds:.1} s")),
            match self.report.ground {
                Ground::Mattes if self.own_mattes.is_some() =>
                    "taken from the mattes that the warning is about",
                Ground::Mattes =>
                    "known by the mattes that were given; the program's own would repeat its mistakes",
                _ => "not known: no mattes were given",
            },
            self.limits.text_height.in_pixels(self.report.size.1)
        );
    }

    fn figures(&self, out: &mut String) {
        let figures = figures::all(self.report, self.limits);
        for (subject, title) in [
            (Subject::Room, "What shows of the room"),
            (Subject::Person, "Harm to the person"),
            (Subject::Steadiness, "Steadiness"),
        ] {
            let _ = write!(
                out,
                "<h2>{title}</h2><table><thead><tr><th>Figure</th><th>Value</th><th>Limit</th>\
                 <th>What it means</th></tr></thead><tbody>"
            );
            for figure in figures.iter().filter(|figure| figure.subject == subject) {
                row(out, figure);
            }
            out.push_str("</tbody></table>");
        }
    }

    fn by_event(&self, out: &mut String) {
        if self.events.is_empty() || self.report.ground != Ground::Mattes {
            return;
        }
        out.push_str(
            "<h2>Legible room by event</h2><table class=\"short\"><thead><tr><th>Event</th><th>Mean</th>\
             <th>Worst frame</th><th>When</th></tr></thead><tbody>",
        );
        for event in self.events {
            let leak = self
                .report
                .spread(event.frames.clone(), |frame| Some(frame.legible()));
            let (mean, worst) = leak.map_or(("-".to_owned(), "-".to_owned()), |leak| {
                let worst = format!("{} (frame {})", percent(leak.most), leak.most_at);
                (percent(leak.mean), worst)
            });
            let is_over = leak.is_some_and(|leak| leak.most > self.limits.frame);
            let _ = write!(
                out,
                "<tr{}><th>{}</th><td>{mean}</td><td>{worst}</td><td>frames {} to {}</td></tr>",
                if is_over { " class=\"over\"" } else { "" },
                escaped(&event.name),
                event.frames.start,
                event.frames.end.saturating_sub(1)
            );
        }
        out.push_str("</tbody></table>");
    }

    fn plots(&self, out: &mut String) {
        type Of = fn(&FrameFigures) -> Option<f64>;
        let has_mattes = self.report.ground == Ground::Mattes;
        let of = |of: Of| self.report.frames.iter().map(of).collect::<Vec<_>>();
        let plot = |title, values, limit, worse, scale, format| Plot {
            title,
            values,
            limit,
            worse,
            scale,
            beyond: None,
            format,
        };
        let number: fn(f64) -> String = |value| format!("{value:.2}");
        let legible = if has_mattes {
            ("Legible room", Some(self.limits.frame))
        } else {
            ("Legible, person and all", Some(self.limits.raw_whole_frame))
        };
        let plots = [
            plot(
                legible.0,
                of(|f| Some(f.legible())),
                legible.1,
                Worse::High,
                (0.0, 0.01),
                percent,
            ),
            plot(
                "Person lost",
                of(|f| Some(f.person?.lost)),
                Some(self.limits.lost),
                Worse::High,
                (0.0, 0.02),
                percent,
            ),
            plot(
                "Similarity of the person",
                of(|f| f.person?.ssim),
                Some(self.limits.ssim),
                Worse::Low,
                (0.5, 1.0),
                number,
            ),
            plot(
                "Halo",
                of(|f| f.halo),
                Some(self.limits.halo),
                Worse::High,
                (0.0, 0.5),
                number,
            ),
            Plot {
                beyond: Some(figures::FRINGE_BEYOND),
                ..plot(
                    "Fringe",
                    of(|f| f.fringe),
                    Some(self.limits.fringe),
                    Worse::High,
                    (0.0, 1.0),
                    percent,
                )
            },
            plot(
                "Flicker, levels",
                of(|f| f.flicker),
                Some(self.limits.flicker),
                Worse::High,
                (0.0, 5.0),
                number,
            ),
        ];
        out.push_str("<h2>Over time</h2><div class=\"plots\">");
        for plot in plots {
            out.push_str(&plot.draw(self.seconds(), self.events));
        }
        out.push_str("</div>");
    }

    fn pictures(&self, out: &mut String) -> Result<(), MediaError> {
        out.push_str(
            "<h2>Frames to look at</h2><p>The original on the left, the protected frame on the right. \
             What counts as legible is tinted pink. Frames are counted from 0.</p>",
        );
        for moment in self.moments {
            let why = match moment.reason {
                Reason::First => "the first frame".to_owned(),
                Reason::Legible(share) if self.report.ground == Ground::Mattes => {
                    format!("{} of the textured room is legible", percent(share))
                }
                Reason::Legible(share) => {
                    format!(
                        "{} of all texture is legible, person and all",
                        percent(share)
                    )
                }
                Reason::Lost(share) => format!("{} of the person is lost", percent(share)),
                Reason::Flicker(levels) => format!("flicker of {levels:.1} levels"),
            };
            let _ = write!(
                out,
                "<figure class=\"pair\"><figcaption>Frame {}{}: {why}</figcaption><div>",
                moment.frame,
                self.time_of(moment.frame)
            );
            image(out, &moment.original, "original")?;
            image(out, &moment.protected, "protected")?;
            out.push_str("</div></figure>");
        }
        Ok(())
    }

    fn notes(&self, out: &mut String) {
        let _ = write!(
            out,
            "<h2>How it was measured, and what was not</h2>\
             <p>Text, codes and faces were not looked for: a program that reads and one that finds faces \
             have to judge those. What has no fine texture, such as a large plain shape, is not counted \
             as legible. Sound was not listened to.</p>\
             <p>A pixel of the room counts as legible if the fine detail around it is still there: more than \
             .35 of its strength, correlated with the original's by more than .7, at about the same \
             brightness. The room is where the matte's alpha is under .02, the person where it is over \
             .98; in between only the fringe figure looks. Pixels without texture (a standard deviation \
             under 3 of 255 levels) are left out.</p>\
             <p>Limits: {}, {} and {:.0} px are those of this program. Each figure's definition stands in \
             its source, crates/eval.</p><p class=\"made\">frosted {}</p>",
            percent(self.limits.frame),
            percent(self.limits.union),
            self.limits.patch_px,
            env!("CARGO_PKG_VERSION")
        );
    }

    /// Length of the clip; none for one picture.
    fn seconds(&self) -> Option<f64> {
        match self.timing {
            Timing::Still => None,
            timing => Some(timing.time_of(self.report.frames.len() as u64).as_nanos() as f64 / 1e9),
        }
    }

    fn time_of(&self, frame: usize) -> String {
        match self.timing {
            Timing::Still => String::new(),
            timing => format!(
                " ({:.2} s)",
                timing.time_of(frame as u64).as_nanos() as f64 / 1e9
            ),
        }
    }
}

fn list(out: &mut String, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    out.push_str("<ul>");
    for line in lines {
        let _ = write!(out, "<li>{}</li>", escaped(line));
    }
    out.push_str("</ul>");
}

fn row(out: &mut String, figure: &Figure) {
    let (class, value) = match &figure.value {
        Value::Fine(text) => ("", escaped(text)),
        Value::Over(text) => (" class=\"over\"", escaped(text)),
        Value::Remark(text) => (" class=\"remark\"", escaped(text)),
        Value::Missing(why) => (
            " class=\"missing\"",
            format!("not measured: {}", escaped(why)),
        ),
    };
    let _ = write!(
        out,
        "<tr{class}><th>{}</th><td class=\"value\">{value}</td><td class=\"at\">{}</td><td>{}</td></tr>",
        figure.name,
        escaped(figure.limit.as_deref().unwrap_or("")),
        figure.meaning
    );
}

fn image(out: &mut String, picture: &Small, what: &str) -> Result<(), MediaError> {
    let (width, height) = picture.size();
    let _ = write!(
        out,
        "<img alt=\"{what}\" width=\"{width}\" height=\"{height}\" src=\"data:image/png;base64,{}\">",
        STANDARD.encode(picture.to_png()?)
    );
    Ok(())
}
