use std::io::{self, Write};

use frosted::{FrameView, PixelFormat, Timestamp};

use crate::media::{MediaError, StreamInfo};

/// Writes raw frames with their times as Matroska, for a pipe to ffmpeg.
///
/// Of the pipes that ffmpeg reads, this is the plainest that carries a time for each frame.
/// Elements: RFC 9559; raw video: its codec `V_UNCOMPRESSED`.
#[derive(Debug)]
pub struct RawMatroska<W> {
    output: W,
}

const EBML: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK_ENTRY: u32 = 0xAE;
const CLUSTER: u32 = 0x1F43_B675;
const CLUSTER_TIMESTAMP: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;

impl<W: Write> RawMatroska<W> {
    /// Nanoseconds of a tick.
    const TICK_NS: u64 = 10_000;

    /// Writes the header.
    ///
    /// # Errors
    /// [`MediaError`] if the format has no place in it or the pipe is closed.
    pub fn new(mut output: W, info: &StreamInfo) -> Result<Self, MediaError> {
        let four_cc = match info.spec.format() {
            PixelFormat::I420 => *b"I420",
            PixelFormat::I422 => *b"Y42B",
            PixelFormat::Rgba8 => *b"RGBA",
            other => {
                return Err(MediaError::unsupported(format!(
                    "{other} cannot be written at varying times"
                )));
            }
        };
        let (width, height) = (info.spec.width() as u64, info.spec.height() as u64);
        let video = [
            number(0xB0, width),
            number(0xBA, height),
            element(0x002E_B524, &four_cc),
        ]
        .concat();
        let track = [
            number(0xD7, 1),
            number(0x73C5, 1),
            number(0x83, 1),
            element(0x86, b"V_UNCOMPRESSED"),
            element(0xE0, &video),
        ]
        .concat();
        let doc_type = [
            number(0x4286, 1),
            number(0x42F7, 1),
            number(0x42F2, 4),
            number(0x42F3, 8),
            element(0x4282, b"matroska"),
            number(0x4287, 4),
            number(0x4285, 2),
        ]
        .concat();
        let mut header = element(EBML, &doc_type);
        header.extend(id_bytes(SEGMENT));
        // The size of all ones means that it is not known.
        header.extend([0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        header.extend(element(INFO, &number(TIMESTAMP_SCALE, Self::TICK_NS)));
        header.extend(element(TRACKS, &element(TRACK_ENTRY, &track)));
        output
            .write_all(&header)
            .map_err(|error| MediaError::write(&error))?;
        Ok(Self { output })
    }

    /// Writes a frame that is shown at `at`, in a cluster of its own.
    ///
    /// # Errors
    /// The pipe's.
    pub fn write(&mut self, frame: &FrameView<'_>, at: Timestamp) -> io::Result<()> {
        const TRACK_1_AT_0_KEYFRAME: [u8; 4] = [0x81, 0, 0, 0x80];
        let spec = frame.spec();
        let samples: usize = (0..spec.format().plane_count())
            .map(|plane| spec.plane_row_bytes(plane) * spec.plane_rows(plane))
            .sum();
        let time = number(CLUSTER_TIMESTAMP, at.as_nanos() / Self::TICK_NS);
        let block_bytes = samples as u64 + TRACK_1_AT_0_KEYFRAME.len() as u64;
        let block = [id_bytes(SIMPLE_BLOCK), size_bytes(block_bytes)].concat();
        let cluster_bytes = (time.len() + block.len()) as u64 + block_bytes;
        let begin = [id_bytes(CLUSTER), size_bytes(cluster_bytes), time, block].concat();
        self.output.write_all(&begin)?;
        self.output.write_all(&TRACK_1_AT_0_KEYFRAME)?;
        crate::media::y4m::write_samples(&mut self.output, frame)
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// The pipe's.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.output
    }
}

/// An element's id, which carries its own length.
fn id_bytes(id: u32) -> Vec<u8> {
    id.to_be_bytes()
        .into_iter()
        .skip_while(|&byte| byte == 0)
        .collect()
}

/// A size in eight bytes.
fn size_bytes(size: u64) -> Vec<u8> {
    (size | 1 << 56).to_be_bytes().to_vec()
}

fn element(id: u32, body: &[u8]) -> Vec<u8> {
    [id_bytes(id), size_bytes(body.len() as u64), body.to_vec()].concat()
}

fn number(id: u32, value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}
