"""Taking back a reviewer's mistaken decision, while nobody has acted on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core import audit
from app.core.database import WriteSession
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.tables import Frame, Image, ImageState
from app.masks.tables import Draft, Mask, MaskSource
from app.reviews.news import Change, publish_change
from app.reviews.readings import locked, readings_of
from app.reviews.records import restore
from app.reviews.tables import Reading, ReadingState, Review


@dataclass(frozen=True, slots=True)
class ImageStanding:
    """Everything about an image that a decision changes.

    Attributes:
        state: of the image.
        frame_id: of the frame that the decision was about.
        approved_mask_id: of that frame.
        elsewhere: approved masks of further frames of a cine, by frame.
        approved_at: of the image.
        readings: their states, by id.
    """

    state: ImageState
    frame_id: UUID
    approved_mask_id: UUID | None
    approved_at: datetime | None
    readings: dict[UUID, ReadingState]
    elsewhere: dict[UUID, UUID]

    @classmethod
    def of(
        cls, session: Session, image: Image, frame: Frame, readings: Sequence[Reading]
    ) -> ImageStanding:
        """Return the image's standing as it is now."""
        elsewhere: dict[UUID, UUID] = {}
        if image.frame_count > 1:
            others = Frame.image_id == image.id, Frame.id != frame.id
            query = select(Frame).where(*others, Frame.approved_mask_id.is_not(None))
            elsewhere = {
                one.id: one.approved_mask_id
                for one in session.scalars(query)
                if one.approved_mask_id
            }
        return cls(
            state=image.state,
            frame_id=frame.id,
            approved_mask_id=frame.approved_mask_id,
            approved_at=image.approved_at,
            readings={one.id: one.state for one in readings},
            elsewhere=elsewhere,
        )

    def with_change(self, after: ImageStanding) -> dict[str, Any]:
        """Return this standing and the one after the decision, as ``Review.former`` stores them."""
        return {"before": self._stored(), "after": after._stored()}

    def _stored(self) -> dict[str, Any]:
        return {
            "state": str(self.state),
            "frame_id": str(self.frame_id),
            "approved_mask_id": str(self.approved_mask_id) if self.approved_mask_id else None,
            "approved_at": self.approved_at.isoformat() if self.approved_at else None,
            "readings": {str(id): str(state) for id, state in self.readings.items()},
            **(
                {"elsewhere": {str(id): str(mask) for id, mask in self.elsewhere.items()}}
                if self.elsewhere
                else {}
            ),
        }

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> ImageStanding:
        """Read one side (before or after) of what :meth:`with_change` stored."""
        mask, at = stored["approved_mask_id"], stored["approved_at"]
        return cls(
            state=ImageState(stored["state"]),
            frame_id=UUID(stored["frame_id"]),
            approved_mask_id=UUID(mask) if mask else None,
            approved_at=datetime.fromisoformat(at) if at else None,
            readings={UUID(id): ReadingState(one) for id, one in stored["readings"].items()},
            elsewhere={UUID(id): UUID(one) for id, one in stored.get("elsewhere", {}).items()},
        )


def take_back_review(
    session: WriteSession, state: State, principal: Principal, image_id: UUID, review_id: UUID
) -> None:
    """Restore the image as it was before a decision, and delete the decision.

    The audit log keeps both. An export made in between keeps what it contains.

    Raises:
        Problem: 403 somebody else's decision; 404; 409 somebody has acted since.
    """
    image = locked(session, image_id)
    review = session.get(Review, review_id)
    if review is None or review.image_id != image.id:
        raise not_found("review")
    if review.reviewer_id != principal.user.id:
        raise Problem(403, "not-author", "Only the person who decided can take the decision back.")
    if review.former is None:
        raise _too_late("This decision was made before decisions could be taken back")
    before = ImageStanding.from_stored(review.former["before"])
    after = ImageStanding.from_stored(review.former["after"])
    frame = session.get_one(Frame, before.frame_id)
    readings = readings_of(session, image.id)
    if ImageStanding.of(session, image, frame, readings) != after or _acted_since(
        session, image, review
    ):
        raise _too_late("Somebody has worked on this image since")
    for one in readings:
        one.state = before.readings[one.id]
    approved = {frame: before.approved_mask_id}
    for frame_id in {*before.elsewhere, *after.elsewhere}:
        approved[session.get_one(Frame, frame_id)] = before.elsewhere.get(frame_id)
    restore(session, image, approved, before.state, before.approved_at)
    revision = session.get_one(Mask, review.mask_id).revision
    session.delete(review)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "review.taken-back",
        "image",
        image.id,
        revision=revision,
        verdict=review.verdict,
    )
    publish_change(session, state.broker, image, Change.REVIEW, principal.user, revision)


def _too_late(why: str) -> Problem:
    return Problem(
        409,
        "too-late",
        f"{why}, so the decision stands; approve or return it again where it should change.",
    )


def _acted_since(session: Session, image: Image, review: Review) -> bool:
    """Whether anybody has decided, saved or drawn since; another model's outline does not count."""
    later = exists().where(Review.image_id == image.id, Review.id > review.id)
    saved = exists().where(
        Mask.image_id == image.id,
        Mask.source != MaskSource.MODEL,
        Mask.created_at > review.created_at,
    )
    drawn = exists().where(Draft.image_id == image.id, Draft.updated_at > review.created_at)
    return bool(session.scalar(select(later | saved | drawn)))
