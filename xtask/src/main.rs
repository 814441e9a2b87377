//! Developer commands of the workspace. `cargo xtask` lists them.
#![forbid(unsafe_code)]
// A command-line tool speaks on its standard streams.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arm;
mod cameras;
mod commands;
mod instructions;
mod numbers;
mod onnxruntime;
mod packages;
mod pipewire;
mod platforms;
mod quality;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  setup                           get the pinned ONNX Runtime through pip into the target folder
  demo [-- OPTIONS]               set up, build in release, run the demo; OPTIONS go to `frosted demo`
  test [--engine-only-embedded]   set up, then run every test, the doc tests and the builds with fewer features
  test --cameras                  run the tests of real V4L2 devices in a virtual machine, built the first time
  test --pipewire                 run the tests of the PipeWire camera in a session of their own; needs PipeWire
  test --browser                  show the virtual camera to Chromium in that machine
  test --arm                      run the tests of the CPU's pixel work on 64-bit ARM, emulated; needs QEMU
  soak [MINUTES]                  run `frosted run` in that machine for so long (default 10); fails if it grows
  bench [-- OPTIONS]              set up, then run the criterion benchmarks; OPTIONS go to criterion
  bench --cpu [-- OPTIONS]        run those of the pixel work and of the decision on the CPU, at every level of instructions
  bench --gpu [-- OPTIONS]        run those of the pixel work on the GPU, beside the CPU's (docs/BENCHMARKS.md)
  instructions [--update]         count the instructions of the pixel work with Valgrind; fails if there are a tenth
                                  more than in xtask/instructions.txt, which --update writes
  quality [--mediapipe PYTHON] [--data DIR] [-- OPTIONS]
                                  set up, make the bundled scenes, measure mattes on them and write the table to
                                  docs/MATTE.md; with scenes of your own (DIR) or OPTIONS for `frosted quality` it is
                                  printed only; PYTHON is one that has MediaPipe
  numbers [--quick] [--only NAME] [--rounds N]
                                  measure every published figure, beside MediaPipe and two Python programs (through pip,
                                  or FROSTED_PEERS_PYTHON), and write docs/BENCHMARKS.md and the README's table; quick
                                  runs and parts are printed only. Needs ffmpeg
  fuzz [SECONDS]                  mutate the fuzz corpus for so long per target (default 60), on the stable compiler
  check-platforms                 type-check the code of Windows and macOS; needs Debian on x86-64 and no root
  package-check                   see that each published package holds what it should and nothing else

Variables:
  ORT_DYLIB_PATH=FILE             use an ONNX Runtime of your own
  FROSTED_TEST_GPU=NAME           run the tests of the GPU on the one whose name has this in it, not on a software driver
  FROSTED_BENCH_GPU=NAME          the same for bench --gpu, instead of the GPU that the library would take
  FROSTED_REQUIRE_GPU=1           fail where the tests of the GPU would be skipped; so for _FFMPEG and _ORT";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        ["setup"] => commands::setup(),
        ["demo", "--", options @ ..] | ["demo", options @ ..] => commands::demo(options),
        ["test"] => commands::test(commands::Engines::All),
        ["test", "--engine-only-embedded"] => commands::test(commands::Engines::Embedded),
        ["test", "--cameras"] => cameras::test(),
        ["test", "--pipewire"] => pipewire::test(),
        ["test", "--browser"] => cameras::browser(),
        ["test", "--arm"] => arm::test(),
        ["soak"] => cameras::soak("10"),
        ["soak", minutes] => cameras::soak(minutes),
        ["bench", "--cpu", "--", options @ ..] | ["bench", "--cpu", options @ ..] => {
            commands::bench_cpu(options)
        }
        ["bench", "--gpu", "--", options @ ..] | ["bench", "--gpu", options @ ..] => {
            commands::bench_gpu(options)
        }
        ["bench", "--", options @ ..] | ["bench", options @ ..] => commands::bench(options),
        ["instructions"] => instructions::run(false),
        ["instructions", "--update"] => instructions::run(true),
        ["quality", options @ ..] => match quality::Options::parse(options) {
            Some(options) => quality::run(&options),
            None => unknown(&arguments),
        },
        ["numbers", options @ ..] => match numbers::Options::parse(options) {
            Some(options) => numbers::run(&options),
            None => unknown(&arguments),
        },
        ["fuzz"] => commands::fuzz("60"),
        ["fuzz", seconds] => commands::fuzz(seconds),
        ["check-platforms"] => platforms::check(),
        ["package-check"] => packages::check(),
        _ => unknown(&arguments),
    }
}

fn unknown(arguments: &[&str]) -> ExitCode {
    eprintln!("unknown command: {}\n\n{USAGE}", arguments.join(" "));
    ExitCode::from(2)
}
