//! The settings of `frosted run`: the command line over the user's file over the defaults,
//! and nothing below the administrator's floor.
//!
//! [`Live::load`] reads both files once and says what is wrong with them; a [`Reloader`]
//! looks at them again while the program runs. What is in force is a [`Config`], from which
//! a pipeline's settings are had only for frames of a known height, because only then
//! pixels and shares of the frame can be compared.
//!
//! Every doubt ends on the safe side. At the start a file that cannot be understood ends
//! the program. Later on, it leaves everything as it was; a floor only rises.

mod choices;
mod file;
mod floor;
pub(crate) mod height;
mod live;
mod merged;
mod places;
mod reloader;
mod report;
mod table;
mod wishes;

#[cfg(test)]
mod properties;

pub(crate) use choices::{OutputChoice, SubjectRule};
pub(crate) use floor::Breach;
pub(crate) use live::{Live, floor_of_this_machine};
pub(crate) use merged::{Config, StartSettings};
pub(crate) use places::Places;
pub(crate) use reloader::Reloader;
pub(crate) use report::{Found, Report};
pub(crate) use wishes::Wishes;
