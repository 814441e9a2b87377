use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use frosted::Background;
use serde_json::Value;

use crate::cli::{BackgroundChoice, BlurOptions, ProtectOptions};
use crate::config::{self, height};
use crate::exit::{Exit, Failure};
use crate::media::MediaError;
use crate::media::open::{self, Coding, SinkOptions, Target, output_name};
use crate::media::output::{Existing, Output};
use crate::messages;
use crate::protect::{Ended, Run};
use crate::record::{Claim, Clock, End};

pub(crate) fn run(options: &BlurOptions) -> Result<Exit, Failure> {
    check_usage(options)?;
    if let Target::Still(_) = Target::of(&options.output)? {
        open::refuse_unread_picture(&options.input)?;
    }
    let mut opened = open::source(&options.input, options.input_rate.fps)?;
    for note in &opened.notes {
        messages::note(note);
    }
    let height_px = opened.source.info().spec.upright_height();
    let claim = claim(options)?;
    let (background, settings) = background(&options.protect, height_px)?;
    let text_height_px = height::used_px(&background, height_px);
    let mut run = Run::new(&options.protect, background, opened.source.info())?;
    run.reads_from(&options.input);
    let summary = options
        .json
        .as_deref()
        .map(|path| Summary::create(path, options))
        .transpose()?;
    let inputs = inputs(options);
    let inputs: Vec<&Path> = inputs.iter().map(AsRef::as_ref).collect();
    let sound = opened.probe.as_ref().filter(|probe| probe.has_sound());
    let mut writing = open::sink(
        &options.output,
        &run.output_info(opened.source.info()),
        &inputs,
        sound.map(|probe| (options.input.as_path(), probe)),
        sink_options(options),
    )?;
    if sound.is_some() && !matches!(Target::of(&options.output)?, Target::Container(_)) {
        messages::note(&format!(
            "{} holds no sound, that of the input is left out",
            output_name(&options.output)
        ));
    }
    if let Some(claim) = claim {
        let mut recorder = claim.start("blur", run.segmenter(), Clock::Clip)?;
        recorder.set_settings(settings);
        run.record_by(recorder);
    }
    let ended = run.all(opened.source.as_mut(), |_, protected, _| {
        Ok(writing.write(&protected.view())?)
    })?;
    if run.tally().frames() == 0 {
        return Ok(Exit::Interrupted);
    }
    let writes = writing.describe();
    match ended {
        Ended::WithTheInput => writing.finish()?,
        Ended::ByTheUser => writing.break_off()?,
    }
    if let Some(summary) = summary {
        let mut told = run.tally().to_json(run.segmenter(), &run.compositor());
        told["text_height_px"] = text_height_px.into();
        summary.write(&told)?;
    }
    tell(options, &run, &writes);
    end_record(&mut run, ended)?;
    Ok(match ended {
        Ended::WithTheInput => Exit::Done,
        Ended::ByTheUser => {
            messages::note(&"broken off, what is written so far is whole");
            Exit::Interrupted
        }
    })
}

/// The file of the record, if one is asked for.
fn claim(options: &BlurOptions) -> Result<Option<Claim>, Failure> {
    let read = inputs(options);
    let others = read.iter().chain([&options.output]).chain(&options.json);
    let others: Vec<&Path> = others.map(AsRef::as_ref).collect();
    let record = options.record.record.as_deref();
    if record.is_some_and(|record| others.contains(&record)) {
        return Err(Failure::usage(
            "--record names the file of something else, give it its own",
        ));
    }
    Claim::new(&options.record, &others, existing(options))
}

fn end_record(run: &mut Run, ended: Ended) -> Result<(), Failure> {
    let Some(recorder) = run.take_recorder() else {
        return Ok(());
    };
    let said = recorder.finish(match ended {
        Ended::WithTheInput => End::Input,
        Ended::ByTheUser => End::Asked,
    })?;
    messages::line(&said);
    Ok(())
}

/// What is shown instead of the room in frames of this upright height: what is asked for, or
/// the default, held to the administrator's floor; and the settings for a record.
fn background(
    options: &ProtectOptions,
    frame_height_px: usize,
) -> Result<(Background, Value), Failure> {
    let floor = config::floor_of_this_machine()?;
    floor.check_network(
        &options.model,
        options.machinery.engine,
        &options.machinery.runtime_search(),
    )?;
    floor.check_subject(options.subject)?;
    let look = floor.look(
        options.background.as_ref(),
        options.text_height,
        frame_height_px,
    )?;
    for note in &look.notes {
        messages::note(note);
    }
    let background = look.background.load(look.text_height)?;
    let subject = options.subject.unwrap_or_default();
    let settings = floor.with_settings(&background, subject, frame_height_px);
    Ok((background, settings))
}

fn check_usage(options: &BlurOptions) -> Result<(), Failure> {
    let target = Target::of(&options.output).map_err(|error| Failure::usage(error.to_string()))?;
    let dash = Path::new("-");
    if options.input == dash && io::stdin().is_terminal() {
        return Err(Failure::usage(
            "the standard input is a terminal, pipe Y4M into it or give a file",
        ));
    }
    if options.output == dash && io::stdout().is_terminal() {
        return Err(Failure::usage(
            "the standard output is a terminal, pipe it on or give a file",
        ));
    }
    let alpha = options.protect.background == Some(BackgroundChoice::Alpha);
    if alpha && !target.holds_alpha(coding(options)) {
        return Err(Failure::usage(format!(
            "{}: cannot hold transparent pixels: write .png, .webm, or .mkv with --lossless",
            output_name(&options.output)
        )));
    }
    if options.json.as_deref() == Some(dash) && options.output == dash {
        return Err(Failure::usage(
            "OUT and --json are both the standard output (-), give one of them a file",
        ));
    }
    if options.json.as_deref() == Some(options.output.as_path()) {
        return Err(Failure::usage(
            "OUT and --json name the same file, give two",
        ));
    }
    Ok(())
}

fn coding(options: &BlurOptions) -> Coding {
    if options.lossless {
        Coding::Lossless
    } else {
        Coding::Usual
    }
}

fn existing(options: &BlurOptions) -> Existing {
    if options.force {
        Existing::Replace
    } else {
        Existing::Keep
    }
}

fn sink_options(options: &BlurOptions) -> SinkOptions {
    SinkOptions {
        existing: existing(options),
        coding: coding(options),
    }
}

/// Every file that is read, which no output may replace.
fn inputs(options: &BlurOptions) -> Vec<std::path::PathBuf> {
    let mut files = options.protect.files();
    if options.input != Path::new("-") {
        files.push(options.input.clone());
    }
    files
}

/// The closing lines: what was written, what was protected and by what.
fn tell(options: &BlurOptions, run: &Run, writes: &str) {
    let info = run.segmenter();
    messages::line(run.tally());
    messages::line(&format!(
        "{}: {writes}; {} on {}, pixels on {}",
        output_name(&options.output),
        info.model,
        info.engine,
        run.compositor().name
    ));
}

/// Where `--json` goes.
enum Summary {
    StandardOutput,
    /// Claimed before the work begins.
    File(Output, File),
}

impl Summary {
    fn create(path: &Path, options: &BlurOptions) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::StandardOutput);
        }
        let inputs = inputs(options);
        let inputs: Vec<&Path> = inputs.iter().map(AsRef::as_ref).collect();
        let (output, file) = Output::create(path, &inputs, existing(options))?;
        Ok(Self::File(output, file))
    }

    fn write(self, summary: &Value) -> Result<(), Failure> {
        match self {
            Self::StandardOutput => writeln!(io::stdout(), "{summary:#}")
                .map_err(|error| MediaError::write(&error).of("standard output"))?,
            Self::File(output, mut file) => {
                let name = output.target().display().to_string();
                writeln!(file, "{summary:#}")
                    .map_err(|error| MediaError::write(&error).of(&name))?;
                drop(file);
                output.commit()?;
            }
        }
        Ok(())
    }
}
