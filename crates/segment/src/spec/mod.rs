mod outputs;
mod parse;
mod states;

use crate::error::LoadError;

pub(crate) use outputs::FACE_NUMBERS;
pub use outputs::{AnchorGrid, ModelOutput};
pub use states::ModelState;

/// How to feed a model and what its output means. Checked when it is read.
///
/// The model's input is f32, one picture: `(value / 255 - mean) / std` of each channel's
/// value in 0 to 255. A recurrent model has [states](Self::states) besides.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    name: String,
    sha256: Option<String>,
    layout: Layout,
    width: usize,
    height: usize,
    channels: ChannelOrder,
    mean: [f32; 3],
    std: [f32; 3],
    fit: Fit,
    output: OutputKind,
    outputs: Vec<ModelOutput>,
    states: Vec<ModelState>,
}

/// The order of a tensor's axes: N pictures, C channels, H rows, W columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Whole planes.
    Nchw,
    /// Interleaved channels.
    Nhwc,
}

/// The order of the input's channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How a picture of another aspect is brought to the input's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Aspect kept, centred, black beside it.
    Letterbox,
    /// Scaled to the whole input.
    Stretch,
}

/// What the numbers that come out mean. All kinds but [`Faces`](Self::Faces) are one output
/// with the input's width and height.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutputKind {
    /// One plane, 0 = background, 1 = person; clamped to that.
    Alpha,
    /// One plane of logits: the sigmoid of it is alpha.
    Logit,
    /// Logits of two classes: alpha is the softmax of class `person`, 0 or 1.
    TwoClass {
        /// Index of the person's logit.
        person: usize,
    },
    /// Logits of several classes: alpha is the sum of the softmax over the person's.
    MultiClass {
        /// How many classes, 2 to 256.
        classes: usize,
        /// The classes that are the person, each once, never all of them.
        person: Vec<usize>,
    },
    /// `scale * scale` planes of logits at 1/`scale` of the size: plane `i * scale + j`
    /// holds the pixels (`scale * y + i`, `scale * x + j`) as (row, column).
    Planes {
        /// 2 to 8, a divisor of width and height.
        scale: usize,
    },
    /// As [`Planes`](Self::Planes), but each holds alpha as [`Alpha`](Self::Alpha) does.
    AlphaPlanes {
        /// 2 to 8, a divisor of width and height.
        scale: usize,
    },
    /// Faces, in two outputs with a row for each anchor: 16 numbers for the box and its key
    /// points, and one logit.
    ///
    /// A box is its centre from the anchor (x, y), its width and its height; then come the
    /// right eye, the left eye, the nose, the mouth, the right and the left tragion from
    /// the anchor (x, y each). All are in the input's pixels.
    Faces {
        /// Name of the output of boxes.
        boxes: String,
        /// Name of the output of logits.
        scores: String,
        /// Where the anchors are, in the order of the rows.
        grids: Vec<AnchorGrid>,
    },
}

impl ModelSpec {
    /// Reads a spec.
    ///
    /// `mean` and `std` are in the order of `channels`. `sha256` may be left out; then the
    /// model is not checked.
    ///
    /// ```
    /// # use frosted_segment::{Fit, ModelSpec};
    /// let spec = ModelSpec::from_toml(
    ///     r#"
    ///     name = "mine"
    ///     layout = "nhwc"
    ///     width = 256
    ///     height = 256
    ///     channels = "rgb"
    ///     mean = [0.5, 0.5, 0.5]
    ///     std = [0.5, 0.5, 0.5]
    ///     fit = "letterbox"
    ///     [output]
    ///     kind = "multi-class"
    ///     classes = 6
    ///     person = [1, 2, 3, 4, 5]
    ///     "#,
    /// )?;
    /// assert_eq!(spec.input_shape(), [1, 256, 256, 3]);
    /// assert_eq!(spec.fit(), Fit::Letterbox);
    /// # Ok::<(), frosted_segment::LoadError>(())
    /// ```
    ///
    /// A recurrent model names its states, in sides of their own or of the input:
    ///
    /// ```
    /// # use frosted_segment::ModelSpec;
    /// # let text = r#"
    /// # name = "mine"
    /// # layout = "nchw"
    /// # width = 64
    /// # height = 32
    /// # channels = "rgb"
    /// # mean = [0, 0, 0]
    /// # std = [1, 1, 1]
    /// # fit = "stretch"
    /// # output = { kind = "alpha" }
    /// [[state]]
    /// input = "r1i"
    /// output = "r1o"
    /// shape = [1, 16, "height/2", "width/2"]
    /// # "#;
    /// let spec = ModelSpec::from_toml(text)?;
    /// assert_eq!(spec.states()[0].shape(), [1, 16, 16, 32]);
    /// # Ok::<(), frosted_segment::LoadError>(())
    /// ```
    ///
    /// # Errors
    /// [`LoadErrorKind::Spec`](crate::LoadErrorKind::Spec), naming the key, its value and
    /// what is allowed, for text that is no TOML, a missing or unknown key, or a value that
    /// is not allowed.
    pub fn from_toml(text: &str) -> Result<Self, LoadError> {
        parse::model_spec(text)
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model file's sha256 in lower-case hex.
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    /// Axis order of input and output.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Width of the input in pixels, 16 to 2048.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height of the input in pixels, 16 to 2048.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Order of the input's channels.
    pub fn channels(&self) -> ChannelOrder {
        self.channels
    }

    /// What is subtracted from each channel in 0 to 1, in the order of the channels.
    pub fn mean(&self) -> [f32; 3] {
        self.mean
    }

    /// What each channel is then divided by, in the order of the channels.
    pub fn std(&self) -> [f32; 3] {
        self.std
    }

    /// How pictures of another aspect are fitted.
    pub fn fit(&self) -> Fit {
        self.fit
    }

    /// What the output means.
    pub fn output(&self) -> &OutputKind {
        &self.output
    }

    /// The input's shape in the order of [`layout`](Self::layout).
    pub fn input_shape(&self) -> [usize; 4] {
        match self.layout {
            Layout::Nchw => [1, 3, self.height, self.width],
            Layout::Nhwc => [1, self.height, self.width, 3],
        }
    }

    /// The outputs in the order in which an engine gives them: boxes before scores for
    /// [`OutputKind::Faces`], only one for any other kind.
    pub fn outputs(&self) -> &[ModelOutput] {
        &self.outputs
    }

    /// The shapes that the first output may have, the fullest first: the axis of pictures
    /// may be missing, and that of channels if there is one.
    pub fn output_shapes(&self) -> &[Vec<usize>] {
        self.outputs.first().map_or(&[], ModelOutput::shapes)
    }

    /// What the model takes of the picture before, beside its input; none of a model that
    /// looks at each picture on its own.
    pub fn states(&self) -> &[ModelState] {
        &self.states
    }

    /// How many planes the output has; none if it is no picture.
    pub(crate) fn output_planes(&self) -> usize {
        match self.output {
            OutputKind::Faces { .. } => 0,
            OutputKind::Alpha | OutputKind::Logit => 1,
            OutputKind::TwoClass { .. } => 2,
            OutputKind::MultiClass { classes, .. } => classes,
            OutputKind::Planes { scale } | OutputKind::AlphaPlanes { scale } => scale * scale,
        }
    }

    pub(crate) fn set_sha256(&mut self, sha256: String) {
        self.sha256 = Some(sha256);
    }
}

/// "1x3x144x256".
pub(crate) fn shape_text(shape: &[usize]) -> String {
    let sides: Vec<_> = shape.iter().map(usize::to_string).collect();
    sides.join("x")
}
