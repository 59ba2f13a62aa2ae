"""Long downloads, which end when the recipient loses access."""

import time
from collections.abc import Callable, Iterator

from fastapi import Request

from app.accounts.access import Guard
from app.core.http import CutOffError
from app.core.problems import Problem
from app.core.state import State

RECHECK_SECONDS = 2.0


def while_allowed(
    request: Request,
    state: State,
    guard: Guard,
    pieces: Iterator[bytes],
    refuse: Callable[[], None] | None = None,
) -> Iterator[bytes]:
    """Yield the pieces for as long as the caller has access to them.

    Args:
        guard: the guard that admitted the request; it checks again every `RECHECK_SECONDS`.
        refuse: raises a problem if the content may no longer be given out.

    Raises:
        CutOffError: session, token, account or role ended, or `refuse` raised.
    """
    checked = time.monotonic()
    for piece in pieces:
        if time.monotonic() - checked > RECHECK_SECONDS:
            try:
                guard.recheck(request, state)
                if refuse is not None:
                    refuse()
            except Problem as problem:
                raise CutOffError(problem.code) from None
            checked = time.monotonic()
        yield piece
