"""Attributes of a DICOM file that two options of PS3.15 keep, besides those of :mod:`attributes`.

Retain Patient Characteristics (E.3.7) and Retain Longitudinal Temporal Information with Modified
Dates (E.3.6). Attributes are allow-listed, and each value is kept only in the standard's form, so
that no typed text gets through. The caller decides whether the site wants any of it, and shifts the
dates.
"""

from __future__ import annotations

import re
from datetime import date

from pydicom.dataset import Dataset

_YEARS_TOLD = 89
"""Older people are few enough to be identified by their age (45 CFR 164.514(b)(2)(i)(C))."""
_OLDER = "090Y"
_AGE = re.compile(r"(\d{3})([DWMY])")
_FIRST_YEAR = 1981
"""No ultrasound was stored as DICOM before this year."""
CHOICES = {
    "PatientSex": ("M", "F", "O"),
    "SmokingStatus": ("YES", "NO", "UNKNOWN"),
    "PregnancyStatus": (1, 2, 3, 4),
}
"""Values of attributes that are choices."""
NUMBERS = {"PatientSize": (0.2, 2.5), "PatientWeight": (0.2, 400.0)}
"""Least and most of attributes that are numbers: m, kg."""
DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")


def characteristics(dataset: Dataset) -> dict[str, str | int | float]:
    """Sex, age, size, weight, pregnancy and smoking by DICOM keyword, as JSON values.

    An age that the file does not state is computed from the dates of birth and study; for people
    older than 89 years it is 090Y. Free text, such as Ethnic Group, is left out.
    """
    found: dict[str, str | int | float] = {}
    for keyword, allowed in CHOICES.items():
        value = _value(dataset, keyword)
        if value in allowed:
            found[keyword] = value
    for keyword, (least, most) in NUMBERS.items():
        value = _value(dataset, keyword)
        if isinstance(value, int | float) and least <= float(value) <= most:
            found[keyword] = round(float(value), 2)
    age = _stated_age(str(_value(dataset, "PatientAge") or "")) or _age_at_study(dataset)
    if age:
        found["PatientAge"] = age
    return found


def true_dates(dataset: Dataset) -> dict[str, str]:
    """Dates of the examination by DICOM keyword, YYYYMMDD as in the file.

    Placeholder dates, and dates from a clock without a battery, are the same in many files:
    shifted, they would reveal the shift. So January 1 of any year is left out, as is any date
    before 1981.
    """
    found = {keyword: _day(_value(dataset, keyword)) for keyword in DATES}
    return {
        keyword: f"{day:%Y%m%d}"
        for keyword, day in found.items()
        if day and day.year >= _FIRST_YEAR and (day.month, day.day) != (1, 1)
    }


def _stated_age(text: str) -> str | None:
    found = _AGE.fullmatch(text.strip())
    if not found:
        return None
    number, unit = int(found[1]), found[2]
    years = number / {"D": 365.25, "W": 52.18, "M": 12, "Y": 1}[unit]
    return _OLDER if years > _YEARS_TOLD else found[0]


def _age_at_study(dataset: Dataset) -> str | None:
    born, seen = (_day(_value(dataset, word)) for word in ("PatientBirthDate", "StudyDate"))
    if not born or not seen or seen < born:
        return None
    months = (seen.year - born.year) * 12 + seen.month - born.month - (seen.day < born.day)
    if months < 24:
        return f"{months:03d}M"
    return _OLDER if months // 12 > _YEARS_TOLD else f"{months // 12:03d}Y"


def _value(dataset: Dataset, keyword: str) -> object:
    try:
        return dataset.get(keyword)
    except Exception:  # an unreadable value is ignored; it is no reason to refuse a file
        return None


def _day(value: object) -> date | None:
    digits = str(value or "").strip().replace(".", "")
    try:
        return date.fromisoformat(digits) if re.fullmatch(r"\d{8}", digits) else None
    except ValueError:
        return None
