/// The version of ONNX Runtime whose files are known by their checksums.
pub const PINNED_VERSION: &str = "1.31.1";

/// The library's file in the wheel of [`PINNED_VERSION`] for one platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedLibrary {
    /// Its name in the wheel's folder `onnxruntime/capi` and in a cache.
    pub file: &'static str,
    /// Its sha256 in lower-case hex.
    pub sha256: &'static str,
}

impl PinnedLibrary {
    /// That of the platform that this is compiled for; none is published for Macs with
    /// Intel processors.
    pub fn of_this_platform() -> Option<Self> {
        let target = (std::env::consts::OS, std::env::consts::ARCH);
        PINNED
            .iter()
            .find(|(os, arch, _)| (*os, *arch) == target)
            .map(|(_, _, library)| *library)
    }
}

/// Computed from the wheels on PyPI for CPython 3.12: manylinux_2_28, macosx_14_0, win.
const PINNED: [(&str, &str, PinnedLibrary); 5] = [
    (
        "linux",
        "x86_64",
        PinnedLibrary {
            file: "libonnxruntime.so.1.31.1",
            sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
        },
    ),
    (
        "linux",
        "aarch64",
        PinnedLibrary {
            file: "libonnxruntime.so.1.31.1",
            sha256: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
        },
    ),
    (
        "macos",
        "aarch64",
        PinnedLibrary {
            file: "libonnxruntime.1.31.1.dylib",
            sha256: "d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36",
        },
    ),
    (
        "windows",
        "x86_64",
        PinnedLibrary {
            file: "onnxruntime.dll",
            sha256: "e45f61e50d8650885452be538a00bb14a715e46a1bc3691000ce947e89ed0306",
        },
    ),
    (
        "windows",
        "aarch64",
        PinnedLibrary {
            file: "onnxruntime.dll",
            sha256: "dc9e2fe646a72829386a24ac9185a7a4e26d7dbe5dc433d41df063603c00bbc7",
        },
    ),
];
