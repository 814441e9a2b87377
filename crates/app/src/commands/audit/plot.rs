//! A figure over time, drawn as SVG that grows with the page; its words are HTML, so that
//! they stay readable on a phone.

use std::fmt::Write;

use crate::commands::truth::Event;

/// Points that a line has at most: of more frames the worst of each stretch is drawn.
const POINTS: usize = 1000;
const HEIGHT: f64 = 100.0;

/// What is drawn.
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    /// A value a frame, where there is one.
    pub(super) values: Vec<Option<f64>>,
    /// A line that values should not cross.
    pub(super) limit: Option<f64>,
    /// Which side of it is bad.
    pub(super) worse: Worse,
    /// The lower end of the scale, and the least that its upper end is.
    pub(super) scale: (f64, f64),
    /// Why values can lie beyond the scale, for a figure that is an estimate: the scale ends
    /// where it says then, and they are drawn at its end.
    pub(super) beyond: Option<&'static str>,
    pub(super) format: fn(f64) -> String,
}

/// Which values of a stretch of frames count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worse {
    High,
    Low,
}

impl Plot<'_> {
    /// The plot, or nothing if no frame has the figure. `seconds` is the length of the clip.
    pub(super) fn draw(&self, seconds: Option<f64>, events: &[Event]) -> String {
        let known = || self.values.iter().flatten().copied();
        if known().next().is_none() {
            return String::new();
        }
        let top = match self.beyond {
            Some(_) => self.scale.1,
            None => known().chain(self.limit).fold(self.scale.1, f64::max),
        };
        let height = |value: f64| ((value - self.scale.0) / (top - self.scale.0)).clamp(0.0, 1.0);
        let (worst, word) = match self.worse {
            Worse::High => (known().fold(f64::MIN, f64::max), "highest"),
            Worse::Low => (known().fold(f64::MAX, f64::min), "lowest"),
        };
        let mut out = format!(
            "<figure class=\"plot\"><figcaption>{} <span>{word} {}</span></figcaption>",
            self.title,
            self.words(worst, top)
        );
        self.names(&mut out, events);
        let _ = write!(
            out,
            "<div class=\"chart\"><span class=\"top\">{}</span>",
            (self.format)(top)
        );
        if let Some(limit) = self.limit {
            let _ = write!(
                out,
                "<span class=\"limit\" style=\"bottom:{:.1}%\">{}</span>",
                height(limit) * 100.0,
                (self.format)(limit)
            );
        }
        let _ = write!(
            out,
            "<svg viewBox=\"0 0 {} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
             aria-label=\"{}, {word} {}\">",
            self.values.len().max(2) - 1,
            self.title,
            self.words(worst, top)
        );
        self.stripes(&mut out, events);
        if let Some(limit) = self.limit {
            let y = HEIGHT * (1.0 - height(limit));
            let _ = write!(
                out,
                "<line class=\"limit\" x1=\"0\" x2=\"{}\" y1=\"{y:.2}\" y2=\"{y:.2}\"/>",
                self.values.len()
            );
        }
        self.line(&mut out, height);
        let last = self.values.len().saturating_sub(1);
        let end = seconds.map_or(format!("frame {last}"), |seconds| format!("{seconds:.1} s"));
        let _ = write!(
            out,
            "</svg></div><div class=\"times\"><span>0</span><span>{end}</span></div>"
        );
        self.tell_beyond(&mut out, top);
        out.push_str("</figure>");
        out
    }

    /// A value as it is told: what is beyond the scale is an error of the estimate, whose size
    /// means nothing.
    fn words(&self, value: f64, top: f64) -> String {
        match self.beyond {
            Some(_) if value > top => format!("over {}", (self.format)(top)),
            Some(_) if value < self.scale.0 => format!("under {}", (self.format)(self.scale.0)),
            _ => (self.format)(value),
        }
    }

    fn tell_beyond(&self, out: &mut String, top: f64) {
        let scale = self.scale.0..=top;
        let known = || self.values.iter().flatten();
        let beyond = known().filter(|value| !scale.contains(value)).count();
        if let Some(why) = self.beyond.filter(|_| beyond > 0) {
            let _ = write!(
                out,
                "<p class=\"beyond\">{beyond} of {} frames with this figure are off the scale, over {} or under {}, \
                 and drawn at its end. {why}</p>",
                known().count(),
                (self.format)(top),
                (self.format)(self.scale.0)
            );
        }
    }

    fn share(&self, frame: usize) -> f64 {
        frame.min(self.values.len()) as f64 / self.values.len() as f64 * 100.0
    }

    fn names(&self, out: &mut String, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        out.push_str("<div class=\"events\">");
        for event in events {
            let (left, right) = (self.share(event.frames.start), self.share(event.frames.end));
            let _ = write!(
                out,
                "<span style=\"left:{left:.1}%;width:{:.1}%\">{}</span>",
                (right - left).max(0.0),
                super::html::escaped(&event.name)
            );
        }
        out.push_str("</div>");
    }

    fn stripes(&self, out: &mut String, events: &[Event]) {
        for event in events.iter().step_by(2) {
            let _ = write!(
                out,
                "<rect class=\"event\" x=\"{}\" width=\"{}\" y=\"0\" height=\"{HEIGHT}\"/>",
                event.frames.start,
                event.frames.len()
            );
        }
    }

    /// Values that are missing for longer than a figure is left out on purpose break the line.
    fn line(&self, out: &mut String, height: impl Fn(f64) -> f64) {
        const LONGEST_GAP: usize = 5;
        let stretch = self.values.len().div_ceil(POINTS).max(1);
        let mut last: Option<usize> = None;
        for (at, values) in self.values.chunks(stretch).enumerate() {
            let known = values.iter().flatten().copied();
            let worst = match self.worse {
                Worse::High => known.reduce(f64::max),
                Worse::Low => known.reduce(f64::min),
            };
            let Some(worst) = worst else {
                continue;
            };
            match last {
                None => out.push_str("<polyline points=\""),
                Some(last) if at - last > LONGEST_GAP => {
                    out.push_str("\"/><polyline points=\"");
                }
                Some(_) => {}
            }
            last = Some(at);
            let y = HEIGHT * (1.0 - height(worst));
            let _ = write!(out, "{},{y:.2} ", at * stretch);
        }
        out.push_str("\"/>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(values: Vec<Option<f64>>) -> String {
        drawn(values, None)
    }

    fn drawn(values: Vec<Option<f64>>, beyond: Option<&'static str>) -> String {
        Plot {
            title: "leak",
            values,
            limit: Some(0.5),
            worse: Worse::High,
            scale: (0.0, 1.0),
            beyond,
            format: |value| format!("{value:.1}"),
        }
        .draw(None, &[])
    }

    #[test]
    fn values_become_points_and_gaps_none() {
        let drawn = plot(vec![Some(0.0), None, Some(2.0), Some(1.0)]);
        assert!(
            drawn.contains("points=\"0,100.00 2,0.00 3,50.00 \""),
            "{drawn}"
        );
        assert!(drawn.contains("y1=\"75.00\""), "{drawn}");
        assert!(drawn.contains("highest 2.0"), "{drawn}");
    }

    #[test]
    fn a_long_gap_breaks_the_line() {
        let mut values = vec![Some(0.0); 20];
        assert_eq!(plot(values.clone()).matches("<polyline").count(), 1);
        values[4..12].fill(None);
        assert_eq!(plot(values).matches("<polyline").count(), 2);
    }

    #[test]
    fn the_worst_of_a_long_clip_is_not_lost() {
        let mut values = vec![Some(0.0); 5000];
        values[4321] = Some(1.0);
        let drawn = plot(values);
        assert!(drawn.contains("4320,0.00 "), "{drawn}");
        assert!(drawn.matches(',').count() < 1100);
    }

    #[test]
    fn estimates_beyond_their_scale_are_drawn_at_its_end_and_explained() {
        let values = vec![Some(1.65), Some(0.5), None, Some(-0.2), Some(1.0)];
        let clipped = drawn(values.clone(), Some("Few pixels."));
        assert!(
            clipped.contains("points=\"0,0.00 1,50.00 3,100.00 4,0.00 \""),
            "{clipped}"
        );
        assert!(clipped.contains("highest over 1.0<"), "{clipped}");
        assert!(
            clipped.contains("2 of 4 frames with this figure are off the scale"),
            "{clipped}"
        );
        assert!(clipped.contains("Few pixels."), "{clipped}");
        assert!(!clipped.contains("1.6"), "{clipped}");
        // Within it nothing is to be explained; a figure that is none stretches its scale.
        assert!(!drawn(vec![Some(0.5)], Some("Few pixels.")).contains("Few"));
        assert!(drawn(values, None).contains("highest 1.6"));
    }

    #[test]
    fn what_was_not_measured_is_not_drawn() {
        assert_eq!(plot(vec![None, None]), "");
    }
}
