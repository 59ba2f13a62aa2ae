"""`samples.csv`: the subject of each image, its spacing, and the names of its lesions."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from worker.formats.documents import names_by_number, read_text
from worker.formats.matching import MASK_WORDS, NUMBER_WORDS, Parts, normal, words_of
from worker.formats.source import Finding, LabelError, Tree, is_image
from worker.labels_import.archive import printable

FILE = "samples.csv"
LIMIT = 256 * 1024 * 1024
SUBJECT_LENGTH = 200
NAME_COLUMNS, SUBJECT_COLUMNS = ("name", "id"), ("subject", "patient")
"""The first column in a table counts: exports have the former, training data sets the latter."""
LEAST_MM, MOST_MM = 0.001, 10.0
"""Pixel spacings of ultrasound images lie well within this range."""


@dataclass(frozen=True, slots=True)
class Row:
    """The table's row for one image."""

    subject: str | None
    names: Mapping[int, str]
    spacing: tuple[float, float] | None
    """(row, column) mm."""
    classes: Mapping[int, str] = field(default_factory=dict)
    """Class names by lesion number, as in our exports."""
    split: str = ""
    """Part of the pool to which the image belonged."""


class Table:
    """The tables of samples in an archive.

    A table covers the images in and below its own folder. Its column `name`, else `id`, has the
    image's path there, or its stem if that is unique; the suffix may be left out. Its column
    `subject`, else `patient`, names the subject.
    """

    def __init__(self, tree: Tree) -> None:
        self.findings: list[Finding] = []
        self._rows: dict[Parts, dict[Parts, Row]] = {}
        self._cases = Counter(_case(name) for name in tree.names if _is_frame(name))
        for name in tree.names:
            if PurePosixPath(name).name == FILE:
                try:
                    self._rows[_folders(name)] = dict(self._read(tree, name))
                except LabelError as error:
                    self.findings.append(Finding(name, error.code, error.reason))

    def row(self, name: str, key: str) -> Row | None:
        """Return the row for an image; None if no table has one.

        Args:
            name: its path, or that of the file that contains it.
            key: its stem.
        """
        folders = _folders(name)
        for length in range(len(folders), -1, -1):
            rows = self._rows.get(folders[:length])
            if rows is not None:
                break
        else:
            return None
        path = _key(name)[length:]
        for start in range(len(path)):  # the most folders first
            if row := rows.get(path[start:]):
                whole = start == 0 or len(path) - start > 1
                return row if whole or self._cases[_case(name)] <= 1 else None
        return rows.get((normal(key),)) if self._cases[normal(key)] <= 1 else None

    def _read(self, tree: Tree, name: str) -> Iterator[tuple[Parts, Row]]:
        """Read rows by name; of two differing rows, neither counts.

        Raises:
            LabelError: it is not such a table.
        """
        text = read_text(tree, name, LIMIT)
        head = text.partition("\n")[0]
        delimiter = ";" if head.count(";") > head.count(",") else ","
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        found: dict[Parts, Row | None] = {}
        try:
            columns = reader.fieldnames or ()
            called = next((one for one in NAME_COLUMNS if one in columns), None)
            if called is None:
                raise LabelError("bad-table", "samples.csv needs a column `name` or `id`.")
            whose = next((one for one in SUBJECT_COLUMNS if one in columns), "")
            for entry in reader:
                image = entry[called]
                if not image:
                    continue
                key = _key(image.replace("\\", "/"))
                row = self._row(name, image, (entry.get(whose) or "").strip(), entry)
                if row is None:
                    continue
                known = found.setdefault(key, row)
                if known is not None and known != row:
                    found[key] = None
                    reason = f"Two rows are called {'/'.join(key)} and differ; neither is used."
                    self.findings.append(Finding(name, "bad-table", reason))
        except csv.Error:
            raise LabelError("bad-table", "samples.csv is no CSV in UTF-8.") from None
        return ((key, row) for key, row in found.items() if row)

    def _row(
        self, name: str, image: str, subject: str, entry: Mapping[str, str | None]
    ) -> Row | None:
        if len(subject) > SUBJECT_LENGTH:
            # If truncated, it might be another patient's.
            reason = f"The subject of {printable(image)} is too long; its row is not used."
            self.findings.append(Finding(name, "bad-table", reason))
            return None
        return Row(
            subject or None,
            names_by_number(entry.get("lesion_names")),
            _spacing(entry.get("row_mm"), entry.get("column_mm")),
            names_by_number(entry.get("lesion_classes")),
            entry.get("split") or "",
        )


def _folders(name: str) -> Parts:
    return tuple(map(normal, PurePosixPath(name).parts[:-1]))


def _is_frame(name: str) -> bool:
    """Whether a file's folders make it an image that may be labelled, rather than a label."""
    words = {word for folder in PurePosixPath(name).parts[:-1] for word in words_of(folder)}
    return is_image(name) and not words & (MASK_WORDS | NUMBER_WORDS)


def _case(name: str) -> str:
    """The stem, without nnU-Net's suffix."""
    return _key(name)[-1].removesuffix("_0000").removeprefix("lesion_")


def _key(name: str) -> Parts:
    """The parts of an image's path, the last without an image suffix."""
    path = PurePosixPath(name)
    last = path.stem if is_image(name) else path.name
    return tuple(map(normal, (*path.parts[:-1], last)))


def _spacing(row: str | None, column: str | None) -> tuple[float, float] | None:
    try:
        found = float((row or "").replace(",", ".")), float((column or "").replace(",", "."))
    except ValueError:
        return None
    sensible = all(math.isfinite(value) and LEAST_MM <= value <= MOST_MM for value in found)
    return found if sensible else None
