"""The files that close an archive: tables, splits, README, manifest."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.core.settings import VERSION
from app.exports.tables import Export
from worker.export.archive import Entry
from worker.formats.sample import SPLITS, Member, Note, Notes, Writer

MANIFEST = "manifest.json"
SAMPLES = "samples.csv"
COLUMNS = (
    "name",
    "split",
    "subject",
    "source",
    "model",
    "width",
    "height",
    "row_mm",
    "column_mm",
    "device",
    "cine",
    "frame_index",
    "time_ms",
    "lesions",
    "lesion_px",
    "lesion_names",
    "lesion_classes",
    "lesion_attributes",
    "image_attributes",
    "labelled",
)
_FORMULA = "=+-@\t\r "


def tables(export: Export, writer: Writer, notes: Notes) -> Iterator[Member]:
    """`samples.csv`, the lists of the splits, the README."""
    yield SAMPLES, _samples(notes)
    for split in SPLITS:
        yield (
            f"splits/{split}.txt",
            (f"{note['name']}\n".encode() for note in notes() if note["split"] == split),
        )
    yield "README.txt", [_readme(export, writer).encode()]


def _samples(notes: Notes) -> Iterator[bytes]:
    yield _line(COLUMNS)
    for note in notes():
        yield _line([_cell(note.get(column, "")) for column in COLUMNS])


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    # A spreadsheet would treat such a text as a formula.
    return value.lstrip(_FORMULA) if isinstance(value, str) else value


def _line(values: Iterable[Any]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue().encode()


def _readme(export: Export, writer: Writer) -> str:
    return f"""Ultrasound images with lesion masks, exported by Sonoloop {VERSION}.
Format: {export.format.value}. For research use only; not a medical device.

{writer.layout}

NAME is a number within this archive. SPLIT is train, validation or test: all images of one
subject are in the same one, so keep them apart.

samples.csv      every image: split, subject, source of its mask, size, spacing in mm, scanner
splits/*.txt     the names in each part
manifest.json    counts, licence, versions, and the SHA-256 of every file

Subjects are pseudonyms made for this archive alone; they mean nothing elsewhere. Images were
de-identified when they were stored: everything outside of the scanner's sector is black.

Licence: {export.licence}
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """The manifest's summary of all samples."""

    counts: dict[str, Any]
    splits: dict[str, Any]
    models: dict[str, int]


def summarise(notes: Iterable[Note]) -> Summary:
    """Add up the notes; memory grows only with the number of models."""
    images: Counter[str] = Counter()
    lesions: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    models: Counter[str] = Counter()
    empty = pixels = marked = 0
    for note in notes:
        images[note["split"]] += 1
        lesions[note["split"]] += note["lesions"]
        sources[note["source"]] += 1
        models[note["model"]] += 1
        empty += note["lesions"] == 0
        marked += note["lesion_px"]
        pixels += note["width"] * note["height"]
    models.pop("", None)
    counts = {
        "images": images.total(),
        "without_lesion": empty,
        "lesions": lesions.total(),
        "pixels": {"background": pixels - marked, "lesion": marked},
        "by_source": dict(sorted(sources.items())),
    }
    splits = {split: {"images": images[split], "lesions": lesions[split]} for split in SPLITS}
    return Summary(counts, splits, dict(sorted(models.items())))


def manifest(
    export: Export, summary: Summary, left_out: int, digests: dict[str, str], files: Iterable[Entry]
) -> Iterator[bytes]:
    """Yield the manifest in pieces; it lists every other file.

    Args:
        digests: SHA-256 of the models by `NAME@VERSION`, if known.
        files: all files written before.
    """
    filters = dict(export.filters)
    # Names of people who drew masks do not leave the site.
    filters["one_annotator"] = filters.pop("annotator_id", None) is not None
    head = {
        "format": export.format.value,
        "created_at": export.created_at.isoformat(timespec="seconds"),
        "software": {"name": "sonoloop", "version": VERSION},
        "licence": export.licence,
        "filters": filters,
        "counts": {
            **summary.counts,
            "subjects": export.counts["subjects"],
            "left_out": {
                "cannot_judge": export.counts["cannot_judge"],
                "duplicates": export.counts["duplicates"],
                "suspected_text": export.counts.get("suspected_text", 0),
                "deleted": left_out,
            },
        },
        # Images with suspected text that nobody has judged.
        "suspected_text": {
            "images": (included := export.counts.get("suspected_text_included", 0)),
            "signed_off": included > 0,
        },
        "not_searched_for_text": export.counts.get("text_unknown", 0),
        "splits": summary.splits,
        "models": [
            {"name": name, "images": number, "sha256": digests.get(name)}
            for name, number in summary.models.items()
        ],
    }
    yield json.dumps(head, indent=1, sort_keys=True, ensure_ascii=False)[:-2].encode()
    yield b',\n "files": [\n'
    for place, entry in enumerate(files):
        line = {"name": entry.name, "size": entry.size, "sha256": entry.sha256}
        yield (b",\n" if place else b"") + b"  " + json.dumps(line).encode()
    yield b"\n ]\n}\n"
