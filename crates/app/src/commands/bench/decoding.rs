use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Instant;

use frosted::{Frame, FrameSpec};

use super::system::cpu_time;
use super::times::Times;
use crate::exit::Failure;
use crate::interrupt;
use crate::media::mjpeg::MjpegReader;
use crate::media::{MediaError, Rate, Source as _};

/// Median milliseconds of processor time for one picture of a Motion JPEG clip, read and
/// decoded as from a camera; wall-clock time where the system does not tell it.
pub(super) fn median_ms(clip: &Path, spec: &FrameSpec) -> Result<f64, Failure> {
    let name = clip.display().to_string();
    let file = File::open(clip).map_err(|error| MediaError::opening(clip, &error))?;
    let mut source = MjpegReader::as_camera(BufReader::new(file), Rate::THIRTY)
        .map_err(|error| error.of(&name))?;
    let is = source.info().spec;
    if (is.width(), is.height()) != (spec.width(), spec.height()) {
        let error = MediaError::unsupported(format!(
            "has pictures of {}x{}, --size is {}x{}",
            is.width(),
            is.height(),
            spec.width(),
            spec.height()
        ));
        return Err(error.of(&name).into());
    }
    let mut frame = Frame::new(is);
    let mut times = Times::default();
    // The first was decoded when the clip was opened.
    let mut more = source.next(&mut frame).map_err(|error| error.of(&name))?;
    while more && !interrupt::asked() {
        let (start, cpu_start) = (Instant::now(), cpu_time());
        more = source.next(&mut frame).map_err(|error| error.of(&name))?;
        let cpu = cpu_time().zip(cpu_start);
        let cpu = cpu.map(|(end, start)| end.saturating_sub(start));
        if more {
            times.push(cpu.unwrap_or_else(|| start.elapsed()));
        }
    }
    if times.is_empty() {
        let error = MediaError::unsupported("has one picture, give a clip of more");
        return Err(error.of(&name).into());
    }
    let [median] = times.milliseconds([0.5]);
    Ok(median)
}
