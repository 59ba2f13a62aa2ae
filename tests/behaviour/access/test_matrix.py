"""Every route × every kind of caller × own or someone else's object, against `matrix.csv`.

`nobody` sends no credentials, and a role is a signed-in browser (`project-admin` is an admin of the
first project but not of the site). `token:SCOPE` is a script with only that scope, whose owner is
an annotator (a site admin for the scope admin). `token:away` has every scope but is confined to a
project of its owner other than the object's. Everyone is a member of the first project. An object
there is their own or another member's; or it is in another project (`elsewhere`), or their own in
a project that they no longer belong to (`left`).
"""

import csv
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.accounts.access import object_of, routes
from app.core.http import SECURITY_HEADERS
from app.core.problems import MEDIA_TYPE
from app.main import create_app
from app.pages import DIST
from app.projects.tables import DEFAULT_PROJECT
from tests.behaviour.access.callers import Caller, Target, caller, reader, request, target
from tests.running_site import Site

TABLE = Path(__file__).with_name("matrix.csv")
with TABLE.open(newline="") as file:
    ROWS = list(csv.DictReader(file))
CALLERS = [name for name in ROWS[0] if name not in {"method", "path", "object"}]


def expected(cell: str) -> int:
    """Return the status that a cell of the table requires."""
    if cell == "page":  # the front end, if it is built
        return 200 if (DIST / "index.html").is_file() else 503
    return int(cell)


def test_every_route_is_in_the_table(shared_site: Site) -> None:
    app = create_app(shared_site.settings)
    there = {
        (method, str(route.path).replace(":uuid", ""))
        for route in routes(app)
        for method in route.methods or ()
    }
    named = {(row["method"], row["path"]) for row in ROWS}
    assert there == named
    with_objects = {pair for pair in named if "_id}" in pair[1]}
    for whose in ("own", "other"):
        rows = {(row["method"], row["path"]) for row in ROWS if row["object"] == whose}
        # A project belongs to its members, so it is either one's own or elsewhere.
        owned = {pair for pair in with_objects if whose == "own" or "{project_id}" not in pair[1]}
        assert owned <= rows
    in_projects = {pair for pair in with_objects if object_of(re.findall(r"{(\w+)", pair[1]))}
    for whose in ("elsewhere", "left"):
        rows = {(row["method"], row["path"]) for row in ROWS if row["object"] == whose}
        assert in_projects <= rows


@pytest.fixture(scope="module")
def elsewhere(shared_site: Site) -> UUID:
    """A project that no caller belongs to. It is shared, as each admin request reads all names.

    A test that may change or delete a project creates its own.
    """
    return shared_site.add_project()


REFUSED = {401, 403, 404}
"""Responses after which nothing may have changed."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(list(row.values())[:3]).strip())
def test_route_answers_each_caller_as_the_table_says(
    shared_site: Site, elsewhere: UUID, row: dict[str, str]
) -> None:
    site, method, path = shared_site, row["method"], row["path"]
    its_own = method != "GET" and "{project_id}" in path
    wanted = {name: expected(row[name]) for name in CALLERS}
    found: dict[str, int] = {}
    unchanged: Target | None = None  # someone else's object that the next caller can use too
    for name in CALLERS:
        asks_only = method == "GET" or wanted[name] in REFUSED
        by = reader(site, name) if asks_only else caller(site, name)
        thing = unchanged
        if thing is None:
            owner = by.user if row["object"] in {"own", "left"} else site.add_person()
            project = DEFAULT_PROJECT
            if row["object"] in {"elsewhere", "left"}:
                project = site.add_project() if its_own else elsewhere
            thing = target(site, method, path, owner, project)
        before = thing.row(site) if thing else None
        answer = request(site, by, method, path, thing)
        found[name] = answer.status_code
        refused = answer.status_code in REFUSED
        if refused and thing:
            assert thing.row(site) == before, f"{name} was refused and changed it all the same"
        theirs = row["object"] in {"other", "elsewhere"}
        unchanged = thing if theirs and (refused or method == "GET") else None
        if answer.status_code >= 400 and expected(row[name]) != 503:
            assert answer.headers["Content-Type"] == MEDIA_TYPE
            assert answer.json()["status"] == answer.status_code
        assert {*SECURITY_HEADERS, "X-Request-Id", "Cache-Control"} <= {
            header.title() if header != "x-xss-protection" else header for header in answer.headers
        }
    assert found == wanted


VARYING = {
    "x-request-id",
    "date",
    "content-security-policy",
    "content-length",
    "transfer-encoding",
}


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row["method"] == "GET" and row["object"] in {"", "own"}],
    ids=lambda row: " ".join(list(row.values())[1:3]).strip(),
)
def test_head_answers_as_get_does_without_the_body(shared_site: Site, row: dict[str, str]) -> None:
    site, path = shared_site, row["path"]
    for name in ("nobody", "annotator", "admin"):
        by = reader(site, name)
        owner = by.user if row["object"] == "own" else site.add_person()
        thing = target(site, "GET", path, owner)
        got = request(site, by, "GET", path, thing)
        head = request(site, by, "HEAD", path, thing)
        assert head.status_code == got.status_code == expected(row[name])
        assert head.content == b""
        same = set(got.headers) - VARYING
        assert set(head.headers) - VARYING == same
        assert {key: head.headers[key] for key in same} == {key: got.headers[key] for key in same}


CONFINED = sorted({(row["method"], row["path"]) for row in ROWS if row["object"] == "elsewhere"})


@pytest.mark.parametrize(
    ("method", "path"),
    sorted({(row["method"], row["path"]) for row in ROWS if row["object"] == "other"}),
)
def test_someone_elses_object_looks_like_none_at_all(
    shared_site: Site, method: str, path: str
) -> None:
    annotator = caller(shared_site, "annotator")
    theirs = target(shared_site, method, path, shared_site.add_person())
    assert theirs is not None
    look_alike(shared_site, annotator, method, path, theirs)


@pytest.mark.parametrize("name", ["annotator", "project-admin", "token:away"])
@pytest.mark.parametrize(("method", "path"), CONFINED)
def test_another_projects_object_looks_like_none_at_all(
    shared_site: Site, elsewhere: UUID, method: str, path: str, name: str
) -> None:
    site = shared_site
    by = caller(site, name)
    for owner in (site.add_person(), by.user):
        theirs = target(site, method, path, owner, elsewhere)
        assert theirs is not None
        look_alike(site, by, method, path, theirs)


def look_alike(site: Site, by: Caller, method: str, path: str, theirs: Target) -> None:
    """Check that a request for their object gets the response for one that never existed."""
    none = Target(theirs.table, uuid4(), theirs.reading, theirs.area, theirs.member)
    answers = [request(site, by, method, path, thing) for thing in (theirs, none)]
    documents = [{**answer.json(), "request_id": None} for answer in answers]
    assert documents[0] == documents[1]
