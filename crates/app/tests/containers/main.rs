//! Clips in containers, through ffmpeg.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod clips;
#[path = "../support/mod.rs"]
mod support;

mod input;
mod nothing_else;
mod picture;
mod sound;
