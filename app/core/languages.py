"""The languages that the pages speak."""

from typing import Literal, get_args

Language = Literal["en", "zh-Hans", "de", "es"]
"""A language that the pages speak (BCP 47)."""


def accepted(header: str | None) -> Language | None:
    """The first language of an ``Accept-Language`` header that the pages speak."""
    known: dict[str, Language] = {str(one).split("-")[0].lower(): one for one in get_args(Language)}
    for tag in (header or "").split(","):
        found = known.get(tag.split(";")[0].strip().split("-")[0].lower())
        if found is not None:
            return found
    return None
