mod bench;
mod machinery;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use frosted::{Background, Model, Rgb, TextHeight};

pub(crate) use bench::BenchOptions;
pub(crate) use machinery::Machinery;

use crate::config::{SubjectRule, Wishes, height};
use crate::media::{MediaError, Rate, open};
use crate::record::{RecordOptions, VerifyOptions};

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 a file or the machine is at fault, 2 wrong usage, 3 the set-up is at
fault and to start again does not help (no camera or virtual camera, one that is busy or not
permitted, wrong settings, an administrator's rule, no engine), 130 broken off by Ctrl-C (what
was written until then is kept and whole); run ends with 0.
audit: 0 PASS, 1 FAIL, 2 no verdict, for whatever reason.

Nothing here uses the network.";

const FORMATS: &str = "\
IN and OUT:
  .png .jpg        still pictures; turned upright by their EXIF
  .y4m, -          8-bit 4:2:0 and 4:2:2, progressive, limited or full range; - is
                   standard input or output
  .mjpeg .mjpg     JPEG pictures one behind another
  anything else    through the programs ffmpeg and ffprobe, if they are on the PATH;
                   written are .mp4 .m4v .mov .mkv .webm .avi

OUT has as many frames as IN, at the same times, and the sound of IN. It has nothing else
of IN: no EXIF, GPS, colour profile, thumbnail, title, chapter, cover picture, second
picture, subtitle or data. Sound is not protected. A clip is pre-rolled: its first frame
goes through a few times beforehand, so that OUT begins with the person and not with cards.";

const RUN_NOTES: &str = "\
The camera is open, and its light on, only while a program looks at the virtual camera.
Where frames cannot be protected, and while there are none, viewers see a card. A camera
that is unplugged is waited for. Ctrl-C ends it.

A camera can also be a file (its frames come again and again), - (Y4M on the standard
input, with whose end the program ends) or pattern (colour bars).

The settings file is read again when it changes; options win over it, and the
administrator's policy file over both: see docs/SETTINGS.md.

Each line of --json:
  state        waiting (nobody looks, camera off), starting (card, until the first good
               masks), live (the person), covered (the background alone), card
  cause        why it is not live; null if it is
  viewers      programs that look; null where it cannot be known
  camera       open or closed
  fps          frames of the camera that were protected and written, a second
  latency_ms   from the capture of a frame until it was written, median of a second; null
               without frames
  frames       as fps, since the start
  text_height_px
               letters up to so many pixels stay unreadable; null where nothing of the room
               is shown
Notes, such as a camera that is lost, go to the standard error.

Exit codes: 0 ended by Ctrl-C or a request to end, or with the standard input or output; 1 the
machine or the standard input is at fault; 2 wrong usage; 3 the set-up is at fault and to
start again does not help.";

const DEVICES_KEYS: &str = "\
The JSON:
  cameras            id (for run --camera), name, holders (programs that have it open),
                     trouble (why it cannot be used, else null), and modes: for each
                     encoding its sizes, for each size its rates in frames a second, \"30\" or
                     \"30000/1001\"; none where the camera tells none
  virtual_cameras    path (for run --output), name, holders, trouble";

const AUDIT_NOTES: &str = "\
Every figure is explained in the report of --html and in docs/AUDIT.md. Text, codes and
faces are not looked for: a PASS is about texture of the room that is as sharp as it was,
and about the strength of the blur.

Mattes written by frosted matte, and those that PROTECTED was painted by, are warned of where
they are recognised, also in the JSON (own_mattes): what was taken for the person by mistake
is not looked at by them.

Without true mattes nothing tells the room from the person. Only frames that are as good
as unprotected can be found then, and there is no PASS.

Exit codes: 0 PASS, 1 FAIL, 2 no verdict: no mattes and no unprotected frame, clips that
cannot be read or do not belong together (size, rate or length differ), wrong usage; 130
broken off by Ctrl-C, nothing is written then.";

const QUALITY_NOTES: &str = "\
The table is Markdown: a row for each clip and matte, and the means of all clips.
  MAD        mean |alpha - truth|, thousandths
  gradient   sum of squared differences of the gradients' magnitudes, thousands (sigma 1.4)
  dtSSD      root mean square of the difference of the changes since the frame before, %
  IoU        intersection over union at alpha .5
  F 3 px     how well the boundaries at .5 agree within 3 px at 720 lines
  lost       pixels of the person that are less than half shown, %
  shown      pixels of the room that are shown by half or more, %
What they are exactly stands in docs/MATTE.md. What frosted paints is measured as it is
painted: a frame that it covers whole has no person. True mattes that are its own are warned
of, also in the JSON (own_mattes). No file is written but that of --json.";

/// Shows the person and hides the room: a virtual camera, and for pictures and clips.
#[derive(Debug, Parser)]
#[command(name = "frosted", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Say more on the standard error.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Be a virtual camera: show the person of a camera, hidden room, to any video program.
    Run(RunOptions),
    /// List cameras and virtual cameras, their formats, and who holds them.
    Devices(DevicesOptions),
    /// Protect the bundled clip, show what it took and write a picture of it.
    Demo(DemoOptions),
    /// Protect a picture or a clip.
    Blur(BlurOptions),
    /// Write where the person is: one 8-bit grey PNG a frame, 0 = room, 255 = person.
    Matte(MatteOptions),
    /// Measure how close mattes are to true ones: this program's, its network's alone, others'.
    Quality(QualityOptions),
    /// Measure frames, as fast as they are done or by a clock; prints one line of JSON.
    Bench(BenchOptions),
    /// Say which engine, models, programs, settings and cameras are there, and how to get what
    /// is missing.
    Check(CheckOptions),
    /// Measure what a protected clip still shows of the room, and judge it.
    Audit(AuditOptions),
}

/// What is shown and by what it is found.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProtectOptions {
    /// What is shown instead of the room: blur, frost, color:#RRGGBB, image:FILE, green
    /// (#00B140) or alpha (transparent) [default: blur].
    #[arg(long, value_name = "WHAT")]
    pub(crate) background: Option<BackgroundChoice>,

    /// The tallest letters of the room that stay unreadable, for blur and frost: 1/34 to 1/2 of
    /// the frame's height, or pixels (64px) within that [default: 1/17].
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) text_height: Option<TextHeight>,

    /// Who stays sharp: one (person), 2 to 9 (people at most) or all (who move). There is no
    /// face recognition and no identity: somebody else becomes the one only after the place
    /// was empty, and whoever sits quite still is covered until they move [default: one].
    #[arg(long, value_name = "one|N|all")]
    pub(crate) subject: Option<SubjectRule>,

    /// The network: quality, landscape (quick), or FILE.onnx with its spec FILE.toml beside
    /// it.
    #[arg(long, value_name = "MODEL", default_value = "quality")]
    pub(crate) model: Model,

    #[command(flatten)]
    pub(crate) machinery: Machinery,
}

#[derive(Debug, Args)]
#[command(after_long_help = RUN_NOTES, after_help = RUN_NOTES)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) wishes: Wishes,

    /// A settings file other than the usual one; it must be there.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,

    /// Start even if the camera is not there yet, and show the card until it is.
    #[arg(long)]
    pub(crate) wait: bool,

    /// Print the state as a line of JSON every second and with every change.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) record: RecordOptions,

    /// Replace the file of --record if it exists.
    #[arg(long, requires = "record")]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = DEVICES_KEYS, after_help = DEVICES_KEYS)]
pub(crate) struct DevicesOptions {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = FORMATS, after_help = FORMATS)]
pub(crate) struct BlurOptions {
    /// The picture or clip to protect; - is Y4M on the standard input.
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// Where it goes, its kind by its extension; - is Y4M on the standard output.
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) protect: ProtectOptions,

    #[command(flatten)]
    pub(crate) input_rate: InputRate,

    /// Code .mkv without loss (FFV1), for measurements.
    #[arg(long)]
    pub(crate) lossless: bool,

    /// Replace OUT, and the files of --json and --record, if they exist.
    #[arg(long)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) record: RecordOptions,

    /// Write a summary: frames, what was shown, times, text height in pixels, engine, model; -
    /// is the standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct InputRate {
    /// Frames a second of an input that does not say it itself: raw Motion JPEG, some Y4M
    /// [default: 25].
    #[arg(long, value_name = "N")]
    pub(crate) fps: Option<Rate>,
}

#[derive(Debug, Args)]
pub(crate) struct MatteOptions {
    /// The picture or clip; - is Y4M on the standard input.
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,

    /// The folder for 000000.png, 000001.png and so on; made if it is not there.
    #[arg(value_name = "OUTDIR")]
    pub(crate) output: PathBuf,

    /// Who is white: one, 2 to 9 or all, as for blur [default: one].
    #[arg(long, value_name = "one|N|all")]
    pub(crate) subject: Option<SubjectRule>,

    /// The network, as for blur.
    #[arg(long, value_name = "MODEL", default_value = "quality")]
    pub(crate) model: Model,

    #[command(flatten)]
    pub(crate) machinery: Machinery,

    #[command(flatten)]
    pub(crate) input_rate: InputRate,

    /// Write into OUTDIR even if it holds files; pictures of the same number are replaced,
    /// those of other numbers removed.
    #[arg(long)]
    pub(crate) force: bool,
}

impl MatteOptions {
    pub(crate) fn protect(&self) -> ProtectOptions {
        ProtectOptions {
            background: Some(BackgroundChoice::Alpha),
            text_height: None,
            subject: self.subject,
            model: self.model.clone(),
            machinery: self.machinery.clone(),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_long_help = QUALITY_NOTES, after_help = QUALITY_NOTES)]
pub(crate) struct QualityOptions {
    /// What is measured on: folders with a clip named original (.mkv, .y4m and so on) and its
    /// true mattes in masks; or one clip, with --mask.
    #[arg(value_name = "SCENE", required_unless_present = "data")]
    pub(crate) scenes: Vec<PathBuf>,

    /// A folder: every folder in it that has a clip named original is a SCENE.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// The true mattes of the one clip, named by their numbers (0.png or 00000.png, any number of
    /// digits, in the order of the frames, none missing): grey, 0 = room, 255 = person.
    #[arg(long, value_name = "DIR", conflicts_with = "data")]
    pub(crate) mask: Option<PathBuf>,

    /// Mattes of another program, named as the true ones are: in DIR for one clip, else in a
    /// folder of DIR for each SCENE, by its name. Can be given several times.
    #[arg(long, value_name = "NAME=DIR")]
    pub(crate) against: Vec<Against>,

    /// The network, as for blur. Can be given several times.
    #[arg(long, value_name = "MODEL", default_value = "quality")]
    pub(crate) model: Vec<Model>,

    /// Who is white, as for matte [default: one].
    #[arg(long, value_name = "one|N|all")]
    pub(crate) subject: Option<SubjectRule>,

    #[command(flatten)]
    pub(crate) machinery: Machinery,

    #[command(flatten)]
    pub(crate) input_rate: InputRate,

    /// Write all figures, those of each frame too; - is the standard output, the table is
    /// left out then.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Replace the file of --json if it exists.
    #[arg(long)]
    pub(crate) force: bool,
}

impl QualityOptions {
    pub(crate) fn protect(&self, model: &Model) -> ProtectOptions {
        ProtectOptions {
            background: Some(BackgroundChoice::Alpha),
            text_height: None,
            subject: self.subject,
            model: model.clone(),
            machinery: self.machinery.clone(),
        }
    }
}

/// Mattes of another program: its name and the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Against {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl FromStr for Against {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, folder)) if !name.is_empty() && !folder.is_empty() => Ok(Self {
                name: name.to_owned(),
                folder: folder.into(),
            }),
            _ => Err(format!("\"{text}\" is not of the form NAME=DIR")),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Where the pictures and the clip go; made if it is not there, files of the last demo are
    /// replaced.
    #[arg(long, value_name = "DIR", default_value = "frosted-demo")]
    pub(crate) out: PathBuf,

    /// The folder of webcam.mjpeg and portrait.png.
    #[arg(long, value_name = "DIR", default_value = "examples/data")]
    pub(crate) data: PathBuf,

    #[command(flatten)]
    pub(crate) protect: ProtectOptions,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// ONNX Runtime's library, instead of a search.
    #[arg(long, value_name = "FILE")]
    pub(crate) onnxruntime: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_long_help = AUDIT_NOTES, after_help = AUDIT_NOTES)]
pub(crate) struct AuditOptions {
    /// The picture or clip as the camera saw it; - is Y4M on the standard input.
    #[arg(
        value_name = "ORIGINAL",
        required_unless_present = "verify",
        default_value = "-"
    )]
    #[arg(hide_default_value = true)]
    pub(crate) original: PathBuf,

    /// The same, protected: as many frames of the same size at the same times.
    #[arg(
        value_name = "PROTECTED",
        required_unless_present = "verify",
        default_value = "-"
    )]
    #[arg(hide_default_value = true)]
    pub(crate) protected: PathBuf,

    /// The folder of true mattes, named by their numbers (0.png or 00000.png, any number of
    /// digits, in the order of the frames, none missing): grey, 0 = room, 255 = person that may
    /// be shown.
    #[arg(long, value_name = "DIR")]
    pub(crate) mask: Option<PathBuf>,

    /// A picture of the empty room, for the fringe; else it is put together from ORIGINAL
    /// and the mattes, which takes another pass.
    #[arg(long, value_name = "FILE")]
    pub(crate) room: Option<PathBuf>,

    /// A description of a made clip (JSON: mask_dir, plate, frames, size, events) that names
    /// mattes and room, and what happens when.
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,

    /// The tallest letters that must stay unreadable: a share of the frame's height (1/34 to
    /// 1/2) or pixels (64px).
    #[arg(long, value_name = "HEIGHT", default_value = "1/17")]
    pub(crate) text_height: TextHeight,

    /// Write all figures, those of each frame too; - is the standard output, the table is
    /// left out then.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write a report to read and print. It shows pictures of the room.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Replace the files of --json and --html if they exist.
    #[arg(long)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) verify: VerifyOptions,
}

/// A background as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BackgroundChoice {
    Blur,
    Frost,
    Colour(Rgb),
    Image(PathBuf),
    Alpha,
}

impl FromStr for BackgroundChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.split_once(':')) {
            ("blur", _) => Ok(Self::Blur),
            ("frost", _) => Ok(Self::Frost),
            ("green", _) => Ok(Self::Colour(Rgb::KEY_GREEN)),
            ("alpha", _) => Ok(Self::Alpha),
            (_, Some(("color" | "colour", value))) => value
                .parse()
                .map(Self::Colour)
                .map_err(|error: frosted::FrameError| error.to_string()),
            (_, Some(("image", file))) if !file.is_empty() => Ok(Self::Image(file.into())),
            _ => Err(format!(
                "background \"{text}\" is unknown, choose blur, frost, color:#RRGGBB, image:FILE, green or alpha"
            )),
        }
    }
}

impl BackgroundChoice {
    /// The background, its picture loaded.
    pub(crate) fn load(&self, text_height: TextHeight) -> Result<Background, MediaError> {
        Ok(match self {
            Self::Blur => Background::Blur(text_height),
            Self::Frost => Background::Frost(text_height),
            Self::Colour(rgb) => Background::Colour(*rgb),
            Self::Image(path) => Background::Image(open::picture(path)?),
            Self::Alpha => Background::Transparent,
        })
    }
}

impl ProtectOptions {
    /// The background that is asked for or the default, its picture loaded, and what is to be
    /// said about it for frames of this upright height in pixels.
    pub(crate) fn background(
        &self,
        frame_height_px: usize,
    ) -> Result<(Background, Option<String>), MediaError> {
        let choice = self.background.as_ref().unwrap_or(&BackgroundChoice::Blur);
        let height = self.text_height.unwrap_or_default();
        let background = choice.load(height)?;
        let used = height::used_px(&background, frame_height_px);
        let held = used.and_then(|_| height::held(height, frame_height_px));
        Ok((background, held))
    }

    /// The files that these options read, which no output may replace.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = self.machinery.onnxruntime.iter().cloned().collect();
        if let Some(BackgroundChoice::Image(path)) = &self.background {
            files.push(path.clone());
        }
        if let Model::File(path) = &self.model {
            files.extend([path.clone(), path.with_extension("toml")]);
        }
        files
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sides = text.split_once('x').map(|(w, h)| (w.parse(), h.parse()));
        match sides {
            Some((Ok(width), Ok(height))) => Ok(Self { width, height }),
            _ => Err(format!(
                "size \"{text}\" is not of the form WxH, such as 1280x720"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn backgrounds_are_read_or_refused_with_the_choice() {
        let cases = [
            ("blur", Some(BackgroundChoice::Blur)),
            ("frost", Some(BackgroundChoice::Frost)),
            ("green", Some(BackgroundChoice::Colour(Rgb::KEY_GREEN))),
            ("alpha", Some(BackgroundChoice::Alpha)),
            (
                "color:#102030",
                Some(BackgroundChoice::Colour(Rgb::new(16, 32, 48))),
            ),
            (
                "image:a:b.png",
                Some(BackgroundChoice::Image("a:b.png".into())),
            ),
            ("none", None),
            ("color:red", None),
            ("image:", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
