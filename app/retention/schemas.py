"""Retention rules as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.accounts.schemas import PersonName
from app.projects.tables import RetentionAction, RetentionKind

LONGEST_DAYS = 36_500


class RetentionTerms(BaseModel):
    """The terms of a rule: its action, its age limit, and the notice before it begins."""

    model_config = ConfigDict(extra="forbid")

    action: RetentionAction = Field(
        RetentionAction.DELETE, description="Only images can be archived."
    )
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
    keep_pool: bool = Field(
        True, description="Skip images that are or ever were in the training pool."
    )
    notice_days: Annotated[int, Field(ge=1, le=365)] = Field(
        7, description="The rule takes effect this many days after it was set or made stricter."
    )


class RetentionQuestion(RetentionTerms):
    """A rule to preview before it is set."""

    kind: RetentionKind


class RetentionRuleDetails(BaseModel):
    """A rule, and when it begins."""

    kind: RetentionKind
    action: RetentionAction
    days: int
    keep_pool: bool
    begins_at: datetime
    set_at: datetime
    set_by: PersonName


class RetentionRun(BaseModel):
    """The last time that the rules did something."""

    at: datetime
    counts: dict[str, int] = Field(description="Of what, by the kind of the rule.")


class RetentionRules(BaseModel):
    """The rules of a project. Things without a rule are kept for ever, except deleted images, which
    follow the site's setting."""

    items: list[RetentionRuleDetails]
    last_run: RetentionRun | None
    deleted_images_days: float = Field(description="The site's setting.")


class Reached(BaseModel):
    """One thing that a rule would apply to."""

    id: UUID
    created_at: datetime
    bytes: int | None = Field(description="Null if not counted yet.")


class RetentionPreview(BaseModel):
    """The things that a rule would apply to, unless somebody works on them before."""

    begins_at: datetime = Field(description="If the rule were set now.")
    now: int = Field(description="How many items it would affect if it began now.")
    count: int = Field(description="How many items it will affect when it begins.")
    bytes: int
    items: list[Reached] = Field(description="The oldest of them.")
