"""YOLO-seg: one text file per image, a line per outline with coordinates from 0 to 1.

A vertex is the centre of a pixel, ((column + ½) / width, (row + ½) / height): scaled back and cut
off to whole pixels, as Ultralytics does, and filled with OpenCV, it gives the mask bit for bit.
The format knows neither holes nor lesions of several parts: a hole is joined to the outline by a
bridge, and each part of a lesion is a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.formats.polygons import centre_polygons
from worker.formats.sample import CATEGORY, MOST_LESIONS, Member, Notes, Sample
from worker.formats.source import Finding, LabelError, Labelled, Read, Tree, is_image

DATA_YAML = f"""path: .
train: images/train
val: images/validation
test: images/test
names:
  0: {CATEGORY}
"""


class YoloWriter:
    """Images and text files in folders of the same shape, and `data.yaml`."""

    samples_per_file = 1
    layout = """images/SPLIT/NAME.png  the frame
labels/SPLIT/NAME.txt  a line `0 x y x y …` for each outline; empty: read, no lesion
data.yaml              for Ultralytics"""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Two files for each sample."""
        for sample in samples:
            yield f"images/{sample.split}/{sample.name}.png", [sample.frame_png]
            lines = "".join(f"{line}\n" for line in _lines(sample))
            yield f"labels/{sample.split}/{sample.name}.txt", [lines.encode()]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """`data.yaml`."""
        yield "data.yaml", [DATA_YAML.encode()]


def _lines(sample: Sample) -> Iterator[str]:
    for number in sample.numbers:
        for polygon in centre_polygons(sample.lesion(number)):
            yield "0 " + " ".join(
                f"{(x + 0.5) / sample.width:.7f} {(y + 0.5) / sample.height:.7f}"
                for x, y in polygon
            )


def read(tree: Tree) -> Read:
    """Images under `images` with the text file under `labels`; each line is a lesion."""
    there = set(tree.names)
    for name in tree.names:
        parts = PurePosixPath(name).parts
        if not is_image(name) or "images" not in parts:
            continue
        at = len(parts) - 1 - parts[::-1].index("images")
        label = PurePosixPath(*parts[:at], "labels", *parts[at + 1 :]).with_suffix(".txt")
        if label.as_posix() in there:
            labels = partial(_labels, tree, label.as_posix())
            yield Labelled(name, label.stem, partial(tree.read, name), labels)
        else:
            yield Finding(name, "no-label", "There is no text file for this image.")


def _labels(tree: Tree, name: str, height: int, width: int) -> NDArray[np.uint8]:
    lines = [line.split() for line in tree.read(name).decode("ascii", "replace").splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > MOST_LESIONS:
        raise LabelError("too-many", f"An image has at most {MOST_LESIONS} lesions.")
    labels = np.zeros((height, width), np.uint8)
    for number, (_, *values) in enumerate(lines, 1):
        if len(values) < 6 or len(values) % 2:
            raise LabelError("bad-points", "A line is no outline; boxes are not enough.")
        try:
            points = np.array(values, np.float64).reshape(-1, 2)
        except ValueError:
            raise LabelError("bad-points", "A coordinate is no number.") from None
        if not np.isfinite(points).all() or points.min() < 0 or points.max() > 1:
            raise LabelError("bad-points", "Coordinates go from 0 to 1.")
        # As Ultralytics does: cut off to whole pixels.
        scaled = np.minimum((points * (width, height)).astype(np.int32), (width - 1, height - 1))
        one = np.zeros((height, width), np.uint8)
        cv2.fillPoly(one, [scaled.astype(np.int32)], 1)
        labels[(one > 0) & (labels == 0)] = number
    return labels
