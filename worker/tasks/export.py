"""Exports, stored part by part as each is finished, so that a kill loses at most one part."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import IO

from sqlalchemy import select

from app.core.ids import now
from app.core.problems import Problem
from app.exports.jobs import EXPORT
from app.exports.tables import (
    Export,
    ExportPart,
    index_key,
    notes_key,
    part_key,
)
from app.jobs.tables import JobState
from app.model_versions.tables import ModelVersion
from worker.export.archive import Entry, add_file, central_directory, encode_entries
from worker.export.categories import categories_of
from worker.export.closing import MANIFEST, manifest, summarise, tables
from worker.export.parts import Part, PartWriter, entries, notes
from worker.export.samples import items, pseudonym_key
from worker.formats.layouts import WRITERS
from worker.formats.sample import OverlapError, Writer
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError, Lease, Progress

CLOSING_AT = 0.95
"""Share of the work that writing the samples takes."""
PIECE = 1024 * 1024


@dataclass
class PartsKept:
    """The parts stored so far: their sizes in order, and a digest over their bytes."""

    sizes: list[int]
    digest: hashlib._Hash
    items_done: int = 0
    left_out: int = 0

    @property
    def bytes(self) -> int:
        """Length of the archive so far."""
        return sum(self.sizes)


def export(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Write the archive of an export, continuing after the last stored part.

    Raises:
        JobFailedError: the export was deleted, or every image of it was.
        LostLeaseError: cancelled, or another worker has it.
    """
    found = _find(runtime, lease)
    writer = WRITERS[found.format.value]()
    total = max(1, found.counts["images"])
    progress("preparing", 0.0)
    kept = _kept(runtime, found)
    key = pseudonym_key(runtime, found)
    with runtime.database.read() as session:
        categories = categories_of(session, found)
    writer.categories = categories.all

    def report(items_done: int) -> None:
        progress("writing", CLOSING_AT * items_done / total)

    stream = items(runtime, found, key, kept.items_done, categories)
    parts = PartWriter(writer, stream, kept.items_done, runtime.settings.export_part_bytes, report)
    report(kept.items_done)
    while not parts.finished:
        with tempfile.TemporaryFile() as file:
            try:
                part = parts.write(file)
            except OverlapError as error:
                raise JobFailedError(_overlap(found)) from error
            _keep(runtime, lease, found, kept, part, file)
    progress("closing", CLOSING_AT)
    with tempfile.TemporaryFile() as file:
        _close(runtime, found, writer, kept, file)
        _finish(runtime, lease, found, kept, file)
    for number in range(1, len(kept.sizes)):
        runtime.blobs.delete(index_key(found.id, number))
        runtime.blobs.delete(notes_key(found.id, number))


def _overlap(found: Export) -> Problem:
    return Problem(
        422,
        "lesions-overlap",
        f"Lesions of an image share pixels, and {found.format.value} has one number for each; "
        "export as COCO, labelme or YOLO.",
    )


def _find(runtime: Runtime, lease: Lease) -> Export:
    with runtime.database.read() as session:
        found = session.get(Export, EXPORT.read(lease.job).export_id)
    if found is None:
        raise JobFailedError(Problem(410, "export-deleted", "The export was deleted meanwhile."))
    return found


def _kept(runtime: Runtime, found: Export) -> PartsKept:
    """The parts that an earlier worker finished; their bytes are read again for the digest."""
    kept = PartsKept([], hashlib.sha256())
    with runtime.database.read() as session:
        rows = session.scalars(
            select(ExportPart).where(ExportPart.export_id == found.id).order_by(ExportPart.number)
        ).all()
    for row in rows:
        for piece in runtime.blobs.stream(part_key(found.id, row.number)):
            kept.digest.update(piece)
        kept.sizes.append(row.size_bytes)
        kept.items_done = row.items_done
        kept.left_out += row.left_out
    return kept


def _keep(
    runtime: Runtime, lease: Lease, found: Export, kept: PartsKept, part: Part, file: IO[bytes]
) -> None:
    """Store the blobs, then the row that references them, if this worker still holds the lease."""
    number = len(kept.sizes) + 1
    with runtime.database.write() as session:
        lease.claim(session, stage="writing")
    size = _put(runtime, part_key(found.id, number), file, kept)
    runtime.blobs.put(index_key(found.id, number), encode_entries(part.entries))
    runtime.blobs.put(notes_key(found.id, number), b"".join(part.notes))
    kept.items_done, kept.left_out = part.items_done, kept.left_out + part.left_out
    with runtime.database.write() as session:
        # One more part is progress: only attempts that finish no part count as failed.
        lease.claim(session, attempts=0)
        session.add(
            ExportPart(
                export_id=found.id,
                number=number,
                size_bytes=size,
                items_done=part.items_done,
                left_out=part.left_out,
            )
        )


def _put(runtime: Runtime, key: str, file: IO[bytes], kept: PartsKept) -> int:
    """Store a part and add it to the digest; return its size."""
    file.seek(0)
    while piece := file.read(PIECE):
        kept.digest.update(piece)
    size = file.tell()
    file.seek(0)
    runtime.blobs.put(key, file)
    kept.sizes.append(size)
    return size


def _close(
    runtime: Runtime, found: Export, writer: Writer, kept: PartsKept, file: IO[bytes]
) -> None:
    """Write the last part: the files about all samples, the manifest, the central directory."""
    blobs, parts, start = runtime.blobs, len(kept.sizes), kept.bytes
    all_notes = partial(notes, blobs, found.id, parts)
    summary = summarise(all_notes())
    if not summary.counts["images"]:
        raise JobFailedError(
            Problem(410, "images-deleted", "All images of this export were deleted meanwhile.")
        )
    last: list[Entry] = []
    for name, pieces in chain(writer.closing(all_notes), tables(found, writer, all_notes)):
        last.append(add_file(file, name, pieces))

    def files() -> Iterator[tuple[int, Entry]]:
        offset = 0
        for number, size in enumerate(kept.sizes, 1):
            for entry in entries(blobs, found.id, number):
                yield offset, entry
            offset += size
        for entry in last:
            yield start, entry

    every = (entry for _, entry in files())
    pieces = manifest(found, summary, kept.left_out, _digests(runtime), every)
    last.append(add_file(file, MANIFEST, pieces))
    for piece in central_directory(files(), start + file.tell()):
        file.write(piece)


def _digests(runtime: Runtime) -> dict[str, str]:
    with runtime.database.read() as session:
        rows = session.execute(select(ModelVersion.name, ModelVersion.version, ModelVersion.sha256))
        return {f"{row.name}@{row.version}": row.sha256 for row in rows}


def _finish(
    runtime: Runtime, lease: Lease, found: Export, kept: PartsKept, file: IO[bytes]
) -> None:
    """Store the last part, and end the job in the transaction that describes the archive."""
    number = len(kept.sizes) + 1
    with runtime.database.write() as session:
        lease.claim(session, stage="closing")
    size = _put(runtime, part_key(found.id, number), file, kept)
    with runtime.database.write() as session:
        export_row = session.get_one(Export, found.id)
        export_row.size_bytes = kept.bytes
        export_row.sha256 = kept.digest.hexdigest()
        export_row.left_out = kept.left_out
        export_row.finished_at = now()
        session.add(
            ExportPart(
                export_id=found.id,
                number=number,
                size_bytes=size,
                items_done=kept.items_done,
                left_out=0,
            )
        )
        session.flush()
        lease.end(session, JobState.DONE)
