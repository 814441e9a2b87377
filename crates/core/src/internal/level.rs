//! What loops over pixels are compiled for, chosen once in a process.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// Sets of instructions. Whatever runs with one gives the same bytes as with any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Instructions {
    /// What every processor of the target has.
    Common = 1,
    /// x86-64 with AVX2, BMI1, BMI2, LZCNT, MOVBE and POPCNT: most since 2013.
    Avx2 = 2,
    /// x86-64 with AVX-512 F, BW, CD, DQ and VL besides, and with FMA and F16C, which the
    /// compiler counts among F.
    Avx512 = 3,
}

/// Instructions that this processor has: there is no `Level` of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(Instructions);

/// 0 while none is chosen.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// The lowest, for a scalar truth.
    pub const COMMON: Self = Self(Instructions::Common);

    /// All that this processor has, the lowest first.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        [
            Instructions::Common,
            Instructions::Avx2,
            Instructions::Avx512,
        ]
        .into_iter()
        .filter(|instructions| instructions.are_there())
        .map(Self)
    }

    /// The level of this process: the processor's highest, or what [`Level::force`] chose.
    #[inline]
    pub fn chosen() -> Self {
        match CHOSEN.load(Ordering::Relaxed) {
            1 => Self(Instructions::Common),
            2 => Self(Instructions::Avx2),
            3 => Self(Instructions::Avx512),
            _ => Self::choose(),
        }
    }

    #[cold]
    fn choose() -> Self {
        let level = Self::all().next_back().unwrap_or(Self::COMMON);
        level.force();
        level
    }

    /// Makes this the level of the process, for tests and measurements.
    pub fn force(self) {
        CHOSEN.store(self.0 as u8, Ordering::Relaxed);
    }

    /// Its instructions, which this processor has.
    #[inline]
    pub fn instructions(self) -> Instructions {
        self.0
    }

    /// The same, but no higher than AVX2: for work that waits for the memory, whose vectors had
    /// better not lie across two of its lines.
    #[inline]
    pub fn up_to_avx2(self) -> Self {
        Self(self.0.min(Instructions::Avx2))
    }

    /// Does `work`, compiled for this level.
    #[inline]
    pub fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            // SAFETY: there is no such level where the processor lacks a feature that the
            // function is compiled with.
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code, reason = "nothing else compiles a loop for a processor")]
            Instructions::Avx2 => unsafe { with_avx2(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code, reason = "as above")]
            Instructions::Avx512 => unsafe { with_avx512(work) },
            _ => work.run(),
        }
    }
}

/// Loops that are compiled once for each level, with what they work on.
pub trait Work {
    /// What comes of it.
    type Output;

    /// Does it. Has to be `#[inline(always)]`, and so has every loop that it calls: only what
    /// is inlined in [`Level::run`] is compiled for the level. A closure would not do, because
    /// the call to one is a function that nothing forces to be inlined.
    fn run(self) -> Self::Output;
}

impl Instructions {
    fn are_there(self) -> bool {
        match self {
            Self::Common => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("movbe")
                    && is_x86_feature_detected!("popcnt")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.are_there()
                    && is_x86_feature_detected!("f16c")
                    && is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512cd")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,movbe,popcnt")]
fn with_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,movbe,popcnt")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn with_avx512<W: Work>(work: W) -> W::Output {
    work.run()
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Common => "common",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}

/// What is no name of [`Instructions`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownInstructions(String);

impl fmt::Display for UnknownInstructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there are no instructions \"{}\", choose common, avx2 or avx512",
            self.0
        )
    }
}

impl std::error::Error for UnknownInstructions {}

impl FromStr for Instructions {
    type Err = UnknownInstructions;

    fn from_str(name: &str) -> Result<Self, UnknownInstructions> {
        let all = [Self::Common, Self::Avx2, Self::Avx512];
        let named = all
            .into_iter()
            .find(|instructions| instructions.to_string() == name);
        named.ok_or_else(|| UnknownInstructions(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sums<'a>(&'a [u8], &'a [u8], &'a mut [u16]);

    impl Work for Sums<'_> {
        type Output = ();

        #[inline(always)]
        fn run(self) {
            for (out, (&a, &b)) in self.2.iter_mut().zip(self.0.iter().zip(self.1)) {
                *out = u16::from(a) + u16::from(b);
            }
        }
    }

    #[test]
    fn every_level_gives_the_same() {
        let a: Vec<u8> = (0..1000).map(|i| (i * 7 % 256) as u8).collect();
        let b: Vec<u8> = (0..1000).map(|i| (i * 13 % 256) as u8).collect();
        let mut wanted = vec![0; 1000];
        Sums(&a, &b, &mut wanted).run();
        for level in Level::all() {
            let mut out = vec![0; 1000];
            level.run(Sums(&a, &b, &mut out));
            assert_eq!(out, wanted, "{level}");
        }
    }

    #[test]
    fn instructions_read_as_they_are_written() {
        for level in Level::all() {
            let name = level.to_string();
            assert_eq!(name.parse(), Ok(level.instructions()));
        }
        let error = "AVX2".parse::<Instructions>().unwrap_err();
        assert!(
            error.to_string().contains("\"AVX2\", choose common"),
            "{error}"
        );
    }

    #[test]
    fn the_highest_is_chosen_until_another_one_is_forced() {
        assert_eq!(Level::all().next(), Some(Level::COMMON));
        assert_eq!(Some(Level::chosen()), Level::all().next_back());
        for level in Level::all() {
            level.force();
            assert_eq!(Level::chosen(), level);
        }
    }
}
