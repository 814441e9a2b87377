//! Replays every corpus and a fixed number of mutations of it, on the stable compiler.
//!
//! `FROSTED_FUZZ_SECONDS` makes it go on mutating for so long per target.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use frosted_fuzz::{TARGETS, Target};

const MUTATIONS: usize = 2000;

#[test]
fn corpora_and_their_mutations_are_handled() {
    let seconds = std::env::var("FROSTED_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "the corpus of {name} is empty");
        for bytes in &corpus {
            run(name, target, bytes);
        }
        let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut rounds = 0;
        while rounds < MUTATIONS || Instant::now() < end {
            run(name, target, &mutate(&corpus, &mut random));
            rounds += 1;
        }
        println!("{name}: {} files and {rounds} mutations", corpus.len());
    }
}

#[test]
fn a_target_that_panics_is_noticed() {
    let panics: Target = |bytes| assert!(bytes.is_empty(), "planted");
    assert!(std::panic::catch_unwind(|| run("planted", panics, b"x")).is_err());
}

fn run(name: &str, target: Target, bytes: &[u8]) {
    if std::panic::catch_unwind(|| target(bytes)).is_err() {
        let path = std::env::temp_dir().join(format!("frosted-fuzz-{name}"));
        let kept = fs::write(&path, bytes).is_ok();
        panic!("{name} panicked on {} bytes{}", bytes.len(), if kept {
            format!(", kept as {}", path.display())
        } else {
            String::new()
        });
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the corpus can be listed").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("the corpus can be read")).collect()
}

/// One file of the corpus with some bytes changed, cut, repeated or taken from another.
fn mutate(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len() + 1);
        match random.below(6) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => {
                let at = at.min(bytes.len() - 1);
                bytes[at] = random.below(256) as u8;
            }
            2 if !bytes.is_empty() => {
                let at = at.min(bytes.len() - 1);
                bytes[at] ^= 1 << random.below(8);
            }
            3 => bytes.insert(at, random.below(256) as u8),
            4 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len() + 1);
                let to = (from + random.below(64)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let to = (at + random.below(64)).min(bytes.len());
                bytes.drain(at..to);
            }
        }
    }
    bytes
}

/// xorshift64*: the same sequence everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
    }
}
