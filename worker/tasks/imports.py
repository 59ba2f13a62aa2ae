"""Imports: check everything without writing anything, or store label by label."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any

from sqlalchemy import select, update

from app.bundles.tables import ReceivedBundle
from app.core import audit
from app.core.audit import Actor
from app.core.blobs import BlobNotFoundError
from app.core.database import WriteSession
from app.core.problems import Problem
from app.imports.jobs import IMPORT
from app.imports.tables import Import, ImportPhase, archive_key
from app.jobs.tables import JobState
from worker.formats.layouts import READERS, layout_of, left_out
from worker.formats.source import Finding, Labelled
from worker.labels_import.archive import ArchiveError, ArchiveLimits, ZipTree
from worker.labels_import.labels import Decided, Outcome, Owner, decide
from worker.labels_import.report import Counted, Report
from worker.labels_import.store import ChangedMeanwhileError, store
from worker.labels_import.table import Table
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, Progress

UNPACKED_BY_PACKED = 4
"""An archive may unpack to this many times the largest accepted packed size."""
DONE_AT = 0.99
NO_LESION = Finding(
    "All files",
    "no-lesion",
    "No label has a lesion. Make sure that the outlines were exported: Datumaro and CVAT write "
    "empty files where the format that was chosen has no place for them.",
    bad=False,
)


@dataclass(frozen=True)
class Archive:
    """An opened archive."""

    tree: ZipTree
    layout: str
    table: Table

    def labels(self) -> Iterator[Labelled | Finding]:
        """Return all labels in it, always in the same order."""
        other = left_out(self.tree, self.layout)
        found = READERS[self.layout](self.tree)
        return chain(self.tree.findings, self.table.findings, other, found)


def import_labels(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Check or store the job's import.

    Raises:
        JobFailedError: the archive cannot be imported, or was deleted.
        LostLeaseError: cancelled, or another worker has the job.
    """
    found = _find(runtime, lease)
    progress("reading", 0.0)
    with tempfile.TemporaryFile() as file:
        try:
            for piece in runtime.blobs.stream(archive_key(found.id)):
                file.write(piece)
        except BlobNotFoundError:
            raise _gone() from None
        settings = runtime.settings
        limits = ArchiveLimits(
            file_bytes=settings.max_upload_bytes,
            total_bytes=UNPACKED_BY_PACKED * settings.max_import_bytes,
        )
        try:
            archive = _open(ZipTree(file, limits))
        except ArchiveError as error:
            raise JobFailedError(Problem(422, error.code, error.reason)) from error
        if found.phase == ImportPhase.CHECK:
            _check(runtime, lease, progress, found, archive)
        else:
            _store(runtime, lease, progress, found, archive)


def _find(runtime: Runtime, lease: Lease) -> Import:
    with runtime.database.read() as session:
        found = session.get(Import, IMPORT.read(lease.job).import_id)
    if found is None:
        raise _gone()
    return found


def _gone() -> JobFailedError:
    return JobFailedError(Problem(410, "import-deleted", "The import was deleted meanwhile."))


def _open(tree: ZipTree) -> Archive:
    return Archive(tree, layout_of(tree), Table(tree))


def _owner(runtime: Runtime, lease: Lease, found: Import) -> Owner:
    mapping = None if found.phase == ImportPhase.CHECK else found.mapping or {}
    bundled = select(ReceivedBundle.id).where(ReceivedBundle.import_id == found.id)
    with runtime.database.read() as session:
        keeps_splits = session.scalar(bundled.limit(1)) is not None
    return Owner(found.project_id, lease.job.owner_id, found.stored_as, mapping, keeps_splits)


class Decisions:
    """Decides on the labels of an archive one by one; labelling pixels twice is an error.

    Attributes:
        contradicted: pixels that the archive labels twice, in different ways.
    """

    def __init__(
        self, runtime: Runtime, owner: Owner, archive: Archive, contradicted: Iterable[str] = ()
    ) -> None:
        self._runtime = runtime
        self._owner = owner
        self._archive = archive
        self._seen: dict[str, Counted] = {}
        self.contradicted = set(contradicted)

    def decide(self, entry: Labelled | Finding) -> Decided | Finding:
        """Return the effect that storing this label would have."""
        if isinstance(entry, Finding):
            return entry
        row = self._archive.table.row(entry.name, entry.key)
        decided = decide(self._runtime, self._owner, entry, row)
        if isinstance(decided, Finding):
            return decided
        first = self._seen.setdefault(decided.pixel_sha256, counted(decided))
        if decided.pixel_sha256 in self.contradicted:
            return contradiction(decided.name, first.name)
        if first.name != decided.name:
            if first.label_sha256 != counted(decided).label_sha256:
                self.contradicted.add(decided.pixel_sha256)
                return contradiction(decided.name, first.name)
            reason = f"The same pixels are in the archive as {first.name} already."
            return Finding(decided.name, "twice", reason)
        return decided

    def first_of(self, pixel_sha256: str) -> Counted:
        """Return the first label for these pixels."""
        return self._seen[pixel_sha256]


def counted(decided: Decided) -> Counted:
    """Return the record by which a stored label can be undone."""
    said = repr(sorted(decided.found.items())) if any(decided.found.values()) else ""
    digest = sha256(decided.labels.tobytes() + said.encode()).hexdigest()
    classes = Counter(decided.found.values())
    nobodys = decided.outcome is Outcome.NEW_IMAGE and decided.patient is None
    return Counted(decided.name, decided.outcome, decided.lesions, digest, classes, nobodys)


def contradiction(name: str, first: str) -> Finding:
    """Report two labels of one picture: the sender must decide which one is right."""
    other = f"{first} has" if first != name else "another file has"
    return Finding(
        name, "contradicted", f"The same pixels: {other} another label of them; keep the right one."
    )


def _check(
    runtime: Runtime, lease: Lease, progress: Progress, found: Import, archive: Archive
) -> None:
    report, expected = Report(archive.layout), max(1, len(archive.tree.names))
    decisions = Decisions(runtime, _owner(runtime, lease, found), archive)
    for place, entry in enumerate(archive.labels(), 1):
        known = len(decisions.contradicted)
        decided = decisions.decide(entry)
        if isinstance(decided, Finding):
            report.find(decided)
        else:
            report.add(decided)
        if len(decisions.contradicted) > known:
            (new,) = decisions.contradicted - set(report.contradicted)
            first = decisions.first_of(new)
            report.take_back(first)
            report.find(contradiction(first.name, first.name))
            report.contradicted.append(new)
        # Most labels come with an image, so there are about twice as many files.
        progress("checking", min(DONE_AT, place / expected))
    if report.labels > 1 and not report.lesions:
        report.find(NO_LESION)
    with runtime.database.write() as session:
        session.execute(
            update(Import).where(Import.id == found.id).values(checked=report.to_json())
        )
        if report.labels:
            lease.end(session, JobState.DONE)
        else:
            lease.end(session, JobState.FAILED, problem=_none(report).document(), retryable=False)


def _none(report: Report) -> Problem:
    """An archive without any label is never a success: the format was not recognised."""
    listed = len(report.findings) + report.more_findings
    why = f"{listed} files are listed with the reason." if listed else "No file looks like a label."
    return Problem(
        422,
        "no-labels",
        f"No label was found that can be used. {why} docs/formats.md tells what is read.",
        title="No labels found",
    )


def _store(
    runtime: Runtime, lease: Lease, progress: Progress, found: Import, archive: Archive
) -> None:
    """Store label by label; each transaction also records the import's progress."""
    report = Report.from_json(found.applied) if found.applied else Report(archive.layout)
    checked = found.checked or {}
    contradicted = checked.get("contradicted", [])
    owner = _owner(runtime, lease, found)
    decisions = Decisions(runtime, owner, archive, contradicted)
    expected = max(1, checked.get("labels", 0) + checked.get("bad", 0))
    for place, entry in enumerate(archive.labels(), 1):
        if place <= found.position:
            continue
        progress("storing", min(DONE_AT, place / expected))
        decided = decisions.decide(entry)
        if isinstance(decided, Finding):
            report.find(decided)
            continue
        _store_one(runtime, lease, found, owner, decided, report, place)
    with runtime.database.write() as session:
        _keep(session, lease, found, report, place=None)
        audit.record(
            session,
            runtime.site_key,
            Actor(lease.job.owner_id),
            "import.stored",
            "import",
            found.id,
            new_images=report.new_images,
            new_revisions=report.new_revisions,
            stored_as=found.stored_as,
        )
        session.execute(update(Import).where(Import.id == found.id).values(has_archive=False))
        lease.end(session, JobState.DONE)
    # The stored labels no longer need it, and it may name patients.
    runtime.blobs.delete(archive_key(found.id))


def _store_one(
    runtime: Runtime,
    lease: Lease,
    found: Import,
    owner: Owner,
    decided: Decided,
    report: Report,
    place: int,
) -> None:
    if decided.outcome not in (Outcome.NEW_IMAGE, Outcome.NEW_REVISION):
        report.add(decided)
        return
    before = report.to_json()
    report.add(decided)
    try:
        store(runtime, owner, decided, lambda s: _keep(s, lease, found, report, place))
    except ChangedMeanwhileError:
        report.__dict__.update(Report.from_json(before).__dict__)
        report.add(decided, Outcome.KEPT_ASIDE)


def _keep(
    session: WriteSession, lease: Lease, found: Import, report: Report, place: int | None
) -> None:
    """Record the import's progress, if this worker still holds the lease."""
    # One more label is progress: only attempts that store no label count as failed.
    lease.claim(session, attempts=0)
    values: dict[str, Any] = {"applied": report.to_json()}
    if place is not None:
        values = {"applied": report.counts(), "position": place}
    session.execute(update(Import).where(Import.id == found.id).values(**values))
