"""Locks by name, for what a lock on one row cannot guard, such as a count."""

import hashlib

from sqlalchemy import text

from app.core.database import WriteSession


def lock(session: WriteSession, *name: object) -> None:
    """Hold the lock of this name until the end of the transaction.

    On SQLite a writing session already locks the whole database.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    hashed = hashlib.sha256("\x1f".join(map(str, name)).encode()).digest()
    session.execute(
        text("SELECT pg_advisory_xact_lock(:lock)"),
        {"lock": int.from_bytes(hashed[:8], "big", signed=True)},
    )
