use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::clips;
use super::plan::Start;

/// From the start of `frosted blur - -` until the first protected frame has come out of its pipe, whole. Three frames
/// go in before it, which the program looks at first.
pub(super) fn measure(command: &mut Command, start: &Start) -> Result<Value, String> {
    let clip = clips::y4m();
    let clip = std::fs::read(&clip).map_err(|error| format!("{}: {error}", clip.display()))?;
    let header = clip
        .split(|byte| *byte == b'\n')
        .next()
        .map_or(0, <[u8]>::len);
    let frame = (clip.len() - header - 1) / clips::STREAM_FRAMES;
    command.args([
        "blur",
        "-",
        "-",
        "--model",
        start.model,
        "--engine",
        start.engine,
    ]);
    command.args(["--compositor", "cpu"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("frosted could not be started: {error}"))?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let feeder = thread::spawn(move || {
        // It ends early when the program is killed, which is not of interest.
        input.map(|mut input| input.write_all(&clip))
    });
    let time = output.map_or_else(
        || Err(io::Error::other("it has no pipe")),
        |output| first_frame(output, frame).map(|()| begin.elapsed()),
    );
    let _ = child.kill();
    let _ = child.wait();
    let _ = feeder.join();
    let time: Duration = time.map_err(|error| format!("no frame came out: {error}"))?;
    Ok(json!({"start_ms": time.as_secs_f64() * 1e3}))
}

/// Reads the header and one frame with its own line, `bytes` in all.
fn first_frame(output: impl Read, bytes: usize) -> io::Result<()> {
    let mut output = BufReader::new(output);
    let mut header = Vec::new();
    output.read_until(b'\n', &mut header)?;
    if !header.starts_with(b"YUV4MPEG2") {
        return Err(io::Error::other("it is no Y4M"));
    }
    output.read_exact(&mut vec![0; bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_is_cut_off_is_none() {
        let whole = b"YUV4MPEG2 W2 H2\nFRAME\n123456";
        assert!(first_frame(&whole[..], 12).is_ok());
        assert!(first_frame(&whole[..whole.len() - 1], 12).is_err());
        assert!(first_frame(&b"error\nFRAME\n123456"[..], 12).is_err());
    }
}
