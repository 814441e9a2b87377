//! ONNX Runtime's telemetry, which is not to run.

/// Read by the library when it is loaded; 1 turns off all of its telemetry.
const SWITCH: &str = "ORT_DISABLE_TELEMETRY";

/// Sees to it that ONNX Runtime, once it is loaded, sends nothing and writes nothing.
///
/// Microsoft's builds of ONNX Runtime 1.31 otherwise queue events about each session in the
/// user's cache, with a lasting number of the device, and send them to their maker. The call of
/// ONNX Runtime's interface that turns telemetry off does not keep them from it, only the
/// environment variable `ORT_DISABLE_TELEMETRY` does, and it must be set before the library is
/// loaded. Opening an engine sets it, too; call this first in `main`, or set the variable for the
/// process, so that it is not changed while other threads may read the environment. A library
/// that the program itself has loaded before is not reached.
#[allow(unsafe_code)]
pub fn refuse_telemetry() {
    if std::env::var_os(SWITCH).is_some_and(|value| value == "1") {
        return;
    }
    // SAFETY: Rust's own readers of the environment are kept out by the standard library. What
    // is left are readers in C on other threads: there are none at the start of `main`, where
    // the documentation asks for this call, and it happens once per process. To load the library
    // without it would break what is promised about the network.
    unsafe { std::env::set_var(SWITCH, "1") };
}
