"""Writing an image's state, and the figures that the worklist shows of it: the only place.

Both follow from the image's masks, readings and approval (:mod:`app.reviews.states`). Needs tables
only, so that workers write them by it as well. Whoever calls holds the lock of the image's row.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.core.database import WriteSession
from app.core.ids import now
from app.images.tables import Image, ImageState, Subject
from app.masks.records import publish
from app.masks.tables import Draft, Mask, MaskSource
from app.pool.records import split_of
from app.reviews.states import Standing, Standings, readers_wanted, state_after
from app.reviews.tables import Reading
from app.reviews.visibility import shown_to_all


def standing_mask(session: WriteSession, image: Image) -> UUID | None:
    """The approved revision, else the newest that no reader must be kept from, people's first."""
    if image.approved_mask_id is not None:
        return image.approved_mask_id
    query = select(Mask.id).where(Mask.image_id == image.id, shown_to_all(session, image.id))
    people_first = Mask.source == MaskSource.MODEL
    return session.scalar(query.order_by(people_first, Mask.revision.desc()).limit(1))


def take_figures(session: WriteSession, image: Image) -> None:
    """Repeat on the image what that revision says; one that is not measured yet says nothing."""
    result = session.scalar(select(Mask.result).where(Mask.id == standing_mask(session, image)))
    if result is None:
        return
    _repeat(image, result)


def _repeat(image: Image, result: Mapping[str, Any]) -> None:
    axes = [lesion["long_axis_mm"] for lesion in result["lesions"]]
    image.lesion_count = len(axes)
    image.long_axis_mm = max((mm for mm in axes if mm is not None), default=None)


def note_drawing(session: WriteSession, image: Image, *, saved: bool) -> None:
    """Note that somebody with a reading has written a draft, or saved a revision.

    A returned image stays so until a revision is saved.
    """
    session.flush()
    if saved and image.state == ImageState.RETURNED:
        set_state(image, ImageState.IN_CORRECTION)
    update_state(session, image)


def update_state(session: WriteSession, image: Image) -> None:
    """Bring the image's state and the number of readers it wants in line with its readings."""
    session.flush()
    standings = standings_of(session, image)
    state = state_after(image.state, standings)
    set_state(image, state)
    image.readers_wanted = readers_wanted(state, standings)
    session.flush()


def set_state(image: Image, state: ImageState) -> None:
    """Put the image into a state and note when."""
    if image.state != state:
        image.state = state
        image.state_changed_at = now()


def standings_of(session: Session, image: Image) -> Standings:
    """What the image's state depends on, out of the rows."""
    rows = session.execute(
        select(Reading.state, Reading.assigned_by_id, Reading.blind).where(
            Reading.image_id == image.id
        )
    )
    revision = exists().where(Mask.image_id == image.id)
    predicted, saved, drafted = session.execute(
        select(
            revision.where(Mask.source == MaskSource.MODEL),
            revision.where(Mask.source == MaskSource.HUMAN),
            exists().where(Draft.image_id == image.id),
        )
    ).one()
    return Standings(
        predicted=bool(predicted),
        begun=bool(saved or drafted),
        approved=image.approved_mask_id is not None,
        double=image.double_reading,
        readings=[Standing(row.state, row.assigned_by_id is not None, row.blind) for row in rows],
    )


def note_prediction(image: Image, mask: Mask) -> None:
    """Note what a model says of an image, in a revision that is to be added.

    Another model's opinion undoes nobody's work: once a person has drawn, only how unsure the
    model is and which one it was are repeated on the image.
    """
    result = mask.result or {}
    if image.state == ImageState.UNLABELLED:
        set_state(image, ImageState.PREDICTED)
    if image.state == ImageState.PREDICTED:
        publish(image, mask)
        _repeat(image, result)
    image.uncertainty_score = result["uncertainty"]["score"]
    image.model_name, image.model_version = mask.model_name, mask.model_version


def note_first_prediction(session: WriteSession, mask: Mask) -> bool:
    """The same in one statement, for an image that was stored just now.

    Returns:
        Whether that is so: its pixels are as they came and nobody has begun to draw. The row is
        locked then.
    """
    image = Image(state=ImageState.UNLABELLED)
    note_prediction(image, mask)
    values = {name: value for name, value in vars(image).items() if name in Image.__table__.c}
    query = update(Image).where(
        Image.id == mask.image_id,
        Image.state == ImageState.UNLABELLED,
        Image.picture_id.is_(None),
    )
    noted = session.scalar(
        query.values(values).returning(Image.id).execution_options(synchronize_session=False)
    )
    return noted is not None


def approve(session: WriteSession, image: Image, mask: Mask) -> None:
    """Put a revision into the training pool; its reading and the others are marked already."""
    image.approved_mask_id, image.approved_at = mask.id, now()
    if image.split is None:
        subject = session.get(Subject, image.subject_id) if image.subject_id else None
        image.split = split_of(subject.pseudonym if subject else image.pixel_sha256)
    take_figures(session, image)
    update_state(session, image)


def take_back(session: WriteSession, image: Image) -> None:
    """Take the approved revision out of the training pool; the image counts as returned."""
    image.approved_mask_id = image.approved_at = None
    take_figures(session, image)


def note_return(session: WriteSession, image: Image) -> None:
    """Note that a reviewer gave it back: it stays so until its reader saves a revision."""
    set_state(image, ImageState.RETURNED)
    update_state(session, image)
