use std::path::{Path, PathBuf};

use clap::Args;
use frosted::{CardReason, CompositorChoice, EngineChoice, Model, Provider, Rate, TextHeight};

use super::choices::{OUTPUTS, OutputChoice, SubjectRule};
use super::table::Entries;
use crate::cli::{BackgroundChoice, Size};

pub(super) const SETTINGS_KEYS: [&str; 15] = [
    "background",
    "text-height",
    "subject",
    "card-title",
    "card-reason",
    "model",
    "engine",
    "compositor",
    "threads",
    "camera",
    "size",
    "fps",
    "output",
    "onnxruntime",
    "provider",
];

/// What may stand behind the key `subject`.
pub(super) const SUBJECTS: &str = "\"one\", a number from 2 to 9 or \"all\"";

/// The longest title that a card has room for in letters that can be read.
const TITLE_CHARS: usize = 100;

/// What somebody asks for; `None` where nothing was said.
///
/// The command line and the settings file have the same things to ask for, so that this is
/// the options of `frosted run` and the keys of the file at once.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub(crate) struct Wishes {
    /// What is shown instead of the room: blur, frost, color:#RRGGBB, image:FILE or green
    /// (#00B140) [default: blur].
    #[arg(long, value_name = "WHAT", value_parser = background)]
    pub(crate) background: Option<BackgroundChoice>,

    /// The tallest letters of the room that stay unreadable, for blur and frost: 1/34 to 1/2 of
    /// the frame's height, or pixels (64px) within that [default: 1/17].
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) text_height: Option<TextHeight>,

    /// Who stays sharp: one (person), 2 to 9 (people at most) or all (who move). There is no
    /// face recognition and no identity: somebody else becomes the one only after the place
    /// was empty, and whoever sits quite still is covered until they move [default: one].
    #[arg(long, value_name = "one|N|all")]
    pub(crate) subject: Option<SubjectRule>,

    /// What the card says in large letters.
    #[arg(skip)]
    pub(crate) card_title: Option<String>,

    /// Whether the card says why it is there.
    #[arg(skip)]
    pub(crate) card_reason: Option<CardReason>,

    /// The network: quality, landscape (quick), or FILE.onnx with its spec FILE.toml beside
    /// it [default: quality].
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<Model>,

    /// What runs it: auto (ONNX Runtime where it is found, else rten), ort or rten
    /// [default: auto].
    #[arg(long, value_name = "ENGINE")]
    pub(crate) engine: Option<EngineChoice>,

    /// Moves the network: what ONNX Runtime runs it on, first choice first: cuda, tensorrt,
    /// directml, coreml, openvino, webgpu, or cpu as the last; frosted check lists them
    /// [default: the CPU].
    #[arg(long, value_name = "NAME[,NAME...]", value_delimiter = ',')]
    pub(crate) provider: Option<Vec<Provider>>,

    /// ONNX Runtime's library; else ORT_DYLIB_PATH, the program's folder and the user's cache
    /// are searched.
    #[arg(long, value_name = "FILE")]
    pub(crate) onnxruntime: Option<PathBuf>,

    /// Moves the pixel work: auto (from 1920x1080 on a GPU where it is faster), cpu, gpu, or
    /// gpu:NAME, a part of its name [default: auto].
    #[arg(long, value_name = "WHAT")]
    pub(crate) compositor: Option<CompositorChoice>,

    /// Threads for the pixel work on the CPU, 1 to 64; the network has one [default: 1].
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(crate) threads: Option<usize>,

    /// The camera, by a part of its name or by its path [default: the first one].
    #[arg(long, value_name = "NAME|PATH", value_parser = camera)]
    pub(crate) camera: Option<String>,

    /// The size that is wanted of the camera [default: 1280x720].
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub(crate) size: Option<Size>,

    /// The frames a second that are wanted of the camera [default: 30].
    #[arg(long, value_name = "N")]
    pub(crate) fps: Option<Rate>,

    #[arg(long, value_name = "WHERE", help = format!("Where the frames go: {OUTPUTS} (Y4M on the standard output) [default: auto]"))]
    pub(crate) output: Option<OutputChoice>,
}

impl Wishes {
    /// Reads a settings file that is in `folder`, from which its relative paths count.
    ///
    /// # Errors
    /// The line, what is wrong there and what would be right.
    pub(crate) fn from_toml(text: &str, folder: &Path) -> Result<Self, String> {
        let entries = Entries::parse(text, &SETTINGS_KEYS)?;
        Ok(Self {
            background: entries
                .text("background", background)?
                .map(|choice| match choice {
                    BackgroundChoice::Image(file) => BackgroundChoice::Image(folder.join(file)),
                    other => other,
                }),
            text_height: entries.parsed("text-height")?,
            subject: entries.scalar("subject", SUBJECTS, str::parse)?,
            card_title: entries.text("card-title", card_title)?,
            card_reason: entries.either("card-reason", CardReason::Shown, CardReason::Hidden)?,
            model: entries.parsed("model")?.map(|model| match model {
                Model::File(file) => Model::File(folder.join(file)),
                other => other,
            }),
            engine: entries.parsed("engine")?,
            provider: entries.text("provider", providers)?,
            onnxruntime: entries.text("onnxruntime", |file| match file {
                "" => Err("onnxruntime is empty, give its library's path or leave the key out"),
                file => Ok(folder.join(file)),
            })?,
            compositor: entries.parsed("compositor")?,
            threads: entries.number("threads", threads)?,
            camera: entries.text("camera", camera)?,
            size: entries.text("size", size)?,
            fps: entries.number("fps", str::parse)?,
            output: entries.parsed("output")?,
        })
    }

    /// These wishes, and where they say nothing, `other`.
    pub(super) fn over(self, other: Self) -> Self {
        Self {
            background: self.background.or(other.background),
            text_height: self.text_height.or(other.text_height),
            subject: self.subject.or(other.subject),
            card_title: self.card_title.or(other.card_title),
            card_reason: self.card_reason.or(other.card_reason),
            model: self.model.or(other.model),
            engine: self.engine.or(other.engine),
            provider: self.provider.or(other.provider),
            onnxruntime: self.onnxruntime.or(other.onnxruntime),
            compositor: self.compositor.or(other.compositor),
            threads: self.threads.or(other.threads),
            camera: self.camera.or(other.camera),
            size: self.size.or(other.size),
            fps: self.fps.or(other.fps),
            output: self.output.or(other.output),
        }
    }
}

impl Wishes {
    /// The keys in which this file differs from an `earlier` one though `options` overrule
    /// them.
    pub(super) fn overruled(&self, earlier: &Self, options: &Self) -> Vec<&'static str> {
        fn is<T: PartialEq>(now: &Option<T>, earlier: &Option<T>, option: &Option<T>) -> bool {
            option.is_some() && now != earlier
        }
        let (now, old, by) = (self, earlier, options);
        [
            is(&now.background, &old.background, &by.background),
            is(&now.text_height, &old.text_height, &by.text_height),
            is(&now.subject, &old.subject, &by.subject),
            is(&now.card_title, &old.card_title, &by.card_title),
            is(&now.card_reason, &old.card_reason, &by.card_reason),
            is(&now.model, &old.model, &by.model),
            is(&now.engine, &old.engine, &by.engine),
            is(&now.compositor, &old.compositor, &by.compositor),
            is(&now.threads, &old.threads, &by.threads),
            is(&now.camera, &old.camera, &by.camera),
            is(&now.size, &old.size, &by.size),
            is(&now.fps, &old.fps, &by.fps),
            is(&now.output, &old.output, &by.output),
            is(&now.onnxruntime, &old.onnxruntime, &by.onnxruntime),
            is(&now.provider, &old.provider, &by.provider),
        ]
        .into_iter()
        .zip(SETTINGS_KEYS)
        .filter_map(|(overruled, key)| overruled.then_some(key))
        .collect()
    }
}

fn background(text: &str) -> Result<BackgroundChoice, String> {
    const CHOICE: &str = "choose blur, frost, color:#RRGGBB, image:FILE or green";
    match text.parse() {
        Ok(BackgroundChoice::Alpha) => Err(format!(
            "background \"alpha\" is nothing that a camera can show: {CHOICE}"
        )),
        Ok(choice) => Ok(choice),
        // The parser's own list has alpha in it.
        Err(_) if !text.starts_with("color:") && !text.starts_with("colour:") => {
            Err(format!("background \"{text}\" is unknown, {CHOICE}"))
        }
        Err(error) => Err(error),
    }
}

fn card_title(text: &str) -> Result<String, String> {
    let chars = text.chars().count();
    if (1..=TITLE_CHARS).contains(&chars) && !text.contains(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "card-title has {chars} characters, it must have 1 to {TITLE_CHARS} on one line"
    ))
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=64) => Ok(threads),
        _ => Err(format!("{text} threads cannot be had, give 1 to 64")),
    }
}

/// Names with commas between them, as the option takes them.
fn providers(text: &str) -> Result<Vec<Provider>, String> {
    let named = text.split(',').map(|name| name.trim().parse());
    let named: Result<_, frosted::LoadError> = named.collect();
    named.map_err(|error| error.to_string())
}

fn camera(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err(
            "camera names none: give a part of its name or its path, or leave it out".into(),
        );
    }
    Ok(text.to_owned())
}

fn size(text: &str) -> Result<Size, String> {
    let size: Size = text.parse()?;
    let sides = 16..=16384;
    if sides.contains(&size.width) && sides.contains(&size.height) {
        return Ok(size);
    }
    Err(format!(
        "size {}x{} cannot be had, sides must be {} to {}",
        size.width,
        size.height,
        sides.start(),
        sides.end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use frosted::Rgb;

    fn read(text: &str) -> Result<Wishes, String> {
        Wishes::from_toml(text, Path::new("/settings"))
    }

    #[test]
    fn every_key_is_read() {
        let text = r##"
            background = "image:wall.png"
            text-height = "64px"
            subject = "one"
            card-title = "Kamera verdeckt"
            card-reason = false
            model = "own.onnx"
            engine = "rten"
            provider = "tensorrt, cuda"
            onnxruntime = "/lib/ort.so"
            compositor = "gpu:radeon"
            threads = 2
            camera = "Logitech"
            size = "640x360"
            fps = 29.97
            output = "/dev/video10"
        "##;
        let expected = Wishes {
            background: Some(BackgroundChoice::Image("/settings/wall.png".into())),
            text_height: Some(TextHeight::Pixels(64)),
            subject: Some(SubjectRule::One),
            card_title: Some("Kamera verdeckt".into()),
            card_reason: Some(CardReason::Hidden),
            model: Some(Model::File("/settings/own.onnx".into())),
            engine: Some(EngineChoice::Rten),
            provider: Some(vec![Provider::TensorRt, Provider::Cuda]),
            onnxruntime: Some("/lib/ort.so".into()),
            compositor: Some(CompositorChoice::GpuNamed("radeon".into())),
            threads: Some(2),
            camera: Some("Logitech".into()),
            size: Some(Size {
                width: 640,
                height: 360,
            }),
            fps: Some(Rate::new(2997, 100).unwrap()),
            output: Some(OutputChoice::Device("/dev/video10".into())),
        };
        assert_eq!(read(text), Ok(expected));
        for key in SETTINGS_KEYS {
            assert!(text.contains(&format!("{key} =")), "{key} is not tested");
        }
    }

    #[test]
    fn a_file_that_says_nothing_asks_for_nothing() {
        for text in ["", "\n\n", "# background = \"frost\"\n", "\u{feff}"] {
            assert_eq!(read(text), Ok(Wishes::default()), "{text:?}");
        }
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        for (text, rate) in [
            ("30", (30, 1)),
            ("29.97", (2997, 100)),
            ("\"30000/1001\"", (30000, 1001)),
            ("\"25\"", (25, 1)),
        ] {
            let wishes = read(&format!("fps = {text}")).unwrap();
            assert_eq!(wishes.fps, Rate::new(rate.0, rate.1).ok(), "{text}");
        }
    }

    #[test]
    fn a_number_of_people_may_stand_in_quotes() {
        for (text, rule) in [("2", "2"), ("\"9\"", "9"), ("\"all\"", "all")] {
            let wishes = read(&format!("subject = {text}")).unwrap();
            assert_eq!(wishes.subject, rule.parse().ok(), "{text}");
        }
    }

    #[test]
    fn wrong_values_are_refused_with_the_line_and_what_is_right() {
        let cases = [
            ("background = \"alpha\"", "choose blur, frost"),
            (
                "background = \"none\"",
                "line 1: background \"none\" is unknown, choose blur, frost, color:#RRGGBB, image:FILE or green",
            ),
            ("background = \"color:red\"", "#RRGGBB"),
            ("background = \"image:\"", "image:FILE"),
            ("text-height = \"17\"", "1/17"),
            ("text-height = 17", "text in quotes"),
            ("subject = \"some\"", "choose one, 2 to 9"),
            ("subject = 1", "choose one, 2 to 9"),
            ("subject = 2.5", "choose one, 2 to 9"),
            ("subject = true", "it must be \"one\", a number"),
            ("card-title = \"\"", "1 to 100"),
            ("card-title = \"a\\nb\"", "one line"),
            ("card-reason = \"no\"", "true or false"),
            ("model = \"fast\"", "quality, landscape"),
            ("engine = \"gpu\"", "rten"),
            ("provider = \"gpu\"", "choose of cuda, tensorrt"),
            ("provider = \"\"", "\"\" is unknown"),
            ("provider = [\"cuda\"]", "text in quotes"),
            ("onnxruntime = \"\"", "empty"),
            ("threads = 0", "1 to 64"),
            ("threads = 1.5", "1 to 64"),
            ("threads = -1", "1 to 64"),
            ("camera = \" \"", "names none"),
            ("size = \"large\"", "1280x720"),
            ("size = \"0x0\"", "16 to 16384"),
            ("fps = 0", "outside"),
            ("fps = nan", "29.97"),
            ("fps = 1e1", "29.97"),
            ("output = \"video10\"", "/dev/video10"),
            ("backgroud = \"blur\"", "did you mean background?"),
        ];
        for (text, said) in cases {
            let error = read(text).unwrap_err();
            assert!(error.starts_with("line 1: "), "{text}: {error}");
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn the_command_line_asks_for_the_same_things() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            wishes: Wishes,
        }
        let parse = |arguments: &[&str]| {
            <Line as clap::Parser>::try_parse_from([&["run"], arguments].concat())
        };
        let nothing = parse(&[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(nothing.wishes, Wishes::default());
        let some = parse(&[
            "--background",
            "color:#102030",
            "--fps",
            "29.97",
            "--size",
            "64x48",
            "--subject",
            "3",
        ])
        .unwrap_or_else(|error| panic!("{error}"));
        let expected = Wishes {
            background: Some(BackgroundChoice::Colour(Rgb::new(16, 32, 48))),
            fps: Rate::new(2997, 100).ok(),
            subject: "3".parse().ok(),
            size: Some(Size {
                width: 64,
                height: 48,
            }),
            ..Wishes::default()
        };
        assert_eq!(some.wishes, expected);
        for wrong in [
            ["--background", "alpha"],
            ["--threads", "65"],
            ["--output", "x"],
            ["--subject", "1"],
        ] {
            assert!(parse(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn overruled_keys_are_named_in_the_order_of_the_keys() {
        let all = |text: &str| read(text).unwrap();
        let one = all(
            "background = \"frost\"\ntext-height = \"1/9\"\nsubject = \"one\"\ncard-title = \"a\"\ncard-reason = true\nmodel = \"quality\"\nengine = \"ort\"\ncompositor = \"gpu\"\nthreads = 2\ncamera = \"a\"\nsize = \"64x64\"\nfps = 5\noutput = \"-\"\nonnxruntime = \"a\"\nprovider = \"cuda\"",
        );
        let nothing = Wishes::default();
        assert_eq!(one.overruled(&nothing, &one), SETTINGS_KEYS);
        assert_eq!(one.overruled(&one, &one), [""; 0]);
        assert_eq!(one.overruled(&nothing, &nothing), [""; 0]);
        for (key, line) in SETTINGS_KEYS.into_iter().zip([
            "background = \"blur\"",
            "text-height = \"1/8\"",
            "subject = 2",
            "card-title = \"b\"",
            "card-reason = false",
            "model = \"landscape\"",
            "engine = \"rten\"",
            "compositor = \"cpu\"",
            "threads = 3",
            "camera = \"b\"",
            "size = \"32x32\"",
            "fps = 6",
            "output = \"auto\"",
            "onnxruntime = \"b\"",
            "provider = \"cpu\"",
        ]) {
            let file = all(line);
            assert_eq!(file.overruled(&nothing, &file), [key]);
            assert_eq!(file.overruled(&nothing, &one), [key]);
        }
    }

    #[test]
    fn whoever_speaks_first_is_heard() {
        let line = read("background = \"frost\"").unwrap();
        let file = read("background = \"blur\"\nthreads = 3").unwrap();
        let both = line.clone().over(file);
        assert_eq!(both.background, Some(BackgroundChoice::Frost));
        assert_eq!(both.threads, Some(3));
        assert_eq!(line.clone().over(Wishes::default()), line);
        assert_eq!(Wishes::default().over(line.clone()), line);
    }
}
