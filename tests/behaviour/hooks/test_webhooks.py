"""Other systems receive signed events, repeated until they answer, if they are allowed."""

import hashlib
import hmac
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.core.calling import NotAllowedError, post
from app.core.ids import now
from app.hooks.tables import Webhook
from app.jobs.tables import Job, JobKind, JobState
from tests.behaviour.reviews.acting import person, work
from tests.conftest import fresh_settings
from tests.running_site import Site, running_site
from tests.synthetic import ultrasound_png

Heard = tuple[dict[str, str], bytes]


class Listener(ThreadingHTTPServer):
    """A system that receives events and responds as a test requires."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.status = 204
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((dict(self.headers), body))
                self.send_response(listener.status)
                if listener.status == 302:
                    self.send_header("Location", f"{listener.url}/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/told"

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hooks")
    allowed = {"webhook_hosts": ["127.0.0.1"], "webhook_private": True}
    with running_site(fresh_settings(folder, valkey, **allowed)) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def admin(place: Site) -> httpx.Client:
    return place.browser(place.person("admin"))


@pytest.fixture(autouse=True)
def no_others(place: Site) -> Iterator[None]:
    yield
    with place.database.write() as session:
        for row in session.scalars(select(Webhook)):
            session.delete(row)
        for job in session.scalars(select(Job).where(Job.state == JobState.QUEUED)):
            job.state = JobState.CANCELLED


def tell(admin: httpx.Client, url: str, *events: str) -> httpx.Response:
    project = admin.get("/projects").json()["items"][0]["id"]
    return admin.post(f"/projects/{project}/webhooks", json={"url": url, "events": list(events)})


def test_a_reading_that_is_handed_in_and_approved_is_told_and_signed(
    place: Site, listener: Listener, admin: httpx.Client
) -> None:
    secret = tell(admin, listener.url, "submitted", "approved").json()["secret"]
    reader, reviewer = person(place), person(place, "reviewer")
    image_id = place.add_image(reader.user)
    revision = reader.hand_in(image_id)
    assert reviewer.approve(image_id, revision).status_code == 201
    work(place)
    told = listener.messages()
    assert [one["event"] for one in told] == ["submitted", "approved"]
    assert {(one["image_id"], one["revision"]) for one in told} == {(str(image_id), revision)}
    for headers, body in listener.heard:
        at, signed = (part.split("=")[1] for part in headers["Sonoloop-Signature"].split(","))
        right = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert signed == right
        assert headers["Sonoloop-Delivery"] == json.loads(body)["id"]
    project = admin.get("/projects").json()["items"][0]["id"]
    assert secret not in admin.get(f"/projects/{project}/webhooks").text


def test_answers_and_failures_of_uploads_are_told(
    place: Site, listener: Listener, admin: httpx.Client
) -> None:
    tell(admin, listener.url, "done", "failed")
    script = place.script("annotator", "segment")
    good = script.post("/segment?wait=0", content=ultrasound_png(seed=3)).json()["id"]
    bad = script.post("/segment?wait=0", content=b"no image at all").json()["id"]
    with pytest.raises(AssertionError):  # one of them fails
        work(place)
    told = {one["event"]: one for one in listener.messages()}
    assert told["done"]["job_id"] == good
    assert told["done"]["image_id"]
    assert (told["failed"]["job_id"], told["failed"]["image_id"]) == (bad, None)
    assert told["failed"]["code"]


@pytest.mark.parametrize("status", [500, 302])
def test_what_is_not_taken_is_told_again_later_and_no_redirect_is_followed(
    place: Site, listener: Listener, admin: httpx.Client, status: int
) -> None:
    tell(admin, listener.url, "submitted")
    listener.status = status
    reader = person(place)
    reader.hand_in(place.add_image(reader.user))
    with pytest.raises(AssertionError, match=f"answered {status}"):
        work(place)
    assert len(listener.heard) == 1
    with place.database.write() as session:
        query = select(Job).where(Job.kind == JobKind.HOOK, Job.state == JobState.QUEUED)
        job = session.scalars(query).one()
        assert job.lease_until is not None
        assert timedelta(seconds=5) < job.lease_until - now() <= timedelta(seconds=10)
        job.lease_until = None
    listener.status = 200
    work(place)
    first, second = listener.messages()
    assert first == second, "it is the same message, which its receiver knows by its id"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://elsewhere.example.org/", "SONOLOOP_WEBHOOK_HOSTS"),
        ("ftp://127.0.0.1/", "whole address"),
        ("http://user:secret@127.0.0.1/", "whole address"),
        ("https://[::1", "whole address"),
        ("https://127.0.0.1:99999/", "whole address"),
        ("https://127.0.0.1/\u00e4", "ASCII"),
    ],
)
def test_only_hosts_that_the_site_allows_are_told(admin: httpx.Client, url: str, word: str) -> None:
    answer = tell(admin, url, "done")
    assert (answer.status_code, answer.json()["code"]) == (422, "host-not-allowed")
    assert word in answer.json()["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254"])
def test_private_addresses_are_not_called_unless_the_site_says_so(
    place: Site, listener: Listener, host: str
) -> None:
    public = place.settings.model_copy(
        update={"webhook_private": False, "webhook_hosts": [host.strip("[]")]}
    )
    with pytest.raises(NotAllowedError, match="private"):
        post(public, f"https://{host}:{listener.server_port}/", b"{}", {}, 2)
    with pytest.raises(NotAllowedError, match="https"):
        post(public, f"http://{host}:{listener.server_port}/", b"{}", {}, 2)
    assert listener.heard == []


def test_an_answer_that_drips_is_given_up(place: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while not done.wait(0.05):
                    connection.sendall(b"H")

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with pytest.raises(OSError):  # otherwise it would never end
            post(place.settings, url, b"{}", {}, 0.4)
        done.set()
        thread.join()


def test_an_admin_tests_pauses_and_renews_the_secret_of_an_address(
    place: Site, listener: Listener, admin: httpx.Client
) -> None:
    made = tell(admin, listener.url, "submitted").json()
    project = admin.get("/projects").json()["items"][0]["id"]
    one = f"/projects/{project}/webhooks/{made['id']}"
    assert admin.post(f"{one}/test").json()["state"] == "waiting"
    work(place)
    (told,) = admin.get(f"{one}/deliveries").json()["items"]
    assert (told["event"], told["state"], told["tries"]) == ("test", "delivered", 0)
    assert listener.messages()[0]["id"] == told["id"]

    renewed = admin.post(f"{one}/secret").json()["secret"]
    assert renewed != made["secret"]
    listener.status = 500
    assert admin.post(f"{one}/test").status_code == 202
    with pytest.raises(AssertionError):  # the receiver does not accept it
        work(place)
    headers, body = listener.heard[-1]
    at, signed = (part.split("=")[1] for part in headers["Sonoloop-Signature"].split(","))
    assert (
        signed == hmac.new(renewed.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    )
    newest = admin.get(f"{one}/deliveries").json()["items"][0]
    assert (newest["state"], newest["tries"]) == ("waiting", 1)
    assert "answered 500" in newest["detail"]
    problem = newest["problem"]
    assert (problem["reason"], problem["values"]) == ("address-answered", {"status": "500"})
    assert newest["next_at"]

    paused = admin.patch(one, json={"paused": True})
    assert paused.json()["paused"]
    assert admin.post(f"{one}/test").status_code == 409
    reader = person(place)
    reader.hand_in(place.add_image(reader.user))
    assert len(admin.get(f"{one}/deliveries").json()["items"]) == 2, "nothing is told meanwhile"
