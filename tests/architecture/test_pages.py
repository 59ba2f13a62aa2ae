"""Rooms of the front end know only those below them. Read from the source, as for Python.

The rooms, highest first: `shell` (start, routes, frame of the pages), `pages`, `correction`,
`cine`, `app` (what a signed-in person has on every page), `uploads`, `components`, `editor`,
`viewer`, `api`, `language`.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.test_packages import Graph, cycle

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "frontend" / "src"
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]+)['"]""")

UPWARD = {
    "pages/image/classes/jump",
    "pages/image/editing/EditorContext",
    "pages/image/editing/drawings",
    "pages/image/editing/line",
    "pages/image/editing/missing",
    "pages/image/editing/useEditorState",
    "pages/image/imageQueries",
    "pages/image/revisionNumber",
}
"""What corrections still take from the page of an image. This list only gets shorter."""


def imports() -> Iterator[tuple[Path, Path, str]]:
    """Files, what they import of ours, both below the source's folder, and where."""
    for path in sorted(SOURCE.rglob("*.ts*")):
        inside = path.relative_to(SOURCE)
        if ".test." in path.name or "testing" in inside.parts:
            continue
        text = path.read_text("utf-8")
        for match in IMPORT.finditer(text):
            target = Path(os.path.normpath(inside.parent / match[1]))
            line = text.count("\n", 0, match.start()) + 1
            yield inside, target, f"{inside}:{line}"


def graph() -> Graph:
    found: Graph = defaultdict(dict)
    for path, target, where in imports():
        above, below = path.parts[0], target.parts[0]
        known = above == "correction" and target.as_posix() in UPWARD
        if above != below and not known:
            found[above].setdefault(below, where)
    return found


def test_no_rooms_import_each_other() -> None:
    found = graph()
    assert {"shell", "pages", "components"} <= found.keys()
    assert not cycle(found)


def test_what_still_runs_upward_is_listed_and_no_more() -> None:
    """A room below the pages imports none of them, but for what is listed."""
    lower = {(str(target), where) for path, target, where in imports() if path.parts[0] != "pages"}
    upward = {
        (target, where)
        for target, where in lower
        if target.startswith("pages/") and not where.startswith("shell/")
    }
    assert {target for target, _ in upward} == UPWARD, sorted(upward)
