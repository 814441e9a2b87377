use std::fmt;

use frosted_core::internal::{Compositor, ConcealPlan, FrameId, Level};
pub use frosted_core::internal::{Instructions, UnknownInstructions};
use frosted_core::{
    ComposeError, CompositorInfo, FrameSpec, FrameView, Mask, Reduced, SegmentError, Segmenter,
    SegmenterInfo, TextHeight,
};
use frosted_cpu::{CpuCompositor, CpuOptions};
use frosted_segment::NetworkSegmenter;

use crate::compositing::{self, CompositorChoice};
use crate::setup::{Setup, SetupError};

/// What would do the pixel work of frames of `spec` if `choice` were asked for, and why; 1 thread.
///
/// # Errors
/// As [`Setup::build`](crate::Setup::build).
pub fn compositor_for(
    choice: CompositorChoice,
    spec: &FrameSpec,
) -> Result<CompositorInfo, SetupError> {
    let mut compositor = compositing::compositor(choice, 1)?;
    // The usual network's size; it decides by how much frames are reduced.
    let plan = ConcealPlan::new(spec, (320, 192), TextHeight::default());
    let configured = compositor.configure(spec, &plan);
    configured.map_err(|error| SetupError::compositor(&error))?;
    Ok(compositor.info())
}

/// What the loops over pixels use in this process: the most that the processor has.
pub fn instructions() -> Instructions {
    Level::chosen().instructions()
}

/// Has the loops of pipelines that are built from now on use these instead; every choice gives
/// the same pictures. `false`, and nothing is changed, if the processor does not have them.
pub fn force_instructions(instructions: Instructions) -> bool {
    let level = Level::all().find(|level| level.instructions() == instructions);
    level.inspect(|level| level.force()).is_some()
}

/// Every GPU with a driver, software drivers too, in words, where a GPU's device is; nothing if
/// this build has no GPU compositor.
pub fn gpus() -> Option<Vec<String>> {
    #[cfg(feature = "gpu")]
    {
        if !compositing::may_have_gpu() {
            return Some(Vec::new());
        }
        let options = frosted_gpu::GpuOptions {
            // All names have it in them.
            adapter: frosted_gpu::AdapterChoice::Named(String::new()),
            ..Default::default()
        };
        let all = frosted_gpu::adapters(&options);
        Some(all.iter().map(ToString::to_string).collect())
    }
    #[cfg(not(feature = "gpu"))]
    None
}

/// What the network alone says of each frame, enlarged bilinearly: the baseline that a
/// pipeline's matte is measured against. It knows no subject, no time and no band.
///
/// It is for measurements. It shows nothing, and no pipeline takes it.
pub struct NetworkMatte {
    segmenter: NetworkSegmenter,
    compositor: CpuCompositor,
    spec: Option<FrameSpec>,
    mask: Mask,
    alpha: Vec<u8>,
}

/// Why the network gave no matte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkMatteError(String);

impl NetworkMatte {
    /// Loads the network of `setup`; of its other fields `engine`, `providers` and
    /// `runtime` are looked at.
    ///
    /// # Errors
    /// As [`Setup::build`].
    pub fn open(setup: &Setup) -> Result<Self, SetupError> {
        Ok(Self {
            segmenter: setup.segmenter()?,
            compositor: CpuCompositor::new(CpuOptions::default()).map_err(SetupError::threads)?,
            spec: None,
            mask: Mask::new(),
            alpha: Vec::new(),
        })
    }

    /// What runs.
    pub fn info(&self) -> SegmenterInfo {
        self.segmenter.info()
    }

    /// The matte of `frame`, a byte a pixel in rows, 0 = room, 255 = person.
    ///
    /// # Errors
    /// [`NetworkMatteError`] if frames of this format are not composited as they are, or the
    /// network failed or gave something that is no mask.
    pub fn of(&mut self, frame: &FrameView<'_>) -> Result<&[u8], NetworkMatteError> {
        let spec = *frame.spec();
        if !self.spec.is_some_and(|before| before.same_picture(&spec)) {
            let wanted = self.segmenter.wanted_size(&spec);
            let plan = ConcealPlan::new(&spec, wanted, TextHeight::default());
            self.compositor.configure(&spec, &plan)?;
            self.spec = Some(spec);
        }
        let picture = self.compositor.reduce(FrameId(1), frame)?;
        self.segmenter.segment(picture, &mut self.mask)?;
        enlarge(self.mask.values(), picture, &mut self.alpha);
        Ok(&self.alpha)
    }
}

/// Pixels lie at the middle of their squares; beyond the outermost ones they go on.
fn enlarge(values: &[u8], picture: &Reduced, alpha: &mut Vec<u8>) {
    let (width, height) = picture.frame_size();
    let side = picture.square_px();
    let columns: Vec<_> = (0..width)
        .map(|x| Between::new(x, side, picture.width()))
        .collect();
    alpha.clear();
    for y in 0..height {
        let down = Between::new(y, side, picture.height());
        let row = |row: usize| &values[row * picture.width()..][..picture.width()];
        let (above, below) = (row(down.first), row(down.second));
        alpha.extend(columns.iter().map(|across| {
            let along =
                |row: &[u8]| across.mix(row[across.first].into(), row[across.second].into());
            down.mix(along(above), along(below)).round() as u8
        }));
    }
}

/// Two neighbours on the reduced grid and how far a pixel is from the first to the second.
struct Between {
    first: usize,
    second: usize,
    part: f32,
}

impl Between {
    fn new(pixel: usize, side: usize, len: usize) -> Self {
        let at = ((pixel as f32 + 0.5) / side as f32 - 0.5).clamp(0.0, len as f32 - 1.0);
        let first = at as usize;
        Self {
            first,
            second: (first + 1).min(len - 1),
            part: at - first as f32,
        }
    }

    fn mix(&self, first: f32, second: f32) -> f32 {
        first + self.part * (second - first)
    }
}

impl From<ComposeError> for NetworkMatteError {
    fn from(error: ComposeError) -> Self {
        Self(error.to_string())
    }
}

impl From<SegmentError> for NetworkMatteError {
    fn from(error: SegmentError) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for NetworkMatteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NetworkMatteError {}

impl fmt::Debug for NetworkMatte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkMatte({:?})", self.segmenter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted_core::PixelFormat;

    #[test]
    fn masks_are_enlarged_between_the_middles_of_their_squares() {
        // Squares of 4 px: their middles are at 1.5 and 5.5; the ramp between is 63.75 a pixel.
        let spec = FrameSpec::new(PixelFormat::Rgba8, 16, 16).unwrap();
        let mut picture = Reduced::default();
        let _ = picture.prepare(&spec, 4, FrameId(1));
        let values: Vec<u8> = (0..16)
            .map(|at| if at % 4 == 1 { 255 } else { 0 })
            .collect();
        let mut alpha = Vec::new();
        enlarge(&values, &picture, &mut alpha);
        assert_eq!(alpha.len(), 16 * 16);
        let expected = [0, 0, 32, 96, 159, 223, 223, 159, 96, 32, 0, 0, 0, 0, 0, 0];
        for row in alpha.chunks_exact(16) {
            assert_eq!(row, expected);
        }
    }
}
