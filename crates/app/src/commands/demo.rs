use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use frosted::{Background, Frame, FrameSpec, PixelFormat};

use crate::cli::{BackgroundChoice, DemoOptions};
use crate::exit::{Exit, Failure};
use crate::media::mjpeg::{MjpegReader, MjpegWriter};
use crate::media::output::{Existing, Output};
use crate::media::{MediaError, Rate, Sink, convert, open, still};
use crate::messages;
use crate::protect::{Ended, Run};

/// The bundled clip, and the rate that raw Motion JPEG cannot say.
const CLIP: &str = "webcam.mjpeg";
const CLIP_RATE: Rate = Rate::PAL;
const STILL: &str = "portrait.png";

pub(crate) fn run(options: &DemoOptions) -> Result<Exit, Failure> {
    if options.protect.background == Some(BackgroundChoice::Alpha) {
        return Err(Failure::usage(
            "the demo's clip cannot hold transparent pixels, choose another background",
        ));
    }
    fs::create_dir_all(&options.out).map_err(|error| MediaError::opening(&options.out, &error))?;
    let Some(clip) = protect_clip(options)? else {
        return Ok(Exit::Interrupted);
    };
    let still = protect_still(options)?;
    print(&clip, &still)
}

/// What the demo's clip came to.
struct Clip {
    run: Run,
    seconds: f64,
    spec: FrameSpec,
    written: [PathBuf; 2],
}

fn protect_clip(options: &DemoOptions) -> Result<Option<Clip>, Failure> {
    let path = options.data.join(CLIP);
    let mut reader = open_clip(&path)?;
    let info = crate::media::Source::info(&reader).clone();
    let background = background(options, &info.spec)?;
    let mut run = Run::new(&options.protect, background, &info)?;
    let target = options.out.join("protected.mjpeg");
    let (output, file) = Output::create(&target, &[&path], Existing::Replace)?;
    let name = target.display().to_string();
    let mut writer = MjpegWriter::new(io::BufWriter::new(file), &info)?;
    let mut pairs: Vec<(Frame, Frame)> = Vec::new();
    let started = Instant::now();
    let ended = run.all(&mut reader, |before, after, _| {
        pairs.push((before.clone(), after.clone()));
        writer
            .write(&after.view())
            .map_err(|error| error.of(&name))?;
        Ok(())
    })?;
    let seconds = started.elapsed().as_secs_f64();
    if ended == Ended::ByTheUser {
        return Ok(None);
    }
    writer.finish().map_err(|error| error.of(&name))?;
    drop(writer);
    output.commit()?;
    let picture = options.out.join("before-after.png");
    let (before, after) = &pairs[pairs.len() / 2];
    write_png(&picture, &side_by_side(before, after))?;
    Ok(Some(Clip {
        run,
        seconds,
        spec: info.spec,
        written: [target, picture],
    }))
}

fn background(options: &DemoOptions, spec: &FrameSpec) -> Result<Background, MediaError> {
    let (background, held) = options.protect.background(spec.upright_height())?;
    if let Some(note) = held {
        messages::note(&note);
    }
    Ok(background)
}

fn open_clip(path: &Path) -> Result<MjpegReader<io::BufReader<File>>, Failure> {
    let file = File::open(path).map_err(|error| {
        Failure::new(format!(
            "{}; run the demo in the repository's folder or give --data DIR",
            MediaError::opening(path, &error)
        ))
    })?;
    let name = path.display().to_string();
    Ok(MjpegReader::new(io::BufReader::new(file), CLIP_RATE).map_err(|error| error.of(&name))?)
}

fn protect_still(options: &DemoOptions) -> Result<PathBuf, Failure> {
    let mut opened = open::source(&options.data.join(STILL), None)?;
    let background = background(options, &opened.source.info().spec)?;
    let mut run = Run::new(&options.protect, background, opened.source.info())?;
    let target = options.out.join("portrait.png");
    run.all(opened.source.as_mut(), |_, after, _| {
        Ok(write_png(&target, after)?)
    })?;
    Ok(target)
}

fn write_png(target: &Path, frame: &Frame) -> Result<(), MediaError> {
    let (output, mut file) = Output::create(target, &[], Existing::Replace)?;
    let mut png = Vec::new();
    still::encode_png(&frame.view(), &mut png)?;
    file.write_all(&png)
        .map_err(|error| MediaError::write(&error).of(&target.display().to_string()))?;
    drop(file);
    output.commit()
}

/// The original on the left, the protected frame on the right.
fn side_by_side(before: &Frame, after: &Frame) -> Frame {
    let (width, height) = (before.spec().width(), before.spec().height());
    let spec = FrameSpec::new(PixelFormat::Rgba8, 2 * width, height)
        .expect("two of the demo's frames are no larger than a frame may be");
    let mut picture = Frame::new(spec);
    let mut half = Frame::new(spec);
    for (frame, at) in [(before, 0), (after, 4 * width)] {
        convert::to_rgba(&frame.view(), &mut half);
        for y in 0..height {
            picture.view_mut().row_mut(0, y)[at..at + 4 * width]
                .copy_from_slice(half.view().row(0, y));
        }
    }
    picture
}

fn print(clip: &Clip, still: &Path) -> Result<Exit, Failure> {
    let tally = clip.run.tally();
    let info = clip.run.segmenter();
    let mut text = format!(
        "{:<10} {:>8} {:>8} {:>8}\n",
        "stage (ms)", "p50", "p95", "p99"
    );
    // Writing to a string does not fail.
    for (name, [p50, p95, p99]) in tally.stages([0.5, 0.95, 0.99]) {
        let _ = writeln!(text, "{name:<10} {p50:>8.2} {p95:>8.2} {p99:>8.2}");
    }
    let [.., (_, [total])] = tally.stages([0.5])[..] else {
        return Err(Failure::new("no stage was measured"));
    };
    let _ = writeln!(
        text,
        "clip       {}x{}, {:.0} frames a second, {:.0} with reading and writing JPEG",
        clip.spec.width(),
        clip.spec.height(),
        1e3 / total.max(1e-3),
        tally.frames() as f64 / clip.seconds.max(1e-3)
    );
    let _ = writeln!(
        text,
        "engine     {}\nmodel      {}\npixels     {}\nprotected  {tally}",
        info.engine,
        info.model,
        clip.run.compositor()
    );
    let [target, picture] = &clip.written;
    for path in [picture.as_path(), target.as_path(), still] {
        let _ = writeln!(text, "written    {}", path.display());
    }
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| MediaError::write(&error).of("standard output"))?;
    Ok(Exit::Done)
}
