"""Bundles and keys as JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.accounts.schemas import NAME_PATTERN
from app.bundles.tables import BundleKind
from app.core.problems import ProblemDetails
from app.jobs.tables import JobState
from app.model_versions.tables import Standing

KeyName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=NAME_PATTERN, strip_whitespace=True),
]


class NewBundleKey(BaseModel):
    """The key of another site, as its admin stated it."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(max_length=100, description="`ed25519:` and 43 characters.")
    name: KeyName = Field(description="Name of the site.")


class BundleKeyDetails(BaseModel):
    """A trusted key."""

    id: UUID
    key: str
    name: str
    created_at: datetime


class BundleKeyList(BaseModel):
    """This site's own key, and the keys that it trusts."""

    own: str = Field(description="Give it to the admins of other sites so that they can trust it.")
    items: list[BundleKeyDetails]


class BundleDetails(BaseModel):
    """A bundle that was sent here: under way, imported, or refused."""

    id: UUID = Field(description="Id of its job.")
    state: JobState
    stage: str | None
    progress: float
    created_at: datetime
    problem: ProblemDetails | None = Field(description="Why it was refused.")
    kind: BundleKind | None = Field(description="Null until its signature was checked.")
    site: str | None = Field(description="The name of the key that signed it.")
    manifest: dict[str, Any] | None = Field(
        description="The exporting site's description, with licence."
    )
    figures: list[dict[str, Any]] | None = Field(
        description="What its evaluation there says by set, computed from its rows: `set`, "
        "`images`, `patients`, and `iou` of what served there and of the version."
    )
    model: str | None = Field(description="`NAME@VERSION` that it became.")
    standing: Standing | None = None
    reason: str | None = None
    import_id: UUID | None = Field(
        description="The import that a bundled pool became; null for a model."
    )


class BundleList(BaseModel):
    """Bundles that were sent here, newest first."""

    items: list[BundleDetails]
