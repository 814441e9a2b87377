#!/usr/bin/env python3
"""Measures how small a face is still found in a frame of 1280x720 that was reduced to 256x144.

usage: python3 measure_faces.py --faces FILE --rooms DIR [--least .5]
needs: the Python packages of requirements.txt

FILE has a line for each face: the picture's path, the centre x, the centre y and the side of the face's box in its
pixels, between tabs. DIR holds pictures of rooms without people.

Each face is cut out with its shoulders, scaled so that its box has the wanted side, and put into rooms at random
places (the same in every run), three times a side. `whole` shows the network all of the picture, `squares` its left
and its right square, `both` shows all three: the looks of frosted-segment. A face is found if a box of half to twice
its side has its centre within half of it. `far` counts boxes that are further than a side away from the face: things
that are no face.

The decoding is written from MediaPipe's calculators (SsdAnchorsCalculator, TensorsToDetectionsCalculator,
NonMaxSuppressionCalculator with WEIGHTED), not from frosted's own code.
"""
import argparse
import pathlib
import sys

import cv2
import numpy as np
import onnxruntime

SIDES_PX = (60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 180, 200, 250, 300, 400, 500)
FRAME, REDUCED = (1280, 720), (256, 144)
PLACES = 3
LOOKS = {"whole": [(0, 256)], "squares": [(0, 144), (112, 144)], "both": [(0, 256), (0, 144), (112, 144)]}
INPUT_PX, GRIDS, SAME_FACE = 128, ((8, 2), (16, 6)), 0.3


def main():
    options = arguments()
    faces = [line.split("\t") for line in options.faces.read_text().splitlines() if line.strip()]
    faces = [(cv2.imread(path), float(x), float(y), float(side)) for path, x, y, side in faces]
    rooms = [cv2.imread(str(path)) for path in sorted(options.rooms.iterdir())]
    rooms = [cv2.resize(room, FRAME, interpolation=cv2.INTER_AREA) for room in rooms if room is not None]
    if not faces or not rooms or any(face[0] is None for face in faces):
        sys.exit(f"no faces in {options.faces}, no pictures in {options.rooms}, or a picture that cannot be read")
    detector = Detector(options.models / "face_short_range_128.onnx", options.least)
    random = np.random.default_rng(7)
    print(f"{len(faces)} faces, {len(rooms)} rooms, least score {options.least}")
    print(f"| side at 720p | {' | '.join(LOOKS)} | far of 100: {', '.join(LOOKS)} |\n|{' --- |' * (len(LOOKS) + 2)}")
    for side in SIDES_PX:
        found, far, scenes = dict.fromkeys(LOOKS, 0), dict.fromkeys(LOOKS, 0), 0
        for face in faces:
            for _ in range(PLACES):
                place, picture = scene(face, side, rooms[random.integers(len(rooms))], random)
                scenes += 1
                for look, columns in LOOKS.items():
                    hit, others = compare(detector.faces(picture, columns), place, side * REDUCED[0] / FRAME[0])
                    found[look] += hit
                    far[look] += others
        shares = " | ".join(f"{100 * found[look] / scenes:.0f} %" for look in LOOKS)
        print(f"| {side} px | {shares} | {', '.join(f'{100 * far[look] / scenes:.1f}' for look in LOOKS)} |", flush=True)


def arguments():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=pathlib.Path, required=True)
    parser.add_argument("--rooms", type=pathlib.Path, required=True)
    parser.add_argument("--least", type=float, default=0.5)
    parser.add_argument("--models", type=pathlib.Path, default=here.parent / "files")
    return parser.parse_args()


def scene(face, side, room, random):
    """The face's centre in the reduced picture, and the picture in R, G, B."""
    (width, height), frame = FRAME, room.copy()
    x = random.uniform(min(0.6 * side, 600), max(680, width - 0.6 * side))
    y = random.uniform(min(0.75 * side, 350), max(370, height - 0.75 * side))
    cut = head_and_shoulders(face, side)
    size = len(cut)
    shape = np.zeros((size, size), np.float32)
    cv2.ellipse(shape, (size // 2, size // 2), (int(0.78 * side), int(1.05 * side)), 0, 0, 360, 1, -1)
    cv2.ellipse(shape, (size // 2, int(size / 2 + 1.35 * side)), (int(1.3 * side), int(0.75 * side)), 0, 0, 360, 1, -1)
    shape = cv2.GaussianBlur(shape, (0, 0), 0.05 * side + 0.5)[:, :, None]
    left, top = int(x - size / 2), int(y - size / 2)
    columns, rows = slice(max(0, left), min(width, left + size)), slice(max(0, top), min(height, top + size))
    inside = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    blended = cut[inside] * shape[inside] + frame[rows, columns] * (1 - shape[inside])
    frame[rows, columns] = blended.astype(np.uint8)
    reduced = cv2.resize(frame, REDUCED, interpolation=cv2.INTER_AREA)
    return (x * REDUCED[0] / width, y * REDUCED[1] / height), reduced[:, :, ::-1]


def head_and_shoulders(face, side):
    """Three sides of a face's box around it, scaled to `side`; what is beyond the picture's edge repeats the edge."""
    image, x, y, own_side = face
    size, scale = round(3 * side), side / own_side
    if scale < 1:
        image = cv2.GaussianBlur(image, (0, 0), 0.35 / scale)
    matrix = np.array([[scale, 0, size / 2 - x * scale], [0, scale, size / 2 - y * scale]])
    return cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def compare(faces, place, side):
    away = [max(abs(x - place[0]), abs(y - place[1])) for _, x, y, _ in faces]
    hit = any(d < side / 2 and side / 2 < face[3] < 2 * side for d, face in zip(away, faces))
    return hit, sum(d >= side for d in away)


class Detector:
    def __init__(self, path, least):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.least = least
        centres = []
        for stride, per_cell in GRIDS:
            line = (np.arange(INPUT_PX // stride) + 0.5) * stride
            cells = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
            centres.append(np.repeat(cells, per_cell, axis=0))
        self.centres = np.concatenate(centres)

    def faces(self, picture, parts):
        """(score, x, y, width) of each face, the surest first; `parts` are (first column, columns)."""
        scores, boxes = zip(*(self.look(picture[:, first:first + columns], first) for first, columns in parts))
        return merged(np.concatenate(scores), np.concatenate(boxes))

    def look(self, picture, first):
        """Scores, and boxes as (left, top, right, bottom), of what is sure enough."""
        height, width = picture.shape[:2]
        scale = min(INPUT_PX / width, INPUT_PX / height)
        content = (round(width * scale), round(height * scale))
        corner = [(INPUT_PX - side) // 2 for side in content]
        plane = np.zeros((INPUT_PX, INPUT_PX, 3), np.float32)
        plane[corner[1]:corner[1] + content[1], corner[0]:corner[0] + content[0]] = cv2.resize(
            picture.astype(np.float32), content, interpolation=cv2.INTER_AREA)
        tensor = (plane / 127.5 - 1).transpose(2, 0, 1)[None]
        rows, logits = self.session.run(["regressors", "classificators"], {"input": tensor})
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0].astype(float), -100, 100)))
        sure = scores >= self.least
        centres, sizes = rows[0, sure, :2] + self.centres[sure], rows[0, sure, 2:4]
        boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], 1) - np.tile(corner, 2)
        return scores[sure], boxes * np.tile([width / content[0], height / content[1]], 2) + [first, 0, first, 0]


def merged(scores, boxes):
    faces, order = [], np.argsort(-scores, kind="stable")
    while len(order):
        best, others = boxes[order[0]], boxes[order]
        both = np.minimum(others[:, 2:], best[2:]) - np.maximum(others[:, :2], best[:2])
        both = np.clip(both, 0, None).prod(1)
        areas = (others[:, 2:] - others[:, :2]).prod(1)
        same = both / (areas + areas[0] - both) > SAME_FACE
        left, top, right, bottom = np.average(others[same], 0, scores[order[same]])
        faces.append((scores[order[0]], (left + right) / 2, (top + bottom) / 2, right - left))
        order = order[~same]
    return faces


if __name__ == "__main__":
    main()
