"""How the peers' frames are timed; each peer is a script of its own beside this one.

usage: PEER.py FRAMES.bgr24 WxH COUNT {one-thread|as-it-comes}

FRAMES.bgr24 holds raw frames one behind another, which are gone through as often as needed. Prints a line of JSON:

  frames                how many were measured, after WARM_UP that were not
  cpu_ms_mean           processor time of the process, all its threads, by the number of frames, milliseconds
  ms_median, ms_p95     milliseconds of a frame from call to return
  rss_anon_peak_mb      the most anonymous memory held, raw frames not counted, megabytes; null but on Linux
  start_ms              from the start of the process, as FROSTED_STARTED_NS has it, to the first frame that is done, the
                        reading of all the frames left out; null without

one-thread keeps the process on one core and tells OpenCV and ONNX Runtime to use one thread.
"""
import json
import os
import resource
import sys
import time

WARM_UP = 10

if len(sys.argv) != 5 or sys.argv[4] not in ("one-thread", "as-it-comes"):
    sys.exit(__doc__)
ONE_THREAD = sys.argv[4] == "one-thread"
if ONE_THREAD:
    # Before NumPy and the rest are loaded, which ask for the number of cores then.
    os.environ["OMP_NUM_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import cv2  # noqa: E402
import numpy as np  # noqa: E402

if ONE_THREAD:
    cv2.setNumThreads(1)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def rss_anon_bytes():
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            lines = [line.split() for line in status if line.startswith("RssAnon:")]
        return int(lines[0][1]) * 1024
    except (OSError, IndexError):
        return None


def measure(make):
    """Calls make(), which gives the function that protects a BGR frame, and times that one."""
    width, height = (int(side) for side in sys.argv[2].split("x"))
    count = int(sys.argv[3])
    begin = time.time_ns()
    raw = np.fromfile(sys.argv[1], np.uint8).reshape(-1, height, width, 3)
    reading = time.time_ns() - begin
    protect = make()
    start_ms = None
    for number in range(WARM_UP):
        protect(raw[number % len(raw)])
        started = os.environ.get("FROSTED_STARTED_NS")
        if start_ms is None and started:
            start_ms = (time.time_ns() - int(started) - reading) / 1e6
    times = []
    cpu = cpu_seconds()
    for number in range(WARM_UP, WARM_UP + count):
        begin = time.perf_counter()
        protected = protect(raw[number % len(raw)])
        times.append((time.perf_counter() - begin) * 1e3)
    cpu = cpu_seconds() - cpu
    if protected.shape != raw[0].shape or protected.dtype != np.uint8:
        sys.exit(f"the protected frame is {protected.shape} of {protected.dtype}")
    if np.array_equal(protected, raw[number % len(raw)]):
        sys.exit("nothing was blurred")
    peak = rss_anon_bytes()
    print(json.dumps({
        "frames": count,
        "cpu_ms_mean": cpu / count * 1e3,
        "ms_median": float(np.median(times)),
        "ms_p95": float(np.percentile(times, 95)),
        "rss_anon_peak_mb": peak and (peak - raw.nbytes) / 1e6,
        "start_ms": start_ms,
    }))
