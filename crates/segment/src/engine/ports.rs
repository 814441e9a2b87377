use crate::error::{LoadError, LoadErrorKind};
use crate::spec::{ModelOutput, ModelSpec, shape_text};

/// An input or output as a model declares it.
pub(crate) struct Port {
    pub(crate) name: String,
    /// Whether it is a tensor of f32; `None` if the model does not say.
    pub(crate) is_f32: Option<bool>,
    /// Its sides, `None` for one that is open; no list if the model does not say.
    pub(crate) shape: Option<Vec<Option<usize>>>,
}

/// Where the spec's outputs are among those that a model declares, if it can be the model
/// that `spec` describes.
///
/// # Errors
/// [`LoadErrorKind::Mismatch`] with both shapes.
pub(crate) fn check(
    spec: &ModelSpec,
    inputs: &[Port],
    outputs: &[Port],
) -> Result<Vec<usize>, LoadError> {
    let side = Side {
        name: "input",
        spec,
    };
    side.check(side.only(inputs)?, &[spec.input_shape().to_vec()])?;
    let side = Side {
        name: "output",
        spec,
    };
    let place = |wanted: &ModelOutput| {
        let place = match wanted.name() {
            None => side.only(outputs).map(|_| 0)?,
            Some(name) => side.named(outputs, name)?,
        };
        side.check(&outputs[place], wanted.shapes())?;
        Ok(place)
    };
    spec.outputs().iter().map(place).collect()
}

struct Side<'a> {
    name: &'static str,
    spec: &'a ModelSpec,
}

impl Side<'_> {
    fn mismatch(&self, message: &str) -> LoadError {
        let model = self.spec.name();
        let message = format!("model \"{model}\" does not fit its spec: {message}");
        LoadError::new(LoadErrorKind::Mismatch, message)
    }

    fn only<'p>(&self, ports: &'p [Port]) -> Result<&'p Port, LoadError> {
        match ports {
            [port] => Ok(port),
            _ => Err(self.mismatch(&format!(
                "it has {} {}s ({}), its kind has one",
                ports.len(),
                self.name,
                names(ports)
            ))),
        }
    }

    fn named(&self, ports: &[Port], name: &str) -> Result<usize, LoadError> {
        let place = ports.iter().position(|port| port.name == name);
        place.ok_or_else(|| {
            self.mismatch(&format!(
                "it has no {} \"{name}\", but {}",
                self.name,
                names(ports)
            ))
        })
    }

    fn check(&self, port: &Port, allowed: &[Vec<usize>]) -> Result<(), LoadError> {
        let what = format!("its {} \"{}\" is", self.name, port.name);
        if port.is_f32 == Some(false) {
            return Err(self.mismatch(&format!("{what} not f32")));
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
        Err(self.mismatch(&format!(
            "{what} {}, the spec says {}",
            declared.join("x"),
            allowed.join(" or ")
        )))
    }
}

fn names(ports: &[Port]) -> String {
    let names: Vec<_> = ports.iter().map(|port| port.name.as_str()).collect();
    names.join(", ")
}

fn agree(declared: &[Option<usize>], allowed: &[usize]) -> bool {
    declared.len() == allowed.len()
        && declared
            .iter()
            .zip(allowed)
            .all(|(declared, allowed)| declared.is_none_or(|side| side == *allowed))
}
