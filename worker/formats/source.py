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
"""Classes, in lower case, that tools use for background."""
NAME_LIMIT = 80
"""Most characters of a lesion's name."""
IMAGE_ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".dcm", ".dicom"}


class LabelError(ValueError):
    """A label that cannot be used.

    Args:
        code: a stable code.
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
        code: a stable code.
        reason: one sentence that says what to do.
        bad: whether a label is lost. Otherwise something was left out that is not a label, such as
            a point.
    """

    name: str
    code: str
    reason: str
    bad: bool = True


@dataclass(frozen=True, slots=True)
class Labelled:
    """An image with its label, neither decoded yet.

    Attributes:
        name: the image's file, for reports.
        key: its name in the table of samples.
        image: returns the image file's bytes; may raise LabelError.
        labels: returns uint8 [H,W] lesion numbers for a frame of H rows and W columns; may raise
            LabelError.
        names: names of lesions by number.
        classes: class names of lesions by number, if the format states them.
        classify: returns the class names from the lesion numbers if the label itself must be read
            for them; may raise LabelError.
        original: returns the bytes of a file that may have the same picture before compression, and
            then replaces `image`; may raise LabelError.
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
    """Files by path."""

    @property
    def names(self) -> Sequence[str]:
        """Paths with slashes, sorted."""

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Return all bytes of a file; raise LabelError if it is damaged or over the limit."""

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        """Like `read`, but yield one piece at a time."""


def is_image(name: str) -> bool:
    """Whether a file has an image's suffix."""
    return PurePosixPath(name).suffix.lower() in IMAGE_ENDINGS


def number(value: object) -> float:
    """Return a finite number.

    Raises:
        LabelError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e6:
        raise LabelError(
            "bad-points", "A coordinate is not a number, or lies far outside of the image."
        )
    return float(value)


def points_of(values: object) -> list[tuple[float, float]]:
    """Return the points of `[[x, y], …]`.

    Raises:
        LabelError: they are not points.
    """
    if not isinstance(values, list):
        raise LabelError("bad-points", "The points of a shape are not a list.")
    found = []
    for value in values:
        if not isinstance(value, list) or len(value) != 2:
            raise LabelError("bad-points", "A point is not a pair of x and y.")
        found.append((number(value[0]), number(value[1])))
    return found


def require_inside(points: NDArray[np.float64], height: int, width: int) -> None:
    """Refuse an outline that extends far beyond the image.

    Rounding and careless drawing do not go that far: it was drawn on another image, or in other
    units.

    Args:
        points: [N,2] (x, y), px.

    Raises:
        LabelError: a point is outside by more than a tenth of the longer side.
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
    """Return a whole number, even if written as 1.0; None for anything else."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if type(value) is int else None


def require_size(given: tuple[object, object], height: int, width: int) -> None:
    """Refuse a label whose size, (rows, columns), differs from its image's.

    Raises:
        LabelError: the sizes differ; the message states both.
    """
    if given != (height, width):
        raise LabelError(
            "size-differs",
            f"The label has {given[1]} × {given[0]} pixels and the image {width} × {height}; "
            "draw it on this image.",
        )


def clean_name(value: object) -> str:
    """Return a lesion's name in a form that can be stored."""
    text = "".join(c for c in str(value or "") if c.isprintable()).strip()
    return text[:NAME_LIMIT]
