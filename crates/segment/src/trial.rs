use frosted_core::{SegmentError, SegmentErrorKind};
use ndarray::{Array4, ArrayView4, ArrayViewD};

use crate::engine::{Engine, EngineError};
use crate::error::{LoadError, LoadErrorKind};
use crate::memory::Memory;
use crate::postprocess::{check_finite, check_shape};
use crate::spec::{ModelOutput, ModelSpec};

/// A model may load and be broken all the same: flipped bits in its weights are no error
/// to an engine.
pub(crate) fn try_out(engine: &mut dyn Engine, spec: &ModelSpec) -> Result<(), LoadError> {
    let name = spec.name();
    let wanted = spec.outputs();
    let grey = Array4::from_elem(spec.input_shape(), 0.5);
    if !spec.states().is_empty() {
        return try_out_recurrent(engine, spec, grey.view());
    }
    let mut given = 0;
    let mut outcome = Ok(());
    let mut take = |place: usize, output: ArrayViewD<'_, f32>| {
        given += 1;
        if let (Some(wanted), Ok(())) = (wanted.get(place), &outcome) {
            outcome = check_output(name, &output, wanted);
        }
    };
    engine
        .run_each(grey.view(), &mut take)
        .map_err(|error| does_not_run(name, &error))?;
    outcome?;
    if given == wanted.len() {
        return Ok(());
    }
    let message = format!(
        "model \"{name}\" does not fit its spec: it gave {given} outputs, the spec says {}",
        wanted.len()
    );
    Err(LoadError::new(LoadErrorKind::Mismatch, message))
}

/// Twice: what it gives must do for the next picture.
fn try_out_recurrent(
    engine: &mut dyn Engine,
    spec: &ModelSpec,
    grey: ArrayView4<'_, f32>,
) -> Result<(), LoadError> {
    let name = spec.name();
    let mut memory = Memory::new(spec);
    for _ in 0..2 {
        let output = engine
            .step(grey, memory.begin())
            .map_err(|error| does_not_run(name, &error))?;
        for wanted in spec.outputs() {
            check_output(name, &output, wanted)?;
        }
        memory.check().map_err(|error| match error.kind() {
            SegmentErrorKind::WrongSize => mismatch(name, &error),
            _ => corrupt(name, &error),
        })?;
        memory.keep();
    }
    Ok(())
}

fn does_not_run(name: &str, error: &EngineError) -> LoadError {
    let message = format!("model \"{name}\" does not run: {error}");
    LoadError::new(LoadErrorKind::Model, message)
}

fn mismatch(name: &str, error: &SegmentError) -> LoadError {
    let message = format!("model \"{name}\" does not fit its spec: {error}");
    LoadError::new(LoadErrorKind::Mismatch, message)
}

fn corrupt(name: &str, error: &SegmentError) -> LoadError {
    let message = format!("model \"{name}\" is corrupt: of a grey picture {error}");
    LoadError::new(LoadErrorKind::Model, message)
}

fn check_output(
    name: &str,
    output: &ArrayViewD<'_, f32>,
    wanted: &ModelOutput,
) -> Result<(), LoadError> {
    check_shape(output.shape(), wanted.shapes()).map_err(|error| mismatch(name, &error))?;
    let gathered: Vec<f32> = output.iter().copied().collect();
    check_finite(&gathered).map_err(|error| corrupt(name, &error))
}
