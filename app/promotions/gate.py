"""The gate: whether one admin may let a version serve, by the version's newest evaluation."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.problems import Problem
from app.deployments.records import serving
from app.deployments.tables import Deployment
from app.evaluations.records import references
from app.evaluations.tables import Evaluation
from app.images.tables import Image, ImageState, Split
from app.jobs.tables import JobState
from app.model_versions.tables import ModelVersion
from app.promotions.schemas import GateCode

ORDER = ("fail", "unjudged", "reason", "pass")


@dataclass(frozen=True)
class Gate:
    """The gate's verdict on a version.

    Attributes:
        standing: `pass`, `reason` (no gain is shown, so the reason must not need one), `unjudged`
            or `fail`.
        code: whether an evaluation was judged, or why none was.
        text: why, in a sentence.
        evaluation_id: the evaluation that was judged, or None.
    """

    standing: str
    code: GateCode
    text: str
    evaluation_id: UUID | None = None

    @property
    def shut(self) -> bool:
        """Whether one admin alone must not let the version pass."""
        return self.standing not in ("pass", "reason")


def gate(session: Session, project_id: UUID, everywhere: bool, model: ModelVersion) -> Gate:
    """Return the gate's verdict on a version for a project, or for all that follow the site.

    For the site, a version passes if it passes in each project that it would serve and that has a
    test part.
    """
    now = serving(session, None if everywhere else project_id)
    if now is None:
        return Gate("pass", "nothing-serves", "Nothing serves yet that it could be worse than.")
    if (now.model_name, now.model_version) == (model.name, model.version):
        return Gate("pass", "serves-already", "It serves already.")
    wanted = [project_id, *_followers(session, project_id)] if everywhere else [project_id]
    found = [_of(session, one, model, now) for one in wanted]
    return min(found, key=lambda one: ORDER.index(one.standing))


def _followers(session: Session, but: UUID) -> list[UUID]:
    """Return the other projects with a test part and without their own deployment."""
    own = select(Deployment.project_id).where(Deployment.project_id.is_not(None))
    query = (
        select(Image.project_id)
        .where(
            Image.state == ImageState.APPROVED,
            Image.split == Split.TEST,
            Image.project_id != but,
            Image.project_id.not_in(own),
        )
        .distinct()
    )
    return list(session.scalars(query))


def _of(session: Session, project_id: UUID, model: ModelVersion, now: Deployment) -> Gate:
    instead = f"{now.model_name} {now.model_version}"
    newest = _newest(session, project_id, model, now)
    if newest is None:
        text = f"It was not evaluated against {instead}, in every project that it would serve."
        return Gate("unjudged", "not-evaluated", text)
    left_out = {str(one.id) for one in references(session)} - set(newest.set_ids)
    if left_out:
        text = "A reference set was added after its evaluation; evaluate it again."
        return Gate("unjudged", "outdated", text, newest.id)
    verdict = newest.verdict or {}
    standing = str(verdict.get("standing", "unjudged"))
    reasons = [c["text"] for c in verdict.get("checks", ()) if c["standing"] == standing]
    text = " ".join(reasons)[:900] if standing != "pass" else ""
    return Gate(standing, "judged", text, newest.id)


def _newest(
    session: Session, project_id: UUID, model: ModelVersion, now: Deployment
) -> Evaluation | None:
    """Return the newest finished evaluation against the version that serves now."""
    query = select(Evaluation).where(
        Evaluation.project_id == project_id,
        Evaluation.model_name == model.name,
        Evaluation.model_version == model.version,
        Evaluation.serving_name == now.model_name,
        Evaluation.serving_version == now.model_version,
    )
    found = session.scalars(query.order_by(Evaluation.id.desc()))
    return next((one for one in found if one.job.state is JobState.DONE and one.verdict), None)


def require_open(found: Gate, name: str, others: int, *, without_gain: bool) -> None:
    """Refuse a promotion that one admin alone must not make.

    Args:
        others: the number of admins who could confirm it.
        without_gain: the reason given does not need a gain.

    Raises:
        Problem: 409.
    """
    if found.shut:
        way = (
            "A second admin can let it pass: ask for that with your reason."
            if others
            else "Only a second admin can let it pass, and there is none: invite one under People."
        )
        raise Problem(409, "gate-shut", f"{name} does not pass the gate. {found.text} {way}")
    if found.standing == "reason" and not without_gain:
        raise Problem(
            409,
            "reason-needed",
            f"{name} is not shown to be better. {found.text} Say why it is needed all the same, "
            "and set `without_gain`.",
        )
