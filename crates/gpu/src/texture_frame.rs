//! Which textures are frames.

use frosted_core::{ComposeError, ComposeErrorKind, FrameSpec, PixelFormat};

/// What a texture of `format` is as a frame; `None` if frames are not taken from such.
///
/// Bytes are taken as they are: `Rgba8UnormSrgb` and `Rgba8Unorm` hold the same ones.
pub fn pixel_format(format: wgpu::TextureFormat) -> Option<PixelFormat> {
    match format {
        wgpu::TextureFormat::Rgba8Unorm | wgpu::TextureFormat::Rgba8UnormSrgb => {
            Some(PixelFormat::Rgba8)
        }
        wgpu::TextureFormat::Bgra8Unorm | wgpu::TextureFormat::Bgra8UnormSrgb => {
            Some(PixelFormat::Bgra8)
        }
        _ => None,
    }
}

/// What the texture called `name` is as a frame, if it has the usages `needed`.
///
/// # Errors
/// [`ComposeErrorKind::WrongSpec`] if it is of another format, not two-dimensional, of several
/// layers, mip levels or samples, or lacks a usage.
pub fn check_texture(
    name: &str,
    texture: &wgpu::Texture,
    needed: wgpu::TextureUsages,
) -> Result<PixelFormat, ComposeError> {
    let wrong = |message| Err(ComposeError::new(ComposeErrorKind::WrongSpec, message));
    let Some(format) = pixel_format(texture.format()) else {
        return wrong(format!(
            "{name} is a texture of {:?}, frames are Rgba8Unorm, Rgba8UnormSrgb, Bgra8Unorm or \
             Bgra8UnormSrgb",
            texture.format()
        ));
    };
    let shape = Shape::of(texture);
    if shape != Shape::FRAME {
        return wrong(format!("{name} is {shape}, a frame is {}", Shape::FRAME));
    }
    if !texture.usage().contains(needed) {
        return wrong(format!(
            "{name} has the usages {}, it needs {} among them",
            names(texture.usage()),
            names(needed)
        ));
    }
    Ok(format)
}

/// Whether `texture`, called `name`, holds frames of `spec`.
pub(crate) fn check_frame(
    name: &str,
    texture: &wgpu::Texture,
    needed: wgpu::TextureUsages,
    spec: &FrameSpec,
) -> Result<(), ComposeError> {
    let format = check_texture(name, texture, needed)?;
    let (width, height) = (texture.width() as usize, texture.height() as usize);
    if (format, width, height) == (spec.format(), spec.width(), spec.height()) {
        return Ok(());
    }
    Err(ComposeError::new(
        ComposeErrorKind::WrongSpec,
        format!(
            "{name} is {format} {width}x{height}, {} {}x{} is wanted",
            spec.format(),
            spec.width(),
            spec.height()
        ),
    ))
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    dimension: wgpu::TextureDimension,
    layers: u32,
    mip_levels: u32,
    samples: u32,
}

impl Shape {
    const FRAME: Self = Self {
        dimension: wgpu::TextureDimension::D2,
        layers: 1,
        mip_levels: 1,
        samples: 1,
    };

    fn of(texture: &wgpu::Texture) -> Self {
        Self {
            dimension: texture.dimension(),
            layers: texture.depth_or_array_layers(),
            mip_levels: texture.mip_level_count(),
            samples: texture.sample_count(),
        }
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            dimension,
            layers,
            mip_levels,
            samples,
        } = self;
        write!(
            f,
            "{dimension:?} with {layers} layers, {mip_levels} mip levels, {samples} samples"
        )
    }
}

fn names(usages: wgpu::TextureUsages) -> String {
    let names: Vec<_> = usages.iter_names().map(|(name, _)| name).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(" | "),
    }
}
