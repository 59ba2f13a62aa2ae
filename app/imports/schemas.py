"""Imports as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.problems import ProblemDetails
from app.images.schemas import Person
from app.imports.tables import Import, ImportAs, ImportPhase
from app.jobs.tables import JobState
from app.label_sets.records import ClassHandling


class ImportState(StrEnum):
    """Progress of an import."""

    CHECKING = "checking"
    CHECKED = "checked"
    """The report is available; nothing is stored yet. Apply or delete it."""
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Finding(BaseModel):
    """One file of the archive and its fault."""

    name: str
    code: str = Field(description="A stable code.")
    reason: str


class FoundClass(BaseModel):
    """A class that labels of the archive name."""

    lesions: int
    images: int


FoundName = Annotated[str, StringConstraints(max_length=80)]
Target = ClassHandling | UUID


class ImportReport(BaseModel):
    """The result of a check, or of the import."""

    layout: str = Field(description="The layout that was recognised; see `docs/formats.md`.")
    labels: int = Field(description="Images with a label in the archive.")
    new_images: int
    new_revisions: int = Field(description="New labels for images that are already stored.")
    unchanged: int = Field(description="Image and label are already stored, unchanged.")
    kept_aside: int = Field(
        description="The image is approved here with a different label, which is kept."
    )
    without_lesion: int = Field(description="Labels stating that there is no lesion.")
    lesions: int
    without_subject: int = Field(
        0, description="New images of unknown patients; each counts as a patient of its own."
    )
    bad: int
    findings: list[Finding] = Field(description="Bad and unused files, at most 1,000.")
    classes: dict[str, FoundClass] = Field(
        {},
        description="The archive's names for its lesions; “” if it gives none. At most 500.",
    )
    more_findings: int = Field(0, description="How many more there are than listed.")


class ImportLinks(BaseModel):
    """Addresses."""

    self: str
    job: str
    apply: str | None = Field(description="Available once the import is checked.")


class ImportDetails(BaseModel):
    """One import."""

    id: UUID
    state: ImportState
    stage: str | None
    progress: float
    position: int | None = Field(description="Jobs ahead of it while it waits.")
    problem: ProblemDetails | None
    size_bytes: int
    created_at: datetime
    created_by: Person
    stored_as: ImportAs
    mapping: dict[str, Target] = Field(
        description="Target of each class found: as requested, else the class of the same name."
    )
    unmapped: list[str] = Field(description="Classes found for which `apply` must name a target.")
    checked: ImportReport | None
    applied: ImportReport | None
    links: ImportLinks


class Apply(BaseModel):
    """How to store the checked labels."""

    model_config = ConfigDict(extra="forbid")

    stored_as: ImportAs = ImportAs.SUBMITTED
    mapping: Annotated[dict[FoundName, Target], Field(max_length=500)] = Field(
        {},
        description="By the name that was found: the id of a class of the project's label set, "
        "`leave-out` or `refuse`. What has the name of a class goes there by itself.",
    )


def state_of(found: Import) -> ImportState:
    """Return the progress of an import from its phase and its job."""
    state = found.job.state
    if state == JobState.FAILED:
        return ImportState.FAILED
    if state == JobState.CANCELLED:
        return ImportState.CANCELLED
    check = found.phase == ImportPhase.CHECK
    if state == JobState.DONE:
        return ImportState.CHECKED if check else ImportState.APPLIED
    return ImportState.CHECKING if check else ImportState.APPLYING
