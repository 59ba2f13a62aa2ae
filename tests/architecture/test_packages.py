"""The package graph has no cycle: each package can be read and tested with only those below it.

Read from the source, so imports within functions count.
"""

import ast
import itertools
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOPS = ("app", "worker", "models")

Graph = dict[str, dict[str, str]]
"""Maps each package to the packages that it imports, each with the place of one import."""


def modules(top: str) -> dict[str, Path]:
    """Return the modules of a top-level package by name."""
    found = sorted((ROOT / top).rglob("*.py"))
    return {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in found}


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Yield imported names and their lines; for ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def package(module: str) -> str:
    """Return ``app.masks`` for ``app.masks.tables``; a module in no package is its own package."""
    return ".".join(module.split(".")[:2])


def graph(top: str) -> Graph:
    known = modules(top)
    found: Graph = defaultdict(dict)
    for module, path in known.items():
        for name, line in imported(path):
            if (name in known or f"{name}.__init__" in known) and package(name) != package(module):
                where = f"{path.relative_to(ROOT)}:{line}"
                found[package(module)].setdefault(package(name), where)
    return found


def cycle(found: Graph) -> list[str]:
    """Return the imports that form a cycle, or an empty list if there is none."""
    try:
        TopologicalSorter({name: set(below) for name, below in found.items()}).prepare()
    except CycleError as error:
        path = list(reversed(error.args[1]))
        return [f"{a} -> {b} ({found[a][b]})" for a, b in itertools.pairwise(path)]
    return []


@pytest.mark.parametrize("top", TOPS)
def test_no_packages_import_each_other(top: str) -> None:
    assert len(graph(top)) > 3
    assert not cycle(graph(top))


def test_a_cycle_is_found_and_its_imports_are_named() -> None:
    knot: Graph = {"a": {"b": "a.py:1"}, "b": {"c": "b.py:2"}, "c": {"a": "c.py:3"}}
    assert len(cycle(knot)) == 3
    assert "a -> b (a.py:1)" in cycle(knot)
