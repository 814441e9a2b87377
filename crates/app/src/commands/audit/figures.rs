//! The figures of an audit in words: what the table and the report show.

use frosted_eval::{Ground, Limits, Report, RoomOrigin};

/// What a figure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Room,
    Person,
    Steadiness,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) subject: Subject,
    pub(super) name: &'static str,
    pub(super) value: Value,
    /// What it is judged or remarked upon by.
    pub(super) limit: Option<String>,
    /// In plain words.
    pub(super) meaning: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nobody judges it, or it is within its limit.
    Fine(String),
    /// Past a limit of the verdict.
    Over(String),
    /// Past a limit that is only remarked upon.
    Remark(String),
    /// It is not to be had, and why.
    Missing(&'static str),
}

impl Value {
    fn judged(text: String, is_over: bool) -> Self {
        if is_over {
            Self::Over(text)
        } else {
            Self::Fine(text)
        }
    }

    fn remarked(text: String, is_over: bool) -> Self {
        if is_over {
            Self::Remark(text)
        } else {
            Self::Fine(text)
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Fine(text) | Self::Over(text) | Self::Remark(text) => text,
            Self::Missing(_) => "not measured",
        }
    }
}

const NEEDS_MATTES: &str = "needs true mattes (--mask or --truth)";
const NEEDS_PERSON: &str = "no frame has enough of a person";
const NEEDS_STILL: &str = "no two frames with enough of the room standing still";

pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// Why the fringe of a frame can come out as more than everything or less than nothing.
pub(super) const FRINGE_BEYOND: &str = "A frame has few mixed pixels before texture, and what is missing of the \
    person in them is taken for the room, or against it. Of one frame the fringe says little; the figure in the \
    table is of all frames together.";

/// A share of the room's texture in the fringe: an estimate, whose errors go beyond both ends.
fn estimate(share: f64) -> String {
    match (share * 100.0).round() {
        percent if percent > 100.0 => "over 100 %".to_owned(),
        percent if percent < 0.0 => "under 0 %".to_owned(),
        percent => format!("{:.0} %", percent.abs()),
    }
}

/// All figures, in the order in which they are read.
pub(super) fn all(report: &Report, limits: &Limits) -> Vec<Figure> {
    let mut figures = match report.ground {
        Ground::Mattes => room(report, limits),
        Ground::WholeFrame => whole_frame(report, limits),
        _ => Vec::new(),
    };
    figures.push(blur(report, limits));
    figures.push(fringe(report, limits));
    figures.extend(person(report, limits));
    figures.extend(steadiness(report, limits));
    figures
}

fn room(report: &Report, limits: &Limits) -> Vec<Figure> {
    let figure = |name, value, limit: Option<String>, meaning| Figure {
        subject: Subject::Room,
        name,
        value,
        limit,
        meaning,
    };
    let raw = report.frames_above(limits.raw_frame).len();
    let worst = report.spread_of_all(|frame| Some(frame.legible()));
    let start = report.spread(0..10, |frame| Some(frame.legible()));
    let (mean, most, most_at) = worst.map_or((0.0, 0.0, 0), |w| (w.mean, w.most, w.most_at));
    let patch = report.largest_patch_px_at_720();
    let limit_of_frame = Some(format!("at most {}", percent(limits.frame)));
    vec![
        figure(
            "unprotected frames",
            Value::judged(format!("{raw} of {}", report.frames.len()), raw > 0),
            Some("at most 0".to_owned()),
            "Frames in which more than a tenth of the textured room is as sharp as it was. One \
             is enough to read everything.",
        ),
        figure(
            "worst frame",
            Value::judged(
                format!("{} (frame {most_at})", percent(most)),
                most > limits.frame,
            ),
            limit_of_frame.clone(),
            "The largest share of the textured room that is legible in any one frame. Only what \
             has texture can be recognised, so plain walls do not count.",
        ),
        figure(
            "first ten frames",
            start.map_or(Value::Missing("there is no frame"), |start| {
                Value::judged(percent(start.most), start.most > limits.frame)
            }),
            limit_of_frame,
            "The worst of them. Protections that need a moment to start show the room here.",
        ),
        figure(
            "mean of all frames",
            Value::Fine(percent(mean)),
            None,
            "The same share, mean over the clip.",
        ),
        figure(
            "union of all frames",
            Value::judged(
                percent(report.union_share()),
                report.union_share() > limits.union,
            ),
            Some(format!("at most {}", percent(limits.union))),
            "The share that is legible in at least one frame: what somebody can put together who \
             keeps the whole clip.",
        ),
        figure(
            "largest patch",
            Value::judged(format!("{patch:.0} px"), patch > limits.patch_px),
            Some(format!("at most {:.0} px", limits.patch_px)),
            "The largest connected piece of that union, in pixels of a frame of 720 lines: 400 are \
             20 x 20, about one large letter.",
        ),
    ]
}

fn whole_frame(report: &Report, limits: &Limits) -> Vec<Figure> {
    let worst = report.spread_of_all(|frame| Some(frame.legible()));
    let raw = report.frames_above(limits.raw_whole_frame).len();
    let missing = |name, meaning| Figure {
        subject: Subject::Room,
        name,
        value: Value::Missing(NEEDS_MATTES),
        limit: None,
        meaning,
    };
    let figure = |name, value, limit, meaning| Figure {
        value,
        limit,
        ..missing(name, meaning)
    };
    vec![
        figure(
            "unprotected frames",
            Value::judged(format!("{raw} of {}", report.frames.len()), raw > 0),
            Some("at most 0".to_owned()),
            "Frames in which more than nine tenths of all texture, person and room, is as sharp as \
             it was. Without mattes a smaller leak cannot be told from the person.",
        ),
        figure(
            "legible, person and all",
            worst.map_or(Value::Missing("there is no frame"), |worst| {
                Value::Fine(format!(
                    "{} to {}, mean {}",
                    percent(worst.least),
                    percent(worst.most),
                    percent(worst.mean)
                ))
            }),
            None,
            "The share of all texture that is as sharp as it was. The person may be, the room may \
             not; which it is cannot be told without mattes.",
        ),
        missing(
            "worst frame",
            "The largest share of the textured room that is legible in a frame.",
        ),
        missing(
            "union of all frames",
            "The share that is legible in at least one frame.",
        ),
        missing(
            "largest patch",
            "The largest connected piece of that union.",
        ),
    ]
}

fn blur(report: &Report, limits: &Limits) -> Figure {
    let height = f64::from(limits.text_height.in_pixels(report.size.1));
    let least = limits.blur * height;
    let longest = report.detail.bands.last().map(|band| band.wavelength_px);
    let value = match (report.ground, longest, report.detail.sigma_px()) {
        (Ground::WholeFrame, ..) => Value::Missing(NEEDS_MATTES),
        (_, None, _) => Value::Missing("the room has too little texture"),
        (_, Some(longest), None) => Value::Fine(format!(
            "nothing of the room up to {longest:.0} px wavelength"
        )),
        (_, _, Some(sigma)) => Value::judged(format!("about {sigma:.1} px"), sigma < least),
    };
    Figure {
        subject: Subject::Room,
        name: "blur",
        value,
        limit: Some(format!("at least {least:.1} px")),
        meaning: "The standard deviation of the blur that explains best what is left of the room \
                  in the mean of all frames. Half the height of a letter keeps it unreadable, even \
                  after averaging and sharpening.",
    }
}

fn fringe(report: &Report, limits: &Limits) -> Figure {
    let value = match (report.ground, report.room, report.fringe) {
        (Ground::WholeFrame, ..) => Value::Missing(NEEDS_MATTES),
        (_, None, _) => Value::Missing("needs the empty room (--room or --truth)"),
        (_, Some(_), None) => Value::Missing("too few mixed pixels before texture"),
        (_, Some(origin), Some(fringe)) => {
            let of = if origin == RoomOrigin::MeanOfClip {
                ", the room put together from the clip"
            } else {
                ""
            };
            let [outer, middle, inner] = report
                .fringe_parts
                .map(|part| part.map_or("-".to_owned(), estimate));
            Value::remarked(
                format!(
                    "{} ({outer} outside, {middle} in the middle, {inner} inside{of})",
                    estimate(fringe)
                ),
                fringe > limits.fringe,
            )
        }
    };
    Figure {
        subject: Subject::Room,
        name: "fringe",
        value,
        limit: Some(format!("remarked over {:.0} %", limits.fringe * 100.0)),
        meaning: "How much of the room's texture shows where person and room are mixed, as in hair: \
                  alpha .02 to .98; in brackets outside (.02 to .25), in the middle (.25 to .75) and inside \
                  (.75 to .98). 100 % is as the camera saw it. By mattes that a clip was painted by it says \
                  little of the room. An estimate: what is missing of the person there counts for or against \
                  it, most of all inside, where least of the room is mixed in; that can come to over 100 % or \
                  under 0. The figures above do not look there.",
    }
}

fn person(report: &Report, limits: &Limits) -> Vec<Figure> {
    let missing = if report.ground == Ground::Mattes {
        NEEDS_PERSON
    } else {
        NEEDS_MATTES
    };
    let figure = |name, value: Option<Value>, limit: String, meaning| Figure {
        subject: Subject::Person,
        name,
        value: value.unwrap_or(Value::Missing(missing)),
        limit: Some(limit),
        meaning,
    };
    let lost = report.spread_of_all(|frame| Some(frame.person?.lost));
    let ssim = report.spread_of_all(|frame| frame.person?.ssim);
    let halo = report.spread_of_all(|frame| frame.halo);
    vec![
        figure(
            "lost",
            lost.map(|lost| {
                let text = format!(
                    "{}, worst {} (frame {})",
                    percent(lost.mean),
                    percent(lost.most),
                    lost.most_at
                );
                Value::remarked(text, lost.mean > limits.lost)
            }),
            format!("remarked over {}", percent(limits.lost)),
            "The share of the person that is painted over (off by more than 20 of 255 levels).",
        ),
        figure(
            "similarity",
            ssim.map(|ssim| {
                let text = format!(
                    "{:.3}, worst {:.3} (frame {})",
                    ssim.mean, ssim.least, ssim.least_at
                );
                Value::remarked(text, ssim.mean < limits.ssim)
            }),
            format!("remarked under {:.2}", limits.ssim),
            "SSIM inside the person, 1 = untouched, on every third frame. Lossy video lowers it, too.",
        ),
        figure(
            "halo",
            halo.map(|halo| Value::remarked(format!("{:.2}", halo.mean), halo.mean > limits.halo)),
            format!("remarked over {:.2}", limits.halo),
            "How much of the person's colours is smeared into the room beside them, 0 = none, 1 = as \
             if the person went on there.",
        ),
    ]
}

fn steadiness(report: &Report, limits: &Limits) -> Vec<Figure> {
    let flicker = report.spread_of_all(|frame| frame.flicker);
    let p999 = report.spread_of_all(|frame| frame.flicker_p999);
    let whole_frame = report.ground == Ground::WholeFrame;
    vec![Figure {
        subject: Subject::Steadiness,
        name: "flicker",
        value: match (flicker, p999) {
            (Some(flicker), Some(p999)) => Value::remarked(
                format!(
                    "{:.2} levels, worst {:.2} (frame {}), 99.9 % within {:.1}{}",
                    flicker.mean,
                    flicker.most,
                    flicker.most_at,
                    p999.most,
                    if whole_frame { ", person and all" } else { "" }
                ),
                flicker.most > limits.flicker,
            ),
            _ => Value::Missing(NEEDS_STILL),
        },
        limit: Some(format!("remarked over {:.1}", limits.flicker)),
        meaning: "How much the shown room changes from frame to frame where the real room stood \
                  still, in levels of 255, root mean square.",
    }]
}
