"""What readers read from and what they give: files of an archive, labelled images, findings."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Protocol

import ijson
import numpy as np
from numpy.typing import NDArray

JSON_LIMIT = 256 * 1024 * 1024
"""Bytes of one JSON file of annotations."""
NOT_JSON = "This is no JSON; export it from its tool again."
NAME_LIMIT = 80
"""Characters of a lesion's name."""
IMAGE_ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".dcm", ".dicom"}


class LabelError(ValueError):
    """A label that cannot be used.

    Args:
        code: a stable word.
        reason: one sentence that says what to do.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that cannot be used, and why."""

    name: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """An image with its label, neither of them decoded yet.

    Attributes:
        name: the image's file, for reports.
        key: what the table of samples calls it.
        image: gives the image file's bytes; may raise LabelError.
        labels: gives uint8 [H,W] lesion numbers for a frame of H rows and W columns; may raise
            LabelError.
        names: of lesions by number.
    """

    name: str
    key: str
    image: Callable[[], bytes]
    labels: Callable[[int, int], NDArray[np.uint8]]
    names: Mapping[int, str] = field(default_factory=dict)


Read = Iterator[Labelled | Finding]


class Tree(Protocol):
    """Files by their paths."""

    @property
    def names(self) -> Sequence[str]:
        """Paths with slashes, sorted."""

    def read(self, name: str, limit: int | None = None) -> bytes:
        """All bytes of a file; LabelError where it is damaged or larger than the limit."""

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        """As `read`, a piece at a time."""


def read_json(tree: Tree, name: str) -> Any:
    """The value in a JSON file.

    Raises:
        LabelError: it is no JSON.
    """
    try:
        return json.loads(tree.read(name, JSON_LIMIT))
    except (ValueError, RecursionError) as error:
        if isinstance(error, LabelError):
            raise
        raise LabelError("not-json", NOT_JSON) from None


def words_in(tree: Tree, name: str, words: Sequence[bytes]) -> set[bytes]:
    """Which of these words are anywhere in a JSON file.

    Raises:
        LabelError: it is damaged or too large.
    """
    found: set[bytes] = set()
    longest, before = max(map(len, words)), b""
    for piece in tree.pieces(name, JSON_LIMIT):
        text = before + piece
        found.update(word for word in words if word in text)
        if len(found) == len(words):
            break
        before = text[-longest:]
    return found


def items(tree: Tree, name: str, prefix: str) -> Iterator[Any]:
    """The values of a list in a JSON file one by one, so that the file may be larger than memory.

    Args:
        prefix: where the list is, as ijson names it, such as `images.item`.

    Raises:
        LabelError: it is no JSON, damaged or too large.
    """
    found: list[Any] = ijson.sendable_list()
    parser = ijson.items_coro(found, prefix, use_float=True)
    try:
        for piece in tree.pieces(name, JSON_LIMIT):
            parser.send(piece)
            yield from found
            found.clear()
        parser.close()
    except (ijson.JSONError, UnicodeDecodeError, RecursionError, OverflowError):
        raise LabelError("not-json", NOT_JSON) from None
    yield from found


def is_image(name: str) -> bool:
    """Whether a file is called like an image."""
    return PurePosixPath(name).suffix.lower() in IMAGE_ENDINGS


class Finder:
    """Finds the image that a label names, as written or by its last part if that is unique."""

    def __init__(self, names: Iterable[str]) -> None:
        self._all = set()
        self._by_last: dict[str, list[str]] = defaultdict(list)
        for name in names:
            if is_image(name):
                self._all.add(name)
                self._by_last[PurePosixPath(name).name].append(name)

    def find(self, given: object, near: str, hint: str = "") -> str:
        """The image's path.

        Args:
            given: what the label says.
            near: path of the label's file.
            hint: where several images are called so, the one with this folder.

        Raises:
            LabelError: there is none, or several.
        """
        if not isinstance(given, str) or not given:
            raise LabelError("no-image", "The label does not name its image.")
        # Tools on Windows write backslashes, and some the path on the machine of that day.
        path = PurePosixPath(given.replace("\\", "/"))
        beside = (PurePosixPath(near).parent / path).as_posix()
        for candidate in (beside, path.as_posix()):
            if candidate in self._all:
                return candidate
        found = self._by_last.get(path.name, [])
        if len(found) > 1 and hint:
            found = [name for name in found if hint in PurePosixPath(name).parts] or found
        if not found:
            raise LabelError("no-image", "The image that the label names is not in the archive.")
        if len(found) > 1:
            raise LabelError(
                "ambiguous", "Several images are called so; write the path in the label."
            )
        return found[0]


def number(value: object) -> float:
    """A finite number.

    Raises:
        LabelError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e6:
        raise LabelError("bad-points", "A coordinate is no number, or far outside of the image.")
    found = float(value)
    if found != found:
        raise LabelError("bad-points", "A coordinate is no number.")
    return found


def points_of(values: object) -> list[tuple[float, float]]:
    """Points out of `[[x, y], …]`.

    Raises:
        LabelError: they are none.
    """
    if not isinstance(values, list):
        raise LabelError("bad-points", "The points of a shape are no list.")
    found = []
    for value in values:
        if not isinstance(value, list) or len(value) != 2:
            raise LabelError("bad-points", "A point is not a pair of x and y.")
        found.append((number(value[0]), number(value[1])))
    return found


def require_size(given: tuple[int, int], height: int, width: int) -> None:
    """Refuse a label of another size than its image's.

    Raises:
        LabelError: names both.
    """
    if given != (height, width):
        raise LabelError(
            "size-differs",
            f"The label has {given[1]} × {given[0]} pixels and the image {width} × {height}; "
            "draw it on this image.",
        )


def clean_name(value: object) -> str:
    """A lesion's name as it can be stored."""
    text = "".join(c for c in str(value or "") if c.isprintable()).strip()
    return text[:NAME_LIMIT]
