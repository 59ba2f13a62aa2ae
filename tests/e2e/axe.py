"""Accessibility findings of axe-core, the one that the front end is built with."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SETTLED = """async () => {
  const shown = () => [...document.querySelectorAll('[role=dialog]')].every((dialog) =>
    getComputedStyle(dialog).opacity === '1');
  const still = () => shown() && document.getAnimations().every((animation) =>
    animation.playState !== 'running' ||
    animation.effect.getComputedTiming().iterations === Infinity);
  const end = performance.now() + 30000;
  for (let calm = 0; calm < 5; calm = still() ? calm + 1 : 0) {
    if (performance.now() > end) throw new Error('the page does not come to rest');
    await new Promise(requestAnimationFrame);
  }
}"""
"""Returns once nothing moved for some frames and no dialog is about to fade in.

A transition begins some frames after its element: on a slow machine, many.
"""
RUN = """axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(
  found.violations.map(({ id, impact, nodes }) => ({
    id, impact,
    nodes: nodes.map(({ html, target, failureSummary }) => [html, target, failureSummary]),
  }))))"""


def violations(page: Page) -> list[dict[str, Any]]:
    """Serious and critical findings on the page as it is, once its transitions are over."""
    page.evaluate(SETTLED)  # `wait_for_function` takes the first answer of what is async
    # Through the debugger: the page's policy rightly refuses scripts from elsewhere.
    session = page.context.new_cdp_session(page)
    known = session.send("Runtime.evaluate", {"expression": "typeof axe"})
    if known["result"]["value"] == "undefined":
        session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    answer = session.send("Runtime.evaluate", {"expression": RUN, "awaitPromise": True})
    session.detach()
    found = json.loads(answer["result"]["value"])
    return [item for item in found if item["impact"] in ("serious", "critical")]
