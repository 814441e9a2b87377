//! Windows: Media Foundation. Type-checked, not run on hardware.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use ::nokhwa::error::NokhwaError;
use ::nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType,
    Resolution,
};
use ::nokhwa::{Camera, query};
use frosted_core::Colour;

use super::capture::{Layout, Opened, RawFrames};
use super::claim::Claim;
use super::formats::{exactly, extent, mode, named, words};
use crate::error::{CameraError, CameraErrorKind};
use crate::info::{CameraInfo, CameraKind};
use crate::mode::{Encoding, Mode, Wish};

/// RGB is left out: Windows stores it bottom row first and padded, and nokhwa does not say.
const FORMATS: [FrameFormat; 3] = [FrameFormat::NV12, FrameFormat::YUYV, FrameFormat::MJPEG];

/// Windows does not ask; what it forbids shows when the camera is opened.
pub(super) fn permission() -> Result<(), CameraError> {
    Ok(())
}

/// Every camera with its modes, except those of a camera that this process reads.
pub(super) fn cameras() -> Result<Vec<CameraInfo>, CameraError> {
    let _apartment = Apartment::enter()?;
    let found = query(ApiBackend::MediaFoundation).map_err(|error| cannot_ask(&error))?;
    let described = found.iter().map(|camera| {
        let id = camera.misc();
        // The device path of cameras that are programs (MFCreateVirtualCamera).
        let kind = if id.to_lowercase().contains("vcamdevapi") {
            CameraKind::Loopback
        } else {
            CameraKind::Hardware
        };
        let mut info = CameraInfo::new(id, camera.human_name(), kind);
        if !Claim::is_taken(&info.id) {
            match idle(camera.index()) {
                Ok(mut idle) => info.modes = modes(&mut idle),
                Err(error) => info.trouble = Some(refused(&info.name, &error)),
            }
        }
        info
    });
    Ok(described.collect())
}

/// Whether the camera with the device path `key` is still there, as far as can be told.
pub(super) fn is_there(key: &str) -> bool {
    let Ok(_apartment) = Apartment::enter() else {
        return true;
    };
    query(ApiBackend::MediaFoundation).map_or(true, |found| {
        found.iter().any(|camera| camera.misc() == key)
    })
}

/// Opens the camera with the device path or the number `id` and starts it.
pub(super) fn open(
    id: &str,
    wish: &Wish,
    left: &Arc<AtomicBool>,
) -> Result<Opened<Frames>, CameraError> {
    let apartment = Apartment::enter()?;
    let found = query(ApiBackend::MediaFoundation).map_err(|error| cannot_ask(&error))?;
    let camera = found
        .iter()
        .find(|camera| camera.misc() == id || camera.index().as_string() == id)
        .ok_or_else(|| {
            CameraError::new(
                CameraErrorKind::NotFound,
                format!("{id}: there is no such camera: plug it in, or see what there is with frosted devices"),
            )
        })?;
    let claim = Claim::take(&camera.misc(), left)?;
    let mut opened = idle(camera.index()).map_err(|error| refused(id, &error))?;
    let (mode, format) = wish
        .choose(&modes(&mut opened))
        .and_then(|mode| Some((mode, named(&mode)?)))
        .ok_or_else(|| unsupported(id))?;
    opened
        .set_camera_requset(exactly(format))
        .map_err(|error| refused(id, &error))?;
    if (opened.resolution(), opened.frame_format()) != (format.resolution(), format.format()) {
        return Err(CameraError::new(
            CameraErrorKind::Unsupported,
            format!("{id}: did not take {mode}, which it offers: choose another size"),
        ));
    }
    opened.open_stream().map_err(|error| refused(id, &error))?;
    let layout = layout(mode);
    Ok(Opened {
        extent: extent(&layout)?,
        frames: Frames {
            camera: opened,
            _apartment: apartment,
        },
        layout,
        claim,
    })
}

/// A camera and what it needs on its thread, in the order in which they go.
pub(super) struct Frames {
    camera: Camera,
    _apartment: Apartment,
}

impl RawFrames for Frames {
    fn wait(&mut self) -> Result<Cow<'_, [u8]>, CameraError> {
        self.camera.wait()
    }
}

/// Media Foundation packs the rows of what a source reader gives; webcams' colours are those
/// that it assumes by default.
fn layout(mode: Mode) -> Layout {
    let (stride_bytes, colour) = match mode.encoding {
        Encoding::Raw(format) => (
            format.plane_size(0, mode.width, mode.height).0,
            Colour::default(),
        ),
        Encoding::Mjpeg => (0, Colour::JPEG),
    };
    Layout {
        mode,
        stride_bytes,
        colour,
    }
}

/// A camera that is open and does not run, in whatever format.
fn idle(index: &CameraIndex) -> Result<Camera, NokhwaError> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    Camera::with_backend(index.clone(), any, ApiBackend::MediaFoundation)
}

/// nokhwa's own list of formats ends with the second one, so each is asked for.
///
/// Its rate 0 stands beside every other one and means nothing, unless it stands alone: then
/// the rate is a fraction.
fn modes(camera: &mut Camera) -> Vec<Mode> {
    let mut modes: Vec<Mode> = Vec::new();
    for format in FORMATS {
        let Ok(sizes) = camera.compatible_list_by_resolution(format) else {
            continue;
        };
        for (size, mut rates) in sizes {
            rates.sort_unstable();
            rates.dedup();
            if rates.len() > 1 {
                rates.retain(|rate| *rate > 0);
            }
            let formats = rates.into_iter().map(|rate| {
                CameraFormat::new(Resolution::new(size.width(), size.height()), format, rate)
            });
            modes.extend(formats.filter_map(|format| mode(&format)));
        }
    }
    modes
}

fn unsupported(id: &str) -> CameraError {
    CameraError::new(
        CameraErrorKind::Unsupported,
        format!("{id}: has no format that is understood here, which are NV12, YUY2 and MJPEG"),
    )
}

fn cannot_ask(error: &NokhwaError) -> CameraError {
    CameraError::new(
        CameraErrorKind::System,
        format!(
            "Media Foundation cannot be asked for cameras: {}",
            words(error)
        ),
    )
}

/// Windows words its reasons in the user's language, so they are passed on with what they
/// can be.
fn refused(id: &str, error: &NokhwaError) -> CameraError {
    CameraError::new(
        CameraErrorKind::System,
        format!(
            "{id}: cannot be started ({}): end other programs that use it, and see that Settings, \
             Privacy & security, Camera lets desktop apps use it",
            words(error)
        ),
    )
}

use apartment::Apartment;

mod apartment {
    #![allow(unsafe_code)]

    use super::*;
    use windows::Win32::Media::MediaFoundation::{MF_VERSION, MFSTARTUP_NOSOCKET, MFStartup};
    use windows::Win32::System::Com::{
        COINIT_APARTMENTTHREADED, COINIT_DISABLE_OLE1DDE, CoInitializeEx, CoUninitialize,
    };

    /// COM and Media Foundation on this thread.
    ///
    /// nokhwa starts COM on the first thread that it is called on only, and stops it there
    /// before it lets go of its camera. So each thread has its own hold here, of the same
    /// sort as nokhwa's, for another one would be refused; Media Foundation stays until the
    /// process ends.
    pub(super) struct Apartment {
        /// It must be left on the thread that entered it.
        _of_this_thread: PhantomData<*const ()>,
    }

    impl Apartment {
        pub(super) fn enter() -> Result<Self, CameraError> {
            // One for nokhwa to undo, one to stay.
            for entered in 0..HOLDS {
                // SAFETY: plain calls of COM without pointers; each that succeeds is undone
                // on this thread by `drop` or by `leave`.
                let done = unsafe {
                    CoInitializeEx(None, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE)
                };
                if let Err(error) = done.ok() {
                    leave(entered);
                    return Err(cannot_start("COM", &error));
                }
            }
            let apartment = Self {
                _of_this_thread: PhantomData,
            };
            media_foundation()?;
            Ok(apartment)
        }
    }

    impl Drop for Apartment {
        fn drop(&mut self) {
            leave(HOLDS);
        }
    }

    const HOLDS: usize = 2;

    fn leave(holds: usize) {
        for _ in 0..holds {
            // SAFETY: undoes a successful `CoInitializeEx` of this thread; where nokhwa undid
            // one too many, COM ignores the call.
            unsafe { CoUninitialize() };
        }
    }

    /// Starts Media Foundation once, for good.
    fn media_foundation() -> Result<(), CameraError> {
        static STARTED: OnceLock<windows::core::Result<()>> = OnceLock::new();
        // SAFETY: takes two numbers; COM runs on this thread.
        let started = STARTED.get_or_init(|| unsafe { MFStartup(MF_VERSION, MFSTARTUP_NOSOCKET) });
        started
            .as_ref()
            .map(|()| ())
            .map_err(|error| cannot_start("Media Foundation", error))
    }

    fn cannot_start(what: &str, error: &windows::core::Error) -> CameraError {
        CameraError::new(
            CameraErrorKind::System,
            format!(
                "{what} cannot be started: {}: Windows N needs the Media Feature Pack",
                error.message().trim_end_matches('.')
            ),
        )
    }
}
