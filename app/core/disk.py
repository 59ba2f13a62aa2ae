"""What it takes for bytes to survive a power cut."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Sync a file or a folder."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # the object was deleted already, and perhaps its folder with it
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
