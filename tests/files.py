"""Reading a folder while the product writes to it and deletes from it."""

import os
from collections.abc import Iterator
from pathlib import Path


def files_under(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Path and bytes of each file, at any depth.

    What the product deletes meanwhile is left out; `Path.rglob` raises there.
    """
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            yield path, data
