use frosted_core::{SegmentError, SegmentErrorKind};
use ndarray::{ArrayD, IxDyn};

use crate::postprocess::all_finite;
use crate::spec::{ModelSpec, ModelState, shape_text};

/// What a recurrent network keeps from picture to picture; nothing for any other.
///
/// It starts at 0, and anew whenever a picture did not come to its good end: a state of
/// which it is not known what went into it is given to no network.
#[derive(Debug)]
pub(crate) struct Memory {
    specs: Vec<ModelState>,
    states: Vec<ArrayD<f32>>,
    /// Whether the states are those after a picture that went well.
    kept: bool,
}

impl Memory {
    pub(crate) fn new(spec: &ModelSpec) -> Self {
        let specs = spec.states().to_vec();
        Self {
            states: specs.iter().map(zeros).collect(),
            specs,
            kept: false,
        }
    }

    /// Forgets all pictures.
    pub(crate) fn reset(&mut self) {
        self.kept = false;
        for (state, spec) in self.states.iter_mut().zip(&self.specs) {
            if state.shape() == spec.shape() {
                state.fill(0.0);
            } else {
                *state = zeros(spec);
            }
        }
    }

    /// The states to begin a picture with. Until [`keep`](Self::keep) is called they are not
    /// known to be of any use.
    pub(crate) fn begin(&mut self) -> &mut [ArrayD<f32>] {
        if !self.kept {
            self.reset();
        }
        self.kept = false;
        &mut self.states
    }

    /// Whether what the network left can be given to it again.
    ///
    /// # Errors
    /// [`SegmentErrorKind::WrongSize`] for a state of another shape than the spec's,
    /// [`SegmentErrorKind::NonFinite`] for one that holds what is no finite number.
    pub(crate) fn check(&self) -> Result<(), SegmentError> {
        let mut pairs = self.states.iter().zip(&self.specs);
        pairs.try_for_each(|(state, spec)| check(state, spec))
    }

    /// The picture went well: its states are for the next one.
    pub(crate) fn keep(&mut self) {
        for state in &mut self.states {
            if !state.is_standard_layout() {
                *state = state.as_standard_layout().into_owned();
            }
        }
        self.kept = true;
    }
}

fn zeros(spec: &ModelState) -> ArrayD<f32> {
    ArrayD::zeros(IxDyn(spec.shape()))
}

fn check(state: &ArrayD<f32>, spec: &ModelState) -> Result<(), SegmentError> {
    if state.shape() != spec.shape() {
        return Err(SegmentError::new(
            SegmentErrorKind::WrongSize,
            format!(
                "the network's state \"{}\" is {}, its spec says {}",
                spec.output(),
                shape_text(state.shape()),
                shape_text(spec.shape())
            ),
        ));
    }
    let finite = match state.as_slice_memory_order() {
        Some(values) => all_finite(values),
        None => state.iter().all(|value| value.is_finite()),
    };
    if finite {
        return Ok(());
    }
    let count = state.iter().filter(|value| !value.is_finite()).count();
    Err(SegmentError::new(
        SegmentErrorKind::NonFinite,
        format!(
            "{count} of the {} values of the network's state \"{}\" are not finite",
            state.len(),
            spec.output()
        ),
    ))
}
