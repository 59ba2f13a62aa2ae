"""Values that a database or a clock cannot hold get a 4xx, on SQLite and PostgreSQL alike."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from app.exports.tables import Export
from app.images.tables import Image
from app.jobs.tables import Job
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.running_site import PASSWORD, Site, drawing, picture, running_site

NUL = "a\x00b"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, valkey: str
) -> Iterator[Site]:
    """A running site on either database."""
    folder: Path = tmp_path_factory.mktemp("site")
    url = ""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_database()
    with running_site(fresh_settings(folder, valkey, database_url=url)) as running:
        yield running


def refused(answer: httpx.Response) -> bool:
    """Return whether the response is a client error with a detail."""
    return 400 <= answer.status_code < 500 and bool(answer.json()["detail"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/images", "q"),
        ("/images", "model"),
        ("/images", "cursor"),
        ("/jobs", "cursor"),
        ("/users", "cursor"),
        ("/tokens", "cursor"),
        ("/exports", "cursor"),
        ("/imports", "cursor"),
        ("/audit", "cursor"),
    ],
)
@pytest.mark.parametrize("value", [NUL, "\x00", "%ED%A0%80", "�", "ÿ" * 30])
def test_odd_text_in_a_query(site: Site, path: str, name: str, value: str) -> None:
    answer = site.browser("admin").get(path, params={name: value})
    assert answer.status_code == 200 or refused(answer)
    if "\x00" in value:
        assert answer.status_code == 422


@pytest.mark.parametrize("name", ["name", "case", "subject", "model", "wait"])
def test_nul_in_a_field_of_a_form(site: Site, name: str) -> None:
    files = {"file": ("a.png", b"x")}
    answer = site.browser("admin").post("/segment", files=files, data={name: NUL})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def raw(site: Site, method: str, path: str, body: str) -> httpx.Response:
    kind = {"Content-Type": "application/json"}
    return site.browser("admin").request(method, path, content=body, headers=kind)


TEXTS = [r"a\u0000b", r"\ud800", r"\udfff\ud800", r"a\u0000"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/session", '{"email": "%s", "password": "x"}'),
        ("POST", "/session", '{"email": "a@example.org", "password": "%s"}'),
        ("POST", "/users", '{"name": "%s", "email": "a@example.org", "role": "annotator"}'),
        ("POST", "/users", '{"name": "a", "email": "%s@example.org", "role": "annotator"}'),
        ("POST", "/tokens", '{"name": "%s", "scopes": ["read"]}'),
        ("POST", "/invitations/lookup", '{"token": "%s"}'),
        ("PUT", "/session/password", '{"current_password": "%s", "new_password": "long enough x"}'),
        ("PUT", "/session/password", '{"current_password": "x", "new_password": "long enough %s"}'),
        ("POST", "/images/{image}/segment", '{"model": "%s"}'),
        (
            "POST",
            "/images/{image}/reviews",
            '{"revision": 1, "verdict": "returned", "comment": "%s"}',
        ),
        ("POST", "/exports", '{"format": "png", "filters": {"model": "%s"}}'),
        ("POST", "/exports", '{"format": "%s"}'),
        ("POST", "/users", '{"name": "a", "email": "b@example.org", "role": "annotator", "%s": 1}'),
    ],
)
def test_odd_text_in_a_body(site: Site, method: str, path: str, body: str, text: str) -> None:
    image_id = site.add_image(site.person("admin"))
    answer = raw(site, method, path.replace("{image}", str(image_id)), body % text)
    assert refused(answer), answer.text


@pytest.mark.parametrize("text", TEXTS)
def test_odd_text_in_a_drawing(site: Site, text: str) -> None:
    image_id = site.add_image(site.person("admin"))
    labels = json.dumps({**drawing(), "names": {"1": "NAME"}}).replace("NAME", text)
    body = f'{{"parent_revision": 1, "labels": {labels}, "answer": "lesions", "seconds": 1}}'
    assert refused(raw(site, "POST", f"/images/{image_id}/masks", body))
    reason = f'{{"parent_revision": 1, "labels": {json.dumps({**drawing(), "names": {}})}, '
    reason += f'"answer": "cannot-judge", "answer_reason": "{text}", "seconds": 1}}'
    assert refused(raw(site, "POST", f"/images/{image_id}/masks", reason))


@pytest.mark.parametrize("number", ["2147483648", "9223372036854775808", "1e400", "1" * 400, "-1"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/images/{image}/mask?revision=%s", ""),
        ("GET", "/images/{image}/masks/%s", ""),
        ("GET", "/images?limit=%s", ""),
        ("POST", "/images/{image}/submit", '{"revision": %s}'),
        ("POST", "/images/{image}/reviews", '{"revision": %s, "verdict": "approved"}'),
        ("POST", "/images/{image}/masks/1/restore", '{"parent_revision": %s}'),
        ("POST", "/tokens", '{"name": "x", "scopes": ["read"], "expires_in_days": %s}'),
        ("POST", "/readings/distribute", '{"limit": %s}'),
        ("POST", "/images/{image}/box", '{"box": {"top": %s, "left": 1, "height": 1, "width": 1}}'),
        ("POST", "/images/{image}/point", '{"point": {"row": %s, "column": 1}}'),
        ("POST", "/segment?wait=%s", "x"),
    ],
)
def test_numbers_beyond_every_column(
    site: Site, method: str, path: str, body: str, number: str
) -> None:
    image_id = site.add_image(site.person("admin"))
    path = path.replace("{image}", str(image_id))
    path = path % number if "%s" in path else path
    answer = raw(site, method, path, body % number if "%s" in body else body)
    assert refused(answer), answer.text


TIMES = [
    "0001-01-01T00:00:00+14:00",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:60Z",
    "-271821-04-20T00:00:00Z",
    "+275760-09-13T00:00:00Z",
    "2026-01-01T00:00:00+99:99",
    "2026-02-30T00:00:00Z",
    "1e400",
    "253402300800",
    "NaN",
]


@pytest.mark.parametrize("at", TIMES)
@pytest.mark.parametrize(
    "path",
    ["/images?created_from=%s", "/images?created_to=%s", "/effort?from=%s", "/agreement?to=%s"],
)
def test_times_at_the_ends_of_time_in_a_query(site: Site, path: str, at: str) -> None:
    name, _, _ = path.partition("=")
    address, _, parameter = name.partition("?")
    assert refused(site.browser("admin").get(address, params={parameter: at}))


@pytest.mark.parametrize("at", TIMES)
def test_times_at_the_ends_of_time_in_a_body(site: Site, at: str) -> None:
    image_id, reader = site.add_image(site.person("admin")), site.person("annotator")
    body = json.dumps({"reader_ids": [str(reader.id)], "due_at": at})
    assert refused(raw(site, "POST", f"/images/{image_id}/readings", body))


@pytest.mark.parametrize("bucket", ["day", "week", "month"])
def test_all_of_time_is_reported_at_once(site: Site, bucket: str) -> None:
    ends = {"from": "1970-01-01T00:00:00Z", "to": "9000-12-31T23:59:59Z", "bucket": bucket}
    answer = site.browser("admin").get("/effort", params=ends, timeout=60)
    assert answer.status_code in {200, 422}


def cursor(position: object) -> str:
    text = position if isinstance(position, str) else json.dumps(position)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


AN_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
"""Fixed, because every process that collects the tests must get the same ids."""

POSITIONS: list[object] = [
    "",
    "{}",
    "[]",
    "[" * 200,
    "[NaN, NaN, NaN, NaN]",
    "[1e400]",
    ["x"],
    [None],
    [True],
    [-1],
    [2**63],
    ["newest", "x"],
    ["newest", AN_ID, 1],
    ["priority", 0.5, 0.5, "x"],
    ["priority", "0.5", None, AN_ID],
    ["priority", 10**300, 0, AN_ID],
    '["priority", 1' + "0" * 350 + ', 0, "00000000-0000-7000-8000-000000000000"]',
    '["priority", Infinity, -Infinity, "00000000-0000-7000-8000-000000000000"]',
    ["due", "0001-01-01T00:00:00+14:00", AN_ID],
    ["due", "9999-12-31T23:59:59-14:00", AN_ID],
    ["due", "2026-01-01T00:00:00", AN_ID],
    ["due", 5, AN_ID],
    ["uncertain", "\x00", AN_ID],
]


@pytest.mark.parametrize("position", POSITIONS, ids=lambda one: str(one)[:40])
@pytest.mark.parametrize("path", ["/images", "/jobs", "/users", "/tokens", "/exports", "/audit"])
def test_a_made_up_cursor_is_refused(site: Site, path: str, position: object) -> None:
    sent = {"cursor": cursor(position)[:400]}
    sorts: list[str | None] = [None]
    if path == "/images":
        sorts = ["newest", "oldest", "priority", "uncertain", "due"]
    for sort in sorts:
        params = {**sent, **({"sort": sort} if sort else {})}
        answer = site.browser("admin").get(path, params=params)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-cursor"), sort


def test_a_key_whose_object_is_deleted_makes_nothing_and_says_so(site: Site) -> None:
    admin = site.person("admin")
    client, key = site.browser(admin), {"Idempotency-Key": str(uuid4())}
    add_pooled(site, admin, speckle(1), ellipses((20, 30)))
    made = client.post("/exports", json={"format": "png"}, headers=key)
    assert made.status_code == 201
    assert client.delete(f"/exports/{made.json()['id']}").status_code == 204
    again = client.post("/exports", json={"format": "png"}, headers=key)
    assert (again.status_code, again.json()["code"]) == (410, "gone")

    key = {"Idempotency-Key": str(uuid4())}
    archive = {"file": ("x.zip", b"PK\x05\x06" + bytes(18))}
    sent = client.post("/imports", files=archive, headers=key)
    assert sent.status_code == 202
    assert client.delete(f"/imports/{sent.json()['id']}").status_code == 204
    assert client.post("/imports", files=archive, headers=key).status_code == 410

    image_id = site.add_image(admin)
    key = {"Idempotency-Key": str(uuid4())}
    new = {"parent_revision": 1, "labels": drawing(), "answer": "lesions", "seconds": 4}
    assert client.post(f"/images/{image_id}/masks", json=new, headers=key).status_code == 201
    assert client.delete(f"/images/{image_id}").status_code == 204
    assert client.post(f"/images/{image_id}/masks", json=new, headers=key).status_code == 404
    with site.database.read() as session:
        assert session.get(Image, image_id) is None
        assert session.scalar(select(Export.id)) is None


@pytest.mark.parametrize("act", ["segment", "again"])
def test_a_key_whose_job_is_deleted_says_so(site: Site, act: str) -> None:
    client = site.browser("admin")
    key = {"Idempotency-Key": str(uuid4()), "Content-Type": "image/png"}
    image_id = site.add_image(site.person("admin"))

    def send() -> httpx.Response:
        if act == "segment":
            return client.post("/segment?wait=0", content=picture("PNG"), headers=key)
        json_key = {"Idempotency-Key": key["Idempotency-Key"]}
        return client.post(f"/images/{image_id}/segment", json={}, headers=json_key)

    job = send().json()["id"]
    assert send().json()["id"] == job
    with site.database.write() as session:
        session.delete(session.get_one(Job, UUID(job)))
    assert send().status_code == 410


@pytest.mark.parametrize("key", ["é".encode(), b"\xff\xfe", "a" * 200])
def test_a_key_may_be_any_text(site: Site, key: str | bytes) -> None:
    body = {"name": "x", "email": f"{uuid4().hex}@example.org", "role": "annotator"}
    value = key if isinstance(key, bytes) else key.encode()
    answer = site.browser("admin").post("/users", json=body, headers={b"Idempotency-Key": value})
    assert answer.status_code in {201, 422}


@pytest.mark.parametrize(
    "path",
    [
        "/images/%00",
        "/images/%ED%A0%80",
        "/ui/%00",
        "/assets/%00",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/jobs/" + "9" * 5000,
        "/images/00000000-0000-0000-0000-00000000000g",
    ],
)
def test_odd_paths(site: Site, path: str) -> None:
    answer = site.browser("admin").get(path)
    assert answer.status_code < 500 or answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "password", ["\x00" * 12, "long enough \x00", "\U0010ffff" * 12, "é" * 256]
)
def test_a_password_may_be_odd_but_fails_nothing(site: Site, password: str) -> None:
    answer = site.anonymous().post(
        "/session", json={"email": f"{uuid4().hex}@example.org", "password": password}
    )
    assert answer.status_code in {401, 422, 429}
    change = {"current_password": PASSWORD + "x", "new_password": password}
    person = site.browser(site.add_person())
    assert person.put("/session/password", json=change).status_code == 422
