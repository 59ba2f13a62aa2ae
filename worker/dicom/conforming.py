"""Attributes of a source file in the form required of a new object (PS3.5 6.2).

Scanners and archives have dates in ACR-NEMA's form, sexes as words, and texts in place of numbers.
A result is still written back; a value that cannot be converted is left empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import DT

_DATE = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})")
_TIME = re.compile(r"([01]\d|2[0-3])(?::?([0-5]\d)(?::?([0-5]\d|60)(\.\d{1,6})?)?)?")
_CODE = re.compile(r"[A-Z0-9 _]{0,16}")
_UID = re.compile(r"[0-9.]{1,64}")
_SEXES = {"M", "F", "O"}


def conforming(attributes: Mapping[str, Any]) -> Dataset:
    """Convert attributes in the DICOM JSON model (PS3.18 F) to a valid data set."""
    made = Dataset()
    for tag, element in attributes.items():
        try:
            (found,) = Dataset.from_json({tag: element})
        except (AttributeError, OverflowError, TypeError, ValueError):
            continue  # such as a text in place of a number
        form = _FORMS.get(found.VR)
        if form is not None:
            found.value = form(found.value)
        made.add(found)
    if made.get("PatientSex") not in _SEXES:
        made.pop("PatientSex", None)
    return made


def _date(value: Any) -> str:
    found = _DATE.fullmatch(str(value).strip())
    if found is None:
        return ""
    try:
        date(*map(int, found.groups()))
    except ValueError:
        return ""
    return "".join(found.groups())


def _time(value: Any) -> str:
    found = _TIME.fullmatch(str(value).strip())
    return "".join(part or "" for part in found.groups()) if found else ""


def _moment(value: Any) -> str:
    try:
        return str(value) if DT(str(value)) else ""
    except ValueError:
        return ""


def _code(value: Any) -> str | list[str]:
    several = isinstance(value, MultiValue)
    words = [str(one).strip().upper() for one in (value if several else [value or ""])]
    if not all(map(_CODE.fullmatch, words)):
        return ""
    return words if several else words[0]


def _uid(value: Any) -> str:
    return str(value) if _UID.fullmatch(str(value)) else ""


def _name(value: Any) -> Any:
    """Return one name; a backslash separates values, but may be half a letter in some encodings."""
    return value[0] if isinstance(value, MultiValue) and value else value


_FORMS: dict[str, Callable[[Any], Any]] = {
    "DA": _date,
    "TM": _time,
    "DT": _moment,
    "CS": _code,
    "UI": _uid,
    "PN": _name,
}
"""Keyed by value representation."""
