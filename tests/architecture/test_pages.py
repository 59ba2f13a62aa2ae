"""Front-end layers import only layers below them. Read from the source, as for Python.

The layers, highest first: `live` (a page of its own), `shell` (start, routes, frame of the pages),
`pages`, `correction` (drafts, saves, merges), `editing` (what pages and corrections share: the
image being drawn on), `cine`, `app` (what a signed-in person has on every page), `uploads`,
`components`, `editor`, `viewer`, `api`, `language`.
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


def imports() -> Iterator[tuple[Path, Path, str]]:
    """Yield each importing file, its local import (both relative to SOURCE), and the line."""
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
        if above != below:
            found[above].setdefault(below, where)
    return found


def page_graph() -> Graph:
    """Return the same graph for the folders of `pages`."""
    found: Graph = defaultdict(dict)
    for path, target, where in imports():
        if path.parts[0] == target.parts[0] == "pages" and path.parts[1] != target.parts[1]:
            found[path.parts[1]].setdefault(target.parts[1], where)
    return found


def test_no_rooms_import_each_other() -> None:
    found = graph()
    assert {"shell", "pages", "editing", "components"} <= found.keys()
    assert not cycle(found)


def test_no_pages_import_each_other() -> None:
    found = page_graph()
    assert {"image", "review", "pool"} <= found.keys()
    assert not cycle(found)


def test_only_the_shell_imports_pages() -> None:
    lower = [
        where
        for path, target, where in imports()
        if target.parts[0] == "pages" and path.parts[0] not in ("pages", "shell")
    ]
    assert not lower
