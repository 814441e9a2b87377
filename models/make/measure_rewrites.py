#!/usr/bin/env python3
"""How far the last rewrites of make.py move a network's output, and what they save: the figures of the cards.

usage: python3 measure_rewrites.py [IMAGE...]
needs: npm; the Python packages of requirements.txt

Each network is made without and with them and sees 24 pictures of noise and the IMAGEs, by default the repository's.
Prints the largest difference of an output value and the median processor time of a run on one thread.
"""
import pathlib
import sys
import tempfile
import time

import cv2
import numpy as np
import onnxruntime

import convert
import make

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples/data"


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def outputs(session, picture):
    values = session.run(None, {session.get_inputs()[0].name: picture})
    _, _, height, width = session.get_inputs()[0].shape
    if len(values) == 1 and values[0].shape[1] == 4:
        whole = values[0].reshape(2, 2, height // 2, width // 2).transpose(2, 0, 3, 1)
        values = [whole.reshape(1, 1, height, width)]
    return values


def milliseconds(session, picture):
    times = []
    for _ in range(40):
        begin = time.process_time()
        for _ in range(10):
            session.run(None, {session.get_inputs()[0].name: picture})
        times.append((time.process_time() - begin) * 100)
    return np.median(times)


def main():
    paths = sys.argv[1:] or sorted(str(path) for path in EXAMPLES.glob("*.png"))
    with tempfile.TemporaryDirectory() as work:
        sources = make.fetch(pathlib.Path(work))
        for name, (source, build, _) in make.MODELS.items():
            after = session(build(sources[source]))
            _, _, height, width = after.get_inputs()[0].shape
            plain = (convert.convert(sources[source]) if name.startswith("face")
                     else make.plain_segmentation(sources[source], height, width))
            before = session(plain)
            noise = np.random.default_rng(1)
            pictures = [noise.random((1, 3, height, width), dtype=np.float32) for _ in range(24)]
            for path in paths:
                rgb = cv2.cvtColor(cv2.resize(cv2.imread(path), (width, height)), cv2.COLOR_BGR2RGB)
                pictures.append(np.ascontiguousarray(rgb.transpose(2, 0, 1)[None].astype(np.float32) / 255))
            if name.startswith("face"):
                pictures = [2 * picture - 1 for picture in pictures]
            pairs = [zip(outputs(before, picture), outputs(after, picture)) for picture in pictures]
            largest = max(float(np.abs(a - b).max()) for pair in pairs for a, b in pair)
            times = [milliseconds(network, pictures[0]) for network in (before, after)]
            print(f"{name}: {len(pictures)} pictures, differs by at most {largest:.1e}; "
                  f"{times[0]:.2f} ms without, {times[1]:.2f} ms with")


if __name__ == "__main__":
    main()
