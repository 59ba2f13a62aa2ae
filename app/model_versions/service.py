"""Finding a version by its name."""

from sqlalchemy.orm import Session

from app.core.problems import Problem
from app.model_versions.tables import ModelVersion


def version_of(session: Session, name: str) -> ModelVersion:
    """Return one version, `NAME@VERSION`.

    Raises:
        Problem: 404.
    """
    model_name, _, version = name.partition("@")
    found = session.get(ModelVersion, (model_name, version))
    if found is None:
        raise Problem(
            404,
            "not-found",
            "There is no such model version; write NAME@VERSION as `sonoloop model list` shows it.",
        )
    return found
