//! The kernel's structures and request codes (`linux/videodev2.h`), as many as are used.
#![allow(unsafe_code)]

use std::ffi::c_ulong;
use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::ioctl::{self, Getter, Opcode, Setter, Updater, opcode};

/// What a structure of the kernel's may be made of: any bytes are a value of it.
///
/// # Safety
/// Only for `repr(C)` structures whose fields are all integers or arrays of them, and which
/// are laid out as `videodev2.h` says.
pub(super) unsafe trait KernelData: Copy {
    /// All bytes zero, as the kernel asks for fields that are not used.
    fn zeroed() -> Self {
        // SAFETY: the implementor vouches that any bytes are a value.
        unsafe { std::mem::zeroed() }
    }
}

macro_rules! kernel_data {
    ($($name:ident)*) => {
        // SAFETY: the structures below hold integers and arrays of integers only.
        $(unsafe impl KernelData for $name {})*
    };
}

kernel_data!(Capability FormatDescription PixFormat Format RequestBuffers Buffer StreamParm
    FrameSize FrameInterval EventSubscription Event);

/// Which way frames go: `V4L2_BUF_TYPE_VIDEO_CAPTURE` or `_OUTPUT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the device to us.
    Capture = 1,
    /// From us to the device.
    Output = 2,
}

/// `V4L2_MEMORY_MMAP`
pub(super) const MEMORY_MMAP: u32 = 1;
/// `V4L2_FIELD_NONE`: progressive.
pub(super) const FIELD_NONE: u32 = 1;

pub(super) mod capability {
    pub(crate) const VIDEO_CAPTURE: u32 = 0x0000_0001;
    pub(crate) const VIDEO_OUTPUT: u32 = 0x0000_0002;
    pub(crate) const STREAMING: u32 = 0x0400_0000;
    pub(crate) const DEVICE_CAPS: u32 = 0x8000_0000;
}

pub(super) mod buffer_flag {
    pub(crate) const ERROR: u32 = 0x0000_0040;
    pub(crate) const TIMESTAMP_MASK: u32 = 0x0000_e000;
    pub(crate) const TIMESTAMP_MONOTONIC: u32 = 0x0000_2000;
}

/// `V4L2_CAP_TIMEPERFRAME`
pub(super) const CAP_TIMEPERFRAME: u32 = 0x1000;

pub(super) mod colour {
    pub(crate) const SPACE_SRGB: u32 = 8;
    pub(crate) const SPACE_JPEG: u32 = 7;
    pub(crate) const SPACE_REC709: u32 = 3;
    pub(crate) const ENCODING_601: u32 = 1;
    pub(crate) const ENCODING_709: u32 = 2;
    pub(crate) const QUANTIZATION_FULL: u32 = 1;
    pub(crate) const QUANTIZATION_LIMITED: u32 = 2;
}

/// `V4L2_FRMSIZE_TYPE_DISCRETE` and `V4L2_FRMIVAL_TYPE_DISCRETE`
pub(super) const DISCRETE: u32 = 1;

/// The event of v4l2loopback from version 0.13 on that tells how many programs stream from
/// it: `V4L2_EVENT_PRIVATE_START` + 0x08E00000 + 1.
pub(super) const EVENT_CLIENT_USAGE: u32 = 0x0800_0000 + 0x08e0_0000 + 1;
/// `V4L2_EVENT_SUB_FL_SEND_INITIAL`
pub(super) const SEND_INITIAL: u32 = 1;

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Capability {
    pub(super) driver: [u8; 16],
    pub(super) card: [u8; 32],
    pub(super) bus_info: [u8; 32],
    pub(super) version: u32,
    pub(super) capabilities: u32,
    pub(super) device_caps: u32,
    reserved: [u32; 3],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct FormatDescription {
    pub(super) index: u32,
    pub(super) direction: u32,
    pub(super) flags: u32,
    description: [u8; 32],
    pub(super) pixelformat: u32,
    mbus_code: u32,
    reserved: [u32; 3],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct PixFormat {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixelformat: u32,
    pub(super) field: u32,
    pub(super) bytesperline: u32,
    pub(super) sizeimage: u32,
    pub(super) colorspace: u32,
    pub(super) private: u32,
    pub(super) flags: u32,
    pub(super) ycbcr_encoding: u32,
    pub(super) quantization: u32,
    pub(super) transfer: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Format {
    pub(super) direction: u32,
    /// Other members of the kernel's union hold pointers.
    aligned: [c_ulong; 0],
    pub(super) pix: PixFormat,
    rest: [u8; 152],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct RequestBuffers {
    pub(super) count: u32,
    pub(super) direction: u32,
    pub(super) memory: u32,
    capabilities: u32,
    flags: u8,
    reserved: [u8; 3],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Buffer {
    pub(super) index: u32,
    pub(super) direction: u32,
    pub(super) bytes_used: u32,
    pub(super) flags: u32,
    pub(super) field: u32,
    pub(super) seconds: i64,
    pub(super) microseconds: i64,
    timecode: [u32; 4],
    pub(super) sequence: u32,
    pub(super) memory: u32,
    /// The kernel's union `m`: for mapped memory the first four bytes are the offset.
    pub(super) offset: u32,
    union_rest: [u32; size_of::<c_ulong>() / 4 - 1],
    pub(super) length: u32,
    reserved: [u32; 2],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct StreamParm {
    pub(super) direction: u32,
    pub(super) capability: u32,
    mode: u32,
    /// Seconds a frame: numerator, denominator.
    pub(super) time_per_frame: [u32; 2],
    rest: [u8; 184],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct FrameSize {
    pub(super) index: u32,
    pub(super) pixelformat: u32,
    pub(super) kind: u32,
    /// Width and height, or least width, most, step, least height, most, step.
    pub(super) sides: [u32; 6],
    reserved: [u32; 2],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct FrameInterval {
    pub(super) index: u32,
    pub(super) pixelformat: u32,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) kind: u32,
    /// One interval, or the shortest, the longest and the step; each as seconds, numerator
    /// and denominator.
    pub(super) intervals: [[u32; 2]; 3],
    reserved: [u32; 2],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct EventSubscription {
    pub(super) kind: u32,
    pub(super) id: u32,
    pub(super) flags: u32,
    reserved: [u32; 5],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Event {
    pub(super) kind: u32,
    /// The union holds 64-bit numbers.
    aligned: [u64; 0],
    pub(super) data: [u32; 16],
    pub(super) pending: u32,
    sequence: u32,
    timestamp: [std::ffi::c_long; 2],
    id: u32,
    reserved: [u32; 8],
}

const fn code<T>(number: u8) -> Opcode {
    opcode::read_write::<T>(b'V', number)
}

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident: $pattern:ident $code:expr => $data:ty;)*) => {
        $($(#[$doc])* pub(super) fn $name(fd: impl AsFd, data: &mut $data) -> Result<(), Errno> {
            requests!(@ $pattern, fd, data, $code, $data)
        })*
        #[cfg(test)]
        const CODES: &[(&str, Opcode)] = &[$((stringify!($name), $code)),*];
    };
    (@ updater, $fd:ident, $data:ident, $code:expr, $type:ty) => {
        // SAFETY: the code carries the size of the structure, which is laid out as the
        // kernel's and outlives the call; the kernel writes nothing but integers to it.
        unsafe { ioctl::ioctl($fd, Updater::<{ $code }, $type>::new($data)) }
    };
    (@ getter, $fd:ident, $data:ident, $code:expr, $type:ty) => {{
        // SAFETY: as above; the kernel fills the whole structure.
        *$data = unsafe { ioctl::ioctl($fd, Getter::<{ $code }, $type>::new())? };
        Ok(())
    }};
    (@ setter, $fd:ident, $data:ident, $code:expr, $type:ty) => {
        // SAFETY: as above; the kernel only reads it.
        unsafe { ioctl::ioctl($fd, Setter::<{ $code }, $type>::new(*$data)) }
    };
}

requests! {
    query_capability: getter opcode::read::<Capability>(b'V', 0) => Capability;
    enum_format: updater code::<FormatDescription>(2) => FormatDescription;
    get_format: updater code::<Format>(4) => Format;
    set_format: updater code::<Format>(5) => Format;
    request_buffers: updater code::<RequestBuffers>(8) => RequestBuffers;
    query_buffer: updater code::<Buffer>(9) => Buffer;
    queue_buffer: updater code::<Buffer>(15) => Buffer;
    dequeue_buffer: updater code::<Buffer>(17) => Buffer;
    stream_on: setter opcode::write::<u32>(b'V', 18) => u32;
    stream_off: setter opcode::write::<u32>(b'V', 19) => u32;
    get_parm: updater code::<StreamParm>(21) => StreamParm;
    set_parm: updater code::<StreamParm>(22) => StreamParm;
    enum_frame_sizes: updater code::<FrameSize>(74) => FrameSize;
    enum_frame_intervals: updater code::<FrameInterval>(75) => FrameInterval;
    dequeue_event: getter opcode::read::<Event>(b'V', 89) => Event;
    subscribe_event: setter opcode::write::<EventSubscription>(b'V', 90) => EventSubscription;
    unsubscribe_event: setter opcode::write::<EventSubscription>(b'V', 91) => EventSubscription;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that `v4l2-ctl` is seen to use by `strace -X raw` on a 64-bit machine: the
    /// middle four digits are the size of the structure.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn request_codes_are_the_kernels() {
        let expected = [
            ("query_capability", 0x8068_5600),
            ("enum_format", 0xc040_5602),
            ("get_format", 0xc0d0_5604),
            ("set_format", 0xc0d0_5605),
            ("request_buffers", 0xc014_5608),
            ("query_buffer", 0xc058_5609),
            ("queue_buffer", 0xc058_560f),
            ("dequeue_buffer", 0xc058_5611),
            ("stream_on", 0x4004_5612),
            ("stream_off", 0x4004_5613),
            ("get_parm", 0xc0cc_5615),
            ("set_parm", 0xc0cc_5616),
            ("enum_frame_sizes", 0xc02c_564a),
            ("enum_frame_intervals", 0xc034_564b),
            ("dequeue_event", 0x8088_5659),
            ("subscribe_event", 0x4020_565a),
            ("unsubscribe_event", 0x4020_565b),
        ];
        assert_eq!(CODES, expected);
    }
}
