use std::fmt;

use frosted_core::{
    FrameSpec, Mask, Reduced, SegmentError, SegmentErrorKind, Segmenter, SegmenterInfo,
};

use crate::engine::{Engine, EngineError};
use crate::error::{LoadError, LoadErrorKind};
use crate::memory::Memory;
use crate::placement::{Placement, wanted_size};
use crate::postprocess::Postprocessor;
use crate::preprocess::Preprocessor;
use crate::spec::{ModelSpec, OutputKind};

/// A [`Segmenter`] that asks a network about each picture, on its own or, if the network is
/// recurrent, with what it kept of the pictures before.
///
/// What is kept is forgotten by [`reset`](Segmenter::reset), with a picture of another size
/// or orientation, and after any error: the network then starts as it does with the first
/// picture.
///
/// After the first picture of a size it allocates nothing; what its engine does is the
/// engine's affair.
pub struct NetworkSegmenter {
    engine: Box<dyn Engine>,
    info: SegmenterInfo,
    spec: ModelSpec,
    placement: Option<Placement>,
    before: Preprocessor,
    after: Postprocessor,
    memory: Memory,
}

impl NetworkSegmenter {
    /// Feeds `engine` as `spec` says.
    ///
    /// The spec is trusted to be that of the engine's model: an output of another shape is
    /// refused with the first picture. [`open`](crate::open) checks both beforehand.
    ///
    /// # Errors
    /// [`LoadErrorKind::Spec`] if the spec's output is of the kind [`OutputKind::Faces`].
    pub fn new(engine: Box<dyn Engine>, spec: ModelSpec) -> Result<Self, LoadError> {
        if matches!(spec.output(), OutputKind::Faces { .. }) {
            let message = format!(
                "model \"{}\" finds faces, a segmentation needs one that tells the person's \
                 pixels",
                spec.name()
            );
            return Err(LoadError::new(LoadErrorKind::Spec, message));
        }
        Ok(Self {
            info: info(engine.as_ref(), &spec),
            before: Preprocessor::new(&spec),
            after: Postprocessor::new(&spec),
            memory: Memory::new(&spec),
            placement: None,
            engine,
            spec,
        })
    }

    /// The model's spec.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    fn place(&mut self, picture: &Reduced) -> Placement {
        let placement = Placement::new(picture, &self.spec);
        if self.placement != Some(placement) {
            self.before.place(&placement);
            self.after.place(&placement);
            // The places in the network's states are those of the old picture.
            self.memory.reset();
            self.placement = Some(placement);
        }
        placement
    }
}

impl Segmenter for NetworkSegmenter {
    fn wanted_size(&self, spec: &FrameSpec) -> (usize, usize) {
        wanted_size(spec, &self.spec)
    }

    fn segment(&mut self, picture: &Reduced, mask: &mut Mask) -> Result<(), SegmentError> {
        check_pixels(picture)?;
        let placement = self.place(picture);
        self.before.fill(picture, &placement);
        let output = self
            .engine
            .step(self.before.input(), self.memory.begin())
            .map_err(|error| engine_failed(&self.info, &error))?;
        self.memory.check()?;
        self.after.write(&output, &placement, picture, mask)?;
        self.memory.keep();
        Ok(())
    }

    fn reset(&mut self) {
        self.memory.reset();
    }

    fn info(&self) -> SegmenterInfo {
        self.info.clone()
    }
}

impl fmt::Debug for NetworkSegmenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkSegmenter({:?})", self.info)
    }
}

/// What `engine` runs by `spec`.
pub(crate) fn info(engine: &dyn Engine, spec: &ModelSpec) -> SegmenterInfo {
    SegmenterInfo {
        engine: engine.name(),
        model: spec.name().to_owned(),
        model_sha256: spec.sha256().unwrap_or_default().to_owned(),
    }
}

pub(crate) fn check_pixels(picture: &Reduced) -> Result<(), SegmentError> {
    if picture.width() == 0 || picture.height() == 0 {
        let message = "the reduced picture has no pixels";
        return Err(SegmentError::new(SegmentErrorKind::WrongSize, message));
    }
    Ok(())
}

pub(crate) fn engine_failed(info: &SegmenterInfo, error: &EngineError) -> SegmentError {
    let message = format!("{} failed: {error}", info.engine);
    SegmentError::new(SegmentErrorKind::Engine, message)
}
