mod arena;
mod environment;
mod providers;
mod session;
mod telemetry;

use std::borrow::Cow;

use ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use ort::session::{IoBinding, Session, SessionInputValue};
use ort::value::Tensor;

use super::ports::{self, Places};
use super::{Engine, EngineError, put};
use crate::choice::EngineOptions;
use crate::error::LoadError;
use crate::provider::Provider;
use crate::spec::ModelSpec;

pub use environment::share_environment;
pub(crate) use environment::{in_process, load};
pub(crate) use providers::offered;
pub use telemetry::refuse_telemetry;

/// ONNX Runtime, with one thread on the caller's.
///
/// Input, states and outputs have tensors in the machine's own memory that stay.
pub(crate) struct OnnxRuntimeEngine {
    name: String,
    session: Session,
    /// On the CPU the tensors are bound to the session once. To another device a bound input
    /// is copied when it is bound and never again: every picture would get the first one's
    /// answer. There each run is handed its input.
    binding: Option<IoBinding>,
    input: Named,
    states: Vec<Named>,
    /// The spec's outputs, and behind them those that give the states.
    outputs: Vec<Named>,
}

/// An input or output, and the tensor that holds it.
struct Named {
    name: String,
    tensor: Tensor<f32>,
    shape: Vec<usize>,
}

impl Named {
    fn new(session: &Session, name: String, shape: Vec<usize>) -> ort::Result<Self> {
        let tensor = Tensor::<f32>::new(session.allocator(), shape.clone())?;
        Ok(Self {
            name,
            tensor,
            shape,
        })
    }

    fn view(&self) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let (_, values) = self.tensor.extract_tensor();
        ArrayViewD::from_shape(IxDyn(&self.shape), values)
            .map_err(|error| EngineError::new(error.to_string()))
    }

    fn fill(&mut self, values: Option<&[f32]>) -> Result<(), EngineError> {
        let wrong = |what: String| {
            let name = &self.name;
            EngineError::new(format!("what is meant for \"{name}\" {what}"))
        };
        let values = values.ok_or_else(|| wrong("is not in standard layout".into()))?;
        let len: usize = self.shape.iter().product();
        if len != values.len() {
            let given = values.len();
            return Err(wrong(format!("has {given} values, the model takes {len}")));
        }
        let (_, tensor) = self.tensor.extract_tensor_mut();
        tensor.copy_from_slice(values);
        Ok(())
    }
}

impl OnnxRuntimeEngine {
    /// Loads a model into the environment of this process, which must be there, to run by
    /// `options`, which must have been checked.
    pub(crate) fn load(
        onnx: &[u8],
        spec: &ModelSpec,
        options: &EngineOptions,
    ) -> Result<Self, LoadError> {
        let mut session = session::new(onnx, spec, options)?;
        let providers = &*options.providers;
        let refuse = |reason: String| session::refuse(spec, providers, &reason);
        let places = ports::check(
            spec,
            &session::declared(session.inputs()),
            &session::declared(session.outputs()),
        )?;
        let names = Names::new(&session, &places);
        let shapes = session::shapes_of_outputs(&mut session, spec, &names)
            .map_err(|error| refuse(error.message().to_owned()))?;
        let on_the_cpu = providers.iter().all(|&provider| provider == Provider::Cpu);
        let mut engine = Self::assemble(session, spec, names, shapes)
            .map_err(|error| refuse(error.message().to_owned()))?;
        if on_the_cpu {
            engine
                .bind()
                .map_err(|error| refuse(error.message().to_owned()))?;
        }
        engine.name = providers::with_names(environment::name(), providers);
        Ok(engine)
    }

    fn assemble(
        session: Session,
        spec: &ModelSpec,
        names: Names,
        shapes: Vec<Vec<usize>>,
    ) -> ort::Result<Self> {
        let states = names.states.into_iter().zip(spec.states());
        let states = states.map(|(name, state)| Named::new(&session, name, state.shape().to_vec()));
        let outputs = names.outputs.into_iter().zip(shapes);
        let outputs = outputs.map(|(name, shape)| Named::new(&session, name, shape));
        Ok(Self {
            name: String::new(),
            binding: None,
            input: Named::new(&session, names.picture, spec.input_shape().to_vec())?,
            states: states.collect::<ort::Result<_>>()?,
            outputs: outputs.collect::<ort::Result<_>>()?,
            session,
        })
    }

    fn bind(&mut self) -> ort::Result<()> {
        let mut binding = self.session.create_binding()?;
        for input in [&self.input].into_iter().chain(&self.states) {
            binding.bind_input(&*input.name, &input.tensor)?;
        }
        for output in &mut self.outputs {
            binding.bind_output(&*output.name, &mut output.tensor)?;
        }
        self.binding = Some(binding);
        Ok(())
    }

    fn run_with(
        &mut self,
        input: ArrayView4<'_, f32>,
        states: &[ArrayD<f32>],
    ) -> Result<(), EngineError> {
        if states.len() != self.states.len() {
            return Err(EngineError::new(format!(
                "the model has {} states, it was given {}",
                self.states.len(),
                states.len()
            )));
        }
        self.input.fill(input.to_slice())?;
        for (named, state) in self.states.iter_mut().zip(states) {
            named.fill(state.as_slice())?;
        }
        match &self.binding {
            Some(binding) => self
                .session
                .run_binding(binding)
                .map(drop)
                .map_err(|error| EngineError::new(error.message())),
            None => self.run_unbound(),
        }
    }

    /// Hands the inputs over and takes the outputs into their tensors.
    fn run_unbound(&mut self) -> Result<(), EngineError> {
        let failed = |error: ort::Error| EngineError::new(error.message());
        let inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = [&self.input]
            .into_iter()
            .chain(&self.states)
            .map(|input| (Cow::from(&*input.name), (&input.tensor).into()))
            .collect();
        let given = self.session.run(inputs).map_err(failed)?;
        for output in &mut self.outputs {
            let value = given
                .get(&output.name)
                .ok_or_else(|| EngineError::new("the network gave no output"))?;
            let (_, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
            output.fill(Some(values))?;
        }
        Ok(())
    }
}

/// What a session calls the places.
struct Names {
    picture: String,
    states: Vec<String>,
    /// The spec's outputs, and behind them those that give the states.
    outputs: Vec<String>,
}

impl Names {
    fn new(session: &Session, places: &Places) -> Self {
        let input = |place: usize| session.inputs()[place].name().to_owned();
        let output = |place: usize| session.outputs()[place].name().to_owned();
        let given = places.states.iter().map(|&(_, place)| place);
        Self {
            picture: input(places.picture),
            states: places.states.iter().map(|&(at, _)| input(at)).collect(),
            outputs: places
                .outputs
                .iter()
                .copied()
                .chain(given)
                .map(output)
                .collect(),
        }
    }
}

impl Engine for OnnxRuntimeEngine {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        self.run_with(input, &[])?;
        self.outputs[0].view()
    }

    fn step(
        &mut self,
        input: ArrayView4<'_, f32>,
        states: &mut [ArrayD<f32>],
    ) -> Result<ArrayViewD<'_, f32>, EngineError> {
        self.run_with(input, states)?;
        let first = self.outputs.len() - states.len();
        for (output, state) in self.outputs[first..].iter().zip(states) {
            put(state, &output.view()?);
        }
        self.outputs[0].view()
    }

    fn run_each(
        &mut self,
        input: ArrayView4<'_, f32>,
        take: &mut dyn FnMut(usize, ArrayViewD<'_, f32>),
    ) -> Result<(), EngineError> {
        self.run_with(input, &[])?;
        for (place, output) in self.outputs.iter().enumerate() {
            take(place, output.view()?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
