"""Runs the checks side by side, each in its own persistent thread.

However often `/readyz` is requested, a check runs once at a time and at most once a second, so
requests cannot cause load; a check that hangs is reported as such and not started again.
"""

import threading
import time
from collections.abc import Mapping

from app.status.checks import LIMIT_SECONDS, Check, CheckFunction, guarded

MAX_AGE_SECONDS = 1.0


class _Runner(threading.Thread):
    """One check. The thread persists: the broker's client keeps a reply queue per thread."""

    def __init__(self, name: str, check: CheckFunction, changed: threading.Condition) -> None:
        super().__init__(name=f"check-{name}", daemon=True)
        self.check_name = name
        self.result: Check | None = None
        self.finished_at = float("-inf")
        self._check = check
        self._changed = changed
        self._wanted = False

    def want(self) -> None:
        """Start it unless it runs already; call with the condition held."""
        self._wanted = True
        self._changed.notify_all()

    def run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
            result = guarded(self.check_name, self._check)
            with self._changed:
                self.result, self.finished_at, self._wanted = result, time.monotonic(), False
                self._changed.notify_all()


class Monitor:
    """The checks of one process.

    Args:
        checks: functions by name.
        limit_seconds: how long :meth:`report` waits for all of them together.
    """

    def __init__(
        self, checks: Mapping[str, CheckFunction], limit_seconds: float = LIMIT_SECONDS
    ) -> None:
        self._limit = limit_seconds
        self._changed = threading.Condition()
        self._runners = [_Runner(name, check, self._changed) for name, check in checks.items()]
        for runner in self._runners:
            runner.start()

    def report(self) -> list[Check]:
        """Return the outcome of every check, at most a second old, within the time limit."""
        oldest = time.monotonic() - MAX_AGE_SECONDS

        def done() -> bool:
            return all(runner.finished_at >= oldest for runner in self._runners)

        with self._changed:
            for runner in self._runners:
                if runner.finished_at < oldest:
                    runner.want()
            self._changed.wait_for(done, self._limit)
            return [self._outcome(runner, oldest) for runner in self._runners]

    def _outcome(self, runner: _Runner, oldest: float) -> Check:
        if runner.result is not None and runner.finished_at >= oldest:
            return runner.result
        return Check(
            runner.check_name,
            False,
            f"No answer within {self._limit:g} seconds.",
            "See whether the server behind it is overloaded or unreachable.",
        )
