"""YOLO-seg: one text file per image, a line per outline with coordinates from 0 to 1.

A vertex is the centre of a pixel, ((column + ½) / width, (row + ½) / height): scaled back and cut
off to whole pixels, as Ultralytics does, and filled with OpenCV, it gives the mask bit for bit.
The format knows neither holes nor lesions of several parts: a hole is joined to the outline by a
bridge, and each part of a lesion is a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from worker.formats.polygons import centre_polygons
from worker.formats.sample import CATEGORY, Member, Notes, Sample

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
