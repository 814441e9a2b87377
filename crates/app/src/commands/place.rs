//! Where a report goes: a file that is claimed before the work begins, or the standard output.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::media::MediaError;
use crate::media::output::{Existing, Output};

/// Where a report goes.
#[derive(Debug)]
pub(super) enum Place {
    StandardOutput,
    /// Claimed before the work begins.
    File(Output, File),
}

impl Place {
    /// None without a path; - is the standard output. No file of `inputs` is replaced, nor
    /// any other without `force`.
    ///
    /// # Errors
    /// As [`Output::create`].
    pub(super) fn claim(
        path: Option<&Path>,
        inputs: &[PathBuf],
        force: bool,
    ) -> Result<Option<Self>, Failure> {
        let Some(path) = path else {
            return Ok(None);
        };
        if path == Path::new("-") {
            return Ok(Some(Self::StandardOutput));
        }
        let existing = if force {
            Existing::Replace
        } else {
            Existing::Keep
        };
        let inputs: Vec<&Path> = inputs.iter().map(AsRef::as_ref).collect();
        let (output, file) = Output::create(path, &inputs, existing)?;
        Ok(Some(Self::File(output, file)))
    }

    /// Writes the whole of it.
    ///
    /// # Errors
    /// [`MediaError`] if the place is full or gone; a file is left as it was then.
    pub(super) fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::StandardOutput => io::stdout()
                .write_all(bytes)
                .map_err(|error| MediaError::write(&error).of("standard output"))?,
            Self::File(output, mut file) => {
                let name = output.target().display().to_string();
                file.write_all(bytes)
                    .map_err(|error| MediaError::write(&error).of(&name))?;
                drop(file);
                output.commit()?;
            }
        }
        Ok(())
    }
}
