"""The listener's health, and the number of files in its spool.

It regularly writes a small file, so that a check needs neither port nor certificate.
"""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BEAT_SECONDS = 5.0
LOST_SECONDS = 30.0
"""Without a beat for this long, the listener does not run or hangs."""
WAITS_SECONDS = 600.0
"""A received file that waits longer than this is stuck rather than just waiting its turn."""


@dataclass(frozen=True, slots=True)
class Health:
    """The last report of the listener.

    Attributes:
        beat: its age in seconds; None if the listener never ran on this folder.
        waiting: number of received files that are not handed on yet.
        oldest: seconds that the first of them has waited.
    """

    beat: float | None
    waiting: int = 0
    oldest: float = 0.0


def spool_of(data_dir: Path) -> Path:
    """Return the folder of files that are received and not handed on yet."""
    return data_dir / "spool" / "dicom"


def record_health(folder: Path) -> None:
    """Record that the listener is alive."""
    ages = []
    for path in folder.glob("*/*.dcm"):
        with suppress(FileNotFoundError):  # it is handed on meanwhile
            ages.append(time.time() - path.stat().st_mtime)
    partial = folder / "health.partial"
    partial.write_text(json.dumps({"waiting": len(ages), "oldest": max(ages, default=0.0)}))
    partial.replace(folder / "health.json")


def health(folder: Path) -> Health:
    """Return the listener's last report; ``beat`` is None if none can be read."""
    path = folder / "health.json"
    try:
        said = json.loads(path.read_text())
        return Health(time.time() - path.stat().st_mtime, said["waiting"], said["oldest"])
    except (OSError, ValueError, KeyError):
        return Health(None)
