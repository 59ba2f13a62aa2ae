"""The image of a label: the one that was drawn on, or a better copy of the same picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from worker.formats.pictures import same_picture
from worker.formats.source import LabelError, Labelled


class _Frame(Protocol):
    @property
    def pixels(self) -> NDArray[np.uint8]: ...


class _Image(Protocol):
    @property
    def frame(self) -> _Frame: ...


_Decoded = TypeVar("_Decoded", bound=_Image)


def image_of(
    labelled: Labelled, decode: Callable[[bytes], _Decoded], refused: type[Exception]
) -> _Decoded:
    """Return the decoded image; the file named by the label only if it has the same picture.

    Args:
        labelled: refers to its image.
        decode: decodes the bytes of a file to an image.
        refused: what `decode` raises for bytes that are not an image.

    Raises:
        LabelError: the image cannot be read.
        Exception: whatever `decode` raises for the image.
    """
    drawn_on = decode(labelled.image())
    if labelled.original is None:
        return drawn_on
    try:
        original = decode(labelled.original())
    except (LabelError, refused):
        return drawn_on
    same = same_picture(drawn_on.frame.pixels, original.frame.pixels)
    return original if same else drawn_on
