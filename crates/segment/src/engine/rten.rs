mod loaded;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use rten::{
    DataType, Dimension, Model, NodeId, RunOptions, ThreadPool, Value, ValueOrView, ValueType,
};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensorView, TensorView};

use super::ports::{self, Port};
use super::{Engine, EngineError, put};
use crate::error::{LoadError, LoadErrorKind};
use crate::spec::ModelSpec;

/// `rten`, compiled in, on threads of its own.
pub(crate) struct RtenEngine {
    /// Its weights, which engines of the same model have in common.
    model: Arc<Model>,
    input: NodeId,
    /// The inputs that take the states.
    states: Vec<NodeId>,
    /// The spec's outputs, and behind them those that give the states.
    outputs: Vec<NodeId>,
    options: RunOptions,
    last: Vec<Value>,
}

impl RtenEngine {
    /// Loads the model of these bytes, whose checksum is `sha256`.
    pub(crate) fn load(
        onnx: &[u8],
        sha256: &str,
        spec: &ModelSpec,
        threads: usize,
    ) -> Result<Self, LoadError> {
        let refuse = |reason: String| {
            let message = format!("rten cannot load model \"{}\": {reason}", spec.name());
            LoadError::new(LoadErrorKind::Model, message)
        };
        // Corrupt weights can panic while constants are folded.
        let model = loaded::model(sha256, || {
            catch_unwind(|| Model::load(onnx.to_vec()))
                .map_err(|_| refuse("it panicked, the file is corrupt".into()))?
                .map_err(|error| refuse(error.to_string()))
        })?;
        let places = ports::check(
            spec,
            &declared(&model, model.input_ids()),
            &declared(&model, model.output_ids()),
        )?;
        // rten's own pool takes every core.
        let pool = ThreadPool::with_num_threads(threads);
        let (inputs, outputs) = (model.input_ids(), model.output_ids());
        let given = places.states.iter().map(|&(_, place)| place);
        let given = places.outputs.iter().copied().chain(given);
        Ok(Self {
            input: inputs[places.picture],
            states: places.states.iter().map(|&(at, _)| inputs[at]).collect(),
            outputs: given.map(|place| outputs[place]).collect(),
            options: RunOptions::default().with_thread_pool(Some(Arc::new(pool))),
            model,
            last: Vec::new(),
        })
    }

    /// Runs the model into `last`, which then holds a value for each output.
    fn run_model(
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
        let shape = <[usize; 4]>::from(input.dim());
        let values = input
            .to_slice()
            .ok_or_else(|| EngineError::new("the input is not in standard layout"))?;
        let input = NdTensorView::from_data(shape, values);
        let mut inputs: Vec<(NodeId, ValueOrView<'_>)> = Vec::with_capacity(1 + states.len());
        inputs.push((self.input, input.into()));
        for (&id, state) in self.states.iter().zip(states) {
            let values = state
                .as_slice()
                .ok_or_else(|| EngineError::new("a state is not in standard layout"))?;
            inputs.push((id, TensorView::from_data(state.shape(), values).into()));
        }
        self.last.clear();
        let run = || {
            let options = Some(self.options.clone());
            self.model.run(inputs, &self.outputs, options)
        };
        self.last = catch_unwind(AssertUnwindSafe(run))
            .map_err(|_| EngineError::new("it panicked, the model is corrupt"))?
            .map_err(|error| EngineError::new(error.to_string()))?;
        Ok(())
    }

    fn output(&self, place: usize) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let value = self
            .last
            .get(place)
            .ok_or_else(|| EngineError::new("the network gave no output"))?;
        let view: TensorView<'_, f32> = value
            .as_tensor_view()
            .ok_or_else(|| EngineError::new("the network's output is not f32"))?;
        let shape = IxDyn(view.shape());
        view.data()
            .and_then(|values| ArrayViewD::from_shape(shape, values).ok())
            .ok_or_else(|| EngineError::new("the network's output is not in one piece"))
    }
}

impl Engine for RtenEngine {
    fn name(&self) -> String {
        "rten 0.27".into()
    }

    fn run(&mut self, input: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        self.run_model(input, &[])?;
        self.output(0)
    }

    fn step(
        &mut self,
        input: ArrayView4<'_, f32>,
        states: &mut [ArrayD<f32>],
    ) -> Result<ArrayViewD<'_, f32>, EngineError> {
        self.run_model(input, states)?;
        let first = self.outputs.len() - states.len();
        for (place, state) in states.iter_mut().enumerate() {
            put(state, &self.output(first + place)?);
        }
        self.output(0)
    }

    fn run_each(
        &mut self,
        input: ArrayView4<'_, f32>,
        take: &mut dyn FnMut(usize, ArrayViewD<'_, f32>),
    ) -> Result<(), EngineError> {
        self.run_model(input, &[])?;
        for place in 0..self.outputs.len() {
            take(place, self.output(place)?);
        }
        Ok(())
    }
}

fn declared(model: &Model, ids: &[NodeId]) -> Vec<Port> {
    let port = |id: &NodeId| {
        let info = model.node_info(*id);
        let sides = info.as_ref().and_then(|info| info.shape());
        Port {
            name: info
                .as_ref()
                .and_then(|info| info.name())
                .unwrap_or("unnamed")
                .to_owned(),
            is_f32: info
                .as_ref()
                .and_then(|info| info.dtype())
                .map(|kind| kind == ValueType::Tensor(DataType::Float)),
            shape: sides.map(|sides| sides.iter().map(fixed).collect()),
        }
    };
    ids.iter().map(port).collect()
}

fn fixed(side: &Dimension) -> Option<usize> {
    match side {
        Dimension::Fixed(side) => Some(*side),
        Dimension::Symbolic(_) => None,
    }
}
