"""The run-length code on the wire and arrays convert exactly both ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.masks.runs import check_runs
from worker.interactive import decode_runs, encode_runs

MAPS = arrays.arrays(
    np.uint8,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.sampled_from([0, 0, 1, 2, 254]),
)


@given(MAPS)
def test_a_map_comes_back_bit_for_bit_from_a_code_that_the_api_takes(labels: np.ndarray) -> None:
    height, width = labels.shape
    runs = encode_runs(labels)
    check_runs(runs, width, height)
    assert np.array_equal(decode_runs(runs, height, width), labels)


def test_masks_of_bool_have_the_code_of_zeros_and_ones() -> None:
    assert encode_runs(np.array([[False, True], [True, True]])) == [0, 1, 1, 3]


@pytest.mark.parametrize("runs", [[0, 5], [0, 3, 1], [0, -2, 1, 8], [300, 6], [0, 7]])
def test_a_code_of_another_map_is_refused(runs: list[int]) -> None:
    with pytest.raises(ValueError, match=r"runs|labels"):
        decode_runs(runs, 2, 3)
