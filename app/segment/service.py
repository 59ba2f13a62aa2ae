"""Accepting an upload: bytes first, then the row, then the message."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.core import audit
from app.core.database import WriteSession
from app.core.locks import lock
from app.core.problems import Problem
from app.core.state import State
from app.core.uploads import Upload
from app.images.tables import Image, ImageSource, subject_with
from app.instances import records as instances
from app.instances.records import InstanceCode
from app.jobs.quotas import require_place
from app.jobs.service import enqueue
from app.jobs.tables import Job, source_key
from app.local_labels import records as local_labels
from app.local_labels.records import Label
from app.model_versions.tables import ModelVersion, Standing
from app.segment.jobs import (
    INGEST,
    PREDICT,
    PREDICT_FRAMES,
    SEGMENT,
    IngestParameters,
    PredictFramesParameters,
    PredictParameters,
    SegmentParameters,
    key_frames,
)
from app.segment.schemas import FrameRange, NewPrediction


@dataclass(frozen=True, slots=True)
class Order:
    """The options of a request, besides the image."""

    model: str | None
    subject: str | None
    store: bool
    waits: bool
    """Whether the caller waits for the result."""
    overlay: bool = False
    """Whether the answer is the overlay; otherwise none is drawn."""
    objects: tuple[str, ...] = ()
    """The DICOM objects to answer with; for a stored upload they are made afterwards."""
    label: Label | None = None
    """The image's local label; stored with the image."""
    source: ImageSource | None = None
    """How it arrived; None derives it from the caller: a person, or a program with a token."""
    instance: str | None = None
    """SOP Instance UID, if the caller has read it; only its code is stored."""


def accept(
    state: State,
    principal: Principal,
    upload: Upload,
    order: Order,
    key: str | None,
    job_id: UUID,
) -> UUID:
    """Accept an upload; once this returns, it survives any crash of a process.

    It survives a power cut only after :func:`make_durable` returns: the job may finish before the
    disk does, so the route waits for both.

    Args:
        key: the request's idempotency key.
        job_id: id of the new job.

    Returns:
        The job's id, or an older job's if the key was used before or the instance came before.

    Raises:
        Problem: 400 empty, 413 too large, 422 unknown model or reused key.
        BlobStoreFullError: nothing was kept.
    """
    upload.require_bytes()
    asked = fingerprint(
        "segment", principal.project, upload.sha256, order.model, order.subject, order.store
    )
    if key is not None or order.model is not None:
        with state.database.read() as session:
            known = recall(session, principal, key, asked, "job", Job)
            if known is not None:
                return known
            if order.model is not None:
                require_model(session, order.model)
    state.blobs.put(source_key(job_id), upload.file, durable=False)
    drop = partial(state.blobs.delete, source_key(job_id))
    try:
        with state.database.write(durable=False, otherwise=drop) as session:
            known = recall(session, principal, key, asked, "job", Job)
            if known is None and order.instance is not None:
                coded = _coded(state, upload, order.instance)
                # Another sender may be here with the same instance.
                lock(session, "instance", principal.project, coded.pseudonym, coded.contents)
                came = instances.known(session, principal.project, coded)
                known = came.job_id if came is not None else None
            if known is None:
                _insert(session, state, principal, upload, order, job_id)
                remember(session, principal, key, asked, "job", job_id)
    except IntegrityError:
        # Two requests with one key came at once, and the other one won.
        with state.database.read() as session:
            known = recall(session, principal, key, asked, "job", Job)
        if known is None:
            raise
    if known is not None:
        drop()
    return known or job_id


def _coded(state: State, upload: Upload, instance: str) -> InstanceCode:
    key = state.site_key
    return InstanceCode(instances.code(key, instance), instances.code(key, upload.sha256))


def make_durable(state: State, job_id: UUID) -> None:
    """Return once the bytes and the row of an accepted upload survive a power cut."""
    state.blobs.make_durable(source_key(job_id))
    state.database.make_durable()


def _insert(
    session: WriteSession,
    state: State,
    principal: Principal,
    upload: Upload,
    order: Order,
    job_id: UUID,
) -> None:
    subject = None
    if order.subject:  # the identifier itself is not stored
        subject = subject_with(session, principal.project, state.site_key.pseudonym(order.subject))
    queue = partial(
        enqueue,
        session,
        state,
        project_id=principal.project,
        owner_id=principal.user.id,
        job_id=job_id,
        input_bytes=upload.size,
        awaited=order.waits,
    )
    model = order.model
    if order.store:
        labelled = order.label is not None
        source = ImageSource.SCRIPT if principal.token else ImageSource.UPLOAD
        contents = instances.code(state.site_key, upload.sha256)
        ingest = IngestParameters(
            model=model,
            subject_id=subject,
            overlay=order.overlay,
            labelled=labelled,
            source=order.source or source,
            contents=contents,
        )
        queue(INGEST, ingest)
        session.flush()
        if order.instance is not None:
            coded = _coded(state, upload, order.instance)
            instances.expect(session, principal.project, principal.user.id, coded, job_id)
        if order.label is not None:
            key = state.site_key
            local_labels.keep(session, key, principal.project, job_id, order.label)
    else:
        queue(SEGMENT, SegmentParameters(model=model, overlay=order.overlay, objects=order.objects))
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "image.sent",
        "job",
        job_id,
        bytes=upload.size,
        store=order.store,
    )


def rerun(
    session: WriteSession,
    state: State,
    principal: Principal,
    image: Image,
    wish: NewPrediction,
    key: str | None,
) -> Job:
    """Queue a stored image for another run, possibly with another model; for a cine, some frames.

    Raises:
        Problem: 422 unknown model, no such frames, or reused key; 429 too many jobs wait.
    """
    model, frames = wish.model, wish.frames
    which = [frames.model_dump_json()] if frames else []
    asked = fingerprint("again", image.id, model, *which)
    known = recall(session, principal, key, asked, "job", Job)
    if known is not None:
        return session.get_one(Job, known)
    require_place(session, state.settings, principal.user.id)
    if model is not None:
        require_model(session, model)
    queue = partial(
        enqueue,
        session,
        state,
        project_id=image.project_id,
        owner_id=principal.user.id,
        image_id=image.id,
    )
    chosen = _frames(image, frames, model)
    if chosen.first == chosen.last:
        job_id = queue(PREDICT, PredictParameters(model=model, frame=chosen.first))
    else:
        job_id = queue(PREDICT_FRAMES, chosen)
    remember(session, principal, key, asked, "job", job_id)
    audit.record(session, state.site_key, principal.actor, "image.segmented", "image", image.id)
    return session.get_one(Job, job_id)


def _frames(image: Image, wanted: FrameRange | None, model: str | None) -> PredictFramesParameters:
    if wanted is None:
        return key_frames(image.frame_count, model)
    end = image.frame_count - 1
    last = end if wanted.last is None else wanted.last
    if not wanted.first <= last <= end:
        raise Problem(
            422,
            "no-such-frames",
            f"This image has frames 0 to {end}; choose a range of them that begins before it ends.",
        )
    return PredictFramesParameters(model=model, first=wanted.first, last=last, step=wanted.step)


def require_model(session: Session, name: str) -> None:
    """Refuse a model (`NAME` or `NAME@VERSION`) that may not answer.

    Raises:
        Problem: 422 that lists the available models.
    """
    usable = ModelVersion.standing == Standing.USABLE
    rows = session.execute(select(ModelVersion.name, ModelVersion.version).where(usable)).all()
    names = sorted({row.name for row in rows} | {f"{row.name}@{row.version}" for row in rows})
    if name not in names:
        raise Problem(
            422,
            "unknown-model",
            f"There is no such model. Use one of: {', '.join(names) or 'none is loaded yet'}.",
            models=names,
        )
