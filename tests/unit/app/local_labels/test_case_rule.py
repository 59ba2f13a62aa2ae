"""The server extracts the case from a name as the upload page does."""

import re
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.local_labels.case_rule import case_of, rule_problem
from app.local_labels.records import Label
from app.segment.options import Options

PAGE = Path(__file__).parents[4] / "frontend/src/uploads/caseRule.test.ts"


def of_the_page() -> list[tuple[str, str, str | None]]:
    """Return rule, name and case of each example in the page's own test."""
    found = re.findall(r"\['(.*)', '(.+)', (?:'(.+)'|null)\]", PAGE.read_text("utf-8"))
    return [(rule, name, case or None) for rule, name, case in found if rule]


@pytest.mark.parametrize(("rule", "name", "case"), of_the_page())
def test_it_reads_what_the_page_reads(rule: str, name: str, case: str | None) -> None:
    assert case_of(rule, name) == case


def test_the_page_has_cases_to_compare() -> None:
    assert len(of_the_page()) > 6


def test_it_never_runs_long() -> None:
    started = time.process_time()
    assert case_of("*a" * 40 + "{case}!", "a" * 250 + ".png") is None
    assert time.process_time() - started < 2


def test_a_rule_that_is_none_is_refused_in_a_sentence() -> None:
    assert "once" in str(rule_problem("{case}{case}"))
    with pytest.raises(ValidationError, match="where the case stands"):
        Options(case_rule="US_*")


def test_a_case_that_was_given_stands_and_a_name_that_does_not_fit_gives_none() -> None:
    rule = "US_{case}_*"
    assert Options(name="us_12_left.png", case_rule=rule).label == Label("us_12_left.png", "12")
    assert Options(name="us_12_left.png", case="7", case_rule=rule).label == Label(
        "us_12_left.png", "7"
    )
    assert Options(name="left.png", case_rule=rule).label == Label("left.png", None)
    assert Options(case_rule=rule).label is None
