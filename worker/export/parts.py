"""Parts of an export: written to a temporary file, stored as blobs, referenced by a row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

from app.core.blobs import BlobStore
from app.exports.tables import index_key, notes_key
from worker.export.archive import Entry, add_file, decode_entries
from worker.export.samples import Item
from worker.formats.sample import Note, Sample, Writer

PART_ITEMS = 2000
"""A part also ends after this many samples: their notes are in memory while it is written."""
GROUP_BYTES = 32 * 1024 * 1024
"""Most pictures in one file of several samples, such as a TFRecord shard."""


@dataclass
class Part:
    """The content of one part."""

    entries: list[Entry] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)
    items_done: int = 0
    left_out: int = 0


class PartWriter:
    """Writes parts from a stream of items, one after the other.

    Args:
        writer: writer of the format.
        stream: items that are not in an earlier part.
        items_done: number of the last item in an earlier part.
        part_bytes: a part is closed once it has this many bytes.
        progress: called with the number of the last item written.
    """

    def __init__(
        self,
        writer: Writer,
        stream: Iterator[Item],
        items_done: int,
        part_bytes: int,
        progress: Callable[[int], None],
    ) -> None:
        self._writer = writer
        self._stream = stream
        self._part_bytes = part_bytes
        self._progress = progress
        self._items_done = items_done
        self._left_out = 0
        self._next: Sample | None = None
        self._advance()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to write."""
        return self._next is None

    def write(self, file: IO[bytes]) -> Part:
        """Write the next part into an empty file."""
        part = Part()

        def note(sample: Sample, data: Any) -> None:
            kept: Note = {**sample.note(), "data": data}
            part.notes.append(json.dumps(kept, ensure_ascii=False).encode() + b"\n")

        while (
            self._next is not None
            and file.tell() < self._part_bytes
            and len(part.notes) < PART_ITEMS
        ):
            for name, pieces in self._writer.members(self._group(self._next.split), note):
                part.entries.append(add_file(file, name, pieces))
            self._progress(self._items_done)
        part.items_done, part.left_out = self._items_done, self._left_out
        self._left_out = 0
        return part

    def _group(self, split: str) -> Iterator[Sample]:
        """Samples for one call of the writer: of one split, limited in number and size."""
        count = size = 0
        while (sample := self._next) is not None and sample.split == split:
            if count and (count >= self._writer.samples_per_file or size >= GROUP_BYTES):
                return
            count, size = count + 1, size + len(sample.frame_png)
            yield sample
            self._advance()

    def _advance(self) -> None:
        """Take the next sample from the stream, skipping deleted images."""
        if self._next is not None:
            self._items_done = int(self._next.name)
        self._next = None
        for item in self._stream:
            if item.sample is not None:
                self._next = item.sample
                return
            self._left_out += 1
            self._items_done = item.number


def entries(blobs: BlobStore, export_id: UUID, number: int) -> Iterator[Entry]:
    """Return the files of a stored part."""
    return decode_entries(blobs.get(index_key(export_id, number)))


def notes(blobs: BlobStore, export_id: UUID, parts: int) -> Iterator[Note]:
    """Yield the notes of all stored parts, with one part in memory at a time."""
    for number in range(1, parts + 1):
        for line in blobs.get(notes_key(export_id, number)).splitlines():
            yield json.loads(line)
