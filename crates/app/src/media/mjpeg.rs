//! Raw Motion JPEG: whole JPEG pictures one behind another, as webcams deliver them.
//!
//! Full range BT.601. There is no header, so the rate has to be said. Zero and 0xFF bytes
//! between pictures are padding and passed over.
//!
//! A picture that is cut off, has no markers where they must be or codes that mean nothing is
//! an error. Codes that end early before a proper end marker, as after a lost USB packet,
//! cannot be told from whole ones by the decoder; the rest of such a frame is grey.

use std::io::{self, BufRead, Read, Take, Write};

use frosted::{Frame, FrameSpec, FrameView, PixelFormat};

use super::jpeg::{FrameEncoder, PlaneDecoder};
use super::{MediaError, Rate, Sink, Source, StreamInfo, Timing};

/// The longest single picture that is read, in bytes.
pub const MAX_PICTURE_BYTES: usize = 64 << 20;

/// Reads raw Motion JPEG.
#[derive(Debug)]
pub struct MjpegReader<R> {
    pictures: Splitter<R>,
    decoder: PlaneDecoder,
    info: StreamInfo,
    first: Option<Frame>,
    frames_read: u64,
}

impl<R: BufRead> MjpegReader<R> {
    /// Reads and decodes the first picture, which decides size and format.
    ///
    /// # Errors
    /// [`MediaError`] if there is none, or it is damaged or not supported.
    pub fn new(input: R, rate: Rate) -> Result<Self, MediaError> {
        Self::with_decoder(input, rate, PlaneDecoder::default())
    }

    /// As [`new`](Self::new), for a pipeline alone: frames are what a camera's MJPEG becomes,
    /// which [`Sink`]s of files do not take.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn as_camera(input: R, rate: Rate) -> Result<Self, MediaError> {
        Self::with_decoder(input, rate, PlaneDecoder::packed())
    }

    fn with_decoder(input: R, rate: Rate, mut decoder: PlaneDecoder) -> Result<Self, MediaError> {
        let mut pictures = Splitter::new(input);
        let unread = FrameSpec::new(PixelFormat::I420, 16, 16).expect("16x16 is a size");
        let mut first = Frame::new(unread);
        if !pictures.advance()? {
            return Err(MediaError::damaged("is empty, JPEG pictures were expected"));
        }
        decoder
            .decode(&pictures.picture, &mut first)
            .map_err(|error| MediaError::from(error).of(&pictures.place()))?;
        Ok(Self {
            info: StreamInfo::new(*first.spec(), Timing::Constant(rate)),
            pictures,
            decoder,
            first: Some(first),
            frames_read: 0,
        })
    }

    fn decode_next(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        if !self.pictures.advance()? {
            return Ok(false);
        }
        self.decoder
            .decode(&self.pictures.picture, frame)
            .map_err(|error| MediaError::from(error).of(&self.pictures.place()))?;
        let (began, is) = (self.info.spec, *frame.spec());
        if is != began {
            let place = self.pictures.place();
            return Err(MediaError::unsupported(format!(
                "{place} is {} {}x{}, the clip began as {} {}x{}: cut it there",
                is.format(),
                is.width(),
                is.height(),
                began.format(),
                began.width(),
                began.height()
            )));
        }
        Ok(true)
    }
}

impl<R: BufRead + Send> Source for MjpegReader<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn next(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        if let Some(first) = self.first.take() {
            *frame = first;
        } else if !self.decode_next(frame)? {
            return Ok(false);
        }
        frame.set_captured_at(self.info.timing.time_of(self.frames_read));
        self.frames_read += 1;
        Ok(true)
    }
}

/// Finds where one picture ends and the next begins.
#[derive(Debug)]
struct Splitter<R> {
    input: R,
    picture: Vec<u8>,
    /// Bytes taken from the input so far.
    position: u64,
    picture_at: u64,
    pictures: u64,
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

impl<R: BufRead> Splitter<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            picture: Vec::new(),
            position: 0,
            picture_at: 0,
            pictures: 0,
        }
    }

    /// "frame 3 at byte 51200".
    fn place(&self) -> String {
        format!("frame {} at byte {}", self.pictures, self.picture_at)
    }

    /// Puts the next whole picture into `picture`; `false` at the end.
    fn advance(&mut self) -> Result<bool, MediaError> {
        self.picture.clear();
        self.pictures += 1;
        if !self.find_start()? {
            return Ok(false);
        }
        let mut marker = self.marker()?;
        while marker != EOI {
            self.segment()?;
            marker = if marker == SOS {
                self.scan()?
            } else {
                self.marker()?
            };
        }
        Ok(true)
    }

    /// Passes over padding up to and with the start of a picture.
    fn find_start(&mut self) -> Result<bool, MediaError> {
        let mut before = 0;
        while let Some(byte) = self.byte()? {
            if before == 0xFF && byte == SOI {
                self.picture_at = self.position - 2;
                self.picture.extend([0xFF, SOI]);
                return Ok(true);
            }
            if !matches!(byte, 0 | 0xFF) {
                self.picture_at = self.position - 1;
                return Err(MediaError::damaged(format!(
                    "{} does not begin with a JPEG marker (FF D8)",
                    self.place()
                )));
            }
            before = byte;
        }
        Ok(false)
    }

    /// A marker outside of coded data.
    fn marker(&mut self) -> Result<u8, MediaError> {
        let mut byte = self.picture_byte()?;
        if byte != 0xFF {
            return Err(MediaError::damaged(format!(
                "{} has no marker where one should be, {} bytes in",
                self.place(),
                self.picture.len()
            )));
        }
        while byte == 0xFF {
            byte = self.picture_byte()?;
        }
        Ok(byte)
    }

    /// What a marker's segment holds, a thumbnail's own markers included.
    fn segment(&mut self) -> Result<(), MediaError> {
        let length = [self.picture_byte()?, self.picture_byte()?];
        let left = u64::from(u16::from_be_bytes(length)).saturating_sub(2);
        let got = self.append(left, |input, picture| input.read_to_end(picture))?;
        if got < left {
            return Err(self.cut_off());
        }
        Ok(())
    }

    /// Coded data up to the marker behind it. FF 00 is a coded FF, FF D0 to D7 are restarts.
    fn scan(&mut self) -> Result<u8, MediaError> {
        loop {
            self.append(u64::MAX, |input, picture| input.read_until(0xFF, picture))?;
            if self.picture.last() != Some(&0xFF) {
                return Err(self.cut_off());
            }
            let mut byte = 0xFF;
            while byte == 0xFF {
                byte = self.picture_byte()?;
            }
            if !matches!(byte, 0 | 0xD0..=0xD7) {
                return Ok(byte);
            }
        }
    }

    /// Lets `read` append to the picture, `most` bytes and what there is room for at most, and
    /// says how many came.
    fn append(
        &mut self,
        most: u64,
        read: impl FnOnce(&mut Take<&mut R>, &mut Vec<u8>) -> io::Result<usize>,
    ) -> Result<u64, MediaError> {
        let before = self.picture.len();
        let room = (MAX_PICTURE_BYTES - before) as u64;
        let mut input = self.input.by_ref().take(most.min(room));
        let outcome = read(&mut input, &mut self.picture);
        let got = (self.picture.len() - before) as u64;
        self.position += got;
        outcome.map_err(|error| MediaError::read(&error))?;
        Ok(got)
    }

    fn picture_byte(&mut self) -> Result<u8, MediaError> {
        if self.picture.len() >= MAX_PICTURE_BYTES {
            return Err(self.cut_off());
        }
        let byte = self.byte()?.ok_or_else(|| self.cut_off())?;
        self.picture.push(byte);
        Ok(byte)
    }

    /// Why there is no next byte.
    fn cut_off(&self) -> MediaError {
        let (place, length) = (self.place(), self.picture.len());
        if length >= MAX_PICTURE_BYTES {
            return MediaError::damaged(format!(
                "{place} does not end within {MAX_PICTURE_BYTES} bytes"
            ));
        }
        MediaError::damaged(format!("{place} is cut off after {length} bytes"))
    }

    fn byte(&mut self) -> Result<Option<u8>, MediaError> {
        loop {
            match self.input.fill_buf() {
                Ok(buffer) => {
                    let byte = buffer.first().copied();
                    if byte.is_some() {
                        self.input.consume(1);
                        self.position += 1;
                    }
                    return Ok(byte);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(MediaError::read(&error)),
            }
        }
    }
}

/// Writes raw Motion JPEG.
#[derive(Debug)]
pub struct MjpegWriter<W> {
    output: W,
    encoder: FrameEncoder,
    picture: Vec<u8>,
}

impl<W: Write> MjpegWriter<W> {
    /// The quality of clips: 1 = smallest, 100 = best.
    pub const QUALITY: u8 = 92;

    /// A writer for a stream.
    ///
    /// # Errors
    /// [`MediaError`] if Motion JPEG cannot hold the format or the rate varies.
    pub fn new(output: W, info: &StreamInfo) -> Result<Self, MediaError> {
        if !matches!(info.timing, Timing::Constant(_)) {
            return Err(MediaError::unsupported(
                "raw Motion JPEG cannot hold frames at varying times: write .mkv or .mp4",
            ));
        }
        if !matches!(info.spec.format(), PixelFormat::I420 | PixelFormat::I422) {
            return Err(MediaError::unsupported(format!(
                "raw Motion JPEG cannot hold {}, it holds i420 and i422",
                info.spec.format()
            )));
        }
        Ok(Self {
            output,
            encoder: FrameEncoder::new(Self::QUALITY),
            picture: Vec::new(),
        })
    }
}

impl<W: Write> Sink for MjpegWriter<W> {
    fn write(&mut self, frame: &FrameView<'_>) -> Result<(), MediaError> {
        self.picture.clear();
        self.encoder.encode(frame, &mut self.picture)?;
        self.output
            .write_all(&self.picture)
            .map_err(|error| MediaError::write(&error))
    }

    fn finish(&mut self) -> Result<(), MediaError> {
        self.output
            .flush()
            .map_err(|error| MediaError::write(&error))
    }

    fn describe(&self) -> String {
        format!("raw Motion JPEG, quality {}", Self::QUALITY)
    }
}
