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
/// Input and outputs are bound once to tensors that stay: a run writes the one and reads the
/// others. More threads gain nothing for networks this small and their waiting costs up to
/// five times the processor time.
pub(crate) struct OnnxRuntimeEngine {
    name: String,
    session: Session,
    binding: IoBinding,
    input: Tensor<f32>,
    outputs: Vec<Bound>,
}

/// An output, and the tensor that it is written to.
struct Bound {
    tensor: Tensor<f32>,
    shape: Vec<usize>,
}

impl Bound {
    fn view(&self) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let (_, values) = self.tensor.extract_tensor();
        ArrayViewD::from_shape(IxDyn(&self.shape), values)
            .map_err(|error| EngineError::new(error.to_string()))
    }
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
        let places = ports::check(
            spec,
            &declared(session.inputs()),
            &declared(session.outputs()),
        )?;
        let names: Vec<_> = places
            .into_iter()
            .map(|place| session.outputs()[place].name().to_owned())
            .collect();
        let shapes = shapes_of_outputs(&mut session, spec.input_shape(), &names)
            .map_err(|error| refuse(error.to_string()))?;
        Self::bind(session, spec.input_shape(), names, shapes)
            .map_err(|error| refuse(error.to_string()))
    }

    fn bind(
        session: Session,
        input: [usize; 4],
        names: Vec<String>,
        shapes: Vec<Vec<usize>>,
    ) -> ort::Result<Self> {
        let input = Tensor::<f32>::new(session.allocator(), input)?;
        let mut binding = session.create_binding()?;
        binding.bind_input(session.inputs()[0].name(), &input)?;
        let mut outputs = Vec::new();
        for (name, shape) in names.into_iter().zip(shapes) {
            let mut tensor = Tensor::<f32>::new(session.allocator(), shape.clone())?;
            binding.bind_output(name, &mut tensor)?;
            outputs.push(Bound { tensor, shape });
        }
        Ok(Self {
            name: environment::name(),
            session,
            binding,
            input,
            outputs,
        })
    }

    fn run_bound(&mut self, input: ArrayView4<'_, f32>) -> Result<(), EngineError> {
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
        Ok(())
    }
}

impl Engine for OnnxRuntimeEngine {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        self.run_bound(input)?;
        self.outputs[0].view()
    }

    fn run_each(
        &mut self,
        input: ArrayView4<'_, f32>,
        take: &mut dyn FnMut(usize, ArrayViewD<'_, f32>),
    ) -> Result<(), EngineError> {
        self.run_bound(input)?;
        for (place, output) in self.outputs.iter().enumerate() {
            take(place, output.view()?);
        }
        Ok(())
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

/// Runs once on a grey picture: models need not declare the shapes of their outputs.
fn shapes_of_outputs(
    session: &mut Session,
    input: [usize; 4],
    names: &[String],
) -> ort::Result<Vec<Vec<usize>>> {
    let grey = vec![0.5_f32; input.iter().product()];
    let grey = TensorRef::from_array_view((input, grey.as_slice()))?;
    let outputs = session.run(ort::inputs![grey])?;
    let shape = |name: &String| {
        let (shape, _) = outputs[name.as_str()].try_extract_tensor::<f32>()?;
        Ok(shape.iter().map(|&side| side.max(0) as usize).collect())
    };
    names.iter().map(shape).collect()
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
