//! `setup`, `demo`, `test`, `bench` and `fuzz`.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::onnxruntime;
use crate::workspace::{ORT_DYLIB_PATH, cargo, root, step, target_dir};

/// Which engines a test run has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engines {
    /// ONNX Runtime where it can be had, and the embedded one.
    All,
    /// The embedded one alone.
    Embedded,
}

/// Gets ONNX Runtime; fails where it cannot be had.
pub(crate) fn setup() -> ExitCode {
    match onnxruntime::library() {
        Ok(path) => {
            println!("{}", path.display());
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("no ONNX Runtime: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Builds the program in release and runs its demo.
pub(crate) fn demo(options: &[&str]) -> ExitCode {
    let library = library_or_reason();
    let build = step(
        "build the program",
        &mut cargo(&["build", "--release", "--package", "frosted-app"]),
    );
    if let Err(code) = build {
        return code;
    }
    let mut program = Command::new(program());
    program.arg("demo").current_dir(root());
    if !options
        .iter()
        .any(|option| *option == "--out" || option.starts_with("--out="))
    {
        program.arg("--out").arg(target_dir().join("demo"));
    }
    program.args(options);
    with_library(&mut program, library.as_ref());
    finish(step("demo", &mut program))
}

/// Runs every test of the workspace and the checks of its smaller builds, and stops at the first that fails.
pub(crate) fn test(engines: Engines) -> ExitCode {
    let library = match engines {
        Engines::All => library_or_reason(),
        Engines::Embedded => {
            eprintln!("no ONNX Runtime: only the embedded engine was asked for");
            None
        }
    };
    let skipped = target_dir().join("skipped-tests");
    // What an earlier run left; that there is nothing is the rule.
    let _ = fs::remove_file(&skipped);
    for (title, mut command) in test_steps() {
        with_library(&mut command, library.as_ref());
        command.env("FROSTED_SKIPPED", &skipped);
        if let Err(code) = step(title, &mut command) {
            return code;
        }
    }
    eprintln!(
        "\n{}",
        not_run(&fs::read_to_string(&skipped).unwrap_or_default())
    );
    ExitCode::SUCCESS
}

/// What the tests did not cover; `skipped` has a line for each that was skipped.
fn not_run(skipped: &str) -> String {
    let mut note = "not run here: the tests of cameras (`cargo xtask test --cameras`) and of the browser (`--browser`), in \
                    a virtual machine, and of the virtual camera by PipeWire (`--pipewire`)"
        .to_owned();
    if let Some(first) = skipped.lines().next() {
        note += &format!(
            "\n{} tests were SKIPPED, which say nothing of the GPU then: {first}\nDebian's software driver is in \
             libvulkan1 and mesa-vulkan-drivers; FROSTED_REQUIRE_GPU=1 makes them fail instead",
            skipped.lines().count()
        );
    }
    note
}

/// Runs the criterion benchmarks of the pixel work on the GPU, beside the CPU's.
pub(crate) fn bench_gpu(options: &[&str]) -> ExitCode {
    let mut command = cargo(&["bench", "--package", "frosted", "--features", "gpu"]);
    command.args(["--bench", "gpu", "--"]).args(options);
    finish(step("benchmarks of the GPU", &mut command))
}

/// Runs the criterion benchmarks of what the CPU does beside the networks: the pixel work and the decision, at every
/// level of instructions.
pub(crate) fn bench_cpu(options: &[&str]) -> ExitCode {
    for (package, bench) in [
        ("frosted-cpu", "compositor"),
        ("frosted-pipeline", "decide"),
    ] {
        let mut command = cargo(&["bench", "--package", package, "--bench", bench, "--"]);
        command.args(options);
        if let Err(code) = step(&format!("benchmarks of {package}"), &mut command) {
            return code;
        }
    }
    ExitCode::SUCCESS
}

/// Runs the criterion benchmarks of the whole pipeline and of the networks in it.
pub(crate) fn bench(options: &[&str]) -> ExitCode {
    let library = library_or_reason();
    let mut command = cargo(&["bench", "--package", "frosted", "--features", "landscape"]);
    command.args(["--bench", "pipeline", "--"]);
    command.args(options);
    with_library(&mut command, library.as_ref());
    finish(step("benchmarks", &mut command))
}

/// Mutates the fuzz corpus for `seconds` per target.
pub(crate) fn fuzz(seconds: &str) -> ExitCode {
    if seconds.parse::<u64>().is_err() {
        eprintln!("fuzz takes a number of seconds, not \"{seconds}\"");
        return ExitCode::from(2);
    }
    let mut command = separate("fuzz", "test");
    command.args(["--release", "--", "--nocapture"]);
    command.env("FROSTED_FUZZ_SECONDS", seconds);
    finish(step("fuzzing", &mut command))
}

fn finish(result: Result<(), ExitCode>) -> ExitCode {
    result.err().unwrap_or(ExitCode::SUCCESS)
}

fn test_steps() -> Vec<(&'static str, Command)> {
    let mut steps = vec![
        (
            "tests and doc tests of the workspace",
            cargo(&[
                "test",
                "--workspace",
                "--exclude",
                "xtask",
                "--features",
                "frosted/image,frosted/camera,frosted/gpu",
            ]),
        ),
        (
            "tests of all models",
            cargo(&["test", "--package", "frosted-models", "--all-features"]),
        ),
        (
            "segmentation with the embedded engine alone",
            cargo(&[
                "test",
                "--package",
                "frosted-segment",
                "--no-default-features",
                "--features",
                "embedded",
            ]),
        ),
        (
            "execution providers that are in the build and not in the library",
            cargo(&[
                "test",
                "--package",
                "frosted-segment",
                "--all-features",
                "--test",
                "providers",
            ]),
        ),
        (
            "the library without engine and model",
            cargo(&["check", "--package", "frosted", "--no-default-features"]),
        ),
        (
            "the library with the embedded engine and the model",
            cargo(&[
                "check",
                "--package",
                "frosted",
                "--no-default-features",
                "--features",
                "embedded,models",
            ]),
        ),
    ];
    steps.push((
        "the program without a GPU compositor",
        cargo(&[
            "check",
            "--package",
            "frosted-app",
            "--no-default-features",
            "--features",
            "onnxruntime",
        ]),
    ));
    steps.push((
        "the preview window, a package of its own",
        separate("examples/webcam_preview", "check"),
    ));
    steps.push((
        "the preview window of the GPU, a package of its own",
        separate("examples/gpu_preview", "check"),
    ));
    if root().join("fuzz").join("Cargo.toml").is_file() {
        steps.push(("replay of the fuzz corpus", separate("fuzz", "test")));
    }
    steps.push((
        "a program outside the workspace",
        separate("tests/hello", "run"),
    ));
    steps
}

/// `cargo` on a package that is no member of the workspace.
fn separate(folder: &str, command: &str) -> Command {
    let dir = root().join(folder);
    // Without a lock file of its own it would resolve to other versions than the ones the workspace is tested with.
    let lock = dir.join("Cargo.lock");
    if !lock.is_file()
        && let Err(error) = fs::copy(root().join("Cargo.lock"), &lock)
    {
        eprintln!("{}: {error}; cargo resolves anew", lock.display());
    }
    let mut cargo = cargo(&[command]);
    let name = folder.replace('/', "-");
    cargo
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", target_dir().join(name));
    cargo
}

pub(crate) fn program() -> PathBuf {
    let name = format!("frosted{}", env::consts::EXE_SUFFIX);
    target_dir().join("release").join(name)
}

/// The library to use; none, and one line that says why, where the embedded engine has to do.
pub(crate) fn library_or_reason() -> Option<PathBuf> {
    if let Some(path) = env::var_os(ORT_DYLIB_PATH).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        eprintln!("ONNX Runtime: {} ({ORT_DYLIB_PATH})", path.display());
        return Some(path);
    }
    match onnxruntime::library() {
        Ok(path) => {
            eprintln!("ONNX Runtime: {}", path.display());
            Some(path)
        }
        Err(reason) => {
            eprintln!("no ONNX Runtime: {reason}; going on with the embedded engine");
            None
        }
    }
}

pub(crate) fn with_library(command: &mut Command, library: Option<&PathBuf>) {
    match library {
        Some(path) => command.env(ORT_DYLIB_PATH, path),
        None => command.env_remove(ORT_DYLIB_PATH),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_note_names_what_was_not_run_and_what_was_skipped() {
        let all = not_run("");
        for word in ["--cameras", "--browser", "--pipewire"] {
            assert!(all.contains(word), "{all}");
        }
        assert!(!all.contains("SKIPPED"), "{all}");
        let skipped =
            not_run("SKIPPED, a test of the GPU: none\nSKIPPED, a test of the GPU: none\n");
        assert!(skipped.starts_with(&all), "{skipped}");
        for word in ["2 tests", "GPU: none", "mesa-vulkan-drivers"] {
            assert!(skipped.contains(word), "{skipped}");
        }
    }
}
