#[cfg(feature = "onnxruntime")]
pub(crate) mod onnxruntime;
#[cfg(feature = "embedded")]
pub(crate) mod rten;

#[cfg(any(feature = "onnxruntime", feature = "embedded"))]
mod ports;

use std::fmt;

use ndarray::{ArrayD, ArrayView4, ArrayViewD};

/// Runs a network: f32 in, f32 out.
pub trait Engine: Send {
    /// Its name with its version, such as "ONNX Runtime 1.31.1".
    fn name(&self) -> String;

    /// Runs the network on `input`, whose shape is
    /// [`ModelSpec::input_shape`](crate::ModelSpec::input_shape), in standard layout. The
    /// output is valid until the next call. Of a network with several outputs it is the
    /// first of [`ModelSpec::outputs`](crate::ModelSpec::outputs).
    ///
    /// # Errors
    /// [`EngineError`] if no output came out. An output may be wrong in shape or values:
    /// whoever asked checks it.
    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError>;

    /// Runs a recurrent network on `input`, as [`run`](Self::run) does any other. `states`,
    /// in the order of [`ModelSpec::states`](crate::ModelSpec::states), are what it is given
    /// and then what it gives for the next picture; after an error they are whatever they
    /// are. The engine itself keeps nothing.
    ///
    /// Unless it is written anew it is `run` for a network without states, and an error for
    /// any other.
    ///
    /// # Errors
    /// As [`run`](Self::run), and if these are not the network's states.
    fn step(
        &mut self,
        input: ArrayView4<'_, f32>,
        states: &mut [ArrayD<f32>],
    ) -> Result<ArrayViewD<'_, f32>, EngineError> {
        if states.is_empty() {
            return self.run(input);
        }
        Err(EngineError::new(format!(
            "the model has {} states, this engine runs no recurrent networks",
            states.len()
        )))
    }

    /// Runs the network as [`run`](Self::run) does, and hands each output with its place in
    /// [`ModelSpec::outputs`](crate::ModelSpec::outputs) to `take`.
    ///
    /// Unless it is written anew it hands over what `run` gives and nothing else, which is
    /// all that a segmentation needs.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    fn run_each(
        &mut self,
        input: ArrayView4<'_, f32>,
        take: &mut dyn FnMut(usize, ArrayViewD<'_, f32>),
    ) -> Result<(), EngineError> {
        take(0, self.run(input)?);
        Ok(())
    }
}

/// Writes what an engine gives for the next picture. Another shape than the spec's is passed
/// on, for whoever asked to refuse.
#[cfg(any(feature = "onnxruntime", feature = "embedded"))]
fn put(state: &mut ArrayD<f32>, value: &ArrayViewD<'_, f32>) {
    if state.shape() == value.shape() {
        state.assign(value);
    } else {
        *state = value.to_owned();
    }
}

/// Why an engine gave no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineError {
    message: String,
}

impl EngineError {
    /// An error that says `message`: lower case, no full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EngineError {}
