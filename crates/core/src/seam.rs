use std::fmt;

use crate::face::Faces;
use crate::frame::Frame;
use crate::mask::Mask;
use crate::plan::ConcealPlan;
use crate::reduced::Reduced;
use crate::spec::FrameSpec;
use crate::view::{FrameView, FrameViewMut};

/// The number of a frame within one pipeline. 0 belongs to no frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FrameId(pub u64);

/// Finds the person in a reduced picture.
pub trait Segmenter: Send {
    /// The size in pixels, in a frame's own orientation, that a frame of `spec` has when
    /// the network looks at it. The reduced picture is at least seven eighths of that
    /// each way if the frame is.
    fn wanted_size(&self, spec: &FrameSpec) -> (usize, usize);

    /// Writes the mask of `picture`, beginning it with [`Mask::begin`].
    ///
    /// # Errors
    /// [`SegmentError`] if the network failed or gave something that is no mask.
    fn segment(&mut self, picture: &Reduced, mask: &mut Mask) -> Result<(), SegmentError>;

    /// Forgets what it knows of earlier frames.
    fn reset(&mut self);

    /// What it is, for reports and logs.
    fn info(&self) -> SegmenterInfo;
}

/// Finds the faces in a reduced picture. What it finds tells who the subject is and
/// uncovers nothing.
pub trait FaceFinder: Send {
    /// Lists the faces of `picture`, beginning the list with [`Faces::begin`]. After an
    /// error the list is as it was or empty: never that of another frame under this one's
    /// number.
    ///
    /// # Errors
    /// [`SegmentError`] if the network failed or gave something that is no list of faces.
    fn find(&mut self, picture: &Reduced, faces: &mut Faces) -> Result<(), SegmentError>;

    /// The same in parts, for a caller that would rather wait for the list than for all of the
    /// work at once: part 0 first, then one after another of the same picture, until the list
    /// is there. Part 0 and [`find`](Self::find) may be asked for at any time: what is left of a
    /// look that was begun is given up then.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    fn find_part(
        &mut self,
        picture: &Reduced,
        part: usize,
        faces: &mut Faces,
    ) -> Result<FacesFound, SegmentError> {
        let _ = part;
        self.find(picture, faces)?;
        Ok(FacesFound::All)
    }

    /// What it is, for reports and logs.
    fn info(&self) -> SegmenterInfo;
}

/// Whether a picture's faces are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FacesFound {
    /// Not before another part was looked at.
    InPart {
        /// How many faces there are in the parts that were looked at.
        faces: usize,
    },
    /// They are.
    All,
}

/// What a segmenter or a finder of faces runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmenterInfo {
    /// The engine with its version, such as "ONNX Runtime 1.31.1".
    pub engine: String,
    /// The model's name, such as "selfie-landscape-256x144".
    pub model: String,
    /// The model file's sha256 in lower-case hex; empty if there is no file.
    pub model_sha256: String,
}

/// Why no mask, or no list of faces, came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentError {
    kind: SegmentErrorKind,
    message: String,
}

/// What sort of failure a [`SegmentError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SegmentErrorKind {
    /// The engine could not run the network.
    Engine,
    /// The output holds a value that is not a finite number.
    NonFinite,
    /// The output has another shape than the model's spec says.
    WrongSize,
    /// The output holds a value that its kind cannot have, such as an alpha of 37.
    OutOfRange,
}

impl SegmentError {
    /// An error of `kind` that says `message`: lower case, no full stop.
    pub fn new(kind: SegmentErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What sort of failure it was.
    pub fn kind(&self) -> SegmentErrorKind {
        self.kind
    }
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SegmentError {}

/// A smooth picture of few nodes, expanded to the whole frame by linear interpolation.
///
/// Node (i, j) stands at frame pixel (i * `step_px`, j * `step_px`); the last column and
/// row lie at or beyond the frame's last pixel.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// Frame pixels from node to node, a power of two.
    pub step_px: usize,
    /// Nodes in a row.
    pub width: usize,
    /// Rows of nodes.
    pub height: usize,
    /// R, G, B or Y, Cb, Cr at each node in 1/256 of an 8-bit level: 0 to 255 * 256.
    pub planes: [Vec<u16>; 3],
}

// What it holds is the room's, however coarse; no log shall.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Field({}x{} every {} px)",
            self.width, self.height, self.step_px
        )
    }
}

/// What is painted where the person is not.
#[derive(Clone, Copy, Debug)]
pub enum Backdrop<'a> {
    /// A smooth field.
    Field(&'a Field),
    /// One colour, in the frame's own samples: R, G, B or Y, Cb, Cr.
    Flat([u8; 3]),
    /// A picture of the frame's own spec (its strides may differ).
    Picture(&'a Frame),
    /// Transparent black. The field holds the person's colours: it stands in for the room
    /// in the colour of pixels that are covered in part.
    Transparent(&'a Field),
}

/// What covers a frame. Deliberately there is no way to say "nothing".
#[derive(Clone, Copy, Debug)]
pub enum Cover<'a> {
    /// The frame shows where `matte` lets it through, `backdrop` elsewhere.
    Background {
        /// The matte before the ramp, on the reduced grid.
        matte: &'a Mask,
        /// What stands for the room.
        backdrop: Backdrop<'a>,
    },
    /// The backdrop alone.
    Everything {
        /// What stands for the whole frame.
        backdrop: Backdrop<'a>,
    },
}

/// Does the pixel work: reads a frame once, writes its protected form once.
pub trait Compositor: Send {
    /// Gets ready for frames of `spec` under `plan`; may allocate.
    ///
    /// # Errors
    /// [`ComposeError`] if it cannot.
    fn configure(&mut self, spec: &FrameSpec, plan: &ConcealPlan) -> Result<(), ComposeError>;

    /// Reduces frame `id` by the plan's square.
    ///
    /// # Errors
    /// [`ComposeErrorKind::WrongSpec`] if `source` is not of the configured spec.
    fn reduce(&mut self, id: FrameId, source: &FrameView<'_>) -> Result<&Reduced, ComposeError>;

    /// Writes frame `id`, covered, to `target`. At no moment does `target` hold a pixel of
    /// `source` that the cover hides.
    ///
    /// # Errors
    /// [`ComposeErrorKind::WrongSpec`] if a frame is not of the configured spec,
    /// [`ComposeErrorKind::StaleMask`] if the matte is not of frame `id`.
    fn paint(
        &mut self,
        id: FrameId,
        source: &FrameView<'_>,
        cover: Cover<'_>,
        target: &mut FrameViewMut<'_>,
    ) -> Result<(), ComposeError>;

    /// What it is, for reports and logs.
    fn info(&self) -> CompositorInfo;
}

/// What does the pixel work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompositorInfo {
    /// What it runs on, such as "CPU, 1 thread" or "GPU AMD Radeon 780M (integrated, vulkan)".
    pub name: String,
    /// Why it is this one and no other: what was measured, or how a GPU failed. Empty if it was
    /// asked for by name and there is.
    pub reason: String,
}

impl CompositorInfo {
    /// One of this name, which was asked for.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            reason: String::new(),
        }
    }
}

impl fmt::Display for CompositorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason.as_str() {
            "" => f.write_str(&self.name),
            reason => write!(f, "{}: {reason}", self.name),
        }
    }
}

/// Why a compositor refused or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeError {
    kind: ComposeErrorKind,
    message: String,
}

/// What sort of failure a [`ComposeError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComposeErrorKind {
    /// A frame is not of the spec that the compositor was configured for.
    WrongSpec,
    /// The matte belongs to another frame.
    StaleMask,
    /// The device, or the threads, could not do the work.
    Device,
}

impl ComposeError {
    /// An error of `kind` that says `message`: lower case, no full stop.
    pub fn new(kind: ComposeErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What sort of failure it was.
    pub fn kind(&self) -> ComposeErrorKind {
        self.kind
    }
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ComposeError {}
