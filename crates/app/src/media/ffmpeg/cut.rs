use std::path::Path;
use std::process::{Command, Stdio};

use frosted::Timestamp;

use super::child::Running;
use super::container::Container;
use super::encode::{HYGIENE, complained, file_url};
use super::programs::Programs;
use crate::media::MediaError;
use crate::media::output::{Existing, Output};

/// Ends a finished file after `length`, without coding anything anew.
///
/// For a run that was broken off: ffmpeg takes the sound along to its end, however early the
/// picture ends.
pub(super) fn cut(
    programs: &Programs,
    file: &Path,
    container: Container,
    length: Timestamp,
) -> Result<(), MediaError> {
    let (shorter, _) = Output::create(file, &[], Existing::Replace)?;
    let seconds = length.as_nanos() as f64 / 1e9;
    let mut command = Command::new(&programs.ffmpeg);
    command
        .args(["-hide_banner", "-nostdin", "-loglevel", "error", "-y"])
        .args(["-protocol_whitelist", "file", "-i"])
        .arg(file_url(file))
        .args(["-map", "0", "-c", "copy", "-t", &format!("{seconds:.6}")])
        .args(HYGIENE)
        .args(["-f", container.muxer()])
        .arg(file_url(shorter.part()))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    Running::start(&mut command)?
        .wait()
        .map_err(|words| complained(&words))?;
    shorter.commit()
}
