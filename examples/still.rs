//! Protects one picture: `cargo run --release --features image --example still IN.png OUT.png`
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example speaks to whoever runs it"
)]

use frosted::{Settings, Setup, Timestamp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("usage: still IN.png OUT.png".into());
    };
    let mut pipeline = Setup {
        settings: Settings::for_stills(),
        ..Setup::default()
    }
    .build()?;
    let picture = image::open(input)?.to_rgb8();
    let (protected, report) = pipeline.process_image(Timestamp::ZERO, &picture)?;
    protected.save(output)?;
    println!("shown: {}", report.shown);
    Ok(())
}
