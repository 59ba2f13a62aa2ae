"""Label pictures of archives, decoded by whoever is set to: a process that may die of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
from numpy.typing import NDArray

from worker.formats.pictures import Legend, PictureKind, decode_label

Decode = Callable[[bytes, int, int, PictureKind, Legend | None], NDArray[np.uint8]]
"""As `decode_label`."""

_decode: ContextVar[Decode] = ContextVar("decode", default=decode_label)


def label_picture(
    data: bytes, height: int, width: int, says: PictureKind, legend: Legend | None = None
) -> NDArray[np.uint8]:
    """`decode_label`, where it was said to be done.

    Raises:
        LabelError: it is no label, or could mean more than one thing.
    """
    return _decode.get()(data, height, width, says, legend)


@contextmanager
def decoded_by(decode: Decode) -> Iterator[None]:
    """Have label pictures decoded by this within the block; without it this process does."""
    before = _decode.set(decode)
    try:
        yield
    finally:
        _decode.reset(before)
