"""Outlines in XML: "CVAT for images" (one file of many images), LabelMe 3.0 and VOC (one for each).

The first two have coordinates along the edges of pixels, like COCO, and are filled in the same way.
Pascal VOC's own XML has only boxes; supervision and Roboflow add outlines to it, through the
centres of pixels counted from 1, and fill them with OpenCV. Formats: docs.cvat.ai (XML annotation
format), labelme.csail.mit.edu/Release3.0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any, cast
from xml.etree import ElementTree as Xml

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.formats.coco_masks import painted
from worker.formats.documents import JSON_LIMIT, utf8_pieces
from worker.formats.matching import Finder, listed
from worker.formats.sample import CATEGORY, MOST_LESIONS
from worker.formats.source import (
    BACKGROUNDS,
    Finding,
    LabelError,
    Labelled,
    Read,
    Tree,
    clean_name,
    require_inside,
    require_size,
)

MOST_ELEMENTS = 200_000
"""Most elements of one image; they are held in memory."""
DEEPEST = 32
_DAMAGED = "This is not an intact XML file of labels; export it from its tool again."
_OUTLINE_OF_VOC = b"<x1>"
_NO_OBJECT = (
    "The file names no object, which some tools also write where they leave out what is no box. "
    "Export the labels as COCO or as masks."
)
_OF_A_VIDEO = (
    "CVAT's video format numbers frames and names no images; export the task as "
    "“CVAT for images 1.1”."
)
_WITHOUT_AREA = {"points", "polyline", "tag", "skeleton", "cuboid"}


@dataclass
class _Drawn:
    """A file's drawings for one image."""

    image: str
    size: tuple[int | None, int | None]
    outlines: list[list[list[float]]] = field(default_factory=list)
    masks: list[tuple[int, int, int, int, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    """Names of the outlines, then of the masks."""
    heights: list[tuple[int, int]] = field(default_factory=list)
    """CVAT: `z_order` and place in the file of each label; a higher shape covers a lower one."""
    left_out: int = 0
    boxes: int = 0
    pictures: int = 0
    of_voc: bool = False


def read_cvat(tree: Tree) -> Read:
    """Yield the images of every CVAT file; each polygon, ellipse and mask is a lesion."""
    return _read(tree, is_cvat)


def read_labelme(tree: Tree) -> Read:
    """Yield every LabelMe 3.0 file that has an outline or no object."""
    return _read(tree, is_labelme)


def read_voc(tree: Tree) -> Read:
    """Yield every Pascal VOC XML; one without an object means "no lesion" if others have outlines.

    Label Studio omits polygons from these files.
    """
    outlined = any(_OUTLINE_OF_VOC in start for _, start in _files(tree) if is_voc(start))
    return _read(tree, is_voc, empty_says=outlined)


def is_cvat(start: bytes) -> bool:
    """Whether a file starts like CVAT's, including its video format."""
    return b"<annotations" in start and (b"<image" in start or b"<track" in start)


def is_labelme(start: bytes) -> bool:
    """Whether a file starts like LabelMe's, rather than Pascal VOC's."""
    return b"<annotation>" in start and b"<filename>" in start and not is_voc(start)


def is_voc(start: bytes) -> bool:
    """Whether a file starts like Pascal VOC's, with boxes and outlines or without any object."""
    marks = (b"<bndbox>", b"<segmented>", b"<size>")
    return b"<annotation" in start and any(mark in start for mark in marks)


def claims(tree: Tree) -> tuple[int, int, int]:
    """Number of images labelled in CVAT's, LabelMe's and VOC's XML."""
    cvat = labelme = voc = 0
    for _name, start in _files(tree):
        if is_cvat(start):
            cvat += max(1, start.count(b"<image "))
        elif is_labelme(start):
            labelme += 1
        else:
            voc += is_voc(start)
    return cvat, labelme, voc


def _files(tree: Tree) -> Iterator[tuple[str, bytes]]:
    for name in tree.names:
        if name.lower().endswith(".xml"):
            try:
                yield name, next(utf8_pieces(tree, name, errors="replace"), b"")
            except LabelError:
                continue


def _read(tree: Tree, wanted: Callable[[bytes], bool], empty_says: bool = True) -> Read:
    finder = Finder(tree.names)
    files = [name for name, start in _files(tree) if wanted(start)]
    owners: dict[str, list[str]] = defaultdict(list)
    damaged = set()
    for name in files:  # first, which files are about which image
        try:
            for drawn in _images(tree, name):
                try:
                    owners[finder.find(drawn.image, name).name].append(name)
                except LabelError as error:
                    yield Finding(f"{name}#{drawn.image[:200]}", error.code, error.reason)
        except LabelError as error:
            damaged.add(name)
            yield Finding(name, error.code, error.reason)
    for name in files:
        if name in damaged:
            continue
        for drawn in _images(tree, name):
            try:
                path = finder.find(drawn.image, name).name
            except LabelError:
                continue
            try:
                if len(owners[path]) > 1:
                    reason = f"{listed(owners[path])} label this image more than once; keep one."
                    raise LabelError("ambiguous", reason)
                if not (empty_says or drawn.labels or drawn.boxes):
                    raise LabelError("no-label", _NO_OBJECT)
                yield from _labelled(tree, path, drawn)
            except LabelError as error:
                yield Finding(path, error.code, error.reason)


def _labelled(tree: Tree, path: str, drawn: _Drawn) -> Read:
    if drawn.pictures:
        raise LabelError(
            "other-format",
            "An outline is in a picture of its own, which is not read here; export it as polygons, "
            "or as “CVAT for images”.",
        )
    if drawn.boxes:
        raise LabelError("no-label", "An annotation has a box only; draw its outline.")
    if drawn.left_out:
        if not drawn.labels:
            raise LabelError("shape-type", "No shape has an area; draw a polygon or a mask.")
        reason = f"{drawn.left_out} shapes without area were left out."
        yield Finding(path, "left-out", reason, bad=False)
    kept = [at for at, label in enumerate(drawn.labels) if label.lower() not in BACKGROUNDS]
    if len(kept) > MOST_LESIONS:
        raise LabelError("too-many", f"An image has at most {MOST_LESIONS} lesions.")
    names = {
        number: text
        for number, at in enumerate(kept, 1)
        if drawn.labels[at] != CATEGORY and (text := clean_name(drawn.labels[at]))
    }
    labels = partial(_labels, drawn, kept)
    classes = {number: clean_name(drawn.labels[at]) for number, at in enumerate(kept, 1)}
    image = partial(tree.read, path)
    yield Labelled(path, PurePosixPath(path).stem, image, labels, names, classes=classes)


def _labels(drawn: _Drawn, kept: Sequence[int], height: int, width: int) -> NDArray[np.uint8]:
    if drawn.size[0] and drawn.size[1]:
        require_size(drawn.size, height, width)
    segmentations: list[object] = []
    for at in kept:
        if drawn.of_voc:
            segmentations.append(_filled(drawn.outlines[at], height, width))
        elif at < len(drawn.outlines):
            segmentations.append(drawn.outlines[at])
        else:
            segmentations.append(_code(drawn.masks[at - len(drawn.outlines)], height, width))
    numbers = list(range(1, len(kept) + 1))
    if drawn.heights:  # the highest is painted first, because the first keeps its pixels
        numbers.sort(key=lambda number: drawn.heights[kept[number - 1]], reverse=True)
    return painted([segmentations[number - 1] for number in numbers], numbers, height, width)


def _code(mask: tuple[int, int, int, int, str], height: int, width: int) -> dict[str, object]:
    """Convert a CVAT mask to COCO's code.

    CVAT has run lengths by rows within a box, background first.
    """
    left, top, wide, high, text = mask
    if not (left >= 0 and 0 < wide <= width - left and top >= 0 and 0 < high <= height - top):
        raise LabelError("bad-points", "A mask lies outside of the image.")
    said = np.array([_number(run) for run in text.split(",")])
    if not (said >= 0).all() or said.sum() > wide * high:
        raise LabelError("bad-code", "A run-length code is damaged; write the file again.")
    runs = said.astype(np.int64)
    inside = np.zeros(wide * high, bool)
    inside[: runs.sum()] = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    whole = np.zeros((height, width), bool)
    whole[top : top + high, left : left + wide] = inside.reshape(high, wide)
    return _coded(whole)


def _filled(outlines: list[list[float]], height: int, width: int) -> dict[str, object]:
    """Encode one lesion's outlines in VOC's XML as COCO's code."""
    filled = np.zeros((height, width), np.uint8)
    for outline in outlines:
        points = np.array(outline).reshape(-1, 2)
        if len(points) < 3 or not np.isfinite(points).all():
            raise LabelError("bad-points", "A polygon needs at least three pairs of x and y.")
        require_inside(points, height, width)
        points = np.clip(np.rint(points) - 1, (-1, -1), (width, height))
        cv2.fillPoly(filled, [points.astype(np.int32)], 1)
    return _coded(filled > 0)


def _coded(whole: NDArray[np.bool_]) -> dict[str, object]:
    height, width = whole.shape
    flat = whole.T.ravel()
    ends = np.flatnonzero(np.diff(np.concatenate(([False], flat, [False])).astype(np.int8)))
    lengths = np.diff(np.concatenate(([0], ends, [height * width])))
    return {"size": [height, width], "counts": [int(length) for length in lengths]}


def _images(tree: Tree, name: str) -> Iterator[_Drawn]:
    """Read the drawings of each image from a file.

    Raises:
        LabelError: it is damaged or too large; images before the damage may be wrong as well.
    """
    parser: Any = Xml.XMLPullParser(("start", "end"))
    path: list[Xml.Element] = []
    count, before = 0, b""
    try:
        for piece in utf8_pieces(tree, name, JSON_LIMIT):
            if b"<!DOCTYPE" in before + piece or b"<!ENTITY" in before + piece:
                raise LabelError("not-xml", _DAMAGED)  # entities can expand to gigabytes
            before = piece[-10:]
            parser.feed(piece)
            for event, found in parser.read_events():
                element = cast(Xml.Element, found)
                if event == "start":
                    count += 1
                    path.append(element)
                    if len(path) > DEEPEST or count > MOST_ELEMENTS:
                        raise LabelError("too-large", "The XML has too much for one image.")
                    continue
                path.pop()
                if element.tag == "image" and len(path) == 1:
                    yield _of_cvat(element)
                    path[0].clear()
                    count = 0
                elif element.tag == "track" and len(path) == 1:
                    raise LabelError("numbered-frames", _OF_A_VIDEO)
                elif element.tag == "annotation" and not path:
                    yield (_of_voc if _has_marks_of_voc(element) else _of_labelme)(element)
        parser.close()
    except Xml.ParseError:
        raise LabelError("not-xml", _DAMAGED) from None


def _of_cvat(image: Xml.Element) -> _Drawn:
    drawn = _Drawn(
        image.get("name") or "", (_whole(image.get("height")), _whole(image.get("width")))
    )
    masks, mask_heights = [], []
    for at, shape in enumerate(image):
        label = shape.get("label") or ""
        height = (_whole(shape.get("z_order")) or 0, at)
        if shape.tag == "polygon":
            points = [pair.split(",") for pair in (shape.get("points") or "").split(";")]
            drawn.outlines.append([[_number(value) for pair in points for value in pair]])
            drawn.labels.append(label)
            drawn.heights.append(height)
        elif shape.tag == "ellipse":
            drawn.outlines.append([_ellipse(shape)])
            drawn.labels.append(label)
            drawn.heights.append(height)
        elif shape.tag == "mask":
            box = [_whole(shape.get(key)) for key in ("left", "top", "width", "height")]
            left, top, wide, high = (-1 if value is None else value for value in box)
            drawn.masks.append((left, top, wide, high, shape.get("rle") or ""))
            masks.append(label)
            mask_heights.append(height)
        elif shape.tag == "box":
            drawn.boxes += 1
        else:
            drawn.left_out += shape.tag in _WITHOUT_AREA
    drawn.labels += masks
    drawn.heights += mask_heights
    return drawn


def _of_labelme(annotation: Xml.Element) -> _Drawn:
    size = annotation.findtext("imagesize/nrows"), annotation.findtext("imagesize/ncols")
    drawn = _Drawn(
        (annotation.findtext("filename") or "").strip(), (_whole(size[0]), _whole(size[1]))
    )
    for shape in annotation.iterfind("object"):
        if (shape.findtext("deleted") or "").strip() == "1":
            continue
        points = shape.findall("polygon/pt")
        if shape.find("segm") is not None:
            drawn.pictures += 1
            continue
        if not points or (shape.findtext("type") or "").strip() == "bounding_box":
            drawn.boxes += 1
            continue
        outline = [_number(point.findtext(axis)) for point in points for axis in ("x", "y")]
        drawn.outlines.append([outline])
        drawn.labels.append((shape.findtext("name") or "").strip())
    return drawn


def _has_marks_of_voc(annotation: Xml.Element) -> bool:
    return any(annotation.find(mark) is not None for mark in ("size", "segmented", "object/bndbox"))


def _of_voc(annotation: Xml.Element) -> _Drawn:
    size = annotation.findtext("size/height"), annotation.findtext("size/width")
    drawn = _Drawn(
        (annotation.findtext("filename") or "").strip(), (_whole(size[0]), _whole(size[1]))
    )
    drawn.of_voc = True
    for shape in annotation.iterfind("object"):
        outlines = [
            [_number(value.text) for value in polygon] for polygon in shape.iterfind("polygon")
        ]
        if not outlines:
            drawn.boxes += 1
            continue
        drawn.outlines.append(outlines)
        drawn.labels.append((shape.findtext("name") or "").strip())
    return drawn


def _ellipse(shape: Xml.Element) -> list[float]:
    centre = [_number(shape.get(key)) for key in ("cx", "cy")]
    radius = [_number(shape.get(key)) for key in ("rx", "ry")]
    turn = np.deg2rad(_number(shape.get("rotation") or "0"))
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    across, along = radius[0] * np.cos(angles), radius[1] * np.sin(angles)
    x = centre[0] + across * np.cos(turn) - along * np.sin(turn)
    y = centre[1] + across * np.sin(turn) + along * np.cos(turn)
    return [float(value) for value in np.stack((x, y), axis=1).ravel()]


def _number(text: str | None) -> float:
    """Return a number, or NaN if it is invalid, which painting refuses."""
    try:
        found = float(text or "")
    except ValueError:
        return float("nan")
    return found if abs(found) <= 1e6 else float("nan")


def _whole(text: str | None) -> int | None:
    found = _number(text)
    return int(found) if found.is_integer() else None
