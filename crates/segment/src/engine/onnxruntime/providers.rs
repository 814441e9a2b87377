use ort::ep::{ExecutionProvider, ExecutionProviderDispatch};
use ort::session::builder::SessionBuilder;

use super::environment;
use crate::error::LoadError;
use crate::provider::{Provider, refused};

/// Asks ONNX Runtime for these providers in this order, and for no CPU that is not one of
/// them.
///
/// # Errors
/// [`LoadErrorKind::Provider`](crate::LoadErrorKind::Provider), naming the first that the
/// library does not have or that does not start.
pub(super) fn register(
    mut builder: SessionBuilder,
    providers: &[Provider],
) -> Result<SessionBuilder, LoadError> {
    for &provider in providers {
        if provider == Provider::Cpu {
            // It is behind all others anyway.
            continue;
        }
        if !offered(provider) {
            return Err(refused(format!(
                "provider {provider} is not in this {}: take one that was built with it, such as \
                 that of {}, and name it by ORT_DYLIB_PATH",
                environment::name(),
                provider.found_in()
            )));
        }
        let in_build = dispatch(provider)
            .ok_or_else(|| refused(format!("provider {provider} is not in this build")))?;
        // A provider that fails is logged and left out otherwise.
        builder = builder
            .with_execution_providers([in_build.error_on_failure()])
            .map_err(|error| {
                let reason = reason(error.message());
                let needs = provider.needs();
                refused(format!(
                    "provider {provider} does not start: {reason}: {needs}"
                ))
            })?;
    }
    if providers.is_empty() || providers.contains(&Provider::Cpu) {
        return Ok(builder);
    }
    builder
        .with_disable_cpu_fallback()
        .map_err(|error| refused(error.message().to_owned()))
}

/// What ONNX Runtime says, on one line and without the place in its source that comes first.
pub(super) fn reason(message: &str) -> String {
    let (_, said) = message.rsplit_once(": FAIL : ").unwrap_or(("", message));
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// "ONNX Runtime 1.31.1, CUDA".
pub(super) fn with_names(runtime: String, providers: &[Provider]) -> String {
    providers.iter().fold(runtime, |name, provider| {
        format!("{name}, {}", provider.title())
    })
}

/// Whether the library that is in use, which must be there, was built with `provider`.
pub(crate) fn offered(provider: Provider) -> bool {
    let available = match provider {
        Provider::Cuda => Asked::<0>::is_available(),
        Provider::TensorRt => Asked::<1>::is_available(),
        Provider::DirectMl => Asked::<2>::is_available(),
        Provider::CoreMl => Asked::<3>::is_available(),
        Provider::OpenVino => Asked::<4>::is_available(),
        Provider::WebGpu => Asked::<5>::is_available(),
        Provider::Cpu => Asked::<6>::is_available(),
    };
    available.unwrap_or(false)
}

/// The name of a provider for the question whether it is there, which can be asked of those
/// that are not in the build, too.
struct Asked<const PLACE: usize>;

const NAMES: [&str; 7] = [
    "CUDAExecutionProvider",
    "TensorrtExecutionProvider",
    "DmlExecutionProvider",
    "CoreMLExecutionProvider",
    "OpenVINOExecutionProvider",
    "WebGpuExecutionProvider",
    "CPUExecutionProvider",
];

impl<const PLACE: usize> ExecutionProvider for Asked<PLACE> {
    const NAME: &'static str = NAMES[PLACE];

    fn register(&self, _: &mut SessionBuilder) -> ort::Result<()> {
        Err(ort::Error::new("a question is no provider"))
    }
}

/// What registers a provider, if it is in this build.
fn dispatch(provider: Provider) -> Option<ExecutionProviderDispatch> {
    match provider {
        #[cfg(feature = "cuda")]
        Provider::Cuda => Some(ort::ep::CUDA::default().build()),
        #[cfg(feature = "tensorrt")]
        Provider::TensorRt => Some(ort::ep::TensorRT::default().build()),
        #[cfg(feature = "directml")]
        Provider::DirectMl => Some(ort::ep::DirectML::default().build()),
        #[cfg(feature = "coreml")]
        Provider::CoreMl => Some(ort::ep::CoreML::default().build()),
        #[cfg(feature = "openvino")]
        Provider::OpenVino => Some(ort::ep::OpenVINO::default().build()),
        #[cfg(feature = "webgpu")]
        Provider::WebGpu => Some(ort::ep::WebGPU::default().build()),
        _ => None,
    }
}
