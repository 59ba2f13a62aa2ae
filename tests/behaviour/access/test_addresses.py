"""Forms of requests: host names, methods, slashes, query parameters, form bodies."""

import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app.accounts.access import guards, page, routes
from app.core.http import SMALL_BODY
from app.core.settings import Settings
from app.jobs.tables import Job, source_key
from app.main import create_app
from tests.conftest import fresh_settings
from tests.running_site import Site, picture, running_site

FORM = 'form-data; name="file"; filename="x.png"'


def status_for_host(site: Site, *hosts: str, path: str = "/setup") -> int:
    """Return the status of a request with exactly these ``Host`` headers."""
    connection = http.client.HTTPConnection(str(urlsplit(site.url).netloc), timeout=60)
    connection.putrequest("GET", path, skip_host=True)
    for host in hosts:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "localhost."]
)
def test_the_machines_own_names_are_answered(shared_site: Site, host: str) -> None:
    assert status_for_host(shared_site, host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "evil.example:80", "10.0.0.1", "[::2]", "a b"],
)
def test_another_name_is_refused_but_for_probes(shared_site: Site, host: str) -> None:
    assert status_for_host(shared_site, host) in {400, 421}
    assert status_for_host(shared_site, host, path="/session") in {400, 421}
    if host != "a b":
        assert status_for_host(shared_site, host, path="/healthz") == 200


def test_a_request_with_two_names_is_refused(shared_site: Site) -> None:
    assert status_for_host(shared_site, "127.0.0.1", "evil.example") in {400, 421}


def test_names_of_the_settings_are_answered(tmp_path: Path, valkey: str) -> None:
    settings = fresh_settings(
        tmp_path,
        valkey,
        public_url="https://Sono.Example.org/",
        allowed_hosts="sono.internal, 10.1.2.3",
    )
    with running_site(settings) as site:
        for host in ("sono.example.org", "sono.internal:8443", "10.1.2.3", "127.0.0.1"):
            assert status_for_host(site, host) == 200
        assert status_for_host(site, "10.1.2.4") == 421


def test_listening_everywhere_takes_any_address_and_no_foreign_name(
    tmp_path: Path, valkey: str
) -> None:
    with running_site(fresh_settings(tmp_path, valkey, host="0.0.0.0")) as site:
        assert status_for_host(site, "192.168.7.7:8000") == 200
        assert status_for_host(site, "evil.example") == 421


@pytest.mark.parametrize(
    "url",
    [
        "https://hospital.example/sonoloop",
        "https://hospital.example/?a=b",
        "https://me:secret@hospital.example",
        "hospital.example",
        "ftp://hospital.example",
        "https://",
        "https://hospital.example:port",
        "https://hospital.example\nX: y",
    ],
)
def test_a_public_url_that_cannot_work_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValidationError, match="public_url"):
        Settings(_env_file=None, public_url=url)


def test_a_public_url_with_a_path_says_what_to_do() -> None:
    with pytest.raises(ValidationError, match="root of a host name"):
        Settings(_env_file=None, public_url="https://hospital.example/sonoloop")


API_ROUTES = sorted(
    (method, str(route.path).replace(":uuid", ""))
    for route in routes(create_app(Settings(_env_file=None)))
    for method in route.methods or ()
    if page not in guards(route)
)


@pytest.mark.parametrize(("method", "path"), API_ROUTES)
def test_a_query_parameter_that_does_not_exist_is_refused_everywhere(
    shared_site: Site, method: str, path: str
) -> None:
    address = path.replace("{revision}", "1")
    while "{" in address:
        before, _, rest = address.partition("{")
        address = before + str(uuid4()) + rest.partition("}")[2]
    client = shared_site.browser("admin")
    answer = client.request(method, address, params={"stored": "false"})
    document = answer.json()
    assert (answer.status_code, document["code"]) == (422, "unknown-parameter")
    assert "stored" in document["detail"]
    assert "stored" not in document["known"]
    assert all(name in document["detail"] for name in document["known"])


def jobs_of(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


def test_a_misspelt_store_keeps_no_image(shared_site: Site) -> None:
    client, before = shared_site.browser("annotator"), jobs_of(shared_site)
    files = {"file": ("x.png", picture("PNG"))}
    answers = [
        client.post("/segment?wait=0&stored=false", files=files),
        client.post("/segment?wait=0", files=files, data={"stored": "false"}),
        client.post("/segment?wait=0&store=true&store=false", files=files),
        client.post("/segment?wait=0", files=files, data={"store": ["true", "false"]}),
    ]
    assert [answer.status_code for answer in answers] == [422] * 4
    assert "store" in answers[0].json()["known"]
    assert jobs_of(shared_site) == before


def test_an_unknown_field_beside_an_archive_is_refused(shared_site: Site) -> None:
    files = {"file": ("x.zip", b"PK\x05\x06" + bytes(18))}
    answer = shared_site.browser("admin").post("/imports", files=files, data={"dry": "true"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")


def test_a_page_may_have_any_query(shared_site: Site) -> None:
    answer = shared_site.anonymous().get("/ui/worklist?state=approved&anything=1")
    assert answer.status_code in {200, 503}


def multipart(part: str, kind: str = "multipart/form-data") -> dict[str, object]:
    """Return content and headers of a form whose one part has this content disposition."""
    head = f"--b\r\nContent-Disposition: {part}\r\nContent-Type: image/png\r\n\r\n".encode()
    return {
        "content": head + picture("PNG") + b"\r\n--b--\r\n",
        "headers": {"Content-Type": f"{kind}; boundary=b"},
    }


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (FORM, "multipart/form-data"),
        (FORM, "Multipart/Form-Data"),
        (FORM, "MULTIPART/FORM-DATA"),
        ("Form-Data; Name=file; FileName=x.png", "multipart/form-data"),
        ("form-data; name=\"file\"; filename*=UTF-8''na%C3%AFve.png", "multipart/form-data"),
        ("form-data; name=file; filename*=utf-8''x", "multipart/form-data"),
        (f"{FORM}; filename*=UTF-8''na%C3%AFve.png", "multipart/form-data"),
        (FORM, 'multipart/form-data; charset="UTF-8"'),
    ],
)
def test_forms_are_read_however_they_are_written(shared_site: Site, part: str, kind: str) -> None:
    client, before = shared_site.browser("annotator"), jobs_of(shared_site)
    answer = client.post("/segment?wait=0", **multipart(part, kind))  # type: ignore[arg-type]
    assert answer.status_code == 202, answer.text
    assert jobs_of(shared_site) == before + 1
    job = answer.json()["id"]
    assert shared_site.blobs.get(source_key(UUID(job))) == picture("PNG")


@pytest.mark.parametrize(
    "charset", ["unicode_escape", "utf-7", "idna", "zlib", "utf-16", "nonsense"]
)
def test_a_form_in_another_encoding_is_refused(shared_site: Site, charset: str) -> None:
    body = multipart(FORM, f"multipart/form-data; charset={charset}")
    extra = b'--b\r\nContent-Disposition: form-data; name="subject"\r\n\r\n\\ud800\r\n'
    content = extra + body["content"]  # type: ignore[operator]
    client = shared_site.browser("annotator")
    answer = client.post("/segment?wait=0", content=content, headers=body["headers"])  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (400, "broken-form")


def test_a_trailing_slash_is_the_same_address(shared_site: Site) -> None:
    client = shared_site.browser("admin")
    for path in ("/images", "/users", "/healthz", "/jobs", "/ui/worklist"):
        assert client.get(path + "/").status_code == client.get(path).status_code
    larger = picture("PNG") + bytes(SMALL_BODY)
    kind = {"Content-Type": "image/png"}
    answer = client.post("/segment/?wait=0", content=larger, headers=kind)
    assert answer.status_code == 202
    assert client.get("/images//").status_code == 404


def test_what_an_address_takes_is_told(shared_site: Site) -> None:
    client = shared_site.browser("admin")
    some = uuid4()
    expected = {
        "/images": "GET, HEAD, OPTIONS, POST",
        f"/images/{some}": "DELETE, GET, HEAD, OPTIONS",
        "/tokens": "GET, HEAD, OPTIONS, POST",
        f"/tokens/{some}": "DELETE, OPTIONS",
        "/segment": "OPTIONS, POST",
        "/session": "DELETE, GET, HEAD, OPTIONS, POST",
    }
    for path, methods in expected.items():
        told = client.options(path)
        assert (told.status_code, told.headers["Allow"]) == (204, methods)
        assert told.content == b""
        refused = client.request("PROPFIND", path)
        assert (refused.status_code, refused.headers["Allow"]) == (405, methods)
    assert client.options("/nowhere").status_code == 404
    assert client.head("/segment").status_code == 405


def test_the_head_of_an_endless_stream_ends(shared_site: Site) -> None:
    answer = shared_site.browser("annotator").head("/events", timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")


def test_every_input_of_the_document_has_bounds() -> None:
    """Integers fit their columns, texts have limits, and unknown fields are refused."""
    document = create_app(Settings(_env_file=None)).openapi()
    schemas = document["components"]["schemas"]
    unbounded: list[str] = []

    def walk(schema: dict[str, object], where: str, seen: frozenset[str]) -> None:
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            if name not in seen:
                walk(schemas[name], f"{where}.{name}", seen | {name})
            return
        kind = schema.get("type")
        # A dictionary is bounded by its values; any other object must refuse unknown fields.
        values = schema.get("patternProperties") or schema.get("additionalProperties")
        if kind == "object" and values is not False and not isinstance(values, dict):
            unbounded.append(f"{where}: other fields")
        if kind == "integer" and not {"maximum", "exclusiveMaximum"} & set(schema):
            unbounded.append(f"{where}: integer")
        bounded = {"maxLength", "pattern", "format", "enum", "const"}
        if kind == "string" and not bounded & set(schema):
            unbounded.append(f"{where}: string")
        if kind == "array" and "maxItems" not in schema and "maxItems" not in str(schema):
            unbounded.append(f"{where}: array")
        for name, value in (schema.get("properties") or {}).items():  # type: ignore[union-attr]
            walk(value, f"{where}.{name}", seen)
        for word in ("anyOf", "oneOf", "allOf"):
            for one in schema.get(word, ()):  # type: ignore[attr-defined]
                walk(one, where, seen)
        for word in ("items", "additionalProperties"):
            if isinstance(schema.get(word), dict):
                walk(schema[word], f"{where}[]", seen)  # type: ignore[arg-type]

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                walk(parameter["schema"], f"{method} {path} {parameter['name']}", frozenset())
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                walk(content["application/json"]["schema"], f"{method} {path}", frozenset())
    assert not unbounded, json.dumps(unbounded, indent=1)
