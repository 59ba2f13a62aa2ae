"""The split of a subject never changes, and the splits have the stated shares."""

import hashlib
from collections import Counter

import pytest

from app.images.tables import Split
from app.pool.records import split_of


def identity(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("patient 1", Split.TRAIN),
        ("patient 2", Split.TRAIN),
        ("patient 4", Split.VALIDATION),
        ("patient 8", Split.TEST),
        ("patient 9", Split.TEST),
    ],
)
def test_a_subject_stays_where_earlier_versions_put_it(name: str, split: Split) -> None:
    assert split_of(identity(name)) is split


def test_letter_case_of_the_digest_does_not_move_a_subject() -> None:
    for number in range(50):
        assert split_of(identity(str(number))) is split_of(identity(str(number)).upper())


def test_the_shares_are_70_15_15() -> None:
    counts = Counter(split_of(identity(str(number))) for number in range(20_000))
    assert counts[Split.TRAIN] == pytest.approx(14_000, abs=260)  # 4 standard deviations
    assert counts[Split.VALIDATION] == pytest.approx(3_000, abs=202)
    assert counts[Split.TEST] == pytest.approx(3_000, abs=202)


@pytest.mark.parametrize("name", ["", "ab", "S-7F3K2QXA", "patient 1"])
def test_what_is_no_digest_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        split_of(name)
