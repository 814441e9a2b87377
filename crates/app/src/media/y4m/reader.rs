use std::io::{BufRead, Read};

use frosted::Frame;

use super::Header;
use crate::media::{MediaError, Rate, Source, StreamInfo, Timing};

const NOT_Y4M: &str = "is not Y4M: it does not begin with \"YUV4MPEG2 \"";

/// Reads Y4M from a file, a pipe or memory.
#[derive(Debug)]
pub struct Y4mReader<R> {
    input: R,
    info: StreamInfo,
    says_rate: bool,
    frames_read: u64,
}

impl<R: BufRead> Y4mReader<R> {
    /// Reads the header. A stream that does not say its rate gets `fallback`.
    ///
    /// # Errors
    /// [`MediaError`] if it is not Y4M or of a sort that is not supported; nothing of the
    /// frames' size has been allocated then.
    pub fn new(mut input: R, fallback: Rate) -> Result<Self, MediaError> {
        let mut line = Vec::new();
        if !read_line(&mut input, &mut line)? {
            return Err(MediaError::damaged(if line.is_empty() {
                "is empty, a Y4M stream was expected"
            } else if line.starts_with(b"YUV4MPEG2") {
                "is cut off within the Y4M header"
            } else {
                NOT_Y4M
            }));
        }
        let header = Header::parse(&line)?;
        let rate = header.rate.unwrap_or(fallback);
        let mut info = StreamInfo::new(header.spec, Timing::Constant(rate));
        info.pixel_aspect = header.pixel_aspect;
        info.siting = header.siting;
        Ok(Self {
            input,
            info,
            says_rate: header.rate.is_some(),
            frames_read: 0,
        })
    }

    /// Whether the stream said its rate itself.
    pub fn says_rate(&self) -> bool {
        self.says_rate
    }

    /// Replaces what the stream says by what is known of it from elsewhere; the size and the
    /// format stay.
    pub(crate) fn amend(&mut self, amend: impl FnOnce(&mut StreamInfo)) {
        amend(&mut self.info);
    }

    fn cut_off(&self, got: usize, needed: usize) -> MediaError {
        MediaError::damaged(format!(
            "frame {} is cut off: {got} of {needed} bytes are there",
            self.frames_read + 1
        ))
    }
}

impl<R: BufRead + Send> Source for Y4mReader<R> {
    fn info(&self) -> &StreamInfo {
        &self.info
    }

    fn next(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        let mut line = Vec::new();
        if !read_line(&mut self.input, &mut line)? {
            return match (line.is_empty(), self.frames_read) {
                (true, 0) => Err(MediaError::damaged("holds no frame, only a Y4M header")),
                (true, _) => Ok(false),
                (false, _) => Err(self.cut_off(0, self.info.spec.buffer_bytes())),
            };
        }
        if !(line == b"FRAME" || line.starts_with(b"FRAME ")) {
            return Err(MediaError::damaged(format!(
                "frame {} does not begin with \"FRAME\": the one before it has the wrong length",
                self.frames_read + 1
            )));
        }
        frame.reshape(self.info.spec);
        let got = fill(&mut self.input, frame.bytes_mut())?;
        if got < self.info.spec.buffer_bytes() {
            return Err(self.cut_off(got, self.info.spec.buffer_bytes()));
        }
        frame.set_captured_at(self.info.timing.time_of(self.frames_read));
        self.frames_read += 1;
        Ok(true)
    }
}

/// Reads a line without its line feed; `false` if the stream ended before one came.
fn read_line<R: BufRead>(input: &mut R, line: &mut Vec<u8>) -> Result<bool, MediaError> {
    let limit = Header::MAX_LINE_BYTES as u64 + 1;
    let mut limited = Read::take(&mut *input, limit);
    limited
        .read_until(b'\n', line)
        .map_err(|error| MediaError::read(&error))?;
    if line.last() == Some(&b'\n') {
        line.pop();
        return Ok(true);
    }
    if line.len() > Header::MAX_LINE_BYTES {
        let begins = line.starts_with(b"YUV4MPEG2 ") || line.starts_with(b"FRAME");
        return Err(MediaError::damaged(if begins {
            format!("a Y4M line is longer than {} bytes", Header::MAX_LINE_BYTES)
        } else {
            NOT_Y4M.to_owned()
        }));
    }
    Ok(false)
}

/// Reads until `bytes` is full or the stream ends; how many there are.
pub(crate) fn fill(input: &mut impl Read, bytes: &mut [u8]) -> Result<usize, MediaError> {
    let mut got = 0;
    while got < bytes.len() {
        match input.read(&mut bytes[got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(MediaError::read(&error)),
        }
    }
    Ok(got)
}
