"""``/audit``: who did what, and whether the log is unchanged."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from app.accounts.access import SiteAdmin
from app.accounts.tables import User
from app.audit.export import AuditFormat, entries, entry, written
from app.audit.schemas import AuditActions, AuditEntry, AuditVerdict
from app.audit.selection import Selection
from app.core import audit
from app.core.audit import AuditEvent, Noted
from app.core.pagination import Cursor, Limit, Page, decode_cursor, encode_cursor, foreign_cursor
from app.core.problems import GUARDED, Problem
from app.core.state import AppState, DatabaseRead
from app.core.times import Time

router = APIRouter(prefix="/audit", tags=["audit"])
MAX_NUMBER = 2**63 - 1


def _selection(
    actor: Annotated[UUID | None, Query(description="Who did it.")] = None,
    action: Annotated[
        str | None, Query(max_length=60, description="What was done, such as `user.created`.")
    ] = None,
    object_id: Annotated[
        str | None, Query(max_length=60, description="The object of the action.")
    ] = None,
    since: Time | None = None,
    until: Time | None = None,
) -> Selection:
    return Selection(actor, action, object_id, since, until)


Selected = Annotated[Selection, Depends(_selection)]


@router.get("", responses=GUARDED)
def list_events(
    principal: SiteAdmin,
    session: DatabaseRead,
    selection: Selected,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AuditEntry]:
    """Return a page of the audit log's events, newest first."""
    query = (
        select(AuditEvent, User)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(*selection.conditions())
        .order_by(AuditEvent.number.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        query = query.where(AuditEvent.number < _number(cursor))
    rows = session.execute(query).all()
    following = encode_cursor(rows[limit - 1][0].number) if len(rows) > limit else None
    return Page(items=[entry(event, user) for event, user in rows[:limit]], next_cursor=following)


@router.get("/actions", responses=GUARDED)
def list_actions(principal: SiteAdmin, session: DatabaseRead) -> AuditActions:
    """Return the actions and kinds of objects in the log, to filter by."""
    found = session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action))
    return AuditActions(items=list(found))


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {form.media_type: {"schema": {"type": "string"}} for form in AuditFormat}},
        **GUARDED,
    },
)
def export_events(
    principal: SiteAdmin,
    state: AppState,
    selection: Selected,
    form: Annotated[AuditFormat, Query(alias="format")] = AuditFormat.CSV,
) -> StreamingResponse:
    """Export the log or the selected part of it, oldest first, as CSV or JSON Lines. The log
    records the export."""
    with state.database.write() as session:
        audit.record(
            session, state.site_key, principal.actor, "audit.exported", "audit", form.value
        )
    return StreamingResponse(
        written(entries(state.database, selection), form),
        media_type=form.media_type,
        headers={"Content-Disposition": f'attachment; filename="audit.{form.value}"'},
    )


@router.get("/verify", responses=GUARDED)
def verify_log(
    principal: SiteAdmin,
    session: DatabaseRead,
    state: AppState,
    events: Annotated[
        int | None, Query(ge=0, le=MAX_NUMBER, description="Of an earlier answer.")
    ] = None,
    head: Annotated[
        str | None, Query(pattern="^[0-9a-f]{64}$", description="Of the same earlier answer.")
    ] = None,
) -> AuditVerdict:
    """Read the whole log and check that no entry was changed, removed or added.

    Entries that were removed from the end are found only with `events` and `head` of an earlier
    answer: the log must still begin with what it held then.
    """
    if (events is None) != (head is None):
        raise Problem(
            422,
            "invalid-request",
            "Send `events` and `head` of the same earlier answer, or neither.",
        )
    noted = Noted(events, head) if events is not None and head is not None else None
    verdict = audit.verify(session, state.site_key, noted)
    broken_at = None if verdict.broken_at is None else str(verdict.broken_at)
    return AuditVerdict(
        ok=verdict.ok, events=verdict.events, broken_at=broken_at, head=verdict.head
    )


def _number(cursor: str) -> int:
    number = decode_cursor(cursor, 1)[0]
    if type(number) is not int or not 0 <= number <= MAX_NUMBER:
        raise foreign_cursor()
    return number
