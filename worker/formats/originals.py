"""The image of a label: what was drawn on, or the better copy of the same picture."""

from __future__ import annotations

from collections.abc import Callable

from worker.formats.pictures import same_picture
from worker.formats.source import LabelError, Labelled
from worker.ingest import Decoded, DecodeError


def image_of(labelled: Labelled, decode: Callable[[bytes], Decoded]) -> Decoded:
    """The decoded image; the file that the label names only where it has the same picture.

    Raises:
        DecodeError: the image cannot be decoded.
        LabelError: it cannot be read.
    """
    drawn_on = decode(labelled.image())
    if labelled.original is None:
        return drawn_on
    try:
        original = decode(labelled.original())
    except (DecodeError, LabelError):
        return drawn_on
    same = same_picture(drawn_on.frame.pixels, original.frame.pixels)
    return original if same else drawn_on
