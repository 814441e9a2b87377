use frosted::Rate;
use frosted::camera::{CameraInfo, Mode, SinkInfo, cameras, sinks};
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
    for (encoding, sizes) in by_encoding(&camera.modes) {
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

/// The sizes of one encoding, each with its rates, in the device's order.
type Sizes = Vec<(String, Vec<String>)>;

/// "1280x720 at 30 and 10 fps" for each size of each encoding, in the device's order.
fn by_encoding(modes: &[Mode]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Sizes)> = Vec::new();
    for mode in modes {
        let size = format!("{}x{}", mode.width, mode.height);
        let rates = entry(entry(&mut found, mode.encoding.to_string()), size);
        rates.extend(mode.rate.map(frames_a_second));
    }
    found
        .into_iter()
        .map(|(encoding, sizes)| (encoding, sizes.into_iter().map(with_rates).collect()))
        .collect()
}

fn entry<T: Default>(list: &mut Vec<(String, T)>, key: String) -> &mut T {
    let index = list.iter().position(|(known, _)| *known == key);
    let index = index.unwrap_or_else(|| {
        list.push((key, T::default()));
        list.len() - 1
    });
    &mut list[index].1
}

/// "30", "12.5", "29.97".
fn frames_a_second(rate: Rate) -> String {
    let fps = f64::from(rate.numerator()) / f64::from(rate.denominator());
    let text = format!("{fps:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn with_rates((size, rates): (String, Vec<String>)) -> String {
    match &rates[..] {
        [] => size,
        [one] => format!("{size} at {one} fps"),
        [most @ .., last] => format!("{size} at {} and {last} fps", most.join(", ")),
    }
}

fn to_json(cameras: &[CameraInfo], sinks: &[SinkInfo]) -> Value {
    let mode = |mode: &Mode| {
        json!({
            "encoding": mode.encoding.to_string(),
            "width": mode.width,
            "height": mode.height,
            "rate": mode.rate.map(|rate| rate.to_string()),
        })
    };
    let cameras: Vec<Value> = cameras
        .iter()
        .map(|camera| {
            json!({
                "id": camera.id,
                "name": camera.name,
                "modes": camera.modes.iter().map(mode).collect::<Vec<_>>(),
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
    use frosted::camera::Encoding;

    #[test]
    fn modes_are_gathered_by_encoding_and_size() {
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
        ];
        let expected = [
            ("yuyv", vec!["1280x720 at 10 fps", "640x720"]),
            ("mjpeg", vec!["1280x720 at 29.97 and 12.5 fps"]),
        ];
        let found = by_encoding(&modes);
        assert_eq!(found.len(), expected.len());
        for ((encoding, sizes), (name, lines)) in found.into_iter().zip(expected) {
            assert_eq!(
                (encoding.as_str(), sizes),
                (name, lines.iter().map(ToString::to_string).collect())
            );
        }
    }
}
