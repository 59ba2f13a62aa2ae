"""Trying again later what another system did not take, longer and longer apart."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app.core.problems import Problem
from app.jobs.kinds import Kind
from worker.tasks.lease import JobFailedError, Lease

MOST_TRIES = 14
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=2)
"""Fourteen tries take nine hours: another system may be away for a night."""


def pause_after(tries: int) -> timedelta:
    """The wait after so many tries."""
    return min(FIRST_PAUSE * (1 << (tries - 1)), LONGEST_PAUSE)


def try_later(
    lease: Lease,
    kind: Kind[Any, Any],
    tries: int,
    reason: str,
    code: str,
    values: Mapping[str, str],
) -> None:
    """Give the job back for the next try.

    Args:
        tries: that failed, this one included.
        reason: a sentence that names nobody.
        code: the same in a word, and `values` what the sentence names, for pages that say it in
            their own language.

    Raises:
        JobFailedError: it was tried often enough.
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
