#!/usr/bin/env python3
"""Makes the cut-outs and rooms of this folder. README.md says how to get the sources.

usage: make.py SOURCES [OUTDIR]
needs: pymatting 1.1.16, opencv-python-headless 4.11.0.86 (other versions give other bytes)

A cut-out is drawn coarsely by hand (the polygons below), found by GrabCut within that, mended by hand where the
person and what was behind them look alike, and its border given closed-form mattes and colours (Levin et al. 2008,
Germer et al. 2020). No person segmentation network had a part in it.
"""
import base64
import os
import re
import sys

os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"

import cv2
import numpy as np
from pymatting import estimate_alpha_cf, estimate_foreground_ml

GRABCUT_ROUNDS = 8
SURE_ROOM, SURE_PERSON, MAYBE_ROOM, MAYBE_PERSON = 0, 1, 2, 3

# Rows from `end` on are left out: there the picture's own edge, or a helmet, cuts the person.
# `person` and `maybe` are the drawing, `add` and `remove` mend what GrabCut made of it; in `hair` the border is wide.
PEOPLE = {
    "collins": {
        "file": "astronaut.png", "solved": 350, "end": 340,
        "person": [(170, 60), (220, 30), (275, 50), (288, 90), (270, 125), (255, 190), (290, 240), (340, 285), (350, 350),
                   (350, 511), (40, 511), (40, 330), (60, 270), (110, 220), (125, 190), (175, 165), (190, 140), (165, 95)],
        "maybe": [(135, 40), (190, 5), (260, 5), (315, 55), (315, 120), (290, 180), (325, 250), (375, 300), (380, 511),
                  (5, 511), (5, 370), (30, 260), (95, 200), (105, 165), (160, 135), (140, 95)],
        "add": [[(184, 148), (165, 150), (150, 155), (137, 166), (129, 176), (125, 185), (115, 188), (115, 200), (117, 212),
                 (140, 240), (200, 240), (190, 180)]],
        "remove": [],
        "hair": [(0, 130, 0, 512)],
    },
    "hopper": {
        "file": "grace_hopper.jpg", "solved": 430, "end": 412,
        "person": [(160, 100), (180, 40), (240, 28), (340, 45), (362, 95), (366, 170), (350, 260), (335, 325), (440, 365),
                   (485, 400), (500, 599), (25, 599), (50, 390), (190, 325), (165, 250), (158, 180)],
        "maybe": [(135, 85), (170, 25), (240, 10), (345, 25), (385, 80), (390, 230), (360, 320), (470, 360), (511, 410),
                  (511, 599), (5, 599), (15, 420), (40, 375), (165, 325), (140, 240), (140, 160)],
        "add": [[(345, 262), (362, 262), (362, 282), (356, 297), (343, 305), (334, 305), (328, 290)],
                [(165, 220), (160, 240), (160, 270), (167, 283), (185, 292), (198, 299), (205, 240)]],
        "remove": [[(100, 85), (160, 85), (157, 95), (152, 108), (151, 150), (153, 178), (152, 190), (151, 205), (155, 222),
                    (158, 238), (100, 238)],
                   [(158, 284), (180, 293), (197, 301), (201, 310), (196, 318), (180, 327), (158, 330)]],
        "hair": [(235, 300, 330, 512), (150, 230, 355, 512), (225, 300, 0, 200)],
    },
}

# Panorama, and where the camera looks: degrees to the right, down, and across the picture.
ROOMS = {"lab": (-45, 4, 100), "lobby": (-60, 5, 95), "workshop": (-75, 3, 100)}
ROOM_SIZE = (480, 270)


def disc(radius):
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def polygon(mask, points, value):
    cv2.fillPoly(mask, [np.array(points, np.int32)], value)


def largest(mask):
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    return (labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])).astype(np.uint8)


def shape_of(image, person):
    cv2.setRNGSeed(1)
    state = np.full(image.shape[:2], SURE_ROOM, np.uint8)
    polygon(state, person["maybe"], MAYBE_ROOM)
    polygon(state, person["person"], MAYBE_PERSON)
    inside = np.zeros_like(state)
    polygon(inside, person["person"], 1)
    state[cv2.erode(inside, np.ones((25, 25))) > 0] = SURE_PERSON
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(image, state, None, *models, GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    shape = np.isin(state, (SURE_PERSON, MAYBE_PERSON)).astype(np.uint8)
    shape = cv2.morphologyEx(cv2.morphologyEx(shape, cv2.MORPH_OPEN, disc(2)), cv2.MORPH_CLOSE, disc(2))
    shape = largest(shape)
    for points in person["add"]:
        polygon(shape, points, 1)
    for points in person["remove"]:
        polygon(shape, points, 0)
    outlines, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros_like(shape)
    cv2.drawContours(whole, [max(outlines, key=cv2.contourArea)], -1, 1, -1)
    return whole


def trimap(shape, hair):
    def band(inwards, outwards):
        return cv2.erode(shape, disc(inwards), borderValue=1), cv2.dilate(shape, disc(outwards))

    is_hair = np.zeros_like(shape)
    for top, bottom, left, right in hair:
        is_hair[top:bottom, left:right] = 1
    (person, possible), (person_in_hair, possible_in_hair) = band(2, 2), band(7, 6)
    known = np.full(shape.shape, 0.5)
    known[np.where(is_hair, person_in_hair, person) > 0] = 1
    known[np.where(is_hair, possible_in_hair, possible) == 0] = 0
    return known


def cut_out(sources, out, name, person):
    image = cv2.imread(os.path.join(sources, person["file"]))
    known = trimap(shape_of(image, person), person["hair"])
    rgb, known = image[: person["solved"], :, ::-1] / 255.0, known[: person["solved"]]
    alpha = np.clip((np.clip(estimate_alpha_cf(rgb, known), 0, 1) - 0.02) / 0.96, 0, 1)
    alpha *= largest((alpha > 0.05).astype(np.uint8))
    colours = np.clip(estimate_foreground_ml(rgb, alpha), 0, 1)
    alpha = np.round(alpha * 255).astype(np.uint8)[: person["end"]]
    colours = np.round(colours * 255).astype(np.uint8)[: person["end"], :, ::-1].copy()
    # What is far from the person is never seen, and need not be in the file.
    colours[cv2.distanceTransform((alpha == 0).astype(np.uint8), cv2.DIST_L2, 5) > 12] = 128
    cv2.imwrite(os.path.join(out, name + "-alpha.png"), alpha, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    cv2.imwrite(os.path.join(out, name + ".jpg"), colours, [cv2.IMWRITE_JPEG_QUALITY, 92])


def panorama(path):
    with open(path) as file:
        exr = base64.b64decode(re.search(r"base64,([A-Za-z0-9+/=]+)", file.read()).group(1))
    image = cv2.imdecode(np.frombuffer(exr, np.uint8), cv2.IMREAD_UNCHANGED)[..., :3].astype(np.float32)
    light = np.clip(image / np.percentile(image, 92), 0, 1) ** (1 / 2.2)
    # The panoramas have a black ring around each lamp, from an enlargement with negative weights.
    lamps = (light.max(axis=2) >= 1).astype(np.uint8)
    ring = (cv2.dilate(lamps, disc(2)) > 0) & (lamps == 0) & (light.max(axis=2) < 0.35)
    levels = (light * 255).astype(np.uint8)
    return cv2.inpaint(levels, cv2.dilate(ring.astype(np.uint8), np.ones((3, 3))), 3, cv2.INPAINT_TELEA)


def view(image, right, down, across):
    width, height = ROOM_SIZE
    focal = width / 2 / np.tan(np.radians(across / 2))
    x, y = np.meshgrid(np.arange(width) - width / 2 + 0.5, np.arange(height) - height / 2 + 0.5)
    rays = np.stack([x / focal, y / focal, np.ones_like(x)], -1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    cos, sin = np.cos(np.radians(down)), np.sin(np.radians(down))
    down_part, forward = rays[..., 1] * cos - rays[..., 2] * sin, rays[..., 1] * sin + rays[..., 2] * cos
    longitude, latitude = np.arctan2(rays[..., 0], forward) + np.radians(right), np.arcsin(down_part)
    u = (longitude / (2 * np.pi) + 0.5) % 1 * image.shape[1] - 0.5
    v = (latitude / np.pi + 0.5) * image.shape[0] - 0.5
    return cv2.remap(image, u.astype(np.float32), v.astype(np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)


def main():
    sources = sys.argv[1]
    out = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.path.abspath(__file__))
    for name, person in PEOPLE.items():
        cut_out(sources, out, name, person)
    for name, look in ROOMS.items():
        room = view(panorama(os.path.join(sources, name + ".exr.js")), *look)
        cv2.imwrite(os.path.join(out, name + ".jpg"), room, [cv2.IMWRITE_JPEG_QUALITY, 90])
    brick = cv2.rotate(cv2.imread(os.path.join(sources, "brick.png"), 0), cv2.ROTATE_90_CLOCKWISE)
    cv2.imwrite(os.path.join(out, "brick.jpg"), brick[100:388], [cv2.IMWRITE_JPEG_QUALITY, 85])


main()
