"""Values that an option keeps are stored only while it is on, and shown only while it is on."""

from typing import Any

from app.core.security import SiteKey
from app.deidentification.records import DATES, METHODS, PATIENT, Options, described, disclosed

SCANNER = {"Modality": "US"}
BODY = {"PatientSex": "F"}
SHIFTED = {"StudyDate": "20190407"}


def stored(options: Options) -> dict[str, Any]:
    return described(SCANNER, BODY, SHIFTED, options)


NONE, BOTH = Options(patient=False, dates=False), Options(patient=True, dates=True)
BODY_ALONE, DATES_ALONE = Options(patient=True, dates=False), Options(patient=False, dates=True)


def test_nothing_is_kept_unless_an_option_is_on() -> None:
    assert stored(NONE) == SCANNER | {METHODS: ["113100", "113101", "113103"]}


def test_each_option_keeps_its_own_and_is_named() -> None:
    of_body = stored(BODY_ALONE)
    assert (of_body.get(PATIENT), of_body.get(DATES)) == (BODY, None)
    assert of_body[METHODS] == ["113100", "113101", "113103", "113108"]
    of_dates = stored(DATES_ALONE)
    assert (of_dates.get(PATIENT), of_dates.get(DATES)) == (None, SHIFTED)
    assert of_dates[METHODS] == ["113100", "113101", "113103", "113107"]


def test_an_option_that_is_turned_off_hides_what_it_kept() -> None:
    assert disclosed(stored(BOTH), BOTH) == stored(BOTH)
    assert disclosed(stored(BOTH), NONE) == stored(NONE)
    assert disclosed(stored(BOTH), DATES_ALONE) == stored(DATES_ALONE)
    assert disclosed(SCANNER, NONE) == SCANNER


def test_a_patients_days_are_the_same_and_others_are_not() -> None:
    key = SiteKey(b"k" * 32)
    patients = [key.pseudonym(f"P-{number}") for number in range(200)]
    days = [key.days_earlier(one) for one in patients]
    assert days == [SiteKey(b"k" * 32).days_earlier(one) for one in patients]
    assert min(days) >= 366
    assert max(days) < 366 + 3653
    assert len(set(days)) > 150
    assert days != [SiteKey(b"l" * 32).days_earlier(one) for one in patients]
