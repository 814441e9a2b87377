use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// One line on a terminal that is written over and over; nothing elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: bool,
    frames: Option<u64>,
    started: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    const INTERVAL: Duration = Duration::from_millis(200);

    /// Of `frames`, if their number is known.
    pub(crate) fn new(frames: Option<u64>) -> Self {
        Self {
            shown: io::stderr().is_terminal(),
            frames,
            started: Instant::now(),
            drawn: None,
        }
    }

    /// So many frames are done.
    pub(crate) fn at(&mut self, done: u64) {
        let due = self
            .drawn
            .is_none_or(|drawn| drawn.elapsed() >= Self::INTERVAL);
        if self.shown && due {
            self.drawn = Some(Instant::now());
            let rate = done as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
            let of = match self.frames {
                Some(frames) => format!(" of {frames}"),
                None => String::new(),
            };
            draw(&format!("{done}{of} frames, {rate:.0} a second"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            draw("");
        }
    }
}

fn draw(text: &str) {
    let mut stderr = io::stderr();
    // A terminal that is gone needs no progress. The sequence clears the rest of the line.
    let _ = write!(stderr, "\r{text}\x1b[K").and_then(|()| stderr.flush());
}
