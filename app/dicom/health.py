"""The listener's health, and the number of files in its spool.

It writes a small file again and again, so that whoever asks needs neither port nor certificate.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

BEAT_SECONDS = 5.0
LOST_SECONDS = 30.0
"""Without a beat for so long it does not run, or hangs."""
WAITS_SECONDS = 600.0
"""A received file that waits longer does not only wait its turn."""


@dataclass(frozen=True, slots=True)
class Health:
    """The last report of the listener.

    Attributes:
        beat: seconds ago; None where it never ran on this folder.
        waiting: received files that are not handed on yet.
        oldest: seconds for which the first of them waits.
    """

    beat: float | None
    waiting: int = 0
    oldest: float = 0.0


def spool_of(data_dir: Path) -> Path:
    """The folder of what is received and not handed on yet."""
    return data_dir / "spool" / "dicom"


def record_health(folder: Path) -> None:
    """Say that the listener lives."""
    ages = [time.time() - path.stat().st_mtime for path in folder.glob("*/*.dcm") if path.exists()]
    partial = folder / "health.partial"
    partial.write_text(json.dumps({"waiting": len(ages), "oldest": max(ages, default=0.0)}))
    partial.replace(folder / "health.json")


def health(folder: Path) -> Health:
    """Return the listener's last report; ``beat`` is None where none can be read."""
    path = folder / "health.json"
    try:
        said = json.loads(path.read_text())
        return Health(time.time() - path.stat().st_mtime, said["waiting"], said["oldest"])
    except (OSError, ValueError, KeyError):
        return Health(None)
