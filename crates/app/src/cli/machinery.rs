use std::path::PathBuf;

use clap::Args;
use frosted::{CompositorChoice, EngineChoice, Provider, RuntimeSearch};

/// What runs the network and does the pixel work; nothing else changes by it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Machinery {
    /// What runs the network: auto (ONNX Runtime where it is found, else rten), ort or rten.
    #[arg(long, value_name = "ENGINE", default_value = "auto")]
    pub(crate) engine: EngineChoice,

    /// Moves the network: what ONNX Runtime runs it on, first choice first: cuda, tensorrt,
    /// directml, coreml, openvino, webgpu, or cpu as the last; frosted check lists them
    /// [default: the CPU].
    #[arg(long, value_name = "NAME[,NAME...]", value_delimiter = ',')]
    pub(crate) provider: Vec<Provider>,

    /// ONNX Runtime's library; else ORT_DYLIB_PATH, the program's folder and the user's cache
    /// are searched.
    #[arg(long, value_name = "FILE")]
    pub(crate) onnxruntime: Option<PathBuf>,

    /// Moves the pixel work: auto (from 1920x1080 on a GPU where it is faster), cpu, gpu, or
    /// gpu:NAME, a part of its name.
    #[arg(long, value_name = "WHAT", default_value = "auto")]
    pub(crate) compositor: CompositorChoice,

    /// Threads for the pixel work on the CPU, 1 to 64; the network has one.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = threads)]
    pub(crate) threads: usize,
}

impl Machinery {
    /// Where ONNX Runtime is looked for.
    pub(crate) fn runtime_search(&self) -> RuntimeSearch {
        RuntimeSearch {
            given: self.onnxruntime.clone(),
            ..RuntimeSearch::default()
        }
    }
}

pub(super) fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=64) => Ok(threads),
        _ => Err(format!("{text} threads cannot be had, give 1 to 64")),
    }
}
