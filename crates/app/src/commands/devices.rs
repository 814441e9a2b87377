use std::fmt;

use frosted::Rate;
use frosted::camera::{CameraInfo, Encoding, Mode, SinkInfo, cameras, sinks};
use serde_json::{Value, json};

use crate::cli::DevicesOptions;
use crate::exit::{Exit, Failure};
use crate::live::LOAD_LOOPBACK;
use crate::messages;

pub(crate) fn run(options: &DevicesOptions) -> Result<Exit, Failure> {
    let (cameras, sinks) = (cameras()?, sinks());
    if options.json {
        messages::out(&format!("{:#}", to_json(&cameras, &sinks)))?;
        return Ok(Exit::Done);
    }
    let mut lines = vec!["Cameras".to_owned()];
    if cameras.is_empty() {
        lines.push("  none: plug one in".to_owned());
    }
    for camera in &cameras {
        lines.extend(of_camera(camera));
    }
    lines.push(String::new());
    lines.push("Virtual cameras".to_owned());
    if sinks.is_empty() {
        lines.extend(how_to_get_one());
    }
    for sink in &sinks {
        lines.extend(of_sink(sink));
    }
    if cfg!(all(feature = "pipewire", target_os = "linux")) {
        lines.push("  PipeWire: frosted run --output pipewire".to_owned());
    }
    messages::out(&lines.join("\n"))?;
    Ok(Exit::Done)
}

fn of_camera(camera: &CameraInfo) -> Vec<String> {
    let mut lines = vec![format!("  {}  {}", camera.id, camera.name)];
    let trouble = camera
        .trouble
        .iter()
        .map(|trouble| format!("      {trouble}"));
    lines.extend(trouble);
    lines.extend(held_by(&camera.holders));
    for Encoded { encoding, sizes } in by_encoding(&camera.modes) {
        lines.push(format!("      {encoding}"));
        lines.extend(sizes.iter().map(|size| format!("        {size}")));
    }
    lines
}

fn of_sink(sink: &SinkInfo) -> Vec<String> {
    let mut lines = vec![format!("  {}  {}", sink.path.display(), sink.name)];
    lines.extend(
        sink.trouble
            .iter()
            .map(|trouble| format!("      {trouble}")),
    );
    lines.extend(held_by(&sink.holders));
    lines
}

fn held_by(holders: &[String]) -> Option<String> {
    (!holders.is_empty()).then(|| format!("      open in {}", holders.join(", ")))
}

fn how_to_get_one() -> Vec<String> {
    if !cfg!(target_os = "linux") {
        return vec!["  none: write Y4M for another program (frosted run --output -)".to_owned()];
    }
    vec![
        "  none: v4l2loopback is not loaded. To load it now:".to_owned(),
        format!("      {LOAD_LOOPBACK}"),
        "  If it is not installed (Debian, Ubuntu): sudo apt install v4l2loopback-dkms".to_owned(),
        "  To load it at every start: the files of packaging/".to_owned(),
    ]
}

/// A camera's modes of one encoding.
#[derive(Debug, PartialEq, Eq)]
struct Encoded {
    encoding: Encoding,
    sizes: Vec<Size>,
}

/// A size and the rates that it comes at; none where the device tells none.
#[derive(Debug, PartialEq, Eq)]
struct Size {
    width: usize,
    height: usize,
    rates: Vec<Rate>,
}

/// The modes by encoding and size in the device's order, equal ones once.
fn by_encoding(modes: &[Mode]) -> Vec<Encoded> {
    let mut found = Vec::new();
    for mode in modes {
        let of_encoding = entry(
            &mut found,
            |known: &Encoded| known.encoding == mode.encoding,
            || Encoded {
                encoding: mode.encoding,
                sizes: Vec::new(),
            },
        );
        let (width, height) = (mode.width, mode.height);
        let of_size = entry(
            &mut of_encoding.sizes,
            |known| (known.width, known.height) == (width, height),
            || Size {
                width,
                height,
                rates: Vec::new(),
            },
        );
        let new = mode.rate.filter(|rate| !of_size.rates.contains(rate));
        of_size.rates.extend(new);
    }
    found
}

/// The entry that is wanted, made if it is not there.
fn entry<T>(list: &mut Vec<T>, wanted: impl Fn(&T) -> bool, make: impl Fn() -> T) -> &mut T {
    let index = list.iter().position(wanted);
    let index = index.unwrap_or_else(|| {
        list.push(make());
        list.len() - 1
    });
    &mut list[index]
}

/// "30", "12.5", "29.97".
fn frames_a_second(rate: Rate) -> String {
    let fps = f64::from(rate.numerator()) / f64::from(rate.denominator());
    let text = format!("{fps:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Size {
    /// "1280x720 at 30 and 10 fps".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)?;
        let rates: Vec<_> = self.rates.iter().copied().map(frames_a_second).collect();
        match &rates[..] {
            [] => Ok(()),
            [one] => write!(f, " at {one} fps"),
            [most @ .., last] => write!(f, " at {} and {last} fps", most.join(", ")),
        }
    }
}

fn to_json(cameras: &[CameraInfo], sinks: &[SinkInfo]) -> Value {
    let size = |size: &Size| {
        let rates = size.rates.iter().map(ToString::to_string);
        json!({
            "width": size.width,
            "height": size.height,
            "rates": rates.collect::<Vec<_>>(),
        })
    };
    let encoded = |encoded: Encoded| {
        json!({
            "encoding": encoded.encoding.to_string(),
            "sizes": encoded.sizes.iter().map(size).collect::<Vec<_>>(),
        })
    };
    let cameras: Vec<Value> = cameras
        .iter()
        .map(|camera| {
            json!({
                "id": camera.id,
                "name": camera.name,
                "modes": by_encoding(&camera.modes).into_iter().map(encoded).collect::<Vec<_>>(),
                "holders": camera.holders,
                "trouble": camera.trouble.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    let sinks: Vec<Value> = sinks
        .iter()
        .map(|sink| {
            json!({
                "path": sink.path,
                "name": sink.name,
                "holders": sink.holders,
                "trouble": sink.trouble.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    json!({"cameras": cameras, "virtual_cameras": sinks})
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted::PixelFormat;

    #[test]
    fn equal_modes_are_listed_once_by_encoding_and_size() {
        let mode = |encoding, width, rate: Option<(u32, u32)>| Mode {
            encoding,
            width,
            height: 720,
            rate: rate.and_then(|(over, under)| Rate::new(over, under).ok()),
        };
        let yuyv = Encoding::Raw(PixelFormat::Yuyv);
        let modes = [
            mode(yuyv, 1280, Some((10, 1))),
            mode(yuyv, 640, None),
            mode(Encoding::Mjpeg, 1280, Some((30000, 1001))),
            mode(Encoding::Mjpeg, 1280, Some((25, 2))),
            mode(yuyv, 640, None),
            mode(Encoding::Mjpeg, 1280, Some((30000, 1001))),
            mode(yuyv, 1280, Some((10, 1))),
        ];
        let expected = [
            ("yuyv", vec!["1280x720 at 10 fps", "640x720"]),
            ("mjpeg", vec!["1280x720 at 29.97 and 12.5 fps"]),
        ];
        let found = by_encoding(&modes);
        assert_eq!(found.len(), expected.len());
        for (found, (encoding, sizes)) in found.iter().zip(expected) {
            assert_eq!(found.encoding.to_string(), encoding);
            let lines: Vec<_> = found.sizes.iter().map(ToString::to_string).collect();
            assert_eq!(lines, sizes);
        }
        assert_eq!(by_encoding(&[]), []);
    }
}
