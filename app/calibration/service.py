"""Store a scale that a person measured, and the lengths that follow from it.

The scale is the same in both directions, so that every length of a mask follows from its pixels.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select

from app.accounts.principal import Principal
from app.calibration.schemas import Calibrate, Calibrated
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem
from app.core.state import State
from app.images.records import AGREE, geometry, regions_of
from app.images.tables import Frame, Image, ImageState, Region, SpacingSource
from app.masks.lengths import in_mm, is_silent
from app.masks.tables import Mask
from app.reviews.access import sees, visible
from app.reviews.news import Change, publish_change
from app.reviews.readings import locked, locked_all
from app.reviews.records import take_figures
from app.sending.tables import Delivery

PLAUSIBLE_MM = (1e-3, 5.0)
"""Plausible size of a pixel: ultrasound pixels measure 0.01 to 1 mm."""


def calibrate(
    session: WriteSession, state: State, principal: Principal, image_id: UUID, wanted: Calibrate
) -> Calibrated:
    """Give the regions of an image, or of its series, a scale by hand and update the masks.

    Raises:
        Problem: 404; 409 if the file states a scale, there is no proposed scale to confirm, the
            image is approved, its pixels are not square, or somebody else gave it another scale in
            the meantime; 422 if the scale is implausible, or there is no series.
    """
    image = visible(session, principal, image_id)
    others, approved = _series(session, principal, image) if wanted.series else ([], 0)
    locked_all(session, image.project_id, [one.id for one in (image, *others)])
    _refuse_approved(image)
    if not _is_square(image):
        raise Problem(
            409,
            "not-square",
            "The pixels of this file are not square, and a scale by hand is the same in both "
            "directions; send the picture with square pixels, or as DICOM with its pixel spacing.",
        )
    regions = regions_of(session, image.id)
    chosen = _chosen(regions, wanted)
    if not chosen:
        raise Problem(
            409,
            "scale-stated",
            "The file states the scale of this picture; a scale by hand is for files that do not.",
        )
    step = _plausible(wanted.mm / (wanted.px or _proposed_px(chosen)))
    if not all(one.row_mm == step for one in chosen):  # all equal if the request is repeated
        _refuse_unseen(regions, wanted)
    open_ = [one for one in others if one.state is not ImageState.APPROVED]
    alike = [one for one in open_ if _is_square(one) and _may_have(session, one, chosen)]
    for one in (image, *alike):
        mine = chosen if one is image else _chosen(regions_of(session, one.id), wanted)
        _write(session, state, principal, one, mine, step, confirmed=wanted.px is None)
    return Calibrated(
        mm_per_px=step,
        images=[one.id for one in (image, *alike)],
        approved=approved + len(others) - len(open_),
        other_scale=len(open_) - len(alike),
    )


def take_back(
    session: WriteSession, state: State, principal: Principal, image_id: UUID
) -> Calibrated:
    """Discard the scales that people gave to an image.

    Raises:
        Problem: 404; 409 if the image is approved.
    """
    visible(session, principal, image_id)
    image = locked(session, image_id)
    _refuse_approved(image)
    manual = [
        region
        for region in regions_of(session, image.id)
        if region.spacing_source is SpacingSource.MANUAL
    ]
    _write(session, state, principal, image, manual, None)
    return Calibrated(mm_per_px=None, images=[image.id], approved=0, other_scale=0)


def _refuse_unseen(regions: Iterable[Region], wanted: Calibrate) -> None:
    """Refuse to replace a scale that somebody set or removed after the caller looked."""
    if any(
        one.number in wanted.seen and one.calibrated_at != wanted.seen[one.number]
        for one in regions
    ):
        raise Problem(
            409,
            "scale-changed",
            "Somebody changed the scale of this picture while you looked at it; look at it again.",
        )


def _plausible(step: float) -> float:
    low, high = PLAUSIBLE_MM
    if not low <= step <= high:
        raise Problem(
            422,
            "implausible-scale",
            f"A pixel would measure {step:.4g} mm; ultrasound pixels measure {low:g} to {high:g} "
            "mm. Check the distance and its unit.",
        )
    return step


def _proposed_px(regions: Iterable[Region]) -> float:
    """Return the pixels from mark to mark of the scale that is printed in the picture."""
    proposed = {one.proposed_scale["px"] for one in regions if one.proposed_scale}
    if len(proposed) != 1:
        raise Problem(
            409,
            "no-proposed-scale",
            "No scale was found in this part of the picture that you could confirm. Measure a "
            "known distance with the ruler.",
        )
    return float(proposed.pop())


def _may_have(session: WriteSession, image: Image, chosen: Iterable[Region]) -> bool:
    """Return whether the printed scale of another image, if any, agrees with this one's."""
    mine = [one.proposed_scale["px"] for one in chosen if one.proposed_scale]
    theirs = [
        one.proposed_scale["px"] for one in regions_of(session, image.id) if one.proposed_scale
    ]
    return all(abs(a / b - 1) <= AGREE for a in mine for b in theirs)


def _is_square(image: Image) -> bool:
    """Whether pixels are as high as wide; a worker stores the ratio of those that are not."""
    return "PixelAspectRatio" not in image.acquisition


def _refuse_approved(image: Image) -> None:
    if image.state is ImageState.APPROVED:
        raise Problem(
            409,
            "approved",
            "The image is approved with the lengths that it has; have it returned first.",
        )


def _chosen(regions: Iterable[Region], wanted: Calibrate) -> list[Region]:
    """Return the regions that get the scale; a confirmed printed scale applies only to the regions
    beside it, if there are any."""
    silent = [
        one
        for one in regions
        if is_silent(one) and (wanted.region is None or one.number == wanted.region)
    ]
    beside = [region for region in silent if region.proposed_scale]
    return beside if wanted.px is None and beside else silent


def _series(session: WriteSession, principal: Principal, image: Image) -> tuple[list[Image], int]:
    """Return the other images of the series that have this size and no scale of their own, without
    the approved ones, and the number of these."""
    if image.series_id is None:
        raise Problem(422, "no-series", "The file of this image names no series.")
    size = select(Frame.width, Frame.height).where(Frame.image_id == image.id, Frame.index == 0)
    width, height = session.execute(size).one()
    query = (
        select(Image)
        .join(Frame, Frame.image_id == Image.id)
        .where(
            Image.series_id == image.series_id,
            Image.project_id == image.project_id,
            Image.id != image.id,
            Frame.index == 0,
            Frame.width == width,
            Frame.height == height,
        )
        .order_by(Image.id)
    )
    found = [one for one in session.scalars(query) if sees(session, principal, one)]
    found = [one for one in found if any(map(is_silent, regions_of(session, one.id)))]
    open_ = [one for one in found if one.state is not ImageState.APPROVED]
    return open_, len(found) - len(open_)


def _write(
    session: WriteSession,
    state: State,
    principal: Principal,
    image: Image,
    regions: Sequence[Region],
    step: float | None,
    *,
    confirmed: bool = False,
) -> None:
    at = now()
    for region in regions:
        region.row_mm = region.column_mm = step
        region.spacing_source = SpacingSource.MANUAL if step else None
        region.calibrated_by_id = principal.user.id if step else None
        region.calibrated_at = at if step else None
        region.scale_confirmed = confirmed
    session.flush()
    _measure_again(session, image)
    # The lengths that a PACS has of these masks are outdated: the next approval sends them again.
    session.execute(delete(Delivery).where(Delivery.image_id == image.id))
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "image.calibrated" if step else "image.calibration-removed",
        "image",
        image.id,
        mm_per_px=step,
        regions=[region.number for region in regions],
        **({"printed_scale": True} if confirmed else {}),
    )
    publish_change(session, state.broker, image, Change.CHANGED)


def _measure_again(session: WriteSession, image: Image) -> None:
    """Update the lengths of all masks of the image from their pixels and the current regions."""
    regions = regions_of(session, image.id)
    frames = session.scalars(select(Frame).where(Frame.image_id == image.id)).all()
    for frame in frames:
        known = geometry(regions, frame.index)
        for mask in session.scalars(select(Mask).where(Mask.frame_id == frame.id)):
            if mask.result is not None:
                mask.result = in_mm(mask.result, known)
        session.flush()
        take_figures(session, image, frame)
