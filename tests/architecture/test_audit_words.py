"""The pages have words for whatever the audit log has entries of."""

import re
from pathlib import Path
from typing import get_args

from app.core.audit_actions import Action

WORDS = Path(__file__).parents[2] / "frontend/src/pages/audit/actionText.ts"


def test_every_action_of_the_audit_log_has_words_on_its_page() -> None:
    table = WORDS.read_text("utf-8").split("ACTIONS", 1)[1].split("};", 1)[0]
    assert re.findall(r"^  '([^']+)': t`[^`]+`,$", table, re.MULTILINE) == list(get_args(Action))
