#!/usr/bin/env python3
"""Writes MediaPipe's selfie segmentation of clips, for `frosted quality --against`.

usage: mediapipe_masks.py OUTDIR {general|landscape} SCENE...
needs: pip install mediapipe==0.10.14 'numpy<2' opencv-python-headless

A SCENE is a folder with a clip named original. OUTDIR/SCENE/00000.png and so on are its masks as MediaPipe gives them,
of the frame's size, 0 = room, 255 = person. MediaPipe sees each frame on its own, as in its solution for pictures.
"""
import glob
import os
import sys

import cv2
import mediapipe
import numpy as np

MODELS = {"general": 0, "landscape": 1}


def write(scene, folder, segmenter):
    clips = sorted(glob.glob(os.path.join(scene, "original.*")))
    if not clips:
        sys.exit(f"{scene}: has no clip named original")
    os.makedirs(folder, exist_ok=True)
    capture, number = cv2.VideoCapture(clips[0]), 0
    while True:
        there, frame = capture.read()
        if not there:
            break
        mask = segmenter.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)).segmentation_mask
        grey = np.round(np.clip(mask, 0, 1) * 255).astype(np.uint8)
        cv2.imwrite(os.path.join(folder, f"{number:05}.png"), grey)
        number += 1
    if not number:
        sys.exit(f"{clips[0]}: no frame could be read")


def main():
    if len(sys.argv) < 4 or sys.argv[2] not in MODELS:
        sys.exit(__doc__)
    solution = mediapipe.solutions.selfie_segmentation.SelfieSegmentation
    for scene in sys.argv[3:]:
        name = os.path.basename(os.path.abspath(scene))
        with solution(model_selection=MODELS[sys.argv[2]]) as segmenter:
            write(scene, os.path.join(sys.argv[1], name), segmenter)


main()
