use std::borrow::Cow;

use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{Session, SessionInputValue};
use ort::value::{Outlet, TensorElementType, TensorRef, ValueType};

use super::{Names, environment, providers};
use crate::choice::EngineOptions;
use crate::engine::ports::Port;
use crate::error::{LoadError, LoadErrorKind};
use crate::provider::{Provider, names, refused};
use crate::spec::ModelSpec;

/// A session for a model on the providers of `options` alone, or on the CPU if there are none.
pub(super) fn new(
    onnx: &[u8],
    spec: &ModelSpec,
    options: &EngineOptions,
) -> Result<Session, LoadError> {
    let providers = &*options.providers;
    let plain = || builder(options).map_err(|reason| refuse(spec, &[], &reason));
    let mut builder = providers::register(plain()?, providers)?;
    let reason = match builder.commit_from_memory(onnx) {
        Ok(session) => return Ok(session),
        Err(error) => error.message().to_owned(),
    };
    // Whose fault is it? What the CPU cannot load either is no model.
    if !providers.is_empty() {
        plain()?
            .commit_from_memory(onnx)
            .map_err(|error| refuse(spec, &[], error.message()))?;
    }
    Err(refuse(spec, providers, &reason))
}

pub(super) fn builder(options: &EngineOptions) -> Result<SessionBuilder, String> {
    let environment = environment::current().ok_or("its library is not loaded")?;
    let create = || -> ort::Result<SessionBuilder> {
        let builder = Session::builder(&environment)?
            .with_intra_threads(options.threads)?
            .with_inter_threads(1)?
            // The levels below lose the blocked layout of convolutions and take 2.4 times
            // as long.
            .with_optimization_level(GraphOptimizationLevel::All)?;
        // What a provider does with such an arena nobody has tried.
        let shares = options.providers.is_empty() && environment::has_arena();
        Ok(match shares {
            true => builder.with_env_allocators()?,
            false => builder,
        })
    };
    create().map_err(|error| error.message().to_owned())
}

/// Why a model does not come to run, on these providers.
pub(super) fn refuse(spec: &ModelSpec, providers: &[Provider], reason: &str) -> LoadError {
    let model = spec.name();
    let Some(&first) = providers
        .iter()
        .find(|&&provider| provider != Provider::Cpu)
    else {
        let message = format!("onnx runtime cannot load model \"{model}\": {reason}");
        return LoadError::new(LoadErrorKind::Model, message);
    };
    let (alone, or_name_it) = match providers.contains(&Provider::Cpu) {
        true => ("", ""),
        false => (
            " alone",
            "; if the rest may run on the CPU, name cpu as the last provider",
        ),
    };
    refused(format!(
        "model \"{model}\" does not run on provider {}{alone}: {}: {}{or_name_it}",
        names(providers),
        providers::reason(reason),
        first.needs()
    ))
}

/// Runs once on a grey picture: models need not declare the shapes of their outputs.
pub(super) fn shapes_of_outputs(
    session: &mut Session,
    spec: &ModelSpec,
    names: &Names,
) -> ort::Result<Vec<Vec<usize>>> {
    let shapes = [spec.input_shape().to_vec()]
        .into_iter()
        .chain(spec.states().iter().map(|state| state.shape().to_vec()));
    let values: Vec<_> = shapes
        .enumerate()
        .map(|(place, shape)| {
            let grey = if place == 0 { 0.5_f32 } else { 0.0 };
            (vec![grey; shape.iter().product()], shape)
        })
        .collect();
    let all = [&names.picture].into_iter().chain(&names.states);
    let mut inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::new();
    for (name, (values, shape)) in all.zip(&values) {
        let tensor = TensorRef::from_array_view((shape.as_slice(), values.as_slice()))?;
        inputs.push((name.as_str().into(), tensor.into()));
    }
    let outputs = session.run(inputs)?;
    let shape = |name: &String| {
        let (shape, _) = outputs[name.as_str()].try_extract_tensor::<f32>()?;
        Ok(shape.iter().map(|&side| side.max(0) as usize).collect())
    };
    names.outputs.iter().map(shape).collect()
}

pub(super) fn declared(outlets: &[Outlet]) -> Vec<Port> {
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
