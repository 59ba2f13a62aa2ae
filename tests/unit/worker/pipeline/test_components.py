"""Connected parts: the largest first, equal ones from the top, corners touch."""

import numpy as np

from worker.pipeline.components import MOST_NUMBERS, largest, numbered, parts_of


def test_parts_are_numbered_by_size_then_from_the_top() -> None:
    mask = np.zeros((12, 12), np.bool_)
    mask[1, 1] = mask[2, 2] = True  # one part, connected at the corner
    mask[5:7, 0:1] = True  # equally large, further down
    mask[8:11, 4:8] = True
    numbers = numbered(mask)
    assert [int(numbers[at]) for at in ((9, 5), (1, 1), (2, 2), (5, 0))] == [1, 2, 2, 3]
    assert np.array_equal(numbers > 0, mask)
    assert np.array_equal(largest(mask), numbers == 1)


def test_specks_beyond_the_last_number_share_it() -> None:
    mask = np.zeros((40, 40), np.bool_)
    mask[::2, ::2] = True
    numbers = numbered(mask)
    assert numbers.max() == MOST_NUMBERS
    assert np.count_nonzero(numbers == MOST_NUMBERS) == 400 - MOST_NUMBERS + 1


def test_an_empty_mask_has_no_parts() -> None:
    empty = np.zeros((4, 5), np.bool_)
    assert not numbered(empty).any()
    assert not largest(empty).any()


def test_more_parts_than_sixteen_bits_number_are_counted() -> None:
    rows, columns = np.indices((400, 400))
    count, labels, stats = parts_of(((rows + columns) % 2).astype(np.uint8), connectivity=4)
    assert count == len(stats) == 80_001
    assert labels.max() == 80_000
    few, numbers, _ = parts_of(np.eye(9, dtype=np.uint8))
    assert (few, int(numbers.max()), numbers.dtype) == (2, 1, np.uint16)
