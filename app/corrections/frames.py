"""The frames of a cine: what is known about each, and their pictures for playing."""

import struct
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core.blobs import BlobStore
from app.core.caching import REVALIDATE, entity_tag, unchanged
from app.core.problems import not_found
from app.images.tables import (
    Frame,
    Image,
    frame_key,
    picture_version,
    pixels_address,
    preview_key,
)
from app.masks.measures import is_possible
from app.masks.tables import Draft, Mask, MaskSource, Suggestion, SuggestionState, SuggestionWay
from app.reviews.access import visible
from app.reviews.visibility import View, view_of

MOST_IN_CLIP = 64
"""Most frames of one answer: about 10 MB at 1024 × 768 px."""
_LENGTH = struct.Struct("<I")


class FrameState(BaseModel):
    """One frame of an image. Figures are of the newest revision that the caller may see, a person's
    before a model's, and null if there is none or it is not measured yet."""

    index: int
    time_ms: float | None = Field(description="Since the first frame.")
    url: str = Field(description="Address of the lossless picture.")
    revision: int | None = Field(description="The newest revision; null: no mask.")
    source: MaskSource | None
    lesion_count: int | None
    possible_count: int = Field(
        description="How many of these the model considers more likely not to be lesions."
    )
    largest_px: float | None = Field(description="Area of the largest lesion.")
    long_axis_px: float | None = Field(description="The longest of its lesions.")
    long_axis_mm: float | None
    probability: float | None = Field(
        description=(
            "Probability that the largest lesion is one or, if its model cannot estimate it, "
            "the mean of its pixels; null if a person drew it."
        )
    )
    uncertainty: float | None
    corrected: bool = Field(description="A person has saved a revision.")
    has_draft: bool = Field(description="The caller has an unsaved drawing.")
    suggestion: SuggestionWay | None = Field(
        description="Source of an outline that the caller may accept or reject; null: none."
    )
    approved: bool


class FrameList(BaseModel):
    """The frames of an image, in order of time."""

    frame_count: int
    frames_per_second: float | None
    version: str = Field(description="Changes when pixels of any frame are blacked out.")
    to_measure: int | None = Field(
        description="Index of the frame with the longest lesion, which is proposed for measuring."
    )
    frames: list[FrameState]


def frame_list(session: Session, principal: Principal, image_id: UUID) -> FrameList:
    """Return all frames of an image as the caller may see them, with five statements for any
    number.

    Raises:
        Problem: 404.
    """
    image = visible(session, principal, image_id)
    view = view_of(session, image.id, principal.user.id)
    rows = session.scalars(
        select(Frame).where(Frame.image_id == image.id).order_by(Frame.index)
    ).all()
    masks = _newest(session, view)
    mine = Draft.image_id == image.id, Draft.user_id == principal.user.id
    drafts = set(session.scalars(select(Draft.frame_id).where(*mine)))
    suggested = _suggested(session, image, principal)
    frames = [
        _state(image, row, masks.get(row.id), row.id in drafts, suggested.get(row.id))
        for row in rows
    ]
    return FrameList(
        frame_count=image.frame_count,
        frames_per_second=image.frames_per_second,
        version=_version(rows),
        to_measure=_longest(frames),
        frames=frames,
    )


def _newest(session: Session, view: View) -> Mapping[UUID, Any]:
    """Return the newest visible revision of each frame, people's before models'."""
    place = func.row_number().over(
        partition_by=Mask.frame_id,
        order_by=((Mask.source == MaskSource.MODEL), Mask.revision.desc()),
    )
    ranked = (
        select(Mask.id, place.label("place"))
        .where(Mask.image_id == view.image_id, view.masks)
        .subquery()
    )
    query = (
        select(Mask.frame_id, Mask.revision, Mask.source, Mask.result)
        .join(ranked, ranked.c.id == Mask.id)
        .where(ranked.c.place == 1)
    )
    return {row.frame_id: row for row in session.execute(query)}


def _suggested(
    session: Session, image: Image, principal: Principal
) -> Mapping[UUID, SuggestionWay]:
    """Return the caller's undecided suggestions, by frame."""
    mine = Suggestion.image_id == image.id, Suggestion.user_id == principal.user.id
    query = select(Suggestion.frame_id, Suggestion.way).where(
        *mine, Suggestion.state == SuggestionState.OPEN
    )
    return {row.frame_id: row.way for row in session.execute(query)}


def _state(
    image: Image, frame: Frame, mask: Any, has_draft: bool, suggestion: SuggestionWay | None
) -> FrameState:
    result = mask.result if mask else None
    lesions = result["lesions"] if result else []
    largest = max(lesions, key=lambda one: one["area_px"], default=None)
    probability = None
    if largest is not None:
        probability = largest.get("probability") or largest.get("mean_probability")
    millimetres = [one["long_axis_mm"] for one in lesions if one["long_axis_mm"] is not None]
    uncertainty = (result or {}).get("uncertainty")
    return FrameState(
        index=frame.index,
        time_ms=frame.time_ms,
        url=pixels_address(image.id, frame),
        revision=mask.revision if mask else None,
        source=mask.source if mask else None,
        lesion_count=len(lesions) if result else None,
        possible_count=sum(is_possible(one.get("probability")) for one in lesions),
        largest_px=largest["area_px"] if largest else None,
        long_axis_px=max((one["long_axis_px"] for one in lesions), default=None),
        long_axis_mm=max(millimetres, default=None),
        probability=probability,
        uncertainty=uncertainty["score"] if uncertainty else None,
        corrected=mask is not None and mask.source != MaskSource.MODEL,
        has_draft=has_draft,
        suggestion=suggestion,
        approved=frame.approved_mask_id is not None,
    )


def _longest(frames: list[FrameState]) -> int | None:
    """Return the index of the frame with the longest lesion in px: a cine's frames share one scale
    or have none."""
    with_lesion = [one for one in frames if one.long_axis_px is not None]
    found = max(with_lesion, key=lambda one: one.long_axis_px or 0.0, default=None)
    return found.index if found else None


def _version(frames: Iterable[Frame]) -> str:
    return sha256("/".join(map(picture_version, frames)).encode()).hexdigest()[:16]


def clip(
    request: Request,
    session: Session,
    blobs: BlobStore,
    principal: Principal,
    image_id: UUID,
    first: int,
    count: int,
) -> Response:
    """Return the pictures of some frames, one after the other, for playing.

    Each is four bytes of length, little-endian, and a JPEG of the frame's size; for a still, which
    nobody plays, its PNG.

    Raises:
        Problem: 404.
    """
    image = visible(session, principal, image_id)
    wanted = Frame.index >= first, Frame.index < first + count
    frames = session.scalars(
        select(Frame).where(Frame.image_id == image.id, *wanted).order_by(Frame.index)
    ).all()
    if not frames:
        raise not_found("frame")
    key_of = frame_key if image.frame_count == 1 else preview_key
    keys = [key_of(image.id, frame.picture_id) for frame in frames]
    headers = {"ETag": entity_tag("\n".join(keys)), "Cache-Control": REVALIDATE}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    parts = []
    for key in keys:
        picture = blobs.get(key)
        parts += [_LENGTH.pack(len(picture)), picture]
    return Response(b"".join(parts), media_type="application/octet-stream", headers=headers)


def poster(
    request: Request, session: Session, blobs: BlobStore, principal: Principal, image_id: UUID
) -> Response:
    """Return the first picture of a clip as a single picture.

    Raises:
        Problem: 404.
    """
    image = visible(session, principal, image_id)
    frame = session.scalars(
        select(Frame).where(Frame.image_id == image.id, Frame.index == 0)
    ).one_or_none()
    if frame is None:
        raise not_found("frame")
    still = image.frame_count == 1
    key = (frame_key if still else preview_key)(image.id, frame.picture_id)
    headers = {"ETag": entity_tag(key), "Cache-Control": REVALIDATE}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    kind = "image/png" if still else "image/jpeg"
    return Response(blobs.get(key), media_type=kind, headers=headers)
