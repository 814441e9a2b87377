//! One run: frames of a stream through a pipeline.

use std::fs;
use std::time::Duration;

use frosted::{
    Background, Frame, FrameReport, FrameSpec, Model, Pipeline, PixelFormat, SegmenterInfo,
    Settings, Setup, Timestamp,
};

use crate::cli::ProtectOptions;
use crate::exit::Failure;
use crate::interrupt;
use crate::media::{MediaError, Source, StreamInfo, Timing, convert};
use crate::progress::Progress;
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
) -> Result<Setup, Failure> {
    if let Model::File(path) = &options.model {
        fs::metadata(path).map_err(|error| MediaError::opening(path, &error))?;
    }
    Ok(Setup {
        model: options.model.clone(),
        engine: options.engine,
        runtime: options.runtime_search(),
        threads: options.threads,
        settings: Settings {
            background,
            warm_up_frames,
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
    /// How often the first frame goes through before the output begins.
    pre_rolls: u32,
    frames_in: u64,
    input: Frame,
    rgba: Frame,
    output: Frame,
    tally: Tally,
}

impl Run {
    /// Frames that a stream needs before it shows the person.
    const WARM_UP_FRAMES: u32 = 3;

    /// Loads the model for a stream.
    ///
    /// A stream begins with the person and not with cards: its first frame goes through
    /// until the pipeline is warm. A still has one frame and warms up on it.
    pub(crate) fn new(
        options: &ProtectOptions,
        background: Background,
        info: &StreamInfo,
    ) -> Result<Self, Failure> {
        let with_alpha = background == Background::Transparent;
        let (warm_up_frames, pre_rolls) = match info.timing {
            Timing::Still => (1, 0),
            _ => (Self::WARM_UP_FRAMES, Self::WARM_UP_FRAMES),
        };
        let pipeline = setup(options, background, warm_up_frames)?.build()?;
        let spec = output_spec(info, with_alpha);
        Ok(Self {
            pipeline,
            timing: info.timing.clone(),
            with_alpha,
            pre_rolls,
            frames_in: 0,
            input: Frame::new(info.spec),
            rgba: Frame::new(spec),
            output: Frame::new(spec),
            tally: Tally::default(),
        })
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

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Hands every frame of `source`, protected, to `write`; whether the user broke it off.
    pub(crate) fn all(
        &mut self,
        source: &mut dyn Source,
        mut write: impl FnMut(&Frame, &Frame) -> Result<(), MediaError>,
    ) -> Result<Ended, Failure> {
        let mut progress = Progress::new(source.info().frames);
        while !interrupt::asked() {
            match source.next(&mut self.input) {
                Ok(true) => {}
                Ok(false) => return Ok(Ended::WithTheInput),
                // Whoever feeds a pipe was broken off by the same Ctrl-C.
                Err(_) if interrupt::asked() => break,
                Err(error) => return Err(error.into()),
            }
            self.protect()?;
            write(&self.input, &self.output)?;
            progress.at(self.tally.frames());
        }
        Ok(Ended::ByTheUser)
    }

    fn protect(&mut self) -> Result<(), Failure> {
        if self.with_alpha {
            convert::to_rgba(&self.input.view(), &mut self.rgba);
        }
        if self.frames_in == 0 {
            for turn in 0..self.pre_rolls {
                let at = self.timing.time_of(0) + self.step() * turn;
                let _ = self.process(at)?;
            }
        }
        let at = self.timing.time_of(self.frames_in) + self.step() * self.pre_rolls;
        let report = self.process(at)?;
        self.frames_in += 1;
        self.tally.add(&report);
        Ok(())
    }

    /// The time between the first two frames.
    fn step(&self) -> Duration {
        self.timing.time_of(1).since(self.timing.time_of(0))
    }

    fn process(&mut self, at: Timestamp) -> Result<FrameReport, Failure> {
        let frame = if self.with_alpha {
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

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// There are no more frames.
    WithTheInput,
    /// Ctrl-C.
    ByTheUser,
}
