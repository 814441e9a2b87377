//! `frosted run` and `frosted devices` as a user has them, on real V4L2 devices.
//!
//! Run by `cargo xtask test --cameras`, which starts a virtual machine that has them (tests/guest). Elsewhere every test
//! skips, and says so. The cameras are vivid and a loopback that a writer feeds with a room full of marks; what comes
//! out is read by `v4l2-ctl` and `ffmpeg`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and speaks on its standard streams"
)]

mod guest;
mod program;
mod reader;
mod room;
mod writer;

mod browser;
mod demand;
mod devices;
mod growth;
mod latency;
mod refusals;
mod streams;
mod trouble;
