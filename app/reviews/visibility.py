"""Visibility of an image's masks: the one place that decides about blind readings. A blind reader
sees no other blind reader's masks, drafts, presence or news until all of them have submitted,
whatever their role. Everybody else who may see the image sees everything. Needs tables only, so
workers use it as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, true
from sqlalchemy.orm import Session

from app.accounts.tables import Role, User
from app.core.ids import now
from app.core.problems import not_found
from app.images.tables import Image
from app.masks.tables import Mask, MaskSource, Presence
from app.projects.tables import Membership
from app.reviews.tables import Reading, ReadingState

PRESENT_FOR = timedelta(seconds=30)
"""How long somebody counts as present after the last renewal."""


@dataclass(frozen=True, slots=True)
class View:
    """One person's view of one image.

    Attributes:
        reading: the person's own reading, if there is one.
        blind: other people's work is hidden from them now.
        model_hidden: the model's masks are hidden until they have handed in; see
            :func:`hides_model`.
    """

    image_id: UUID
    user_id: UUID
    reading: Reading | None
    blind: bool
    model_hidden: bool = False

    @property
    def masks(self) -> ColumnElement[bool]:
        """The revisions that the person may see, as a condition on :class:`Mask`."""
        return and_(self._own if self.blind else true(), self._shown)

    @property
    def line(self) -> ColumnElement[bool]:
        """The revisions that a save builds upon, as a condition on :class:`Mask`.

        A blind reading has a line of its own, even once its reader may see the others: the model's
        masks and the reader's. Everybody else shares one line, without the blind readings.
        """
        if self.reading is not None and self.reading.blind:
            return and_(self._own, self._shown)
        blind = select(Reading.id).where(Reading.image_id == self.image_id, Reading.blind)
        return and_(or_(Mask.reading_id.is_(None), Mask.reading_id.not_in(blind)), self._shown)

    @property
    def _shown(self) -> ColumnElement[bool]:
        return Mask.source != MaskSource.MODEL if self.model_hidden else true()

    @property
    def _own(self) -> ColumnElement[bool]:
        return or_(Mask.source == MaskSource.MODEL, Mask.author_id == self.user_id)

    def sees_work_of(self, person: UUID | None) -> bool:
        """Whether this person's work may be seen; None is the site itself."""
        return not self.blind or person is None or person == self.user_id


def view_of(session: Session, image_id: UUID, user_id: UUID) -> View:
    """Return a person's view of an image that they may see."""
    found = view_from(readings_of(session, image_id), image_id, user_id)
    image = session.get(Image, image_id)  # nearly every caller's session holds it already
    if image is None or not image.model_hidden:
        return found
    person = session.get_one(User, user_id)
    role = members_of(session, image.project_id, {user_id}).get(user_id)
    if person.service:  # a machine is no reader, and may have asked for the mask
        return found
    reviewer = role is not None and role.allows(Role.REVIEWER)
    return replace(found, model_hidden=hides_model(image, found.reading, reviewer=reviewer))


def hides_model(image: Image, reading: Reading | None, *, reviewer: bool) -> bool:
    """Whether a person must not see what a model drew on an image.

    If the project's rules said so when the image arrived, its readers begin with an empty mask and
    see the model's once they have handed in; reviewers who do not read it themselves always see it.
    """
    if not image.model_hidden:
        return False
    if reading is None:
        return not reviewer
    return reading.submitted_at is None and reading.state != ReadingState.SUPERSEDED


_READINGS = select(Reading).where(Reading.image_id == bindparam("image")).order_by(Reading.id)


def readings_of(session: Session, image_id: UUID) -> Sequence[Reading]:
    """All readings of an image, oldest first."""
    return session.scalars(_READINGS, {"image": image_id}).all()


def view_from(readings: Sequence[Reading], image_id: UUID, user_id: UUID) -> View:
    """As :func:`view_of`, from all readings of the image."""
    mine = next((reading for reading in readings if reading.reader_id == user_id), None)
    return View(image_id, user_id, mine, mine is not None and mine.blind and _open(readings))


def _open(readings: Sequence[Reading]) -> bool:
    """Whether a blind reader still has to submit."""
    return any(reading.blind and reading.state == ReadingState.OPEN for reading in readings)


def shown_to_all(session: Session, image_id: UUID) -> ColumnElement[bool]:
    """Return the revisions that every reader of the image may see, as a condition."""
    readings = readings_of(session, image_id)
    hidden = [reading.id for reading in readings if reading.blind] if _open(readings) else []
    return or_(Mask.reading_id.is_(None), Mask.reading_id.not_in(hidden))


def audience(session: Session, image: Image, work_of: UUID | None) -> set[UUID]:
    """Return the people who get news of an image: its owner, its readers and whoever is present.

    Args:
        work_of: whose work the news is about; blind readers get no news of others' work.
    """
    readings = readings_of(session, image.id)
    present = session.scalars(
        select(Presence.user_id).where(
            Presence.image_id == image.id, Presence.seen_at > now() - PRESENT_FOR
        )
    )
    readers = {reading.reader_id for reading in readings}
    people = {image.owner_id, *readers}
    people |= set(present)
    members = members_of(session, image.project_id, people)
    people = {
        person
        for person, role in members.items()
        if role.allows(Role.REVIEWER) or person == image.owner_id or person in readers
    }
    return {
        person for person in people if view_from(readings, image.id, person).sees_work_of(work_of)
    }


def members_of(session: Session, project_id: UUID, people: set[UUID]) -> dict[UUID, Role]:
    """Return those of these people who belong to a project, with their roles in it.

    Somebody who has lost access to a project or an image may still be present on it for a while.
    """
    if not people:
        return {}
    rows = session.execute(_MEMBERS, {"project": project_id, "people": list(people)})
    return {row.id: Role.ADMIN if row.site_admin else row.role for row in rows}


_MEMBERS = (
    select(User.id, User.site_admin, Membership.role)
    .outerjoin(
        Membership,
        and_(Membership.user_id == User.id, Membership.project_id == bindparam("project")),
    )
    .where(
        User.id.in_(bindparam("people", expanding=True)),
        or_(User.site_admin, Membership.user_id.is_not(None)),
    )
)


def revision_of(session: Session, view: View, frame_id: UUID, revision: int | None) -> Mask:
    """Return one revision of a frame that the person may see, or the newest of them.

    Raises:
        Problem: 404.
    """
    query = select(Mask).where(Mask.frame_id == frame_id, view.masks)
    if revision is not None:
        query = query.where(Mask.revision == revision)
    mask = session.scalar(query.order_by(Mask.revision.desc()).limit(1))
    if mask is None:
        raise not_found("mask")
    return mask


def newest_in_line(session: Session, view: View, frame_id: UUID) -> UUID | None:
    """Return the revision of a frame that the person's next one builds upon; see :attr:`View.line`.

    A newer model answer does not come before a person's drawing.
    """
    query = select(Mask.id).where(Mask.frame_id == frame_id, view.line)
    persons_first = Mask.source == MaskSource.MODEL
    return session.scalar(query.order_by(persons_first, Mask.revision.desc()).limit(1))
