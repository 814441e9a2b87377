#[cfg(feature = "onnxruntime")]
pub(crate) mod onnxruntime;
#[cfg(feature = "embedded")]
pub(crate) mod rten;

#[cfg(any(feature = "onnxruntime", feature = "embedded"))]
mod ports;

use std::fmt;

use ndarray::{ArrayView4, ArrayViewD};

/// Runs a network: f32 in, f32 out.
pub trait Engine: Send {
    /// Its name with its version, such as "ONNX Runtime 1.31.1".
    fn name(&self) -> String;

    /// Runs the network on `input`, whose shape is
    /// [`ModelSpec::input_shape`](crate::ModelSpec::input_shape), in standard layout. The
    /// output is valid until the next call.
    ///
    /// # Errors
    /// [`EngineError`] if no output came out. An output may be wrong in shape or values:
    /// whoever asked checks it.
    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError>;
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
