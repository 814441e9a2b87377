//! What every compositor refuses, and the words that it does so with.

use super::layout::{self, PlaneLayout};
use crate::format::PixelFormat;
use crate::mask::Mask;
use crate::plan::ConcealPlan;
use crate::reduced::Reduced;
use crate::seam::{Backdrop, ComposeError, ComposeErrorKind, Cover, Field, FrameId};
use crate::spec::FrameSpec;

/// The widest step of a field: with more, the fixed point of its slope would be 0.
const MAX_STEP_PX: usize = 1 << 15;

/// The planes of frames of `spec`, if a compositor can be configured for them under `plan`.
///
/// # Errors
/// [`ComposeErrorKind::WrongSpec`] if the format is not composited as it is or the plan's
/// square is 0.
pub fn check_configuration(
    spec: &FrameSpec,
    plan: &ConcealPlan,
) -> Result<&'static [PlaneLayout], ComposeError> {
    let format: PixelFormat = spec.format();
    let planes = layout::planes(format).ok_or_else(|| {
        wrong_spec(format!(
            "{format} is not composited as it is, repack it to {} first",
            format.composited_as()
        ))
    })?;
    if plan.square_px == 0 {
        return Err(wrong_spec(
            "the plan's square is 0 pixels wide, at least 1 is needed",
        ));
    }
    Ok(planes)
}

/// What is to be painted.
#[derive(Clone, Copy, Debug)]
pub struct Painting<'a> {
    /// The frame's number.
    pub id: FrameId,
    /// The spec that the frame comes in.
    pub source: &'a FrameSpec,
    /// What covers it.
    pub cover: &'a Cover<'a>,
    /// The spec that it goes to.
    pub target: &'a FrameSpec,
}

impl Painting<'_> {
    /// Whether a compositor that is configured for `spec` may paint this when the last frame
    /// reduced was `last_reduced`, to a picture of the size of `reduced`.
    ///
    /// # Errors
    /// [`ComposeErrorKind::WrongSpec`] if a frame or the backdrop does not fit `spec`,
    /// [`ComposeErrorKind::StaleMask`] if the matte is not of this frame.
    pub fn check(
        &self,
        spec: &FrameSpec,
        last_reduced: Option<FrameId>,
        reduced: &Reduced,
    ) -> Result<(), ComposeError> {
        check_picture("source", self.source, spec)?;
        check_picture("target", self.target, spec)?;
        let backdrop = match self.cover {
            Cover::Background { matte, backdrop } => {
                check_matte(self.id, last_reduced, matte, reduced)?;
                backdrop
            }
            Cover::Everything { backdrop } => backdrop,
        };
        check_backdrop(backdrop, spec)
    }
}

fn wrong_spec(message: impl Into<String>) -> ComposeError {
    ComposeError::new(ComposeErrorKind::WrongSpec, message)
}

/// The refusal before `configure`.
pub fn not_configured() -> ComposeError {
    wrong_spec("the compositor knows no frame spec yet, configure it first")
}

/// Whether a frame of `given`, called `name`, can be worked on as one of `wanted`.
///
/// # Errors
/// [`ComposeErrorKind::WrongSpec`] if more than strides differ.
pub fn check_picture(
    name: &str,
    given: &FrameSpec,
    wanted: &FrameSpec,
) -> Result<(), ComposeError> {
    if given.same_picture(wanted) {
        return Ok(());
    }
    let words = |spec: &FrameSpec| {
        format!(
            "{} {}x{} ({:?}, {:?})",
            spec.format(),
            spec.width(),
            spec.height(),
            spec.colour(),
            spec.rotation()
        )
    };
    Err(wrong_spec(format!(
        "{name} is {}, configured is {}",
        words(given),
        words(wanted)
    )))
}

fn check_matte(
    id: FrameId,
    last_reduced: Option<FrameId>,
    matte: &Mask,
    reduced: &Reduced,
) -> Result<(), ComposeError> {
    let stale = |message| Err(ComposeError::new(ComposeErrorKind::StaleMask, message));
    let FrameId(number) = id;
    if matte.frame() != id || number == 0 {
        return stale(format!(
            "the matte is of frame {}, painted is frame {number} (0 is no frame)",
            matte.frame().0
        ));
    }
    if last_reduced != Some(id) {
        return stale(match last_reduced {
            Some(FrameId(last)) => {
                format!("frame {number} is painted, the last one reduced is frame {last}")
            }
            None => format!("frame {number} is painted before it was reduced"),
        });
    }
    let (given, wanted) = (
        (matte.width(), matte.height()),
        (reduced.width(), reduced.height()),
    );
    if given != wanted || matte.values().len() != given.0 * given.1 {
        return stale(format!(
            "the matte has {}x{} pixels, frame {number} was reduced to {}x{}",
            given.0, given.1, wanted.0, wanted.1
        ));
    }
    Ok(())
}

fn check_backdrop(backdrop: &Backdrop<'_>, spec: &FrameSpec) -> Result<(), ComposeError> {
    match backdrop {
        Backdrop::Flat(_) => Ok(()),
        Backdrop::Picture(picture) => check_picture("backdrop", picture.spec(), spec),
        Backdrop::Field(field) => check_field(field, spec),
        Backdrop::Transparent(field) if spec.format().has_alpha() => check_field(field, spec),
        Backdrop::Transparent(_) => Err(wrong_spec(format!(
            "{} cannot be transparent, choose rgba or bgra",
            spec.format()
        ))),
    }
}

fn check_field(field: &Field, spec: &FrameSpec) -> Result<(), ComposeError> {
    let Field {
        step_px,
        width,
        height,
        ref planes,
    } = *field;
    if !step_px.is_power_of_two() || step_px > MAX_STEP_PX {
        return Err(wrong_spec(format!(
            "the field has a node every {step_px} pixels, a power of two up to {MAX_STEP_PX} is \
             needed"
        )));
    }
    let nodes = |pixels: usize| (pixels - 1).div_ceil(step_px) + 1;
    let needed = (nodes(spec.width()), nodes(spec.height()));
    if width < needed.0 || height < needed.1 {
        return Err(wrong_spec(format!(
            "the field has {width}x{height} nodes, a {}x{} frame with a node every {step_px} \
             pixels needs {}x{}",
            spec.width(),
            spec.height(),
            needed.0,
            needed.1
        )));
    }
    match planes.iter().find(|plane| plane.len() != width * height) {
        None => Ok(()),
        Some(plane) => Err(wrong_spec(format!(
            "a plane of the field has {} nodes, {width}x{height} is {}",
            plane.len(),
            width * height
        ))),
    }
}
