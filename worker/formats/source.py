"""The input and output of readers: files of an archive, labelled images, findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

BACKGROUNDS = {
    *("background", "_background_", "__background__", "__ignore__", "ignore", "ignored", "void"),
    *("unlabeled", "unlabelled"),
}
"""Classes, in lower case, that tools give to what is no object."""
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
    """A file that cannot be used, and why.

    Attributes:
        name: the file.
        code: a stable word.
        reason: one sentence that says what to do.
        bad: a label is lost. Otherwise something was left out that is no label, such as a point.
    """

    name: str
    code: str
    reason: str
    bad: bool = True


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
        classes: names of the classes of lesions by number, as far as the format says.
        classify: gives these out of the lesion numbers where the label itself has to be read for
            them; may raise LabelError.
        original: gives the bytes of a file that may hold the same picture before compression, and
            then stands for `image`; may raise LabelError.
    """

    name: str
    key: str
    image: Callable[[], bytes]
    labels: Callable[[int, int], NDArray[np.uint8]]
    names: Mapping[int, str] = field(default_factory=dict)
    original: Callable[[], bytes] | None = None
    classes: Mapping[int, str] = field(default_factory=dict)
    classify: Callable[[NDArray[np.uint8]], Mapping[int, str]] | None = None


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


def is_image(name: str) -> bool:
    """Whether a file is called like an image."""
    return PurePosixPath(name).suffix.lower() in IMAGE_ENDINGS


def number(value: object) -> float:
    """A finite number.

    Raises:
        LabelError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e6:
        raise LabelError("bad-points", "A coordinate is no number, or far outside of the image.")
    return float(value)


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


def require_inside(points: NDArray[np.float64], height: int, width: int) -> None:
    """Refuse an outline that goes further beyond the image than a tool's rounding or a slip of the
    hand: it was drawn on another one, or in other units.

    Args:
        points: [N,2] (x, y), px.

    Raises:
        LabelError: a point lies further outside than a tenth of the longer side.
    """
    slack = 0.1 * max(height, width)
    if len(points) and bool(
        (points < -slack).any() or (points > np.array([width, height]) + slack).any()
    ):
        raise LabelError(
            "bad-points",
            f"A point lies far outside of the image of {width} × {height} pixels; draw the outline "
            "on this image, in its pixels.",
        )


def whole(value: object) -> int | None:
    """A whole number, also one that was written as 1.0; None for anything else."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if type(value) is int else None


def require_size(given: tuple[object, object], height: int, width: int) -> None:
    """Refuse a label of another size, (rows, columns), than its image's.

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
