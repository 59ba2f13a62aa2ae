"""The image of a label: what was drawn on, or the better copy of the same picture."""

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
    """The decoded image; the file that the label names only where it has the same picture.

    Args:
        labelled: says where its image is.
        decode: makes an image of the bytes of a file.
        refused: what `decode` raises for bytes that are no image.

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
