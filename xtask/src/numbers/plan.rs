use std::fmt;

/// A frame's width and height in pixels.
pub(super) type Size = (u32, u32);

/// The sizes at which everything is compared.
pub(super) const SIZES: [Size; 3] = [(640, 360), (1280, 720), (1920, 1080)];
/// Those at which only our own cost is looked at.
pub(super) const LARGE: [Size; 3] = [(2560, 1440), (3840, 2160), (7680, 4320)];
/// The size of most figures.
pub(super) const USUAL: Size = SIZES[1];
pub(super) const MODELS: [&str; 2] = ["landscape", "quality"];
pub(super) const ENGINES: [&str; 2] = ["ort", "rten"];
/// Threads of the network that are compared.
pub(super) const NETWORK_THREADS: [u32; 2] = [1, 2];
/// Frames after which memory has to be what it was before.
pub(super) const LONG_FRAMES: u32 = 100_000;
pub(super) const STREAMS: [u32; 5] = [1, 2, 4, 8, 16];
/// Formats, and sizes, at which levels of instructions are compared.
pub(super) const LEVEL_FORMATS: [&str; 4] = ["nv12", "yuyv", "bgr24", "rgba"];
pub(super) const LEVEL_SIZES: [Size; 2] = [SIZES[1], SIZES[2]];

/// The levels of instructions that this processor has, as `frosted bench` calls them.
pub(super) fn levels() -> Vec<&'static str> {
    #[allow(unused_mut)]
    let mut levels = vec!["common"];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(std::is_x86_feature_detected!("avx2").then_some("avx2"));
        levels.extend(std::is_x86_feature_detected!("avx512bw").then_some("avx512"));
    }
    levels
}

/// What is run as a process of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Own(Own),
    Peer(Peer),
    Start(Start),
    Live(Live),
    /// One that is run for so long that what grew with each frame would be seen; once, because
    /// it is only about memory.
    Long(Own),
}

/// `frosted bench`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) model: &'static str,
    pub(super) engine: &'static str,
    pub(super) format: &'static str,
    pub(super) background: &'static str,
    /// For the pixel work.
    pub(super) threads: u32,
    pub(super) network_threads: u32,
    pub(super) streams: u32,
    /// What the loops over pixels use; none is the most that the processor has.
    pub(super) instructions: Option<&'static str>,
    pub(super) size: Size,
    /// Frames a second; none as fast as they are done.
    pub(super) pace: Option<u32>,
    pub(super) length: Length,
    /// Whether decoding Motion JPEG is measured, too.
    pub(super) mjpeg: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Frames(u32),
    Seconds(u32),
}

/// A script of benches/peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// Its name without the ending.
    pub(super) script: &'static str,
    pub(super) cores: Cores,
    pub(super) size: Size,
    pub(super) frames: u32,
}

/// How many cores a peer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cores {
    One,
    AsItComes,
}

impl Cores {
    pub(super) const ALL: [Self; 2] = [Self::One, Self::AsItComes];

    /// As the scripts take it.
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::One => "one-thread",
            Self::AsItComes => "as-it-comes",
        }
    }
}

/// `frosted blur - -` until its first frame is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) model: &'static str,
    pub(super) engine: &'static str,
}

/// `frosted run` with a camera of Motion JPEG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) model: &'static str,
    pub(super) seconds: u32,
}

/// The scripts, the first being the one that the others are compared with.
pub(super) const PEERS: [&str; 3] = ["mediapipe_blur", "python_tuned", "python_naive"];

impl Own {
    /// One thread, blur, ONNX Runtime, as fast as frames are done.
    pub(super) fn usual(model: &'static str, format: &'static str, size: Size) -> Self {
        Self {
            model,
            engine: "ort",
            format,
            background: "blur",
            threads: 1,
            network_threads: 1,
            streams: 1,
            instructions: None,
            size,
            pace: None,
            length: Length::Frames(150),
            mjpeg: false,
        }
    }

    pub(super) fn paced(model: &'static str, size: Size, pace: u32) -> Self {
        Self {
            pace: Some(pace),
            length: Length::Seconds(15),
            ..Self::usual(model, "nv12", size)
        }
    }

    pub(super) fn many(streams: u32) -> Self {
        Self {
            streams,
            length: Length::Seconds(8),
            ..Self::paced("quality", USUAL, 30)
        }
    }

    /// An hour of a camera, as fast as frames are done.
    pub(super) fn long() -> Self {
        Self {
            length: Length::Frames(LONG_FRAMES),
            ..Self::usual("landscape", "nv12", USUAL)
        }
    }

    /// With these instructions and no more.
    pub(super) fn with(instructions: &'static str, format: &'static str, size: Size) -> Self {
        Self {
            instructions: Some(instructions),
            ..Self::usual("landscape", format, size)
        }
    }

    /// By an engine with so many threads, each frame when the last is done.
    pub(super) fn network(engine: &'static str, model: &'static str, network_threads: u32) -> Self {
        Self {
            engine,
            network_threads,
            ..Self::usual(model, "nv12", USUAL)
        }
    }

    /// The same as a camera hands them over.
    pub(super) fn network_paced(
        engine: &'static str,
        model: &'static str,
        network_threads: u32,
    ) -> Self {
        Self {
            engine,
            network_threads,
            ..Self::paced(model, USUAL, 30)
        }
    }

    pub(super) fn threaded(size: Size, threads: u32) -> Self {
        Self {
            threads,
            ..Self::usual("quality", "nv12", size)
        }
    }
}

impl fmt::Display for Own {
    /// Without the length, which a quick run shortens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = self.size;
        write!(
            f,
            "own {} {} {} {} threads={} streams={} {width}x{height}",
            self.model, self.engine, self.format, self.background, self.threads, self.streams
        )?;
        if self.network_threads > 1 {
            write!(f, " network-threads={}", self.network_threads)?;
        }
        if let Some(instructions) = self.instructions {
            write!(f, " {instructions}")?;
        }
        self.pace.map_or(Ok(()), |pace| write!(f, " pace={pace}"))
    }
}

impl Case {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Own(own) => own.to_string(),
            Self::Peer(peer) => peer_name(peer.script, peer.cores, peer.size),
            Self::Start(start) => start_name(start.model, start.engine),
            Self::Live(live) => live_name(live.model),
            Self::Long(own) => long_name(own),
        }
    }

    /// How often it is run in so many rounds.
    pub(super) fn runs(&self, rounds: usize) -> usize {
        match self {
            Self::Long(_) => rounds.min(1),
            _ => rounds,
        }
    }

    pub(super) fn needs_onnxruntime(&self) -> bool {
        match self {
            Self::Own(own) | Self::Long(own) => own.engine == "ort",
            Self::Start(start) => start.engine == "ort",
            Self::Live(_) => true,
            Self::Peer(_) => false,
        }
    }
}

pub(super) fn peer_name(script: &str, cores: Cores, (width, height): Size) -> String {
    format!("peer {script} {} {width}x{height}", cores.argument())
}

pub(super) fn long_name(own: &Own) -> String {
    format!("{own}, long")
}

pub(super) fn live_name(model: &str) -> String {
    format!("run {model}")
}

pub(super) fn start_name(model: &str, engine: &str) -> String {
    format!("start {model} {engine}")
}

/// Numbers of threads of which the cost is plotted: powers of two up to the cores, and those.
pub(super) fn thread_counts() -> Vec<u32> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(64) as u32);
    let powers = (0..).map(|power| 1 << power);
    let mut counts: Vec<u32> = powers.take_while(|&count| count < cores).collect();
    counts.push(cores);
    // On one core two threads are what the table is about.
    counts.extend((cores == 1).then_some(2));
    counts
}

/// Every case once.
pub(super) fn cases(quick: bool) -> Vec<Case> {
    let mut own = matrix(quick);
    own.push(Own {
        mjpeg: true,
        ..Own::usual("quality", "nv12", USUAL)
    });
    own.push(Own::paced("quality", USUAL, 30));
    if quick {
        own.push(Own::many(4));
    } else {
        own.push(Own::paced("landscape", USUAL, 30));
        own.push(Own::paced("quality", SIZES[2], 30));
        own.push(Own::paced("quality", USUAL, 60));
        own.extend(STREAMS.map(Own::many));
        for engine in ENGINES {
            for model in MODELS {
                own.extend(NETWORK_THREADS.map(|threads| Own::network(engine, model, threads)));
                own.extend(
                    NETWORK_THREADS.map(|threads| Own::network_paced(engine, model, threads)),
                );
            }
        }
        for level in levels() {
            for size in LEVEL_SIZES {
                own.extend(LEVEL_FORMATS.map(|format| Own::with(level, format, size)));
            }
        }
        for size in LARGE {
            own.extend(MODELS.map(|model| Own {
                length: Length::Frames(40),
                ..Own::usual(model, "nv12", size)
            }));
        }
        for size in [SIZES[2], LARGE[1]] {
            own.extend(thread_counts().into_iter().map(|threads| Own {
                length: Length::Frames(60),
                ..Own::threaded(size, threads)
            }));
        }
    }
    let mut cases: Vec<Case> = Vec::new();
    for own in own {
        let name = own.to_string();
        // The same run serves several tables; one that decodes, too, stands for one that does not.
        let same = cases.iter_mut().find_map(|case| match case {
            Case::Own(other) if other.to_string() == name => Some(other),
            _ => None,
        });
        match same {
            Some(other) => other.mjpeg |= own.mjpeg,
            None => cases.push(Case::Own(own)),
        }
    }
    for script in PEERS {
        for cores in Cores::ALL {
            for size in SIZES {
                if !quick || (size == USUAL && cores == Cores::One) {
                    cases.push(Case::Peer(Peer {
                        script,
                        cores,
                        size,
                        frames: 150,
                    }));
                }
            }
        }
    }
    for engine in ENGINES {
        cases.extend(MODELS.map(|model| Case::Start(Start { model, engine })));
    }
    if !quick {
        cases.extend(MODELS.map(|model| Case::Live(Live { model, seconds: 15 })));
        cases.push(Case::Long(Own::long()));
    }
    if quick {
        shorten(&mut cases);
    }
    cases
}

/// What the first tables are about. The embedded engine differs in the network's time alone, so the rest is not
/// measured again with it.
fn matrix(quick: bool) -> Vec<Own> {
    let mut own = Vec::new();
    for size in SIZES {
        for model in MODELS {
            for format in ["nv12", "bgr24"] {
                for background in ["blur", "frost"] {
                    own.extend([1, 2].map(|threads| Own {
                        background,
                        threads,
                        ..Own::usual(model, format, size)
                    }));
                }
                own.push(Own {
                    engine: "rten",
                    ..Own::usual(model, format, size)
                });
            }
        }
    }
    if quick {
        own.retain(|own| own.size == USUAL && own.threads == 1 && own.background == "blur");
    }
    own
}

fn shorten(cases: &mut [Case]) {
    for case in cases {
        match case {
            Case::Own(own) => {
                own.length = match own.length {
                    Length::Frames(frames) => Length::Frames(frames.min(50)),
                    Length::Seconds(seconds) => Length::Seconds(seconds.min(3)),
                }
            }
            Case::Peer(peer) => peer.frames = 50,
            Case::Start(_) | Case::Live(_) | Case::Long(_) => {}
        }
    }
}

/// An order in which a machine that gets busy or warm for a while does not harm one case alone.
pub(super) fn shuffled<T>(mut items: Vec<T>, mut seed: u64) -> Vec<T> {
    for last in (1..items.len()).rev() {
        // Xorshift, Marsaglia 2003.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        items.swap(last, (seed % (last as u64 + 1)) as usize);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_case_is_there_twice_and_a_quick_run_has_some_of_them() {
        let names = |quick| -> Vec<String> { cases(quick).iter().map(Case::name).collect() };
        let (all, quick) = (names(false), names(true));
        for names in [&all, &quick] {
            let different: BTreeSet<_> = names.iter().collect();
            assert_eq!(different.len(), names.len());
        }
        for name in &quick {
            assert!(all.contains(name), "{name}");
        }
        assert!(quick.len() * 3 < all.len());
        for engine in ENGINES {
            for case in [Own::network, Own::network_paced] {
                let names =
                    NETWORK_THREADS.map(|threads| case(engine, "quality", threads).to_string());
                assert!(
                    names[0] != names[1] && names.iter().all(|name| all.contains(name)),
                    "{names:?}"
                );
            }
        }
        let decoding = |case: &&Case| matches!(case, Case::Own(own) if own.mjpeg);
        assert_eq!(cases(false).iter().filter(decoding).count(), 1);
    }

    #[test]
    fn shuffling_keeps_every_item_and_changes_the_order() {
        let items: Vec<u32> = (0..100).collect();
        let mut other = shuffled(items.clone(), 7);
        assert_ne!(other, items);
        assert_ne!(other, shuffled(items.clone(), 8));
        other.sort_unstable();
        assert_eq!(other, items);
    }

    #[test]
    fn threads_are_doubled_up_to_the_cores() {
        let counts = thread_counts();
        assert_eq!(counts[0], 1);
        assert!(counts.is_sorted() && counts.iter().all(|count| *count <= 64));
    }
}
