"""Decisions are numbered consecutively, so that a number identifies one."""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "adr"


def test_each_number_names_one_decision_and_none_is_missing() -> None:
    numbers = sorted(int(path.name[:4]) for path in FOLDER.glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
