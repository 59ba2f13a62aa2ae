"""Comparing what two people drew by their run-length codes; the api never decodes pixels."""

from itertools import groupby

from app.masks.tables import Mask


def same_answer(first: Mask, second: Mask) -> bool:
    """Whether two revisions say the same: the same answer and, pixel by pixel, the same mask.

    Which lesion is which does not matter. A revision without runs of its own equals none.
    """
    if first.answer != second.answer or first.labels is None or second.labels is None:
        return False
    return _covered(first.labels["runs"]) == _covered(second.labels["runs"])


def _covered(runs: list[int]) -> list[tuple[bool, int]]:
    """Runs of lesion and background in turn, whatever the lesions' numbers."""
    pairs = ((label > 0, length) for label, length in zip(runs[::2], runs[1::2], strict=True))
    return [
        (lesion, sum(length for _, length in group))
        for lesion, group in groupby(pairs, key=lambda pair: pair[0])
    ]
