"""Decoding of an archive's label pictures, possibly in a process that a file may kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
from numpy.typing import NDArray

from worker.formats.pictures import Legend, PictureKind, decode_label

Decode = Callable[[bytes, int, int, PictureKind, Legend | None], NDArray[np.uint8]]
"""The signature of `decode_label`."""

_decode: ContextVar[Decode] = ContextVar("decode", default=decode_label)


def label_picture(
    data: bytes, height: int, width: int, says: PictureKind, legend: Legend | None = None
) -> NDArray[np.uint8]:
    """`decode_label`, through the decoder set by `decoded_by`.

    Raises:
        LabelError: it is not a label, or is ambiguous.
    """
    return _decode.get()(data, height, width, says, legend)


@contextmanager
def decoded_by(decode: Decode) -> Iterator[None]:
    """Decode label pictures with this function in the block; by default this process does."""
    before = _decode.set(decode)
    try:
        yield
    finally:
        _decode.reset(before)
