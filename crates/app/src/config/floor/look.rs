use frosted::TextHeight;

use super::{Breach, Floor, Strength, shown};
use crate::cli::BackgroundChoice;
use crate::config::height;

/// What is shown instead of the room, for work whose frames are known before it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) background: BackgroundChoice,
    pub(crate) text_height: TextHeight,
    /// What was raised, to be said.
    pub(crate) notes: Vec<String>,
}

impl Floor {
    /// What is asked for, and where nothing is, the default, raised to the floor; in frames
    /// of this upright height in pixels.
    ///
    /// # Errors
    /// What is asked for is below the floor. The text height counts only where something of
    /// the room is shown.
    pub(crate) fn look(
        &self,
        background: Option<&BackgroundChoice>,
        text_height: Option<TextHeight>,
        frame_height_px: usize,
    ) -> Result<Look, Breach> {
        let wanted = background.cloned().unwrap_or(BackgroundChoice::Blur);
        let mut notes = Vec::new();
        match self.background_breach(&wanted) {
            Some(breach) if background.is_some() => return Err(breach),
            breach => notes.extend(breach.map(|breach| {
                let raised = self.raise_background(wanted.clone());
                breach.raised_to(Strength::of(&raised).in_words())
            })),
        }
        let mut look = Look {
            background: self.raise_background(wanted),
            text_height: text_height.unwrap_or_default(),
            notes,
        };
        let shows_the_room = Strength::of(&look.background) < Strength::Cover;
        let breach = self
            .text_breach_at(look.text_height, frame_height_px)
            .filter(|_| shows_the_room);
        if let Some(breach) = breach {
            if text_height.is_some() {
                return Err(breach);
            }
            look.text_height = self.text_at(look.text_height, frame_height_px);
            look.notes.push(breach.raised_to(&shown(look.text_height)));
        }
        let held = height::held(look.text_height, frame_height_px);
        look.notes.extend(held.filter(|_| shows_the_room));
        Ok(look)
    }
}
