//! Whether mattes that are given as true ones are the program's own: by those a clip is judged
//! by frosted's opinion of where the person is, and one of frosted passes whatever it shows.

use std::fmt;

use frosted_eval::{CutFigures, MatteFigures};
use serde_json::{Value, json};

/// The PNG text that says which program wrote a matte.
pub(super) const KEYWORD: &str = "Software";

/// What `frosted matte` writes there.
pub(super) fn mark() -> String {
    format!("frosted {} matte", env!("CARGO_PKG_VERSION"))
}

/// Whether `frosted matte` of any version wrote a matte with this text.
pub(super) fn is_mark(text: &str) -> bool {
    text.starts_with("frosted ") && text.ends_with(" matte")
}

/// Why mattes are taken for the program's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OwnMattes {
    /// So many of so many carry the mark of `frosted matte`.
    Marked {
        marked: u64,
        of: u64,
        judged: Judged,
    },
    /// The protected clip is cut out along their very edge.
    OfTheClip(CutFigures),
    /// They are what the program paints of this clip, or what its network says.
    AsPainted { iou: f64 },
}

/// What the mattes were given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// A protected clip, of whatever program.
    Clip,
    /// Mattes, frosted's own and maybe others'.
    Mattes,
}

impl OwnMattes {
    /// By the mark on all, else by how PROTECTED is cut out, else by the mark on some.
    pub(super) fn of_audit(marked: u64, of: u64, cut: Option<CutFigures>) -> Option<Self> {
        let by_cut = cut
            .filter(CutFigures::is_along_the_mattes)
            .map(Self::OfTheClip);
        Self::of_all_or_some(Self::by_mark(marked, of, Judged::Clip), by_cut)
    }

    /// By the mark on all, else by what the program's own mattes come to against them, else by
    /// the mark on some.
    pub(super) fn of_quality<'f>(
        marked: u64,
        of: u64,
        own: impl Iterator<Item = &'f MatteFigures>,
    ) -> Option<Self> {
        /// Two people who draw the same outline agree to about .98, and no network has come
        /// nearer than that to any true mattes; two engines of one network agree to .9999.
        const SAME_IOU: f64 = 0.998;
        let most = own.filter_map(|figures| figures.iou).reduce(f64::max);
        let by_figures = most
            .filter(|iou| *iou >= SAME_IOU)
            .map(|iou| Self::AsPainted { iou });
        Self::of_all_or_some(Self::by_mark(marked, of, Judged::Mattes), by_figures)
    }

    fn by_mark(marked: u64, of: u64, judged: Judged) -> Option<Self> {
        (marked > 0).then_some(Self::Marked { marked, of, judged })
    }

    /// A mark on some mattes says less than pixels, which speak of all of them.
    fn of_all_or_some(by_mark: Option<Self>, by_pixels: Option<Self>) -> Option<Self> {
        match by_mark {
            Some(Self::Marked { marked, of, .. }) if marked < of => by_pixels.or(by_mark),
            _ => by_mark.or(by_pixels),
        }
    }

    /// By what the clip is judged, to follow the word of the verdict.
    pub(super) fn by(&self) -> &'static str {
        match self {
            Self::Marked { marked, of, .. } if marked < of => "in part by frosted's own mattes",
            Self::Marked { .. } | Self::AsPainted { .. } => "by frosted's own mattes",
            Self::OfTheClip(_) => "by mattes that it was most likely painted by",
        }
    }

    pub(super) fn to_json(self) -> Value {
        let why = match self {
            Self::Marked { .. } => "marked",
            Self::OfTheClip(_) => "fit the protected clip",
            Self::AsPainted { .. } => "as painted",
        };
        json!({"why": why, "warning": self.to_string()})
    }
}

impl fmt::Display for OwnMattes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marked { marked, of, judged } => {
                let were = if *marked == 1 { "was" } else { "were" };
                let what = match (judged, marked) {
                    (Judged::Clip, _) if marked == of => "the clip is",
                    (Judged::Clip, 1) => "that frame is",
                    (Judged::Clip, _) => "those frames are",
                    (Judged::Mattes, _) if marked == of => "every row is",
                    (Judged::Mattes, 1) => "in that frame every row is",
                    (Judged::Mattes, _) => "in those frames every row is",
                };
                let how = match judged {
                    Judged::Clip => {
                        "judged by frosted's opinion of where the person is, and if frosted painted the clip, by its \
                         own: what was taken for the person by mistake is not looked at"
                    }
                    Judged::Mattes => {
                        "held against frosted's opinion of where the person is, frosted's own against itself"
                    }
                };
                write!(
                    f,
                    "{marked} of {of} mattes {were} written by `frosted matte`, so {what} {how}. Give mattes of \
                     another making"
                )
            }
            Self::OfTheClip(cut) => write!(
                f,
                "PROTECTED is cut out along the very edge of these mattes ({:.1} % of it is off; by mattes of \
                 another making that was 10 % and more). If it was painted by them it is judged by its own \
                 opinion: what was taken for the person by mistake is not looked at. Give mattes of another making",
                cut.lost * 100.0
            ),
            Self::AsPainted { iou } => write!(
                f,
                "these mattes are the program's own (IoU {iou:.4}), so frosted is held against itself, and any other \
                 program against frosted. Give mattes of another making"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_known_again_whatever_the_version() {
        for own in [
            mark().as_str(),
            "frosted 0.0.1 matte",
            "frosted 12.3.4-rc.1 matte",
        ] {
            assert!(is_mark(own), "{own}");
        }
        for other in [
            "",
            "frosted",
            "MediaPipe 0.10 matte",
            "frosted 0.1.0",
            "a matte",
        ] {
            assert!(!is_mark(other), "{other}");
        }
    }

    #[test]
    fn what_is_true_of_all_mattes_is_said_before_what_is_of_some() {
        let along = Some(CutFigures {
            lost: 0.0,
            kept: 0.0,
        });
        let beside = Some(CutFigures {
            lost: 0.2,
            kept: 0.0,
        });
        let by = |marked, cut| OwnMattes::of_audit(marked, 9, cut).map(|own| own.by());
        assert_eq!(by(9, along), Some("by frosted's own mattes"));
        assert_eq!(
            by(1, along),
            Some("by mattes that it was most likely painted by")
        );
        assert_eq!(by(1, beside), Some("in part by frosted's own mattes"));
        assert_eq!(by(0, beside), None);

        let mut same = MatteFigures::default();
        same.iou = Some(1.0);
        assert_eq!(
            OwnMattes::of_quality(1, 9, [same].iter()),
            Some(OwnMattes::AsPainted { iou: 1.0 })
        );
    }

    #[test]
    fn figures_near_one_are_the_programs_own() {
        let figures = |iou| {
            let mut figures = MatteFigures::default();
            figures.iou = iou;
            figures
        };
        let own = |iou| OwnMattes::of_quality(0, 9, [figures(Some(0.9)), figures(iou)].iter());
        assert_eq!(own(None), None);
        assert_eq!(own(Some(0.98)), None);
        assert_eq!(
            own(Some(0.9999)),
            Some(OwnMattes::AsPainted { iou: 0.9999 })
        );
    }
}
