use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use frosted::SegmenterInfo;
use serde_json::{Value, json};

use super::utc::rfc3339;
use super::{Chain, Counts, FORMAT, Key, RecordOptions, VERSION};
use crate::exit::Failure;
use crate::media::output::{Existing, refuse_target};
use crate::media::{MediaError, MediaErrorKind};

/// As many lines wait for a slow disk: a quarter of an hour.
const WAITING: usize = 900;
/// How long the end of the program waits for lines that are not written yet.
const PATIENCE: Duration = Duration::from_secs(3);

/// The file of a record, claimed before there is anything to record; gone again if nothing
/// comes.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    key: Option<Key>,
    file: Option<File>,
    /// It was not there before.
    created: bool,
}

impl Claim {
    /// Claims the file that the options name, if they do.
    ///
    /// # Errors
    /// It is there and may not be replaced, is one of `others`, or cannot be written; the
    /// key cannot be read.
    pub(crate) fn new(
        options: &RecordOptions,
        others: &[&Path],
        existing: Existing,
    ) -> Result<Option<Self>, Failure> {
        let Some(path) = &options.record else {
            return Ok(None);
        };
        let key = options.record_key.as_deref().map(Key::read).transpose()?;
        let read: Vec<&Path> = others
            .iter()
            .copied()
            .chain(options.record_key.as_deref())
            .collect();
        refuse_target(path, &read, existing)?;
        let mut open = OpenOptions::new();
        open.write(true);
        match existing {
            Existing::Keep => open.create_new(true),
            // What it holds goes when there is something to record instead.
            Existing::Replace => open.create(true).truncate(false),
        };
        let created = !path.exists();
        // It tells when somebody was there, which is the user's own business.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        let file = open
            .open(path)
            .map_err(|error| cannot_create(&error, path))?;
        Ok(Some(Self {
            path: path.clone(),
            key,
            file: Some(file),
            created,
        }))
    }

    /// Begins the record.
    ///
    /// # Errors
    /// No thread can be had.
    pub(crate) fn start(
        mut self,
        command: &str,
        info: &SegmenterInfo,
        clock: Clock,
    ) -> Result<Recorder, Failure> {
        let Some(file) = self.file.take() else {
            return Err(Failure::new("a record can be begun once"));
        };
        let name = self.path.display().to_string();
        let emptied = file.set_len(0);
        // A file that was there keeps its mode otherwise.
        #[cfg(unix)]
        let emptied = emptied.and_then(|()| {
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
        });
        emptied.map_err(|error| MediaError::write(&error).of(&name))?;
        let begin = json!({ "command": command, "engine": info.engine, "model": info.model,
            "model_sha256": info.model_sha256 });
        Recorder::start(
            Box::new(file),
            name,
            Chain::new(self.key.clone()),
            clock,
            begin,
        )
    }
}

fn cannot_create(error: &io::Error, path: &Path) -> MediaError {
    let folder = path.parent().unwrap_or(path);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let why = "no such folder, make it first";
            MediaError::new(MediaErrorKind::Write, why).of(&folder.display().to_string())
        }
        _ => MediaError::write(error).of(&path.display().to_string()),
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.file.take().is_some() && self.created {
            // What led here is the thing to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whose time a record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The machine's: each line says the wall clock's time, too.
    Live,
    /// The clip's.
    Clip,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All frames of the input were done.
    Input,
    /// Somebody asked for it.
    Asked,
    /// Nobody reads the output any more.
    Output,
    /// By an error.
    Failed,
}

impl End {
    const fn name(self) -> &'static str {
        match self {
            Self::Input => "the input ended",
            Self::Asked => "asked to end",
            Self::Output => "the output is gone",
            Self::Failed => "an error",
        }
    }
}

/// What a record's thread came to.
#[derive(Debug, Default)]
struct Progress {
    lines: u64,
    last: String,
    trouble: Option<String>,
}

/// Keeps a record. Lines are hashed and written by a thread of its own: a slow disk holds no
/// frame up, and one that is full ends the record and nothing else.
#[derive(Debug)]
pub(crate) struct Recorder {
    name: String,
    clock: Clock,
    method: &'static str,
    lines: Option<SyncSender<Value>>,
    thread: Option<JoinHandle<()>>,
    progress: Arc<Mutex<Progress>>,
    counts: Counts,
    /// When the current second began, on the session's clock.
    since: Duration,
    now: Duration,
    told: bool,
    settings: Value,
}

impl Recorder {
    pub(super) fn start(
        file: Box<dyn Write + Send>,
        name: String,
        chain: Chain,
        clock: Clock,
        begin: Value,
    ) -> Result<Self, Failure> {
        let (lines, waiting) = mpsc::sync_channel(WAITING);
        let progress = Arc::new(Mutex::new(Progress::default()));
        let method = chain.method();
        let shared = Arc::clone(&progress);
        let thread = thread::Builder::new()
            .name("frosted-record".into())
            .spawn(move || write_all(&waiting, file, chain, &shared))
            .map_err(|error| Failure::new(format!("{name}: no thread for the record: {error}")))?;
        let recorder = Self {
            name,
            clock,
            method,
            lines: Some(lines),
            thread: Some(thread),
            progress,
            counts: Counts::default(),
            since: Duration::ZERO,
            now: Duration::ZERO,
            told: false,
            settings: Value::Null,
        };
        let mut begin = begin;
        begin["format"] = FORMAT.into();
        begin["format_version"] = VERSION.into();
        begin["frosted"] = env!("CARGO_PKG_VERSION").into();
        begin["hashes"] = method.into();
        begin["holds"] = "states, causes, counts of pictures by what was shown, settings; no pixels, no names of cameras or files".into();
        recorder.send("begin", begin);
        Ok(recorder)
    }

    /// The settings that are in force from now on.
    pub(crate) fn set_settings(&mut self, settings: Value) {
        self.settings = settings;
    }

    /// Counts a picture of a clip, shown `at` after its begin; tells the second before if
    /// that is over.
    pub(crate) fn frame(&mut self, at: Duration, state: crate::live::State, cause: Option<&str>) {
        if at.saturating_sub(self.since) >= SECOND {
            self.now = self.since + SECOND;
            self.tell(json!({}));
            // Frames can be far apart: seconds without any are left out.
            self.since = Duration::from_secs(at.as_secs());
        }
        self.now = at;
        self.counts.add(state, cause);
    }

    /// Whether a second is over `at` so long after the begin.
    pub(crate) fn is_due(&self, at: Duration) -> bool {
        at.saturating_sub(self.since) >= SECOND
    }

    /// Tells the second that is over: what was shown in it, and how it is `at` its end.
    pub(crate) fn second(&mut self, at: Duration, counts: Counts, status: Value) {
        self.now = at;
        self.counts = counts;
        self.tell(status);
    }

    /// What the last line tells, `at` so long after the begin.
    pub(crate) fn rest(&mut self, at: Duration, counts: Counts) {
        self.now = at;
        self.counts = counts;
    }

    fn tell(&mut self, mut line: Value) {
        line["shown"] = self.counts.take().to_json();
        line["settings"] = self.settings.clone();
        self.since = self.now;
        self.send("second", line);
    }

    fn send(&self, kind: &str, mut line: Value) {
        line["kind"] = kind.into();
        line["t_ms"] = u64::try_from(self.now.as_millis())
            .unwrap_or(u64::MAX)
            .into();
        if self.clock == Clock::Live {
            line["utc"] = rfc3339(std::time::SystemTime::now()).into();
        }
        let Some(lines) = &self.lines else { return };
        if let Err(TrySendError::Full(_)) = lines.try_send(line) {
            let mut progress = lock(&self.progress);
            let late = || "the disk is a quarter of an hour behind".to_owned();
            progress.trouble.get_or_insert_with(late);
        }
    }

    /// Why the record has ended, the first time that it is asked for.
    pub(crate) fn trouble(&mut self) -> Option<String> {
        if self.told {
            return None;
        }
        let trouble = lock(&self.progress).trouble.clone()?;
        self.told = true;
        Some(format!(
            "record {}: {trouble}; it ends here, the protection goes on",
            self.name
        ))
    }

    /// Ends the record `at` so long after the begin, with what was not told yet; a sentence
    /// with its last hash.
    ///
    /// # Errors
    /// It could not be written to its end.
    pub(crate) fn finish(mut self, end: End) -> Result<String, Failure> {
        self.close(end);
        let unwritten = self.thread.is_some();
        let progress = lock(&self.progress);
        let trouble = match &progress.trouble {
            None if unwritten => Some("the disk does not take the last lines"),
            trouble => trouble.as_deref(),
        };
        match trouble {
            Some(trouble) => Err(Failure::new(format!(
                "record {}: {trouble}; it is broken off after {} lines",
                self.name, progress.lines
            ))),
            None => Ok(format!(
                "record {}: {} lines, last hash ({}) {}",
                self.name, progress.lines, self.method, progress.last
            )),
        }
    }

    fn close(&mut self, end: End) {
        if self.lines.is_none() {
            return;
        }
        self.now += LAST;
        let rest = self.counts.take().to_json();
        let settings = self.settings.clone();
        self.send(
            "end",
            json!({ "ended": end.name(), "shown": rest, "settings": settings }),
        );
        self.lines = None;
        let began = Instant::now();
        while let Some(thread) = self.thread.take() {
            if thread.is_finished() {
                let _ = thread.join();
            } else if began.elapsed() >= PATIENCE {
                self.thread = Some(thread);
                break;
            } else {
                self.thread = Some(thread);
                thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
/// The last line comes after the last second, however short what is left is.
const LAST: Duration = Duration::from_millis(1);

impl Drop for Recorder {
    fn drop(&mut self) {
        self.close(End::Failed);
    }
}

fn write_all(
    waiting: &Receiver<Value>,
    mut file: Box<dyn Write + Send>,
    mut chain: Chain,
    progress: &Mutex<Progress>,
) {
    for (number, mut line) in (1u64..).zip(waiting) {
        if lock(progress).trouble.is_some() {
            return;
        }
        line["line"] = number.into();
        let sealed = chain.seal(&line);
        let written = file
            .write_all(sealed.as_bytes())
            .and_then(|()| file.flush());
        let mut progress = lock(progress);
        match written {
            Ok(()) => {
                progress.lines = number;
                chain.last().clone_into(&mut progress.last);
            }
            Err(error) => progress.trouble = Some(why(&error)),
        }
    }
}

fn why(error: &io::Error) -> String {
    MediaError::write(error).to_string()
}

fn lock(progress: &Mutex<Progress>) -> std::sync::MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}
