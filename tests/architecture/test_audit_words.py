"""The pages have texts for everything that the audit log records."""

import ast
import re
from pathlib import Path
from typing import get_args

from app.core.audit_actions import Action

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "frontend/src/pages/audit/actionText.ts"
DETAILS = WORDS.with_name("detailText.ts")


def test_every_action_of_the_audit_log_has_words_on_its_page() -> None:
    table = WORDS.read_text("utf-8").split("ACTIONS", 1)[1].split("};", 1)[0]
    assert re.findall(r"^  '([^']+)': t`[^`]+`,$", table, re.MULTILINE) == list(get_args(Action))


def _details() -> set[str]:
    """Return the names of the details that the code writes into the log."""
    found: set[str] = set()
    for part in ("app", "worker"):
        for path in (ROOT / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    found |= {keyword.arg for keyword in node.keywords if keyword.arg}
    return found


def test_every_detail_of_the_audit_log_has_words_on_its_page() -> None:
    table = DETAILS.read_text("utf-8").split("FIELDS", 1)[1].split("};", 1)[0]
    words = set(re.findall(r"^  ([a-z_]+): t`[^`]+`,$", table, re.MULTILINE))
    assert _details() - {"before", "after"} <= words
