"""Comments pinned to places of an image; whoever sees a person's work sees their comments.

No blind reader sees the others' comments before all have handed in (:mod:`app.reviews.visibility`).
They are deleted with the image and never exported.
"""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.accounts.tables import Role, User
from app.core import audit
from app.core.audit_actions import Action
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.tables import Image
from app.pins.schemas import Author, CommentDetails, NewPin, PinDetails, Pins
from app.pins.tables import Pin, PinComment
from app.reviews.access import visible, visible_frame
from app.reviews.news import Change, publish_change
from app.reviews.visibility import View, view_of

MOST_PINS = 500
"""Per image."""
MOST_COMMENTS = 200
"""Per pin."""


def pins_of(session: Session, principal: Principal, image_id: UUID) -> Pins:
    """Return the pins of an image that the caller may see.

    Raises:
        Problem: 404.
    """
    image = visible(session, principal, image_id)
    view = view_of(session, image.id, principal.user.id)
    query = (
        select(Pin)
        .where(Pin.image_id == image.id)
        .options(joinedload(Pin.author), joinedload(Pin.resolved_by))
        .order_by(Pin.id)
    )
    pins = [pin for pin in session.scalars(query) if view.sees_work_of(pin.author_id)]
    said: dict[UUID, list[PinComment]] = defaultdict(list)
    comments = (
        select(PinComment)
        .join(Pin, Pin.id == PinComment.pin_id)
        .where(Pin.image_id == image.id)
        .options(joinedload(PinComment.author))
        .order_by(PinComment.id)
    )
    for comment in session.scalars(comments):
        if view.sees_work_of(comment.author_id):
            said[comment.pin_id].append(comment)
    admin = principal.is_in(image.project_id, Role.ADMIN)
    return Pins(items=[_details(pin, said[pin.id], view, admin=admin) for pin in pins])


def one(session: Session, principal: Principal, image_id: UUID, pin_id: UUID) -> PinDetails:
    """Return one of :func:`pins_of`.

    Raises:
        Problem: 404.
    """
    session.flush()
    found = pins_of(session, principal, image_id).items
    pin = next((pin for pin in found if pin.id == pin_id), None)
    if pin is None:
        raise not_found("pin")
    return pin


def _details(pin: Pin, comments: list[PinComment], view: View, *, admin: bool) -> PinDetails:
    # Who resolved it is also part of that person's work.
    resolved = pin.resolved_at is not None and view.sees_work_of(pin.resolved_by_id)
    own = all(comment.author_id == view.user_id for comment in comments)
    return PinDetails(
        id=pin.id,
        frame_index=pin.frame_index,
        x=pin.x,
        y=pin.y,
        author=_author(pin.author),
        created_at=pin.created_at,
        resolved_at=pin.resolved_at if resolved else None,
        resolved_by=_author(pin.resolved_by) if resolved and pin.resolved_by else None,
        comments=[
            CommentDetails(
                id=comment.id,
                author=_author(comment.author),
                text=comment.text,
                created_at=comment.created_at,
            )
            for comment in comments
        ],
        may_delete=admin or (pin.author_id == view.user_id and own),
    )


def _author(user: User) -> Author:
    return Author(id=user.id, name=user.name)


def place(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    wanted: NewPin,
    key: str | None,
) -> UUID:
    """Pin a comment to a place of a frame; return the pin's id.

    Raises:
        Problem: 404; 409 there are too many; 422 outside the frame, or a reused key.
    """
    asked = fingerprint("pin", image_id, wanted.model_dump_json())
    known = recall(session, principal, key, asked, "pin", Pin)
    if known is not None:
        return known
    image, frame = visible_frame(session, principal, image_id, wanted.frame_index)
    if wanted.x > frame.width or wanted.y > frame.height:
        raise Problem(
            422,
            "outside-frame",
            f"The place lies outside the frame of {frame.width} × {frame.height} px.",
        )
    _require_room(session, select(func.count()).where(Pin.image_id == image.id), MOST_PINS)
    pin = Pin(
        image_id=image.id,
        frame_index=wanted.frame_index,
        x=wanted.x,
        y=wanted.y,
        author_id=principal.user.id,
    )
    session.add(pin)
    session.flush()
    session.add(PinComment(pin_id=pin.id, author_id=principal.user.id, text=wanted.text))
    remember(session, principal, key, asked, "pin", pin.id)
    _note(session, state, principal, image, pin, "pin.created")
    return pin.id


def answer(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    pin_id: UUID,
    text: str,
    key: str | None,
) -> UUID:
    """Reply to a pin; return the pin's id.

    Raises:
        Problem: 404; 409 there are too many; 422 reused key.
    """
    asked = fingerprint("pin-comment", image_id, pin_id, text)
    image, pin, _ = _find(session, principal, image_id, pin_id)
    if recall(session, principal, key, asked, "pin-comment", PinComment) is None:
        count = select(func.count()).where(PinComment.pin_id == pin.id)
        _require_room(session, count, MOST_COMMENTS)
        comment = PinComment(pin_id=pin.id, author_id=principal.user.id, text=text)
        session.add(comment)
        session.flush()
        remember(session, principal, key, asked, "pin-comment", comment.id)
        _note(session, state, principal, image, pin, "pin.answered")
    return pin.id


def set_resolved(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    pin_id: UUID,
    *,
    resolved: bool,
) -> None:
    """Mark a pin as resolved, or open it again. Does nothing if it already is.

    Raises:
        Problem: 404.
    """
    image, pin, _ = _find(session, principal, image_id, pin_id)
    if resolved == (pin.resolved_at is not None):
        return
    pin.resolved_at = now() if resolved else None
    pin.resolved_by_id = principal.user.id if resolved else None
    action: Action = "pin.resolved" if resolved else "pin.reopened"
    _note(session, state, principal, image, pin, action)


def remove(
    session: WriteSession, state: State, principal: Principal, image_id: UUID, pin_id: UUID
) -> None:
    """Delete a pin with its comments.

    Its author may delete it while nobody else has replied, an admin always.

    Raises:
        Problem: 403, 404.
    """
    image, pin, _ = _find(session, principal, image_id, pin_id)
    if not principal.is_in(image.project_id, Role.ADMIN):
        others = select(PinComment.id).where(
            PinComment.pin_id == pin.id, PinComment.author_id != principal.user.id
        )
        if pin.author_id != principal.user.id or session.scalar(others.limit(1)) is not None:
            raise Problem(
                403,
                "others-comments",
                "Others have written here; resolve it, or ask an admin to delete it.",
            )
    _note(session, state, principal, image, pin, "pin.deleted")
    session.delete(pin)


def _find(
    session: WriteSession, principal: Principal, image_id: UUID, pin_id: UUID
) -> tuple[Image, Pin, View]:
    image = visible(session, principal, image_id)
    view = view_of(session, image.id, principal.user.id)
    pin = session.get(Pin, pin_id, with_for_update=True, populate_existing=True)
    if pin is None or pin.image_id != image.id or not view.sees_work_of(pin.author_id):
        raise not_found("pin")
    return image, pin, view


def _require_room(session: Session, count: Select[int], most: int) -> None:
    if (session.scalar(count) or 0) >= most:
        raise Problem(409, "too-many-comments", f"There are {most} already; delete some first.")


def _note(
    session: WriteSession, state: State, by: Principal, image: Image, pin: Pin, action: Action
) -> None:
    """Record and announce an action; the text stays out of the logs, as it may name somebody."""
    audit.record(session, state.site_key, by.actor, action, "pin", pin.id, image_id=str(image.id))
    publish_change(session, state.broker, image, Change.COMMENT, by.user)
