"""An answer of what is deployed; of the version before, where that cannot answer an image."""

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
"""Images without an answer after which a version is broken, even if it answers the golden
picture."""
_failures: Counter[str] = Counter()


def answer(
    runtime: Runtime, wanted: str | None, project_id: UUID, run: Callable[[Network], T]
) -> T:
    """The answer of the first network that can give one.

    Args:
        wanted: `NAME@VERSION` is that one or an error.
        run: asks a network; raises BrokenModelError where its answer is none.

    Raises:
        ModelError: none can answer.
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
    """Take a version out of service that fails, not for one strange image alone."""
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
