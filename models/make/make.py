#!/usr/bin/env python3
"""Makes the model files of this package from the npm package that publishes the weights.

usage: python3 make.py [OUTDIR]      OUTDIR: default ../files
needs: npm; the Python packages of requirements.txt, best in a virtual environment

The sha256 of what comes in and of what goes out is checked; nothing is written unless both are right.
"""
import hashlib
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import onnx

import convert
import rewrite

PACKAGE = "@mediapipe/selfie_segmentation@0.1.1675465747"
SOURCES = {
    "selfie_segmentation.tflite": "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27",
    "selfie_segmentation_landscape.tflite": "4aafe6223bb8dac6fac8ca8ed56852870a33051ef3f6238822d282a109962894",
}
# file: source, height, width, sha256
MODELS = {
    "selfie_landscape_256x144.onnx": (
        "selfie_segmentation_landscape.tflite", 144, 256,
        "a3af995556534e586c2852f88c9a754808a65449723143349d1c97ed62500862",
    ),
    "selfie_general_320x192.onnx": (
        "selfie_segmentation.tflite", 192, 320,
        "dc3efdff7c7704d243085e3d5698da5908a814d0077b7e64f83159298054f487",
    ),
}


def main():
    here = pathlib.Path(__file__).resolve().parent
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent / "files"
    with tempfile.TemporaryDirectory() as work:
        sources = fetch(pathlib.Path(work))
        made = {}
        for name, (source, height, width, sha256) in MODELS.items():
            made[name] = build(sources[source], height, width).SerializeToString()
            check(name, made[name], sha256)
    target.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (target / name).write_bytes(data)
        print(f"{name}: {len(data)} bytes, sha256 as expected")


def fetch(work):
    """Paths of the checked source files, unpacked from the npm package into `work`."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=work, check=True, stdout=subprocess.DEVNULL)
    (archive,) = work.glob("*.tgz")
    paths = {}
    with tarfile.open(archive) as tar:
        for name, sha256 in SOURCES.items():
            data = tar.extractfile(f"package/{name}").read()
            check(name, data, sha256)
            paths[name] = work / name
            paths[name].write_bytes(data)
    return paths


def build(source, height, width):
    model = convert.convert(source)
    rewrite.convolve_before_upsampling(model)
    rewrite.resize_input(model, height, width)
    rewrite.split_pooled_sums(model)
    rewrite.spread_channel_scales(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def check(name, data, expected):
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        sys.exit(f"{name}: sha256 is {found}, expected {expected}")


if __name__ == "__main__":
    main()
