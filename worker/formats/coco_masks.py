"""Decoding of COCO's outlines and run-length codes to pixels, in bounded time and memory.

Run-length codes are decoded here, since pycocotools trusts them; polygons are measured, then
pycocotools fills them to a code.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from worker.formats.source import LabelError, number, require_inside, require_size, whole

MOST_PAINTED = 2_000_000_000
"""Most pixels in the boxes of one image's annotations together: a few seconds' work."""
LONGEST_OUTLINE = 8_000_000
"""Most pixels along a polygon: pycocotools uses about 80 bytes for each."""
_DAMAGED = "A run-length code is damaged; write the file again."


def painted(
    segmentations: Sequence[object], numbers: Sequence[int], height: int, width: int
) -> NDArray[np.uint8]:
    """Paint lesion numbers uint8 [H,W]; a pixel in two segmentations belongs to the first.

    Raises:
        LabelError: one is not an outline or code of this size, or they are too large.
    """
    flat = np.zeros(height * width, np.uint8)  # by columns, as COCO counts
    spent = 0
    for segmentation, lesion in zip(segmentations, numbers, strict=True):
        for lengths in _codes(segmentation, height, width):
            first = int(lengths[0]) if len(lengths) else 0
            tail = int(lengths[-1]) if len(lengths) % 2 else 0
            span = flat[first : height * width - tail]
            spent += len(span) + len(lengths)
            if spent > MOST_PAINTED:
                raise LabelError("too-many", "The annotations of the image are too many to paint.")
            inner = lengths[1 : len(lengths) - (len(lengths) % 2)] if len(lengths) > 1 else ()
            if len(inner):
                inside = np.repeat(np.arange(len(inner)) % 2 == 0, inner)
                span[inside & (span == 0)] = lesion
    return np.ascontiguousarray(flat.reshape(width, height).T)


def _codes(segmentation: object, height: int, width: int) -> list[NDArray[np.int64]]:
    """Run lengths of each part of a segmentation."""
    if isinstance(segmentation, dict):
        size = segmentation.get("size")
        if not isinstance(size, list) or len(size) != 2:
            raise LabelError("bad-code", _DAMAGED)
        require_size((whole(size[0]), whole(size[1])), height, width)
        counts = segmentation.get("counts")
        return [checked(counts if isinstance(counts, list) else text_counts(counts), height, width)]
    if not isinstance(segmentation, list) or not segmentation:
        raise LabelError("no-label", "An annotation has a box only; draw its outline.")
    if not isinstance(segmentation[0], list):
        segmentation = [segmentation]  # one outline without the surrounding list
    outlines = [_outline(values, height, width) for values in segmentation]
    # A point or a line beside an outline has no area; alone it is not a label.
    polygons = [outline for outline in outlines if len(outline) >= 6]
    if not polygons:
        raise LabelError("bad-points", "A polygon needs at least three pairs of x and y.")
    codes = coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))
    return [checked(text_counts(codes["counts"].decode("ascii")), height, width)]


def _outline(values: object, height: int, width: int) -> list[float]:
    if not isinstance(values, list) or len(values) % 2:
        raise LabelError("bad-points", "A polygon needs at least three pairs of x and y.")
    points = np.array([number(value) for value in values]).reshape(-1, 2)
    require_inside(points, height, width)
    # Parts outside the image are clipped: pycocotools uses memory in proportion to an edge's
    # length.
    points = np.clip(points, (-1, -1), (width + 1, height + 1))
    if len(points) and np.abs(np.diff(points, axis=0)).max(axis=1).sum() > LONGEST_OUTLINE:
        raise LabelError("too-large", "An outline runs to and fro across the image; draw it anew.")
    return list(points.ravel())


def checked(counts: Sequence[object], height: int, width: int) -> NDArray[np.int64]:
    """Return alternating run lengths of background and lesion, column by column.

    Raises:
        LabelError: they do not encode this many pixels.
    """
    lengths = [whole(count) for count in counts]
    if not all(length is not None and 0 <= length <= height * width for length in lengths):
        raise LabelError("bad-code", _DAMAGED)
    found = np.array(lengths, np.int64)
    if int(found.sum()) != height * width:
        raise LabelError("bad-code", _DAMAGED)
    return found


def decode_counts(counts: Sequence[object], height: int, width: int) -> NDArray[np.bool_]:
    """Decode bool [H,W] from alternating run lengths of background and lesion, column by column.

    Raises:
        LabelError: it does not encode this many pixels.
    """
    lengths = checked(counts, height, width)
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(width, height).T


def text_counts(text: object) -> list[int]:
    """Decode COCO's compressed lengths: 5 bits per character, differences from the third on.

    Raises:
        LabelError: it is not such a code.
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
