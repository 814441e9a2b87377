use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::exit::Failure;
use crate::media::MediaError;

/// Stands where the hash of the line before stands, in the first line.
const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What comes between a line and its own hash, which is of all that comes before.
const SEAM: &str = ",\"hash\":\"";
const CLOSE: &str = "\"}";

/// The secret that a record is kept with.
#[derive(Clone)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    const BYTES: std::ops::RangeInclusive<usize> = 16..=65_536;

    /// Takes all bytes of the file, a line's end too.
    ///
    /// # Errors
    /// It cannot be read, or holds fewer than 16 bytes or more than 65536.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        let most = *Self::BYTES.end() as u64 + 1;
        let length = File::open(path)
            .and_then(|file| {
                let length = file.metadata()?.len();
                file.take(most).read_to_end(&mut bytes)?;
                Ok(length)
            })
            .map_err(|error| MediaError::opening(path, &error))?;
        // A device has no length, and what is read ends behind the longest key.
        let length = length.max(bytes.len() as u64);
        Self::of(bytes, length).map_err(|why| Failure::new(format!("{}: {why}", path.display())))
    }

    /// A key of these bytes.
    #[cfg(test)]
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, String> {
        let length = bytes.len() as u64;
        Self::of(bytes, length)
    }

    /// The bytes that were read of a file of this length.
    fn of(bytes: Vec<u8>, length: u64) -> Result<Self, String> {
        if Self::BYTES.contains(&bytes.len()) {
            return Ok(Self(bytes));
        }
        Err(format!(
            "has {length} bytes, a key has {} to {}: make one, such as by head -c 32 /dev/urandom > key",
            Self::BYTES.start(),
            Self::BYTES.end()
        ))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Lines that hold on to each other.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    key: Option<Key>,
    /// The hash of the last line, lower-case hex.
    last: String,
}

impl Chain {
    /// A chain without a line.
    pub(crate) fn new(key: Option<Key>) -> Self {
        Self {
            key,
            last: NOTHING.to_owned(),
        }
    }

    /// The hash of the last line, lower-case hex.
    pub(crate) fn last(&self) -> &str {
        &self.last
    }

    /// How hashes are made, as the first line names it.
    pub(crate) fn method(&self) -> &'static str {
        match self.key {
            None => "sha256",
            Some(_) => "hmac-sha256",
        }
    }

    /// The next line, which says `what` (an object), with its line's end.
    pub(crate) fn seal(&mut self, what: &Value) -> String {
        let mut line = what.to_string();
        line.truncate(line.len().saturating_sub(1));
        let comma = if line.len() > 1 { "," } else { "" };
        let _ = write!(line, "{comma}\"before\":\"{}\"", self.last);
        self.last = self.hash(line.as_bytes());
        let _ = writeln!(line, "{SEAM}{}{CLOSE}", self.last);
        line
    }

    /// What the next line says, if it is the next line; without its line's end.
    ///
    /// # Errors
    /// Why it is not.
    pub(super) fn check(&mut self, line: &[u8]) -> Result<Value, String> {
        let text = std::str::from_utf8(line).map_err(|_| "it is no text")?;
        let cut = text
            .len()
            .checked_sub(SEAM.len() + NOTHING.len() + CLOSE.len());
        let parts = cut.and_then(|cut| {
            let (body, rest) = text.split_at_checked(cut)?;
            let hash = rest.strip_prefix(SEAM)?.strip_suffix(CLOSE)?;
            Some((body, hash))
        });
        let (body, hash) = parts.ok_or("it does not end with its hash")?;
        if self.hash(body.as_bytes()) != hash {
            return Err(match self.key {
                None => "its hash is not its own: it was changed".to_owned(),
                Some(_) => {
                    "its hash is not its own: it was changed, or the key is another".to_owned()
                }
            });
        }
        let value: Value = serde_json::from_str(text).map_err(|_| "it is no JSON")?;
        if value["before"] != self.last {
            return Err("it does not follow the line before it".to_owned());
        }
        hash.clone_into(&mut self.last);
        Ok(value)
    }

    fn hash(&self, bytes: &[u8]) -> String {
        let hash = match &self.key {
            None => Sha256::digest(bytes),
            Some(Key(key)) => {
                let mut mac =
                    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
                mac.update(bytes);
                mac.finalize().into_bytes()
            }
        };
        hash.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
