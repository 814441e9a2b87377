use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{CameraError, CameraErrorKind};

/// The right to read a camera in this process; one thread at a time has it.
///
/// nokhwa itself would hand the same open device out twice, and a device that a stuck read
/// holds cannot be started again.
#[derive(Debug)]
pub(super) struct Claim {
    key: String,
    left: Arc<AtomicBool>,
}

/// Whoever reads a camera, by the camera's key. The flag says that nobody waits for it any
/// more.
static HELD: Mutex<BTreeMap<String, Arc<AtomicBool>>> = Mutex::new(BTreeMap::new());

impl Claim {
    /// Takes the camera `key`; `left` is to become true when the reading thread is given up.
    ///
    /// # Errors
    /// [`Busy`](CameraErrorKind::Busy) while another thread of this process has it.
    pub(super) fn take(key: &str, left: &Arc<AtomicBool>) -> Result<Self, CameraError> {
        let mut held = held();
        if let Some(holder) = held.get(key) {
            let why = if holder.load(Ordering::Relaxed) {
                "its driver has not answered since this program closed it: \
                 unplug it and plug it in again, or start this program anew"
            } else {
                "this program has it open already: close it there, or choose another camera"
            };
            return Err(CameraError::new(
                CameraErrorKind::Busy,
                format!("{key}: {why}"),
            ));
        }
        held.insert(key.to_owned(), Arc::clone(left));
        Ok(Self {
            key: key.to_owned(),
            left: Arc::clone(left),
        })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether a thread of this process has the camera `key`.
    #[cfg_attr(
        not(windows),
        allow(
            dead_code,
            reason = "elsewhere modes are known without opening the camera"
        )
    )]
    pub(super) fn is_taken(key: &str) -> bool {
        held().contains_key(key)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        forfeit(&self.key, &self.left);
    }
}

/// Frees the camera of a thread that cannot end because the camera is gone: what comes back
/// is a device of its own.
pub(super) fn forfeit(key: &str, left: &Arc<AtomicBool>) {
    let mut held = held();
    if held
        .get(key)
        .is_some_and(|holder| Arc::ptr_eq(holder, left))
    {
        held.remove(key);
    }
}

fn held() -> MutexGuard<'static, BTreeMap<String, Arc<AtomicBool>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_refused_with_the_reason_until_its_thread_ends() {
        let left = Arc::new(AtomicBool::new(false));
        let claim = Claim::take("claimed", &left).unwrap();
        let error = Claim::take("claimed", &Arc::default()).unwrap_err();
        assert_eq!(error.kind(), CameraErrorKind::Busy);
        assert!(error.to_string().contains("open already"), "{error}");
        left.store(true, Ordering::Relaxed);
        let error = Claim::take("claimed", &Arc::default()).unwrap_err();
        assert!(error.to_string().contains("has not answered"), "{error}");
        assert!(Claim::is_taken("claimed"));
        drop(claim);
        assert!(Claim::take("claimed", &Arc::default()).is_ok());
    }

    #[test]
    fn a_thread_that_was_given_up_does_not_free_the_camera_of_the_next_one() {
        let old = Arc::new(AtomicBool::new(true));
        let stuck = Claim::take("returned", &old).unwrap();
        forfeit("returned", &old);
        let new = Arc::new(AtomicBool::new(false));
        let _next = Claim::take("returned", &new).unwrap();
        drop(stuck);
        assert!(Claim::is_taken("returned"));
    }
}
