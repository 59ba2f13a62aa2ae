"""A rule that reads the case out of a file's name, such as ``US_{case}_*``.

It is not a regular expression: every pair of part and position is tried at most once, so no name
can make it run long. The upload page has the same rule (``frontend/src/uploads/caseRule.ts``).
"""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

CASE = "{case}"
MOST_CHARACTERS = 100
_PIECES = re.compile(r"(\{case\}|\*|\?)")
_ENDING = re.compile(r"\.[^.]{1,5}$")


def rule_problem(rule: str) -> str | None:
    """Return what is wrong with a rule, in one sentence; None if it is valid."""
    if len(rule) > MOST_CHARACTERS:
        return f"A rule has at most {MOST_CHARACTERS} characters."
    if rule.count(CASE) != 1:
        return f"Write {CASE} once, where the case stands in the name, such as US_{CASE}_*."
    return None


def _reads_a_case(rule: str) -> str:
    problem = rule_problem(rule)
    if problem is not None:
        raise ValueError(problem)
    return rule


CaseRule = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=MOST_CHARACTERS),
    AfterValidator(_reads_a_case),
]
"""A rule in a request; an invalid one gets a 422 that says what is wrong."""


def case_of(rule: str, file_name: str) -> str | None:
    """Return the case that a rule reads out of a file's name without its extension.

    A rule with slashes also reads that many of the name's folders: ``{case}/*`` reads the last one.
    ``{case}`` is the shortest non-empty part, ``*`` the longest part that fits, ``?`` one
    character; letter case does not matter.

    Returns:
        None if the name does not fit.

    Raises:
        ValueError: the rule is invalid; the message says why.
    """
    problem = rule_problem(rule)
    if problem is not None:
        raise ValueError(problem)
    names = file_name.split("/")[-(rule.count("/") + 1) :]
    name = _ENDING.sub("", "/".join(names))
    parts = [piece for piece in _PIECES.split(rule.strip()) if piece]
    span = _fitted(parts, name)
    return (name[slice(*span)].strip() or None) if span else None


def _fitted(parts: list[str], name: str) -> tuple[int, int] | None:
    """Return the start and end of the case if the whole name fits."""
    low = name.lower()
    dead: set[tuple[int, int]] = set()
    found: tuple[int, int] | None = None

    def fits(part: int, at: int) -> bool:
        nonlocal found
        if (part, at) in dead:
            return False
        if part == len(parts):
            good = at == len(name)
        elif parts[part] == CASE:
            good = False
            for end in range(at + 1, len(name) + 1):
                if fits(part + 1, end):
                    good, found = True, (at, end)
                    break
        elif parts[part] == "*":
            good = any(fits(part + 1, end) for end in range(len(name), at - 1, -1))
        elif parts[part] == "?":
            good = at < len(name) and fits(part + 1, at + 1)
        else:
            text = parts[part].lower()
            good = low.startswith(text, at) and fits(part + 1, at + len(text))
        if not good:
            dead.add((part, at))
        return good

    return found if fits(0, 0) else None
