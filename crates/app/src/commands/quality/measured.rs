use frosted::measure::NetworkMatte;
use frosted::{Background, Frame, Model, Newcomers, PixelFormat, SegmenterInfo};
use frosted_eval::{MatteFigures, MatteJudge};

use super::scene::Scene;
use crate::cli::QualityOptions;
use crate::commands::matte::alpha_of;
use crate::commands::mattes::Mattes;
use crate::commands::own_mattes::OwnMattes;
use crate::exit::Failure;
use crate::media::open::{self, Opened};
use crate::media::{MediaError, convert};
use crate::messages;
use crate::protect::{self, Ended, Run};

/// What was measured on one clip.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) scene: String,
    pub(super) size: (usize, usize),
    /// Why the mattes that are given as true ones are taken for the program's own.
    pub(super) own_mattes: Option<OwnMattes>,
    pub(super) contenders: Vec<Contender>,
}

/// One maker of mattes and how it did.
#[derive(Clone, Debug)]
pub(super) struct Contender {
    pub(super) name: String,
    /// What ran; none for mattes of another program.
    pub(super) segmenter: Option<SegmenterInfo>,
    /// Frames that were covered whole; none for mattes that no pipeline made.
    pub(super) covered: Option<u64>,
    pub(super) frames: Vec<MatteFigures>,
}

impl Contender {
    pub(super) fn mean(&self) -> MatteFigures {
        MatteFigures::mean(&self.frames)
    }
}

/// Measures every contender on one clip; none if the user broke it off.
///
/// # Errors
/// [`Failure`] if something cannot be read, does not belong together, or a network fails.
pub(super) fn of(scene: &Scene, options: &QualityOptions) -> Result<Option<Measured>, Failure> {
    let truth = Mattes::open(&scene.mattes)?;
    let mut others = Vec::new();
    for against in &scene.against {
        let mattes = Mattes::open(&against.folder)?;
        if mattes.len() != truth.len() {
            return Err(Failure::new(format!(
                "{} has {} mattes, {} has {}: they do not belong together",
                against.folder.display(),
                mattes.len(),
                scene.mattes.display(),
                truth.len()
            )));
        }
        others.push((against.name.clone(), mattes));
    }
    let mut measured = Measured {
        scene: scene.name.clone(),
        size: (0, 0),
        own_mattes: None,
        contenders: Vec::new(),
    };
    for model in &options.model {
        let pass = Pass {
            scene,
            truth: &truth,
            // Others' mattes do not depend on the model: the first pass takes them along.
            others: std::mem::take(&mut others),
        };
        match pass.run(options, model)? {
            Some(part) => {
                measured.size = part.size;
                measured.own_mattes = measured.own_mattes.or(part.own_mattes);
                measured.contenders.extend(part.contenders);
            }
            None => return Ok(None),
        }
    }
    // The program's own first, whatever the number of its networks.
    measured
        .contenders
        .sort_by_key(|contender| contender.segmenter.is_none());
    Ok(Some(measured))
}

/// The clip once through one network and its pipeline.
struct Pass<'a> {
    scene: &'a Scene,
    truth: &'a Mattes,
    others: Vec<(String, Mattes)>,
}

impl Pass<'_> {
    fn run(self, options: &QualityOptions, model: &Model) -> Result<Option<Measured>, Failure> {
        let mut opened = self.open(options)?;
        let info = opened.source.info().clone();
        let size = (info.spec.width(), info.spec.height());
        let protect = options.protect(model);
        let mut run = Run::new(&protect, Background::Transparent, &info)?;
        run.reads_from(&self.scene.clip);
        let setup = protect::setup(&protect, Background::Transparent, 1, Newcomers::AtOnce)?;
        let mut network = NetworkMatte::open(&setup)?;
        let mut judge = MatteJudge::new(size.0, size.1, 2 + self.others.len());
        // What the pipeline sees, too.
        let mut rgba = Frame::new(info.spec.in_format(PixelFormat::Rgba8));
        let (mut painted, mut frames, mut marked) = (Vec::new(), Vec::new(), 0);
        let ended = run.all(
            opened.source.as_mut(),
            |frame: &Frame, protected: &Frame, shown| {
                let number = frames.len();
                if number as u64 == self.truth.len() {
                    return Err(self.different_lengths("more"));
                }
                let truth = self.truth.read(number, size)?;
                marked += u64::from(truth.marked);
                alpha_of(protected, shown, &mut painted);
                convert::to_rgba(&frame.view(), &mut rgba);
                let others = self.others.iter();
                let others: Result<Vec<_>, _> = others
                    .map(|(_, mattes)| Ok::<_, MediaError>(mattes.read(number, size)?.alpha))
                    .collect();
                let others = others?;
                let mut mattes = vec![painted.as_slice(), network.of(&rgba.view())?];
                mattes.extend(others.iter().map(Vec::as_slice));
                frames.push(judge.add(&truth.alpha, &mattes)?);
                Ok(())
            },
        )?;
        if ended == Ended::ByTheUser {
            return Ok(None);
        }
        if (frames.len() as u64) < self.truth.len() {
            return Err(self.different_lengths(&frames.len().to_string()));
        }
        let segmenter = run.segmenter().clone();
        let covered = run.tally().covered();
        let contenders = self.contenders(&segmenter, covered, &frames);
        let own: Vec<_> = contenders
            .iter()
            .filter(|contender| contender.segmenter.is_some())
            .map(Contender::mean)
            .collect();
        Ok(Some(Measured {
            scene: self.scene.name.clone(),
            size,
            own_mattes: OwnMattes::of_quality(marked, self.truth.len(), own.iter()),
            contenders,
        }))
    }

    fn open(&self, options: &QualityOptions) -> Result<Opened, Failure> {
        let opened = open::source(&self.scene.clip, options.input_rate.fps)?;
        for note in &opened.notes {
            messages::note(note);
        }
        Ok(opened)
    }

    fn different_lengths(&self, frames: &str) -> Failure {
        Failure::new(format!(
            "{} has {} mattes, {} {frames} frames: they do not belong together",
            self.scene.mattes.display(),
            self.truth.len(),
            self.scene.clip.display()
        ))
    }

    fn contenders(
        &self,
        segmenter: &SegmenterInfo,
        covered: u64,
        frames: &[Vec<MatteFigures>],
    ) -> Vec<Contender> {
        let model = &segmenter.model;
        let own = [
            (format!("frosted, {model}"), Some(covered)),
            (format!("{model} alone"), None),
        ];
        let own = own.map(|(name, covered)| (name, Some(segmenter.clone()), covered));
        let others = self
            .others
            .iter()
            .map(|(name, _)| (name.clone(), None, None));
        let all = own.into_iter().chain(others).enumerate();
        all.map(|(at, (name, segmenter, covered))| Contender {
            name,
            segmenter,
            covered,
            frames: frames.iter().map(|frame| frame[at]).collect(),
        })
        .collect()
    }
}
