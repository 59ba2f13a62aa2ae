"""One bad value in a table of samples loses that value, not the import."""

from worker.formats.documents import names_by_number


def test_numbers_that_are_none_are_passed_over() -> None:
    said = '{"²": "a", "١": "b", "' + "9" * 5000 + '": "c", "2": "cyst", "-1": "d", "3": 4}'
    assert names_by_number(said) == {2: "cyst", 3: "4"}
    assert names_by_number("[" * 100_000) == {}
