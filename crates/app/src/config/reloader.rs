use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::live::{Change, Live};
use crate::exit::Failure;

/// From one look at the files to the next; a change is in force after two to three.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// How long the end of the program waits for a look that is under way. A file system on a
/// network that is gone can hold it for ever.
const PATIENCE: Duration = Duration::from_millis(500);

/// A thread that looks at the settings' files, so that no frame waits for a disk.
#[derive(Debug)]
pub(crate) struct Reloader {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    change: Option<Change>,
    stop: bool,
    ended: bool,
}

impl Reloader {
    /// Starts looking.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(crate) fn start(live: Live) -> Result<Self, Failure> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("frosted-settings".into())
            .spawn(move || look_on(live, &theirs))
            .map_err(|error| {
                Failure::new(format!("no thread can be had for the settings: {error}"))
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// What has changed since the last call. Never waits for a file.
    pub(crate) fn take(&self) -> Option<Change> {
        self.shared.lock().change.take()
    }
}

impl Drop for Reloader {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.stop = true;
        self.shared.woken.notify_all();
        let waited = self
            .shared
            .woken
            .wait_timeout_while(state, PATIENCE, |state| !state.ended);
        let ended = waited.unwrap_or_else(PoisonError::into_inner).0.ended;
        if let Some(thread) = self.thread.take().filter(|_| ended) {
            // It catches its panics; there is nothing in the result.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the next look; whether it is to be.
    fn wait(&self) -> bool {
        let waited = self
            .woken
            .wait_timeout_while(self.lock(), LOOK_EVERY, |state| !state.stop);
        !waited.unwrap_or_else(PoisonError::into_inner).0.stop
    }

    /// Lays a change out; what was not taken yet is still told.
    fn put(&self, change: Change) {
        let mut state = self.lock();
        let earlier = state.change.take().map(|earlier| earlier.notes);
        let notes = earlier.unwrap_or_default().into_iter().chain(change.notes);
        state.change = Some(Change {
            config: change.config,
            notes: notes.collect(),
        });
    }
}

fn look_on(mut live: Live, shared: &Shared) {
    while shared.wait() {
        match catch_unwind(AssertUnwindSafe(|| live.look())) {
            Ok(Some(change)) => shared.put(change),
            Ok(None) => {}
            Err(_) => {
                // The floor can no longer be followed, so that what was is all there is.
                shared.put(Change {
                    config: live.config().clone(),
                    notes: vec![
                        "the settings are not looked at any more, start the program again".into(),
                    ],
                });
                break;
            }
        }
    }
    shared.lock().ended = true;
    shared.woken.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Instant;

    use frosted::Background;

    use crate::config::places::{Places, SettingsPlace};
    use crate::config::wishes::Wishes;

    /// Far longer than a busy machine needs.
    const LIMIT: Duration = Duration::from_secs(30);

    fn wait_for(reloader: &Reloader) -> Change {
        let start = Instant::now();
        loop {
            if let Some(change) = reloader.take() {
                return change;
            }
            assert!(start.elapsed() < LIMIT, "no change in {LIMIT:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn changes_arrive_and_the_thread_ends_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let places = Places {
            settings: Some(SettingsPlace::Usual(path.clone())),
            policies: vec![folder.path().join("policy.toml")],
        };
        let (live, _) = Live::load(Wishes::default(), places).unwrap();
        let reloader = Reloader::start(live).unwrap();
        assert!(reloader.take().is_none());
        fs::write(&path, "background = \"green\"").unwrap();
        let change = wait_for(&reloader);
        let settings = change.config.settings_for(720).settings;
        assert!(matches!(settings.background, Background::Colour(_)));
        fs::write(&path, "background = ").unwrap();
        let change = wait_for(&reloader);
        assert!(change.notes[0].contains("line 1"), "{:?}", change.notes);
        assert_eq!(change.config.settings_for(720).settings, settings);
        let shared = Arc::clone(&reloader.shared);
        drop(reloader);
        assert_eq!(Arc::strong_count(&shared), 1, "the thread has ended");
    }

    #[test]
    fn what_was_not_taken_is_still_told() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            settings: None,
            policies: vec![folder.path().join("policy.toml")],
        };
        let (live, _) = Live::load(Wishes::default(), places).unwrap();
        let shared = Shared::default();
        for note in ["one", "two"] {
            shared.put(Change {
                config: live.config().clone(),
                notes: vec![note.into()],
            });
        }
        let change = shared.lock().change.take().unwrap();
        assert_eq!(change.notes, ["one", "two"]);
    }
}
