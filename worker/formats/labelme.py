"""labelme: one JSON beside each image, polygons through pixel centres.

labelme fills a polygon with Pillow and paints its outline (`labelme.utils.shape_to_mask`), which
reproduces the masks of these polygons bit for bit. `group_id` is the number of the lesion: shapes
of one group are one lesion, and `description` is the reader's name for it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from worker.formats.documents import read_json, top_keys
from worker.formats.label_pictures import label_picture
from worker.formats.matching import Finder, listed
from worker.formats.pictures import PictureKind
from worker.formats.polygons import centre_polygons
from worker.formats.sample import CATEGORY, LESION, MOST_LESIONS, Category, Member, Notes, Sample
from worker.formats.source import (
    BACKGROUNDS,
    Finding,
    LabelError,
    Labelled,
    Read,
    Tree,
    clean_name,
    points_of,
    require_inside,
    require_size,
    whole,
)

VERSION = "5.5.0"
"""The labelme version of this format; later versions read it."""
NO_LESION = "no-lesion"
"""Flag of an image that was read and shows no lesion."""
_POLYGONS = {"polygon", "oriented_rectangle", "ai_polygon"}
_LINES = {"point", "points", "line", "linestrip"}
MOST_WORK = 2_000_000_000
"""Most rows times points of all shapes, a few seconds' work for Pillow."""


class LabelmeWriter:
    """Image and JSON side by side in a folder per split."""

    categories: tuple[Category, ...] = (LESION,)
    samples_per_file = 1
    layout = """SPLIT/NAME.png   the frame
SPLIT/NAME.json  labelme, polygons; `group_id` is the number of the lesion
The flag `no-lesion` says that the image was read and shows none."""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Yield two files for each sample."""
        for sample in samples:
            yield f"{sample.split}/{sample.name}.png", [sample.frame_png]
            document = json.dumps(_document(sample), ensure_ascii=False, indent=1)
            yield f"{sample.split}/{sample.name}.json", [document.encode()]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Yield nothing."""
        return iter(())


def _document(sample: Sample) -> dict[str, Any]:
    shapes: list[dict[str, Any]] = [
        {
            "label": sample.category(number).name,
            "points": [list(point) for point in polygon],
            "group_id": number,
            "description": sample.names.get(number, ""),
            "shape_type": "polygon",
            "flags": {},
            **({"attributes": dict(said)} if (said := sample.attributes.get(number)) else {}),
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
    """Yield every labelme file with its image: the embedded one that was drawn on, else the file.

    Polygons, rectangles, circles and masks are filled as labelme fills them; points and lines
    beside them are left out. A file with only points and lines is an error, since somebody marked
    something. Shapes of one label and group are one lesion. Where shapes overlap, the pixel belongs
    to the later one, as in `labelme.utils.shapes_to_label`.
    """
    finder = Finder(tree.names)
    owners: dict[str, list[str]] = defaultdict(list)
    labels = []
    for name in tree.names:
        if not name.lower().endswith(".json"):
            continue
        try:
            if not is_labelme(tree, name):
                continue  # a manifest or similar
            path = _image_path(finder, name, _document_of(tree, name))
        except LabelError as error:
            yield Finding(name, error.code, error.reason)
        else:
            owners[path].append(name)
            labels.append((name, path))
    for name, path in labels:
        try:
            if len(owners[path]) > 1:
                reason = f"{listed(owners[path])} all label {path}; keep one."
                raise LabelError("ambiguous", reason)
            yield from _labelled(tree, name, path)
        except LabelError as error:
            yield Finding(name, error.code, error.reason)


def is_labelme(tree: Tree, name: str) -> bool:
    """Whether a JSON has shapes.

    Raises:
        LabelError: it is damaged or too large.
    """
    return "shapes" in top_keys(tree, name, {"shapes"})


def _document_of(tree: Tree, name: str) -> dict[str, Any]:
    document = read_json(tree, name)
    shapes = document.get("shapes") if isinstance(document, dict) else None
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise LabelError("not-labelme", "This is not a labelme file: it has no list of shapes.")
    return cast(dict[str, Any], document)


def _image_path(finder: Finder, name: str, document: dict[str, Any]) -> str:
    """The file that a label is for; the label's own file if the image is only embedded."""
    inside = isinstance(document.get("imageData"), str) and bool(document["imageData"])
    try:
        return finder.find(document.get("imagePath"), name).name
    except LabelError:
        if inside:
            return name
        raise


def _labelled(tree: Tree, name: str, path: str) -> Read:
    document = _document_of(tree, name)
    shapes, lines = _areas(document["shapes"])
    if lines:
        kinds = ", ".join(sorted({str(shape.get("shape_type"))[:20] for shape in lines}))
        if not shapes:
            raise LabelError(
                "shape-type",
                f"No shape has an area ({kinds}); draw a polygon, rectangle, circle or mask.",
            )
        reason = f"{len(lines)} shapes without area ({kinds}) were left out."
        yield Finding(name, "left-out", reason, bad=False)
    kept = [shape for shape in shapes if str(shape.get("label")).lower() not in BACKGROUNDS]
    if len(kept) < len(shapes):
        reason = f"{len(shapes) - len(kept)} shapes whose label says that they are no lesion."
        yield Finding(name, "left-out", reason, bad=False)
    numbers = _numbers(kept)
    names = {
        number: text
        for shape, number in zip(kept, numbers, strict=True)
        if (text := clean_name(shape.get("description") or _other_label(shape)))
    }
    classes = {
        number: clean_name(shape.get("label")) for shape, number in zip(kept, numbers, strict=True)
    }
    size = whole(document.get("imageHeight")), whole(document.get("imageWidth"))
    labels = partial(_labels, kept, numbers, size)
    data = document.get("imageData")
    file = None if path == name else partial(tree.read, path)
    key = PurePosixPath(path).stem
    if isinstance(data, str) and data:
        # The image that was drawn on. labelme recompresses a JPEG, so its file is the better image
        # if it has the same picture.
        inside = partial(_embedded, data)
        yield Labelled(name, key, inside, labels, names, original=file, classes=classes)
    elif file:
        yield Labelled(path, key, file, labels, names, classes=classes)


def _areas(
    shapes: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Shapes that may have an area, and the others."""
    areas: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for shape in shapes:
        points = shape.get("points")
        few = isinstance(points, list) and len(points) < 3
        kind = _kind(shape)
        (lines if kind in _LINES or (kind in _POLYGONS and few) else areas).append(shape)
    return areas, lines


def _kind(shape: dict[str, Any]) -> str:
    kind = shape.get("shape_type") or "polygon"
    return kind if isinstance(kind, str) else "unknown"


def _other_label(shape: dict[str, Any]) -> object:
    label = shape.get("label")
    return None if label == CATEGORY else label


def _embedded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise LabelError("no-image", "The image inside the file is damaged.") from None


def _numbers(shapes: Sequence[dict[str, Any]]) -> list[int]:
    """The lesion number of each shape: its group if all have one, else in order."""
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
    size: tuple[int | None, int | None],
    height: int,
    width: int,
) -> NDArray[np.uint8]:
    if size[0] and size[1]:
        require_size(size, height, width)
    canvas = Image.new("L", (width, height))
    spent = 0
    for shape, number in zip(shapes, numbers, strict=True):
        points = points_of(shape.get("points"))
        spent += len(points) * height
        if spent > MOST_WORK:
            raise LabelError("too-many", "The shapes of the image have too many points to fill.")
        _fill(canvas, shape, points, number)
    return np.array(canvas)


def _fill(
    canvas: Image.Image,
    shape: dict[str, Any],
    points: Sequence[tuple[float, float]],
    number: int,
) -> None:
    """Paint the pixels of a shape as `labelme.utils.shape_to_mask` does."""
    kind = _kind(shape)
    draw = ImageDraw.Draw(canvas)
    if kind != "circle":  # the second point may lie in any direction from the first
        require_inside(np.array(points, np.float64).reshape(-1, 2), canvas.height, canvas.width)
    if kind == "mask":
        _paste(canvas, shape, points, number)
    elif (kind in _POLYGONS and len(points) > 2) or (kind == "rectangle" and len(points) == 4):
        # Newer versions store a rectangle's four corners.
        draw.polygon(points, outline=number, fill=number)
    elif kind == "rectangle" and len(points) == 2:
        (ax, ay), (bx, by) = points
        box = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        draw.rectangle(box, outline=number, fill=number)
    elif kind == "circle" and len(points) == 2:
        (x, y), edge = points
        r = math.dist((x, y), edge)
        if r > 4 * max(canvas.size):
            raise LabelError("bad-points", "A circle is far larger than the image.")
        draw.ellipse((x - r, y - r, x + r, y + r), outline=number, fill=number)
    else:
        raise LabelError(
            "shape-type",
            "A shape is not a polygon, rectangle, circle or mask with its points; draw it as one.",
        )


def _paste(
    canvas: Image.Image,
    shape: dict[str, Any],
    points: Sequence[tuple[float, float]],
    number: int,
) -> None:
    if len(points) != 2 or not isinstance(shape.get("mask"), str):
        raise LabelError("shape-type", "A mask shape needs two corners and its picture.")
    (left, top), (right, bottom) = ((int(x), int(y)) for x, y in points)
    if not (-1 <= left <= right <= canvas.width and -1 <= top <= bottom <= canvas.height):
        raise LabelError("bad-points", "A mask shape lies outside of the image.")
    try:
        data = base64.b64decode(shape["mask"], validate=True)
    except (binascii.Error, ValueError):
        raise LabelError("not-a-label", "The picture of a mask shape is damaged.") from None
    inside = label_picture(data, bottom - top + 1, right - left + 1, PictureKind.MASK) > 0
    stencil = Image.fromarray(inside.astype(np.uint8) * np.uint8(255))
    canvas.paste(number, (left, top), stencil)
