//! `frosted audit`: what a protected clip still shows.

mod clips;
mod figures;
mod html;
mod json;
mod moments;
mod plot;
mod style;
mod table;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use frosted_eval::{Auditor, Limits, Outcome, Report, Room};

use self::clips::{Clips, Ended};
use self::html::Page;
use self::moments::{Moment, Moments};
use crate::cli::AuditOptions;
use crate::commands::own_mattes::OwnMattes;
use crate::commands::place::Place;
use crate::commands::truth::Truth;
use crate::config::height;
use crate::exit::{Exit, Failure};
use crate::media::open;
use crate::messages;
use crate::progress::Progress;
use crate::record;

/// A failure here is no verdict: see [`Failure::without_verdict`].
pub(crate) fn run(options: &AuditOptions) -> Result<Exit, Failure> {
    if let Some(exit) = record::verify(&options.verify)? {
        return Ok(exit);
    }
    check_usage(options)?;
    let truth = match &options.truth {
        Some(path) => Truth::read(path)?,
        None => Truth::default(),
    };
    let clips = Clips::open(options, &truth)?;
    let inputs = inputs(options);
    let claim = |path: &Option<PathBuf>| Place::claim(path.as_deref(), &inputs, options.force);
    let (json, page) = (claim(&options.json)?, claim(&options.html)?);
    let mut limits = Limits::default();
    limits.text_height = options.text_height;
    if let Some(note) = height::held(options.text_height, clips.size().1) {
        messages::note(&note);
    }

    let timing = clips.info().timing.clone();
    let Some(measured) = measure(options, &truth, clips, page.is_some())? else {
        return Ok(Exit::Interrupted);
    };
    let (report, moments) = (&measured.report, &measured.moments);
    let own_mattes = measured.own_mattes.as_ref();
    let verdict = report.verdict(&limits);
    let takes_the_output = |place: &Option<Place>| matches!(place, Some(Place::StandardOutput));
    if !takes_the_output(&json) && !takes_the_output(&page) {
        messages::out(&table::of(
            report,
            &limits,
            &verdict,
            own_mattes,
            &truth.events,
        ))?;
    } else if let Some(own) = own_mattes {
        messages::warning(own);
    }
    if let Some(place) = json {
        let json = json::of(report, &limits, &verdict, own_mattes, &truth.events);
        place.write(format!("{json:#}\n").as_bytes())?;
    }
    if let Some(place) = page {
        let page = Page {
            names: [&options.original, &options.protected].map(|path| file_name(path)),
            timing: &timing,
            report,
            own_mattes,
            limits: &limits,
            verdict: &verdict,
            events: &truth.events,
            moments,
        };
        place.write(page.write()?.as_bytes())?;
    }
    Ok(match verdict.outcome {
        Outcome::Pass => Exit::Done,
        Outcome::Fail => Exit::FailVerdict,
        Outcome::NoVerdict => Exit::NoVerdict,
    })
}

/// What a report, which may be passed on, calls a clip: folders tell of the machine and its user.
fn file_name(path: &Path) -> String {
    open::input_name(path.file_name().map_or(path, Path::new))
}

struct Measured {
    report: Report,
    own_mattes: Option<OwnMattes>,
    moments: Vec<Moment>,
}

/// All frames, one after the other; none if the user broke it off. Pictures are kept only if
/// they are asked for.
fn measure(
    options: &AuditOptions,
    truth: &Truth,
    clips: Clips,
    with_pictures: bool,
) -> Result<Option<Measured>, Failure> {
    let (size, frames) = (clips.size(), clips.frames());
    let mut auditor = Auditor::new(size.0, size.1);
    if clips.has_mattes() {
        match room(options, truth)? {
            Known::Room(room) => auditor = auditor.with_room(room)?,
            Known::Nothing => {}
            Known::BrokenOff => return Ok(None),
        }
    }
    let (mut progress, mut done, mut marked) = (Progress::new(frames), 0, 0);
    let mut moments = Moments::default();
    let ended = clips.all(|pair| {
        let figures = *auditor.add(
            &pair.original.view(),
            &pair.protected.view(),
            pair.matte.as_ref().map(|matte| matte.alpha.as_slice()),
        )?;
        marked += u64::from(pair.matte.as_ref().is_some_and(|matte| matte.marked));
        if with_pictures {
            moments.see(done, pair, &figures, auditor.legible());
        }
        done += 1;
        progress.at(done as u64);
        Ok(())
    })?;
    match ended {
        Ended::ByTheUser => Ok(None),
        Ended::WithTheClips => {
            let report = auditor.finish()?;
            Ok(Some(Measured {
                own_mattes: OwnMattes::of_audit(marked, done as u64, report.cut),
                report,
                moments: moments.finish(),
            }))
        }
    }
}

enum Known {
    Room(Room),
    Nothing,
    BrokenOff,
}

/// The empty room: a picture of it, or what the clip shows of it.
fn room(options: &AuditOptions, truth: &Truth) -> Result<Known, Failure> {
    if let Some(path) = options.room.as_deref().or(truth.room.as_deref()) {
        let mut opened = open::source(path, None)?;
        let mut frame = frosted::Frame::new(opened.source.info().spec);
        return Ok(if opened.source.next(&mut frame)? {
            Known::Room(Room::from_picture(&frame.view()))
        } else {
            Known::Nothing
        });
    }
    let mattes = options.mask.as_deref().or(truth.mattes.as_deref());
    match mattes {
        // The standard input can be read once only.
        Some(mattes) if options.original != Path::new("-") => {
            let room = clips::mean_room(&options.original, mattes)?;
            Ok(room.map_or(Known::BrokenOff, Known::Room))
        }
        _ => Ok(Known::Nothing),
    }
}

fn check_usage(options: &AuditOptions) -> Result<(), Failure> {
    let dash = Path::new("-");
    let (original, protected) = (&options.original, &options.protected);
    if original == dash && protected == dash {
        return Err(Failure::usage(
            "ORIGINAL and PROTECTED are both the standard input (-), give one of them a file",
        ));
    }
    if (original == dash || protected == dash) && io::stdin().is_terminal() {
        return Err(Failure::usage(
            "the standard input is a terminal, pipe Y4M into it or give a file",
        ));
    }
    if options.json.is_some() && options.json == options.html {
        return Err(Failure::usage(
            "--json and --html name the same file, give two",
        ));
    }
    Ok(())
}

/// Every file that is read, which no report may replace.
fn inputs(options: &AuditOptions) -> Vec<PathBuf> {
    let clips = [&options.original, &options.protected];
    let others = [&options.room, &options.truth];
    clips
        .into_iter()
        .chain(others.into_iter().flatten())
        .cloned()
        .collect()
}
