use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use frosted::{Background, Frame, Shown};

use super::own_mattes;
use crate::cli::MatteOptions;
use crate::config;
use crate::exit::{Exit, Failure};
use crate::media::{MediaError, open, still};
use crate::messages;
use crate::protect::{Ended, Run};
use crate::summary::Mattes;

pub(crate) fn run(options: &MatteOptions) -> Result<Exit, Failure> {
    config::floor_of_this_machine()?.check_subject(options.subject)?;
    let folder = Folder::create(&options.output, options.force)?;
    let mut opened = open::source(&options.input, options.input_rate.fps)?;
    for note in &opened.notes {
        messages::note(note);
    }
    let mut run = Run::new(
        &options.protect(),
        Background::Transparent,
        opened.source.info(),
    )?;
    run.reads_from(&options.input);
    let mark = own_mattes::mark();
    let (mut alpha, mut file, mut number) = (Vec::new(), Vec::new(), 0);
    let ended = run.all(opened.source.as_mut(), |_, protected, shown| {
        alpha_of(protected, shown, &mut alpha);
        file.clear();
        let spec = protected.spec();
        // Who judges by it learns whose opinion it is.
        let mark = (own_mattes::KEYWORD, mark.as_str());
        still::encode_grey_png_with_text(&alpha, (spec.width(), spec.height()), mark, &mut file)?;
        folder.write(number, &file)?;
        number += 1;
        Ok(())
    })?;
    if run.tally().frames() == 0 {
        return Ok(Exit::Interrupted);
    }
    folder.commit()?;
    messages::line(&Mattes(run.tally()));
    messages::line(&format!(
        "{}: {} on {}",
        options.output.display(),
        run.segmenter().model,
        run.segmenter().engine
    ));
    Ok(match ended {
        Ended::WithTheInput => Exit::Done,
        Ended::ByTheUser => Exit::Interrupted,
    })
}

/// The card is opaque, but it is not the person: such a frame's matte is the room's 0.
pub(super) fn alpha_of(frame: &Frame, shown: Shown, alpha: &mut Vec<u8>) {
    alpha.clear();
    if matches!(shown, Shown::Card(_)) {
        let pixels = frame.spec().width() * frame.spec().height();
        alpha.resize(pixels, 0);
        return;
    }
    alpha.extend(frame.bytes().chunks_exact(4).map(|rgba| rgba[3]));
}

/// A folder of numbered pictures in the making: `OUTDIR.part` until it is whole.
struct Folder {
    target: PathBuf,
    part: PathBuf,
    committed: bool,
}

impl Folder {
    fn create(target: &Path, force: bool) -> Result<Self, Failure> {
        let name = target.display();
        let refused = |why: &str| Err(Failure::new(format!("{name}: {why}")));
        match fs::read_dir(target) {
            Ok(mut entries) => {
                if !force && entries.next().is_some() {
                    return refused("is not empty, give another folder or --force");
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) if target.exists() => {
                return refused("is no directory, give one for the mattes");
            }
            Err(error) => return Err(MediaError::opening(target, &error).into()),
        }
        if target.file_name().is_none() {
            return refused("is no folder name, give one for the mattes");
        }
        let mut part = OsString::from(target);
        part.push(".part");
        let part = PathBuf::from(part);
        if force && part.is_dir() {
            fs::remove_dir_all(&part).map_err(|error| failed(&part, &error))?;
        }
        fs::create_dir(&part).map_err(|error| failed(&part, &error))?;
        Ok(Self {
            target: target.to_owned(),
            part,
            committed: false,
        })
    }

    fn write(&self, number: u64, png: &[u8]) -> Result<(), MediaError> {
        let path = self.part.join(format!("{number:06}.png"));
        fs::write(&path, png)
            .map_err(|error| MediaError::write(&error).of(&path.display().to_string()))
    }

    fn commit(mut self) -> Result<(), Failure> {
        self.place().map_err(|error| failed(&self.target, &error))?;
        self.committed = true;
        Ok(())
    }

    fn place(&self) -> std::io::Result<()> {
        if !self.target.exists() {
            return fs::rename(&self.part, &self.target);
        }
        for entry in fs::read_dir(&self.target)? {
            let path = entry?.path();
            if is_numbered_picture(&path) {
                fs::remove_file(path)?;
            }
        }
        for entry in fs::read_dir(&self.part)? {
            let entry = entry?;
            fs::rename(entry.path(), self.target.join(entry.file_name()))?;
        }
        fs::remove_dir(&self.part)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.committed {
            // The error that led here is the one to tell.
            let _ = fs::remove_dir_all(&self.part);
        }
    }
}

fn is_numbered_picture(path: &Path) -> bool {
    let digits = |stem: &str| stem.len() >= 6 && stem.bytes().all(|byte| byte.is_ascii_digit());
    path.extension().is_some_and(|end| end == "png")
        && path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .is_some_and(digits)
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    let name = path.display();
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::new(format!(
            "{name}: is there from another run: wait for that one, or remove it, or give --force"
        )),
        std::io::ErrorKind::NotFound => Failure::new(format!(
            "{name}: the folder around it is not there, make it first"
        )),
        _ => MediaError::write(error).of(&name.to_string()).into(),
    }
}
