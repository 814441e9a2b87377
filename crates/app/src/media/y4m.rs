//! YUV4MPEG2 ("Y4M"): a line of text, then raw frames, each behind a line of its own.
//!
//! Supported are 8-bit progressive 4:2:0 (`420`, `420jpeg`, `420mpeg2`, `420paldv`, or no
//! `C` at all) and 4:2:2 (`422`), limited or full range (`XCOLORRANGE`). Format: the man page
//! yuv4mpeg(5) of mjpegtools.

mod header;
mod reader;
mod writer;

pub use header::Header;
pub use reader::Y4mReader;
pub(crate) use reader::fill;
pub use writer::Y4mWriter;
pub(crate) use writer::write_samples;
