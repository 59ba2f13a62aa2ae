"""Frames of a live picture that a reader keeps, held until they are in the worklist."""

from __future__ import annotations

import math
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from worker.live.outliner import Outlined
from worker.live.recent import cine, still
from worker.live.worklist import KeptFrames, SendError, Worklist

MOST_KEPT = 8
"""Most frames waiting to be sent, so that a site that does not respond cannot fill the memory."""
LONGEST_SUBJECT = 200


class KeepError(Exception):
    """The frame cannot be kept; `code` is `no-worklist`, `too-many` or `bad-words`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class _Entry:
    kept: KeptFrames | None
    frames: int
    state: str
    address: str | None = None
    scale: bool | None = None
    problem: str | None = None
    why: str | None = None


class Keeper:
    """Sends kept frames to a worklist, and holds those that could not be sent, only in memory.

    May be used from several threads.
    """

    def __init__(self, worklist: Worklist | None) -> None:
        self._worklist = worklist
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def where(self) -> str | None:
        """The site that receives kept frames; None if there is none."""
        return self._worklist.url if self._worklist else None

    def keep(self, frames: Sequence[Outlined], subject: object, mm_per_px: object) -> str:
        """Hold a frame, or several as a cine, to be sent; return its id.

        Raises:
            KeepError: there is no site, too many are waiting, or the typed values are invalid.
        """
        if self._worklist is None:
            raise KeepError("no-worklist")
        words = subject.strip() if isinstance(subject, str) else ""
        if len(words) > LONGEST_SUBJECT or not words.isprintable():
            raise KeepError("bad-words")
        scale = float(mm_per_px) if isinstance(mm_per_px, int | float) else None
        if scale is not None and not (math.isfinite(scale) and 0 < scale < 100):
            raise KeepError("bad-words")
        several = len(frames) > 1
        data = cine(frames) if several else still(frames[-1])
        key = secrets.token_hex(16)
        made = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = f"live-{made}.{'mov' if several else 'png'}"
        with self._lock:
            waiting = [one for one in self._entries.values() if one.kept is not None]
            if len(waiting) >= MOST_KEPT:
                raise KeepError("too-many")
            kept = KeptFrames(name, data, words or None, scale, key)
            self._entries[key] = _Entry(kept, len(frames), "sending")
            while len(self._entries) > 4 * MOST_KEPT:
                oldest = next(key for key, one in self._entries.items() if one.kept is None)
                del self._entries[oldest]
        return key

    def send(self, key: str) -> None:
        """Send one; `as_json` reports the result."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.kept is None or self._worklist is None:
                return
            entry.state, entry.problem, entry.why = "sending", None, None
        try:
            found = self._worklist.send(entry.kept)
        except SendError as error:
            with self._lock:
                entry.state, entry.problem, entry.why = "failed", error.code, str(error)
            return
        with self._lock:
            entry.kept, entry.state = None, "stored"
            entry.address, entry.scale = found["address"], found["scale"]

    def as_json(self, key: str) -> dict[str, Any] | None:
        """Return the state of one, as plain values."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            return {
                "id": key,
                "frames": entry.frames,
                "state": entry.state,
                "address": entry.address,
                "scale": entry.scale,
                "problem": entry.problem,
                "why": entry.why,
            }
