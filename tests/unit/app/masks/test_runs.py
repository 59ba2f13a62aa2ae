"""The run-length code on the wire: what is accepted, and that everything else is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.masks.runs import RUNS_LIMIT, check_runs


def encode(values: list[int]) -> list[int]:
    """Return the code of a label map, computed in the simplest way."""
    runs: list[int] = []
    for value in values:
        if runs and runs[-2] == value:
            runs[-1] += 1
        else:
            runs += [value, 1]
    return runs


@given(st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_every_label_map_has_a_code_that_is_taken(values: list[int]) -> None:
    check_runs(encode(values), 4, 3, labels=3)


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ([], "0 pixels"),
        ([0, 5, 1], "length is missing"),
        ([0, 5, 2, 7], "label 2"),
        ([0, 5, -1, 7], "label -1"),
        ([0, 5, 1, 0, 0, 7], "length 0"),
        ([0, 14, 1, -2], "length -2"),
        ([0, 5, 0, 7], "same label"),
        ([0, 11], "11 pixels"),
        ([0, 5, 1, 8], "13 pixels"),
        ([0, 1] * (RUNS_LIMIT // 2 + 1), "at most"),
    ],
)
def test_anything_else_is_refused_with_a_reason(runs: list[int], why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        check_runs(runs, 4, 3, labels=1)


def test_a_frame_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        check_runs([], 0, 3)
