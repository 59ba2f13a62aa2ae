"""A person's quotas on jobs, bytes and requests: 429 with the time to retry."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import update

from app.accounts.tables import User
from app.core.state import State
from app.images.tables import Image, frame_key
from app.jobs.tables import Job, JobState
from app.usage.counting import count_images
from tests.conftest import fresh_settings
from tests.processes import wait_until
from tests.running_site import Site, picture, running_site

MOST = 3


@pytest.fixture
def strict(tmp_path: Path, valkey: str, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site with these limits."""
    with running_site(fresh_settings(tmp_path, valkey, **request.param)) as site:
        yield site


def limited(**limits: object) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("strict", [limits], indirect=True)


def send(client: httpx.Client, wait: float = 0) -> httpx.Response:
    headers = {"Content-Type": "image/png"}
    return client.post(f"/segment?wait={wait}", content=picture("PNG"), headers=headers)


def refused(answer: httpx.Response, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (429, code)
    assert int(answer.headers["Retry-After"]) > 0


@limited(queued_jobs_per_person=MOST)
def test_so_many_jobs_of_one_person_wait_and_others_are_not_touched(strict: Site) -> None:
    busy, other = strict.script("annotator", "segment"), strict.script("reviewer", "segment")
    for _ in range(MOST):
        assert send(busy).status_code == 202
    refused(send(busy), "too-many-queued")
    assert send(other).status_code == 202
    job = busy.get("/jobs").json()["items"][0]["id"]
    assert busy.delete(f"/jobs/{job}").status_code == 204
    assert send(busy).status_code == 202


@limited(queued_bytes_per_person=2 * len(picture("PNG")))
def test_so_many_bytes_of_one_person_wait(strict: Site) -> None:
    script = strict.script("annotator", "segment")
    assert [send(script).status_code for _ in range(2)] == [202, 202]
    refused(send(script), "too-much-queued")


@limited(images_per_person=2)
def test_so_many_images_are_kept_where_the_site_says_so(strict: Site) -> None:
    person = strict.person("annotator")
    script = strict.script(person, "segment")
    strict.add_image(person)
    assert send(script).status_code == 202
    strict.add_image(person)
    refused(send(script), "too-much-stored")


@limited(stored_bytes_per_person=20_000)
def test_so_many_bytes_are_kept_of_one_person(strict: Site) -> None:
    person = strict.person("annotator")
    script, other = strict.script(person, "segment", "write"), strict.script("reviewer", "segment")
    image_id = strict.add_image(person)
    strict.blobs.put(frame_key(image_id, None), bytes(20_000))
    with strict.database.write() as session:
        session.execute(update(Image).values(stored_bytes=None))
    state = State.open(strict.settings)
    count_images(state)
    assert count_images(state) == 0, "counted once"
    state.close()
    refused(send(script), "too-much-stored")
    assert send(other).status_code == 202
    assert script.delete(f"/images/{image_id}").status_code == 204
    assert send(script).status_code == 202
    answer = script.post("/segment?wait=0", content=bytes(20_001))
    assert (answer.status_code, answer.json()["code"]) == (413, "larger-than-quota")


@limited(stored_bytes=1)
def test_a_full_site_says_so(strict: Site) -> None:
    answer = send(strict.script("annotator", "segment"))
    assert (answer.status_code, answer.json()["code"]) == (507, "site-full")
    form = {"file": ("labels.zip", b"PK\x05\x06" + bytes(18), "application/zip")}
    answer = strict.script("admin", "admin").post("/imports", files=form)
    assert (answer.status_code, answer.json()["code"]) == (507, "site-full")


@limited(token_requests_per_minute=5)
def test_so_many_requests_come_with_one_token(strict: Site) -> None:
    busy, other = strict.script("annotator", "segment"), strict.script("annotator", "segment")
    assert [busy.get("/jobs").status_code for _ in range(5)] == [200] * 5
    refused(busy.get("/jobs"), "too-many-requests")
    assert other.get("/jobs").status_code == 200
    assert strict.browser("annotator").get("/jobs").status_code == 200


@limited(queued_jobs_per_person=1)
def test_an_upload_over_the_quota_is_not_read(strict: Site) -> None:
    _, secret = strict.token("annotator", "segment")
    assert send(strict.anonymous(Authorization=f"Bearer {secret}")).status_code == 202
    address = urlsplit(strict.url)
    head = (
        f"POST /segment HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 999999\r\n"
        f"Authorization: Bearer {secret}\r\n\r\n"
    )
    assert address.hostname and address.port
    with socket.create_connection((address.hostname, address.port), 20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 429")


@limited(uploads_per_person=MOST)
def test_so_many_uploads_of_one_person_are_under_way_at_once(strict: Site) -> None:
    person = strict.person("annotator")
    waiting = [strict.script(person, "segment") for _ in range(MOST)]
    with ThreadPoolExecutor(MOST) as senders:
        answers = [senders.submit(send, one, 12) for one in waiting]
        wait_for_jobs(strict, person, MOST)
        refused(send(strict.script(person, "segment")), "too-many-at-once")
        assert send(strict.script("reviewer", "segment")).status_code == 202
    assert {one.result().status_code for one in answers} == {202}
    assert send(waiting[0]).status_code == 202, "their places are free again"


def wait_for_jobs(site: Site, person: User, count: int) -> None:
    script = site.script(person, "segment")
    wait_until(lambda: len(script.get("/jobs").json()["items"]) >= count)


@limited(questions_per_person=2, interactive_seconds=4)
def test_so_many_questions_of_one_person_wait(strict: Site) -> None:
    person = strict.person("annotator")
    image = strict.add_image(person)
    box = {"box": {"top": 1, "left": 1, "height": 8, "width": 8}}
    asking = [strict.script(person, "write") for _ in range(3)]

    def ask(client: httpx.Client) -> httpx.Response:
        return client.post(f"/images/{image}/box", json=box)

    with ThreadPoolExecutor(3) as people:
        for _ in range(8):  # on a slow machine the third may come after the first response
            answers = sorted(people.map(ask, asking), key=lambda answer: answer.status_code)
            if answers[0].status_code == 429:
                break
    refused(answers[0], "too-many-at-once")
    assert [answer.status_code for answer in answers[1:]] == [503, 503], "no worker answers here"


@limited(event_streams_per_person=2)
def test_one_stream_too_many_ends_the_oldest(strict: Site) -> None:
    ended = [threading.Event() for _ in range(3)]

    def listen(client: httpx.Client, began: threading.Event, over: threading.Event) -> None:
        # The remaining streams close when the site ends.
        with suppress(httpx.HTTPError), client.stream("GET", "/events") as stream:
            for _ in stream.iter_raw():
                began.set()
        over.set()

    for over in ended:
        began = threading.Event()
        client = strict.script("annotator", "read")
        threading.Thread(target=listen, args=(client, began, over), daemon=True).start()
        assert began.wait(60)
    assert ended[0].wait(60)
    time.sleep(2)
    assert not ended[1].is_set()
    assert not ended[2].is_set()


def test_the_count_is_of_what_waits(site: Site) -> None:
    """Finished jobs do not count against a quota, however many there are."""
    person = site.person("annotator")
    script = site.script(person, "segment")
    assert send(script).status_code == 202
    with site.database.write() as session:
        session.execute(update(Job).values(state=JobState.DONE, input_bytes=10**15))
    assert send(script).status_code == 202


@limited(queued_jobs_per_person=1)
def test_a_retry_gets_its_answer_whatever_waits(strict: Site) -> None:
    script = strict.script("annotator", "segment")
    key = {"Idempotency-Key": "once", "Content-Type": "image/png"}
    first = script.post("/segment?wait=0", content=picture("PNG"), headers=key)
    assert first.status_code == 202
    again = script.post("/segment?wait=0", content=picture("PNG"), headers=key)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    refused(send(script), "too-many-queued")


@limited(queued_jobs_per_person=1)
def test_jobs_about_stored_images_count_as_well(strict: Site) -> None:
    person = strict.person("annotator")
    image = strict.add_image(person)
    browser = strict.browser(person)
    area = {"kind": "rectangle", "top": 1, "left": 1, "height": 2, "width": 2}
    asked = {f"/images/{image}/segment": {}, f"/images/{image}/redactions": {"areas": [area]}}
    (first, body), (second, other) = asked.items()
    assert browser.post(first, json=body).status_code == 202
    refused(browser.post(second, json=other), "too-many-queued")
    refused(browser.post(first, json=body), "too-many-queued")
