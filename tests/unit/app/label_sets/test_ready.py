"""The ready label sets."""

import re
from pathlib import Path

from app.label_sets.ready import READY

TERMS = Path(__file__).parents[4] / "frontend/src/app/readyTerms.ts"


def test_the_pages_have_every_word_of_the_ready_sets_in_their_languages() -> None:
    words = {name for ready in READY for name, _ in ready.classes}
    for attribute in (one for ready in READY for one in ready.attributes):
        words |= {attribute.name, *(meaning for _, meaning in attribute.choices)}
    known = re.findall(r"^  '?(.+?)'?: \(\) =>", TERMS.read_text(), re.MULTILINE)
    assert sorted(known) == sorted(words)
