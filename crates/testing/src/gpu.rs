//! Which GPU the tests take, and what they say where there is none.

use std::env;
use std::fs::OpenOptions;
use std::io::{Write, stderr};

/// The variable that names a part of the name of the GPU that tests are to take.
const NAME: &str = "FROSTED_TEST_GPU";

/// The variable that makes tests fail, by the value 1, where they would skip.
const REQUIRED: &str = "FROSTED_REQUIRE_GPU";

/// The variable that names a file for what was skipped, a line each.
const SKIPPED: &str = "FROSTED_SKIPPED";

/// A part of the name of the GPU that tests are to take, `FROSTED_TEST_GPU`; `None` is a
/// software driver.
pub fn test_gpu_name() -> Option<String> {
    env::var(NAME).ok().filter(|name| !name.is_empty())
}

/// Whether the adapter called `name` is the tests' one.
pub fn is_test_gpu(name: &str, is_software: bool) -> bool {
    match test_gpu_name() {
        None => is_software,
        Some(part) => name.to_lowercase().contains(&part.to_lowercase()),
    }
}

/// Says aloud, past what hides a passing test's words, that a test is skipped because of `why`.
///
/// # Panics
/// If it must not be: `FROSTED_REQUIRE_GPU=1`, or `FROSTED_TEST_GPU` names one.
pub fn skip_without_gpu(why: &str) {
    assert!(
        env::var_os(REQUIRED).is_none_or(|value| value != "1"),
        "{REQUIRED}=1, and {why}"
    );
    if let Some(name) = test_gpu_name() {
        panic!("{NAME}={name}, and {why}");
    }
    let line = format!("SKIPPED, a test of the GPU: {why}\n");
    // That it cannot be said or noted is no reason to fail.
    let _ = stderr().lock().write_all(line.as_bytes());
    if let Some(path) = env::var_os(SKIPPED) {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
