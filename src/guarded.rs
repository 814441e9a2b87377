use std::panic::{AssertUnwindSafe, catch_unwind};

use frosted_core::{ComposeError, ComposeErrorKind};

/// Does `work` on a GPU: its drivers and their bindings panic, too, which is an error here.
pub(crate) fn guarded<T>(
    work: impl FnOnce() -> Result<T, ComposeError>,
) -> Result<T, ComposeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "the GPU's driver panicked";
        Err(ComposeError::new(ComposeErrorKind::Device, message))
    })
}
