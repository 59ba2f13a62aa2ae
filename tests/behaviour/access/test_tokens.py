"""API tokens: shown once, limited to their scopes, useless once revoked or expired."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.accounts.tables import ApiToken
from app.core.ids import now
from tests.running_site import Site


def test_a_token_works_until_it_is_revoked(site: Site) -> None:
    client = site.browser("annotator")
    made = client.post("/tokens", json={"name": "PACS", "scopes": ["read"]})
    assert made.status_code == 201
    secret = made.json()["token"]
    assert secret.startswith("slp_")
    script = site.anonymous(Authorization=f"Bearer {secret}")
    assert script.get("/images").status_code == 200
    [listed] = client.get("/tokens").json()["items"]
    assert listed["last_used_at"] is not None
    shown = {**made.json(), "last_used_at": listed["last_used_at"]}
    assert listed == {name: value for name, value in shown.items() if name != "token"}
    address = f"/tokens/{listed['id']}"
    assert client.delete(address).status_code == 204
    assert client.delete(address).status_code == 204
    assert script.get("/images").status_code == 401
    assert client.get("/tokens").json()["items"][0]["revoked_at"] is not None


def test_a_token_expires(site: Site) -> None:
    body = {"name": "PACS", "scopes": ["read"], "expires_in_days": 1}
    made = site.browser("annotator").post("/tokens", json=body).json()
    script = site.anonymous(Authorization=f"bearer {made['token']}")
    assert script.get("/images").status_code == 200
    with site.database.write() as session:
        session.execute(update(ApiToken).values(expires_at=now() - timedelta(seconds=1)))
    assert script.get("/images").status_code == 401


def test_the_database_holds_no_token(site: Site) -> None:
    _, secret = site.token("annotator", "read")
    path = site.database.url.database
    assert path
    with site.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    content = Path(path).read_bytes()
    assert secret.encode() not in content
    assert secret.removeprefix("slp_").encode() not in content


def test_a_repeated_request_makes_one_token_and_shows_it_once(site: Site) -> None:
    client = site.browser("annotator")
    body = {"name": "PACS", "scopes": ["segment", "read"]}
    key = {"Idempotency-Key": "pacs"}
    first, second = (client.post("/tokens", json=body, headers=key).json() for _ in range(2))
    assert first["token"]
    assert second == {**first, "token": None}
    assert len(client.get("/tokens").json()["items"]) == 1


def test_only_admins_make_tokens_for_administration(site: Site) -> None:
    body = {"name": "x", "scopes": ["admin", "read"]}
    answer = site.browser("reviewer").post("/tokens", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "role-missing")
    assert site.browser("admin").post("/tokens", json=body).status_code == 201


def test_a_token_makes_no_token(site: Site) -> None:
    """A token made by a token could outlive it."""
    script = site.script("admin", "admin", "read")
    answer = script.post("/tokens", json={"name": "x", "scopes": ["read"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "session-needed")


def test_a_token_for_administration_ends_with_its_owners_role(site: Site) -> None:
    owner, admin = site.add_person("admin"), site.browser("admin")
    script, reader = site.script(owner, "admin"), site.script(owner, "read")
    assert script.get("/users").status_code == 200
    assert admin.patch(f"/users/{owner.id}", json={"role": "annotator"}).status_code == 200
    assert script.get("/users").status_code == 401
    assert reader.get("/images").status_code == 200
    assert admin.patch(f"/users/{owner.id}", json={"role": "admin"}).status_code == 200
    assert script.get("/users").status_code == 401, "it does not come back to life"


PERSON = {"name": "Grace", "email": "grace@example.org"}


@pytest.mark.parametrize("target", ["admin", "reviewer", "annotator", "itself"])
@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("POST", "/users/{id}/reset-link", None),
        ("PATCH", "/users/{id}", {"role": "admin"}),
        ("PATCH", "/users/{id}", {"role": "annotator"}),
        ("PATCH", "/users/{id}", {"active": True}),
        ("POST", "/users", {**PERSON, "role": "admin"}),
        ("POST", "/users", {**PERSON, "role": "reviewer"}),
        ("POST", "/tokens", {"name": "x", "scopes": ["read"]}),
        ("PUT", "/session/password", {"current_password": "x", "new_password": "y" * 12}),
    ],
)
def test_a_token_makes_nobody_more_than_they_are(
    shared_site: Site, method: str, address: str, body: dict[str, object] | None, target: str
) -> None:
    site = shared_site
    owner = site.person("admin")
    victim = owner if target == "itself" else site.add_person(target)
    script = site.script(owner, "admin", "read", "write", "segment")
    answer = script.request(method, address.format(id=victim.id), json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "session-needed")
    people = site.browser(owner).get("/users", params={"limit": 200}).json()["items"]
    assert {one["id"]: one["site_admin"] for one in people}[str(victim.id)] == victim.site_admin
    assert PERSON["email"] not in {one["email"] for one in people}


@pytest.mark.parametrize("body", [{"name": "x"}, {"active": False}])
def test_a_token_changes_no_admin(shared_site: Site, body: dict[str, object]) -> None:
    site = shared_site
    script, other = site.script("admin", "admin"), site.add_person("admin")
    answer = script.patch(f"/users/{other.id}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "session-needed")


def test_a_script_invites_renames_and_deactivates_who_is_no_admin(site: Site) -> None:
    script = site.script("admin", "admin")
    made = script.post("/users", json={**PERSON, "role": "annotator"})
    assert made.status_code == 201
    address = f"/users/{made.json()['user']['id']}"
    assert script.patch(address, json={"name": "Grace H."}).json()["name"] == "Grace H."
    assert script.patch(address, json={"active": False}).json()["active"] is False


def test_people_see_their_own_tokens_and_admins_all(site: Site) -> None:
    site.token("annotator", "read")
    site.token("reviewer", "read")
    own = site.browser("annotator").get("/tokens").json()["items"]
    assert [token["owner"]["id"] for token in own] == [str(site.person("annotator").id)]
    every = site.browser("admin").get("/tokens", params={"limit": 1}).json()
    assert every["items"][0]["owner"]["id"] == str(site.person("reviewer").id)
    assert every["next_cursor"]


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer  x",
        "Bearer slp_",
        "Bearer slp_" + "x" * 43,
        "Basic YTpi",
        "slp_x",
        "Bearer é",
    ],
)
def test_a_made_up_token_is_nobody(shared_site: Site, header: str) -> None:
    client = shared_site.anonymous()
    answer = client.get("/images", headers={b"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_bad_token_is_not_made_good_by_a_cookie(site: Site) -> None:
    client = site.browser("annotator")
    answer = client.get("/session", headers={"Authorization": "Bearer slp_nonsense"})
    assert answer.status_code == 401
