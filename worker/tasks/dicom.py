"""DICOM objects of stored masks, made on request."""

from uuid import UUID

from sqlalchemy import select

from app.core.audit import Actor
from app.core.blobs import BlobNotFoundError
from app.core.problems import Problem
from app.dicom_results.records import Order, put_sealed
from app.masks.tables import Mask
from app.sealed_references.records import unseal
from worker.dicom.objects import write
from worker.dicom.result import Kind
from worker.dicom.source import NoSourceError, Source, from_reference
from worker.runtime import Runtime
from worker.storage.results import pseudonymous_source, result_of


def leave_objects(runtime: Runtime, order: Order) -> None:
    """Write the requested objects and leave them sealed for the waiting request.

    Raises:
        BlobNotFoundError: the image or a mask was deleted.
        Problem: 422 the file does not state its instance.
    """
    with runtime.database.read() as session:
        rows = session.scalars(select(Mask).where(Mask.id.in_(order.mask_ids))).all()
    masks = [row for row in rows if row.image_id == order.image_id]
    if not masks or len(masks) != len(order.mask_ids):
        raise BlobNotFoundError(str(order.image_id))
    if order.identified:
        source = identified_source(runtime, order.image_id, order.actor, "answer")
    else:
        source = pseudonymous_source(runtime, order.image_id)
    kinds = [Kind(kind) for kind in order.kinds]
    result = result_of(runtime, masks, source, overlays=Kind.CAPTURE in kinds)
    put_sealed(runtime.blobs, runtime.site_key, order.id, write(result, kinds))


def identified_source(runtime: Runtime, image_id: UUID, actor: Actor, purpose: str) -> Source:
    """Return the instance that an image came from; unsealing its reference is audited.

    Raises:
        Problem: 422 the image's file does not state its instance.
    """
    with runtime.database.write() as session:
        reference = unseal(session, runtime.site_key, image_id, actor, purpose)
    if reference is None:
        raise no_source()
    try:
        return from_reference(reference)
    except NoSourceError as error:
        raise no_source(str(error)) from None


def no_source(detail: str | None = None) -> Problem:
    """The problem for a result that cannot reference the image's file."""
    return Problem(
        422,
        "no-dicom-source",
        detail
        or "The image did not come as DICOM, so that no DICOM result can refer to it; ask for "
        "JSON or PNG, or send the DICOM file.",
    )
