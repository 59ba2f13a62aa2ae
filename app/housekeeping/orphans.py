"""Files that no row references."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy import or_, select

from app.core.blobs import BlobInfo, FolderBlobs
from app.core.ids import now
from app.core.state import State
from app.evaluations.tables import PREFIX as EVALUATIONS
from app.evaluations.tables import Evaluation
from app.exports.tables import Export
from app.images.records import picture_keys
from app.images.tables import Frame, mask_key, overlay_key
from app.imports.tables import Import
from app.jobs.tables import Job, JobKind
from app.masks.tables import Mask
from app.model_versions.tables import PREFIX, ModelVersion
from app.shadows.tables import ShadowAnswer, shadow_key
from app.uploads.tables import PartialUpload

log = logging.getLogger(__name__)

BATCH = 200


def drop_orphans(state: State, grace: timedelta) -> int:
    """Delete blobs older than ``grace`` that no row references; return their number.

    An api or worker that is killed between writing a blob and committing its row leaves one.
    """
    before = now() - grace
    if isinstance(state.blobs, FolderBlobs):
        state.blobs.delete_partial(before)
    old = (blob for blob in state.blobs.list() if blob.modified < before)
    dropped = 0
    while batch := list(islice(old, BATCH)):
        for key in orphans(state, batch):
            state.blobs.delete(key)
            dropped += 1
    if dropped:
        log.info("%d orphan blobs deleted", dropped)
    return dropped


def orphans(state: State, blobs: list[BlobInfo]) -> Iterator[str]:
    """Yield those of these keys that no row references."""
    named = {blob.key: _ids(blob.key) for blob in blobs}
    ids = {identifier for group in named.values() for identifier in group}
    with state.database.read() as session:
        # Frames of an image with one of these pictures, and first frames without a picture id.
        pictures = set(
            session.execute(
                select(Frame.image_id, Frame.picture_id).where(
                    Frame.image_id.in_(ids),
                    or_(Frame.picture_id.in_(ids), Frame.picture_id.is_(None)),
                )
            ).tuples()
        )
        masks = dict(
            session.execute(
                select(Mask.id, Frame.picture_id)
                .join(Frame, Frame.id == Mask.frame_id)
                .where(Mask.id.in_(ids))
            )
            .tuples()
            .all()
        )
        answers = select(ShadowAnswer.image_id, ShadowAnswer.id).where(ShadowAnswer.id.in_(ids))
        shadows = {shadow_key(*row) for row in session.execute(answers)}
        exports = set(
            session.scalars(
                select(Export.id).where(Export.id.in_(ids), Export.expired_at.is_(None))
            )
        )
        imports = set(
            session.scalars(select(Import.id).where(Import.id.in_(ids), Import.has_archive))
        )
        parts = set(session.scalars(select(PartialUpload.id).where(PartialUpload.id.in_(ids))))
        evaluations = set(session.scalars(select(Evaluation.id).where(Evaluation.id.in_(ids))))
        uploads, transient = set(), set()
        for job in session.execute(
            select(Job.id, Job.input_bytes, Job.kind).where(Job.id.in_(ids))
        ):
            uploads |= {job.id} if job.input_bytes else set()
            transient |= {job.id} if job.kind == JobKind.SEGMENT else set()
        digests = {_digest(key) for key in named}
        models = set(
            session.scalars(select(ModelVersion.digest).where(ModelVersion.digest.in_(digests)))
        )
    owners = {
        "uploads": uploads,
        "transient": transient,
        "parts": parts,
        "exports": exports,
        "imports": imports,
        EVALUATIONS: evaluations,
    }
    for key, group in named.items():
        kind = key.split("/")[0]
        if kind == PREFIX:
            kept = _digest(key) in models
        elif kind == "images":
            kept = key in shadows or _is_named(key, group, pictures, masks)
        else:
            kept = bool(group) and group[0] in owners.get(kind, set())
        if not kept:
            yield key


def _is_named(
    key: str,
    group: list[UUID],
    pictures: set[tuple[UUID, UUID | None]],
    masks: dict[UUID, UUID | None],
) -> bool:
    """Return whether the image's rows reference this picture or mask now.

    Args:
        group: the ids in the key, the image's id first.
        pictures: pairs of an image and a picture of one of its frames.
        masks: masks, each with the picture of its frame.
    """
    if not group:
        return False
    image_id, last = group[0], group[-1]
    if last in masks:
        return key in (mask_key(image_id, last), overlay_key(image_id, masks[last], last))
    picture = last if len(group) > 1 else None
    return (image_id, picture) in pictures and key in picture_keys(image_id, picture)


def _digest(key: str) -> str | None:
    """Return the digest in the key of a model's file, or None."""
    parts = key.split("/")
    return parts[1] if parts[0] == PREFIX and len(parts) > 1 else None


def _ids(key: str) -> list[UUID]:
    """Return the ids in a key: the image's or job's, then the picture's and the mask's."""
    found = []
    for part in key.split("/"):
        try:
            found.append(UUID(part.split(".")[0]))
        except ValueError:
            continue
    return found
