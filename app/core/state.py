"""The resources of one api process: made at start, handed to routes as typed dependencies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from app.core.database import ReadSession, WriteSession
from app.core.events import EventHub
from app.core.rates import Rates
from app.core.resources import Resources
from app.core.settings import Settings
from app.core.slots import Slots


@dataclass(eq=False, kw_only=True)
class State(Resources):
    """The resources of an api process: those of every process, the hub of events and the limits."""

    events: EventHub
    slots: Slots
    rates: Rates

    @classmethod
    def _more(cls, settings: Settings) -> dict[str, Any]:
        return {"events": EventHub(settings), "slots": Slots(), "rates": Rates()}


def get_state(request: Request) -> State:
    """Return the process's state."""
    state: State = request.app.state.sonoloop
    return state


async def _state(request: Request) -> State:
    # Async, because FastAPI would call a plain function in another thread.
    return get_state(request)


AppState = Annotated[State, Depends(_state)]


def read_session(state: AppState) -> Iterator[ReadSession]:
    """Open a reading session for the duration of a request."""
    with state.database.read() as session:
        yield session


def write_session(state: AppState) -> Iterator[WriteSession]:
    """Open a writing session for the duration of a request, committed before the answer is sent."""
    with state.database.write() as session:
        yield session


# Scope "function": the transaction ends (and may fail) before the answer is sent.
DatabaseRead = Annotated[ReadSession, Depends(read_session, scope="function")]
DatabaseWrite = Annotated[WriteSession, Depends(write_session, scope="function")]
