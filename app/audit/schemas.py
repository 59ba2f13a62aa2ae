"""The audit log as admins see it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.accounts.schemas import PersonName


class AuditEntry(BaseModel):
    """One thing that somebody did."""

    id: str = Field(description="The event's number in the chain.")
    at: datetime
    actor: PersonName | None = Field(description="Null: the site itself, or nobody signed in.")
    token_id: UUID | None = Field(description="The API token through which the actor acted.")
    action: str
    object_type: str
    object_id: str
    detail: dict[str, Any]


class AuditVerdict(BaseModel):
    """Whether the log is unchanged."""

    ok: bool
    events: int = Field(description="Events that fit the chain, counted from its beginning.")
    broken_at: str | None = Field(description="The first event that does not fit or is missing.")
    head: str = Field(
        description=(
            "The chain's last value. Keep it with `events` elsewhere, and send both with a later "
            "request: that shows whether the log was truncated since."
        )
    )


class AuditActions(BaseModel):
    """The actions and kinds of objects that occur in the log."""

    items: list[str] = Field(description="Actions, in alphabetical order.")
