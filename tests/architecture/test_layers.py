"""The layers of the design: what each may import. Read from the source, so lazy imports count."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "app": ("worker", "models"),
    "app/core": ("worker", "models", "app"),
    "worker": ("models", "app"),
    "worker/pipeline": ("models", "app", "worker"),
    "worker/deidentify": ("models", "app", "worker"),
    "worker/depth_scale": ("models", "app", "worker"),
    "worker/ingest": ("models", "app", "worker"),
    "worker/interactive": ("models", "app", "worker"),
    "worker/formats": ("models", "app", "worker"),
    "worker/dicom": ("models", "app", "worker"),
    "models": ("app", "worker"),
}
"""Packages that a folder must not import, except those in ALLOWED. The longest folder counts."""

ALLOWED: dict[str, tuple[str, ...]] = {
    "app/core": ("app.core", "app.tables"),
    "worker": (
        "app.core",
        "app.images.schemas",
        "app.jobs.kinds",
        "app.masks.lengths",
        "app.masks.measures",
        "app.reviews.news",
        "app.reviews.visibility",
    ),
    "worker/pipeline": ("worker.pipeline", "app.core.disk"),
    "worker/deidentify": ("worker.deidentify", "worker.pipeline"),
    "worker/depth_scale": ("worker.depth_scale", "worker.deidentify", "worker.pipeline"),
    "worker/ingest": ("worker.ingest", "worker.deidentify", "worker.pipeline"),
    "worker/interactive": ("worker.interactive", "worker.pipeline"),
    # Pure functions that use only the standard library; `app` needs them as well.
    "worker/formats": ("worker.formats", "worker.pipeline", "app.core.zip_damage"),
    "worker/dicom": ("worker.dicom", "worker.pipeline"),
    "models": (
        "app.core.disk",  # uses only the standard library
        "app.core.imports",
        "worker.pipeline",
        "worker.decoding",
        "worker.deidentify",
        "worker.ingest",
        "worker.formats",
        "worker.interactive",
    ),
}


SHARED = (".tables", ".records", ".jobs")
"""Suffixes of `app` modules that workers may import: tables, and code that handles their rows."""


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file, parsed once for all tests."""
    return ast.parse(path.read_text("utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Yield the names of all modules that a file imports, anywhere in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module


def layer(path: Path) -> str:
    """Return the longest folder in FORBIDDEN that contains the file."""
    parts = path.relative_to(ROOT).parent.as_posix()
    return max((f for f in FORBIDDEN if parts == f or parts.startswith(f"{f}/")), key=len)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


FILES = [p for top in ("app", "worker", "models") for p in sorted((ROOT / top).rglob("*.py"))]


@pytest.mark.parametrize("where", FORBIDDEN)
def test_imports_only_what_its_layer_may(where: str) -> None:
    bad = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in FILES
        if layer(path) == where
        for name in imported(path)
        if any(within(name, package) for package in FORBIDDEN[where])
        and not any(within(name, package) for package in ALLOWED.get(where, ()))
        and not (where == "worker" and name.endswith(SHARED))
    ]
    assert not bad


def test_no_file_is_called_after_nothing() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "manager.py"}
    assert not [p for p in FILES if p.name in vague]


WRITERS = {
    "revision": ("app/masks/records.py",),
    "latest_mask_id": ("app/masks/records.py",),
    "approved_mask_id": ("app/reviews/records.py",),
    "state_changed_at": ("app/reviews/records.py",),
    "readers_wanted": ("app/reviews/records.py",),
    "lesion_count": ("app/reviews/records.py",),
}
"""Row attributes, each with the only file that assigns it."""


def assigned(path: Path) -> Iterator[str]:
    """Yield the names of attributes that a file assigns, as in ``image.state_changed_at = …``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


@pytest.mark.parametrize("name", WRITERS)
def test_a_revision_and_an_images_state_are_written_in_one_place(name: str) -> None:
    found = {
        p.relative_to(ROOT).as_posix()
        for p in FILES
        if p.parts[len(ROOT.parts)] in ("app", "worker") and name in assigned(p)
    }
    assert found == set(WRITERS[name])


def test_only_the_writer_of_results_opens_what_names_a_patient() -> None:
    opening = "app.sealed_references.records.unseal"
    found = set()
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{alias.name}" for alias in node.names}
                if opening in names:
                    found.add(path.relative_to(ROOT).as_posix())
    assert found == {"worker/tasks/dicom.py"}
