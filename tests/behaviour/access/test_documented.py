"""The OpenAPI document against the running API: no 5xx, and no undocumented response.

Schemathesis generates valid and invalid requests to every operation: as an admin's script, as a
signed-in browser, and without credentials. Two facts that no document can state are set by hand:
waiting for a worker is pointless here, and signing out would end the test.

Requests are generated when the test of their path runs: for all paths that takes ten seconds, and
every process that runs tests collects this file. Each path has a test with its own name, because
pytest-xdist runs only one of several tests with the same name.
"""

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from app.core.settings import Settings
from app.main import create_app
from tests.running_site import Site

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
CONNECTIONS = requests.Session()
SETTINGS = hypothesis.settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


DOCUMENT = create_app(Settings(_env_file=None)).openapi()
PATHS = [path for path in DOCUMENT["paths"] if path != "/events"]  # an endless stream
OPEN = [
    path
    for path in PATHS
    if not all(operation.get("security") for operation in DOCUMENT["paths"][path].values())
]
OWN = [path for path in PATHS if path.startswith("/session")]
every = schemathesis.pytest.from_fixture("operations")


@pytest.fixture
def operations(request: pytest.FixtureRequest) -> schemathesis.BaseSchema:
    """Return the document with only this path."""
    only = {request.param: DOCUMENT["paths"][request.param]}
    return schemathesis.openapi.from_dict({**DOCUMENT, "paths": only})


def test_the_document_is_what_the_site_serves(shared_site: Site) -> None:
    assert shared_site.anonymous().get("/openapi.json").json() == DOCUMENT


@schemathesis.serializer(
    "application/dicom", "application/zip", "image/bmp", "image/tiff", "multipart/related"
)
def as_bytes(context: schemathesis.SerializationContext, value: object) -> object:
    return value if isinstance(value, bytes) else str(value).encode()


def do_not_wait(case: schemathesis.Case) -> None:
    """Set the waiting time to 0: without a worker, a request would wait for as long as it asks."""
    if case.path != "/segment":
        return
    if isinstance(case.query, dict):
        case.query.setdefault("wait", 30)
    for asked in (case.query, case.body):  # forms have it as well
        if not isinstance(asked, dict) or "wait" not in asked:
            continue
        wait = asked["wait"]
        if isinstance(wait, int | float) or str(wait).replace(".", "", 1).isdigit():
            asked["wait"] = 0 if 0 <= float(wait) <= 60 else wait


def check(case: schemathesis.Case, site: Site, headers: dict[str, str]) -> None:
    do_not_wait(case)
    # Without a worker the site is not ready: the one 5xx that is documented and not a failure.
    excluded = [not_a_server_error] if case.path == "/readyz" else []
    case.call_and_validate(
        base_url=site.url,
        session=CONNECTIONS,
        timeout=120,
        headers=headers,
        checks=CHECKS,
        excluded_checks=excluded,
    )


@pytest.mark.parametrize("operations", PATHS, indirect=True)
@every.parametrize()
@SETTINGS
def test_every_answer_to_an_admins_script_is_documented(
    case: schemathesis.Case, shared_site: Site
) -> None:
    check(case, shared_site, {"Authorization": f"Bearer {admins_secret(shared_site)}"})


@pytest.mark.parametrize("operations", OPEN, indirect=True)
@every.parametrize()
@SETTINGS
def test_every_answer_to_nobody_is_documented(case: schemathesis.Case, shared_site: Site) -> None:
    check(case, shared_site, {})


@pytest.mark.parametrize("operations", OWN, indirect=True)
@every.exclude(method="DELETE").parametrize()
@SETTINGS
def test_every_answer_to_a_browser_about_itself_is_documented(
    case: schemathesis.Case, shared_site: Site
) -> None:
    check(
        case, shared_site, {"Cookie": admins_cookie(shared_site), "Sec-Fetch-Site": "same-origin"}
    )


_made: dict[tuple[str, str], str] = {}


def admins_secret(site: Site) -> str:
    """A token with every scope."""
    key = (site.url, "token")
    if key not in _made:
        _made[key] = site.token("admin", "segment", "read", "write", "admin")[1]
    return _made[key]


def admins_cookie(site: Site) -> str:
    """A session's cookie."""
    key = (site.url, "cookie")
    if key not in _made:
        _made[key] = f"sonoloop={site.browser('admin').cookies['sonoloop']}"
    return _made[key]


def test_every_route_names_what_stands_before_it() -> None:
    """Foreign hosts, unreadable or too large bodies, idempotency keys of deleted objects."""
    missing: list[str] = []
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            wanted = {"421", "422"}
            if "requestBody" in operation:
                wanted |= {"400", "413"}
            if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
                wanted |= {"410"}
            if operation.get("security"):
                wanted |= {"401", "403", "503"}
            missing += [f"{method} {path}: {one}" for one in wanted - set(operation["responses"])]
    assert not missing
