//! One run: frames of a stream through a pipeline.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::time::Duration;

use frosted::{
    Background, Cause, CompositorInfo, Frame, FrameReport, FrameSpec, Model, Newcomers, Pipeline,
    PixelFormat, SegmenterInfo, Settings, Setup, Shown, Timestamp,
};

use crate::cli::ProtectOptions;
use crate::exit::Failure;
use crate::interrupt;
use crate::live::State;
use crate::media::{MediaError, Source, StreamInfo, Timing, convert};
use crate::messages;
use crate::progress::Progress;
use crate::record::Recorder;
use crate::summary::Tally;

/// What is shown and by what it is found, as the options say, for frames that need not be
/// on time.
///
/// # Errors
/// [`Failure`] if the model is a file that is not there.
pub(crate) fn setup(
    options: &ProtectOptions,
    background: Background,
    warm_up_frames: u32,
    newcomers: Newcomers,
) -> Result<Setup, Failure> {
    if let Model::File(path) = &options.model {
        fs::metadata(path).map_err(|error| MediaError::opening(path, &error))?;
    }
    let machinery = &options.machinery;
    Ok(Setup {
        model: options.model.clone(),
        engine: machinery.engine,
        providers: machinery.provider.clone(),
        runtime: machinery.runtime_search(),
        compositor: machinery.compositor.clone(),
        threads: machinery.threads,
        settings: Settings {
            background,
            subjects: options.subject.unwrap_or_default().into(),
            warm_up_frames,
            newcomers,
            deadline: None,
            resume_gap: None,
            ..Settings::default()
        },
        ..Setup::default()
    })
}

/// A pipeline for the frames of one stream, and what became of them.
#[derive(Debug)]
pub(crate) struct Run {
    pipeline: Pipeline,
    timing: Timing,
    with_alpha: bool,
    frames_in: u64,
    /// How many frames of the beginning the pipeline is shown before the first that counts,
    /// and was.
    rehearsal: usize,
    /// At most so many times as many, if somebody is there who does not move.
    patience: usize,
    rehearsed: u32,
    input: Frame,
    rgba: Frame,
    output: Frame,
    tally: Tally,
    recorder: Option<Recorder>,
}

impl Run {
    /// Frames that a stream needs before it shows the person.
    const WARM_UP_FRAMES: u32 = 3;
    /// So many frames at the beginning are looked at before the first is written: a second,
    /// in which whoever sits there moves ...
    const REHEARSAL_FRAMES: usize = 30;
    /// ... at most so many times as many if they do not ...
    const PATIENCE: usize = 3;
    /// ... or as many as fit in so many bytes.
    const REHEARSAL_BYTES: usize = 128 << 20;
    /// In a clip of fewer frames whoever looks like a person is one.
    const SHORT_CLIP_FRAMES: usize = 15;

    /// Loads the model for a stream.
    pub(crate) fn new(
        options: &ProtectOptions,
        background: Background,
        info: &StreamInfo,
    ) -> Result<Self, Failure> {
        let with_alpha = background == Background::Transparent;
        let (warm_up_frames, newcomers) = match info.timing {
            Timing::Still => (1, Newcomers::AtOnce),
            _ => (Self::WARM_UP_FRAMES, Newcomers::MustMove),
        };
        let pipeline = setup(options, background, warm_up_frames, newcomers)?.build()?;
        let spec = output_spec(info, with_alpha);
        Ok(Self {
            pipeline,
            timing: info.timing.clone(),
            with_alpha,
            frames_in: 0,
            rehearsal: Self::REHEARSAL_FRAMES,
            patience: Self::PATIENCE,
            rehearsed: 0,
            input: Frame::new(info.spec),
            rgba: Frame::new(spec),
            output: Frame::new(spec),
            tally: Tally::default(),
            recorder: None,
        })
    }

    /// Says where the frames come from: those that come out of a pipe may come as slowly as
    /// they are made, and are not waited for.
    pub(crate) fn reads_from(&mut self, input: &Path) {
        let is_file = fs::metadata(input).is_ok_and(|what| what.is_file());
        if !is_file {
            self.rehearsal = Self::WARM_UP_FRAMES as usize;
            self.patience = 1;
        }
    }

    /// What the output is, given what the input is.
    pub(crate) fn output_info(&self, info: &StreamInfo) -> StreamInfo {
        StreamInfo {
            spec: output_spec(info, self.with_alpha),
            ..info.clone()
        }
    }

    pub(crate) fn segmenter(&self) -> &SegmenterInfo {
        self.pipeline.segmenter_info()
    }

    /// What did the pixel work of the frames so far.
    pub(crate) fn compositor(&self) -> CompositorInfo {
        self.pipeline.compositor_info()
    }

    /// Keeps a record of the frames from now on.
    pub(crate) fn record_by(&mut self, recorder: Recorder) {
        self.recorder = Some(recorder);
    }

    /// The record that is kept, to be ended.
    pub(crate) fn take_recorder(&mut self) -> Option<Recorder> {
        self.recorder.take()
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Hands every frame of `source`, protected, and what was shown to `write`; whether the
    /// user broke it off.
    pub(crate) fn all(
        &mut self,
        source: &mut dyn Source,
        mut write: impl FnMut(&Frame, &Frame, Shown) -> Result<(), Failure>,
    ) -> Result<Ended, Failure> {
        let mut progress = Progress::new(source.info().frames);
        let (mut opening, mut next) = self.rehearse(source)?;
        while !interrupt::asked() {
            match opening.pop_front() {
                Some(frame) => self.input = frame,
                None => match next.take().unwrap_or_else(|| source.next(&mut self.input)) {
                    Ok(true) => {}
                    Ok(false) => return Ok(Ended::WithTheInput),
                    // Whoever feeds a pipe was broken off by the same Ctrl-C.
                    Err(_) if interrupt::asked() => break,
                    Err(error) => return Err(error.into()),
                },
            }
            let shown = self.protect()?;
            write(&self.input, &self.output, shown)?;
            progress.at(self.tally.frames());
        }
        Ok(Ended::ByTheUser)
    }

    /// Shows the pipeline the beginning of a stream, backwards, so that it is warm and knows
    /// who moves when the first frame comes: a clip begins with the person and not with
    /// cards. If somebody is there who does not move within it, a longer beginning is shown,
    /// forth and back. A still has one frame and needs none of it.
    ///
    /// Gives the frames back, and what the source said instead of one more.
    fn rehearse(&mut self, source: &mut dyn Source) -> Result<Opening, Failure> {
        let mut opening = (VecDeque::new(), None);
        if matches!(self.timing, Timing::Still) {
            return Ok(opening);
        }
        let fit = Self::REHEARSAL_BYTES / self.input.bytes().len().max(1);
        let most = |frames: usize| frames.min(fit).max(Self::WARM_UP_FRAMES as usize);
        self.open(source, most(self.rehearsal), &mut opening);
        let (frames, next) = &opening;
        // In a clip of half a second nobody need have moved.
        let short = next.is_some() && frames.len() < Self::SHORT_CLIP_FRAMES;
        if short {
            let settings = self.pipeline.settings().clone();
            self.pipeline.set_settings(Settings {
                newcomers: Newcomers::AtOnce,
                warm_up_frames: Self::WARM_UP_FRAMES.min(frames.len() as u32),
                ..settings
            });
        }
        let mut shown = self.try_out(opening.0.iter().rev())?;
        while shown == Some(Shown::AllCovered(Cause::NoSubject)) {
            let before = opening.0.len();
            let longer = most((before + self.rehearsal).min(self.patience * self.rehearsal));
            self.open(source, longer, &mut opening);
            let frames = &opening.0;
            if frames.len() <= before {
                break;
            }
            let _ = self.try_out(frames.iter().skip(1))?;
            shown = self.try_out(frames.iter().rev().skip(1))?;
        }
        Ok(opening)
    }

    /// Reads on until there are `most` frames, or no more come.
    fn open(&mut self, source: &mut dyn Source, most: usize, (frames, next): &mut Opening) {
        while next.is_none() && frames.len() < most && !interrupt::asked() {
            match source.next(&mut self.input) {
                Ok(true) => frames.push_back(self.input.clone()),
                end => *next = Some(end),
            }
        }
    }

    /// Shows the pipeline these frames and nobody else; what it would have shown of the last.
    fn try_out<'f>(
        &mut self,
        frames: impl Iterator<Item = &'f Frame>,
    ) -> Result<Option<Shown>, Failure> {
        let mut shown = None;
        for frame in frames {
            if interrupt::asked() {
                break;
            }
            self.input.copy_from(&frame.view());
            let at = Timestamp::ZERO + self.step() * self.rehearsed;
            shown = Some(self.process(at)?.shown);
            self.rehearsed += 1;
        }
        Ok(shown)
    }

    fn protect(&mut self) -> Result<Shown, Failure> {
        let at = self.timing.time_of(self.frames_in) + self.step() * self.rehearsed;
        let report = self.process(at)?;
        self.record(&report);
        self.frames_in += 1;
        self.tally.add(&report);
        Ok(report.shown)
    }

    fn record(&mut self, report: &FrameReport) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let at = self.timing.time_of(self.frames_in).since(Timestamp::ZERO);
        let (state, cause) = State::of(report.shown);
        let cause = cause.map(|cause| cause.to_string());
        recorder.frame(at, state, cause.as_deref());
        if let Some(trouble) = recorder.trouble() {
            messages::note(&trouble);
        }
    }

    /// The time between the first two frames.
    fn step(&self) -> Duration {
        self.timing.time_of(1).since(self.timing.time_of(0))
    }

    fn process(&mut self, at: Timestamp) -> Result<FrameReport, Failure> {
        let frame = if self.with_alpha {
            convert::to_rgba(&self.input.view(), &mut self.rgba);
            &mut self.rgba
        } else {
            &mut self.input
        };
        frame.set_captured_at(at);
        let report = self
            .pipeline
            .process(&frame.view(), &mut self.output.view_mut())?;
        Ok(report)
    }
}

fn output_spec(info: &StreamInfo, with_alpha: bool) -> FrameSpec {
    if with_alpha {
        info.spec.in_format(PixelFormat::Rgba8)
    } else {
        info.spec
    }
}

/// The frames of a beginning, and what the source said behind them if it was not asked in
/// vain.
type Opening = (VecDeque<Frame>, Option<Result<bool, MediaError>>);

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// There are no more frames.
    WithTheInput,
    /// Ctrl-C.
    ByTheUser,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;
    use frosted::{Provider, Subjects};
    use std::num::NonZeroU8;

    fn setup_of(line: &[&str]) -> Setup {
        let cli = Cli::try_parse_from([&["frosted"], line].concat())
            .unwrap_or_else(|error| panic!("{error}"));
        let options = match cli.command {
            Command::Blur(options) => options.protect,
            Command::Demo(options) => options.protect,
            Command::Matte(options) => options.protect(),
            other => panic!("{other:?}"),
        };
        let background = Background::default();
        setup(&options, background, 3, Newcomers::MustMove).unwrap()
    }

    #[test]
    fn every_command_that_protects_hands_the_providers_on_in_their_order() {
        for line in [&["blur", "a", "b"][..], &["demo"], &["matte", "a", "b"]] {
            let line = [line, &["--provider", "tensorrt,cuda", "--provider", "cpu"]].concat();
            let setup = setup_of(&line);
            let expected = [Provider::TensorRt, Provider::Cuda, Provider::Cpu];
            assert_eq!(setup.providers, expected, "{line:?}");
        }
        assert!(setup_of(&["blur", "a", "b"]).providers.is_empty());
        let wrong = ["frosted", "blur", "a", "b", "--provider", "cuda,gpu"];
        let error = Cli::try_parse_from(wrong).unwrap_err().to_string();
        assert!(error.contains("\"gpu\" is unknown"), "{error}");
    }

    #[test]
    fn every_command_that_protects_tells_the_pipeline_who_stays_sharp() {
        let subjects = |line: &[&str]| setup_of(line).settings.subjects;
        for line in [&["blur", "a", "b"][..], &["demo"], &["matte", "a", "b"]] {
            let with = |rule| subjects(&[line, &["--subject", rule]].concat());
            assert_eq!(subjects(line), Subjects::One, "{line:?}");
            assert_eq!(with("one"), Subjects::One, "{line:?}");
            assert_eq!(with("3"), Subjects::UpTo(NonZeroU8::new(3).unwrap()));
            assert_eq!(with("all"), Subjects::All, "{line:?}");
        }
    }
}
