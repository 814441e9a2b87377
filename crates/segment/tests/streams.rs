//! Several engines of one model in a process: what each answers, and what another one takes.
#![allow(clippy::unwrap_used)]
#![cfg(all(feature = "onnxruntime", feature = "embedded"))]

#[path = "scene/real.rs"]
mod real;
mod scene;

use std::sync::Mutex;
use std::thread;

use frosted_segment::ndarray::{Array4, ArrayD};
use frosted_segment::{
    Engine, EngineChoice, EngineOptions, LoadErrorKind, ModelSpec, RuntimeSearch, open_engine,
};
use real::{engines, model};

const MODEL: &str = "selfie_landscape_256x144";
const STREAMS: usize = 4;

/// Memory is that of the process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn opened(engine: impl Into<EngineOptions>) -> (Box<dyn Engine>, ModelSpec) {
    let (spec, onnx) = model(MODEL);
    let spec = ModelSpec::from_toml(&spec).unwrap();
    let engine = open_engine(engine, &RuntimeSearch::default(), &spec, &onnx);
    (engine.unwrap(), spec)
}

/// A picture that no other (stream, number) has.
fn input(spec: &ModelSpec, stream: usize, number: usize) -> Array4<f32> {
    Array4::from_shape_fn(spec.input_shape(), |(_, plane, y, x)| {
        ((x * (stream + 1) + y * (plane + number)) % 97) as f32 / 97.0
    })
}

#[test]
fn engines_at_once_answer_each_picture_as_one_that_is_alone() {
    const PICTURES: usize = 3;
    let _alone = ALONE.lock().unwrap_or_else(|lock| lock.into_inner());
    for choice in engines() {
        let (mut alone, spec) = opened(choice);
        let expected: Vec<Vec<ArrayD<f32>>> = (0..STREAMS)
            .map(|stream| {
                let answer = |number| {
                    alone
                        .run(input(&spec, stream, number).view())
                        .unwrap()
                        .to_owned()
                };
                (0..PICTURES).map(answer).collect()
            })
            .collect();
        let mut all: Vec<_> = expected.iter().flatten().collect();
        all.dedup();
        assert_eq!(
            all.len(),
            STREAMS * PICTURES,
            "{choice}: pictures have the same answer"
        );
        drop(alone);
        thread::scope(|scope| {
            for (stream, expected) in expected.iter().enumerate() {
                scope.spawn(move || {
                    let (mut engine, spec) = opened(choice);
                    let inputs: Vec<_> = (0..PICTURES)
                        .map(|number| input(&spec, stream, number))
                        .collect();
                    for round in 0..10 {
                        for (number, input) in inputs.iter().enumerate() {
                            let answer = engine.run(input.view()).unwrap();
                            assert!(
                                answer == expected[number],
                                "{choice}: round {round}, stream {stream}, picture {number}"
                            );
                        }
                    }
                });
            }
        });
    }
}

#[test]
fn threads_change_no_answer_and_so_many_as_cannot_be_had_are_an_error() {
    let _alone = ALONE.lock().unwrap_or_else(|lock| lock.into_inner());
    for choice in engines() {
        let with = |threads| EngineOptions {
            threads,
            ..choice.into()
        };
        let (mut one, spec) = opened(with(1));
        let (mut two, _) = opened(with(2));
        for number in 0..3 {
            let input = input(&spec, 0, number);
            let expected = one.run(input.view()).unwrap();
            let answer = two.run(input.view()).unwrap();
            let pairs = expected.iter().zip(&answer);
            let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(
                worst < 1e-4,
                "{choice}: picture {number} differs by {worst}"
            );
        }
        let (text, onnx) = model(MODEL);
        let spec = ModelSpec::from_toml(&text).unwrap();
        for threads in [0, 65] {
            let error = open_engine(with(threads), &RuntimeSearch::default(), &spec, &onnx);
            let error = error.map(|engine| engine.name()).unwrap_err();
            assert_eq!(error.kind(), LoadErrorKind::Threads);
            let words = format!("{threads} threads were asked for");
            assert!(error.to_string().contains(&words), "{error}");
        }
    }
}

/// Anonymous memory of this process, megabytes.
#[cfg(target_os = "linux")]
fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kibibytes.unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}

/// With nothing in common another engine takes 7.6 MB (ONNX Runtime) or 3.3 MB (rten), with
/// the arena or the weights in common 2.3 and 2.7.
#[test]
#[cfg(target_os = "linux")]
fn another_engine_takes_little_memory() {
    let _alone = ALONE.lock().unwrap_or_else(|lock| lock.into_inner());
    for choice in engines() {
        let mut engines = Vec::new();
        let mut add = || {
            let (mut engine, spec) = opened(choice);
            let input = input(&spec, 0, 0);
            for _ in 0..3 {
                engine.run(input.view()).unwrap();
            }
            engines.push(engine);
            memory_mb()
        };
        let (first, last) = (add(), (0..8).map(|_| add()).last().unwrap());
        let each = (last - first) / 8.0;
        let most = match choice {
            EngineChoice::OnnxRuntime => 4.5,
            _ => 3.0,
        };
        assert!(
            each < most,
            "{choice}: {each:.1} MB each, at most {most} MB"
        );
    }
}
