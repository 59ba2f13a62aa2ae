"""Log files of the children, limited in size; lines that a person must see are passed on."""

import re
from collections import deque
from collections.abc import Callable
from pathlib import Path

from app.core.logs import escape

MAX_BYTES = 10 * 1024 * 1024
KEPT = 3
TAIL_LINES = 8
MAX_LINE = 64 * 1024
_LEVEL = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b")
_ERRORS = ("ERROR", "CRITICAL")
_LEVEL_WITHIN = 80  # the level is within this many characters of the start of a line


class ChildLog:
    """Writes a child's output to ``folder/name.log`` and keeps its last lines.

    Args:
        notable: called with a line whose level is warning or worse.
    """

    def __init__(self, folder: Path, name: str, notable: Callable[[str], None]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / f"{name}.log"
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._last_error = ""
        self._notable = notable
        self._rest = b""
        self._rotate()
        self._file = self.path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        """Write the child's output to the log; lines may arrive in pieces."""
        try:
            self._file.write(data)
            if self._file.tell() > MAX_BYTES:
                self._file.close()
                self._rotate()
                self._file = self.path.open("ab", buffering=0)
        except OSError:
            # A full disk must not stop the parts that run; the last lines stay in memory.
            pass
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-MAX_LINE:]
        for raw in lines:
            # Native libraries write here too; a terminal must not interpret control codes in it.
            line = escape(raw.decode("utf-8", "replace").rstrip())
            if not line:
                continue
            self.tail.append(line)
            if level := _LEVEL.search(line[:_LEVEL_WITHIN]):
                if level[1] in _ERRORS:
                    self._last_error = line
                self._notable(line)

    @property
    def last_words(self) -> list[str]:
        """The last lines, preceded by the last error if it is not among them."""
        lines = list(self.tail)
        if self._last_error and self._last_error not in lines:
            lines.insert(0, self._last_error)
        return lines

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rotate(self) -> None:
        if not self.path.exists() or self.path.stat().st_size < MAX_BYTES:
            return
        for number in range(KEPT, 0, -1):
            source = self.path if number == 1 else self.path.with_suffix(f".log.{number - 1}")
            if source.exists():
                source.replace(self.path.with_suffix(f".log.{number}"))
