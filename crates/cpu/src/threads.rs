use frosted_core::{ComposeError, ComposeErrorKind};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The most threads that can be asked for.
const MAX_THREADS: usize = 256;

/// More bands than threads: rows that show the person cost less than rows that do not.
const BANDS_PER_THREAD: usize = 2;

/// Runs the bands of a frame: on the caller's thread or on threads of its own.
pub(crate) struct Threads {
    pool: Option<ThreadPool>,
}

impl Threads {
    /// # Errors
    /// [`ComposeErrorKind::Device`] if `count` is not 1 to 256 or threads cannot be had.
    pub(crate) fn new(count: usize) -> Result<Self, ComposeError> {
        let device = |message| ComposeError::new(ComposeErrorKind::Device, message);
        let pool = match count {
            1 => None,
            2..=MAX_THREADS => Some(
                ThreadPoolBuilder::new()
                    .num_threads(count)
                    .thread_name(|index| format!("frosted-cpu-{index}"))
                    .build()
                    .map_err(|error| device(format!("cannot start {count} threads: {error}")))?,
            ),
            _ => {
                return Err(device(format!(
                    "{count} threads were asked for, choose 1 to {MAX_THREADS}"
                )));
            }
        };
        Ok(Self { pool })
    }

    /// How many threads there are, the caller's if that is the only one.
    pub(crate) fn count(&self) -> usize {
        self.pool
            .as_ref()
            .map_or(1, ThreadPool::current_num_threads)
    }

    /// Into how many bands a frame is best cut.
    pub(crate) fn bands(&self) -> usize {
        match &self.pool {
            None => 1,
            Some(pool) => BANDS_PER_THREAD * pool.current_num_threads(),
        }
    }

    /// Runs `work` on every band and comes back when all are done.
    ///
    /// # Panics
    /// If `work` does, on whichever thread.
    pub(crate) fn run<B: Send>(
        &self,
        bands: impl Iterator<Item = B> + Send,
        work: impl Fn(B) + Sync,
    ) {
        match &self.pool {
            None => bands.for_each(work),
            Some(pool) => pool.scope(|scope| {
                for band in bands {
                    let work = &work;
                    scope.spawn(move |_| work(band));
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Mutex;
    use std::thread;

    use super::*;

    #[test]
    fn every_band_is_run_once_on_the_threads_promised() {
        for (count, prefix) in [(1, None), (3, Some("frosted-cpu-"))] {
            let threads = Threads::new(count).unwrap();
            let (caller, seen) = (thread::current().id(), Mutex::new(Vec::new()));
            threads.run(0..10, |band| {
                match prefix {
                    None => assert_eq!(thread::current().id(), caller),
                    Some(prefix) => assert!(thread::current().name().unwrap().starts_with(prefix)),
                }
                seen.lock().unwrap().push(band);
            });
            let mut seen = seen.into_inner().unwrap();
            seen.sort_unstable();
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_in_a_band_reaches_the_caller() {
        for count in [1, 2] {
            let threads = Threads::new(count).unwrap();
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                threads.run(0..4, |band| assert_ne!(band, 2, "band 2 fails"));
            }));
            assert!(outcome.is_err(), "{count} threads");
        }
    }

    #[test]
    fn counts_outside_the_range_are_refused() {
        for count in [0, MAX_THREADS + 1] {
            let error = Threads::new(count).err().expect("the count is refused");
            assert_eq!(error.kind(), ComposeErrorKind::Device);
            assert!(error.to_string().starts_with(&count.to_string()));
        }
    }
}
