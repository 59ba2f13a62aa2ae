"""Redactions: who may make one, queueing it for a worker, and judging areas that look like text."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.accounts.tables import Role, User
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import new_id, now
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.schemas import Person, TextArea
from app.images.tables import Frame, Image
from app.jobs.quotas import require_place
from app.jobs.service import Presentation, enqueue, present
from app.jobs.tables import Job
from app.redaction.jobs import REDACT, RedactParameters
from app.redaction.schemas import (
    Area,
    NewJudgement,
    NewRedaction,
    RedactionDetails,
    SuspectedArea,
    TextDetails,
)
from app.redaction.tables import Judgement, Redaction, SuspectedText
from app.reviews.access import hides_image, visible
from app.reviews.news import Change, publish_change


def may_redact(principal: Principal, image: Image) -> bool:
    """Allow the image's owner, reviewers and admins, but not readers of somebody else's image."""
    return principal.has(Role.REVIEWER) or image.owner_id == principal.user.id


def _redactable(session: Session, principal: Principal, image_id: UUID) -> Image:
    image = visible(session, principal, image_id)
    if not may_redact(principal, image):
        raise Problem(
            403,
            "not-owner",
            "Only the image's owner or a reviewer can decide this; tell one of them.",
        )
    return image


def order(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    new: NewRedaction,
    key: str | None,
) -> Job:
    """Queue the blacking out of areas, which cannot be undone.

    Raises:
        Problem: 403, 404; 422 an area is not inside the frame, or the key was used for something
            else; 429 too many of the caller's jobs wait.
    """
    asked = fingerprint("redaction", image_id, new.model_dump_json())
    image = _redactable(session, principal, image_id)
    known = recall(session, principal, key, asked, "job", Job)
    if known is not None:
        return session.get_one(Job, known)
    require_place(session, state.settings, principal.user.id)
    frame = session.scalars(select(Frame).where(Frame.image_id == image.id, Frame.index == 0)).one()
    _check(new.areas, frame)
    redaction = Redaction(
        id=new_id(),
        image_id=image.id,
        author_id=principal.user.id,
        last_frame=image.frame_count - 1,  # text written over echoes stays through all frames
        areas=[area.model_dump() for area in new.areas],
    )
    session.add(redaction)
    job_id = enqueue(
        session,
        state,
        REDACT,
        RedactParameters(redaction_id=redaction.id),
        project_id=image.project_id,
        owner_id=principal.user.id,
        image_id=image.id,
    )
    remember(session, principal, key, asked, "job", job_id)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "image.redaction-asked",
        "image",
        image.id,
        redaction=str(redaction.id),
        areas=len(new.areas),
    )
    return session.get_one(Job, job_id)


present(Presentation(REDACT, hides_image))


def _check(areas: Sequence[Area], frame: Frame) -> None:
    for number, area in enumerate(areas, 1):
        if area.kind == "rectangle":
            inside = (
                area.top + area.height <= frame.height and area.left + area.width <= frame.width
            )
        else:
            inside = all(x <= frame.width and y <= frame.height for x, y in area.points)
        if not inside:
            raise Problem(
                422,
                "area-outside",
                f"Area {number} reaches beyond the frame of {frame.width} × {frame.height} px; "
                "draw it inside.",
            )


def judge(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    area_id: UUID,
    new: NewJudgement,
) -> SuspectedArea:
    """Sign off an area that only looks like text, or undo that.

    Raises:
        Problem: 403, 404; 409 its pixels are black already.
    """
    image = _redactable(session, principal, image_id)
    query = select(SuspectedText).where(
        SuspectedText.id == area_id, SuspectedText.image_id == image.id
    )
    found = session.scalar(query.with_for_update())
    if found is None:
        raise not_found("area")
    if found.judgement == Judgement.BLACKED_OUT:
        raise Problem(409, "blacked-out", "This area is black already; nothing of it is left.")
    wanted = Judgement(new.judgement) if new.judgement else None
    if wanted != found.judgement:
        found.judgement = wanted
        found.judged_by_id = principal.user.id if wanted else None
        found.judged_at = now() if wanted else None
        session.flush()
        audit.record(
            session,
            state.site_key,
            principal.actor,
            "text.kept" if wanted else "text.reopened",
            "image",
            image.id,
            area=str(area_id),
        )
        publish_change(session, state.broker, image, Change.CHANGED, principal.user)
    people = _people(session, [found.judged_by_id])
    return _area(found, people)


def text_details(session: Session, image: Image, frame: Frame) -> TextDetails:
    """Return the text areas of an image's picture: blanked, suspected and redacted."""
    areas = session.scalars(
        select(SuspectedText).where(SuspectedText.image_id == image.id).order_by(SuspectedText.id)
    ).all()
    redactions = session.scalars(
        select(Redaction).where(Redaction.image_id == image.id).order_by(Redaction.id.desc())
    ).all()
    people = _people(
        session,
        [*(area.judged_by_id for area in areas), *(one.author_id for one in redactions)],
    )
    blanked = frame.blanked
    return TextDetails(
        blanked=None if blanked is None else [TextArea.model_validate(one) for one in blanked],
        suspected=None if blanked is None else [_area(area, people) for area in areas],
        redactions=[
            RedactionDetails(
                id=one.id,
                areas=one.areas,
                author=people[one.author_id],
                created_at=one.created_at,
                applied_at=one.applied_at,
            )
            for one in redactions
        ],
    )


def _area(area: SuspectedText, people: dict[UUID, Person]) -> SuspectedArea:
    return SuspectedArea(
        id=area.id,
        kind=area.kind,
        top=area.top,
        left=area.left,
        height=area.height,
        width=area.width,
        score=area.score,
        judgement=area.judgement,
        judged_by=people.get(area.judged_by_id) if area.judged_by_id else None,
        judged_at=area.judged_at,
    )


def _people(session: Session, ids: Sequence[UUID | None]) -> dict[UUID, Person]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: Person(id=row.id, name=row.name) for row in rows}
