use frosted::{Colour, FrameSpec, Matrix, PixelFormat, Range};

use crate::media::{MediaError, Rate, Siting};

/// What a Y4M stream says of itself in its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Size, format and range of the frames.
    pub spec: FrameSpec,
    /// Frames a second; `None` if the stream does not say (`F0:0`).
    pub rate: Option<Rate>,
    /// Width to height of a pixel; (1, 1) if the stream does not say.
    pub pixel_aspect: (u32, u32),
    /// Where chroma lies.
    pub siting: Siting,
}

impl Header {
    /// The longest header or frame line that is read, in bytes.
    pub const MAX_LINE_BYTES: usize = 1024;

    /// Reads the first line, without its line feed.
    ///
    /// # Errors
    /// [`MediaError`] that names the parameter which is missing, wrong or not supported.
    pub fn parse(line: &[u8]) -> Result<Self, MediaError> {
        let text = std::str::from_utf8(line)
            .ok()
            .and_then(|text| text.strip_prefix("YUV4MPEG2"))
            .filter(|rest| rest.is_empty() || rest.starts_with(' '))
            .ok_or_else(|| {
                MediaError::damaged("is not Y4M: it does not begin with \"YUV4MPEG2 \"")
            })?;
        let mut raw = Parameters::default();
        for parameter in text.split(' ').filter(|parameter| !parameter.is_empty()) {
            raw.take(parameter)?;
        }
        raw.check()
    }

    /// The line that [`Header::parse`] reads, line feed included.
    ///
    /// # Errors
    /// [`MediaError`] if the format is neither I420 nor I422.
    pub fn to_line(&self) -> Result<String, MediaError> {
        let (spec, (over, under)) = (self.spec, self.pixel_aspect);
        let sampling = match (spec.format(), self.siting) {
            (PixelFormat::I422, _) => "422",
            (PixelFormat::I420, Siting::Centre) => "420jpeg",
            (PixelFormat::I420, Siting::Left) => "420mpeg2",
            (PixelFormat::I420, Siting::PalDv) => "420paldv",
            (other, _) => {
                return Err(MediaError::unsupported(format!(
                    "Y4M cannot hold {other}, it holds i420 and i422"
                )));
            }
        };
        let range = match spec.colour().range {
            Range::Full => "FULL",
            Range::Limited => "LIMITED",
        };
        let (frames, seconds) = self
            .rate
            .map_or((0, 0), |rate| (rate.numerator(), rate.denominator()));
        Ok(format!(
            "YUV4MPEG2 W{} H{} F{frames}:{seconds} Ip A{over}:{under} C{sampling} XCOLORRANGE={range}\n",
            spec.width(),
            spec.height(),
        ))
    }
}

#[derive(Debug)]
struct Parameters {
    width: Option<usize>,
    height: Option<usize>,
    rate: Option<Rate>,
    pixel_aspect: (u32, u32),
    format: PixelFormat,
    siting: Siting,
    range: Range,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            width: None,
            height: None,
            rate: None,
            pixel_aspect: (1, 1),
            format: PixelFormat::I420,
            siting: Siting::Centre,
            range: Range::Limited,
        }
    }
}

impl Parameters {
    fn take(&mut self, parameter: &str) -> Result<(), MediaError> {
        let Some((tag, value)) = parameter.split_at_checked(1) else {
            return Err(damaged_parameter(parameter));
        };
        match tag {
            "W" => self.width = Some(side(parameter, value)?),
            "H" => self.height = Some(side(parameter, value)?),
            "F" => self.rate = rate(parameter, value)?,
            "A" => self.pixel_aspect = aspect(parameter, value)?,
            "I" if matches!(value, "p" | "?") => {}
            "I" => {
                return Err(MediaError::unsupported(format!(
                    "is interlaced (\"{parameter}\"), which is not supported: deinterlace it first, \
                     such as with ffmpeg -i IN -vf bwdif OUT.y4m"
                )));
            }
            "C" => (self.format, self.siting) = sampling(value)?,
            "X" => match value {
                "COLORRANGE=FULL" => self.range = Range::Full,
                "COLORRANGE=LIMITED" => self.range = Range::Limited,
                _ => {}
            },
            // Unknown tags are to be passed over, says the man page.
            _ => {}
        }
        Ok(())
    }

    fn check(self) -> Result<Header, MediaError> {
        let (Some(width), Some(height)) = (self.width, self.height) else {
            return Err(MediaError::damaged(
                "the Y4M header lacks W (width) or H (height)",
            ));
        };
        let spec = FrameSpec::new(self.format, width, height)
            .map_err(|error| MediaError::unsupported(format!("{error}: scale it first")))?;
        Ok(Header {
            spec: spec.with_colour(Colour {
                matrix: usual_matrix(&spec, self.range),
                range: self.range,
            }),
            rate: self.rate,
            pixel_aspect: self.pixel_aspect,
            siting: self.siting,
        })
    }
}

/// Y4M does not say the matrix. Full range comes from JPEG, which is BT.601; else players go
/// by the size: BT.709 from 720 rows on.
fn usual_matrix(spec: &FrameSpec, range: Range) -> Matrix {
    let short = spec.width().min(spec.height());
    if range == Range::Full || short < 720 {
        Matrix::Bt601
    } else {
        Matrix::Bt709
    }
}

fn damaged_parameter(parameter: &str) -> MediaError {
    MediaError::damaged(format!("the Y4M parameter \"{parameter}\" makes no sense"))
}

fn side(parameter: &str, value: &str) -> Result<usize, MediaError> {
    value.parse().map_err(|_| damaged_parameter(parameter))
}

fn pair(parameter: &str, value: &str) -> Result<(u32, u32), MediaError> {
    let numbers = value
        .split_once(':')
        .map(|(over, under)| (over.parse(), under.parse()));
    match numbers {
        Some((Ok(over), Ok(under))) => Ok((over, under)),
        _ => Err(damaged_parameter(parameter)),
    }
}

fn rate(parameter: &str, value: &str) -> Result<Option<Rate>, MediaError> {
    match pair(parameter, value)? {
        (0, 0) => Ok(None),
        (over, under) => Ok(Some(Rate::new(over, under)?)),
    }
}

fn aspect(parameter: &str, value: &str) -> Result<(u32, u32), MediaError> {
    match pair(parameter, value)? {
        (0, 0) => Ok((1, 1)),
        (0, _) | (_, 0) => Err(damaged_parameter(parameter)),
        aspect => Ok(aspect),
    }
}

fn sampling(value: &str) -> Result<(PixelFormat, Siting), MediaError> {
    Ok(match value {
        "420" | "420jpeg" => (PixelFormat::I420, Siting::Centre),
        "420mpeg2" => (PixelFormat::I420, Siting::Left),
        "420paldv" => (PixelFormat::I420, Siting::PalDv),
        "422" => (PixelFormat::I422, Siting::Left),
        other => {
            return Err(MediaError::unsupported(format!(
                "the Y4M colour space \"{other}\" is not supported, supported are 420, 420jpeg, \
                 420mpeg2, 420paldv and 422: convert it first, such as with \
                 ffmpeg -i IN -pix_fmt yuv420p OUT.y4m"
            )));
        }
    })
}
