"""Limits on the concurrent requests of one person in one process: uploads, questions."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from uuid import UUID

from app.core.problems import Problem

RETRY_SECONDS = 2


class Slot(StrEnum):
    """What is limited, as the problem names it."""

    UPLOAD = "uploads"
    QUESTION = "questions"


class Slots:
    """Counts by person; used only from the event loop, so nothing needs a lock."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[Slot, UUID]] = Counter()

    @contextmanager
    def hold(self, slot: Slot, person: UUID, most: int) -> Iterator[None]:
        """Hold one slot for the duration of the block.

        Raises:
            Problem: 429, the person already has ``most`` under way.
        """
        key = (slot, person)
        if self._taken[key] >= most:
            raise Problem(
                429,
                "too-many-at-once",
                f"You have {most} {slot} under way, the most that one person may have. "
                "Wait for one to end and send this again.",
                headers={"Retry-After": str(RETRY_SECONDS)},
            )
        self._taken[key] += 1
        try:
            yield
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
