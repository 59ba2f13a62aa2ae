"""``Idempotency-Key``: the same key from the same person makes the same thing once."""

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
    """Digest of what was asked, to tell a retry from another request under the same key."""
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
    """The id of what this key made before, if it did.

    In a writing session, whoever comes second with a key waits for the first one's end.

    Args:
        table: of what was made; None where the key stands for an act that leaves no row.

    Raises:
        Problem: 422 where the key was used for something else; 410 where what it made is gone.
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
    """Whether this key of the caller's has made something; what, `recall` says."""
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
    """Keep what the key made, in the transaction that made it."""
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
