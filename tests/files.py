"""Reading a folder while the product writes to it and deletes from it."""

import os
from collections.abc import Iterator
from pathlib import Path


def files_under(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield path and bytes of each file, at any depth.

    Files that the product deletes meanwhile are skipped; `Path.rglob` would raise.
    """
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            yield path, data
