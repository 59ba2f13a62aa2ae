"""Sending an image's approved results to a PACS, until it has them."""

import logging
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app.core import audit
from app.core.audit import Actor
from app.core.blobs import BlobNotFoundError
from app.core.ids import now
from app.core.problems import Problem
from app.core.settings import Settings
from app.images.tables import Image
from app.jobs.tables import JobState
from app.masks.tables import Mask
from app.sending.jobs import SEND
from app.sending.records import credentials, waiting
from app.sending.tables import Delivery, Destination
from worker.dicom.objects import write
from worker.dicom.result import Kind
from worker.runtime import Runtime
from worker.sending import Address, SendError, deliver
from worker.storage.results import result_of
from worker.tasks.dicom import identified_source
from worker.tasks.later import pause_after, try_later
from worker.tasks.lease import JobFailedError, Lease, Progress

log = logging.getLogger(__name__)


def send(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Send what waits for the job's destination; if that fails, try again later.

    If a worker is killed after sending, the same objects are sent again; a PACS recognises their
    UIDs.

    Raises:
        JobFailedError: all attempts were used, or it can never be sent.
        LostLeaseError: another worker has the job now.
    """
    wanted = SEND.read(lease.job)
    progress("reading", 0.1)
    with runtime.database.read() as session:
        destination = session.get(Destination, wanted.destination_id)
        image = session.get(Image, lease.job.image_id) if lease.job.image_id else None
        rows = waiting(session, image.id, destination.id) if image and destination else ()
        ids = [row.mask_id for row in rows]
        masks = session.scalars(select(Mask).where(Mask.id.in_(ids))).all()
    if destination is None or image is None or not rows:
        with runtime.database.write() as session:
            lease.end(session, JobState.DONE)  # there is nothing left to send
        return
    if destination.paused_until is not None and destination.paused_until > now():
        lease.give_back(destination.paused_until - now(), attempts=0)
        return
    actor = Actor(lease.job.owner_id)
    kinds = [Kind(kind) for kind in destination.objects]
    try:
        source = identified_source(runtime, image.id, actor, "sending")
        result = result_of(runtime, masks, source, overlays=Kind.CAPTURE in kinds)
        objects = write(result, kinds)
    except Problem as problem:
        raise JobFailedError(problem) from None
    except BlobNotFoundError as error:
        gone = Problem(410, "image-deleted", "The image was deleted meanwhile.")
        raise JobFailedError(gone) from error
    progress("sending", 0.5)
    try:
        known = credentials(runtime.site_key, destination)
        address = Address(destination, known, _certificate(runtime.settings))
        deliver(address, [*objects.values()])
    except SendError as error:
        _retry_later(runtime, lease, destination, wanted.tries + 1, error)
        return
    _delivered(runtime, lease, actor, destination, image.id, [row.id for row in rows])


def _certificate(settings: Settings) -> tuple[Path, Path | None] | None:
    """The certificate of this site's listener, which it also presents to a PACS."""
    if settings.dicom_tls_certificate is None:
        return None
    return settings.dicom_tls_certificate, settings.dicom_tls_key


def _retry_later(
    runtime: Runtime, lease: Lease, destination: Destination, tries: int, error: SendError
) -> None:
    log.warning("job %s: try %d of sending failed", lease.job.id, tries)
    if error.away:
        with runtime.database.write() as session:
            row = session.get(Destination, destination.id)
            if row is not None:
                row.paused_until = now() + pause_after(tries)
    try_later(lease, SEND, tries, str(error), error.code, error.values)


def _delivered(
    runtime: Runtime,
    lease: Lease,
    actor: Actor,
    destination: Destination,
    image_id: UUID,
    deliveries: list[UUID],
) -> None:
    with runtime.database.write() as session:
        session.get(Image, image_id, with_for_update=True)  # as approval and measurement do
        for row in session.scalars(select(Delivery).where(Delivery.id.in_(deliveries))):
            row.delivered_at = now()
        found = session.get(Destination, destination.id)
        if found is not None:
            found.paused_until = None
        audit.record(
            session,
            runtime.site_key,
            actor,
            "result.delivered",
            "image",
            image_id,
            destination=str(destination.id),
            objects=list(destination.objects),
        )
        lease.end(session, JobState.DONE, problem=None)
