"""The audit log: who did what to which object. Append-only, each event chained to the last.

The chain is keyed with the site key, so that somebody with only the database can neither change an
event nor rebuild the chain after it. In addition, triggers refuse UPDATE and DELETE.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import DDL, BigInteger, Index, Integer, String, Uuid, select
from sqlalchemy.event import listen
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.audit_actions import Action
from app.core.database import Base, WriteSession, before_commit, insert_row
from app.core.ids import now
from app.core.locks import lock
from app.core.security import SiteKey

GENESIS = "0" * 64


class AuditEvent(Base):
    """One thing that somebody did. ``detail`` never holds the identity of a patient."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "object_type", "object_id"),)

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Not a foreign key: the event outlives the account."""
    token_id: Mapped[UUID | None] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[str] = mapped_column(String(60))
    detail: Mapped[dict[str, Any]]
    chain: Mapped[str] = mapped_column(String(64))


APPEND_ONLY: dict[str, list[str]] = {
    "sqlite": [
        f"""CREATE TRIGGER audit_event_no_{word} BEFORE {word.upper()} ON audit_event
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"""
        for word in ("update", "delete")
    ],
    "postgresql": [
        """CREATE FUNCTION audit_event_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
        """CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE
            ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION audit_event_append_only()""",
    ],
}
"""Statements, by dialect, that make the table append-only; the migration runs them as well."""
REVERSE_APPEND_ONLY = {"postgresql": ["DROP FUNCTION audit_event_append_only() CASCADE"]}
"""Statements, by dialect, that remove what dropping the table leaves behind."""

for _moment, _by_dialect in (("after_create", APPEND_ONLY), ("after_drop", REVERSE_APPEND_ONLY)):
    for _dialect, _statements in _by_dialect.items():
        for _statement in _statements:
            _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
            listen(AuditEvent.__table__, _moment, _ddl.execute_if(dialect=_dialect))


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts: a user, perhaps through an API token; nobody before sign-in."""

    user_id: UUID | None = None
    token_id: UUID | None = None


SYSTEM = Actor()


def record(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    action: Action,
    object_type: str,
    object_id: object,
    **detail: Any,
) -> None:
    """Append one event at the end of the transaction that makes the change it records.

    There is one lock for all events. It is taken last, so its holder never waits for a row.
    """
    event = AuditEvent(
        actor_id=actor.user_id,
        token_id=actor.token_id,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        detail=detail,
    )
    before_commit(session, partial(_append, session, key, event))


_LAST = select(AuditEvent.number, AuditEvent.chain).order_by(AuditEvent.number.desc()).limit(1)


def _append(session: WriteSession, key: SiteKey, event: AuditEvent) -> None:
    lock(session, "audit")
    last = session.execute(_LAST).first()
    event.number, event.at = last.number + 1 if last else 1, now()
    event.chain = key.sign(_message(event, last.chain if last else GENESIS))
    insert_row(session, event)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of :func:`verify`: the number of valid events, the first invalid event, and the
    chain value of the last valid one."""

    events: int
    broken_at: int | None
    head: str

    @property
    def ok(self) -> bool:
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class Noted:
    """An earlier verdict's number of events and head, kept elsewhere."""

    events: int
    head: str


def verify(session: Session, key: SiteKey, noted: Noted | None = None) -> Verdict:
    """Walk the whole chain in constant memory.

    Args:
        noted: what the chain must contain; only this shows that its end was cut off, also if events
            were added since. If it does not, it is broken at the first missing event, or at the
            last of those that were there then.
    """
    previous, expected = GENESIS, 1
    for event in _stream(session):
        fits = event.number == expected and event.chain == key.sign(_message(event, previous))
        if not fits or (noted and noted.events == expected and noted.head != event.chain):
            return Verdict(expected - 1, event.number, previous)
        previous, expected = event.chain, expected + 1
    cut_off = noted is not None and noted.events >= expected
    return Verdict(expected - 1, expected if cut_off else None, previous)


def _stream(session: Session) -> Iterator[AuditEvent]:
    query = select(AuditEvent).order_by(AuditEvent.number).execution_options(yield_per=1000)
    for event in session.scalars(query):
        yield event
        session.expunge(event)


def _message(event: AuditEvent, previous: str) -> bytes:
    return json.dumps(
        [
            previous,
            event.number,
            event.at.isoformat(timespec="microseconds"),
            str(event.actor_id),
            str(event.token_id),
            event.action,
            event.object_type,
            event.object_id,
            event.detail,
        ],
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
