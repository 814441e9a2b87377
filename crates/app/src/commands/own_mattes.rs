//! Whether mattes that are given as true ones are the program's own: by those it would be
//! judged by its own opinion, and pass whatever it shows.

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
    Marked { marked: u64, of: u64 },
    /// The protected clip is cut out along their very edge.
    OfTheClip(CutFigures),
    /// They are what the program paints of this clip, or what its network says.
    AsPainted { iou: f64 },
}

impl OwnMattes {
    /// By the mark, else by how PROTECTED is cut out.
    pub(super) fn of_audit(marked: u64, of: u64, cut: Option<CutFigures>) -> Option<Self> {
        Self::by_mark(marked, of).or_else(|| {
            cut.filter(CutFigures::is_along_the_mattes)
                .map(Self::OfTheClip)
        })
    }

    /// By the mark, else by what the program's own mattes come to against them.
    pub(super) fn of_quality<'f>(
        marked: u64,
        of: u64,
        own: impl Iterator<Item = &'f MatteFigures>,
    ) -> Option<Self> {
        /// Two people who draw the same outline agree to about .98, and no network has come
        /// nearer than that to any true mattes; two engines of one network agree to .9999.
        const SAME_IOU: f64 = 0.998;
        let most = own.filter_map(|figures| figures.iou).reduce(f64::max);
        Self::by_mark(marked, of).or_else(|| {
            most.filter(|iou| *iou >= SAME_IOU)
                .map(|iou| Self::AsPainted { iou })
        })
    }

    fn by_mark(marked: u64, of: u64) -> Option<Self> {
        (marked > 0).then_some(Self::Marked { marked, of })
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
            Self::Marked { marked, of } => write!(
                f,
                "{marked} of {of} mattes were written by frosted matte, so the program is judged by its own \
                 opinion: what it took for the person by mistake is not looked at. Give mattes of another making"
            ),
            Self::OfTheClip(cut) => write!(
                f,
                "PROTECTED is cut out along the very edge of these mattes ({:.1} % of it is off; by mattes of \
                 another making that was 10 % and more). If it was painted by them it is judged by its own \
                 opinion: what was taken for the person by mistake is not looked at. Give mattes of another making",
                cut.lost * 100.0
            ),
            Self::AsPainted { iou } => write!(
                f,
                "these mattes are the program's own (IoU {iou:.4}), so it is compared with itself and the figures \
                 say nothing. Give mattes of another making"
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
