//! The smallest program that links frosted: one frame of a grey room, whose first frame is a card.

use frosted::{Cause, Frame, FrameSpec, PixelFormat, Setup, Shown};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut pipeline = Setup::default().build()?;
    let camera = Frame::new(FrameSpec::new(PixelFormat::Nv12, 640, 360)?);
    let mut protected = Frame::new(*camera.spec());
    let report = pipeline.process(&camera.view(), &mut protected.view_mut())?;
    println!("hello, {} shows: {}", pipeline.segmenter_info().engine, report.shown);
    assert_eq!(report.shown, Shown::Card(Cause::Starting));
    Ok(())
}
