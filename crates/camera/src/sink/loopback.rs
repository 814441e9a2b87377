use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use frosted_core::{PixelFormat, ProtectedFrame};
use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::pack::Packer;
use super::watch::Watch;
use super::{Sink, SinkOptions, Viewers};
use crate::error::{CameraError, CameraErrorKind};
use crate::mode::{Encoding, Mode};
use crate::v4l2::{self, Buffers, Device, Direction, Granted};

/// A v4l2loopback device that this program feeds: other programs see a camera.
///
/// It takes the device for itself by a lock, so that of two programs that feed it the second
/// is refused. It streams YUYV of a fixed, even size with mapped buffers.
pub struct LoopbackSink {
    // Before the device: buffers are unmapped while it is still open.
    buffers: Buffers,
    device: Device,
    granted: Granted,
    packer: Packer,
    watch: Watch,
    started: bool,
}

/// What the driver gives by default.
const BUFFERS: u32 = 2;

impl LoopbackSink {
    /// Opens the loopback at `path`. Its viewers see nothing before the first
    /// [`write`](Sink::write).
    ///
    /// The size can be another than the wished one if a program that looks at the device
    /// holds it to that: see [`size`](Sink::size).
    ///
    /// # Errors
    /// [`NotFound`](CameraErrorKind::NotFound), [`NoPermission`](CameraErrorKind::NoPermission)
    /// with the group to join, [`Busy`](CameraErrorKind::Busy) if another program feeds it,
    /// [`NotACamera`](CameraErrorKind::NotACamera) if it is no loopback,
    /// [`Unsupported`](CameraErrorKind::Unsupported) for odd sizes and if the device is held
    /// to another format than YUYV.
    pub fn open(path: &Path, options: &SinkOptions) -> Result<Self, CameraError> {
        options.check()?;
        let device = Device::open(path)?;
        if !device.is_loopback() {
            return Err(CameraError::new(
                CameraErrorKind::NotACamera,
                format!(
                    "{}: is {} and no v4l2loopback, which a virtual camera needs: see frosted devices",
                    path.display(),
                    device.name()
                ),
            ));
        }
        rustix::fs::flock(&device, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| fed_by_another(path))?;
        // With exclusive capabilities it takes no output while somebody feeds it. Before
        // version 0.13 it also stays so after a program that wrote it like a file.
        let taken = !device.streams(Direction::Output);
        if taken && !v4l2::holders(path).is_empty() {
            return Err(fed_by_another(path));
        }
        // Before the format is set: from then on programs look.
        let watch = Watch::new(&device)?;
        let wished = Mode {
            encoding: Encoding::Raw(PixelFormat::Yuyv),
            width: options.width,
            height: options.height,
            rate: Some(options.rate),
        };
        let granted = device
            .set_mode(Direction::Output, &wished)
            .map_err(|error| if taken { stuck(path) } else { error })?;
        if granted.mode.encoding != wished.encoding {
            return Err(CameraError::new(
                CameraErrorKind::Unsupported,
                format!(
                    "{}: is held to {}, yuyv is needed: end the programs that look at it",
                    path.display(),
                    granted.mode
                ),
            ));
        }
        let buffers =
            Buffers::map(&device, Direction::Output, BUFFERS).map_err(|errno| match taken {
                true => stuck(path),
                false => device.error("gives no buffers", errno),
            })?;
        Ok(Self {
            buffers,
            packer: Packer::new(granted.mode.width, granted.mode.height),
            device,
            granted,
            watch,
            started: false,
        })
    }

    fn lost(&self, errno: Errno) -> CameraError {
        match errno {
            Errno::AGAIN => CameraError::new(
                CameraErrorKind::TimedOut,
                format!(
                    "{}: takes no frame at present",
                    self.device.path().display()
                ),
            ),
            _ => {
                let error = self.device.error("takes no frames any more", errno);
                CameraError::new(CameraErrorKind::Disconnected, error.to_string())
            }
        }
    }
}

fn stuck(path: &Path) -> CameraError {
    CameraError::new(
        CameraErrorKind::Busy,
        format!(
            "{}: a program that is gone, or one of another user, left this virtual camera in use: load it anew \
             (sudo modprobe -r v4l2loopback && sudo modprobe v4l2loopback, with the options as before)",
            path.display()
        ),
    )
}

/// Whoever the system says holds it.
fn fed_by_another(path: &Path) -> CameraError {
    let holders = v4l2::holders(path);
    let who = if holders.is_empty() {
        "another program".to_owned()
    } else {
        format!("another program ({})", holders.join(", "))
    };
    CameraError::new(
        CameraErrorKind::Busy,
        format!(
            "{}: {who} feeds this virtual camera already: end it or choose another device",
            path.display()
        ),
    )
}

impl Sink for LoopbackSink {
    fn write(&mut self, frame: &ProtectedFrame) -> Result<(), CameraError> {
        let view = frame.view();
        let (packer, stride) = (&self.packer, self.granted.stride_bytes);
        self.buffers
            .write(&self.device, self.granted.image_bytes, |out| {
                packer.pack_yuyv(&view, out, stride);
            })
            .map_err(|errno| self.lost(errno))?;
        if !self.started {
            self.buffers
                .start(&self.device)
                .map_err(|errno| self.lost(errno))?;
            self.started = true;
        }
        Ok(())
    }

    fn size(&self) -> (usize, usize) {
        (self.granted.mode.width, self.granted.mode.height)
    }

    fn viewers(&mut self) -> Viewers {
        self.watch.viewers(&self.device)
    }

    fn wait(&mut self, timeout: Duration) {
        self.watch.wait(&self.device, timeout);
    }

    fn describe(&self) -> String {
        let path: PathBuf = self.device.path().to_owned();
        format!(
            "{} ({}), {}x{}",
            self.device.name(),
            path.display(),
            self.granted.mode.width,
            self.granted.mode.height
        )
    }
}

impl Drop for LoopbackSink {
    fn drop(&mut self) {
        // Of a device that is gone nothing else can be asked.
        let _ = self.buffers.stop(&self.device);
    }
}

impl fmt::Debug for LoopbackSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopbackSink")
            .field("device", &self.device)
            .field("granted", &self.granted)
            .finish_non_exhaustive()
    }
}
