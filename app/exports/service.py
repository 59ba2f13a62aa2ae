"""Create, list and delete exports. A worker makes the archive."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.accounts.tables import User
from app.core import audit
from app.core.blobs import BlobStore
from app.core.database import WriteSession, after_commit
from app.core.ids import new_id
from app.core.problems import Problem, ProblemDetails, not_found
from app.core.settings import Settings
from app.core.state import State
from app.exports.jobs import EXPORT, ExportParameters
from app.exports.schemas import (
    ExportCounts,
    ExportDetails,
    ExportFilters,
    ExportLinks,
    ExportOrder,
    SuspectedTextRule,
)
from app.exports.selection import SPLIT_ORDER, assign_splits, chosen, count
from app.exports.tables import Export, ExportItem, ExportPart, export_prefix, part_key
from app.images.schemas import Person
from app.jobs.service import Presentation, enqueue, position, present, stop
from app.reviews.access import hides_image


def create(
    session: WriteSession,
    state: State,
    principal: Principal,
    order: ExportOrder,
    key: str | None = None,
) -> Export:
    """Fix the masks that the export holds, and queue the job that writes it.

    Raises:
        Problem: 422 if no mask matches, this site does not export suspected text, or the key was
            used for something else.
    """
    rule = text_rule(state.settings, order)
    asked = fingerprint("export", principal.project, order.model_dump_json())
    known = recall(session, principal, key, asked, "export", Export)
    if known is not None:
        return find(session, known)
    assign_splits(session, principal.project, order.filters)
    counts = count(session, principal.project, order.filters, rule)
    if counts.text_unknown and rule == SuspectedTextRule.LEAVE_OUT:
        raise Problem(
            422,
            "text-not-searched",
            f"In {counts.text_unknown} of the images that match nobody has looked for text, as "
            "they were stored by an earlier version. Have them searched first (on the page of "
            "exports, or `sonoloop search-text`), or include what may show text and answer for it.",
        )
    if not counts.images:
        detail = "No mask matches. Widen the filters, or approve masks first."
        if counts.suspected_text:
            detail = (
                f"All {counts.suspected_text} images that match are left out, because an area of "
                "each looks like text. Look at them in the worklist (text suspected): black out "
                "what identifies anybody and sign off the rest."
            )
        raise Problem(422, "nothing-to-export", detail)
    export_id = new_id()
    job_id = enqueue(
        session,
        state,
        EXPORT,
        ExportParameters(export_id=export_id),
        project_id=principal.project,
        owner_id=principal.user.id,
    )
    export = Export(
        id=export_id,
        project_id=principal.project,
        job_id=job_id,
        created_by_id=principal.user.id,
        format=order.format,
        filters=order.filters.model_dump(mode="json"),
        lesion_names=order.lesion_names,
        licence=state.settings.export_licence,
        counts=counts.model_dump(mode="json"),
    )
    session.add(export)
    session.flush()
    _fix_items(session, export, order.filters, rule)
    remember(session, principal, key, asked, "export", export_id)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "export.created",
        "export",
        export_id,
        format=order.format,
        images=counts.images,
        suspected_text_included=counts.suspected_text_included,
        text_unknown=counts.text_unknown,
    )
    return export


def may_include(settings: Settings) -> bool:
    """Return whether this site exports images with suspected text."""
    return settings.export_suspected_text == "ask"


def text_rule(settings: Settings, order: ExportOrder) -> SuspectedTextRule:
    """Return the rule for images with suspected text.

    Raises:
        Problem: 422 if the site refuses the rule that was ordered.
    """
    if order.suspected_text == SuspectedTextRule.INCLUDE and not may_include(settings):
        raise Problem(
            422,
            "suspected-text-refused",
            "This site exports no image of which an area looks like text. Leave them out, or look "
            "at them in the worklist: black out what identifies anybody and sign off the rest.",
        )
    return order.suspected_text


def _fix_items(
    session: WriteSession, export: Export, filters: ExportFilters, rule: SuspectedTextRule
) -> None:
    """Store the list of masks, numbered in an order that reveals neither time nor subject."""
    masks = chosen(export.project_id, filters, rule)
    parts = case(SPLIT_ORDER, value=masks.c.split)
    order = (parts, masks.c.pixel_sha256, masks.c.image_id, masks.c.frame_index)
    number = func.row_number().over(order_by=order)
    session.execute(
        insert(ExportItem).from_select(
            ["export_id", "number", "image_id", "frame_id", "mask_id", "split"],
            select(
                literal(export.id, ExportItem.export_id.type),
                number,
                masks.c.image_id,
                masks.c.frame_id,
                masks.c.mask_id,
                masks.c.split,
            ),
        )
    )


def find(session: Session, export_id: UUID) -> Export:
    """Return one export.

    Raises:
        Problem: 404.
    """
    export = session.get(Export, export_id)
    if export is None:
        raise not_found("export")
    return export


def recent(session: Session, project_id: UUID, before: UUID | None, limit: int) -> Sequence[Export]:
    """Return the exports of a project, newest first."""
    query = select(Export).where(Export.project_id == project_id)
    if before:
        query = query.where(Export.id < before)
    return session.scalars(query.order_by(Export.id.desc()).limit(limit)).all()


def details(session: Session, export: Export) -> ExportDetails:
    """Return an export as JSON."""
    job = export.job
    by = session.get_one(User, export.created_by_id)
    return ExportDetails(
        id=export.id,
        format=export.format,
        filters=ExportFilters.model_validate(export.filters),
        lesion_names=export.lesion_names,
        licence=export.licence,
        state=job.state,
        stage=job.stage,
        progress=job.progress,
        position=position(session, job),
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
        counts=ExportCounts.model_validate(export.counts),
        left_out=export.left_out,
        size_bytes=export.size_bytes,
        sha256=export.sha256,
        created_at=export.created_at,
        created_by=Person(id=by.id, name=by.name),
        finished_at=export.finished_at,
        expired_at=export.expired_at,
        links=ExportLinks(
            self=f"/exports/{export.id}",
            job=f"/jobs/{job.id}",
            archive=(
                f"/exports/{export.id}/archive"
                if export.sha256 and export.expired_at is None
                else None
            ),
        ),
    )


def remove(session: WriteSession, state: State, principal: Principal, export_id: UUID) -> None:
    """Delete an export and its archive; if it is being written, it is stopped.

    Raises:
        Problem: 404.
    """
    export = find(session, export_id)
    stop(session, state, export.job)
    session.delete(export)
    audit.record(session, state.site_key, principal.actor, "export.deleted", "export", export_id)
    # A worker that is just writing a part leaves a blob, which the sweeper removes.
    after_commit(session, lambda: delete_blobs(state.blobs, export_prefix(export_id)))


def cancel(session: WriteSession, state: State, principal: Principal, export_id: UUID) -> Export:
    """Stop an export and remove what was written; the export's row stays.

    Raises:
        Problem: 404; 409 if it has ended.
    """
    export = find(session, export_id)
    if not stop(session, state, export.job):
        raise Problem(
            409, "not-running", "This export has ended; delete it if it is not needed any more."
        )
    session.execute(delete(ExportPart).where(ExportPart.export_id == export_id))
    audit.record(session, state.site_key, principal.actor, "export.cancelled", "export", export_id)
    # A part that a worker is just writing is removed with the export itself.
    after_commit(session, lambda: delete_blobs(state.blobs, export_prefix(export_id)))
    return export


def delete_blobs(blobs: BlobStore, prefix: str) -> None:
    """Remove every blob whose key begins with `prefix`."""
    for blob in list(blobs.list(prefix)):
        blobs.delete(blob.key)


def refuse_expired(export: Export) -> None:
    """Refuse an archive that holds a picture from before a redaction.

    Raises:
        Problem: 410.
    """
    if export.expired_at is not None:
        raise Problem(
            410,
            "export-expired",
            "A picture in this export was blacked out after it was made, so the archive was "
            "deleted. Export again; delete the copies that were fetched before.",
        )


def require_still(state: State, export_id: UUID) -> None:
    """Refuse to continue with an archive that was deleted or expired in the meantime.

    Raises:
        Problem: 404, 410.
    """
    with state.database.read() as session:
        refuse_expired(find(session, export_id))


def archive(
    session: Session, blobs: BlobStore, export: Export, start: int, end: int
) -> Iterator[bytes]:
    """Yield bytes `start` to `end` (exclusive) of a finished archive, in pieces.

    Raises:
        Problem: 409 if it is not finished, 410 if it expired.
    """
    refuse_expired(export)
    if export.size_bytes is None:
        raise Problem(409, "not-finished", "This export is not finished; wait for its job.")
    parts = session.execute(
        select(ExportPart.number, ExportPart.size_bytes)
        .where(ExportPart.export_id == export.id)
        .order_by(ExportPart.number)
    ).all()
    export_id = export.id

    def pieces() -> Iterator[bytes]:
        offset = 0
        for number, size in parts:
            first, last = max(start - offset, 0), min(end - offset, size)
            if first < last:
                yield from blobs.stream(part_key(export_id, number), first, last)
            offset += size

    return pieces()


present(Presentation(EXPORT, hides_image))
