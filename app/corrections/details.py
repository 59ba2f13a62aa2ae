"""One image as its page shows it to one person."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core.problems import Problem, not_found
from app.core.state import State
from app.corrections.detail_schemas import FrameDetails, ImageDetails, May, RegionDetails
from app.corrections.drafts import draft_of
from app.corrections.presence import others
from app.corrections.removal import may_delete
from app.corrections.revisions import revisions
from app.deidentification.records import Options, disclosed, options_of
from app.images.records import geometry
from app.images.schemas import Spacing
from app.images.tables import Frame, Image, ImageState, pixels_address
from app.projects.records import rules_of
from app.projects.tables import Project
from app.redaction.service import may_redact, text_details
from app.reviews.access import sees
from app.reviews.details import visible_readings, visible_reviews
from app.reviews.states import refuse_drawing
from app.reviews.tables import ReadingState
from app.reviews.visibility import View, readings_of, view_of
from app.worklist.rows import WHOLE_ROW, summary_fields


def details(
    session: Session, state: State, principal: Principal, image_id: UUID, index: int = 0
) -> ImageDetails:
    """Return an image with one of its frames and what the caller may see of masks, readings and
    reviews.

    Raises:
        Problem: 404.
    """
    image = session.scalar(
        select(Image)
        .where(Image.id == image_id)
        .options(*WHOLE_ROW, selectinload(Image.regions), undefer(Image.acquisition))
    )
    if image is None or image.project_id != principal.project:
        raise not_found("image")
    if not sees(session, principal, image):
        raise not_found("image")
    view = view_of(session, image_id, principal.user.id)
    frame = _frame_at(session, image, index)
    masks = revisions(session, view, frame.id)
    numbers = {mask.id: mask.revision for mask in masks}
    readings = visible_readings(session, view, frame.id if image.frame_count > 1 else None)
    return ImageDetails(
        **summary_fields(session, state.site_key, principal, image),
        frame=_frame(image, frame, options_of(session, image.project_id, state.settings)),
        text=text_details(session, image, frame),
        masks=masks,
        project_id=image.project_id,
        label_set_id=session.scalars(
            select(Project.label_set_id).where(Project.id == image.project_id)
        ).one(),
        split=image.split,
        approved_revision=numbers.get(frame.approved_mask_id) if frame.approved_mask_id else None,
        reading=next((one for one in readings if one.reader.id == view.user_id), None),
        readings=readings,
        reviews=visible_reviews(session, view),
        draft=draft_of(session, frame.id, principal.user.id),
        people=others(session, view),
        may=_may(session, state, principal, image, view),
    )


def _frame_at(session: Session, image: Image, index: int) -> Frame:
    if index == 0:
        return image.first_frame
    found = session.scalar(select(Frame).where(Frame.image_id == image.id, Frame.index == index))
    if found is None:
        raise not_found("frame")
    return found


def _frame(image: Image, frame: Frame, options: Options) -> FrameDetails:
    spacing = geometry(image.regions, frame.index).spacing
    return FrameDetails(
        url=pixels_address(image.id, frame),
        id=frame.id,
        index=frame.index,
        time_ms=frame.time_ms,
        width=frame.width,
        height=frame.height,
        spacing_mm=Spacing(row=spacing[0], column=spacing[1]) if spacing else None,
        regions=[
            RegionDetails.model_validate(one)
            for one in image.regions
            if one.first_frame <= frame.index <= one.last_frame
        ],
        attributes=disclosed(image.acquisition, options),
    )


def _may(session: Session, state: State, principal: Principal, image: Image, view: View) -> May:
    reviewer = principal.has(Role.REVIEWER)
    submitted = [
        reading
        for reading in readings_of(session, image.id)
        if reading.state == ReadingState.SUBMITTED
    ]
    own = rules_of(session, image.project_id, state.settings).self_approval
    reviewable = own or any(one.reader_id != principal.user.id for one in submitted)
    edit = may_draw(image.state, view.reading.state if view.reading else None, reviewer=reviewer)
    waiting = image.state == ImageState.SUBMITTED
    return May(
        edit=edit,
        submit=edit,
        review=reviewer and (image.state == ImageState.APPROVED or (waiting and reviewable)),
        assign=reviewer and image.state != ImageState.APPROVED,
        adjudicate=reviewer and waiting and len(submitted) > 1,
        delete=may_delete(session, principal, image),
        redact=may_redact(principal, image),
    )


def may_draw(image: ImageState, reading: ReadingState | None, *, reviewer: bool) -> bool:
    """Return whether a draft or a revision would be accepted now."""
    try:
        refuse_drawing(image, reading, reviewer=reviewer)
    except Problem:
        return False
    return True
