use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// As many lines wait for whoever reads slowly; what comes then is dropped.
const WAITING: usize = 64;

/// How long the end of the program waits for lines that are not written yet.
const PATIENCE: Duration = Duration::from_millis(300);

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// The standard output.
    Out,
    /// The standard error.
    Err,
}

/// Writes what is said from a thread of its own: a terminal that is held (Ctrl-S) or a
/// program that stops reading must not hold the frames up.
#[derive(Debug)]
pub(crate) struct Voice {
    lines: Option<SyncSender<(Stream, String)>>,
    thread: Option<JoinHandle<()>>,
}

impl Voice {
    /// A voice; where no thread can be had it is silent.
    pub(crate) fn new() -> Self {
        let (lines, waiting) = mpsc::sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name("frosted-voice".into())
            .spawn(move || write_all(&waiting));
        Self {
            lines: Some(lines),
            thread: thread.ok(),
        }
    }

    /// Writes `text` soon, or never if too much waits.
    pub(crate) fn say(&self, stream: Stream, text: String) {
        if let Some(lines) = &self.lines {
            let _ = lines.try_send((stream, text));
        }
    }
}

fn write_all(waiting: &Receiver<(Stream, String)>) {
    for (stream, text) in waiting {
        // If nobody listens, the camera goes on.
        let _ = match stream {
            Stream::Out => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
            Stream::Err => io::stderr().write_all(text.as_bytes()),
        };
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.lines = None;
        let Some(thread) = self.thread.take() else {
            return;
        };
        let began = Instant::now();
        while !thread.is_finished() && began.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_waits_for_a_voice_that_is_stuck() {
        // A receiver that is never read is a terminal that is held.
        let (lines, _stuck) = mpsc::sync_channel(WAITING);
        let voice = Voice {
            lines: Some(lines),
            thread: Some(thread::spawn(|| thread::sleep(Duration::from_secs(5)))),
        };
        let began = Instant::now();
        for _ in 0..10 * WAITING {
            voice.say(Stream::Err, "line\n".to_owned());
        }
        drop(voice);
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}
