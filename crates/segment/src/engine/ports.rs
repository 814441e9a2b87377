use crate::error::{LoadError, LoadErrorKind};
use crate::spec::{ModelSpec, shape_text};

/// An input or output as a model declares it.
pub(crate) struct Port {
    pub(crate) name: String,
    /// Whether it is a tensor of f32; `None` if the model does not say.
    pub(crate) is_f32: Option<bool>,
    /// Its sides, `None` for one that is open; no list if the model does not say.
    pub(crate) shape: Option<Vec<Option<usize>>>,
}

/// Whether a model that declares these ports can be the one that `spec` describes.
///
/// # Errors
/// [`LoadErrorKind::Mismatch`] with both shapes.
pub(crate) fn check(spec: &ModelSpec, inputs: &[Port], outputs: &[Port]) -> Result<(), LoadError> {
    check_side("input", spec, inputs, &[spec.input_shape().to_vec()])?;
    check_side("output", spec, outputs, spec.output_shapes())
}

fn check_side(
    side: &str,
    spec: &ModelSpec,
    ports: &[Port],
    allowed: &[Vec<usize>],
) -> Result<(), LoadError> {
    let mismatch = |message: String| {
        let message = format!("model \"{}\" does not fit its spec: {message}", spec.name());
        Err(LoadError::new(LoadErrorKind::Mismatch, message))
    };
    let [port] = ports else {
        let names: Vec<_> = ports.iter().map(|port| port.name.as_str()).collect();
        return mismatch(format!(
            "it has {} {side}s ({}), only models with one are supported",
            ports.len(),
            names.join(", ")
        ));
    };
    if port.is_f32 == Some(false) {
        return mismatch(format!("its {side} \"{}\" is not f32", port.name));
    }
    let Some(shape) = &port.shape else {
        return Ok(());
    };
    if allowed.iter().any(|allowed| agree(shape, allowed)) {
        return Ok(());
    }
    let declared: Vec<_> = shape
        .iter()
        .map(|side| side.map_or("?".to_owned(), |side| side.to_string()))
        .collect();
    let allowed: Vec<_> = allowed.iter().map(|shape| shape_text(shape)).collect();
    mismatch(format!(
        "its {side} is {}, the spec says {}",
        declared.join("x"),
        allowed.join(" or ")
    ))
}

fn agree(declared: &[Option<usize>], allowed: &[usize]) -> bool {
    declared.len() == allowed.len()
        && declared
            .iter()
            .zip(allowed)
            .all(|(declared, allowed)| declared.is_none_or(|side| side == *allowed))
}
