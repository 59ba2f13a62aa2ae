"""Rate limits, counted in one process."""

import math
import threading
import time
from dataclasses import dataclass
from uuid import UUID

SECONDS = 60.0
MOST_KEPT = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """Counts requests by key; may be used from several threads.

    Each key has a bucket that holds a minute's requests and refills steadily.
    """

    def __init__(self) -> None:
        self._buckets: dict[UUID, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, key: UUID, per_minute: int) -> int:
        """Count one request; return the seconds to wait if it is over the limit, else 0."""
        at = time.monotonic()
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                self._forget(at)
                bucket = self._buckets[key] = _Bucket(per_minute, at)
            refilled = (at - bucket.at) * per_minute / SECONDS
            bucket.left, bucket.at = min(per_minute, bucket.left + refilled), at
            if bucket.left < 1:
                return math.ceil((1 - bucket.left) * SECONDS / per_minute)
            bucket.left -= 1
        return 0

    def _forget(self, at: float) -> None:
        """Drop buckets that are full again, if there are many."""
        if len(self._buckets) >= MOST_KEPT:
            kept = {key: one for key, one in self._buckets.items() if at - one.at < SECONDS}
            self._buckets = kept
