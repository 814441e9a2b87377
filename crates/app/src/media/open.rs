//! Which reader a file gets, by how it begins, and which writer, by its name.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use frosted::{FrameView, PixelFormat};

use super::ffmpeg::{self, Programs};
use super::mjpeg::{MjpegReader, MjpegWriter};
use super::output::{Existing, Output};
use super::still::{self, Still, StillFormat, StillWriter};
use super::y4m::{Y4mReader, Y4mWriter};
use super::{MediaError, Rate, Sink, Source, StreamInfo, Timing};

/// What is said wherever a format is not known.
pub const BUILT_IN: &str = "built in are PNG, JPEG, Y4M, raw Motion JPEG (.mjpeg) and - (Y4M); other clips need ffmpeg and \
     ffprobe on the PATH";

/// A source, and what to tell the user about how it was taken.
pub struct Opened {
    /// Where the frames come from.
    pub source: Box<dyn Source>,
    /// Remarks for the user, such as a rate that was assumed.
    pub notes: Vec<String>,
    /// Whether the rate is the stream's own and not assumed.
    pub says_rate: bool,
    /// What ffprobe said, if ffmpeg reads the file: its sound can be taken along.
    pub probe: Option<ffmpeg::Probe>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("info", self.source.info())
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// Opens `path` for reading; `-` is Y4M on the standard input. `rate` is the user's and is
/// for inputs that have none of their own.
///
/// # Errors
/// [`MediaError`] that names the file.
pub fn source(path: &Path, rate: Option<Rate>) -> Result<Opened, MediaError> {
    source_for(Destination::Any, path, rate)
}

/// As [`source`], for frames that go to a pipeline alone: raw Motion JPEG is decoded as a
/// camera's.
///
/// # Errors
/// [`MediaError`] that names the file.
pub fn camera(path: &Path) -> Result<Opened, MediaError> {
    source_for(Destination::Pipeline, path, None)
}

/// Where frames go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    /// Wherever [`Sink`]s can be.
    Any,
    /// To a pipeline, in whatever format it takes.
    Pipeline,
}

fn source_for(
    destination: Destination,
    path: &Path,
    rate: Option<Rate>,
) -> Result<Opened, MediaError> {
    let name = input_name(path);
    if path == Path::new("-") {
        let input = BufReader::with_capacity(1 << 20, io::stdin());
        return y4m(input, rate, &name);
    }
    let metadata = fs::metadata(path).map_err(|error| MediaError::opening(path, &error))?;
    if metadata.is_dir() {
        let error = MediaError::unsupported("is a directory, give one file");
        return Err(error.of(&name));
    }
    let mut file = File::open(path).map_err(|error| MediaError::opening(path, &error))?;
    let mut begin = [0; 16];
    let got = super::y4m::fill(&mut file, &mut begin).map_err(|error| error.of(&name))?;
    let begin = &begin[..got];
    if begin.is_empty() {
        let error = MediaError::damaged("is empty, a picture or a clip was expected");
        return Err(error.of(&name));
    }
    if begin.starts_with(b"YUV4MPEG2") {
        return y4m(reread(path)?, rate, &name);
    }
    if still::is_png(begin) || (still::is_jpeg(begin) && !is_mjpeg(path)) {
        let opened = fixed(read_still(path), rate, "a still picture has no rate");
        return opened.map_err(|error| error.of(&name));
    }
    if still::is_jpeg(begin) {
        return mjpeg(destination, path, rate, &name);
    }
    if is_mjpeg(path) || extension(path).as_deref() == Some("y4m") {
        let error = MediaError::damaged("does not begin as its name promises: check the file");
        return Err(error.of(&name));
    }
    container(path, rate).map_err(|error| error.of(&name))
}

/// Refuses a picture of a format that is not read, by how it begins or is named: ffmpeg would
/// take it for a clip. Whatever else is wrong with it is for [`source`] to say.
///
/// # Errors
/// [`MediaErrorKind::Unsupported`](super::MediaErrorKind::Unsupported), naming the file.
pub fn refuse_unread_picture(path: &Path) -> Result<(), MediaError> {
    let mut begin = [0; 16];
    let read = File::open(path).map(|mut file| super::y4m::fill(&mut file, &mut begin));
    let Ok(Ok(got @ 1..)) = read else {
        return Ok(());
    };
    let begin = &begin[..got];
    let is_read = still::is_png(begin) || still::is_jpeg(begin) || begin.starts_with(b"YUV4MPEG2");
    let is_named = extension(path).is_some_and(|name| still::UNREAD.contains(&name.as_str()));
    if is_read || !(is_named || still::is_unread(begin)) {
        return Ok(());
    }
    let why = "this picture format is not read: convert it to PNG or JPEG first";
    Err(MediaError::unsupported(why).of(&input_name(path)))
}

fn y4m<R: io::BufRead + Send + 'static>(
    input: R,
    rate: Option<Rate>,
    name: &str,
) -> Result<Opened, MediaError> {
    let reader =
        Y4mReader::new(input, rate.unwrap_or(Rate::PAL)).map_err(|error| error.of(name))?;
    let (says_rate, mut notes) = (reader.says_rate(), Vec::new());
    match (says_rate, rate) {
        (true, Some(_)) => return Err(own_rate("Y4M says its rate itself").of(name)),
        (false, None) => notes.push(assumed_rate("the stream")),
        _ => {}
    }
    Ok(named(reader, notes, says_rate, name))
}

fn mjpeg(
    destination: Destination,
    path: &Path,
    rate: Option<Rate>,
    name: &str,
) -> Result<Opened, MediaError> {
    let begin = match destination {
        Destination::Any => MjpegReader::new,
        Destination::Pipeline => MjpegReader::as_camera,
    };
    let reader = begin(reread(path)?, rate.unwrap_or(Rate::PAL)).map_err(|error| error.of(name))?;
    let notes = rate.is_none().then(|| assumed_rate("raw Motion JPEG"));
    Ok(named(reader, notes.into_iter().collect(), false, name))
}

fn assumed_rate(what: &str) -> String {
    format!(
        "{what} does not say its rate, {} frames a second are taken (--fps changes it)",
        Rate::PAL
    )
}

fn own_rate(why: &str) -> MediaError {
    MediaError::usage(format!("{why}, leave --fps away"))
}

fn read_still(path: &Path) -> Result<Still, MediaError> {
    Still::decode(&read_limited(path)?)
}

/// Reads a PNG or JPEG file that stands where the room was.
///
/// # Errors
/// [`MediaError`] that names the file.
pub fn picture(path: &Path) -> Result<frosted::Picture, MediaError> {
    let metadata = fs::metadata(path).map_err(|error| MediaError::opening(path, &error))?;
    let read = if metadata.is_dir() {
        Err(MediaError::unsupported(
            "is a directory, give a PNG or JPEG file",
        ))
    } else if !metadata.is_file() {
        // A pipe can keep its reader waiting for ever, and with it the settings.
        Err(MediaError::unsupported(
            "is a pipe or device, give a PNG or JPEG file",
        ))
    } else {
        read_limited(path).and_then(|file| still::decode_picture(&file))
    };
    read.map_err(|error| error.of(&path.display().to_string()))
}

fn read_limited(path: &Path) -> Result<Vec<u8>, MediaError> {
    let file = File::open(path).map_err(|error| MediaError::read(&error))?;
    let mut bytes = Vec::new();
    file.take(still::MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| MediaError::read(&error))?;
    if bytes.len() as u64 > still::MAX_FILE_BYTES {
        return Err(MediaError::unsupported(format!(
            "is larger than {} bytes, which is too much for a still picture",
            still::MAX_FILE_BYTES
        )));
    }
    Ok(bytes)
}

fn fixed<S: Source + 'static>(
    source: Result<S, MediaError>,
    rate: Option<Rate>,
    why: &str,
) -> Result<Opened, MediaError> {
    let source = source?;
    if rate.is_some() {
        return Err(own_rate(why));
    }
    Ok(Opened {
        source: Box::new(source),
        notes: Vec::new(),
        says_rate: true,
        probe: None,
    })
}

fn container(path: &Path, rate: Option<Rate>) -> Result<Opened, MediaError> {
    let programs = Programs::find()?;
    let probe = ffmpeg::probe(&programs, path)?;
    let source = ffmpeg::Decoder::open(&programs, path, &probe);
    let mut opened = fixed(source, rate, "the clip says its rate itself")?;
    opened.probe = Some(probe);
    Ok(opened)
}

fn reread(path: &Path) -> Result<BufReader<File>, MediaError> {
    let file = File::open(path).map_err(|error| MediaError::opening(path, &error))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

fn named<S: Source + 'static>(
    source: S,
    notes: Vec<String>,
    says_rate: bool,
    name: &str,
) -> Opened {
    Opened {
        source: Box::new(Named {
            source,
            name: name.to_owned(),
        }),
        notes,
        says_rate,
        probe: None,
    }
}

/// Says in each error whose it is.
struct Named<T> {
    source: T,
    name: String,
}

impl<S: Source> Source for Named<S> {
    fn info(&self) -> &StreamInfo {
        self.source.info()
    }

    fn next(&mut self, frame: &mut frosted::Frame) -> Result<bool, MediaError> {
        self.source
            .next(frame)
            .map_err(|error| error.of(&self.name))
    }
}

/// What the output should be, beyond its name.
#[derive(Clone, Copy, Debug, Default)]
pub struct SinkOptions {
    /// Whether a file that is there may be replaced.
    pub existing: Existing,
    /// Whether a clip in a container is coded without loss.
    pub coding: Coding,
}

/// How a clip is coded in a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    /// What players play.
    #[default]
    Usual,
    /// Every sample as it is.
    Lossless,
}

/// What kind of file an output's name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Y4M on the standard output.
    StandardOutput,
    /// A still picture.
    Still(StillFormat),
    /// Y4M.
    Y4m,
    /// Raw Motion JPEG.
    Mjpeg,
    /// A container that ffmpeg writes.
    Container(ffmpeg::Container),
}

impl Target {
    /// The kind of file by the extension of `path`, or `-`.
    ///
    /// # Errors
    /// [`MediaError`] that names the kinds there are.
    pub fn of(path: &Path) -> Result<Self, MediaError> {
        if path == Path::new("-") {
            return Ok(Self::StandardOutput);
        }
        let Some(extension) = extension(path) else {
            return Err(MediaError::unsupported(
                "its name has no extension, which says what is written: give it one, such as .png or .jpg for a \
                 picture, .mp4, .mkv or .y4m for a clip",
            )
            .of(&output_name(path)));
        };
        Ok(match extension.as_str() {
            "png" => Self::Still(StillFormat::Png),
            "jpg" | "jpeg" => Self::Still(StillFormat::Jpeg),
            "y4m" => Self::Y4m,
            "mjpeg" | "mjpg" => Self::Mjpeg,
            other => Self::Container(ffmpeg::Container::of_extension(other).ok_or_else(|| {
                MediaError::unsupported(format!(
                    "\"{other}\" is no extension that can be written: {BUILT_IN} (.mp4, .m4v, .mov, .mkv, \
                     .webm, .avi)"
                ))
                .of(&output_name(path))
            })?),
        })
    }

    /// Whether it can hold transparent pixels.
    pub fn holds_alpha(self, coding: Coding) -> bool {
        match self {
            Self::Still(format) => format == StillFormat::Png,
            Self::Container(container) => container.holds_alpha(coding),
            _ => false,
        }
    }
}

/// A writer and the file that it makes.
pub struct Writing {
    sink: Box<dyn Sink>,
    output: Option<Output>,
    name: String,
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing")
            .field("output", &self.output)
            .finish_non_exhaustive()
    }
}

/// Opens `path` for writing frames of `info`. `inputs` are the files that must not be
/// overwritten; `sound` is the file whose sound is taken along.
///
/// # Errors
/// [`MediaError`] that names the file; nothing is left there then.
pub fn sink(
    path: &Path,
    info: &StreamInfo,
    inputs: &[&Path],
    sound: Option<(&Path, &ffmpeg::Probe)>,
    options: SinkOptions,
) -> Result<Writing, MediaError> {
    let (target, name) = (Target::of(path)?, output_name(path));
    fits(target, info, options.coding).map_err(|error| error.of(&name))?;
    if target == Target::StandardOutput {
        let sink = Y4mWriter::new(buffered(io::stdout()), info).map_err(|error| error.of(&name))?;
        return Ok(Writing {
            sink: Box::new(sink),
            output: None,
            name,
        });
    }
    // Before a file is created for nothing.
    let programs = match target {
        Target::Container(_) => Some(Programs::find().map_err(|error| error.of(&name))?),
        _ => None,
    };
    let (output, file) = Output::create(path, inputs, options.existing)?;
    let sink: Result<Box<dyn Sink>, MediaError> = match (target, programs) {
        (Target::Still(format), _) => Ok(Box::new(StillWriter::new(buffered(file), format))),
        (Target::Mjpeg, _) => MjpegWriter::new(buffered(file), info).map(boxed),
        (Target::Container(container), Some(programs)) => {
            let job = ffmpeg::EncodeJob {
                target: output.part(),
                container,
                coding: options.coding,
                sound,
            };
            ffmpeg::Encoder::open(&programs, info, &job).map(boxed)
        }
        _ => Y4mWriter::new(buffered(file), info).map(boxed),
    };
    Ok(Writing {
        sink: sink.map_err(|error| error.of(&name))?,
        output: Some(output),
        name,
    })
}

fn boxed<S: Sink + 'static>(sink: S) -> Box<dyn Sink> {
    Box::new(sink)
}

fn buffered<W: Write>(output: W) -> BufWriter<W> {
    BufWriter::with_capacity(1 << 20, output)
}

fn fits(target: Target, info: &StreamInfo, coding: Coding) -> Result<(), MediaError> {
    let still = info.timing == Timing::Still;
    let alpha = info.spec.format() == PixelFormat::Rgba8;
    let why_not = match target {
        Target::Still(_) if !still => {
            "holds one picture, the input is a clip: write .y4m, .mjpeg, .mp4 or .mkv"
        }
        Target::StandardOutput | Target::Y4m | Target::Mjpeg | Target::Container(_) if still => {
            "is for clips, the input is one picture: write .png or .jpg"
        }
        Target::Container(container) if !container.codes(coding) => {
            "cannot be written with --lossless: that is for .mkv, and needless for .y4m and .png"
        }
        _ if alpha && !target.holds_alpha(coding) => {
            "cannot hold transparent pixels: write .png, .webm, or .mkv with --lossless"
        }
        _ => return Ok(()),
    };
    Err(MediaError::usage(why_not))
}

impl Writing {
    /// Writes one frame.
    ///
    /// # Errors
    /// [`MediaError`] that names the file.
    pub fn write(&mut self, frame: &FrameView<'_>) -> Result<(), MediaError> {
        self.sink.write(frame).map_err(|error| error.of(&self.name))
    }

    /// Finishes the file and puts it in its place.
    ///
    /// # Errors
    /// [`MediaError`] that names the file; nothing is left of it then.
    pub fn finish(mut self) -> Result<(), MediaError> {
        let finished = self.sink.finish();
        self.commit(finished)
    }

    /// As [`Writing::finish`], when the input goes on.
    ///
    /// # Errors
    /// As [`Writing::finish`].
    pub fn break_off(mut self) -> Result<(), MediaError> {
        let finished = self.sink.break_off();
        self.commit(finished)
    }

    fn commit(self, finished: Result<(), MediaError>) -> Result<(), MediaError> {
        finished.map_err(|error| error.of(&self.name))?;
        // Closed first: some systems do not rename a file that is open.
        drop(self.sink);
        self.output.map_or(Ok(()), Output::commit)
    }

    /// What is written, such as "Y4M, lossless".
    pub fn describe(&self) -> String {
        self.sink.describe()
    }
}

/// The name to call an input by in messages.
pub(crate) fn input_name(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input (-)".to_owned()
    } else {
        path.display().to_string()
    }
}

/// The name to call an output by in messages.
pub fn output_name(path: &Path) -> String {
    if path == Path::new("-") {
        "standard output (-)".to_owned()
    } else {
        path.display().to_string()
    }
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

fn is_mjpeg(path: &Path) -> bool {
    matches!(extension(path).as_deref(), Some("mjpeg" | "mjpg"))
}
