"""`samples.csv`: which subject an image is of, its spacing, what its lesions are called."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from worker.formats.source import LabelError, Tree, clean_name

FILE = "samples.csv"
LIMIT = 256 * 1024 * 1024
SUBJECT_LENGTH = 200
LEAST_MM, MOST_MM = 0.001, 10.0
"""Distances of pixels in ultrasound images lie far within."""


_NUMBER = re.compile(r"[0-9]{1,3}")
"""`str.isdigit` is true of "²" too, and `int` refuses it, as it does 5,000 digits."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of one image."""

    subject: str | None
    names: Mapping[int, str]
    spacing: tuple[float, float] | None
    """(row, column) mm."""


def read_table(tree: Tree) -> dict[str, Row]:
    """Rows by the column `name`, which is the image's stem; empty where there is no table.

    Raises:
        LabelError: it is no such table.
    """
    name = next((n for n in tree.names if PurePosixPath(n).name == FILE), None)
    if name is None:
        return {}
    try:
        text = tree.read(name, LIMIT).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        if "name" not in (reader.fieldnames or ()):
            raise LabelError("bad-table", "samples.csv needs a column `name`.")
        return {
            PurePosixPath(row["name"]).stem: Row(
                (row.get("subject") or "").strip()[:SUBJECT_LENGTH] or None,
                _names(row.get("lesion_names")),
                _spacing(row.get("row_mm"), row.get("column_mm")),
            )
            for row in reader
            if row["name"]
        }
    except (UnicodeDecodeError, csv.Error):
        raise LabelError("bad-table", "samples.csv is no CSV in UTF-8.") from None


def _spacing(row: str | None, column: str | None) -> tuple[float, float] | None:
    try:
        found = float(row or ""), float(column or "")
    except ValueError:
        return None
    sensible = all(math.isfinite(value) and LEAST_MM <= value <= MOST_MM for value in found)
    return found if sensible else None


def _names(text: str | None) -> dict[int, str]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        int(number): cleaned
        for number, value in found.items()
        if _NUMBER.fullmatch(number) and (cleaned := clean_name(value))
    }
