//! What does the pixel work, and what could.

use frosted::measure::{compositor_for, gpus, instructions};
use frosted::{CompositorChoice, FrameSpec, PixelFormat};
use serde_json::{Value, json};

/// Sizes for which the choice is told: a usual camera's, and two for which a GPU may pay.
const SIZES: [(usize, usize); 3] = [(1280, 720), (1920, 1080), (3840, 2160)];

/// Frames of a usual camera's.
pub(super) fn usual_frames() -> FrameSpec {
    frames(SIZES[0])
}

fn frames((width, height): (usize, usize)) -> FrameSpec {
    FrameSpec::new(PixelFormat::Nv12, width, height).expect("each of the sizes is a frame's")
}

/// What does the pixel work at each size, and which GPUs there are.
pub(super) struct Pixels {
    choice: String,
    chosen: Vec<((usize, usize), Result<String, String>)>,
    /// None if the build has no GPU compositor.
    gpus: Option<Vec<String>>,
}

impl Pixels {
    /// With what the settings ask for.
    pub(super) fn look(choice: &CompositorChoice) -> Self {
        let chosen = |size| {
            let info = compositor_for(choice.clone(), &frames(size));
            let words = info.map(|info| info.to_string());
            words.map_err(|error| error.to_string())
        };
        let mut sizes: Vec<_> = SIZES.map(|size| (size, chosen(size))).into();
        // Where there is nothing to choose from, the words are the same at every size.
        sizes.dedup_by(|next, last| next.1 == last.1);
        Self {
            choice: choice.to_string(),
            chosen: sizes,
            gpus: gpus(),
        }
    }

    pub(super) fn to_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for ((width, height), chosen) in &self.chosen {
            let size = match self.chosen.len() {
                1 => String::new(),
                _ => format!("{width}x{height}"),
            };
            lines.push(match chosen {
                Ok(words) => format!("pixels {size:<10} {words}"),
                Err(why) => format!("pixels {size:<10} missing: {why}"),
            });
        }
        lines.push(format!("  CPU instructions {}", instructions()));
        let gpus = self.gpus.iter().flatten();
        lines.extend(gpus.map(|gpu| format!("  GPU {gpu}")));
        lines
    }

    pub(super) fn to_json(&self) -> Value {
        let chosen = self.chosen.iter().map(|((width, height), chosen)| {
            json!({
                "width": width,
                "height": height,
                "ok": chosen.is_ok(),
                "is": chosen.as_ref().unwrap_or_else(|why| why),
            })
        });
        json!({
            "choice": self.choice,
            "sizes": chosen.collect::<Vec<_>>(),
            "cpu_instructions": instructions().to_string(),
            "gpus": self.gpus,
        })
    }
}
