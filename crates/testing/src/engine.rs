use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use frosted_segment::ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};
use frosted_segment::{Engine, EngineError, LoadError, ModelSpec, NetworkSegmenter};

use crate::clock::ManualClock;
use crate::scene::person_part;

/// What a fake engine answers to one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// The person of a [`CanaryScene`](crate::CanaryScene), where it is.
    Person,
    /// Nobody.
    Nobody,
    /// .5 everywhere.
    Undecided,
    /// Everything is the person.
    Everything,
    /// The person, and all that is beside them from the left edge to the right one.
    Wide,
    /// The person's mask, but for one value that is not a number.
    NotANumber,
    /// The person's mask, but for one value that is infinite.
    Infinite,
    /// A tensor of half the height.
    WrongSize,
    /// No tensor to speak of.
    Empty,
    /// An error.
    Error,
    /// A panic.
    Panic,
    /// The person's mask to the last bit as it was the time before.
    Stuck,
    /// An alpha of 0 to 255, whose background is .02.
    Bytes,
    /// The person, after so long by the clock that the engine was given.
    Slow(Duration),
}

/// The answers still to be given; the last one is given for ever.
#[derive(Clone, Debug)]
pub struct Script(Arc<Mutex<VecDeque<Answer>>>);

impl Script {
    /// Answers in order.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(Arc::new(Mutex::new(answers.into_iter().collect())))
    }

    /// Replaces what is still to be answered.
    pub fn set(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = answers.into_iter().collect();
    }

    fn next(&self) -> Answer {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.len() {
            0 => Answer::Person,
            1 => answers[0],
            _ => answers.pop_front().unwrap_or(Answer::Person),
        }
    }
}

/// An engine that answers by a script.
#[derive(Debug)]
pub struct FakeEngine {
    script: Script,
    clock: Option<Arc<ManualClock>>,
    output: ArrayD<f32>,
    runs: usize,
}

/// Width and height of the fake network's picture.
const SIZE: (usize, usize) = (96, 64);

impl FakeEngine {
    /// An engine that answers by `script`; `clock` is what [`Answer::Slow`] lets run.
    pub fn new(script: Script, clock: Option<Arc<ManualClock>>) -> Self {
        Self {
            script,
            clock,
            output: ArrayD::zeros(IxDyn(&[1, 1, SIZE.1, SIZE.0])),
            runs: 0,
        }
    }

    /// The spec of the network that the engine pretends to run.
    ///
    /// # Panics
    /// Never: the text is a valid spec.
    pub fn spec() -> ModelSpec {
        ModelSpec::from_toml(&format!(
            "name = \"fake\"\nlayout = \"nchw\"\nwidth = {}\nheight = {}\nchannels = \"rgb\"\n\
             mean = [0.0, 0.0, 0.0]\nstd = [1.0, 1.0, 1.0]\nfit = \"stretch\"\n\
             [output]\nkind = \"alpha\"\n",
            SIZE.0, SIZE.1
        ))
        .expect("the fake's spec is a spec")
    }
}

impl Engine for FakeEngine {
    fn name(&self) -> String {
        "fake engine".into()
    }

    fn run(&mut self, _: ArrayView4<'_, f32>) -> Result<ArrayViewD<'_, f32>, EngineError> {
        let (width, height) = SIZE;
        let full = IxDyn(&[1, 1, height, width]);
        let person =
            |index: IxDyn| f32::from(u8::from(person_part(index[3], index[2], width, height)));
        let answer = self.script.next();
        self.output = match answer {
            Answer::Nobody => ArrayD::zeros(full),
            Answer::Undecided => ArrayD::from_elem(full, 0.55),
            Answer::Everything => ArrayD::ones(full),
            Answer::Wide => {
                ArrayD::from_shape_fn(full, |at| f32::from(u8::from(4 * at[2] >= height)))
            }
            Answer::WrongSize => ArrayD::ones(IxDyn(&[1, 1, height / 2, width])),
            Answer::Empty => ArrayD::ones(IxDyn(&[0])),
            Answer::Bytes => ArrayD::from_shape_fn(full, |at| 255.0 * person(at).max(0.02 / 255.0)),
            Answer::Error => return Err(EngineError::new("planted error")),
            Answer::Panic => panic!("planted panic"),
            _ => ArrayD::from_shape_fn(full, person),
        };
        // A network's answers to a living picture are never the same to the bit.
        if !matches!(
            answer,
            Answer::Stuck | Answer::WrongSize | Answer::Empty | Answer::Nobody
        ) {
            self.runs += 1;
            let value = &mut self.output[[0, 0, 0, self.runs % width]];
            *value += if *value > 0.5 { -0.03 } else { 0.03 };
        }
        match answer {
            Answer::NotANumber => self.output[[0, 0, height - 1, width - 1]] = f32::NAN,
            Answer::Infinite => self.output[[0, 0, height - 1, width - 1]] = f32::INFINITY,
            Answer::Slow(time) => {
                if let Some(clock) = &self.clock {
                    clock.advance(time);
                }
            }
            _ => {}
        }
        Ok(self.output.view())
    }
}

/// A network segmenter around a fake engine.
#[derive(Debug)]
pub struct FakeSegmenter;

impl FakeSegmenter {
    /// One that answers by `script`.
    ///
    /// # Errors
    /// None: the fake's spec is valid.
    pub fn open(
        script: &Script,
        clock: Option<Arc<ManualClock>>,
    ) -> Result<NetworkSegmenter, LoadError> {
        NetworkSegmenter::new(
            Box::new(FakeEngine::new(script.clone(), clock)),
            FakeEngine::spec(),
        )
    }
}
