"""The audit log as a file: CSV for tables, JSON Lines for programs, in constant memory."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

from sqlalchemy import select

from app.accounts.schemas import PersonName
from app.accounts.tables import User
from app.audit.schemas import AuditEntry
from app.audit.selection import Selection
from app.core.audit import AuditEvent
from app.core.database import Database

COLUMNS = ("id", "at", "actor_id", "actor", "token_id", "action", "object_type", "object_id")
BATCH = 1000


class AuditFormat(StrEnum):
    """The format of an exported log; the value is the file's extension."""

    CSV = "csv"
    JSON_LINES = "jsonl"

    @property
    def media_type(self) -> str:
        return "text/csv" if self is AuditFormat.CSV else "application/jsonl"


def entry(event: AuditEvent, actor: User | None) -> AuditEntry:
    """Return one event as admins see it."""
    return AuditEntry(
        id=str(event.number),
        at=event.at,
        actor=PersonName.model_validate(actor) if actor else None,
        token_id=event.token_id,
        action=event.action,
        object_type=event.object_type,
        object_id=event.object_id,
        detail=event.detail,
    )


def entries(database: Database, selection: Selection) -> Iterator[AuditEntry]:
    """Yield the selected entries, oldest first, in batches, so that no transaction lasts as long as
    a slow download."""
    last = 0
    while True:
        query = (
            select(AuditEvent, User)
            .outerjoin(User, User.id == AuditEvent.actor_id)
            .where(AuditEvent.number > last, *selection.conditions())
            .order_by(AuditEvent.number)
            .limit(BATCH)
        )
        with database.read() as session:
            rows = [entry(event, user) for event, user in session.execute(query)]
        yield from rows
        if len(rows) < BATCH:
            return
        last = int(rows[-1].id)


def written(found: Iterable[AuditEntry], form: AuditFormat) -> Iterator[str]:
    """Yield the file in pieces."""
    if form is AuditFormat.JSON_LINES:
        yield from (one.model_dump_json() + "\n" for one in found)
        return
    yield _row([*COLUMNS, "detail"])
    for one in found:
        actor_id, actor = (str(one.actor.id), one.actor.name) if one.actor else ("", "")
        token_id = str(one.token_id) if one.token_id else ""
        detail = json.dumps(one.detail, ensure_ascii=False, sort_keys=True)
        what = (one.action, one.object_type, one.object_id, detail)
        yield _row([one.id, one.at.isoformat(), actor_id, actor, token_id, *what])


def _row(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Return the cell so that spreadsheets do not treat it as a formula; names are free text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
