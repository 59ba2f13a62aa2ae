"""``Idempotency-Key``: the same key from the same person creates an object only once."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import Header
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import IdempotencyRecord
from app.core.database import Base, WriteSession
from app.core.locks import lock
from app.core.problems import Problem

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Any text of your own; a retry with the same one gives the same object.",
    ),
]


def fingerprint(*parts: object) -> str:
    """Return a digest of the request, to tell a retry from another request with the same key."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def recall(
    session: Session,
    principal: Principal,
    key: str | None,
    asked: str,
    object_type: str,
    table: type[Base] | None,
) -> UUID | None:
    """Return the id of the object that this key made before, or None.

    In a writing session, a second request with the same key waits until the first one ends.

    Args:
        table: the table of the object; None if the key stands for an act that leaves no row.

    Raises:
        Problem: 422 if the key was used for another request; 410 if the object that it made is
            gone.
    """
    if key is None:
        return None
    if isinstance(session, WriteSession):
        lock(session, "idempotency", principal.user.id, key)
    record = session.get(IdempotencyRecord, (principal.user.id, _digest(key)))
    if record is None:
        return None
    if (record.fingerprint, record.object_type) != (asked, object_type):
        raise Problem(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request; use a new key for a new request.",
        )
    if table is not None and session.get(table, record.object_id) is None:
        raise Problem(
            410,
            "gone",
            "What this Idempotency-Key made was deleted since; use a new key to make another.",
        )
    return record.object_id


def is_known(session: Session, principal: Principal, key: str | None) -> bool:
    """Return whether this key of the caller has made an object; `recall` returns which."""
    if key is None:
        return False
    return session.get(IdempotencyRecord, (principal.user.id, _digest(key))) is not None


def remember(
    session: Session,
    principal: Principal,
    key: str | None,
    asked: str,
    object_type: str,
    object_id: UUID,
) -> None:
    """Record what the key made, in the transaction that made it."""
    if key is not None:
        session.add(
            IdempotencyRecord(
                user_id=principal.user.id,
                key=_digest(key),
                fingerprint=asked,
                object_type=object_type,
                object_id=object_id,
            )
        )
