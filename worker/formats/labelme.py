"""labelme: one JSON beside each image, polygons through pixel centres.

labelme fills a polygon with Pillow and paints its outline (`labelme.utils.shape_to_mask`), which
gives these polygons back bit for bit. `group_id` is the number of the lesion: shapes of one group
are one lesion, and `description` is what a reader called it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from worker.formats.polygons import centre_polygons
from worker.formats.sample import CATEGORY, Member, Notes, Sample

VERSION = "5.5.0"
"""Of labelme, whose format this is; later versions read it."""
NO_LESION = "no-lesion"
"""Flag of an image that was read and shows none."""


class LabelmeWriter:
    """Image and JSON side by side in a folder per split."""

    samples_per_file = 1
    layout = """SPLIT/NAME.png   the frame
SPLIT/NAME.json  labelme, polygons; `group_id` is the number of the lesion
The flag `no-lesion` says that the image was read and shows none."""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Two files for each sample."""
        for sample in samples:
            yield f"{sample.split}/{sample.name}.png", [sample.frame_png]
            document = json.dumps(_document(sample), ensure_ascii=False, indent=1)
            yield f"{sample.split}/{sample.name}.json", [document.encode()]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Nothing more."""
        return iter(())


def _document(sample: Sample) -> dict[str, Any]:
    shapes: list[dict[str, Any]] = [
        {
            "label": CATEGORY,
            "points": [list(point) for point in polygon],
            "group_id": number,
            "description": sample.names.get(number, ""),
            "shape_type": "polygon",
            "flags": {},
            "mask": None,
        }
        for number in sample.numbers
        for polygon in centre_polygons(sample.lesion(number))
    ]
    return {
        "version": VERSION,
        "flags": {} if shapes else {NO_LESION: True},
        "shapes": shapes,
        "imagePath": f"{sample.name}.png",
        "imageData": None,
        "imageHeight": sample.height,
        "imageWidth": sample.width,
    }
