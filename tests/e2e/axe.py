"""Accessibility findings of axe-core, the one that the front end is built with."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SETTLED = """() => document.getAnimations().every((animation) =>
  animation.playState !== 'running' ||
  animation.effect.getComputedTiming().iterations === Infinity)"""
RUN = """axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(
  found.violations.map(({ id, impact, nodes }) => ({
    id, impact, nodes: nodes.map(({ target, failureSummary }) => [target, failureSummary]),
  }))))"""


def violations(page: Page) -> list[dict[str, Any]]:
    """Serious and critical findings on the page as it is, once its transitions are over."""
    page.wait_for_function(SETTLED)
    # Through the debugger: the page's policy rightly refuses scripts from elsewhere.
    session = page.context.new_cdp_session(page)
    known = session.send("Runtime.evaluate", {"expression": "typeof axe"})
    if known["result"]["value"] == "undefined":
        session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    answer = session.send("Runtime.evaluate", {"expression": RUN, "awaitPromise": True})
    session.detach()
    found = json.loads(answer["result"]["value"])
    return [item for item in found if item["impact"] in ("serious", "critical")]
