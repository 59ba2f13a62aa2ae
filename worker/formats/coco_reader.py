"""Reading COCO that others wrote: nothing in it is believed before it is looked at."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import PurePosixPath
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from worker.formats.sample import MOST_LESIONS, SPLITS
from worker.formats.source import (
    Finder,
    Finding,
    LabelError,
    Labelled,
    Read,
    Tree,
    clean_name,
    items,
    number,
    require_size,
    words_in,
)

_DAMAGED = "A run-length code is damaged; write the file again."
_NOT_COCO = "This is no COCO file: it lacks images or annotations."


def read(tree: Tree) -> Read:
    """Every COCO file with its images. Each annotation is a lesion, whatever its category.

    Run-length codes are decoded here, since pycocotools trusts them; polygons are checked and
    then filled by pycocotools. A pixel in two annotations belongs to the first. An image without
    annotations has no lesion.

    Annotations wait for their image on disk, so memory does not grow with the file.
    """
    finder, there = Finder(tree.names), set(tree.names)
    for name in tree.names:
        if not name.lower().endswith(".json"):
            continue
        path = PurePosixPath(name)
        twin = path.with_name(path.name.replace("polygons_", "instances_", 1)).as_posix()
        if twin != name and twin in there:
            continue  # the same annotations once more
        try:
            if len(words_in(tree, name, (b'"images"', b'"annotations"'))) < 2:
                continue  # a manifest or the like
            with closing(Annotations(_entries(tree, name, "annotations"))) as annotations:
                yield from _images(tree, finder, name, annotations)
        except LabelError as error:
            yield Finding(name, error.code, error.reason)


def _entries(tree: Tree, name: str, key: str) -> Iterator[dict[str, Any]]:
    for entry in items(tree, name, f"{key}.item"):
        if not isinstance(entry, dict):
            raise LabelError("not-coco", _NOT_COCO)
        yield entry


class Annotations:
    """The annotations of one file by image, in a database that SQLite keeps on disk and removes."""

    def __init__(self, entries: Iterable[dict[str, Any]]) -> None:
        self._database = sqlite3.connect("")
        self._database.execute("CREATE TABLE annotation (image TEXT, entry TEXT)")
        self._database.executemany(
            "INSERT INTO annotation VALUES (?, ?)",
            ((str(entry.get("image_id")), json.dumps(entry)) for entry in entries),
        )
        self._database.execute("CREATE INDEX of_image ON annotation (image)")

    def of(self, image: object) -> list[dict[str, Any]]:
        """Those of an image, in their order in the file."""
        rows = self._database.execute(
            "SELECT entry FROM annotation WHERE image = ? ORDER BY rowid", (str(image),)
        )
        return [json.loads(row[0]) for row in rows]

    def close(self) -> None:
        """Remove the database."""
        self._database.close()


def _images(
    tree: Tree, finder: Finder, name: str, annotations: Annotations
) -> Iterator[Labelled | Finding]:
    hint = next((split for split in SPLITS if split in PurePosixPath(name).stem), "")
    image = None
    for image in _entries(tree, name, "images"):
        said = f"{name}#{str(image.get('file_name'))[:200]}"
        try:
            path = finder.find(image.get("file_name"), name, hint)
            drawn = annotations.of(image.get("id"))
            numbers = _numbers(drawn)
        except LabelError as error:
            yield Finding(said, error.code, error.reason)
            continue
        names = {
            lesion: text
            for annotation, lesion in zip(drawn, numbers, strict=True)
            if (text := clean_name(annotation.get("name")))
        }
        size = image.get("height"), image.get("width")
        labels = partial(_labels, drawn, numbers, size)
        yield Labelled(path, PurePosixPath(path).stem, partial(tree.read, path), labels, names)
    if image is None:
        raise LabelError("not-coco", _NOT_COCO)


def _numbers(annotations: Sequence[dict[str, Any]]) -> list[int]:
    given = [annotation.get("lesion") for annotation in annotations]
    if all(type(one) is int and 1 <= one <= MOST_LESIONS for one in given):
        return cast(list[int], given)
    if len(annotations) > MOST_LESIONS:
        raise LabelError("too-many", f"An image has at most {MOST_LESIONS} lesions.")
    return list(range(1, len(annotations) + 1))


def _labels(
    annotations: Sequence[dict[str, Any]],
    numbers: Sequence[int],
    size: tuple[object, object],
    height: int,
    width: int,
) -> NDArray[np.uint8]:
    if type(size[0]) is int and type(size[1]) is int:
        require_size((size[0], size[1]), height, width)
    labels = np.zeros((height, width), np.uint8)
    for annotation, lesion in zip(annotations, numbers, strict=True):
        inside = _filled(annotation.get("segmentation"), height, width)
        labels[inside & (labels == 0)] = lesion
    return labels


def _filled(segmentation: object, height: int, width: int) -> NDArray[np.bool_]:
    if isinstance(segmentation, dict):
        size = segmentation.get("size")
        if not isinstance(size, list) or len(size) != 2:
            raise LabelError("bad-code", _DAMAGED)
        require_size((size[0], size[1]), height, width)
        counts = segmentation.get("counts")
        return decode_counts(
            counts if isinstance(counts, list) else text_counts(counts), height, width
        )
    if not isinstance(segmentation, list) or not segmentation:
        raise LabelError("no-label", "An annotation has a box only; draw its outline.")
    polygons = []
    for values in segmentation:
        if not isinstance(values, list) or len(values) < 6 or len(values) % 2:
            raise LabelError("bad-points", "A polygon needs at least three pairs of x and y.")
        points = np.array([number(value) for value in values]).reshape(-1, 2)
        # What lies outside cannot be seen; pycocotools takes memory by the length of an edge.
        points = np.clip(points, (-1, -1), (width + 1, height + 1))
        polygons.append(points.ravel().tolist())
    codes = coco_mask.frPyObjects(polygons, height, width)
    return np.asarray(coco_mask.decode(coco_mask.merge(codes)), bool)


def decode_counts(counts: Sequence[object], height: int, width: int) -> NDArray[np.bool_]:
    """bool [H,W] of a run-length code: lengths of background and lesion in turn, by columns.

    Raises:
        LabelError: it is not the code of so many pixels.
    """
    if not all(type(count) is int and 0 <= count <= height * width for count in counts):
        raise LabelError("bad-code", _DAMAGED)
    lengths = np.array(counts, np.int64)
    if int(lengths.sum()) != height * width:
        raise LabelError("bad-code", _DAMAGED)
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(width, height).T


def text_counts(text: object) -> list[int]:
    """Lengths out of COCO's compressed code: 5 bits a character, differences from the third on.

    Raises:
        LabelError: it is none.
    """
    if not isinstance(text, str):
        raise LabelError("bad-code", _DAMAGED)
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise LabelError("bad-code", _DAMAGED)
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    if shift:
        raise LabelError("bad-code", _DAMAGED)
    return counts
