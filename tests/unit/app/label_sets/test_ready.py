"""The ready label sets."""

import re
from pathlib import Path

from app.label_sets.ready import READY, TERMS

PAGES = Path(__file__).parents[4] / "frontend/src/app/readyTerms.ts"


def test_the_pages_have_every_text_of_the_ready_sets_in_their_languages() -> None:
    known = re.findall(r"^  '(.+?)': \(\) =>", PAGES.read_text(), re.MULTILINE)
    assert sorted(known) == sorted(TERMS)


def test_every_text_has_a_key_of_its_own() -> None:
    for ready in READY:
        texts = len(ready.classes) + len(ready.attributes)
        texts += sum(len(one.choices) for one in ready.attributes)
        assert len(ready.terms()) == texts
