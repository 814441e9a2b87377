//! The record of a session, for audits: what was shown, why, and by which settings, a line a
//! second. It holds no pixel, no name of a camera or a file and nothing of the room.
//!
//! Each line carries the hash of the line before and its own, so that a change of any byte
//! shows, and the last hash, noted elsewhere, shows that lines were cut off or all of them
//! rewritten. docs/AUDIT.md has the format.

mod chain;
mod counts;
mod options;
mod summary;
mod utc;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use chain::{Chain, Key};
pub(crate) use counts::Counts;
pub(crate) use options::{RecordOptions, VerifyOptions};
pub(crate) use verify::run as verify;
pub(crate) use writer::{Claim, Clock, End, Recorder};

/// What a record's first line says that it is.
const FORMAT: &str = "frosted-record";
/// Raised when a reader of the version before would misread it.
const VERSION: u64 = 1;
