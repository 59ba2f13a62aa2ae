"""labelme: one JSON beside each image, polygons through pixel centres.

labelme fills a polygon with Pillow and paints its outline (`labelme.utils.shape_to_mask`), which
gives these polygons back bit for bit. `group_id` is the number of the lesion: shapes of one group
are one lesion, and `description` is what a reader called it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from worker.formats.pictures import label_picture
from worker.formats.polygons import centre_polygons
from worker.formats.sample import CATEGORY, MOST_LESIONS, Member, Notes, Sample
from worker.formats.source import (
    Finder,
    Finding,
    LabelError,
    Labelled,
    Read,
    Tree,
    clean_name,
    points_of,
    read_json,
    require_size,
)

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


def read(tree: Tree) -> Read:
    """Every labelme file with the image that it names, which may lie inside the file.

    Polygons, rectangles, circles and masks are taken, filled as labelme fills them; another kind
    of shape makes the file a bad one. Shapes of one label and group are one lesion. Where shapes
    overlap, the pixel belongs to the later one, as in `labelme.utils.shapes_to_label`.
    """
    finder = Finder(tree.names)
    for name in tree.names:
        if not name.lower().endswith(".json"):
            continue
        try:
            document = read_json(tree, name)
            if isinstance(document, dict) and "shapes" not in document:
                continue  # a manifest or the like
            yield _labelled(tree, finder, name, document)
        except LabelError as error:
            yield Finding(name, error.code, error.reason)


def _labelled(tree: Tree, finder: Finder, name: str, document: Any) -> Labelled:
    shapes = document.get("shapes") if isinstance(document, dict) else None
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise LabelError("not-labelme", "This is no labelme file: it has no list of shapes.")
    numbers = _numbers(shapes)
    names = {
        number: text
        for shape, number in zip(shapes, numbers, strict=True)
        if (text := clean_name(shape.get("description") or _other_label(shape)))
    }
    size = document.get("imageHeight"), document.get("imageWidth")
    try:
        path = finder.find(document.get("imagePath"), name)
        image: Callable[[], bytes] = partial(tree.read, path)
    except LabelError:
        if not isinstance(document.get("imageData"), str):
            raise
        path, image = name, partial(_embedded, document["imageData"])
    return Labelled(
        path, PurePosixPath(path).stem, image, partial(_labels, shapes, numbers, size), names
    )


def _other_label(shape: dict[str, Any]) -> object:
    label = shape.get("label")
    return None if label == CATEGORY else label


def _embedded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise LabelError("no-image", "The image inside the file is damaged.") from None


def _numbers(shapes: Sequence[dict[str, Any]]) -> list[int]:
    """The lesion number of each shape: its group where all have one, else in order."""
    groups = [shape.get("group_id") for shape in shapes]
    if all(type(group) is int and 1 <= group <= MOST_LESIONS for group in groups):
        return [int(group) for group in groups if group is not None]
    seen: dict[object, int] = {}
    found = []
    for place, (shape, group) in enumerate(zip(shapes, groups, strict=True)):
        lesion = (str(shape.get("label")), str(group)) if group is not None else place
        found.append(seen.setdefault(lesion, len(seen) + 1))
    if len(seen) > MOST_LESIONS:
        raise LabelError("too-many", f"An image has at most {MOST_LESIONS} lesions.")
    return found


def _labels(
    shapes: Sequence[dict[str, Any]],
    numbers: Sequence[int],
    size: tuple[object, object],
    height: int,
    width: int,
) -> NDArray[np.uint8]:
    if type(size[0]) is int and type(size[1]) is int:
        require_size((size[0], size[1]), height, width)
    labels = np.zeros((height, width), np.uint8)
    for shape, number in zip(shapes, numbers, strict=True):
        labels[_filled(shape, height, width)] = number
    return labels


def _filled(shape: dict[str, Any], height: int, width: int) -> NDArray[np.bool_]:
    """The pixels of a shape, as `labelme.utils.shape_to_mask` has them."""
    kind, points = shape.get("shape_type") or "polygon", points_of(shape.get("points"))
    if kind == "mask":
        return _pasted(shape, points, height, width)
    canvas = Image.new("L", (width, height))
    draw = ImageDraw.Draw(canvas)
    if kind == "polygon" and len(points) > 2:
        draw.polygon(points, outline=1, fill=1)
    elif kind == "rectangle" and len(points) == 2:
        (ax, ay), (bx, by) = points
        draw.rectangle((min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)), outline=1, fill=1)
    elif kind == "circle" and len(points) == 2:
        (x, y), edge = points
        r = math.dist((x, y), edge)
        draw.ellipse((x - r, y - r, x + r, y + r), outline=1, fill=1)
    else:
        raise LabelError(
            "shape-type",
            "A shape is no polygon, rectangle, circle or mask with its points; draw it as one.",
        )
    return np.asarray(canvas, dtype=bool)


def _pasted(
    shape: dict[str, Any], points: Sequence[tuple[float, float]], height: int, width: int
) -> NDArray[np.bool_]:
    if len(points) != 2 or not isinstance(shape.get("mask"), str):
        raise LabelError("shape-type", "A mask shape needs two corners and its picture.")
    (left, top), (right, bottom) = ((int(x), int(y)) for x, y in points)
    if not (0 <= left <= right < width and 0 <= top <= bottom < height):
        raise LabelError("bad-points", "A mask shape lies outside of the image.")
    try:
        data = base64.b64decode(shape["mask"], validate=True)
    except (binascii.Error, ValueError):
        raise LabelError("not-a-label", "The picture of a mask shape is damaged.") from None
    inside = label_picture(data, bottom - top + 1, right - left + 1, numbered=False) > 0
    mask = np.zeros((height, width), bool)
    mask[top : bottom + 1, left : right + 1] = inside
    return mask
