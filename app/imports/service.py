"""Receive archives of labels, and have workers check and store them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, is_known
from app.accounts.tables import User
from app.core import audit
from app.core.database import WriteSession, after_commit
from app.core.ids import new_id, now
from app.core.problems import Problem, ProblemDetails, not_found
from app.core.state import State
from app.core.uploads import Upload
from app.images.schemas import Person
from app.imports.jobs import IMPORT, ImportParameters
from app.imports.schemas import (
    Apply,
    ImportDetails,
    ImportLinks,
    ImportReport,
    ImportState,
    state_of,
)
from app.imports.tables import Import, ImportPhase, archive_key
from app.jobs.quotas import require_place
from app.jobs.service import Presentation, enqueue, position, present, stop
from app.jobs.tables import Job, JobState
from app.jobs.uploads import keep
from app.label_sets.records import ClassMapping, vocabulary_of
from app.reviews.access import hides_image
from app.usage.quotas import require_bytes


def accept(state: State, principal: Principal, upload: Upload, key: str | None) -> UUID:
    """Store an archive and queue its check. Once this returns, it survives any crash.

    Returns:
        The import's id.

    Raises:
        Problem: 400 if it is empty, 415 if it is not a ZIP, 422 if the key was used for something
            else; 413, 429 or 507 if it would exceed what may wait or be stored.
        BlobStoreFullError: nothing was stored.
    """
    upload.require_zip("not-a-zip", "This is not a ZIP archive. Pack images and labels as ZIP.")
    with state.database.read() as session:
        if not is_known(session, principal, key):
            require_place(session, state.settings, principal.user.id)
            require_bytes(session, state.settings, principal.user.id, upload.size)
    import_id = new_id()
    return keep(
        state,
        principal,
        upload,
        archive_key(import_id),
        ("import", Import, import_id),
        lambda session: _insert(session, state, principal, import_id, upload.size),
        asked=fingerprint("import", principal.project, upload.sha256),
        key=key,
    )


def _insert(
    session: WriteSession, state: State, principal: Principal, import_id: UUID, size: int
) -> None:
    job_id = _enqueue(session, state, principal, import_id)
    session.add(
        Import(
            id=import_id,
            project_id=principal.project,
            job_id=job_id,
            created_by_id=principal.user.id,
            size_bytes=size,
        )
    )
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "import.sent",
        "import",
        import_id,
        bytes=size,
    )


def _enqueue(session: WriteSession, state: State, principal: Principal, import_id: UUID) -> UUID:
    return enqueue(
        session,
        state,
        IMPORT,
        ImportParameters(import_id=import_id),
        project_id=principal.project,
        owner_id=principal.user.id,
    )


present(Presentation(IMPORT, hides_image))


def apply(
    session: WriteSession, state: State, principal: Principal, import_id: UUID, wish: Apply
) -> Import:
    """Queue the job that stores the labels that passed the check. If it is under way or done,
    nothing changes.

    Raises:
        Problem: 404; 409 if it is not checked or has unmapped classes; 422 if a class is not in the
            project's label set.
    """
    found = find(session, import_id, lock=True)
    at = state_of(found)
    stored = found.phase == ImportPhase.APPLY
    if stored and at in (ImportState.APPLYING, ImportState.APPLIED):
        return found
    again = stored and at in (ImportState.FAILED, ImportState.CANCELLED)
    if at != ImportState.CHECKED and not again:
        raise Problem(
            409,
            "not-checked",
            "This import is not checked yet, or its check failed; see its report.",
        )
    asked = {name: str(target) for name, target in wish.mapping.items()}
    if not (again and not asked):
        _check_mapping(session, found, asked)
        found.mapping = asked
    stored_as = wish.stored_as
    found.job_id = _enqueue(session, state, principal, import_id)
    found.phase, found.stored_as = ImportPhase.APPLY, stored_as
    if not again:
        found.position = 0
    session.flush()
    session.refresh(found, ["job"])
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "import.applied",
        "import",
        import_id,
        stored_as=stored_as,
    )
    return found


def _check_mapping(session: Session, found: Import, asked: dict[str, str]) -> None:
    words = vocabulary_of(session, found.project_id)
    mapping = ClassMapping(words, asked)
    wrong = mapping.unknown(asked)
    if wrong:
        raise Problem(
            422,
            "unknown-class",
            f"{_quoted(wrong)}: the class is not in the label set “{words.name}”, or archived; "
            "choose another.",
        )
    unmapped = mapping.unknown((found.checked or {}).get("classes", {}))
    if unmapped:
        raise Problem(
            409,
            "classes-unmapped",
            f"The archive has classes that the label set “{words.name}” does not have: "
            f"{_quoted(unmapped)}. Say for each where it goes, or that it is left out or refused.",
            unmapped=unmapped,
        )


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" if name else "no class" for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown


def find(session: Session, import_id: UUID, *, lock: bool = False) -> Import:
    """Return one import.

    Raises:
        Problem: 404.
    """
    query = select(Import).where(Import.id == import_id)
    found = session.scalar(query.with_for_update(of=Import) if lock else query)
    if found is None:
        raise not_found("import")
    return found


def recent(session: Session, project_id: UUID, before: UUID | None, limit: int) -> Sequence[Import]:
    """Return the imports of a project, newest first."""
    query = select(Import).where(Import.project_id == project_id)
    if before:
        query = query.where(Import.id < before)
    return session.scalars(query.order_by(Import.id.desc()).limit(limit)).all()


def details(session: Session, found: Import) -> ImportDetails:
    """Return an import as JSON."""
    job = found.job
    by = session.get_one(User, found.created_by_id)
    at = state_of(found)
    return ImportDetails(
        id=found.id,
        state=at,
        stage=job.stage,
        progress=job.progress,
        position=position(session, job),
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
        size_bytes=found.size_bytes,
        created_at=found.created_at,
        created_by=Person(id=by.id, name=by.name),
        stored_as=found.stored_as,
        **_mapping(session, found),
        checked=ImportReport.model_validate(found.checked) if found.checked else None,
        applied=ImportReport.model_validate(found.applied) if found.applied else None,
        links=ImportLinks(
            self=f"/imports/{found.id}",
            job=f"/jobs/{job.id}",
            apply=f"/imports/{found.id}/apply" if at == ImportState.CHECKED else None,
        ),
    )


def _mapping(session: Session, found: Import) -> dict[str, Any]:
    """Return the classes that found names are mapped to, and the names without a class."""
    names = (found.checked or {}).get("classes", {})
    if not names:
        return {"mapping": {}, "unmapped": []}
    mapping = ClassMapping(vocabulary_of(session, found.project_id), found.mapping or {})
    known = {name: target for name in names if (target := mapping.of(name)) is not None}
    return {"mapping": known, "unmapped": mapping.unknown(names)}


def remove(session: WriteSession, state: State, principal: Principal, import_id: UUID) -> None:
    """Delete an import's archive and report; what it stored stays. A running one is stopped.

    Raises:
        Problem: 404.
    """
    found = find(session, import_id, lock=True)
    stop(session, state, found.job)
    session.delete(found)
    audit.record(session, state.site_key, principal.actor, "import.deleted", "import", import_id)
    after_commit(session, lambda: state.blobs.delete(archive_key(import_id)))


def drop_old(state: State) -> int:
    """Delete old imports, with the file names in them; return their number."""
    before = now() - timedelta(seconds=state.settings.import_seconds)
    with state.database.write() as session:
        old = session.scalars(
            select(Import)
            .join(Job, Job.id == Import.job_id)
            .where(
                Import.created_at < before,
                Job.state.not_in([JobState.QUEUED, JobState.RUNNING]),
            )
            .limit(200)
        ).all()
        keys = [archive_key(found.id) for found in old]
        for found in old:
            session.delete(found)
    for key in keys:
        state.blobs.delete(key)
    return len(keys)
