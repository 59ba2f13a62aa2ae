"""Service accounts own the images that a machine sends, have tokens, and cannot sign in."""

import pytest

from app.accounts.tables import Role
from tests.running_site import PASSWORD, Site, picture


def made(site: Site, **more: object) -> dict[str, object]:
    """Create a service account as a site admin."""
    name = f"AE {len(site.browser('admin').get('/users', params={'limit': 200}).json()['items'])}"
    answer = site.browser("admin").post("/service-accounts", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    account: dict[str, object] = answer.json()
    return account


def test_what_it_sends_is_its_own(shared_site: Site) -> None:
    site = shared_site
    account = made(site)
    asked = {"name": "gateway", "scopes": ["segment"], "service_account": account["id"]}
    token = site.browser("admin").post("/tokens", json=asked).json()
    assert token["owner"]["id"] == account["id"]
    script = site.anonymous(Authorization=f"Bearer {token['token']}")
    sent = script.post("/segment", params={"wait": 0}, content=picture("PNG"))
    assert sent.status_code == 202
    assert script.get("/jobs").json()["items"][0]["id"] == sent.json()["id"]


def test_it_cannot_sign_in_nor_be_given_a_password(shared_site: Site) -> None:
    site = shared_site
    account = made(site)
    answer = site.browser("admin").post(f"/users/{account['id']}/reset-link")
    assert (answer.status_code, answer.json()["code"]) == (409, "service-account")
    assert account["email"] is None
    credentials = {"email": str(account["id"]), "password": PASSWORD}
    assert site.anonymous(Origin=site.url).post("/session", json=credentials).status_code == 401


def test_it_is_never_an_admin(shared_site: Site) -> None:
    site = shared_site
    account, admin = made(site), site.browser("admin")
    made_admin = admin.patch(f"/users/{account['id']}", json={"role": "admin"})
    assert (made_admin.status_code, made_admin.json()["code"]) == (409, "service-account")
    asked = {"name": "x", "scopes": ["admin"], "service_account": account["id"]}
    assert admin.post("/tokens", json=asked).status_code == 403


@pytest.mark.parametrize("role", ["annotator", "reviewer"])
def test_nobody_but_a_site_admin_makes_its_tokens(shared_site: Site, role: str) -> None:
    site = shared_site
    account = made(site)
    asked = {"name": "x", "scopes": ["read"], "service_account": account["id"]}
    assert site.browser(role).post("/tokens", json=asked).status_code == 404


def test_no_image_is_given_to_it(shared_site: Site) -> None:
    site = shared_site
    account, image_id = made(site), site.add_image(site.person(Role.ANNOTATOR))
    given = site.browser("reviewer").post(
        f"/images/{image_id}/readings", json={"reader_ids": [account["id"]]}
    )
    assert (given.status_code, given.json()["code"]) == (422, "unknown-reader")
