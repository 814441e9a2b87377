use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use frosted_core::{Colour, Matrix, PixelFormat, Range, Rate};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode as FileMode, OFlags};
use rustix::io::Errno;

use super::abi::{self, Direction, KernelData};
use super::holders::{holders, permission_remedy};
use crate::error::{CameraError, CameraErrorKind};
use crate::mode::{Encoding, Mode};

/// An open video device. Nothing here waits but [`wait`](Self::wait).
#[derive(Debug)]
pub(crate) struct Device {
    fd: OwnedFd,
    path: PathBuf,
    name: String,
    driver: String,
    capabilities: u32,
}

/// The format that a device agreed to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granted {
    pub(crate) mode: Mode,
    pub(crate) stride_bytes: usize,
    pub(crate) image_bytes: usize,
    pub(crate) colour: Colour,
}

/// Pixel formats by the kernel's four characters.
const FORMATS: [(&[u8; 4], Encoding); 10] = [
    (b"YUYV", Encoding::Raw(PixelFormat::Yuyv)),
    (b"UYVY", Encoding::Raw(PixelFormat::Uyvy)),
    (b"NV12", Encoding::Raw(PixelFormat::Nv12)),
    (b"NV21", Encoding::Raw(PixelFormat::Nv21)),
    (b"YU12", Encoding::Raw(PixelFormat::I420)),
    (b"422P", Encoding::Raw(PixelFormat::I422)),
    (b"RGB3", Encoding::Raw(PixelFormat::Rgb8)),
    (b"BGR3", Encoding::Raw(PixelFormat::Bgr8)),
    (b"MJPG", Encoding::Mjpeg),
    (b"JPEG", Encoding::Mjpeg),
];

/// Sizes that are offered of a device that takes any within limits.
const COMMON_SIZES: [(u32, u32); 6] = [
    (640, 360),
    (640, 480),
    (848, 480),
    (960, 540),
    (1280, 720),
    (1920, 1080),
];

impl Device {
    /// Opens the video device at `path` and asks what it is.
    pub(crate) fn open(path: &Path) -> Result<Self, CameraError> {
        let shown = path.display();
        let found = fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => CameraError::new(
                CameraErrorKind::NotFound,
                format!("{shown}: there is no such device or file: plug it in, or see what there is with frosted devices"),
            ),
            _ => CameraError::new(CameraErrorKind::System, format!("{shown}: {error}")),
        })?;
        if !found.file_type().is_char_device() {
            return Err(CameraError::new(
                CameraErrorKind::NotACamera,
                format!("{shown}: is a file or folder and no video device, such as /dev/video0"),
            ));
        }
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, FileMode::empty())
            .map_err(|errno| opening(path, errno))?;
        let mut capability = abi::Capability::zeroed();
        abi::query_capability(&fd, &mut capability).map_err(|errno| match errno {
            Errno::NODEV => gone(path),
            _ => CameraError::new(
                CameraErrorKind::NotACamera,
                format!("{shown}: is a device, but no video device"),
            ),
        })?;
        Ok(Self {
            fd,
            path: path.to_owned(),
            name: text(&capability.card),
            driver: text(&capability.driver),
            capabilities: of_this_node(&capability),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it calls itself.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.driver == "v4l2 loopback"
    }

    /// Whether frames can be streamed this way now. A loopback with exclusive capabilities
    /// changes from output to capture while somebody feeds it.
    pub(crate) fn streams(&self, direction: Direction) -> bool {
        can_stream(self.capabilities, direction)
    }

    /// The modes that it offers for capture, in its order.
    pub(crate) fn modes(&self) -> Vec<Mode> {
        let mut modes = Vec::new();
        for (fourcc, encoding) in self.encodings() {
            for (width, height) in self.sizes(fourcc) {
                let rates = self.rates(fourcc, width, height);
                modes.extend(rates.into_iter().map(|rate| Mode {
                    encoding,
                    width: width as usize,
                    height: height as usize,
                    rate,
                }));
            }
        }
        modes
    }

    /// The pixel formats that it offers and that are understood here.
    fn encodings(&self) -> Vec<(u32, Encoding)> {
        let mut found = Vec::new();
        let mut description = abi::FormatDescription::zeroed();
        description.direction = Direction::Capture as u32;
        while found.len() < 64 && abi::enum_format(self, &mut description).is_ok() {
            if let Some(encoding) = encoding_of(description.pixelformat) {
                found.push((description.pixelformat, encoding));
            }
            description.index += 1;
        }
        found
    }

    fn sizes(&self, fourcc: u32) -> Vec<(u32, u32)> {
        let mut sizes = Vec::new();
        let mut size = abi::FrameSize::zeroed();
        size.pixelformat = fourcc;
        while sizes.len() < 256 && abi::enum_frame_sizes(self, &mut size).is_ok() {
            if size.kind != abi::DISCRETE {
                let [least_width, most_width, _, least_height, most_height, _] = size.sides;
                let (widths, heights) = (least_width..=most_width, least_height..=most_height);
                return COMMON_SIZES
                    .into_iter()
                    .filter(|(width, height)| widths.contains(width) && heights.contains(height))
                    .collect();
            }
            sizes.push((size.sides[0], size.sides[1]));
            size.index += 1;
        }
        if sizes.is_empty()
            && let Ok(format) = self.format(Direction::Capture)
            && format.pix.pixelformat == fourcc
        {
            sizes.push((format.pix.width, format.pix.height));
        }
        sizes
    }

    /// The rates at a size; one that is not known if the device does not tell.
    fn rates(&self, fourcc: u32, width: u32, height: u32) -> Vec<Option<Rate>> {
        let mut rates = Vec::new();
        let mut interval = abi::FrameInterval::zeroed();
        (interval.pixelformat, interval.width, interval.height) = (fourcc, width, height);
        while rates.len() < 64 && abi::enum_frame_intervals(self, &mut interval).is_ok() {
            let [first, second, _] = interval.intervals;
            rates.push(rate_of(first));
            if interval.kind != abi::DISCRETE {
                // Any rate between the fastest and the slowest.
                let (fastest, slowest) = (seconds(first), seconds(second));
                let between = |fps: &u32| (fastest..=slowest).contains(&(1.0 / f64::from(*fps)));
                let common = [15, 25, 30, 60].into_iter().filter(between);
                rates.extend(common.map(|fps| Rate::new(fps, 1).ok()));
                break;
            }
            interval.index += 1;
        }
        if rates.is_empty() {
            rates.push(None);
        }
        rates
    }

    fn format(&self, direction: Direction) -> Result<abi::Format, Errno> {
        let mut format = abi::Format::zeroed();
        format.direction = direction as u32;
        abi::get_format(self, &mut format)?;
        Ok(format)
    }

    /// Asks for a mode. The device may give another size; a format that is not understood
    /// is an error.
    pub(crate) fn set_mode(
        &self,
        direction: Direction,
        mode: &Mode,
    ) -> Result<Granted, CameraError> {
        let fourcc = self.fourcc(direction, mode.encoding)?;
        let mut format = abi::Format::zeroed();
        format.direction = direction as u32;
        format.pix.width = mode.width as u32;
        format.pix.height = mode.height as u32;
        format.pix.pixelformat = fourcc;
        format.pix.field = abi::FIELD_NONE;
        if direction == Direction::Output {
            format.pix.colorspace = abi::colour::SPACE_SRGB;
            format.pix.ycbcr_encoding = abi::colour::ENCODING_601;
            format.pix.quantization = abi::colour::QUANTIZATION_LIMITED;
        }
        abi::set_format(self, &mut format)
            .map_err(|errno| self.error("does not take the format", errno))?;
        let encoding = encoding_of(format.pix.pixelformat).ok_or_else(|| {
            CameraError::new(
                CameraErrorKind::Unsupported,
                format!(
                    "{}: gives {} frames, which are not understood here",
                    self.path.display(),
                    four_characters(format.pix.pixelformat)
                ),
            )
        })?;
        let rate = self.set_rate(direction, mode.rate);
        Ok(Granted {
            mode: Mode {
                encoding,
                width: format.pix.width as usize,
                height: format.pix.height as usize,
                rate: rate.or(mode.rate),
            },
            stride_bytes: format.pix.bytesperline as usize,
            image_bytes: format.pix.sizeimage as usize,
            colour: colour_of(&format.pix, encoding),
        })
    }

    /// The code of an encoding, of several the one that the device offers.
    fn fourcc(&self, direction: Direction, encoding: Encoding) -> Result<u32, CameraError> {
        let offered = match direction {
            Direction::Capture => self.encodings(),
            Direction::Output => Vec::new(),
        };
        let known = FORMATS
            .iter()
            .map(|(code, of)| (u32::from_le_bytes(**code), *of));
        offered
            .into_iter()
            .chain(known)
            .find_map(|(code, of)| (of == encoding).then_some(code))
            .ok_or_else(|| {
                CameraError::new(
                    CameraErrorKind::Unsupported,
                    format!("{}: video devices have no {encoding}", self.path.display()),
                )
            })
    }

    /// Asks for a rate and tells the one in force. Devices that have no say in it are left
    /// alone: a loopback's rate is its writer's.
    fn set_rate(&self, direction: Direction, rate: Option<Rate>) -> Option<Rate> {
        let mut parm = abi::StreamParm::zeroed();
        parm.direction = direction as u32;
        if let Some(rate) = rate {
            parm.capability = abi::CAP_TIMEPERFRAME;
            parm.time_per_frame = [rate.denominator(), rate.numerator()];
            if abi::set_parm(self, &mut parm).is_ok() {
                return rate_of(parm.time_per_frame);
            }
        }
        parm = abi::StreamParm::zeroed();
        parm.direction = direction as u32;
        abi::get_parm(self, &mut parm).ok()?;
        rate_of(parm.time_per_frame)
    }

    /// Waits until there is a frame, an event or an error, for `timeout` at most; whether
    /// there is.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<bool, Errno> {
        wait_for(self.fd.as_fd(), PollFlags::IN | PollFlags::PRI, timeout)
    }

    /// Whether the device says that nothing will come any more.
    pub(crate) fn is_in_error(&self) -> bool {
        let mut fds = [PollFd::from_borrowed_fd(
            self.fd.as_fd(),
            PollFlags::IN | PollFlags::PRI,
        )];
        let polled = poll(&mut fds, Some(&Timespec::default()));
        polled.is_ok()
            && fds[0]
                .revents()
                .intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL)
    }

    /// Asks to be told how many programs stream from a loopback; an error where the driver
    /// cannot tell. Asked again, the count of now comes as a new event.
    pub(crate) fn ask_for_usage(&self) -> Result<(), Errno> {
        let mut subscription = abi::EventSubscription::zeroed();
        subscription.kind = abi::EVENT_CLIENT_USAGE;
        // The first time there is nothing to take back.
        let _ = abi::unsubscribe_event(self, &mut subscription);
        subscription.flags = abi::SEND_INITIAL;
        abi::subscribe_event(self, &mut subscription)
    }

    /// The youngest count that the driver told since the last call.
    pub(crate) fn told_usage(&self) -> Option<u32> {
        let mut count = None;
        let mut event = abi::Event::zeroed();
        while abi::dequeue_event(self, &mut event).is_ok() {
            if event.kind == abi::EVENT_CLIENT_USAGE {
                count = Some(event.data[0]);
            }
        }
        count
    }

    /// What an error of the system means for this device.
    pub(crate) fn error(&self, what: &str, errno: Errno) -> CameraError {
        let path = self.path.display();
        match errno {
            Errno::NODEV | Errno::NXIO => gone(&self.path),
            Errno::BUSY => busy(&self.path),
            Errno::NOMEM => CameraError::new(
                CameraErrorKind::System,
                format!("{path}: there is no memory for its buffers: end other programs"),
            ),
            _ => CameraError::new(
                CameraErrorKind::System,
                format!("{path}: {what}: {}", words(errno)),
            ),
        }
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// What the node can do, and not the hardware behind it as a whole.
fn of_this_node(capability: &abi::Capability) -> u32 {
    if capability.capabilities & abi::capability::DEVICE_CAPS != 0 {
        capability.device_caps
    } else {
        capability.capabilities
    }
}

fn can_stream(capabilities: u32, direction: Direction) -> bool {
    let way = match direction {
        Direction::Capture => abi::capability::VIDEO_CAPTURE,
        Direction::Output => abi::capability::VIDEO_OUTPUT,
    };
    let wanted = way | abi::capability::STREAMING;
    capabilities & wanted == wanted
}

/// Waits for `flags` on `fd`; an error or hang-up counts, too.
pub(crate) fn wait_for(
    fd: BorrowedFd<'_>,
    flags: PollFlags,
    timeout: Duration,
) -> Result<bool, Errno> {
    let timeout = Timespec::try_from(timeout).ok();
    let mut fds = [PollFd::from_borrowed_fd(fd, flags)];
    match poll(&mut fds, timeout.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        // A signal ends the wait early; the caller looks and waits again.
        Err(Errno::INTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

fn opening(path: &Path, errno: Errno) -> CameraError {
    let shown = path.display();
    match errno {
        Errno::ACCESS | Errno::PERM => CameraError::new(
            CameraErrorKind::NoPermission,
            format!("{shown}: you may not open it: {}", permission_remedy(path)),
        ),
        Errno::BUSY => busy(path),
        Errno::NODEV | Errno::NXIO => gone(path),
        _ => CameraError::new(
            CameraErrorKind::System,
            format!("{shown}: cannot be opened: {}", words(errno)),
        ),
    }
}

fn busy(path: &Path) -> CameraError {
    let holders = holders(path);
    let who = if holders.is_empty() {
        "another program (another user's, or another frosted)".to_owned()
    } else {
        holders.join(", ")
    };
    CameraError::new(
        CameraErrorKind::Busy,
        format!(
            "{}: is in use by {who}: end that or choose another device",
            path.display()
        ),
    )
}

pub(super) fn gone(path: &Path) -> CameraError {
    CameraError::new(
        CameraErrorKind::Disconnected,
        format!("{}: was unplugged, plug it in again", path.display()),
    )
}

/// The system's words without "(os error 28)", which helps nobody.
pub(super) fn words(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

fn encoding_of(fourcc: u32) -> Option<Encoding> {
    let code = fourcc.to_le_bytes();
    let found = FORMATS.iter().find(|(known, _)| **known == code);
    found.map(|(_, encoding)| *encoding)
}

fn four_characters(fourcc: u32) -> String {
    fourcc
        .to_le_bytes()
        .map(|byte| {
            if byte.is_ascii_graphic() {
                char::from(byte)
            } else {
                '?'
            }
        })
        .iter()
        .collect()
}

fn rate_of([seconds, frames]: [u32; 2]) -> Option<Rate> {
    Rate::new(frames, seconds).ok()
}

fn seconds([numerator, denominator]: [u32; 2]) -> f64 {
    f64::from(numerator) / f64::from(denominator.max(1))
}

/// What samples mean. Devices that do not say are taken for what webcams are by default:
/// BT.601, limited range, and full range for MJPEG.
fn colour_of(pix: &abi::PixFormat, encoding: Encoding) -> Colour {
    if encoding == Encoding::Mjpeg {
        return Colour::JPEG;
    }
    let matrix = match (pix.ycbcr_encoding, pix.colorspace) {
        (abi::colour::ENCODING_709, _) | (0, abi::colour::SPACE_REC709) => Matrix::Bt709,
        _ => Matrix::Bt601,
    };
    let range = match (pix.quantization, pix.colorspace) {
        (abi::colour::QUANTIZATION_FULL, _) | (0, abi::colour::SPACE_JPEG) => Range::Full,
        _ => Range::Limited,
    };
    Colour { matrix, range }
}

fn text(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    // Names come from the device: nothing in them may steer a terminal.
    String::from_utf8_lossy(&bytes[..end])
        .chars()
        .filter(|character| !character.is_control())
        .collect()
}
