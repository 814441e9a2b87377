use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use frosted::{Background, Rgb, TextHeight};

use super::choices::SubjectRule;
use super::height;
use super::table::Entries;
use super::wishes::SUBJECTS;
use crate::cli::BackgroundChoice;

mod look;
mod network;

use network::{NETWORK, NetworkRule};

const BACKGROUND: &str = "minimum-background";
const TEXT_HEIGHT: &str = "minimum-text-height";
const SUBJECT: &str = "subject";
pub(super) const POLICY_KEYS: [&str; 4] = [BACKGROUND, TEXT_HEIGHT, SUBJECT, NETWORK];

/// The colour that stands in where a floor allows nothing of the room: a dark grey-blue.
const PLAIN: Rgb = Rgb::new(46, 82, 102);

/// How much a background lets out of the room, the weakest first.
///
/// The order is that of what a patient watcher gets, at one and the same text height:
///
/// - blur: cells of twice the text height, each of which follows the room when it changes,
///   so that a long stream gives many readings;
/// - frost: cells of four times the text height, which change rarely and all together, and
///   whose bits are counted;
/// - cover: nothing. A colour, a picture and transparent black do not depend on the room.
///   What another program puts under transparent pixels is that program's own.
///
/// The text height is a rule of its own: no height makes a blur as strong as frost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// The room in cells that follow it.
    Blur,
    /// The room in larger cells that are held still.
    Frost,
    /// Nothing of the room.
    Cover,
}

impl Strength {
    /// That of a background.
    pub(crate) fn of(choice: &BackgroundChoice) -> Self {
        match choice {
            BackgroundChoice::Blur => Self::Blur,
            BackgroundChoice::Frost => Self::Frost,
            BackgroundChoice::Colour(_) | BackgroundChoice::Image(_) | BackgroundChoice::Alpha => {
                Self::Cover
            }
        }
    }

    /// The background that a weaker one is raised to: the weakest of this strength.
    fn background(self) -> BackgroundChoice {
        match self {
            Self::Blur => BackgroundChoice::Blur,
            Self::Frost => BackgroundChoice::Frost,
            Self::Cover => BackgroundChoice::Colour(PLAIN),
        }
    }

    /// What something weaker is raised to.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Blur => "blur",
            Self::Frost => "frost",
            Self::Cover => "a plain colour",
        }
    }

    /// What to choose where this is asked for.
    fn remedy(self) -> &'static str {
        match self {
            Self::Blur => "choose blur, frost, a colour or an image",
            Self::Frost => "choose frost, a colour or an image",
            Self::Cover => "choose a colour or an image",
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blur => "blur",
            Self::Frost => "frost",
            Self::Cover => "cover",
        })
    }
}

impl FromStr for Strength {
    type Err = String;

    /// Reads `blur`, `frost` or `cover`.
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Blur, Self::Frost, Self::Cover]
            .into_iter()
            .find(|strength| strength.to_string() == text)
            .ok_or_else(|| {
                format!("{BACKGROUND} \"{text}\" is unknown, choose blur, frost or cover (a colour or an image)")
            })
    }
}

/// How a text height stands to that of a floor, over all frames that there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// As high or higher in every frame.
    AtLeast,
    /// Lower, or the frames in which it is not are of no use.
    Weaker,
    /// It depends on the frame: one is in pixels and the other a share.
    ByFrame,
}

impl Standing {
    fn of(wish: TextHeight, least: TextHeight) -> Self {
        // What TextHeight holds every height to.
        const LEAST_SHARE: f32 = 1.0 / 34.0;
        const MOST_SHARE: f32 = 0.5;
        let at_least = match (wish, least) {
            // Written so that what is no number is weaker.
            (TextHeight::OfFrame(wish), TextHeight::OfFrame(least)) => wish >= least,
            (TextHeight::Pixels(wish), TextHeight::Pixels(least)) => wish >= least,
            (TextHeight::OfFrame(wish), _) if wish >= MOST_SHARE => true,
            (_, TextHeight::OfFrame(least)) if least <= LEAST_SHARE => true,
            _ => return Self::ByFrame,
        };
        if at_least {
            Self::AtLeast
        } else {
            Self::Weaker
        }
    }
}

/// A wish that is below the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    key: &'static str,
    reason: String,
    remedy: String,
}

impl Breach {
    /// The settings' key that the wish was made by.
    pub(super) fn key(&self) -> &'static str {
        self.key
    }

    /// What is said where the wish is not refused but raised.
    pub(super) fn raised_to(&self, what: &str) -> String {
        format!("{}: raised to {what}", self.reason)
    }

    /// What is said where a stream that runs keeps it.
    pub(super) fn kept_until_the_next_start(&self) -> String {
        format!("{}: it stays until the next start", self.reason)
    }
}

impl fmt::Display for Breach {
    /// What is wrong, the rule's place and the remedy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.remedy)
    }
}

/// What an administrator asks for at least, and where that is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Floor {
    background: Option<Rule<Strength>>,
    /// As a share of the frame. Two files may give one of each kind, and only a frame can
    /// tell which is more.
    text_share: Option<Rule<TextHeight>>,
    text_pixels: Option<Rule<TextHeight>>,
    subject: Option<Rule<SubjectRule>>,
    network: Option<Rule<NetworkRule>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule<T> {
    least: T,
    file: Arc<Path>,
}

impl<T> Rule<T> {
    fn new(least: T, file: &Path) -> Self {
        Self {
            least,
            file: file.into(),
        }
    }

    /// "/etc/frosted/policy.toml (minimum-background)".
    fn place(&self, key: &str) -> String {
        format!("{} ({key})", self.file.display())
    }
}

impl Floor {
    /// Reads the text of the administrator's file, which is at `file`.
    ///
    /// # Errors
    /// The line, what is wrong there and what would be right.
    pub(crate) fn from_toml(text: &str, file: &Path) -> Result<Self, String> {
        let entries = Entries::parse(text, &POLICY_KEYS)?;
        let height: Option<TextHeight> = entries.parsed(TEXT_HEIGHT)?;
        let rule = height.map(|height| Rule::new(height, file));
        let (text_pixels, text_share) = match height {
            Some(TextHeight::Pixels(_)) => (rule, None),
            _ => (None, rule),
        };
        Ok(Self {
            background: entries
                .parsed(BACKGROUND)?
                .map(|least| Rule::new(least, file)),
            text_share,
            text_pixels,
            subject: entries
                .scalar(SUBJECT, SUBJECTS, str::parse)?
                .map(|least| Rule::new(least, file)),
            network: entries.parsed(NETWORK)?.map(|least| Rule::new(least, file)),
        })
    }

    /// Both floors at once: the stronger of each rule.
    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            background: stronger(self.background, other.background, |a, b| a >= b),
            text_share: stronger(self.text_share, other.text_share, at_least),
            text_pixels: stronger(self.text_pixels, other.text_pixels, at_least),
            subject: stronger(self.subject, other.subject, |a, b| a >= b),
            network: stronger(self.network, other.network, |a, b| a >= b),
        }
    }

    /// Why a background is too weak.
    pub(crate) fn background_breach(&self, choice: &BackgroundChoice) -> Option<Breach> {
        let rule = self.background.as_ref()?;
        let strength = Strength::of(choice);
        (strength < rule.least).then(|| Breach {
            key: "background",
            reason: format!(
                "background {strength} is weaker than {}, which {} asks for",
                rule.least,
                rule.place(BACKGROUND)
            ),
            remedy: rule.least.remedy().to_owned(),
        })
    }

    /// Why a text height is too low, whatever the frame.
    pub(crate) fn text_breach(&self, wish: TextHeight) -> Option<Breach> {
        let rule = self
            .text_rules()
            .find(|rule| Standing::of(wish, rule.least) == Standing::Weaker)?;
        let least = shown(rule.least);
        Some(Breach {
            key: "text-height",
            reason: format!(
                "text height {} is lower than {least}, which {} asks for",
                shown(wish),
                rule.place(TEXT_HEIGHT)
            ),
            remedy: format!("choose {least} or more"),
        })
    }

    /// Why a text height is too low in frames of this upright height, in pixels.
    pub(crate) fn text_breach_at(
        &self,
        wish: TextHeight,
        frame_height_px: usize,
    ) -> Option<Breach> {
        let wish_px = wish.in_pixels(frame_height_px);
        let (rule, least_px) = self
            .text_rules()
            .map(|rule| (rule, rule.least.in_pixels(frame_height_px)))
            .max_by_key(|(_, least_px)| *least_px)
            .filter(|(_, least_px)| wish_px < *least_px)?;
        let least = shown(rule.least);
        Some(Breach {
            key: "text-height",
            reason: format!(
                "text height {}, {wish_px} of a frame's {frame_height_px} pixels, is lower than {least} ({least_px} pixels), which {} asks for",
                shown(wish),
                rule.place(TEXT_HEIGHT)
            ),
            remedy: format!("choose {least} or more"),
        })
    }

    /// The rules by their keys, for records.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let heights = self.text_rules().map(|rule| shown(rule.least));
        let rules = [
            (
                BACKGROUND,
                self.background.as_ref().map(|rule| rule.least.to_string()),
            ),
            (
                TEXT_HEIGHT,
                Some(heights.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty()),
            ),
            (
                SUBJECT,
                self.subject.as_ref().map(|rule| rule.least.to_string()),
            ),
            (
                NETWORK,
                self.network.as_ref().map(|rule| rule.least.to_string()),
            ),
        ];
        let rules = rules.into_iter();
        rules
            .filter_map(|(key, least)| Some((key.to_owned(), least?.into())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// Settings and this floor under them, for records. A picture is not named.
    pub(crate) fn with_settings(
        &self,
        background: &Background,
        subject: SubjectRule,
        frame_height_px: usize,
    ) -> serde_json::Value {
        let text_height_px = height::used_px(background, frame_height_px);
        let (background, text) = match background {
            Background::Blur(text) => ("blur".to_owned(), Some(shown(*text))),
            Background::Frost(text) => ("frost".to_owned(), Some(shown(*text))),
            Background::Colour(Rgb { r, g, b }) => (format!("color:#{r:02X}{g:02X}{b:02X}"), None),
            Background::Image(_) => ("image".to_owned(), None),
            Background::Transparent => ("alpha".to_owned(), None),
            _ => ("unknown".to_owned(), None),
        };
        serde_json::json!({
            "background": background,
            "text_height": text,
            "text_height_px": text_height_px,
            "subject": subject.to_string(),
            "floor": self.to_json(),
        })
    }

    /// Why a subject rule is too weak.
    pub(crate) fn subject_breach(&self, wish: SubjectRule) -> Option<Breach> {
        let rule = self.subject.as_ref()?;
        (wish < rule.least).then(|| Breach {
            key: "subject",
            reason: format!(
                "subject {wish} is weaker than {}, which {} asks for",
                rule.least,
                rule.place(SUBJECT)
            ),
            remedy: match rule.least {
                SubjectRule::One => "choose one".to_owned(),
                least => format!("choose {least} or fewer people"),
            },
        })
    }

    /// The subject rule itself, or the weakest that is strong enough.
    pub(crate) fn raise_subject(&self, wish: SubjectRule) -> SubjectRule {
        match &self.subject {
            Some(rule) => wish.max(rule.least),
            None => wish,
        }
    }

    /// Holds what is asked for to the floor. The default is the strongest that there is.
    ///
    /// # Errors
    /// It is below the floor.
    pub(crate) fn check_subject(&self, wish: Option<SubjectRule>) -> Result<(), Breach> {
        match wish.and_then(|wish| self.subject_breach(wish)) {
            Some(breach) => Err(breach),
            None => Ok(()),
        }
    }

    /// The background itself, or the weakest that is strong enough.
    pub(crate) fn raise_background(&self, choice: BackgroundChoice) -> BackgroundChoice {
        match &self.background {
            Some(rule) if Strength::of(&choice) < rule.least => rule.least.background(),
            _ => choice,
        }
    }

    /// The text height itself, or one that is high enough as far as that holds for every
    /// frame; [`text_at`](Self::text_at) does the rest.
    pub(crate) fn raise_text(&self, wish: TextHeight) -> TextHeight {
        self.text_rules()
            .fold(wish, |wish, rule| match Standing::of(wish, rule.least) {
                Standing::Weaker => rule.least,
                Standing::AtLeast | Standing::ByFrame => wish,
            })
    }

    /// The highest of the text height and the floor's, in frames of this upright height.
    pub(crate) fn text_at(&self, wish: TextHeight, frame_height_px: usize) -> TextHeight {
        self.text_rules()
            .map(|rule| rule.least)
            .chain([wish])
            .max_by_key(|height| height.in_pixels(frame_height_px))
            .unwrap_or(wish)
    }

    /// A text height that is high enough in every frame: half of it, where pixels and shares
    /// would have to be compared.
    pub(crate) fn text_in_any_frame(&self, wish: TextHeight) -> TextHeight {
        let wish = self.raise_text(wish);
        let safe = self
            .text_rules()
            .all(|rule| Standing::of(wish, rule.least) == Standing::AtLeast);
        if safe { wish } else { TextHeight::OfFrame(0.5) }
    }

    fn text_rules(&self) -> impl Iterator<Item = &Rule<TextHeight>> {
        self.text_share.iter().chain(&self.text_pixels)
    }
}

fn at_least(a: &TextHeight, b: &TextHeight) -> bool {
    Standing::of(*a, *b) == Standing::AtLeast
}

/// The first rule, unless it is weaker than the second.
fn stronger<T>(
    first: Option<Rule<T>>,
    second: Option<Rule<T>>,
    holds: impl Fn(&T, &T) -> bool,
) -> Option<Rule<T>> {
    match (first, second) {
        (Some(first), Some(second)) if !holds(&first.least, &second.least) => Some(second),
        (first, second) => first.or(second),
    }
}

/// A text height as one writes it: 1/17 where that is exact, else a share with decimals.
pub(super) fn shown(height: TextHeight) -> String {
    match height {
        TextHeight::OfFrame(share) if 1.0 / (1.0 / share).round() != share => {
            format!("{share}/1")
        }
        height => height.to_string(),
    }
}

#[cfg(test)]
mod tests;
