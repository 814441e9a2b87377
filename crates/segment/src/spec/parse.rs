mod grids;
mod states;

use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::{Table, Value};

use super::{ChannelOrder, Fit, Layout, ModelSpec, OutputKind};
use crate::error::{LoadError, LoadErrorKind};

/// Sides of an input: less than 16 pixels show nobody, more than 2048 cost seconds a frame.
const SIDES: RangeInclusive<i64> = 16..=2048;
const CLASSES: RangeInclusive<i64> = 2..=256;
const SCALES: RangeInclusive<i64> = 2..=8;
/// Wide enough for every input range in use, narrow enough that no input overflows.
const MEANS: RangeInclusive<f64> = -10.0..=10.0;
const STDS: RangeInclusive<f64> = 0.001..=1000.0;
const NAME_CHARS: usize = 100;

const KINDS: [&str; 7] = [
    "alpha",
    "logit",
    "two-class",
    "multi-class",
    "planes",
    "alpha-planes",
    "faces",
];

pub(super) fn model_spec(text: &str) -> Result<ModelSpec, LoadError> {
    let table = text
        .parse::<Table>()
        .map_err(|error| syntax(text, &error))?;
    let mut keys = Keys::new(String::new(), table);
    let mut spec = ModelSpec {
        name: keys.line("name")?,
        sha256: keys.sha256()?,
        layout: keys.choice("layout", &[("nchw", Layout::Nchw), ("nhwc", Layout::Nhwc)])?,
        width: keys.integer("width", SIDES)?,
        height: keys.integer("height", SIDES)?,
        channels: keys.choice(
            "channels",
            &[("rgb", ChannelOrder::Rgb), ("bgr", ChannelOrder::Bgr)],
        )?,
        mean: keys.three_numbers("mean", MEANS)?,
        std: keys.three_numbers("std", STDS)?,
        fit: keys.choice(
            "fit",
            &[("letterbox", Fit::Letterbox), ("stretch", Fit::Stretch)],
        )?,
        output: OutputKind::Alpha,
        outputs: Vec::new(),
        states: Vec::new(),
    };
    spec.states = keys.states((spec.width, spec.height))?;
    let mut output = keys.table("output")?;
    keys.finish()?;
    spec.output = output_kind(&mut output, (spec.width, spec.height))?;
    output.finish()?;
    if matches!(spec.output, OutputKind::Faces { .. }) && !spec.states.is_empty() {
        return Err(spec_error(
            "state has no meaning here, a model of the kind \"faces\" looks at each picture on its own"
                .into(),
        ));
    }
    spec.list_outputs();
    Ok(spec)
}

fn output_kind(keys: &mut Keys, size: (usize, usize)) -> Result<OutputKind, LoadError> {
    let kind = keys.choice("kind", &KINDS.map(|kind| (kind, kind)))?;
    Ok(match kind {
        "alpha" => OutputKind::Alpha,
        "logit" => OutputKind::Logit,
        "two-class" => OutputKind::TwoClass {
            person: keys.integer("person", 0..=1)?,
        },
        "multi-class" => {
            let classes = keys.integer("classes", CLASSES)?;
            let person = keys.person(classes)?;
            OutputKind::MultiClass { classes, person }
        }
        "faces" => OutputKind::Faces {
            boxes: keys.line("boxes")?,
            scores: keys.line("scores")?,
            grids: keys.grids(size)?,
        },
        "alpha-planes" => OutputKind::AlphaPlanes {
            scale: keys.scale(size)?,
        },
        _ => OutputKind::Planes {
            scale: keys.scale(size)?,
        },
    })
}

/// The keys of one table, taken out one by one: what is left at the end is unknown.
struct Keys {
    prefix: String,
    table: Table,
    known: Vec<&'static str>,
}

impl Keys {
    fn new(prefix: String, table: Table) -> Self {
        Self {
            prefix,
            table,
            known: Vec::new(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn need(&mut self, key: &'static str, allowed: &dyn Display) -> Result<Value, LoadError> {
        self.take(key).ok_or_else(|| {
            let prefix = &self.prefix;
            spec_error(format!("{prefix}{key} is missing, it must be {allowed}"))
        })
    }

    fn wrong(&self, key: &str, value: &dyn Display, allowed: &dyn Display) -> LoadError {
        let (prefix, value) = (&self.prefix, shortened(value));
        spec_error(format!("{prefix}{key} is {value}, it must be {allowed}"))
    }

    fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Result<T, LoadError> {
        let names: Vec<_> = choices
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let allowed = names.join(" or ");
        let value = self.need(key, &allowed)?;
        choices
            .iter()
            .find(|(name, _)| value.as_str() == Some(name))
            .map(|(_, choice)| *choice)
            .ok_or_else(|| self.wrong(key, &value, &allowed))
    }

    fn integer(
        &mut self,
        key: &'static str,
        range: RangeInclusive<i64>,
    ) -> Result<usize, LoadError> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let value = self.need(key, &allowed)?;
        value
            .as_integer()
            .filter(|number| range.contains(number))
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| self.wrong(key, &value, &allowed))
    }

    fn three_numbers(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
    ) -> Result<[f32; 3], LoadError> {
        let allowed = format!("three numbers from {} to {}", range.start(), range.end());
        let value = self.need(key, &allowed)?;
        let numbers: Option<Vec<f32>> = value.as_array().and_then(|numbers| {
            let number = |value: &Value| {
                let whole = value.as_integer().map(|number| number as f64);
                let number = value.as_float().or(whole)?;
                range.contains(&number).then_some(number as f32)
            };
            numbers.iter().map(number).collect()
        });
        numbers
            .and_then(|numbers| <[f32; 3]>::try_from(numbers).ok())
            .ok_or_else(|| self.wrong(key, &value, &allowed))
    }

    fn line(&mut self, key: &'static str) -> Result<String, LoadError> {
        let allowed = format!("1 to {NAME_CHARS} characters of text on one line");
        let value = self.need(key, &allowed)?;
        let fits = |name: &&str| {
            (1..=NAME_CHARS).contains(&name.chars().count()) && !name.contains(char::is_control)
        };
        match value.as_str().filter(fits) {
            Some(name) => Ok(name.to_owned()),
            None => Err(self.wrong(key, &value, &allowed)),
        }
    }

    fn sha256(&mut self) -> Result<Option<String>, LoadError> {
        let Some(value) = self.take("sha256") else {
            return Ok(None);
        };
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        match value.as_str() {
            Some(sum) if sum.len() == 64 && sum.bytes().all(is_hex) => Ok(Some(sum.to_owned())),
            _ => Err(self.wrong("sha256", &value, &"64 lower-case hexadecimal digits")),
        }
    }

    fn person(&mut self, classes: usize) -> Result<Vec<usize>, LoadError> {
        // If every class were the person's, alpha would be 1 everywhere.
        let allowed = format!(
            "a list of different classes from 0 to {}, at least one and not all",
            classes - 1
        );
        let value = self.need("person", &allowed)?;
        let person: Option<Vec<usize>> = value.as_array().and_then(|list| {
            let class = |value: &Value| {
                let class = usize::try_from(value.as_integer()?).ok()?;
                (class < classes).then_some(class)
            };
            list.iter().map(class).collect()
        });
        let distinct = |person: &Vec<usize>| {
            let mut sorted = person.clone();
            sorted.sort_unstable();
            sorted.dedup();
            sorted.len() == person.len() && (1..classes).contains(&person.len())
        };
        person
            .filter(distinct)
            .ok_or_else(|| self.wrong("person", &value, &allowed))
    }

    fn scale(&mut self, (width, height): (usize, usize)) -> Result<usize, LoadError> {
        let scale = self.integer("scale", SCALES)?;
        if width.is_multiple_of(scale) && height.is_multiple_of(scale) {
            return Ok(scale);
        }
        let allowed = format!("a divisor of width {width} and height {height}");
        Err(self.wrong("scale", &scale, &allowed))
    }

    fn table(&mut self, key: &'static str) -> Result<Keys, LoadError> {
        match self.need(key, &"a table with the key kind")? {
            Value::Table(table) => Ok(Keys::new("output.".to_owned(), table)),
            other => Err(self.wrong(key, &other, &"a table with the key kind")),
        }
    }

    fn finish(&self) -> Result<(), LoadError> {
        match self.table.iter().next() {
            None => Ok(()),
            Some((key, value)) => Err(spec_error(format!(
                "{}{} = {} has no meaning here, allowed are {}",
                self.prefix,
                shortened(key),
                shortened(value),
                self.known.join(", ")
            ))),
        }
    }
}

/// A value as text of at most 80 characters: a spec's values come from outside.
fn shortened(value: &dyn Display) -> String {
    const CHARS: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> LoadError {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text
        .bytes()
        .take(start)
        .filter(|&byte| byte == b'\n')
        .count();
    spec_error(format!("line {line} is no TOML: {}", error.message()))
}

fn spec_error(message: String) -> LoadError {
    LoadError::new(LoadErrorKind::Spec, format!("model spec: {message}"))
}
