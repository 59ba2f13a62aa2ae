"""The deployed model's answer; if it cannot answer an image, that of the version before."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from worker.pipeline import BrokenModelError, ModelError, Network
from worker.pipeline.verification import golden_picture
from worker.registry.intake import judge
from worker.runtime import Runtime
from worker.serving import key_of

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_FAILURES = 3
"""A version that failed on this many images is broken, even if it answers the golden picture."""
_failures: Counter[str] = Counter()


def answer(
    runtime: Runtime, wanted: str | None, project_id: UUID, run: Callable[[Network], T]
) -> T:
    """Return the answer of the first network that can give one.

    Args:
        wanted: `NAME@VERSION` allows only that version.
        run: runs a network; raises BrokenModelError if its output is unusable.

    Raises:
        ModelError: no network can answer.
    """
    without: set[str] = set()
    first: BrokenModelError | None = None
    while True:
        try:
            network = runtime.network(wanted, project_id, without)
        except ModelError as error:
            raise first or error from None
        try:
            return run(network)
        except BrokenModelError as error:
            log.error("%s", error)
            first = first or error
            note_failure(runtime, network, str(error))
            if wanted is not None and "@" in wanted:
                raise
            without.add(key_of(network))


def note_failure(runtime: Runtime, network: Network, reason: str) -> None:
    """Take a failing version out of service, but not for a single unusual image."""
    if network.digest is None:
        return
    _failures[network.digest] += 1
    if _failures[network.digest] < MOST_FAILURES and _answers(network):
        return
    judge(runtime, network.digest, f"While it served: {reason}")
    runtime.forget_choices()


def _answers(network: Network) -> bool:
    try:
        network.logits(golden_picture())
    except BrokenModelError:
        return False
    return True
