"""What options keep is stored only while they are on, and told only while they are on."""

from typing import Any

from app.core.security import SiteKey
from app.core.settings import Settings
from app.deidentification.records import DATES, METHODS, PATIENT, described, disclosed

SCANNER = {"Modality": "US"}
BODY = {"PatientSex": "F"}
SHIFTED = {"StudyDate": "20190407"}


def site(**options: bool) -> Settings:
    return Settings(_env_file=None, **options)  # type: ignore[call-arg]


def stored(settings: Settings) -> dict[str, Any]:
    return described(SCANNER, BODY, SHIFTED, settings)


BOTH = site(retain_patient_characteristics=True, retain_shifted_dates=True)


def test_nothing_is_kept_unless_the_site_says_so() -> None:
    assert stored(site()) == SCANNER | {METHODS: ["113100", "113101", "113103"]}


def test_each_option_keeps_its_own_and_is_named() -> None:
    of_body = stored(site(retain_patient_characteristics=True))
    assert (of_body.get(PATIENT), of_body.get(DATES)) == (BODY, None)
    assert of_body[METHODS] == ["113100", "113101", "113103", "113108"]
    of_dates = stored(site(retain_shifted_dates=True))
    assert (of_dates.get(PATIENT), of_dates.get(DATES)) == (None, SHIFTED)
    assert of_dates[METHODS] == ["113100", "113101", "113103", "113107"]


def test_an_option_that_is_turned_off_hides_what_it_kept() -> None:
    assert disclosed(stored(BOTH), BOTH) == stored(BOTH)
    assert disclosed(stored(BOTH), site()) == stored(site())
    dates = site(retain_shifted_dates=True)
    assert disclosed(stored(BOTH), dates) == stored(dates)
    assert disclosed(SCANNER, site()) == SCANNER


def test_a_patients_days_are_the_same_and_others_are_not() -> None:
    key = SiteKey(b"k" * 32)
    patients = [key.pseudonym(f"P-{number}") for number in range(200)]
    days = [key.days_earlier(one) for one in patients]
    assert days == [SiteKey(b"k" * 32).days_earlier(one) for one in patients]
    assert min(days) >= 366
    assert max(days) < 366 + 3653
    assert len(set(days)) > 150
    assert days != [SiteKey(b"l" * 32).days_earlier(one) for one in patients]
