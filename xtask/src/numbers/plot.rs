//! Line charts as SVG, readable on light and dark pages.

use std::fmt::Write as _;

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 52.0;

/// Names of lines that end at nearly the same height are put so far apart.
const LABEL_HEIGHT: f64 = 15.0;

/// Okabe and Ito's colours, which the colour-blind tell apart, darker or lighter as the page needs.
const LIGHT: [&str; 6] = [
    "#0072b2", "#c0392b", "#00805a", "#a3578a", "#946200", "#555555",
];
const DARK: [&str; 6] = [
    "#56b4e9", "#ff8a65", "#2fc79a", "#e0a0c8", "#e6b422", "#bbbbbb",
];

pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) x: Axis<'a>,
    pub(super) y: Axis<'a>,
    pub(super) series: Vec<Series>,
}

pub(super) struct Axis<'a> {
    pub(super) label: &'a str,
    pub(super) scale: Scale,
    /// Where there is a line, and what it is called; the first and the last are the ends.
    pub(super) ticks: Vec<(f64, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    /// Values above 0 alone.
    Logarithmic,
}

pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

impl Chart<'_> {
    pub(super) fn to_svg(&self) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{}</title>\n{}\
             <rect class=\"page\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n",
            escaped(self.title),
            style()
        );
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        text(&mut svg, (LEFT, 22.0), "start", "ink title", self.title);
        for (value, name) in &self.x.ticks {
            let x = self.x.place(*value, LEFT, right);
            rule(&mut svg, (x, TOP), (x, bottom));
            text(&mut svg, (x, bottom + 17.0), "middle", "ink", name);
        }
        for (value, name) in &self.y.ticks {
            let y = self.y.place(*value, bottom, TOP);
            rule(&mut svg, (LEFT, y), (right, y));
            text(&mut svg, (LEFT - 6.0, y + 4.0), "end", "ink", name);
        }
        text(
            &mut svg,
            (f64::midpoint(LEFT, right), HEIGHT - 10.0),
            "middle",
            "ink",
            self.x.label,
        );
        text(
            &mut svg,
            (LEFT - 6.0, TOP - 12.0),
            "end",
            "ink",
            self.y.label,
        );
        let mut ends = Vec::new();
        for (number, series) in self.series.iter().enumerate() {
            let places: Vec<(f64, f64)> = series
                .points
                .iter()
                .map(|(x, y)| (self.x.place(*x, LEFT, right), self.y.place(*y, bottom, TOP)))
                .collect();
            let path: Vec<String> = places
                .iter()
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let colour = number % LIGHT.len();
            let _ = writeln!(
                svg,
                "<polyline class=\"l{colour}\" points=\"{}\"/>",
                path.join(" ")
            );
            for (x, y) in &places {
                let _ = writeln!(
                    svg,
                    "<circle class=\"f{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
                );
            }
            if let Some((x, y)) = places.last() {
                ends.push((*y, *x, colour, series.name.as_str()));
            }
        }
        names(&mut svg, ends);
        svg + "</svg>\n"
    }
}

impl Axis<'_> {
    /// Where a value lies between the first and the last tick, which lie at `from` and `to`.
    fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        let of = |value: f64| match self.scale {
            Scale::Linear => value,
            Scale::Logarithmic => value.max(f64::MIN_POSITIVE).ln(),
        };
        let ends = self.ticks.first().zip(self.ticks.last());
        let Some((first, last)) = ends.map(|(first, last)| (of(first.0), of(last.0))) else {
            return from;
        };
        if last == first {
            return from;
        }
        let share = (of(value) - first) / (last - first);
        from + share.clamp(0.0, 1.0) * (to - from)
    }
}

/// Names beside the ends of the lines, none upon another.
fn names(svg: &mut String, mut ends: Vec<(f64, f64, usize, &str)>) {
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free = TOP;
    for (end, x, colour, name) in ends {
        let y = end.max(free);
        free = y + LABEL_HEIGHT;
        text(
            svg,
            (x + 9.0, y + 4.0),
            "start",
            &format!("name f{colour}"),
            name,
        );
    }
}

/// The page's colour is painted, too, so that it and the letters change together.
fn style() -> String {
    let rules = |page: &str, ink: &str, grid: &str, colours: &[&str]| {
        let lines: String = colours
            .iter()
            .enumerate()
            .map(|(number, colour)| {
                format!(".l{number}{{stroke:{colour}}}.f{number}{{fill:{colour}}}")
            })
            .collect();
        format!(
            ".page{{fill:{page}}}.name{{stroke:{page}}}.ink{{fill:{ink}}}.grid{{stroke:{grid}}}{lines}"
        )
    };
    format!(
        "<style>polyline{{fill:none;stroke-width:2}}.title{{font-size:15px}}.name{{stroke-width:4px;paint-order:stroke}}{}\n\
         @media (prefers-color-scheme:dark){{{}}}</style>\n",
        rules("#ffffff", "#24292f", "#d8dee4", &LIGHT),
        rules("#0d1117", "#d0d7de", "#30363d", &DARK)
    )
}

fn rule(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line class=\"grid\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
    );
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, class: &str, words: &str) {
    let words = escaped(words);
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
    );
}

fn escaped(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(scale: Scale) -> Axis<'static> {
        Axis {
            label: "x",
            scale,
            ticks: [1.0, 10.0, 100.0]
                .map(|value| (value, value.to_string()))
                .into(),
        }
    }

    #[test]
    fn values_lie_between_the_ends() {
        let logarithmic = axis(Scale::Logarithmic);
        assert!((logarithmic.place(10.0, 0.0, 200.0) - 100.0).abs() < 1e-9);
        assert_eq!(axis(Scale::Linear).place(100.0, 50.0, 0.0), 0.0);
        assert_eq!(logarithmic.place(0.0, 5.0, 200.0), 5.0);
        assert_eq!(logarithmic.place(1e6, 5.0, 200.0), 200.0);
    }

    #[test]
    fn a_chart_has_its_lines_its_names_and_no_markup_of_theirs() {
        let chart = Chart {
            title: "a < b",
            x: axis(Scale::Linear),
            y: axis(Scale::Logarithmic),
            series: ["one", "two"]
                .map(|name| Series {
                    name: name.into(),
                    points: vec![(1.0, 2.0), (100.0, 90.0)],
                })
                .into(),
        };
        let svg = chart.to_svg();
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(svg.matches("<circle").count(), 4);
        assert!(svg.contains("a &lt; b") && svg.contains("prefers-color-scheme:dark"));
        let place = |name: &str| -> f64 {
            let line = svg
                .lines()
                .find(|line| line.contains(&format!(">{name}<")))
                .unwrap();
            let rest = line.split_once("y=\"").unwrap().1;
            rest.split_once('"').unwrap().0.parse().unwrap()
        };
        assert!(place("two") - place("one") >= LABEL_HEIGHT);
    }
}
