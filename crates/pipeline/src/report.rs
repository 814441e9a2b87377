use std::fmt;
use std::time::Duration;

use frosted_core::Timestamp;

/// What became of one frame.
///
/// It carries nothing of the picture but how much of it the person fills.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
#[non_exhaustive]
pub struct FrameReport {
    /// What the output shows.
    pub shown: Shown,
    /// When the frame was captured, or for [`idle`](crate::Pipeline::idle) the time asked for.
    pub at: Timestamp,
    /// How long each stage took.
    pub times: StageTimes,
    /// Share of the frame that is surely the subject's: 0 = none of it, 1 = all of it. 0 if
    /// there was no mask.
    pub person_share: f32,
    /// Bits that the backdrop of this frame tells about the room; 0 for backgrounds that
    /// show nothing of it. With [`Frost`](frosted_core::Background::Frost) that is all it
    /// ever tells per plate; a [`Blur`](frosted_core::Background::Blur) follows the camera
    /// and tells more with every change.
    pub plate_bits: u32,
    /// How many times the room was taken anew as a whole since the start.
    pub plates: u32,
    /// Whether the camera has sent the same picture to the bit for 3 s or longer: it hangs,
    /// or somebody plays a still. The frame is shown by its own mask all the same.
    pub frozen: bool,
}

/// What an output frame shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shown {
    /// The person, in front of the background.
    Person,
    /// The background alone: the whole frame is covered.
    AllCovered(Cause),
    /// The last protected frame again, because no new one came yet.
    Held,
    /// The privacy card.
    Card(Cause),
}

/// Why a frame was covered whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The first good masks after a start, a change of format or a fault are awaited.
    Starting,
    /// Nobody is in the picture.
    Nobody,
    /// People are in the picture, but none of them is a subject: nobody has moved yet, or
    /// only others are there.
    NoSubject,
    /// The picture is of one colour: the lens is covered, or the camera sends blank frames.
    Blank,
    /// The network could not tell person and room apart.
    Undecided,
    /// The person's area jumped from one frame to the next.
    AreaJump,
    /// The light jumped from one frame to the next.
    BrightnessStep,
    /// The mask came after the deadline.
    Late,
    /// The network failed or gave something that is no mask.
    Engine,
    /// The compositor failed.
    Compositor,
    /// A fault in the pipeline itself was caught.
    Internal,
    /// A frame was captured before the one that came before it.
    ClockWentBack,
    /// No frame came from the camera.
    Stalled,
    /// Input, output and background do not go together; the call returned an error.
    Misuse,
}

impl Cause {
    /// Every cause, for tables and tests.
    pub const ALL: [Self; 14] = [
        Self::Starting,
        Self::Nobody,
        Self::NoSubject,
        Self::Blank,
        Self::Undecided,
        Self::AreaJump,
        Self::BrightnessStep,
        Self::Late,
        Self::Engine,
        Self::Compositor,
        Self::Internal,
        Self::ClockWentBack,
        Self::Stalled,
        Self::Misuse,
    ];

    /// What the card says, for whoever sits in front of the camera.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Starting | Self::ClockWentBack => "Starting: the picture comes in a moment",
            Self::Nobody => "Nobody is in the picture",
            Self::NoSubject => "Move a little to be seen",
            Self::Blank => "The camera sees nothing: is its lens covered?",
            Self::Undecided => "Person and room cannot be told apart",
            Self::AreaJump | Self::BrightnessStep => "The picture changed suddenly",
            Self::Late => "This computer is too busy to protect the picture",
            Self::Engine | Self::Compositor | Self::Internal => {
                "The protection failed and starts again"
            }
            Self::Stalled => "No picture comes from the camera",
            Self::Misuse => "The application asked for a picture that cannot be made",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Nobody => "nobody",
            Self::NoSubject => "no subject",
            Self::Blank => "blank picture",
            Self::Undecided => "undecided mask",
            Self::AreaJump => "area jump",
            Self::BrightnessStep => "brightness step",
            Self::Late => "deadline missed",
            Self::Engine => "engine failed",
            Self::Compositor => "compositor failed",
            Self::Internal => "internal fault",
            Self::ClockWentBack => "clock went back",
            Self::Stalled => "stalled",
            Self::Misuse => "misuse",
        })
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => f.write_str("person"),
            Self::Held => f.write_str("held"),
            Self::AllCovered(cause) => write!(f, "all covered ({cause})"),
            Self::Card(cause) => write!(f, "card ({cause})"),
        }
    }
}

/// How long the stages of one frame took, by the pipeline's clock; zero for a stage that
/// did not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageTimes {
    /// Reading the frame.
    pub reduce: Duration,
    /// Finding the person.
    pub segment: Duration,
    /// Subject, matte, backdrop and the decision what to show.
    pub decide: Duration,
    /// Writing the output.
    pub paint: Duration,
    /// From call to return, repacking and the kept copy included.
    pub total: Duration,
}
