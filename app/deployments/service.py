"""List versions, and roll back."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.principal import Principal
from app.accounts.tables import Role, User
from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.locks import lock
from app.core.problems import Problem
from app.core.security import SiteKey
from app.deployments.records import deploy, history, precedence, serving
from app.deployments.schemas import DeploymentDetails, ModelState, ModelSummary
from app.deployments.tables import Deployment
from app.evaluations.tables import Evaluation
from app.images.schemas import Person
from app.model_versions.service import version_of
from app.model_versions.tables import ModelVersion, Shadow, Standing
from app.projects.tables import TRASH, Project

SHOWN = 200


def models(session: Session, shadows: Collection[tuple[str, str]] = ()) -> list[ModelSummary]:
    """Return all versions of all models, by name and then newest first.

    Args:
        shadows: versions that run beside the one that serves and that the caller may know about.
    """
    newest = _newest(session)
    rows = select(Deployment.model_name, Deployment.model_version).distinct()
    deployed = {(row.model_name, row.model_version) for row in session.execute(rows)}
    done = select(Evaluation.model_name, Evaluation.model_version).where(
        Evaluation.verdict.is_not(None)
    )
    evaluated = {(row.model_name, row.model_version) for row in session.execute(done.distinct())}
    found = sorted(
        session.scalars(select(ModelVersion)), key=lambda m: precedence(m.version), reverse=True
    )
    found.sort(key=lambda m: m.name)
    return [
        ModelSummary(
            name=model.name,
            version=model.version,
            title=str(model.card.get("title", model.name)),
            sha256=model.sha256,
            digest=model.digest,
            parent=model.parent_digest,
            state=_state(model, set(newest.values()), deployed, evaluated, shadows),
            reason=model.reason,
            is_default=newest.get(None) == (model.name, model.version),
            available=model.digest is not None and model.standing is Standing.USABLE,
            verification=model.verification,
            verified_at=model.verified_at,
            registered_at=model.registered_at,
            card=model.card,
        )
        for model in found
    ]


def shadows(session: Session, principal: Principal) -> set[tuple[str, str]]:
    """Return the shadows of projects in which the caller is an admin; others never see them."""
    return {
        (one.model_name, one.model_version)
        for one in session.scalars(select(Shadow).where(Shadow.ended_at.is_(None)))
        if principal.is_in(one.project_id, Role.ADMIN)
    }


def _state(
    model: ModelVersion,
    newest: set[tuple[str, str]],
    deployed: set[tuple[str, str]],
    evaluated: set[tuple[str, str]],
    shadows: Collection[tuple[str, str]],
) -> ModelState:
    key = (model.name, model.version)
    if model.standing is Standing.BROKEN:
        return ModelState.BROKEN
    if model.standing is Standing.REJECTED:
        return ModelState.REJECTED
    if key in newest:
        return ModelState.SERVING
    if key in shadows:
        return ModelState.SHADOW
    if key in deployed:
        return ModelState.RETIRED
    return ModelState.EVALUATED if key in evaluated else ModelState.CANDIDATE


def details(session: Session, project_id: UUID | None) -> list[DeploymentDetails]:
    """Return the deployments that concern a project, its own and the site's, newest first."""
    rows = [*history(session, None, SHOWN)]
    if project_id is not None:
        rows += history(session, project_id, SHOWN)
    rows.sort(key=lambda one: one.id, reverse=True)
    now = serving(session, project_id)
    return [_details(session, one, now is not None and one.id == now.id) for one in rows[:SHOWN]]


def _details(session: Session, one: Deployment, is_serving: bool) -> DeploymentDetails:
    model = session.get_one(ModelVersion, (one.model_name, one.model_version))
    return DeploymentDetails(
        id=one.id,
        model=one.model_name,
        version=one.model_version,
        digest=model.digest,
        everywhere=one.project_id is None,
        serving=is_serving,
        created_at=one.created_at,
        created_by=_person(session, one.by_id),
        reason=one.reason,
        evaluation_id=one.evaluation_id,
        confirmed_by=_person(session, one.confirmed_by_id),
    )


def _person(session: Session, user_id: UUID | None) -> Person | None:
    found = session.get(User, user_id) if user_id else None
    return Person(id=found.id, name=found.name) if found else None


def require_everywhere(principal: Principal) -> None:
    """Refuse callers who may not decide for the whole site.

    Raises:
        Problem: 403.
    """
    confined = principal.token is not None and principal.token.project_id is not None
    if not principal.user.site_admin or confined:
        raise Problem(
            403,
            "role-missing",
            "Only a site admin decides what serves all projects; leave `everywhere` out to decide "
            "for this project.",
        )


def served(session: Session, project_id: UUID | None) -> Sequence[Project]:
    """Return the project, or, if None, all projects without a deployment of their own."""
    query = select(Project).where(Project.id != TRASH).order_by(Project.name)
    if project_id is not None:
        return session.scalars(query.where(Project.id == project_id)).all()
    own = select(Deployment.project_id).where(Deployment.project_id.is_not(None))
    return session.scalars(query.where(Project.id.not_in(own))).all()


def roll_back(
    session: WriteSession, key: SiteKey, actor: Actor, project_id: UUID | None, reason: str
) -> Deployment:
    """Let the version that served before the current one serve again, as a new deployment.

    Raises:
        Problem: 409 if no version that served before may serve again.
    """
    lock(session, "models")
    rows = history(session, project_id, SHOWN)
    if project_id is not None:
        rows = [*rows, *history(session, None, 1)]
    model = _before(session, rows)
    if model is None:
        raise Problem(
            409,
            "nothing-before",
            "No other version served here before that may serve again; promote one.",
        )
    before = f"{rows[0].model_name}@{rows[0].model_version}"
    return deploy(session, key, actor, project_id, model, reason, instead_of=before)


def _before(session: Session, rows: Sequence[Deployment]) -> ModelVersion | None:
    """Return the version that served before the newest row's, ignoring rollbacks: a version that
    was rolled back is not returned to."""
    stack: list[tuple[str, str]] = []
    for row in reversed(rows):
        key = (row.model_name, row.model_version)
        if key in stack:
            del stack[stack.index(key) :]
        stack.append(key)
    for key in reversed(stack[:-1]):
        model = session.get_one(ModelVersion, key)
        if model.standing is Standing.USABLE and model.digest is not None:
            return model
    return None


def usable(session: Session, name: str) -> ModelVersion:
    """Return a version that may serve.

    Args:
        name: `NAME@VERSION`.

    Raises:
        Problem: 404; 409 if it may not.
    """
    model = version_of(session, name)
    if model.standing is not Standing.USABLE:
        raise Problem(
            409, "may-not-serve", f"{name} is {model.standing}: {model.reason or 'no reason given'}"
        )
    if model.digest is None:
        raise Problem(
            409, "not-here", f"No bytes of {name} are here; import it with `sonoloop model import`."
        )
    return model


def reject(session: WriteSession, key: SiteKey, actor: Actor, name: str, reason: str) -> None:
    """Decide that a version never serves.

    Raises:
        Problem: 404; 409 if it serves a project or the site.
    """
    lock(session, "models")
    model = version_of(session, name)
    if (model.name, model.version) in _newest(session).values():
        raise Problem(
            409, "it-serves", f"{name} serves now; go back to another version before you reject it."
        )
    model.standing, model.reason = Standing.REJECTED, reason
    audit.record(session, key, actor, "model.rejected", "model", name[:60], digest=model.digest)


def _newest(session: Session) -> dict[UUID | None, tuple[str, str]]:
    """Return the version that serves each project with deployments of its own, and the site's."""
    newest: dict[UUID | None, tuple[str, str]] = {}
    for one in session.scalars(select(Deployment).order_by(Deployment.id)):
        newest[one.project_id] = (one.model_name, one.model_version)
    return newest
