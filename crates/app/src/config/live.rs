use std::path::{Path, PathBuf};

use super::file::{Content, Watched};
use super::floor::{Breach, Floor, Strength, shown};
use super::merged::{Config, StartSettings, Wanted};
use super::places::{Places, SettingsPlace};
use super::wishes::Wishes;
use crate::exit::Failure;

/// The settings in force, and the files that they come from.
///
/// While the program runs, nothing in a file stops it, and nothing weakens what it shows
/// but a settings file that is in order and not below the floor. The floor only rises: a
/// policy that asks for less, that is gone or that cannot be understood, counts from the
/// next start on.
#[derive(Debug)]
pub(crate) struct Live {
    options: Wishes,
    settings: Option<Watched>,
    policies: Vec<Policy>,
    /// What the settings file that is in force asks for.
    file: Wishes,
    floor: Floor,
    config: Config,
    /// What was raised, as it was last said.
    raised: Vec<String>,
}

/// Something has changed, or is to be said.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The settings that are in force now.
    pub(crate) config: Config,
    /// What the user is to be told, a line each.
    pub(crate) notes: Vec<String>,
}

impl Live {
    /// Reads both files for the first time, and what is to be told about them. `options` are
    /// those of the command line; they win over the user's file.
    ///
    /// # Errors
    /// A file that cannot be understood, a wish below the floor, a picture that cannot be
    /// had: what, where and the remedy.
    pub(crate) fn load(options: Wishes, places: Places) -> Result<(Self, Vec<String>), Failure> {
        let (policies, floor) = policies(&places.policies)?;
        let settings = places.settings.as_ref().map(opened).transpose()?;
        let file = match &settings {
            Some(watched) => wishes_of(watched).map_err(Failure::setup)?,
            None => Wishes::default(),
        };
        let given = options.clone().over(file.clone());
        if let Some(breach) = breach(&floor, &given, None) {
            return Err(Failure::setup(refusal(
                &options,
                settings.as_ref(),
                &breach,
            )));
        }
        let wanted = Wanted::of(given);
        // Its picture is a part of the settings.
        let config =
            Config::new(&wanted, &floor).map_err(|error| Failure::setup(error.to_string()))?;
        let raised = raised_notes(&floor, &wanted, config.start());
        let live = Self {
            options,
            settings,
            policies,
            file,
            floor,
            config,
            raised: raised.clone(),
        };
        Ok((live, raised))
    }

    /// The settings in force.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Looks at the files again, meant for once or twice a second. A change counts when two
    /// looks in a row have found it, so that no file is judged while it is being written.
    ///
    /// Reads both files and, if one is newly named, a picture: for a thread that frames do
    /// not wait for.
    pub(crate) fn look(&mut self) -> Option<Change> {
        let mut notes = Vec::new();
        let mut anew = self.look_at_policies(&mut notes);
        anew |= self.look_at_settings(&mut notes);
        (anew || !notes.is_empty()).then(|| Change {
            config: self.config.clone(),
            notes,
        })
    }

    fn look_at_policies(&mut self, notes: &mut Vec<String>) -> bool {
        let mut floor = self.floor.clone();
        for policy in &mut self.policies {
            if let Some(read) = policy.look(notes) {
                floor = floor.join(read);
            }
        }
        if floor == self.floor {
            return false;
        }
        self.floor = floor;
        self.config = self.config.raised(&self.floor);
        self.say_raised(notes);
        true
    }

    fn look_at_settings(&mut self, notes: &mut Vec<String>) -> bool {
        let Some(watched) = &mut self.settings else {
            return false;
        };
        if watched.look().is_none() {
            return false;
        }
        let path = watched.path().display().to_string();
        if *watched.content() == Content::Absent {
            notes.push(format!("{path}: is gone, the settings in force stay"));
            return false;
        }
        let judged = wishes_of(watched).and_then(|file| Ok((self.settle(&file)?, file)));
        match judged {
            Ok((config, file)) => {
                self.tell_changes(&file, &config, &path, notes);
                self.config = config.started_as(&self.config);
                self.file = file;
                self.say_raised(notes);
                true
            }
            Err(reason) => {
                notes.push(format!("{reason}; the settings in force stay"));
                false
            }
        }
    }

    /// What would be in force with another settings file.
    fn settle(&self, file: &Wishes) -> Result<Config, String> {
        let given = self.options.clone().over(file.clone());
        if let Some(breach) = breach(&self.floor, &given, Some(&self.wanted())) {
            return Err(refusal(&self.options, self.settings.as_ref(), &breach));
        }
        let config = Config::new(&Wanted::of(given), &self.floor);
        config.map_err(|error| Failure::from(error).to_string())
    }

    fn wanted(&self) -> Wanted {
        Wanted::of(self.options.clone().over(self.file.clone()))
    }

    fn tell_changes(&self, file: &Wishes, config: &Config, path: &str, notes: &mut Vec<String>) {
        let waiting = config.start().differences(self.config.start());
        if waiting.is_empty() {
            notes.push(format!("{path}: read, in force"));
        } else {
            notes.push(format!(
                "{path}: read, but {} stay as they are until the next start",
                waiting.join(", ")
            ));
        }
        for key in file.overruled(&self.file, &self.options) {
            notes.push(format!(
                "{path}: {key} has no effect, --{key} of the command line wins"
            ));
        }
    }

    /// Says what the floor has raised, unless it was said before.
    fn say_raised(&mut self, notes: &mut Vec<String>) {
        let raised = raised_notes(&self.floor, &self.wanted(), self.config.start());
        let new = raised.iter().filter(|note| !self.raised.contains(note));
        notes.extend(new.cloned());
        self.raised = raised;
    }
}

/// An administrator's file.
#[derive(Debug)]
struct Policy {
    file: Watched,
    /// What it last asked for.
    asked: Floor,
}

impl Policy {
    /// What the file asks for if it was changed and can be understood.
    fn look(&mut self, notes: &mut Vec<String>) -> Option<Floor> {
        self.file.look()?;
        let path = self.file.path().display();
        if *self.file.content() == Content::Absent {
            notes.push(format!(
                "{path}: is gone, its rules hold until the next start"
            ));
            return None;
        }
        match floor_of(&self.file) {
            Ok(read) => {
                if self.asked.clone().join(read.clone()) != read {
                    notes.push(format!(
                        "{path}: asks for less than before, which counts from the next start on"
                    ));
                } else {
                    notes.push(format!("{path}: read, in force"));
                }
                self.asked = read.clone();
                Some(read)
            }
            Err(reason) => {
                notes.push(format!("{reason}; the rules in force stay"));
                None
            }
        }
    }
}

/// The administrator's files, and what they ask for together.
fn policies(paths: &[PathBuf]) -> Result<(Vec<Policy>, Floor), Failure> {
    let mut policies = Vec::new();
    let mut floor = Floor::default();
    for path in paths {
        let file = Watched::new(path.clone());
        let asked = floor_of(&file).map_err(|reason| {
            Failure::setup(format!(
                "{reason}: nothing is shown before the administrator's rules are understood, have them put right"
            ))
        })?;
        floor = floor.join(asked.clone());
        policies.push(Policy { file, asked });
    }
    Ok((policies, floor))
}

/// What the administrator of this machine asks for at least.
///
/// # Errors
/// The administrator's file cannot be understood: what is wrong there and where.
pub(crate) fn floor_of_this_machine() -> Result<Floor, Failure> {
    policies(&Places::of_this_machine(None).policies).map(|(_, floor)| floor)
}

/// What a policy file asks for; nothing where there is none.
fn floor_of(file: &Watched) -> Result<Floor, String> {
    let path = file.path();
    let read = match file.content() {
        Content::Absent => return Ok(Floor::default()),
        Content::Unreadable(reason) => Err(reason.clone()),
        Content::Text(text) => Floor::from_toml(text, path),
    };
    read.map_err(|reason| format!("administrator's file {}: {reason}", path.display()))
}

/// The user's file, read for the first time.
fn opened(place: &SettingsPlace) -> Result<Watched, Failure> {
    let watched = Watched::new(place.path().to_owned());
    let named = matches!(place, SettingsPlace::Named(_));
    if named && *watched.content() == Content::Absent {
        return Err(Failure::setup(format!(
            "settings file {}: is not there, give one that is or leave --settings out",
            watched.path().display()
        )));
    }
    Ok(watched)
}

/// What a settings file asks for; nothing where there is none.
fn wishes_of(file: &Watched) -> Result<Wishes, String> {
    let path = file.path();
    let read = match file.content() {
        Content::Absent => return Ok(Wishes::default()),
        Content::Unreadable(reason) => Err(reason.clone()),
        Content::Text(text) => Wishes::from_toml(text, path.parent().unwrap_or(Path::new(""))),
    };
    read.map_err(|reason| format!("settings file {}: {reason}", path.display()))
}

/// The first wish that is below the floor and was made anew.
///
/// What nobody asked for, a default, is raised and not refused. So is what was in force
/// `before` the floor rose: a change of something else must not be refused for it.
fn breach(floor: &Floor, given: &Wishes, before: Option<&Wanted>) -> Option<Breach> {
    let wanted = Wanted::of(given.clone());
    let new_background = before.is_none_or(|before| before.background != wanted.background);
    let new_text = before.is_none_or(|before| before.text_height != wanted.text_height);
    let new_start = before.is_none_or(|before| before.start != wanted.start);
    let new_subject = before.is_none_or(|before| before.subject != wanted.subject);
    let background = given.background.as_ref().filter(|_| new_background);
    // A height that was of no account may come into its own with another background.
    let text = given
        .text_height
        .filter(|_| new_text || new_background)
        .filter(|_| shows_the_room(floor, &wanted));
    let subject = given.subject.filter(|_| new_subject);
    background
        .and_then(|choice| floor.background_breach(choice))
        .or_else(|| floor.text_breach(text?))
        .or_else(|| floor.subject_breach(subject?))
        .or_else(|| floor.start_breach(&wanted.start).filter(|_| new_start))
}

/// Whether anything of the room is shown, the floor given.
fn shows_the_room(floor: &Floor, wanted: &Wanted) -> bool {
    Strength::of(&floor.raise_background(wanted.background.clone())) < Strength::Cover
}

/// A breach, and where the wish was made.
fn refusal(options: &Wishes, settings: Option<&Watched>, breach: &Breach) -> String {
    let by_option = match breach.key() {
        "background" => options.background.is_some(),
        "text-height" => options.text_height.is_some(),
        "subject" => options.subject.is_some(),
        "model" => options.model.is_some(),
        "onnxruntime" => options.onnxruntime.is_some(),
        _ => false,
    };
    match settings {
        Some(file) if !by_option => format!("settings file {}: {breach}", file.path().display()),
        _ => breach.to_string(),
    }
}

/// What the floor makes stronger than it was wanted, and what a stream that runs with
/// `start` keeps though the floor has risen above it.
fn raised_notes(floor: &Floor, wanted: &Wanted, start: &StartSettings) -> Vec<String> {
    let raised = floor.raise_background(wanted.background.clone());
    let background = floor
        .background_breach(&wanted.background)
        .map(|breach| breach.raised_to(Strength::of(&raised).in_words()));
    let text = floor
        .text_breach(wanted.text_height)
        .filter(|_| shows_the_room(floor, wanted))
        .map(|breach| breach.raised_to(&shown(floor.raise_text(wanted.text_height))));
    let subject = floor
        .subject_breach(wanted.subject)
        .map(|breach| breach.raised_to(&floor.raise_subject(wanted.subject).to_string()));
    let kept = floor
        .start_breach(start)
        .map(|breach| breach.kept_until_the_next_start());
    let raised = background.into_iter().chain(text).chain(subject);
    raised.chain(kept).collect()
}

#[cfg(test)]
mod tests;
