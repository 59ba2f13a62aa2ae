"""Settings that an administrator changes while the site runs take effect, and can be reset."""

import html
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import update

from app.core.ids import now
from app.core.settings import GIB, MIB
from app.core.state import State
from app.deidentification.records import DATES, METHODS, PATIENT, Method, Options, described
from app.housekeeping.sweeper import drop_sources
from app.images.tables import Image
from app.imports.service import drop_old
from app.imports.tables import Import
from app.jobs.tables import Job, JobState
from app.pages import site_of
from app.projects.tables import DEFAULT_PROJECT
from app.site_settings.records import follow
from app.site_settings.values import CHANGEABLE
from tests.behaviour.exports.rows import add_import, add_pooled, speckle
from tests.running_site import PASSWORD, Site, picture
from worker.tasks.process import decode_limits


def change(site: Site, **values: object) -> httpx.Response:
    return site.browser("admin").patch("/site-settings", json=values)


@contextmanager
def another_process(site: Site) -> Iterator[State]:
    """Yield the state of a worker, a command or a second API process after a refresh."""
    state = State.open(site.settings)
    follow(state)
    yield state
    state.close()


def outcome(answer: httpx.Response) -> str | int:
    return answer.json()["code"] if answer.is_error else answer.status_code


def upload(site: Site) -> str | int:
    """Upload a picture as a person with two queued jobs of 1 MiB and an image of 1,000 bytes."""
    owner = site.add_person()
    for state in (JobState.QUEUED, JobState.QUEUED, JobState.DONE):
        site.add_job(owner, state)
    with site.database.write() as session:
        session.execute(update(Image).where(Image.owner_id == owner.id).values(stored_bytes=1000))
        waiting = (Job.owner_id == owner.id, Job.state == JobState.QUEUED)
        session.execute(update(Job).where(*waiting).values(input_bytes=MIB))
    sent = {"file": ("one.png", picture("PNG") + bytes(2 * MIB), "image/png")}
    return outcome(site.browser(owner).post("/segment?wait=0", files=sent))


def of_page(key: str) -> Callable[[Site], object]:
    def probe(site: Site) -> object:
        with another_process(site) as state:
            return json.loads(html.unescape(site_of(state.settings)))[key]

    return probe


def looks(site: Site) -> int:
    """Return the log entries of a person who opens an image twice after seeing it in a list."""
    image_id = site.add_image(site.person("annotator"))
    for path in ("/thumbnail", "", "", "/overlay"):
        site.browser("annotator").get(f"/images/{image_id}{path}").raise_for_status()
    seen = {"object_id": str(image_id), "action": "image.viewed"}
    return len(site.browser("admin").get("/audit", params=seen).json()["items"])


def kept_of_patients(site: Site) -> list[str]:
    """Return the de-identification options shown on an image stored while both were on."""
    both = Options(patient=True, dates=True)
    kept = described({}, {"PatientSex": "F"}, {"StudyDate": "20190407"}, both)
    image_id = site.add_image(site.person("annotator"))
    with site.database.write() as session:
        session.get_one(Image, image_id).acquisition = kept
    shown = site.browser("admin").get(f"/images/{image_id}").json()["frame"]["attributes"]
    options = {Method.PATIENT.value, Method.DATES.value}
    return sorted(options & {*shown[METHODS]}) + sorted({PATIENT, DATES} & {*shown})


def sign_in(site: Site, email: str, password: str = PASSWORD) -> httpx.Client:
    visitor = site.anonymous(Origin=site.url)
    visitor.post("/session", json={"email": email, "password": password}).raise_for_status()
    return visitor


def hours_signed_in(site: Site) -> float:
    email = site.add_person().email or ""
    ends = datetime.fromisoformat(sign_in(site, email).get("/session").json()["expires_at"])
    return round((ends - now()).total_seconds() / 3600, 1)


def third_guess(site: Site) -> int:
    email = site.add_person().email
    visitor = site.anonymous(Origin=site.url)
    guesses = [
        visitor.post("/session", json={"email": email, "password": "a wrong one"}) for _ in range(3)
    ]
    return guesses[-1].status_code


def third_request(site: Site) -> int:
    script = site.script("annotator", "read")
    return [script.get("/images").status_code for _ in range(3)][-1]


def days_to_bring_back(site: Site) -> int:
    image_id = site.add_image(site.person("admin"))
    act = {"act": "delete", "image_ids": [str(image_id)]}
    done = site.browser("admin").post("/bulk-acts", json=act).json()
    kept = datetime.fromisoformat(done["kept_until"]) - datetime.fromisoformat(done["created_at"])
    return kept.days


def failed_uploads_kept(site: Site) -> bool:
    job_id = site.add_job(site.add_person(), JobState.FAILED)
    with site.database.write() as session:
        session.get_one(Job, job_id).finished_at = now() - timedelta(hours=2)
    with another_process(site) as state:
        drop_sources(state)
    with site.database.read() as session:
        return session.get_one(Job, job_id).input_bytes > 0


def imports_kept(site: Site) -> bool:
    import_id = add_import(site, site.person("admin"))
    with site.database.write() as session:
        session.get_one(Import, import_id).created_at = now() - timedelta(days=2)
    with another_process(site) as state:
        drop_old(state)
    with site.database.read() as session:
        return session.get(Import, import_id) is not None


def in_force(key: str) -> Callable[[Site], object]:
    def probe(site: Site) -> object:
        return site.browser("admin").get(f"/projects/{DEFAULT_PROJECT}").json()["in_force"][key]

    return probe


def export(site: Site) -> dict[str, Any]:
    labels = np.zeros((48, 64), np.uint8)
    labels[10:20, 10:20] = 1
    add_pooled(site, site.add_person(), speckle(1), labels)
    made = site.browser("admin").post("/exports", json={"format": "png"})
    return dict(made.json())


def suspected_text(site: Site) -> str | int:
    asked = {"format": "png", "suspected_text": "include"}
    return outcome(site.browser("admin").post("/exports/preview", json=asked))


def webhook(site: Site) -> str | int:
    hook = {"url": "https://his.example.org/sonoloop", "events": ["approved"]}
    project = f"/projects/{DEFAULT_PROJECT}/webhooks"
    return outcome(site.browser("admin").post(project, json=hook))


def largest_upload_of_a_worker(site: Site) -> int:
    with another_process(site) as state:
        return decode_limits(state.settings).max_bytes


def archive(site: Site) -> str | int:
    sent = {"file": ("labels.zip", bytes(2 * MIB), "application/zip")}
    return outcome(site.browser("admin").post("/imports", files=sent))


CASES: list[tuple[str, object, Callable[[Site], object], object, object]] = [
    ("site_name", "St. Ada’s", of_page("name"), "", "St. Ada’s"),
    ("sign_in_notice", "Ask <Ada>.", of_page("notice"), "", "Ask <Ada>."),
    ("default_language", "de", of_page("language"), "browser", "de"),
    ("record_views", True, looks, 0, 1),
    ("retain_patient_characteristics", True, kept_of_patients, [], ["113108", PATIENT]),
    ("retain_shifted_dates", True, kept_of_patients, [], ["113107", DATES]),
    ("session_hours", 2, hours_signed_in, 12.0, 2.0),
    ("sign_in_attempts", 2, third_guess, 401, 429),
    ("max_upload_bytes", MIB, upload, 202, "too-large"),
    ("max_upload_bytes", MIB, largest_upload_of_a_worker, 64 * MIB, MIB),
    ("max_import_bytes", MIB, archive, "not-a-zip", "too-large"),
    ("queued_jobs_per_person", 2, upload, 202, "too-many-queued"),
    ("queued_bytes_per_person", 2 * MIB, upload, 202, "too-much-queued"),
    ("images_per_person", 1, upload, 202, "too-much-stored"),
    ("stored_bytes_per_person", 3 * MIB, upload, 202, "too-much-stored"),
    ("stored_bytes", 1, upload, 202, "site-full"),
    ("token_requests_per_minute", 2, third_request, 200, 429),
    ("deleted_images_days", 30, days_to_bring_back, 7, 30),
    ("failed_upload_seconds", 3600, failed_uploads_kept, True, False),
    ("import_seconds", 24 * 3600, imports_kept, True, False),
    ("double_reading_share", 0.5, in_force("double_reading_share"), 0.0, 0.5),
    ("allow_self_approval", True, in_force("self_approval"), False, True),
    ("export_licence", "CC BY 4.0", lambda site: export(site)["licence"][:5], "All r", "CC BY"),
    ("export_suspected_text", "refuse", suspected_text, 200, "suspected-text-refused"),
    ("webhook_hosts", ["HIS.example.org"], webhook, "host-not-allowed", 201),
]


def test_every_setting_is_tried() -> None:
    assert {key for key, *_ in CASES} == set(CHANGEABLE)


@pytest.mark.parametrize(
    ("key", "value", "probe", "usual", "expected"), CASES, ids=[key for key, *_ in CASES]
)
def test_a_setting_holds_at_once_and_ends_with_its_row(
    shared_site: Site,
    key: str,
    value: object,
    probe: Callable[[Site], object],
    usual: object,
    expected: object,
) -> None:
    assert probe(shared_site) == usual
    assert change(shared_site, **{key: value}).status_code == 200
    try:
        assert probe(shared_site) == expected
    finally:
        back = change(shared_site, **{key: None}).json()["items"]
    now_there = next(one for one in back if one["key"] == key)
    assert (now_there["source"], now_there["value"]) == ("default", now_there["without"])
    assert probe(shared_site) == usual


def test_the_page_says_where_a_value_comes_from_and_the_log_who_changed_it(site: Site) -> None:
    admin = site.person("admin")
    change(site, site_name="St. Ada’s", images_per_person=5).raise_for_status()
    shown = {one["key"]: one for one in change(site, images_per_person=7).json()["items"]}
    assert shown["images_per_person"]["value"] == 7
    assert shown["images_per_person"]["source"] == "site"
    assert shown["images_per_person"]["without"] == 0
    assert shown["images_per_person"]["changed_by"]["id"] == str(admin.id)
    # The tests' settings do not set this one.
    assert shown["session_hours"]["source"] == "default"
    logged = site.browser("admin").get("/audit", params={"action": "site-settings.changed"})
    last, first = (one["detail"] for one in logged.json()["items"])
    assert last["before"] == {"images_per_person": 5}
    assert last["after"] == {"images_per_person": 7}
    assert first["fields"] == ["images_per_person", "site_name"]
    assert "Ada" not in json.dumps(first)


@pytest.mark.parametrize(
    "values",
    [
        {"images_per_person": -1},
        {"max_upload_bytes": 8 * GIB},
        {"session_hours": 0},
        {"site_name": "two\nlines"},
        {"webhook_hosts": ["https://his.example.org"]},
        {"default_language": "fr"},
        {"site_key": "x" * 40},
        {"images_per_person": 3, "sign_in_attempts": 0},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_of_it_kept(
    shared_site: Site, values: dict[str, object]
) -> None:
    before = shared_site.browser("admin").get("/site-settings").json()
    assert change(shared_site, **values).status_code == 422
    assert shared_site.browser("admin").get("/site-settings").json() == before
