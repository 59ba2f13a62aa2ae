"""YOLO-seg: one text file per image, a line per outline with coordinates from 0 to 1.

A vertex lies inside its pixel, at ((column + ¼) / width, (row + ¼) / height): scaled back and
truncated to whole pixels, as in Ultralytics, or rounded, as in supervision, and filled with OpenCV,
it gives the mask bit for bit. The format supports neither holes nor lesions of several parts: a
hole is joined to the outline by a bridge, and each part of a lesion is a separate line.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from worker.formats.documents import TEXT_LIMIT, read_text, utf8_pieces
from worker.formats.matching import Index, listed
from worker.formats.polygons import centre_polygons
from worker.formats.sample import LESION, MOST_LESIONS, Category, Member, Notes, Sample
from worker.formats.source import (
    Finding,
    LabelError,
    Labelled,
    Read,
    Tree,
    clean_name,
    is_image,
)

_FOLDERS = {"train": "train", "val": "validation", "test": "test"}
_WITHIN = 0.25
"""px right of and below a pixel's corner: truncated or rounded, it gives this pixel."""
_ROUNDED = 0.01
"""px that may be lost with five or more decimals."""
_OVERSHOOT = 0.01
_LISTS_OF_NAMES = {"classes.txt", "obj.names"}
_NAMES_LIMIT = 1024 * 1024
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


class YoloWriter:
    """Writes images and text files in parallel folders, and `data.yaml`."""

    categories: tuple[Category, ...] = (LESION,)
    samples_per_file = 1
    layout = """images/SPLIT/NAME.png  the frame
labels/SPLIT/NAME.txt  a line `CLASS x y x y …` for each outline; empty: read, no lesion
data.yaml              for Ultralytics"""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Yield two files for each sample."""
        for sample in samples:
            yield f"images/{sample.split}/{sample.name}.png", [sample.frame_png]
            lines = "".join(f"{line}\n" for line in _lines(sample))
            yield f"labels/{sample.split}/{sample.name}.txt", [lines.encode()]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Yield `data.yaml`, which lists the existing parts.

        Without `path`, Ultralytics looks beside the file, wherever that is. It requires both
        `train` and `val`: if one has no images, it gets the other's.
        """
        there = {note["split"] for note in notes()}
        parts = {key: folder for key, folder in _FOLDERS.items() if folder in there}
        some = next(iter(parts.values()), "train")
        lines = {"train": some, "val": parts.get("train", some), **parts}
        text = "".join(f"{key}: images/{folder}\n" for key, folder in lines.items())
        names = "".join(f"  {one.number - 1}: {_yaml(one.name)}\n" for one in self.categories)
        yield "data.yaml", [f"{text}names:\n{names}".encode()]


def _yaml(name: str) -> str:
    """Write a name for YAML: plain if that is safe, else as JSON, which YAML reads."""
    return (
        name
        if name.isascii() and name.isalpha() and name.lower() not in _WORDS
        else json.dumps(name)
    )


def _lines(sample: Sample) -> Iterator[str]:
    for number in sample.numbers:
        for polygon in centre_polygons(sample.lesion(number)):
            yield f"{sample.category(number).number - 1} " + " ".join(
                f"{(x + _WITHIN) / sample.width:.7f} {(y + _WITHIN) / sample.height:.7f}"
                for x, y in polygon
            )


def read(tree: Tree) -> Read:
    """Yield images with their text files; each line is a lesion.

    The text file is under `labels` if the image is under `images`, else beside it, as in
    Ultralytics. An empty file means that there is no lesion; a missing one means nothing.
    """
    pairs, texts = _pairs(tree.names)
    names = _Names(tree)
    owners: dict[str, list[str]] = defaultdict(list)
    for image, text in pairs.items():
        if text:
            owners[text].append(image)
    for name, text in pairs.items():
        if not text:
            yield Finding(name, "no-label", "There is no text file for this image.")
        elif len(owners[text]) > 1:
            reason = f"{text} may belong to any of {listed(owners[text])}; rename them."
            yield Finding(name, "ambiguous", reason)
        else:
            labels = partial(_labels, tree, text)
            key, data = PurePosixPath(text).stem, partial(tree.read, name)
            yield Labelled(name, key, data, labels, classify=partial(_classes, names, tree, text))
    for text in texts:
        if text not in owners and "labels" in PurePosixPath(text).parts[:-1]:
            yield Finding(text, "no-image", "There is no image for this text file.")


def claims(tree: Tree) -> int:
    """Number of images with a text file that starts like YOLO's; 0 if none has a line."""
    found = {text for text in _pairs(tree.names)[0].values() if text}
    drawn = 0
    for text in found:
        try:
            start = next(utf8_pieces(tree, text, TEXT_LIMIT), b"")[:1000].split(b"\n")[0].split()
            if start:
                drawn += 1
                [float(value) for value in start[:5]]
        except (LabelError, ValueError):
            return 0
    return len(found) if drawn else int(bool(found))


def _pairs(names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The text file of every image that may have one, or "", and all text files."""
    texts = [name for name in names if name.lower().endswith(".txt")]
    index, found = Index(texts), {}
    for name in names:
        path = PurePosixPath(name)
        parts = path.parts
        if not is_image(name):
            continue
        wanted = [path]
        if "images" in parts[:-1]:
            at = len(parts) - 1 - parts[::-1].index("images")
            wanted = [PurePosixPath(*parts[:at], "labels", *parts[at + 1 :]), path]
        there = (index.get(place.with_suffix(".txt").parts) for place in wanted)
        text = next((names[0] for names in there if len(names) == 1), "")
        if text or "images" in parts[:-1]:
            found[name] = text
    return found, texts


class _Names:
    """Class names: `names` in a YAML, or one per line in `classes.txt`.

    Roboflow, CVAT and labelImg put these above or beside the text files.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name in tree.names:
            path = PurePosixPath(name)
            if path.suffix.lower() in (".yaml", ".yml") or path.name in _LISTS_OF_NAMES:
                self._files[path.parent.parts].append(name)
        self._read: dict[str, dict[int, str]] = {}

    def of(self, text: str) -> dict[int, str]:
        """Return names by number from the nearest folder above a text file that has any.

        Raises:
            LabelError: two files in that folder differ.
        """
        folders = PurePosixPath(text).parts[:-1]
        for length in range(len(folders), -1, -1):
            files = self._files.get(folders[:length], [])
            found = [names for file in files if (names := self._names(file))]
            if any(names != found[0] for names in found[1:]):
                raise LabelError("ambiguous", f"{listed(files)} name the classes differently.")
            if found:
                return found[0]
        return {}

    def _names(self, name: str) -> dict[int, str]:
        if name not in self._read:
            self._read[name] = _names_in(name, read_text(self._tree, name, _NAMES_LIMIT))
        return self._read[name]


def _names_in(name: str, text: str) -> dict[int, str]:
    if PurePosixPath(name).name in _LISTS_OF_NAMES:
        return dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}  # about something else
    names = document.get("names") if isinstance(document, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict):
        return {}
    return {
        number: str(called)
        for number, called in names.items()
        if type(number) is int and isinstance(called, str | int | float)
    }


def _classes(names: _Names, tree: Tree, name: str, _labels: NDArray[np.uint8]) -> dict[int, str]:
    """The class of each line, in order."""
    called = names.of(name)
    lines = [line.split() for line in read_text(tree, name).splitlines()]
    kinds = [line[0] for line in lines if line]
    found = {}
    for number, kind in enumerate(kinds, 1):
        at = int(kind) if kind.isascii() and kind.isdigit() and len(kind) < 6 else None
        found[number] = clean_name(called.get(at, f"class {kind}") if at is not None else kind)
    return found if called or set(kinds) != {"0"} else {}


def _labels(tree: Tree, name: str, height: int, width: int) -> NDArray[np.uint8]:
    lines = [line.split() for line in read_text(tree, name).splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > MOST_LESIONS:
        raise LabelError("too-many", f"An image has at most {MOST_LESIONS} lesions.")
    outlines = []
    for line in lines:
        values = line[1:]
        if len(values) < 6 or len(values) % 2:
            raise LabelError("bad-points", "A line is not an outline; boxes are not enough.")
        try:
            points = np.array(values, np.float64).reshape(-1, 2)
        except ValueError:
            raise LabelError("bad-points", "A coordinate is no number.") from None
        # Ultralytics allows points to be outside by this much, which rounding causes.
        if not (points >= -_OVERSHOOT).all() or not (points <= 1 + _OVERSHOOT).all():
            raise LabelError("bad-points", "Coordinates go from 0 to 1.")
        # As in Ultralytics: truncate to whole pixels, apart from what decimals lost at their edges.
        scaled = (np.clip(points, 0, 1) * (width, height) + _ROUNDED).astype(np.int32)
        outlines.append(np.minimum(scaled, (width - 1, height - 1)).astype(np.int32))
    labels = np.zeros((height, width), np.uint8)
    # A pixel in two outlines belongs to the first, which is therefore painted last.
    for number, outline in reversed(list(enumerate(outlines, 1))):
        cv2.fillPoly(labels, [outline], number)
    return labels
