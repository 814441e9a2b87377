//! `frosted bench`: time, processor time and memory of frames, on one thread or of several
//! streams at once, as fast as they are done or by a clock.

mod decoding;
mod report;
mod stream;
mod system;
mod times;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use frosted::measure::{force_instructions, instructions};
use frosted::{Background, Frame, FrameSpec, FrameView, Timestamp};

use crate::cli::BenchOptions;
use crate::config::height;
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::media::MediaError;
use crate::messages;

use report::Run;
use stream::{Done, Stream};
use system::{context_switches, cpu_time, rss_anon_bytes};
use times::Times;

/// Copies that are timed beside the frames, after a few that are not.
const COPIES: usize = 40;

pub(crate) fn run(options: &BenchOptions) -> Result<Exit, Failure> {
    let spec = FrameSpec::new(options.format, options.size.width, options.size.height)?;
    if let Some(instructions) = options.instructions
        && !force_instructions(instructions)
    {
        return Err(Failure::new(format!(
            "this processor has no {instructions}: leave out --instructions, or choose less"
        )));
    }
    let raw = read(&options.raw, &spec)?;
    let (background, held) = options.protect.background(spec.upright_height())?;
    if let Some(note) = held {
        messages::note(&note);
    }
    let text_height_px = height::used_px(&background, spec.upright_height());
    let Some(streams) = all(options, spec, &raw, &background)? else {
        return Ok(Exit::Interrupted);
    };
    let (frames, covered) = streams.frames_and_covered();
    if 2 * covered > frames {
        messages::warning(&format!(
            "{covered} of {frames} frames did not show the person, which takes less time: are the frames of --size {}x{} \
             and --format {}?",
            spec.width(),
            spec.height(),
            spec.format()
        ));
    }
    let mut line = streams.to_json(options, raw.len());
    line["background"] = name_of(&background).into();
    line["copy_ms"] = copy_ms(&spec, &raw)?.into();
    line["instructions"] = instructions().to_string().into();
    line["text_height_px"] = text_height_px.into();
    if let Some(clip) = &options.mjpeg {
        line["decode_ms"] = decoding::median_ms(clip, &spec)?.into();
    }
    writeln!(io::stdout(), "{line}")
        .map_err(|error| MediaError::write(&error).of("standard output"))?;
    Ok(Exit::Done)
}

fn name_of(background: &Background) -> &'static str {
    match background {
        Background::Blur(_) => "blur",
        Background::Frost(_) => "frost",
        Background::Colour(_) => "colour",
        Background::Image(_) => "image",
        Background::Transparent => "transparent",
        _ => "another",
    }
}

/// Builds the streams one behind the other, so that the memory of each can be told, and lets
/// them run at once; none if the user broke it off.
fn all(
    options: &BenchOptions,
    spec: FrameSpec,
    raw: &[u8],
    background: &Background,
) -> Result<Option<Run>, Failure> {
    let mut run = Run::default();
    thread::scope(|scope| {
        let mut running = Vec::new();
        for number in 0..options.streams {
            let (ready, is_ready) = mpsc::channel();
            // A sender that is dropped, on an error of another stream, ends the thread.
            let (start, started) = mpsc::channel();
            let stream = Stream {
                options,
                spec,
                raw,
                number,
            };
            let background = background.clone();
            let name = format!("stream {number}");
            let thread = thread::Builder::new()
                .name(name)
                .spawn_scoped(scope, move || stream.run(background, &ready, &started))
                .map_err(|error| Failure::new(format!("a thread cannot be had: {error}")))?;
            if is_ready.recv().is_err() {
                return ended(thread).map(|_| None);
            }
            run.see_memory_of_stream(rss_anon_bytes());
            running.push((thread, start, is_ready));
        }
        let (cpu, switches) = (cpu_time(), context_switches());
        let begin = Instant::now();
        // A thread that is gone says why when it is joined.
        for (_, start, _) in &running {
            let _ = start.send(begin);
        }
        for (_, _, is_done) in &running {
            let _ = is_done.recv();
        }
        // A thread that has ended is no longer counted: all of them are still there.
        let switches = switches.zip(context_switches());
        let threads: Vec<_> = running.into_iter().map(|(thread, ..)| thread).collect();
        for thread in threads {
            match ended(thread)? {
                Some(done) => run.add(done),
                None => return Ok(None),
            }
        }
        run.measure_whole(
            begin,
            cpu,
            switches.map(|(before, after)| after.since(before)),
        );
        Ok(Some(run))
    })
}

fn ended(
    thread: thread::ScopedJoinHandle<'_, Result<Option<Done>, Failure>>,
) -> Result<Option<Done>, Failure> {
    thread
        .join()
        .unwrap_or_else(|_| Err(Failure::new("the thread of a stream panicked")))
}

/// The file's frames, at least one and none of them cut off.
fn read(path: &Path, spec: &FrameSpec) -> Result<Vec<u8>, Failure> {
    let name = path.display().to_string();
    let metadata = fs::metadata(path).map_err(|error| MediaError::opening(path, &error))?;
    if !metadata.is_file() {
        let error = MediaError::unsupported("is no file, give one of raw frames");
        return Err(error.of(&name).into());
    }
    let (bytes, frame) = (metadata.len(), spec.buffer_bytes() as u64);
    if bytes == 0 || !bytes.is_multiple_of(frame) {
        let error = MediaError::damaged(format!(
            "has {bytes} bytes, which is no multiple of the {frame} bytes of a {} frame of {}x{}: \
             check --format and --size",
            spec.format(),
            spec.width(),
            spec.height()
        ));
        return Err(error.of(&name).into());
    }
    fs::read(path).map_err(|error| MediaError::read(&error).of(&name).into())
}

/// Median milliseconds of copying one frame after the other to the same place, which is the
/// least that a program needs that hands frames on.
fn copy_ms(spec: &FrameSpec, raw: &[u8]) -> Result<f64, Failure> {
    let mut target = Frame::new(*spec);
    let mut times = Times::default();
    let frames = raw.chunks_exact(spec.buffer_bytes()).cycle();
    for (number, bytes) in frames.take(COPIES + 3).enumerate() {
        if interrupt::asked() {
            break;
        }
        let frame = FrameView::from_buffer(*spec, bytes, Timestamp::ZERO)?;
        let start = Instant::now();
        target.copy_from(&frame);
        let time = start.elapsed();
        // What nobody reads need not be written.
        std::hint::black_box(target.bytes());
        if number >= 3 {
            times.push(time);
        }
    }
    let [median] = times.milliseconds([0.5]);
    Ok(median)
}
