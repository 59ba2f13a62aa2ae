"""No three images in a row are of one patient, as long as there are others."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from app.worklist.spreading import spread


def rows(order: list[str]) -> list[int]:
    """Return the length of each run of one group's members."""
    return [len(list(of)) for _, of in groupby(order, lambda item: item[0])]


def test_the_third_of_a_patient_waits_for_the_next_of_another() -> None:
    order = ["a1", "a2", "a3", "a4", "b1", "c1", "a5"]
    assert spread(order, lambda item: item[0]) == ["a1", "a2", "b1", "a3", "a4", "c1", "a5"]


@given(st.lists(st.sampled_from("abc"), max_size=40))
def test_nothing_is_lost_and_only_what_is_left_alone_stands_three_in_a_row(
    groups: list[str],
) -> None:
    items = [f"{group}{number}" for number, group in enumerate(groups)]
    order = spread(items, lambda item: item[0])
    assert sorted(order) == sorted(items)
    found = rows(order)
    assert all(length <= 2 for length in found[:-1]), order
    for group in "abc":
        own = [item for item in items if item[0] == group]
        assert [item for item in order if item[0] == group] == own, "best first within a patient"
