"""The texts of the pages in their languages, read from the catalogues."""

import json
import re
from collections.abc import Callable
from pathlib import Path

CATALOGUES = Path(__file__).parents[2] / "frontend/src/language/catalogues"
_ENTRY = re.compile(r'^msgid ((?:".*"\s*)+)^msgstr ((?:".*"\s*)+)', re.MULTILINE)

Words = Callable[[str], str]
"""A function from an English text to that of a page's language."""


def english(text: str) -> str:
    """Return the English text itself."""
    return text


def words(language: str) -> Words:
    """Return the texts of a language (en, de, es or zh-Hans); a missing one raises KeyError."""

    def joined(lines: str) -> str:
        return "".join(json.loads(line) for line in lines.splitlines() if line)

    catalogue = (CATALOGUES / f"{language}.po").read_text("utf-8")
    known = {joined(message): joined(text) for message, text in _ENTRY.findall(catalogue)}
    return known.__getitem__
