"""Finished trainings without their weights: one file per row, small enough for a repository.

Hours of training on one machine need not be repeated on another to print the table. A record holds
the model's card and its figures on every validation image, from which intervals and differences are
recomputed. It has no image, mask or weights.
"""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.core.disk import write_whole

_LEVEL = 9


def read(folder: Path, name: str) -> dict[str, Any] | None:
    """Return the record of a row, or None if no complete one exists."""
    with suppress(OSError, EOFError, ValueError):
        content = json.loads(gzip.decompress(_path(folder, name).read_bytes()))
        if isinstance(content, dict):
            return content
    return None


def write(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write the record of a row; equal content gives equal bytes and is not written again.

    Raises:
        OSError: the folder cannot be written.
    """
    path = _path(folder, name)
    raw = gzip.compress(json.dumps(content, sort_keys=True).encode(), _LEVEL, mtime=0)
    if path.exists() and path.read_bytes() == raw:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, raw)


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json.gz"
