"""Identifying values of a DICOM file, and a search for them in a site's data."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydicom import dcmread
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.uid import UID

import models
from tests.files import files_under
from worker.ingest.attributes import ALLOWED

_TEXT = {"AE", "DT", "LO", "LT", "PN", "SH", "ST", "UC", "UN", "UR", "UT"}
ZOO = Path(models.__file__).parent / "zoo"
_SHORTEST = 6
"""Characters; shorter words occur in any program by chance."""
_PUBLIC = {"patient", "anonymized", "unknown", "default"}
"""Placeholders for names in anonymised files, which occur in any program's text."""


def identities(data: bytes) -> set[str]:
    """Return names, numbers, UIDs and free text of a Part 10 file, except what may be kept."""
    dataset = dcmread(io.BytesIO(data), stop_before_pixels=True)
    allowed = Dataset({one.tag: one for one in dataset if keyword_for_tag(one.tag) in ALLOWED})
    return {*_texts(dataset.file_meta), *_texts(dataset)} - {*_texts(allowed)}


def _texts(dataset: Dataset) -> Iterator[str]:
    for element in dataset.iterall():
        values = element.value if element.VM > 1 else [element.value]
        for value in values:
            text = str(value).strip()
            if element.VR == "PN":
                pieces = [text, *str(value).replace("^", " ").replace("=", " ").split()]
                yield from (one for one in pieces if _telling(one))
            elif element.VR == "UI":
                if UID(text).is_private and len(text) >= 12:
                    yield text
            elif element.VR in _TEXT and isinstance(value, str) and _telling(text):
                yield text


def _telling(text: str) -> bool:
    if text.isdigit() and len(text) < 8:  # a time of day, which can look like microseconds
        return False
    return len(text) >= _SHORTEST and text.lower() not in _PUBLIC and not text.isspace()


def held(data: bytes, needles: Iterable[str]) -> list[str]:
    """Return the needles that occur in the bytes, in any case and encoding."""
    lower = data.lower()
    return [needle for needle in needles if _holds(data, lower, needle)]


def _holds(data: bytes, lower: bytes, needle: str) -> bool:
    small = needle.lower()
    if small.encode() in lower or small.encode("utf-16-le") in lower:
        return True
    encoded = (base64.b64encode(one.encode())[:-4] for one in {needle, small, needle.upper()})
    return any(len(one) >= _SHORTEST and one in data for one in encoded)


def left_in(folder: Path, needles: Iterable[str]) -> dict[str, list[str]]:
    """Return identifying values in the files below a folder and in their names, by relative path.

    Copies of the shipped models are not searched: they are large, and identical on every site.
    """
    needles = list(needles)
    shipped = {hashlib.sha256(data).digest() for _, data in files_under(ZOO)}
    found = {}
    for path, data in files_under(folder):
        name = str(path.relative_to(folder))
        said = held(name.encode(), needles)
        if hashlib.sha256(data).digest() not in shipped:
            said += held(data, needles)
        if said:
            found[name] = said
    return found
