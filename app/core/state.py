"""What one api process holds: made at start, handed to routes as typed dependencies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.core.blobs import BlobStore, open_blobs
from app.core.broker import BrokerClient
from app.core.database import Database, ReadSession, WriteSession
from app.core.events import EventHub
from app.core.security import SiteKey, load_site_key
from app.core.settings import Settings
from app.core.slots import Slots


@dataclass(frozen=True, slots=True)
class State:
    """Settings and open resources of this process."""

    settings: Settings
    database: Database
    blobs: BlobStore
    broker: BrokerClient
    site_key: SiteKey
    events: EventHub
    slots: Slots

    @classmethod
    def open(cls, settings: Settings) -> "State":
        """Open what the settings name.

        Raises:
            SiteKeyError: the site key is unusable.
        """
        return cls(
            settings=settings,
            database=Database(settings.database),
            blobs=open_blobs(settings),
            broker=BrokerClient(settings),
            site_key=load_site_key(settings),
            events=EventHub(settings),
            slots=Slots(),
        )

    def close(self) -> None:
        """Close connections."""
        self.broker.close()
        self.database.dispose()


def get_state(request: Request) -> State:
    """The process's state."""
    state: State = request.app.state.sonoloop
    return state


AppState = Annotated[State, Depends(get_state)]


def read_session(state: AppState) -> Iterator[ReadSession]:
    """A reading session for the length of a request."""
    with state.database.read() as session:
        yield session


def write_session(state: AppState) -> Iterator[WriteSession]:
    """A writing session for the length of a request, committed before the answer is sent."""
    with state.database.write() as session:
        yield session


# Scope "function": the transaction ends (and may fail) before the answer is sent.
Reading = Annotated[ReadSession, Depends(read_session, scope="function")]
Writing = Annotated[WriteSession, Depends(write_session, scope="function")]
