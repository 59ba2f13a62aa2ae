"""The mapping of a model card's classes to a project's, for the api and for workers."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.label_sets.records import ClassMapping, vocabulary_of
from app.projects.tables import Project


def mapping_of(session: Session, project_id: UUID, model_name: str) -> ClassMapping:
    """Return the mapping of a model's classes: as an admin chose, else to the class of that name.

    It is stored by the model's name, so the next version keeps it.
    """
    kept = session.scalar(select(Project.model_classes).where(Project.id == project_id)) or {}
    return ClassMapping(vocabulary_of(session, project_id), kept.get(model_name, {}))


def class_names(card: Mapping[str, Any]) -> list[str]:
    """Return the classes that a card names, in order; empty if the model knows one kind only."""
    return [str(one["name"]) for one in card.get("classes", ())]


def unplaced(
    session: Session, projects: Iterable[Project], model_name: str, card: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Return the classes of a card that a project does not map, by the project's name."""
    names = class_names(card)
    if not names:
        return {}
    found = {one.name: mapping_of(session, one.id, model_name).unknown(names) for one in projects}
    return {project: unknown for project, unknown in found.items() if unknown}
