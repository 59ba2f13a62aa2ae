"""Accessibility findings of axe-core, from the package in the front end's dependencies."""

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
"""Returns once nothing has moved for some frames and no dialog is about to fade in.

A transition begins some frames after its element appears, many frames on a slow machine.
"""
RUN = """axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(
  found.violations.map(({ id, impact, nodes }) => ({
    id, impact,
    nodes: nodes.map(({ html, target, failureSummary }) => [html, target, failureSummary]),
  }))))"""


def violations(page: Page) -> list[dict[str, Any]]:
    """Return the serious and critical findings on the page once its transitions are over."""
    page.evaluate(SETTLED)  # `wait_for_function` does not await async functions
    # Through the debugger: the page's content security policy blocks other scripts.
    session = page.context.new_cdp_session(page)
    known = session.send("Runtime.evaluate", {"expression": "typeof axe"})
    if known["result"]["value"] == "undefined":
        session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    answer = session.send("Runtime.evaluate", {"expression": RUN, "awaitPromise": True})
    session.detach()
    found = json.loads(answer["result"]["value"])
    return [item for item in found if item["impact"] in ("serious", "critical")]
