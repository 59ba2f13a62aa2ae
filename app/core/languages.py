"""The languages of the pages."""

from typing import Literal, get_args

Language = Literal["en", "zh-Hans", "de", "es"]
"""A language of the pages (BCP 47)."""


def accepted(header: str | None) -> Language | None:
    """Return the first language of an ``Accept-Language`` header that the pages support."""
    known: dict[str, Language] = {str(one).split("-")[0].lower(): one for one in get_args(Language)}
    for tag in (header or "").split(","):
        found = known.get(tag.split(";")[0].strip().split("-")[0].lower())
        if found is not None:
            return found
    return None
