"""One bad value in a table of samples costs that value, not the import."""

from worker.labels_import.table import _names


def test_numbers_that_are_none_are_passed_over() -> None:
    said = '{"²": "a", "١": "b", "' + "9" * 5000 + '": "c", "2": "cyst", "-1": "d", "3": 4}'
    assert _names(said) == {2: "cyst", 3: "4"}
    assert _names("[" * 100_000) == {}
