"""COCO's run-length code is read as pycocotools writes it, and anything else is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from worker.formats.coco_masks import decode_counts, text_counts
from worker.formats.source import LabelError

SIDES = st.integers(1, 40)
MASKS = st.tuples(SIDES, SIDES).flatmap(lambda shape: arrays(np.bool_, shape))


@settings(max_examples=300, deadline=None)
@given(MASKS)
def test_a_code_of_pycocotools_is_the_same_mask(mask: NDArray[np.bool_]) -> None:
    code = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    counts = text_counts(code["counts"].decode())
    assert np.array_equal(decode_counts(counts, *mask.shape), mask)


def test_long_runs_and_large_differences() -> None:
    mask = np.zeros((3000, 2000), bool)
    mask[5:2900, 100:1500] = True
    mask[7, 1999] = True
    code = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    assert np.array_equal(decode_counts(text_counts(code["counts"].decode()), 3000, 2000), mask)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        assert decode_counts(text_counts(text), 20, 30).shape == (20, 30)
    except LabelError as error:
        assert error.code == "bad-code"


@pytest.mark.parametrize(
    "counts", [[], [600, 1], [-1, 601], [2**70], [1.5, 598.5], ["600"], [True, 599], [None]]
)
def test_counts_of_another_size_are_refused(counts: list) -> None:
    with pytest.raises(LabelError):
        decode_counts(counts, 20, 30)
