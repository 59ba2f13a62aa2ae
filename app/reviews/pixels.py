"""Comparing what two people drew by their run-length codes; the api never decodes pixels."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from app.label_sets.tables import LESION_CLASS_ID
from app.masks.tables import Mask


def same_answer(first: Mask, second: Mask) -> bool:
    """Whether two revisions agree: the same answer and, pixel by pixel, the same classes.

    The numbering of lesions within a class does not matter. A revision without runs of its own
    equals no other. Attributes of the image count; those of lesions count if both revisions have
    the same lesions.
    """
    if first.answer != second.answer or first.labels is None or second.labels is None:
        return False
    one, other = first.labels, second.labels
    if one.get("image_attributes", {}) != other.get("image_attributes", {}):
        return False
    if one["runs"] == other["runs"] and one.get("attributes", {}) != other.get("attributes", {}):
        return False
    return _covered(one, one["runs"]) == _covered(other, other["runs"]) and _layers(one) == _layers(
        other
    )


def _layers(labels: Mapping[str, Any]) -> dict[str, list[tuple[str, int]]]:
    return {
        layer["class_id"]: _covered(labels, layer["runs"]) for layer in labels.get("overlays", ())
    }


def _covered(labels: Mapping[str, Any], runs: Sequence[int]) -> list[tuple[str, int]]:
    """Return runs of one class or the background each, whatever the lesions' numbers."""
    classes = labels.get("classes", {})
    pairs = (
        (classes.get(str(label), str(LESION_CLASS_ID)) if label else "", length)
        for label, length in zip(runs[::2], runs[1::2], strict=True)
    )
    return [
        (kind, sum(length for _, length in group))
        for kind, group in groupby(pairs, key=lambda pair: pair[0])
    ]
