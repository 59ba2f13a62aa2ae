"""``/audit``: who did what, and whether the log is still as it was written."""

from fastapi import APIRouter
from sqlalchemy import select

from app.accounts.access import SiteAdmin
from app.accounts.schemas import PersonName
from app.accounts.tables import User
from app.audit.schemas import AuditEntry, AuditVerdict
from app.core import audit
from app.core.audit import AuditEvent
from app.core.pagination import Cursor, Limit, Page, decode_cursor, encode_cursor, foreign_cursor
from app.core.problems import GUARDED
from app.core.state import AppState, Reading

router = APIRouter(prefix="/audit", tags=["audit"])
MAX_NUMBER = 2**63 - 1


@router.get("", responses=GUARDED)
def list_events(
    principal: SiteAdmin, session: Reading, cursor: Cursor = None, limit: Limit = 50
) -> Page[AuditEntry]:
    """What was done, newest first."""
    query = (
        select(AuditEvent, User)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .order_by(AuditEvent.number.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        query = query.where(AuditEvent.number < _number(cursor))
    rows = session.execute(query).all()
    following = encode_cursor(rows[limit - 1][0].number) if len(rows) > limit else None
    return Page(items=[_entry(event, user) for event, user in rows[:limit]], next_cursor=following)


@router.get("/verify", responses=GUARDED)
def verify_log(principal: SiteAdmin, session: Reading, state: AppState) -> AuditVerdict:
    """Read the whole log and check that nothing in it was changed, removed or added."""
    verdict = audit.verify(session, state.site_key)
    broken_at = None if verdict.broken_at is None else str(verdict.broken_at)
    return AuditVerdict(
        ok=verdict.ok, events=verdict.events, broken_at=broken_at, head=verdict.head
    )


def _entry(event: AuditEvent, actor: User | None) -> AuditEntry:
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


def _number(cursor: str) -> int:
    number = decode_cursor(cursor, 1)[0]
    if type(number) is not int or not 0 <= number <= MAX_NUMBER:
        raise foreign_cursor()
    return number
