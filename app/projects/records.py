"""The rules by which a project's images are read."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.core.settings import Settings
from app.projects.tables import Project


@dataclass(frozen=True, slots=True)
class Rules:
    """A project's rules, with the site's setting for each that it leaves open.

    Attributes:
        double_reading_share: share of new images that two people read, 0 to 1.
        self_approval: reviewers may approve what they drew themselves.
        blind_to_model: readers do not see the model's outline until they have handed in.
    """

    double_reading_share: float
    self_approval: bool
    blind_to_model: bool


def case_rule_of(session: Session, project_id: UUID) -> str | None:
    """Return the rule that reads the case out of a project's file names, or None."""
    return session.scalar(select(Project.case_rule).where(Project.id == project_id))


_RULES = select(Project.double_reading_share, Project.self_approval, Project.blind_to_model).where(
    Project.id == bindparam("project")
)


def rules_of(session: Session, project_id: UUID, settings: Settings) -> Rules:
    """Return the current rules of a project."""
    project = session.execute(_RULES, {"project": project_id}).one()
    share, own = project.double_reading_share, project.self_approval
    return Rules(
        double_reading_share=settings.double_reading_share if share is None else share,
        self_approval=settings.allow_self_approval if own is None else own,
        blind_to_model=project.blind_to_model,
    )
