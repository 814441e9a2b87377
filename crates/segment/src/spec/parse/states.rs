use std::ops::RangeInclusive;

use toml::Value;

use super::{Keys, spec_error};
use crate::error::LoadError;
use crate::spec::ModelState;

const STATES: RangeInclusive<usize> = 1..=16;
const AXES: RangeInclusive<usize> = 1..=8;
const SIDES: RangeInclusive<i64> = 1..=65536;
const PARTS: RangeInclusive<usize> = 1..=256;
/// All states together: 64 MB, which are copied twice a picture.
const VALUES: usize = 1 << 24;

impl Keys {
    /// The states of a recurrent network; none if the key is not there.
    pub(super) fn states(&mut self, size: (usize, usize)) -> Result<Vec<ModelState>, LoadError> {
        let Some(value) = self.take("state") else {
            return Ok(Vec::new());
        };
        let allowed = format!(
            "a list of {} to {} tables with the keys input, output, shape",
            STATES.start(),
            STATES.end()
        );
        let tables = match value {
            Value::Array(tables) if STATES.contains(&tables.len()) => tables,
            other => return Err(self.wrong("state", &other, &allowed)),
        };
        let mut states: Vec<ModelState> = Vec::new();
        for (place, table) in tables.into_iter().enumerate() {
            let Value::Table(table) = table else {
                return Err(self.wrong("state", &table, &allowed));
            };
            let mut keys = Keys::new(format!("state {}: ", place + 1), table);
            let state = ModelState {
                input: keys.line("input")?,
                output: keys.line("output")?,
                shape: keys.shape(size)?,
            };
            keys.finish()?;
            keys.refuse_second(&states, &state)?;
            states.push(state);
        }
        let sizes = states.iter().map(|state| {
            let sides = state.shape.iter();
            sides.fold(1, |size: usize, &side| size.saturating_mul(side))
        });
        let values = sizes.fold(0, usize::saturating_add);
        if values > VALUES {
            return Err(spec_error(format!(
                "the states have {values} values together, {VALUES} are allowed"
            )));
        }
        Ok(states)
    }

    fn refuse_second(&self, others: &[ModelState], state: &ModelState) -> Result<(), LoadError> {
        let allowed = "the name of no other state's";
        for other in others {
            if other.input == state.input {
                return Err(self.wrong("input", &Value::from(state.input.as_str()), &allowed));
            }
            if other.output == state.output {
                return Err(self.wrong("output", &Value::from(state.output.as_str()), &allowed));
            }
        }
        Ok(())
    }

    fn shape(&mut self, (width, height): (usize, usize)) -> Result<Vec<usize>, LoadError> {
        let allowed = format!(
            "a list of {} to {} sides, each a whole number from {} to {}, \"width\" or \
             \"height\", or one of these by a divisor of it such as \"height/2\"; width is \
             {width}, height is {height}",
            AXES.start(),
            AXES.end(),
            SIDES.start(),
            SIDES.end()
        );
        let value = self.need("shape", &allowed)?;
        let side = |value: &Value| match value {
            Value::Integer(side) if SIDES.contains(side) => usize::try_from(*side).ok(),
            Value::String(text) => {
                let (whole, parts) = text.split_once('/').unwrap_or((text, "1"));
                let whole = match whole {
                    "width" => width,
                    "height" => height,
                    _ => return None,
                };
                let parts = parts.parse().ok().filter(|parts| PARTS.contains(parts))?;
                whole.is_multiple_of(parts).then_some(whole / parts)
            }
            _ => None,
        };
        let sides: Option<Vec<usize>> = value
            .as_array()
            .filter(|sides| AXES.contains(&sides.len()))
            .and_then(|sides| sides.iter().map(side).collect());
        sides.ok_or_else(|| self.wrong("shape", &value, &allowed))
    }
}
