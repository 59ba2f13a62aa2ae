"""Letting a version serve: by one admin through the gate, by two past it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.authentication import require_session
from app.accounts.tables import User
from app.core import audit
from app.core.audit import Actor
from app.core.audit_actions import Action
from app.core.database import WriteSession
from app.core.ids import now
from app.core.locks import lock
from app.core.problems import Problem, not_found
from app.core.security import SiteKey
from app.deployments.records import deploy, history, serving
from app.deployments.service import require_everywhere, served, usable
from app.deployments.tables import Deployment
from app.images.schemas import Person
from app.model_classes.service import require_places
from app.model_versions.tables import ModelVersion
from app.projects.tables import Membership, Role
from app.promotions.gate import gate, require_open
from app.promotions.independence import objection, require_independent
from app.promotions.schemas import GateState, PromotionRequestDetails
from app.promotions.tables import PromotionRequest

SHOWN = 50


def promote(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    project_id: UUID,
    name: str,
    reason: str,
    *,
    everywhere: bool = False,
    without_gain: bool = False,
) -> Deployment:
    """Let a version serve a project, or the site, from now on, if the gate is open.

    Raises:
        Problem: 404 no such version; 409 it may not serve, serves already, or does not pass the
            gate.
    """
    lock(session, "models")
    model = _candidate(session, project_id, name, everywhere=everywhere)
    found = gate(session, project_id, everywhere, model)
    others = _other_confirmers(session, project_id, actor.user_id, everywhere=everywhere)
    require_open(found, name, others, without_gain=without_gain)
    scope = None if everywhere else project_id
    return deploy(session, key, actor, scope, model, reason, evaluation_id=found.evaluation_id)


def state(session: Session, principal: Principal, name: str, *, everywhere: bool) -> GateState:
    """Return the gate's current verdict on a version, and how many others could let it pass.

    Raises:
        Problem: 404; 409 it may not serve at all.
    """
    model = usable(session, name)
    found = gate(session, principal.project, everywhere, model)
    return GateState(
        standing=found.standing,
        code=found.code,
        text=found.text,
        evaluation_id=found.evaluation_id,
        others=_other_confirmers(
            session, principal.project, principal.user.id, everywhere=everywhere
        ),
    )


def _candidate(session: Session, project_id: UUID, name: str, *, everywhere: bool) -> ModelVersion:
    model = usable(session, name)
    own = history(session, None if everywhere else project_id, 1)
    if own and (own[0].model_name, own[0].model_version) == (model.name, model.version):
        raise Problem(409, "serves-already", f"{name} serves here already.")
    require_places(session, model, served(session, None if everywhere else project_id))
    return model


def _other_confirmers(
    session: Session, project_id: UUID, but: UUID | None, *, everywhere: bool
) -> int:
    """Return the others who could confirm: they sign in, and are admins of the project or site."""
    admins = select(Membership.user_id).where(
        Membership.project_id == project_id, Membership.role == Role.ADMIN
    )
    who = User.site_admin if everywhere else or_(User.site_admin, User.id.in_(admins))
    query = select(func.count()).where(
        who,
        User.id != but,
        User.active.is_(True),
        User.service.is_(False),
        User.password_hash.is_not(None),
    )
    return session.scalar(query) or 0


def ask(
    session: WriteSession,
    key: SiteKey,
    principal: Principal,
    name: str,
    reason: str,
    everywhere: bool,
) -> PromotionRequest:
    """Ask another admin to let a version pass that the gate keeps out.

    Raises:
        Problem: 404; 403 for the site, by somebody who is not a site admin; 409 it may not serve,
            the gate is open, or it was requested already.
    """
    if everywhere:
        require_everywhere(principal)
    lock(session, "models")
    model = _candidate(session, principal.project, name, everywhere=everywhere)
    found = gate(session, principal.project, everywhere, model)
    now_serving = serving(session, None if everywhere else principal.project)
    if not found.shut or now_serving is None:
        raise Problem(409, "gate-open", f"{name} passes the gate; promote it.")
    for one in _open(session, principal.project):
        if (one.model_name, one.model_version, one.everywhere) == (
            model.name,
            model.version,
            everywhere,
        ):
            raise Problem(409, "asked-already", f"{name} is asked for already; see the request.")
    made = PromotionRequest(
        project_id=principal.project,
        everywhere=everywhere,
        model_name=model.name,
        model_version=model.version,
        serving_name=now_serving.model_name,
        serving_version=now_serving.model_version,
        evaluation_id=found.evaluation_id,
        shut=found.text,
        reason=reason,
        created_by_id=principal.user.id,
    )
    session.add(made)
    session.flush()
    _record(session, key, principal, "promotion.asked", made)
    return made


def confirm(
    session: WriteSession, key: SiteKey, principal: Principal, request_id: UUID
) -> Deployment:
    """Let the version serve, as a second admin.

    Raises:
        Problem: 403 the same person, an account that this person may also control (see
            `independence`), or a token; 404; 409 it was decided, or something else serves since.
    """
    require_session(principal, "confirm a promotion")
    lock(session, "models")
    asked = _undecided(session, request_id)
    if asked.everywhere:
        require_everywhere(principal)
    if asked.created_by_id == principal.user.id:
        raise Problem(
            403, "second-admin-needed", "You asked for this yourself; another admin confirms it."
        )
    require_independent(session, principal.user, asked)
    name = f"{asked.model_name}@{asked.model_version}"
    model = _candidate(session, asked.project_id, name, everywhere=asked.everywhere)
    scope = None if asked.everywhere else asked.project_id
    serves = serving(session, scope)
    before = (asked.serving_name, asked.serving_version)
    if serves is None or (serves.model_name, serves.model_version) != before:
        raise Problem(
            409, "serves-another", "Another version serves since this was asked for; ask again."
        )
    _decide(session, key, principal, asked, confirmed=True)
    return deploy(
        session,
        key,
        Actor(asked.created_by_id),
        scope,
        model,
        asked.reason,
        evaluation_id=asked.evaluation_id,
        confirmed_by_id=principal.user.id,
        request=str(asked.id),
    )


def refuse(session: WriteSession, key: SiteKey, principal: Principal, request_id: UUID) -> None:
    """Refuse a request, or withdraw one's own.

    Raises:
        Problem: 404; 409 it was decided.
    """
    lock(session, "models")
    asked = _undecided(session, request_id)
    _decide(session, key, principal, asked, confirmed=False)


def _undecided(session: Session, request_id: UUID) -> PromotionRequest:
    found = session.get(PromotionRequest, request_id)
    if found is None:
        raise not_found("promotion request")
    if found.confirmed is not None:
        raise Problem(409, "decided-already", "This request was decided already.")
    return found


def _decide(
    session: WriteSession,
    key: SiteKey,
    principal: Principal,
    asked: PromotionRequest,
    *,
    confirmed: bool,
) -> None:
    asked.confirmed, asked.decided_by_id, asked.decided_at = confirmed, principal.user.id, now()
    session.flush()
    said: Action = "promotion.confirmed" if confirmed else "promotion.refused"
    _record(session, key, principal, said, asked)


def _record(
    session: WriteSession, key: SiteKey, principal: Principal, what: Action, asked: PromotionRequest
) -> None:
    audit.record(
        session,
        key,
        principal.actor,
        what,
        "promotion_request",
        asked.id,
        model=f"{asked.model_name}@{asked.model_version}",
        everywhere=asked.everywhere,
    )


def _open(session: Session, project_id: UUID) -> Sequence[PromotionRequest]:
    query = select(PromotionRequest).where(
        PromotionRequest.project_id == project_id, PromotionRequest.confirmed.is_(None)
    )
    return session.scalars(query.order_by(PromotionRequest.id.desc())).all()


def requests(session: Session, principal: Principal) -> list[PromotionRequestDetails]:
    """Return the requests in a project, newest first."""
    query = select(PromotionRequest).where(PromotionRequest.project_id == principal.project)
    found = session.scalars(query.order_by(PromotionRequest.id.desc()).limit(SHOWN)).all()
    return [details(session, principal, one) for one in found]


def details(
    session: Session, principal: Principal, one: PromotionRequest
) -> PromotionRequestDetails:
    """Return a request as JSON."""
    mine = one.created_by_id == principal.user.id
    by = session.get_one(User, one.created_by_id)
    decided_by = session.get(User, one.decided_by_id) if one.decided_by_id else None
    return PromotionRequestDetails(
        id=one.id,
        model=f"{one.model_name}@{one.model_version}",
        serving=f"{one.serving_name}@{one.serving_version}",
        everywhere=one.everywhere,
        evaluation_id=one.evaluation_id,
        gate=one.shut,
        reason=one.reason,
        created_at=one.created_at,
        created_by=Person(id=by.id, name=by.name),
        confirmed=one.confirmed,
        decided_at=one.decided_at,
        decided_by=Person(id=decided_by.id, name=decided_by.name) if decided_by else None,
        may_confirm=one.confirmed is None
        and not mine
        and principal.token is None
        and (principal.user.site_admin or not one.everywhere)
        and objection(session, principal.user, one) is None,
        others=_other_confirmers(
            session, one.project_id, one.created_by_id, everywhere=one.everywhere
        ),
    )
