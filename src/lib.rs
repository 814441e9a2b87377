//! Background blur that fails closed: a webcam frame goes in, and out comes a frame in which
//! the person is sharp and nothing of the room can be read.
//!
//! ```no_run
//! use frosted::{FrameSpec, FrameView, PixelFormat, ProtectedFrame, Setup, Timestamp};
//!
//! let mut pipeline = Setup::default().build()?;
//! let spec = FrameSpec::new(PixelFormat::Nv12, 1280, 720)?;
//! # let camera = vec![0; spec.buffer_bytes()];
//! let mut protected = ProtectedFrame::new(spec);
//! // For each frame of the camera:
//! let frame = FrameView::from_buffer(spec, &camera, Timestamp::from_millis(33))?;
//! let report = pipeline.protect(&frame, &mut protected)?;
//! println!("{}", report.shown); // protected.bytes() is what to show
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is promised
//!
//! - No call shows an uncovered frame. There is no setting for it and no mask to hand in:
//!   the strongest thing that can be asked for is to cover more.
//! - A frame is shown by a mask of that very frame. A mask that comes late is not used.
//! - On errors and panics of the network or the compositor the output shows a card; the
//!   [`FrameReport`] says why. `Err` is for mistakes of the caller's, and the output is
//!   covered then too.
//!
//! What is *not* covered: reflections in glasses, paper held in front of the body, the
//! screen's light on the face, sound. The file `docs/PRIVACY.md` of the repository says what
//! was measured.
//!
//! # Nothing leaves the process
//!
//! The library uses no network and writes no file. Microsoft's builds of ONNX Runtime would do
//! both, for telemetry: `frosted` turns that off by the environment variable
//! `ORT_DISABLE_TELEMETRY` before it loads the library. A program with threads should set it
//! itself, or call `runtime::refuse_telemetry` first in `main`.
//!
//! # Debug builds
//!
//! Networks and pixel loops that are compiled without optimisation are late on every frame,
//! and late frames are covered. Give dependencies `opt-level = 3` in
//! `[profile.dev.package."*"]`, or build with `--release`.
//!
//! # One stream, one pipeline
//!
//! A [`Pipeline`] is `Send` and works on the thread that calls it. Give every stream its
//! own; [`Setup::threads`] adds threads for the pixel work only.
//!
//! # Features
//!
//! - `onnxruntime` (default): ONNX Runtime through the `ort` crate, loaded from a shared
//!   library at run time. Turn it off in a program that has another version of `ort`.
//! - `embedded` (default): the pure-Rust engine `rten`, compiled in, used where no ONNX
//!   Runtime is found; several times slower.
//! - `cuda`, `tensorrt`, `directml`, `coreml`, `openvino`, `webgpu`: execution providers of ONNX
//!   Runtime that [`Setup::providers`] can then ask for. They add nothing to the build but the
//!   question; the provider itself comes with the library.
//! - `models` (default): the model [`Model::Quality`], 443 KB in the program.
//! - `landscape`: the quicker model [`Model::Landscape`], 443 KB more.
//! - `faces` (default): the model that finds faces, 416 KB.
//! - `camera`: cameras, virtual cameras and what runs between them, in the module `camera`.
//! - `nokhwa`: on Linux a second way to read cameras, which needs libclang to build; on Windows and
//!   macOS it is there without.
//! - `pipewire`: a virtual camera of PipeWire's, which needs no root and no kernel module. Linux
//!   only; its build needs PipeWire's headers and libclang.
//! - `gpu`: pixel work on the GPU through `wgpu` (Vulkan, Metal, Direct3D 12), taken where it is
//!   faster, and the module `gpu` for frames that are textures.
//! - `image`: `Pipeline::process_image` for pictures of the `image` crate.
#![forbid(unsafe_code)]

mod compositing;
mod faces;
mod guarded;
mod setup;
#[cfg(feature = "gpu")]
mod texture;

/// For measurements by the program; no part of the API.
#[doc(hidden)]
pub mod measure;

pub use compositing::CompositorChoice;
pub use frosted_core::{
    Background, Colour, CompositorInfo, Frame, FrameError, FrameErrorKind, FrameSpec, FrameView,
    FrameViewMut, Matrix, Picture, PixelFormat, ProtectedFrame, Range, Rate, Rgb, Rotation,
    SegmenterInfo, TextHeight, Timestamp,
};
pub use frosted_pipeline::{
    CardReason, Cause, Clock, Error, ErrorKind, FrameReport, Newcomers, Pipeline, Settings, Shown,
    StageTimes, Subjects, SystemClock,
};
pub use frosted_segment::{
    Engine, EngineChoice, EngineError, LoadError, LoadErrorKind, ModelSpec, ModelState, Provider,
    RuntimeSearch,
};
pub use setup::{Model, Setup, SetupError, SetupErrorKind};

/// Arrays as engines take and give them.
pub use frosted_segment::ndarray;

/// Where ONNX Runtime is looked for and what was found there, for self-checks.
pub mod runtime {
    #[cfg(feature = "onnxruntime")]
    pub use frosted_segment::refuse_telemetry;
    pub use frosted_segment::{
        PINNED_VERSION, PinnedLibrary, Place, PlaceOrigin, PlaceOutcome, RuntimeReport,
        RuntimeSearch, offered_providers, probe,
    };
}

/// Cameras and virtual cameras.
///
/// Frames go from a [`Source`](camera::Source) through an [`Unpacker`](camera::Unpacker) and a
/// [`Pipeline`] to a [`Sink`](camera::Sink), which takes [`ProtectedFrame`]s and nothing else.
/// The loop is the program's own:
///
/// ```
/// use frosted::camera::{Sink, SinkOptions, Source, TestPattern, Unpacker, Y4mSink};
/// use frosted::{FrameSpec, PixelFormat, ProtectedFrame, Rate, Setup, Shown};
/// use std::time::Duration;
///
/// let (width, height) = (640, 360);
/// let mut camera = TestPattern::new(PixelFormat::Yuyv, width, height, Rate::THIRTY)?;
/// let mut unpacker = Unpacker::new();
/// let mut pipeline = Setup::default().build()?;
/// let mut protected = ProtectedFrame::new(FrameSpec::new(PixelFormat::Yuyv, width, height)?);
/// let mut stream = Vec::new();
/// let mut sink = Y4mSink::new(&mut stream, &SinkOptions { width, height, ..SinkOptions::default() })?;
/// for _ in 0..5 {
///     let capture = camera.next(Duration::from_millis(300))?;
///     let frame = unpacker.frame(&capture)?;
///     let report = pipeline.protect(&frame, &mut protected)?;
///     assert_ne!(report.shown, Shown::Person, "nobody is in the test pattern");
///     sink.write(&protected)?;
/// }
/// drop(sink);
/// let header = b"YUV4MPEG2 W640 H360 F30:1 Ip A1:1 C422 XCOLORRANGE=LIMITED\n";
/// assert!(stream.starts_with(header));
/// assert_eq!(stream.len(), header.len() + 5 * (b"FRAME\n".len() + 2 * width * height));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A camera that times out or is unplugged is an error of
/// [`Source::next`](camera::Source::next): [`Pipeline::protect_idle`] gives what viewers are to
/// see meanwhile. [`open_camera`](camera::open_camera) and
/// [`open_loopback`](camera::open_loopback) take the places of pattern and stream; the
/// repository's `examples/virtual_camera.rs` has it all.
#[cfg(feature = "camera")]
pub mod camera {
    #[cfg(all(feature = "pipewire", target_os = "linux"))]
    pub use frosted_camera::PipewireSink;
    pub use frosted_camera::{
        CameraError, CameraErrorKind, CameraInfo, CameraKind, Capture, Encoding, JpegDecoder, Mode,
        Sink, SinkInfo, SinkOptions, Source, TestPattern, ThreadedSink, Unpacker, Viewers, Wish,
        Y4mSink, cameras, monotonic_now, open_camera, open_loopback, probe_camera, sinks,
        suspended,
    };
    #[cfg(any(
        windows,
        target_os = "macos",
        all(target_os = "linux", feature = "nokhwa")
    ))]
    pub use frosted_camera::{NokhwaSource, nokhwa_cameras};
}

/// Frames that are textures of the program's own GPU device.
///
/// An app that renders with [`wgpu`](gpu::wgpu) hands in the texture of a frame and gets the
/// protected frame in another one; of the frame itself nothing leaves the GPU but a picture of
/// a few hundred pixels a side, which the network looks at. [`TexturePipeline`](gpu::TexturePipeline)
/// has an example. Frames in memory need nothing of this:
/// [`CompositorChoice`] takes them to a GPU. The file `docs/GPU.md` of the repository says what
/// moves over the bus, and on which drivers it was tried.
#[cfg(feature = "gpu")]
pub mod gpu {
    pub use crate::texture::{TextureOptions, TexturePipeline};
    /// The version whose devices and textures are taken.
    pub use frosted_gpu::wgpu;
    pub use frosted_gpu::{AdapterChoice, GpuInfo, GpuKind, GpuOptions, Handover, adapters};
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
