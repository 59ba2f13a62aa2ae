"""Downloads that take long end with the access of whoever fetches them."""

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
    """The pieces, as long as the sender of the request may have them.

    Args:
        guard: what let the request in; it is asked again every `RECHECK_SECONDS`.
        refuse: raises a problem where what is fetched may not be given out any more.

    Raises:
        CutOffError: session, token, account or role ended, or `refuse` says so.
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
