use std::fmt;

use frosted_core::TextHeight;

use crate::report::{Ground, Report};

/// What a clip is judged by. Shares are of the textured room, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// A frame with more legible than this was not protected.
    pub raw_frame: f64,
    /// The most that may be legible in any one frame.
    pub frame: f64,
    /// The most that may be legible at least once in the clip.
    pub union: f64,
    /// The largest connected patch that may be legible over the clip, pixels at 720 lines.
    pub patch_px: f64,
    /// The tallest capital letters that must stay unreadable.
    pub text_height: TextHeight,
    /// What shows of the room must be blurred by this many text heights at least (standard
    /// deviation): at half of one letters could not be read, not even from the mean of 300
    /// frames after deconvolution.
    pub blur: f64,
    /// Without mattes: a frame with more of it legible, person and all, was not protected.
    pub raw_whole_frame: f64,
    /// Remarked upon: the least similarity inside the person.
    pub ssim: f64,
    /// Remarked upon: the most of the person that may be lost, mean.
    pub lost: f64,
    /// Remarked upon: the most halo.
    pub halo: f64,
    /// Remarked upon: the most flicker in any frame.
    pub flicker: f64,
    /// Remarked upon: the most of the room's texture in mixed pixels.
    pub fringe: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            raw_frame: 0.10,
            frame: 0.005,
            union: 0.003,
            patch_px: 400.0,
            text_height: TextHeight::default(),
            blur: 0.5,
            raw_whole_frame: 0.9,
            ssim: 0.95,
            lost: 0.01,
            halo: 0.25,
            flicker: 3.0,
            fringe: 0.35,
        }
    }
}

/// What the figures of a clip mean under some [`Limits`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// The one word.
    pub outcome: Outcome,
    /// Why it failed, or why nothing can be said.
    pub reasons: Vec<String>,
    /// What does not count against the privacy of the room, but should be known.
    pub remarks: Vec<String>,
}

/// One word about a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// No limit was passed.
    Pass,
    /// The room can be seen.
    Fail,
    /// It cannot be told.
    NoVerdict,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::NoVerdict => "NO VERDICT",
        })
    }
}

impl Report {
    /// Judges the clip.
    pub fn verdict(&self, limits: &Limits) -> Verdict {
        let mut reasons = match self.ground {
            Ground::Mattes => self.leaks(limits),
            Ground::WholeFrame => self.raw_without_mattes(limits),
        };
        let mut outcome = if reasons.is_empty() {
            Outcome::Pass
        } else {
            Outcome::Fail
        };
        if outcome == Outcome::Pass {
            let unknown = self.unknown();
            if !unknown.is_empty() {
                outcome = Outcome::NoVerdict;
                reasons = unknown;
            }
        }
        Verdict {
            outcome,
            reasons,
            remarks: self.remarks(limits),
        }
    }

    fn unknown(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        if self.ground == Ground::WholeFrame {
            unknown.push(
                "without true mattes nothing tells the room from the person: give --mask or --truth"
                    .to_owned(),
            );
        } else if self.ever_textured_px == 0 {
            unknown.push("the room has no texture that could be recognised".to_owned());
        }
        unknown
    }

    fn leaks(&self, limits: &Limits) -> Vec<String> {
        let mut leaks = Vec::new();
        let raw = self.frames_above(limits.raw_frame);
        if let Some(first) = raw.first() {
            leaks.push(format!(
                "{} of {} frames show more than {} of the textured room, the first is frame {first}",
                raw.len(),
                self.frames.len(),
                percent(limits.raw_frame)
            ));
        }
        if let Some(worst) = self.spread_of_all(|frame| Some(frame.legible()))
            && worst.most > limits.frame
        {
            leaks.push(format!(
                "frame {} shows {} of the textured room, {} may be",
                worst.most_at,
                percent(worst.most),
                percent(limits.frame)
            ));
        }
        if self.union_share() > limits.union {
            leaks.push(format!(
                "{} of the textured room shows in at least one frame, {} may be",
                percent(self.union_share()),
                percent(limits.union)
            ));
        }
        if self.largest_patch_px_at_720() > limits.patch_px {
            leaks.push(format!(
                "a patch of {:.0} px (at 720 lines) of the room shows, {:.0} may be",
                self.largest_patch_px_at_720(),
                limits.patch_px
            ));
        }
        leaks.extend(self.weak_blur(limits));
        leaks
    }

    fn weak_blur(&self, limits: &Limits) -> Option<String> {
        let sigma = self.detail.sigma_px()?;
        let height = f64::from(limits.text_height.in_pixels(self.size.1));
        (sigma < limits.blur * height).then(|| {
            format!(
                "the room is blurred by {sigma:.1} px (standard deviation), letters of {height:.0} px need {:.1}",
                limits.blur * height
            )
        })
    }

    fn raw_without_mattes(&self, limits: &Limits) -> Vec<String> {
        let raw = self.frames_above(limits.raw_whole_frame);
        raw.first()
            .map(|first| {
                format!(
                    "{} of {} frames are as good as unprotected, the first is frame {first}",
                    raw.len(),
                    self.frames.len()
                )
            })
            .into_iter()
            .collect()
    }

    fn remarks(&self, limits: &Limits) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(ssim) = self.spread_of_all(|frame| frame.person?.ssim)
            && ssim.mean < limits.ssim
        {
            remarks.push(format!(
                "the person is altered: similarity {:.3}, under {:.2}",
                ssim.mean, limits.ssim
            ));
        }
        if let Some(lost) = self.spread_of_all(|frame| Some(frame.person?.lost))
            && lost.mean > limits.lost
        {
            remarks.push(format!(
                "{} of the person is lost, over {}",
                percent(lost.mean),
                percent(limits.lost)
            ));
        }
        if let Some(halo) = self.spread_of_all(|frame| frame.halo)
            && halo.mean > limits.halo
        {
            remarks.push(format!("halo {:.2}, over {:.2}", halo.mean, limits.halo));
        }
        if let Some(flicker) = self.spread_of_all(|frame| frame.flicker)
            && flicker.most > limits.flicker
        {
            remarks.push(format!(
                "flicker of {:.1} levels at frame {}, over {:.1}",
                flicker.most, flicker.most_at, limits.flicker
            ));
        }
        if let Some(fringe) = self.fringe
            && fringe > limits.fringe
        {
            // More than everything is an error of the estimate, whose size means nothing.
            let share = if fringe > 1.0 {
                "over 100 %".to_owned()
            } else {
                percent(fringe)
            };
            // What is painted by a matte keeps its alpha of a mixed pixel. And where that matte ends
            // before the person does, "mixed" pixels have no room in them: r = p - o + (1-α)B is
            // (1-α)(B + what stands for the room - F) then, a gain of 1 whatever shows.
            let by_itself = match self.cut {
                Some(cut) if cut.is_along_the_mattes() => {
                    "; the clip is cut out along these mattes, and by those the fringe says little of the room"
                }
                _ => "",
            };
            remarks.push(format!(
                "{share} of the room's texture shows in the fringe, over {}{by_itself}",
                percent(limits.fringe)
            ));
        }
        remarks
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}
