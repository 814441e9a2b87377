use std::path::PathBuf;

use clap::{ArgGroup, Args};
use frosted::PixelFormat;
use frosted::measure::Instructions;

use super::machinery::threads;
use super::{ProtectOptions, Size};
use crate::media::Rate;

const KEYS: &str = "\
What differs from `frosted run`: whoever is there is shown at once, and a frame that takes long
is shown all the same, so that the work that is measured is always the same.

The line of JSON:
  frosted                    the program's version
  frames                     frames measured, of all streams
  width, height, format      of a frame: pixels, and how it lies in memory
  threads, network_threads   for the pixel work of a stream, and for its networks
  streams                    pipelines at once
  pace                       frames a second by the clock; null as fast as they are done
  ms_median, ms_p10, ms_p95, ms_p99, ms_max
                             milliseconds of a frame from call to return: percentiles
  cpu_ms, cpu_ms_p95, cpu_ms_p99, cpu_ms_max
                             processor time of a frame, all threads, milliseconds: median
                             and percentiles; null with several streams, and where the system
                             does not tell it
  cpu_ms_mean                the same, mean; of several streams what the whole process took, by
                             their frames
  cpu_share                  processor time of the process while it measured, 1 = one core
  deadline_misses            frames that were done after the next one was due; null without
                             --pace
  context_switches           of all threads while it measured, voluntary ones (a thread waited)
                             and involuntary ones; null but on Linux
  fairness                   median of the slowest stream by that of the fastest; null with one
  rss_anon_peak_mb           the most anonymous memory held, raw frames not counted,
                             megabytes (10^6 bytes); null but on Linux
  rss_anon_extra_stream_mb   memory of each stream after the first; null with one
  rest_ms                    median milliseconds of a frame without the networks
  instructions               what the loops over pixels used: common, avx2 or avx512
  background                 what stands behind the person
  copy_ms                    median milliseconds of copying such a frame, for comparison
  decode_ms                  processor time of decoding a picture of --mjpeg, median
  text_height_px             letters up to so many pixels stay unreadable; null where nothing
                             of the room is shown
  engine, model              what ran and which network
  compositor                 what did the pixel work, and why
  stages                     median milliseconds of reduce (to the network's size), segment (the
                             networks), decide (what may be shown) and paint
  shown                      frames by what was shown";

#[derive(Debug, Args)]
#[command(after_long_help = KEYS, after_help = KEYS)]
#[command(group = ArgGroup::new("length").args(["frames", "seconds"]).required(true))]
pub(crate) struct BenchOptions {
    /// Raw frames one behind another, without gaps; held in memory.
    #[arg(long, value_name = "FILE")]
    pub(crate) raw: PathBuf,

    /// How they lie in memory: bgr24, rgb24, nv12, i420, yuyv, rgba, bgra, uyvy, nv21, i422.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: PixelFormat,

    /// Their size.
    #[arg(long, value_name = "WxH")]
    pub(crate) size: Size,

    /// How many are measured of each stream, after 10 that are not; FILE is gone through as
    /// often as needed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(crate) frames: Option<u64>,

    /// How long is measured, instead of --frames.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: Option<u32>,

    /// Hand the frames over by the clock, so many a second, as a camera does; one that is late
    /// is handed over at once and none is left out [default: each when the last is done].
    #[arg(long, value_name = "FPS")]
    pub(crate) pace: Option<Rate>,

    /// Pipelines at once, 1 to 16, each on a thread of its own.
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=16))]
    pub(crate) streams: u32,

    /// Threads for the networks, 1 to 64.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = threads)]
    pub(crate) network_threads: usize,

    /// What the loops over pixels use: common, avx2 or avx512; the pictures are the same
    /// [default: the most that the processor has].
    #[arg(long, value_name = "WHICH")]
    pub(crate) instructions: Option<Instructions>,

    /// Measure how long Motion JPEG of the same size takes to decode, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) mjpeg: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) protect: ProtectOptions,
}
