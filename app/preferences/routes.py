"""``/session/preferences``: how the signed-in person has set up the pages."""

from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ValidationError
from sqlalchemy import select

from app.accounts.access import GuardedRoute, SignedIn
from app.core.database import WriteSession
from app.core.problems import GUARDED, GUARDED_BODY
from app.core.state import DatabaseRead, DatabaseWrite
from app.preferences.schemas import KeyPreferences, Preferences, WorklistPreferences
from app.preferences.tables import Preference, PreferencePart

Part = TypeVar("Part", bound=BaseModel)

router = APIRouter(tags=["session"], route_class=GuardedRoute)


@router.get("/session/preferences", responses=GUARDED)
def get_preferences(principal: SignedIn, session: DatabaseRead) -> Preferences:
    """The caller's preferences; those never set have their defaults."""
    rows = session.scalars(select(Preference).where(Preference.user_id == principal.user.id))
    content = {row.part: row.content for row in rows}
    return Preferences(
        worklist=_read(WorklistPreferences, content.get(PreferencePart.WORKLIST)),
        keys=_read(KeyPreferences, content.get(PreferencePart.KEYS)),
    )


@router.put("/session/preferences/worklist", status_code=204, responses=GUARDED_BODY)
def put_worklist_preferences(
    body: WorklistPreferences, principal: SignedIn, session: DatabaseWrite
) -> None:
    """Replace all columns and views of the worklist."""
    _put(session, principal.user.id, PreferencePart.WORKLIST, body)


@router.put("/session/preferences/keys", status_code=204, responses=GUARDED_BODY)
def put_key_preferences(body: KeyPreferences, principal: SignedIn, session: DatabaseWrite) -> None:
    """Replace all of one's own keys."""
    _put(session, principal.user.id, PreferencePart.KEYS, body)


def _read(kind: type[Part], content: dict[str, Any] | None) -> Part:
    try:
        return kind.model_validate(content or {})
    except ValidationError:  # another version wrote it
        return kind()


def _put(session: WriteSession, user_id: UUID, part: PreferencePart, content: BaseModel) -> None:
    row = session.get(Preference, (user_id, part), with_for_update=True)
    if row is None:
        row = Preference(user_id=user_id, part=part)
        session.add(row)
    row.content = content.model_dump(mode="json", exclude_none=part is PreferencePart.WORKLIST)
