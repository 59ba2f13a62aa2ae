"""Reading and setting where a model's classes go."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.problems import Problem
from app.core.security import SiteKey
from app.label_sets.records import ClassMapping
from app.model_classes.records import class_names, mapping_of, unplaced
from app.model_classes.schemas import ModelClassList, ModelClassTarget, ModelClassTargets
from app.model_versions.tables import ModelVersion
from app.projects.tables import Project

NAMED = 3
"""The most projects that a refusal names."""


def class_targets(session: Session, project_id: UUID, model: ModelVersion) -> ModelClassList:
    """Return the mapping of a version's classes to a project's."""
    mapping = mapping_of(session, project_id, model.name)
    names = class_names(model.card)
    return ModelClassList(
        items=[
            ModelClassTarget.model_validate({"name": name, "target": mapping.of(name)})
            for name in names
        ]
    )


def set_class_targets(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    project_id: UUID,
    model: ModelVersion,
    wish: ModelClassTargets,
) -> None:
    """Set where classes of a model go from its next answer on.

    Raises:
        Problem: 422 a class is not in the card, or its target not in the project's label set.
    """
    asked = {name: str(target) for name, target in wish.targets.items()}
    unknown = sorted(asked.keys() - set(class_names(model.card)))
    if unknown:
        raise Problem(
            422,
            "unknown-class",
            f"{model.name}@{model.version} names no class “{unknown[0]}”; take those that its card "
            "names.",
        )
    project = session.get_one(Project, project_id, with_for_update=True)
    before = project.model_classes or {}
    mapping = ClassMapping(mapping_of(session, project_id, model.name).words, asked)
    missing = mapping.unknown(asked)
    if missing:
        raise Problem(
            422,
            "no-such-class",
            f"The class that “{missing[0]}” is mapped to is not an open class of the label set "
            f"“{mapping.words.name}”; choose one of its classes, or `leave-out`.",
        )
    project.model_classes = {**before, model.name: {**before.get(model.name, {}), **asked}}
    audit.record(
        session,
        key,
        actor,
        "model.classes-placed",
        "project",
        project_id,
        model=f"{model.name}@{model.version}",
        classes=len(asked),
    )


def require_places(session: Session, model: ModelVersion, projects: Iterable[Project]) -> None:
    """Refuse to let a version serve projects that do not map all of its classes.

    Raises:
        Problem: 409 that names classes and projects.
    """
    found = unplaced(session, projects, model.name, model.card)
    if not found:
        return
    where = ", ".join(f"“{name}”" for name in list(found)[:NAMED])
    where += f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    names = sorted({name for names in found.values() for name in names})
    raise Problem(
        409,
        "classes-unmapped",
        f"{model.name}@{model.version} predicts classes that have no match in {where}: "
        f"{', '.join(names)}. Choose a class for each, or leave it out.",
        unmapped=names,
    )
