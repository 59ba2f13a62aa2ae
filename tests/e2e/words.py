"""The words of the pages in their languages, out of the catalogues."""

import json
import re
from collections.abc import Callable
from pathlib import Path

CATALOGUES = Path(__file__).parents[2] / "frontend/src/language/catalogues"
_ENTRY = re.compile(r'^msgid ((?:".*"\s*)+)^msgstr ((?:".*"\s*)+)', re.MULTILINE)

Words = Callable[[str], str]
"""The text that a page in some language has for an English one."""


def english(text: str) -> str:
    """As the source has it."""
    return text


def words(language: str) -> Words:
    """The words of a language of the pages: en, de, es or zh-Hans. A missing one is a KeyError."""

    def joined(lines: str) -> str:
        return "".join(json.loads(line) for line in lines.splitlines() if line)

    catalogue = (CATALOGUES / f"{language}.po").read_text("utf-8")
    known = {joined(message): joined(text) for message, text in _ENTRY.findall(catalogue)}
    return known.__getitem__
