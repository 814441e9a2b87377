//! Video4Linux: cameras and loopbacks of Linux, spoken to without a system library.
//!
//! Facts of the interface are from the kernel's "Video for Linux API" (Documentation/
//! userspace-api/media/v4l), which is a stable one.

mod abi;
mod buffers;
mod device;
mod holders;
mod list;

pub(crate) use buffers::{Buffers, Filled};
pub(crate) use device::{Device, Granted, wait_for};
pub(crate) use holders::{holders, openings};
pub(crate) use list::{cameras, sinks};

pub(crate) use abi::Direction;
