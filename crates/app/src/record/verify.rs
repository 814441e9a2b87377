use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use serde_json::Value;

use super::summary::Summary;
use super::{Chain, FORMAT, Key, VERSION, VerifyOptions};
use crate::exit::{Exit, Failure};
use crate::media::MediaError;
use crate::messages;

/// Longer lines are none of a record's, and nobody's memory is filled by one.
const MOST_BYTES: u64 = 1 << 20;

/// Checks a record and says what it holds; `None` if none is named.
///
/// # Errors
/// It cannot be read or is no record.
pub(crate) fn run(options: &VerifyOptions) -> Result<Option<Exit>, Failure> {
    let Some(path) = &options.verify else {
        return Ok(None);
    };
    let key = options.record_key.as_deref().map(Key::read).transpose()?;
    let file = File::open(path).map_err(|error| MediaError::opening(path, &error))?;
    let finding = verify(BufReader::new(file), key, options.expect.as_deref())
        .map_err(|error| unreadable(path, &error))?;
    messages::out(&finding.text())?;
    Ok(Some(match finding.fault {
        None => Exit::Done,
        Some(_) => Exit::FailVerdict,
    }))
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Failure::new(format!("{}: {why}", path.display()))
}

/// What is in a record, as far as it is whole.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// What is wrong with it, and with which line.
    pub(super) fault: Option<String>,
    lines: u64,
    last: String,
    summary: Summary,
}

impl Finding {
    pub(super) fn text(&self) -> String {
        let verdict = match &self.fault {
            None => format!("whole: {} lines, last hash {}", self.lines, self.last),
            Some(fault) => format!(
                "BROKEN: {fault}\nwhole before that: {} lines, last hash {}",
                self.lines, self.last
            ),
        };
        format!("{verdict}\n{}", self.summary)
    }
}

/// Checks a record, line by line.
///
/// # Errors
/// It cannot be read, is no record, or needs a key that was not given.
pub(super) fn verify(
    mut file: impl BufRead,
    key: Option<Key>,
    expected: Option<&str>,
) -> Result<Finding, String> {
    let keyed = key.is_some();
    let mut finding = Finding {
        fault: None,
        lines: 0,
        last: String::new(),
        summary: Summary::default(),
    };
    let mut chain = Chain::new(key);
    let mut ended = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut file).take(MOST_BYTES).read_until(b'\n', &mut line);
        if read.map_err(|error| format!("cannot be read: {error}"))? == 0 {
            break;
        }
        if finding.lines == 0 {
            recognise(&line, keyed)?;
        }
        let number = finding.lines + 1;
        let mut follows = || {
            let whole = line.strip_suffix(b"\n").ok_or("it is cut off")?;
            let value = chain.check(whole)?;
            if ended {
                return Err("it comes behind the last line".to_owned());
            }
            if value["line"] != number {
                return Err(format!("it says that it is line {}", value["line"]));
            }
            finding.summary.add(&value)?;
            Ok(value["kind"] == "end")
        };
        match follows() {
            Ok(end) => ended = end,
            Err(why) => {
                finding.fault = Some(format!("line {number}: {why}"));
                chain.last().clone_into(&mut finding.last);
                return Ok(finding);
            }
        }
        finding.lines = number;
        chain.last().clone_into(&mut finding.last);
    }
    if finding.lines == 0 {
        return Err("is empty and no record".to_owned());
    }
    finding.fault = if !ended {
        Some("it was broken off: the line that says how it ended is missing".to_owned())
    } else if expected.is_some_and(|expected| expected != finding.last) {
        Some("its last hash is not the one that was expected: it is another record, or was rewritten".to_owned())
    } else {
        None
    };
    Ok(finding)
}

/// Whether this is the first line of a record that can be checked with such a key.
fn recognise(line: &[u8], keyed: bool) -> Result<(), String> {
    let value: Value = serde_json::from_slice(line).unwrap_or_default();
    if value["format"] != FORMAT {
        return Err("is no record of frosted".to_owned());
    }
    if value["format_version"] != VERSION {
        return Err(format!(
            "is a record of format {}, and this program reads format {VERSION}",
            value["format_version"]
        ));
    }
    if value["hashes"] == "hmac-sha256" && !keyed {
        return Err("was kept with a key, give it by --record-key".to_owned());
    }
    Ok(())
}
