use crate::error::{LoadError, LoadErrorKind};
use crate::spec::{ModelOutput, ModelSpec, ModelState, shape_text};

/// An input or output as a model declares it.
pub(crate) struct Port {
    pub(crate) name: String,
    /// Whether it is a tensor of f32; `None` if the model does not say.
    pub(crate) is_f32: Option<bool>,
    /// Its sides, `None` for one that is open; no list if the model does not say.
    pub(crate) shape: Option<Vec<Option<usize>>>,
}

/// Where what a spec names is among the inputs and outputs that a model declares.
#[derive(Debug)]
pub(crate) struct Places {
    /// The picture, among the inputs.
    pub(crate) picture: usize,
    /// Each of the spec's outputs, among the outputs.
    pub(crate) outputs: Vec<usize>,
    /// Each state, among the inputs and among the outputs.
    pub(crate) states: Vec<(usize, usize)>,
}

/// Finds what `spec` names, if the model can be the one that it describes.
///
/// # Errors
/// [`LoadErrorKind::Mismatch`] with both shapes.
pub(crate) fn check(
    spec: &ModelSpec,
    inputs: &[Port],
    outputs: &[Port],
) -> Result<Places, LoadError> {
    let into = Side {
        name: "input",
        spec,
        states: spec.states().iter().map(ModelState::input).collect(),
    };
    let out_of = Side {
        name: "output",
        spec,
        states: spec.states().iter().map(ModelState::output).collect(),
    };
    let state = |state: &ModelState| {
        let shape = [state.shape().to_vec()];
        let places = (
            into.named(inputs, state.input())?,
            out_of.named(outputs, state.output())?,
        );
        into.check(&inputs[places.0], &shape)?;
        out_of.check(&outputs[places.1], &shape)?;
        Ok(places)
    };
    let states = spec.states().iter().map(state).collect::<Result<_, _>>()?;
    let picture = into.only(inputs)?;
    into.check(&inputs[picture], &[spec.input_shape().to_vec()])?;
    let place = |wanted: &ModelOutput| {
        let place = match wanted.name() {
            None => out_of.only(outputs)?,
            Some(name) => out_of.named(outputs, name)?,
        };
        out_of.check(&outputs[place], wanted.shapes())?;
        Ok(place)
    };
    Ok(Places {
        picture,
        outputs: spec.outputs().iter().map(place).collect::<Result<_, _>>()?,
        states,
    })
}

struct Side<'a> {
    name: &'static str,
    spec: &'a ModelSpec,
    /// The names of the states on this side.
    states: Vec<&'a str>,
}

impl Side<'_> {
    fn mismatch(&self, message: &str) -> LoadError {
        let model = self.spec.name();
        let message = format!("model \"{model}\" does not fit its spec: {message}");
        LoadError::new(LoadErrorKind::Mismatch, message)
    }

    /// The only one that is no state.
    fn only(&self, ports: &[Port]) -> Result<usize, LoadError> {
        let is_state = |port: &Port| self.states.contains(&port.name.as_str());
        let others: Vec<_> = (0..ports.len())
            .filter(|&place| !is_state(&ports[place]))
            .collect();
        if let [place] = others[..] {
            return Ok(place);
        }
        let beside = match self.states.len() {
            0 => "",
            _ => " beside its states",
        };
        Err(self.mismatch(&format!(
            "it has {} {}s{beside} ({}), its kind has one",
            others.len(),
            self.name,
            names(others.iter().map(|&place| &ports[place]))
        )))
    }

    fn named(&self, ports: &[Port], name: &str) -> Result<usize, LoadError> {
        let place = ports.iter().position(|port| port.name == name);
        place.ok_or_else(|| {
            self.mismatch(&format!(
                "it has no {} \"{name}\", but {}",
                self.name,
                names(ports.iter())
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

fn names<'p>(ports: impl Iterator<Item = &'p Port>) -> String {
    let names: Vec<_> = ports.map(|port| port.name.as_str()).collect();
    names.join(", ")
}

fn agree(declared: &[Option<usize>], allowed: &[usize]) -> bool {
    declared.len() == allowed.len()
        && declared
            .iter()
            .zip(allowed)
            .all(|(declared, allowed)| declared.is_none_or(|side| side == *allowed))
}
