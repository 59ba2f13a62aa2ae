"""A large file in parts: received parts are kept, and the upload continues after them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from app.core.ids import now
from app.core.state import State
from app.housekeeping.orphans import drop_orphans
from app.housekeeping.sweeper import keep_house
from app.jobs.tables import Job, source_key
from app.uploads.schemas import PART_BYTES
from app.uploads.tables import PartialUpload
from tests.running_site import Site, picture

FILE = picture("PNG") + bytes(60_000)
HALF = 40_000


@pytest.fixture
def client(shared_site: Site) -> httpx.Client:
    return shared_site.browser(shared_site.add_person())


def begun(client: httpx.Client, key: str | None = None, size: int = len(FILE)) -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post("/uploads", json={"size": size}, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def part(client: httpx.Client, upload: str, offset: int, data: bytes) -> httpx.Response:
    return client.patch(f"/uploads/{upload}", params={"offset": offset}, content=data)


def finish(client: httpx.Client, upload: str, **more: str) -> httpx.Response:
    fields = {name: (None, text) for name, text in {"upload": upload, **more}.items()}
    return client.post("/segment", params={"wait": 0}, files=fields)


def parts_of(site: Site, upload: str) -> list[str]:
    with opened(site) as state:
        return [blob.key for blob in state.blobs.list(f"parts/{upload}/")]


@contextmanager
def opened(site: Site) -> Iterator[State]:
    """Open the site's state in this process."""
    state = State.open(site.settings)
    yield state
    state.close()


def test_sending_goes_on_where_it_was_cut_off(shared_site: Site, client: httpx.Client) -> None:
    upload = begun(client, "a film")["id"]
    assert part(client, upload, 0, FILE[:HALF]).json()["received"] == HALF
    again = begun(client, "a film")  # the browser was closed
    assert (again["id"], again["received"]) == (upload, HALF)
    early = finish(client, upload)
    assert (early.status_code, early.json()["code"]) == (409, "upload-incomplete")
    assert part(client, upload, HALF, FILE[HALF:]).json()["received"] == len(FILE)

    answer = finish(client, upload, name="film.png")
    assert answer.status_code == 202, answer.text
    job_id = answer.json()["id"]
    with opened(shared_site) as state:
        assert state.blobs.get(source_key(UUID(job_id))) == FILE
        with state.database.read() as session:
            assert session.get_one(Job, UUID(job_id)).input_bytes == len(FILE)
    assert parts_of(shared_site, upload) == []
    assert client.get(f"/uploads/{upload}").json()["job_id"] == job_id
    assert finish(client, upload).json()["id"] == job_id  # as if the response was lost


def test_a_part_is_taken_once_and_in_order(shared_site: Site, client: httpx.Client) -> None:
    upload = begun(client)["id"]
    assert part(client, upload, 0, FILE[:10]).status_code == 200
    for offset in (0, 20):
        refused = part(client, upload, offset, FILE[:10])
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong-offset")
        assert refused.json()["received"] == 10
    for data in (b"", FILE):
        refused = part(client, upload, 10, data)
        assert (refused.status_code, refused.json()["code"]) == (422, "wrong-part")
    assert part(client, upload, 10, bytes(PART_BYTES + 1)).status_code == 413
    assert client.get(f"/uploads/{upload}").json()["received"] == 10
    assert len(parts_of(shared_site, upload)) == 1


def test_a_file_too_large_is_refused_before_it_comes(
    shared_site: Site, client: httpx.Client
) -> None:
    limit = shared_site.settings.max_upload_bytes
    assert client.post("/uploads", json={"size": limit + 1}).status_code == 413
    room = shared_site.settings.queued_bytes_per_person
    for _ in range(room // limit):
        begun(client, size=limit)
    refused = client.post("/uploads", json={"size": limit})
    assert (refused.status_code, refused.json()["code"]) == (429, "too-much-queued")


def test_a_form_names_a_file_or_holds_one(client: httpx.Client) -> None:
    upload = begun(client)["id"]
    both = client.post(
        "/segment", params={"wait": 0}, data={"upload": upload}, files={"file": FILE}
    )
    assert (both.status_code, both.json()["code"]) == (422, "invalid-request")
    wrong = finish(client, "nothing")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid-request")


def test_it_goes_when_it_is_given_up_or_forgotten(site: Site) -> None:
    client = site.browser(site.add_person())
    given_up, forgotten, open_ = (begun(client)["id"] for _ in range(3))
    for upload in (given_up, forgotten, open_):
        part(client, upload, 0, FILE[:10])
    assert client.delete(f"/uploads/{given_up}").status_code == 204
    assert client.get(f"/uploads/{given_up}").status_code == 404
    long_ago = now() - timedelta(seconds=site.settings.failed_upload_seconds + 60)
    with opened(site) as state:
        with state.database.write() as session:
            row = PartialUpload.id == UUID(forgotten)
            session.execute(update(PartialUpload).where(row).values(created_at=long_ago))
        keep_house(state)
        drop_orphans(state, timedelta(0))  # parts of unfinished files are not orphans
    assert client.get(f"/uploads/{forgotten}").status_code == 404
    assert [len(parts_of(site, one)) for one in (given_up, forgotten, open_)] == [0, 0, 1]
    assert part(client, open_, 10, FILE[10:]).status_code == 200
