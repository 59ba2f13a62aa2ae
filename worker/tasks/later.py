"""Retries with growing pauses of what another system did not accept."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.core.problems import Problem
from app.jobs.kinds import Kind
from worker.tasks.lease import JobFailedError, Lease

MOST_TRIES = 14
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=2)
"""Fourteen attempts take nine hours: another system may be down for a night."""


def pause_after(tries: int) -> timedelta:
    """Return the pause after this many attempts."""
    return min(FIRST_PAUSE * (1 << (tries - 1)), LONGEST_PAUSE)


def try_later(
    lease: Lease,
    kind: Kind[Any, Any],
    tries: int,
    reason: str,
    code: str,
    values: Mapping[str, str],
) -> None:
    """Requeue the job for the next attempt.

    Args:
        tries: number of failed attempts, including this one.
        reason: a sentence that names no person.
        code: code of the reason, and `values` what the sentence mentions, for pages that translate
            it.

    Raises:
        JobFailedError: all attempts were used.
    """
    if tries >= MOST_TRIES:
        detail = f"{reason} It was tried {tries} times; mend it and send again."
        raise JobFailedError(
            Problem(502, "not-delivered", detail, reason=code, values=dict(values), tries=tries),
            retryable=True,
        )
    parameters = kind.read(lease.job).model_copy(update={"tries": tries})
    lease.give_back(
        pause_after(tries),
        attempts=0,
        parameters=parameters.model_dump(mode="json"),
        problem=Problem(
            502,
            "not-delivered",
            f"{reason} It is tried again later.",
            reason=code,
            values=dict(values),
        ).document(),
    )
