//! What loops over pixels are compiled for, chosen once in a process.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

/// A set of instructions. Whatever runs at one level gives the same bytes as at any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// What every processor of the target has.
    Scalar = 1,
    /// x86-64 with AVX2, BMI1, BMI2, LZCNT, MOVBE and POPCNT: most since 2013.
    Avx2 = 2,
    /// x86-64 with AVX-512 F, BW, CD, DQ and VL besides.
    Avx512 = 3,
}

/// 0 while none is chosen.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// All, the lowest first.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Avx512];

    /// The level of this process: the processor's highest, or what [`Level::force`] chose.
    #[inline]
    pub fn chosen() -> Self {
        match CHOSEN.load(Ordering::Relaxed) {
            1 => Self::Scalar,
            2 => Self::Avx2,
            3 => Self::Avx512,
            _ => Self::choose(),
        }
    }

    #[cold]
    fn choose() -> Self {
        let highest = Self::ALL.into_iter().rev().find(|level| level.is_there());
        let level = highest.unwrap_or(Self::Scalar);
        CHOSEN.store(level as u8, Ordering::Relaxed);
        level
    }

    /// Makes this the level of the process, for tests and measurements. `false`, and nothing
    /// is changed, if the processor does not have it.
    pub fn force(self) -> bool {
        let there = self.is_there();
        if there {
            CHOSEN.store(self as u8, Ordering::Relaxed);
        }
        there
    }

    /// Whether the processor has it.
    pub fn is_there(self) -> bool {
        match self {
            Self::Scalar => true,
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
                Self::Avx2.is_there()
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

    /// Calls `work` with `arguments`, compiled for this level, or for every processor where
    /// this one does not have it.
    ///
    /// `work` has to be the name of a function that is `#[inline(always)]`, not a closure:
    /// only what is inlined here is compiled for the level.
    #[inline]
    pub fn run<A, R>(self, arguments: A, work: impl FnOnce(A) -> R) -> R {
        match self {
            // SAFETY: the processor has every feature that the function is compiled with.
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code, reason = "nothing else compiles a loop for a processor")]
            Self::Avx2 if known(Self::Avx2) => unsafe { with_avx2(arguments, work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code, reason = "as above")]
            Self::Avx512 if known(Self::Avx512) => unsafe { with_avx512(arguments, work) },
            _ => work(arguments),
        }
    }
}

/// [`Level::is_there`], without asking again for what was chosen.
#[cfg(target_arch = "x86_64")]
#[inline]
fn known(level: Level) -> bool {
    CHOSEN.load(Ordering::Relaxed) >= level as u8 || level.is_there()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,movbe,popcnt")]
fn with_avx2<A, R>(arguments: A, work: impl FnOnce(A) -> R) -> R {
    work(arguments)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,movbe,popcnt")]
#[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn with_avx512<A, R>(arguments: A, work: impl FnOnce(A) -> R) -> R {
    work(arguments)
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "no special instructions",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(always)]
    fn sums((a, b, out): (&[u8], &[u8], &mut [u16])) {
        for (out, (&a, &b)) in out.iter_mut().zip(a.iter().zip(b)) {
            *out = u16::from(a) + u16::from(b);
        }
    }

    #[test]
    fn every_level_gives_the_same_and_a_missing_one_runs_without() {
        let a: Vec<u8> = (0..1000).map(|i| (i * 7 % 256) as u8).collect();
        let b: Vec<u8> = (0..1000).map(|i| (i * 13 % 256) as u8).collect();
        let mut wanted = vec![0; 1000];
        sums((&a, &b, &mut wanted));
        for level in Level::ALL {
            let mut out = vec![0; 1000];
            level.run((&a[..], &b[..], &mut out[..]), sums);
            assert_eq!(out, wanted, "{level}");
        }
    }

    #[test]
    fn what_is_chosen_is_there() {
        assert!(Level::chosen().is_there());
        for level in Level::ALL {
            assert_eq!(level.force(), level.is_there(), "{level}");
            assert!(Level::chosen().is_there());
        }
    }
}
