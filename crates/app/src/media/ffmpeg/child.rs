use std::io::Read;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::{self, JoinHandle};

use crate::media::{MediaError, MediaErrorKind};

/// A running ffmpeg whose complaints are kept.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    complaints: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts `command`, whose standard input and output are set already.
    ///
    /// It gets a process group of its own: Ctrl-C is for this program, which then ends the
    /// file properly.
    pub(super) fn start(command: &mut Command) -> Result<Self, MediaError> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let failed = |error: std::io::Error| {
            MediaError::new(
                MediaErrorKind::Program,
                format!("ffmpeg cannot be started: {error}"),
            )
        };
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(failed)?;
        let complaints = child
            .stderr
            .take()
            .map(|stderr| {
                thread::Builder::new()
                    .name("ffmpeg-messages".to_owned())
                    .spawn(move || last_words(stderr))
            })
            .transpose()
            .map_err(failed)?;
        Ok(Self { child, complaints })
    }

    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the end. Either way what ffmpeg complained of: as an error if it failed.
    pub(super) fn wait(&mut self) -> Result<String, String> {
        let status = self.child.wait();
        let words = self
            .complaints
            .take()
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        match status {
            Ok(status) if status.success() => Ok(words),
            Ok(status) if words.is_empty() => Err(format!("ffmpeg ended with {status}")),
            Ok(_) => Err(words),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.complaints.is_some() {
            // It may have ended already, and then there is nothing to kill.
            let _ = self.child.kill();
            let _ = self.wait();
        }
    }
}

/// The first lines of what comes, which name the cause, without ever holding much.
fn last_words(mut stderr: ChildStderr) -> String {
    const KEEP_BYTES: usize = 4096;
    let (mut kept, mut buffer) = (Vec::new(), [0; 1024]);
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        let room = KEEP_BYTES.saturating_sub(kept.len());
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
    let text = String::from_utf8_lossy(&kept).into_owned();
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.iter().take(3).copied().collect::<Vec<_>>().join("; ")
}
