#!/usr/bin/env python3
"""Compares the ways to fit a 4:3, 9:16 or 16:9 picture into a model's input.

usage: python3 measure_fit.py --images DIR --masks DIR [--models DIR]
needs: the Python packages of requirements.txt

DIR of --masks holds one PNG for each picture, of the same stem and size: 255 = person, 0 = background.

Each picture is cut to the aspect around its largest person (the head 10 % below the top edge) and scaled so that the
longer side has 640 pixels. The model's alpha goes back to that size by bilinear interpolation, and alpha >= .5 is
compared with the mask: IoU, its 10th percentile over the pictures, and the boundary's F-measure at 3 px. `leak` is the
share of the background that is taken for the person: the room that would be shown.
"""
import argparse
import pathlib
import sys

import cv2
import numpy as np
import onnxruntime

ASPECTS = {"4:3": (4, 3), "9:16": (9, 16), "16:9": (16, 9)}
FITS = ("stretch", "letterbox-black", "letterbox-edge")
LONG_SIDE_PX = 640
BOUNDARY_PX = 3
# A window that keeps less of the person, or of the room, says little about either.
SMALLEST_SHARE, LARGEST_SHARE = 0.05, 0.90
SMALLEST_SIDE_PX = 160


def main():
    options = arguments()
    pairs = list(read_pairs(options.images, options.masks))
    if not pairs:
        sys.exit(f"no picture in {options.images} has its mask in {options.masks}")
    for path in sorted(options.models.glob("selfie_*.onnx")):
        model = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        print(f"\n{path.name}\n| aspect | fit | pictures | IoU | p10 IoU | boundary F | leak |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for aspect, (across, down) in ASPECTS.items():
            windows = [window for image, mask in pairs
                       if (window := cut(image, mask, across / down)) is not None]
            for fit in FITS:
                report(aspect, fit, [score(alpha(model, image, fit), mask) for image, mask in windows])


def arguments():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--masks", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=pathlib.Path, default=here.parent / "files")
    return parser.parse_args()


def read_pairs(images, masks):
    for path in sorted(images.iterdir()):
        mask_path = masks / f"{path.stem}.png"
        image = cv2.imread(str(path))
        if image is None or not mask_path.is_file():
            continue
        mask = cv2.imread(str(mask_path), cv2.IMREAD_GRAYSCALE) > 127
        if mask.shape != image.shape[:2]:
            sys.exit(f"{mask_path} is {mask.shape[1]}x{mask.shape[0]}, its picture {image.shape[1]}x{image.shape[0]}")
        if mask.any():
            yield image, mask


def cut(image, mask, aspect):
    """Window of `aspect` around the largest person, or None where the picture has no such window."""
    height, width = mask.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    left, top, person_w, person_h = stats[1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])][:4]
    window_h = min(max(person_h * 1.15, person_w / aspect), height, width / aspect)
    window_w = window_h * aspect
    if min(window_h, window_w) < SMALLEST_SIDE_PX:
        return None
    x = int(np.clip(left + person_w / 2 - window_w / 2, 0, width - window_w))
    y = int(np.clip(top - 0.1 * window_h, 0, height - window_h))
    rows, columns = slice(y, y + int(window_h)), slice(x, x + int(window_w))
    if not SMALLEST_SHARE <= mask[rows, columns].mean() <= LARGEST_SHARE:
        return None
    scale = LONG_SIDE_PX / max(window_h, window_w)
    size = (round(window_w * scale), round(window_h * scale))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = cv2.resize(image[rows, columns], size, interpolation=shrink)
    truth = cv2.resize(mask[rows, columns].astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
    return picture, truth


def alpha(model, image, fit):
    """The model's alpha at the picture's own size."""
    _, _, height, width = model.get_inputs()[0].shape
    picture_h, picture_w = image.shape[:2]
    if fit == "stretch":
        inner_w, inner_h = width, height
    else:
        scale = min(width / picture_w, height / picture_h)
        inner_w, inner_h = round(picture_w * scale), round(picture_h * scale)
    x, y = (width - inner_w) // 2, (height - inner_h) // 2
    small = cv2.resize(image, (inner_w, inner_h), interpolation=cv2.INTER_AREA)
    border = cv2.BORDER_REPLICATE if fit == "letterbox-edge" else cv2.BORDER_CONSTANT
    padded = cv2.copyMakeBorder(small, y, height - inner_h - y, x, width - inner_w - x, border)
    planes = cv2.cvtColor(padded, cv2.COLOR_BGR2RGB).transpose(2, 0, 1)[None].astype(np.float32) / 255
    output = model.run(None, {model.get_inputs()[0].name: planes})[0]
    # The pixels of even and odd rows and columns are planes of their own.
    output = output.reshape(2, 2, height // 2, width // 2).transpose(2, 0, 3, 1).reshape(height, width)
    return cv2.resize(output[y:y + inner_h, x:x + inner_w], (picture_w, picture_h), interpolation=cv2.INTER_LINEAR)


def score(alpha_plane, truth):
    found = alpha_plane >= 0.5
    union = (found | truth).sum()
    iou = (found & truth).sum() / union if union else 1.0
    leak = (found & ~truth).sum() / (~truth).sum()
    return iou, boundary_f(found, truth), leak


def boundary_f(found, truth):
    """F-measure of the boundary pixels that have one of the other mask within BOUNDARY_PX."""
    found_edge, truth_edge = edge(found), edge(truth)
    if not found_edge.any() or not truth_edge.any():
        return float(found_edge.any() == truth_edge.any())
    precision = (distance_to(truth_edge)[found_edge] <= BOUNDARY_PX).mean()
    recall = (distance_to(found_edge)[truth_edge] <= BOUNDARY_PX).mean()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def edge(mask):
    """Pixels of the mask beside a pixel outside it; the picture's own border is no boundary."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return mask & (cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1] == 0)


def distance_to(pixels):
    return cv2.distanceTransform((~pixels).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def report(aspect, fit, scores):
    if not scores:
        return print(f"| {aspect} | {fit} | 0 | - | - | - | - |")
    iou, boundary, leak = np.array(scores).T
    print(f"| {aspect} | {fit} | {len(scores)} | {iou.mean():.3f} | {np.percentile(iou, 10):.3f} | "
          f"{boundary.mean():.3f} | {100 * leak.mean():.1f} % |")


if __name__ == "__main__":
    main()
