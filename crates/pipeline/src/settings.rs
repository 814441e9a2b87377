use std::num::NonZeroU8;
use std::time::Duration;

use frosted_core::{Background, TextHeight};

use crate::policy::Rules;
use crate::subject::Choice;

/// What a pipeline shows and when. Every combination is safe; none shows the room.
///
/// ```
/// use frosted_pipeline::Settings;
/// use frosted_core::{Background, TextHeight};
///
/// let settings = Settings {
///     background: Background::Frost(TextHeight::Pixels(64)),
///     ..Settings::default()
/// };
/// assert_eq!(settings.warm_up_frames, 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is shown instead of the room. Default: [`Background::Blur`].
    pub background: Background,
    /// Who stays sharp. Default: [`Subjects::One`].
    pub subjects: Subjects,
    /// Who can become a subject. Default: [`Newcomers::MustMove`].
    pub newcomers: Newcomers,
    /// Frames with a good mask in a row before the person is shown, after a start and after
    /// every fault; until then the card is. 0 means the same as 1. Default: 3. A still
    /// picture needs no more than 1.
    pub warm_up_frames: u32,
    /// A frame whose mask takes longer than this is covered whole. `None` waits for ever,
    /// which suits files. Default: 200 ms.
    pub deadline: Option<Duration>,
    /// After a longer gap than this between the time stamps of two frames the stream counts
    /// as started anew: a camera that comes back may show another room. `None` for frames
    /// that are far apart by nature, as in time-lapse files. Default: 2 s.
    pub resume_gap: Option<Duration>,
    /// What the privacy card says in large letters. Latin, Greek and Cyrillic.
    pub card_title: String,
    /// Whether the card says in smaller letters, in English, why it is there.
    pub card_reason: CardReason,
}

/// Who stays sharp; everybody else is concealed with the room.
///
/// There is no identity: a subject is whoever was there first and could be followed since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subjects {
    /// One person. Somebody else becomes the subject only after the place was empty.
    #[default]
    One,
    /// So many people at most. With more than one, a newcomer becomes a subject as soon as
    /// a face is found.
    UpTo(NonZeroU8),
    /// Everybody who moves.
    All,
}

/// Who can become a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Newcomers {
    /// Whoever has moved within the last second: no photograph, poster or screen that stands
    /// still is taken for a person. Somebody who keeps quite still is covered until then.
    #[default]
    MustMove,
    /// Whoever looks like a person, for stills and for frames far apart.
    AtOnce,
}

/// Whether the privacy card says why it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CardReason {
    /// A line below the title says why.
    #[default]
    Shown,
    /// The title stands alone.
    Hidden,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            background: Background::default(),
            subjects: Subjects::default(),
            newcomers: Newcomers::default(),
            warm_up_frames: 3,
            deadline: Some(Duration::from_millis(200)),
            resume_gap: Some(Duration::from_secs(2)),
            card_title: "Camera covered for privacy".to_owned(),
            card_reason: CardReason::default(),
        }
    }
}

impl Settings {
    /// Those for a single picture: there is nothing to warm up with, nobody can have moved,
    /// and it takes as long as it takes.
    ///
    /// ```
    /// use frosted_pipeline::{Newcomers, Settings};
    /// assert_eq!(Settings::for_stills().newcomers, Newcomers::AtOnce);
    /// ```
    pub fn for_stills() -> Self {
        Self {
            warm_up_frames: 1,
            newcomers: Newcomers::AtOnce,
            deadline: None,
            ..Self::default()
        }
    }

    pub(crate) fn rules(&self) -> Rules {
        Rules {
            warm_up_frames: self.warm_up_frames,
            resume_gap: self.resume_gap,
        }
    }

    pub(crate) fn choice(&self) -> Choice {
        Choice {
            subjects: self.subjects,
            newcomers: self.newcomers,
        }
    }

    /// The text height that the background protects; the default one where it shows nothing
    /// of the room.
    pub(crate) fn text_height(&self) -> TextHeight {
        match self.background {
            Background::Blur(text) | Background::Frost(text) => text,
            _ => TextHeight::default(),
        }
    }
}
