use crate::auditor::FrameFigures;
use crate::cut::CutFigures;
use crate::detail::Detail;
use crate::room::RoomOrigin;

/// On which pixels the room was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ground {
    /// On those that true mattes call room.
    Mattes,
    /// On all pixels, because nothing says where the person is: the person, who may be
    /// shown, counts as legible.
    WholeFrame,
}

/// What was measured of a clip.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// Where the room was looked for.
    pub ground: Ground,
    /// What the fringe was compared with; none if there was no empty room.
    pub room: Option<RoomOrigin>,
    /// A figure for each frame.
    pub frames: Vec<FrameFigures>,
    /// Pixels that were legible in at least one frame.
    pub union_px: u64,
    /// Pixels that had texture in at least one frame.
    pub ever_textured_px: u64,
    /// Pixels of the largest connected patch of the union, in the clip's own pixels.
    pub largest_patch_px: u64,
    /// The union as a map, a byte a pixel: 1 = legible in at least one frame.
    pub union: Vec<u8>,
    /// What is left of the room's detail in the mean of all frames.
    pub detail: Detail,
    /// Share of the room's texture that shows where person and room are mixed, whole clip. An
    /// estimate: over few tiles its error can take it over 1 or under 0, its parts sooner.
    pub fringe: Option<f64>,
    /// The same where alpha is .02 to .25, .25 to .75 and .75 to .98.
    pub fringe_parts: [Option<f64>; 3],
    /// Whether it was cut out along the edge of the mattes given; none without mattes or where
    /// there is too little of an edge.
    pub cut: Option<CutFigures>,
}

impl std::fmt::Debug for Report {
    /// Shows no pixel.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report")
            .field("size", &self.size)
            .field("ground", &self.ground)
            .field("frames", &self.frames.len())
            .finish_non_exhaustive()
    }
}

/// Mean and extremes of a figure over the frames that have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Smallest.
    pub least: f64,
    /// Largest.
    pub most: f64,
    /// The frame of the largest.
    pub most_at: usize,
    /// The frame of the smallest.
    pub least_at: usize,
}

impl Spread {
    /// None if no frame has the figure.
    fn of(figures: impl Iterator<Item = (usize, f64)>) -> Option<Self> {
        let (mut spread, mut sum, mut count): (Option<Self>, f64, f64) = (None, 0.0, 0.0);
        for (at, figure) in figures {
            sum += figure;
            count += 1.0;
            let spread = spread.get_or_insert(Self {
                mean: figure,
                least: figure,
                most: figure,
                most_at: at,
                least_at: at,
            });
            if figure > spread.most {
                (spread.most, spread.most_at) = (figure, at);
            }
            if figure < spread.least {
                (spread.least, spread.least_at) = (figure, at);
            }
            spread.mean = sum / count;
        }
        spread
    }
}

impl Report {
    /// The figure that `of` takes from each of these frames.
    pub fn spread(
        &self,
        frames: std::ops::Range<usize>,
        of: impl Fn(&FrameFigures) -> Option<f64>,
    ) -> Option<Spread> {
        let to = frames.end.min(self.frames.len());
        let from = frames.start.min(to);
        let figures = self.frames[from..to].iter().enumerate();
        Spread::of(figures.filter_map(|(at, frame)| Some((from + at, of(frame)?))))
    }

    /// The figure that `of` takes from each frame.
    pub fn spread_of_all(&self, of: impl Fn(&FrameFigures) -> Option<f64>) -> Option<Spread> {
        self.spread(0..self.frames.len(), of)
    }

    /// Share of the textured pixels that were legible in at least one frame, 0 to 1.
    pub fn union_share(&self) -> f64 {
        self.union_px as f64 / self.ever_textured_px.max(1) as f64
    }

    /// The largest patch in pixels of a frame of 720 lines.
    pub fn largest_patch_px_at_720(&self) -> f64 {
        let scale = self.size.1 as f64 / 720.0;
        self.largest_patch_px as f64 / (scale * scale)
    }

    /// Frames with more than this share of the textured pixels legible.
    pub fn frames_above(&self, share: f64) -> Vec<usize> {
        let frames = self.frames.iter().enumerate();
        frames
            .filter(|(_, frame)| frame.legible() > share)
            .map(|(at, _)| at)
            .collect()
    }
}
