"""Locks by name, for what one row cannot guard, such as a count."""

import hashlib

from sqlalchemy import text

from app.core.database import WriteSession


def lock(session: WriteSession, *name: object) -> None:
    """Hold the lock of this name to the end of the transaction.

    On SQLite a writing session has the whole database to itself already.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    hashed = hashlib.sha256("\x1f".join(map(str, name)).encode()).digest()
    session.execute(
        text("SELECT pg_advisory_xact_lock(:lock)"),
        {"lock": int.from_bytes(hashed[:8], "big", signed=True)},
    )
