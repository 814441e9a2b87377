//! Ctrl-C: the first one ends the work properly, a second one at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Failure;
use crate::media::output;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C and for requests to end.
pub(crate) fn install() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            output::remove_parts();
            process::exit(130);
        }
    })
    .map_err(|error| Failure::new(format!("Ctrl-C cannot be listened for: {error}")))
}

/// Whether the user asked to end.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
