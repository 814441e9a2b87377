use std::fmt;
use std::str::FromStr;

use crate::error::{LoadError, LoadErrorKind};

/// An execution provider of ONNX Runtime: what the nodes of a network run on.
///
/// Each is a cargo feature of this crate, none is on by default, and the ONNX Runtime that
/// is loaded must have been built with it. A provider that is asked for and cannot be had is
/// an error; nothing goes to the CPU that was not allowed to by [`Cpu`](Self::Cpu).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// NVIDIA's CUDA (feature `cuda`).
    Cuda,
    /// NVIDIA's TensorRT (feature `tensorrt`).
    TensorRt,
    /// DirectML, on Windows (feature `directml`).
    DirectMl,
    /// Core ML, on Apple's systems (feature `coreml`).
    CoreMl,
    /// Intel's OpenVINO, on the device that is its default (feature `openvino`).
    OpenVino,
    /// WebGPU (feature `webgpu`).
    WebGpu,
    /// The CPU, always there. Named as the last one it may run whatever those before it
    /// leave; how much that is, ONNX Runtime does not tell.
    Cpu,
}

/// What there is to say of a provider.
struct Entry {
    provider: Provider,
    /// As options name it; the cargo feature is of the same name.
    name: &'static str,
    /// As its makers write it.
    title: &'static str,
    in_build: bool,
    /// What has an ONNX Runtime with it.
    #[cfg_attr(not(feature = "onnxruntime"), allow(dead_code))]
    found_in: &'static str,
    /// What it takes on the machine.
    #[cfg_attr(not(feature = "onnxruntime"), allow(dead_code))]
    needs: &'static str,
}

const ENTRIES: [Entry; 7] = [
    Entry {
        provider: Provider::Cuda,
        name: "cuda",
        title: "CUDA",
        in_build: cfg!(feature = "cuda"),
        found_in: "the Python package onnxruntime-gpu",
        needs: "it needs an NVIDIA GPU with its driver, and CUDA and cuDNN of the versions that \
                this ONNX Runtime was built for on the library path",
    },
    Entry {
        provider: Provider::TensorRt,
        name: "tensorrt",
        title: "TensorRT",
        in_build: cfg!(feature = "tensorrt"),
        found_in: "the Python package onnxruntime-gpu",
        needs: "it needs an NVIDIA GPU with its driver, and CUDA, cuDNN and TensorRT of the \
                versions that this ONNX Runtime was built for on the library path",
    },
    Entry {
        provider: Provider::DirectMl,
        name: "directml",
        title: "DirectML",
        in_build: cfg!(feature = "directml"),
        found_in: "the Python package onnxruntime-directml for Windows",
        needs: "it needs Windows, a GPU for DirectX 12, and DirectML.dll beside the library",
    },
    Entry {
        provider: Provider::CoreMl,
        name: "coreml",
        title: "Core ML",
        in_build: cfg!(feature = "coreml"),
        found_in: "the Python package onnxruntime for macOS",
        needs: "it needs one of Apple's systems",
    },
    Entry {
        provider: Provider::OpenVino,
        name: "openvino",
        title: "OpenVINO",
        in_build: cfg!(feature = "openvino"),
        found_in: "the Python package onnxruntime-openvino",
        needs: "it needs OpenVINO's own libraries beside that of ONNX Runtime, and both on the \
                library path",
    },
    Entry {
        provider: Provider::WebGpu,
        name: "webgpu",
        title: "WebGPU",
        in_build: cfg!(feature = "webgpu"),
        found_in: "the Python package onnxruntime-webgpu",
        needs: "it needs a GPU with a driver for Vulkan, DirectX 12 or Metal",
    },
    Entry {
        provider: Provider::Cpu,
        name: "cpu",
        title: "CPU",
        in_build: cfg!(feature = "onnxruntime"),
        found_in: "any",
        needs: "",
    },
];

impl Provider {
    /// All there are, in no order of preference.
    pub const ALL: [Self; 7] = [
        Self::Cuda,
        Self::TensorRt,
        Self::DirectMl,
        Self::CoreMl,
        Self::OpenVino,
        Self::WebGpu,
        Self::Cpu,
    ];

    /// Whether this build can ask ONNX Runtime for it: its feature is on.
    pub fn is_in_build(self) -> bool {
        self.entry().in_build
    }

    /// The name as its makers write it, such as "OpenVINO".
    pub fn title(self) -> &'static str {
        self.entry().title
    }

    #[cfg(feature = "onnxruntime")]
    pub(crate) fn found_in(self) -> &'static str {
        self.entry().found_in
    }

    #[cfg(feature = "onnxruntime")]
    pub(crate) fn needs(self) -> &'static str {
        self.entry().needs
    }

    fn entry(self) -> &'static Entry {
        // The entries are in the order of the variants, which a test holds.
        &ENTRIES[self as usize]
    }
}

impl fmt::Display for Provider {
    /// Its name as [`FromStr`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.entry().name)
    }
}

impl FromStr for Provider {
    type Err = LoadError;

    /// Reads `cuda`, `tensorrt`, `directml`, `coreml`, `openvino`, `webgpu` or `cpu`.
    fn from_str(text: &str) -> Result<Self, LoadError> {
        let entry = ENTRIES.iter().find(|entry| entry.name == text);
        entry.map(|entry| entry.provider).ok_or_else(|| {
            refused(format!(
                "provider \"{text}\" is unknown, choose of {}",
                names(&Self::ALL)
            ))
        })
    }
}

/// Whether these can be asked of ONNX Runtime by this build at all.
///
/// # Errors
/// [`LoadErrorKind::Provider`] for one that is not in the build or is named twice, and for a
/// CPU that is not the last.
pub(crate) fn check(providers: &[Provider]) -> Result<(), LoadError> {
    for (place, &provider) in providers.iter().enumerate() {
        if providers[..place].contains(&provider) {
            return Err(refused(format!(
                "provider {provider} is named twice, name it once"
            )));
        }
        if provider == Provider::Cpu && place + 1 < providers.len() {
            return Err(refused(format!(
                "provider cpu stands before {}, which it leaves nothing: name it last",
                providers[place + 1]
            )));
        }
        if !provider.is_in_build() {
            let feature = match provider {
                Provider::Cpu => "onnxruntime",
                other => other.entry().name,
            };
            let what = format!("provider {provider}");
            return Err(LoadError::missing(LoadErrorKind::Provider, &what, feature));
        }
    }
    Ok(())
}

/// "cuda, tensorrt".
pub(crate) fn names(providers: &[Provider]) -> String {
    let names: Vec<_> = providers.iter().map(Provider::to_string).collect();
    names.join(", ")
}

pub(crate) fn refused(message: String) -> LoadError {
    LoadError::new(LoadErrorKind::Provider, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_is_its_own_entry_and_reads_its_own_name() {
        for (entry, provider) in ENTRIES.iter().zip(Provider::ALL) {
            assert_eq!(entry.provider, provider);
            assert_eq!(provider.to_string().parse(), Ok(provider));
        }
        let error = "gpu".parse::<Provider>().unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::Provider);
        assert!(error.to_string().contains("cuda, tensorrt"), "{error}");
    }

    #[cfg(feature = "onnxruntime")]
    #[test]
    fn the_cpu_stands_last_and_nothing_twice() {
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[Provider::Cpu]), Ok(()));
        for (wrong, said) in [
            ([Provider::Cpu, Provider::Cuda], "cpu stands before cuda"),
            ([Provider::Cpu, Provider::Cpu], "cpu stands before cpu"),
        ] {
            let error = check(&wrong).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }

    #[cfg(feature = "cuda")]
    #[test]
    fn a_provider_that_is_named_twice_is_refused() {
        let error = check(&[Provider::Cuda, Provider::Cuda]).unwrap_err();
        assert!(error.to_string().contains("cuda is named twice"), "{error}");
    }
}
