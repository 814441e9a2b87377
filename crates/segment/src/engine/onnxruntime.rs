mod environment;

use ndarray::{ArrayView4, ArrayViewD, IxDyn};
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{IoBinding, Session};
use ort::value::{Outlet, Tensor, TensorElementType, TensorRef, ValueType};

use super::ports::{self, Port};
use super::{Engine, EngineError};
use crate::error::{LoadError, LoadErrorKind};
use crate::spec::ModelSpec;

pub use environment::share_environment;
pub(crate) use environment::{in_process, load};

/// ONNX Runtime on the caller's thread.
///
/// Input and output are bound once to tensors that stay: a run writes the one and reads the
/// other. More threads gain nothing for networks this small and their waiting costs up to
/// five times the processor time.
pub(crate) struct OnnxRuntimeEngine {
    name: String,
    session: Session,
    binding: IoBinding,
    input: Tensor<f32>,
    output: Tensor<f32>,
    output_shape: Vec<usize>,
}

impl OnnxRuntimeEngine {
    /// Loads a model into the environment of this process, which must be there.
    pub(crate) fn load(onnx: &[u8], spec: &ModelSpec) -> Result<Self, LoadError> {
        let refuse = |reason: String| {
            let message = format!(
                "onnx runtime cannot load model \"{}\": {reason}",
                spec.name()
            );
            LoadError::new(LoadErrorKind::Model, message)
        };
        let mut session = new_session(onnx).map_err(refuse)?;
        ports::check(
            spec,
            &declared(session.inputs()),
            &declared(session.outputs()),
        )?;
        let output_shape = shape_of_output(&mut session, spec.input_shape())
            .map_err(|error| refuse(error.to_string()))?;
        Self::bind(session, spec.input_shape(), output_shape)
            .map_err(|error| refuse(error.to_string()))
    }

    fn bind(session: Session, input: [usize; 4], output_shape: Vec<usize>) -> ort::Result<Self> {
        let input = Tensor::<f32>::new(session.allocator(), input)?;
        let mut output = Tensor::<f32>::new(session.allocator(), output_shape.clone())?;
        let mut binding = session.create_binding()?;
        binding.bind_input(session.inputs()[0].name(), &input)?;
        binding.bind_output(session.outputs()[0].name(), &mut output)?;
        Ok(Self {
            name: environment::name(),
            session,
            binding,
            input,
            output,
            output_shape,
        })
    }
}

impl Engine for OnnxRuntimeEngine {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let values = input
            .to_slice()
            .ok_or_else(|| EngineError::new("the input is not in standard layout"))?;
        let (_, bound) = self.input.extract_tensor_mut();
        if bound.len() != values.len() {
            return Err(EngineError::new(format!(
                "the input has {} values, the model takes {}",
                values.len(),
                bound.len()
            )));
        }
        bound.copy_from_slice(values);
        self.session
            .run_binding(&self.binding)
            .map_err(|error| EngineError::new(error.message()))?;
        let (_, values) = self.output.extract_tensor();
        ArrayViewD::from_shape(IxDyn(&self.output_shape), values)
            .map_err(|error| EngineError::new(error.to_string()))
    }
}

fn new_session(onnx: &[u8]) -> Result<Session, String> {
    let environment = environment::current().ok_or("its library is not loaded")?;
    let create = || -> ort::Result<Session> {
        Session::builder(&environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            // The levels below lose the blocked layout of convolutions and take 2.4 times
            // as long.
            .with_optimization_level(GraphOptimizationLevel::All)?
            .commit_from_memory(onnx)
    };
    create().map_err(|error| error.message().to_owned())
}

/// Runs once on a grey picture: models need not declare the shape of their output.
fn shape_of_output(session: &mut Session, input: [usize; 4]) -> ort::Result<Vec<usize>> {
    let grey = vec![0.5_f32; input.iter().product()];
    let grey = TensorRef::from_array_view((input, grey.as_slice()))?;
    let outputs = session.run(ort::inputs![grey])?;
    let (shape, _) = outputs[0].try_extract_tensor::<f32>()?;
    Ok(shape.iter().map(|&side| side.max(0) as usize).collect())
}

fn declared(outlets: &[Outlet]) -> Vec<Port> {
    let port = |outlet: &Outlet| {
        let (kind, shape) = match outlet.dtype() {
            ValueType::Tensor { ty, shape, .. } => (Some(ty), Some(shape)),
            _ => (None, None),
        };
        Port {
            name: outlet.name().to_owned(),
            is_f32: Some(kind == Some(&TensorElementType::Float32)),
            shape: shape.map(|sides| sides.iter().map(|&s| usize::try_from(s).ok()).collect()),
        }
    };
    outlets.iter().map(port).collect()
}
