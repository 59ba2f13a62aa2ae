"""One-time links: the first admin's, invitations, resets."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from app.accounts.service import first_admin
from app.accounts.tables import OneTimeLink, Role, User
from app.core.ids import now
from app.core.problems import Problem
from tests.running_site import PASSWORD, Site


def secret_of(url: str | None) -> str:
    assert url is not None
    address, _, secret = url.partition("#token=")
    assert address.endswith("/ui/set-up")
    return secret


def first_link(site: Site) -> str:
    return secret_of(first_admin(site.database, site.settings, site.key))


def admin_body(token: str, email: str = "Ada@Example.org") -> dict[str, str]:
    return {"token": token, "name": "Ada", "email": email, "password": PASSWORD}


def at_once(site: Site, requests: list[Callable[[httpx.Client], httpx.Response]]) -> Counter[int]:
    """Return the statuses of requests that threads send at the same time."""
    barrier = Barrier(len(requests))

    def send(request: Callable[[httpx.Client], httpx.Response]) -> int:
        client = site.anonymous()
        client.get("/healthz")
        barrier.wait(60)
        return request(client).status_code

    with ThreadPoolExecutor(len(requests)) as pool:
        return Counter(pool.map(send, requests))


def test_the_first_admin_sets_the_site_up(site: Site) -> None:
    client = site.anonymous(Origin=site.url)
    assert client.get("/setup").json() == {"needed": True}
    link = first_link(site)
    looked_up = client.post("/invitations/lookup", json={"token": link})
    assert looked_up.json() == {"purpose": "first-admin", "email": None, "name": None}
    answer = client.post("/setup", json=admin_body(link))
    assert answer.status_code == 201
    assert (answer.json()["role"], answer.json()["email"]) == ("admin", "ada@example.org")
    assert client.get("/users").status_code == 200
    assert client.get("/setup").json() == {"needed": False}
    assert first_admin(site.database, site.settings, site.key) is None
    assert client.post("/setup", json=admin_body(link, "eve@example.org")).status_code == 410


def test_of_two_who_use_the_first_link_at_once_one_becomes_admin(site: Site) -> None:
    link = first_link(site)
    statuses = at_once(
        site,
        [
            lambda client: client.post("/setup", json=admin_body(link, "a@example.org")),
            lambda client: client.post("/setup", json=admin_body(link, "b@example.org")),
        ],
    )
    assert statuses == {201: 1, 410: 1}
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_each_start_without_admin_replaces_the_first_link(site: Site) -> None:
    old, new = first_link(site), first_link(site)
    client = site.anonymous()
    assert client.post("/setup", json=admin_body(old)).status_code == 410
    assert client.post("/setup", json=admin_body(new)).status_code == 201


def test_settings_make_the_first_admin_unattended(site: Site) -> None:
    settings = site.settings.model_copy(
        update={"admin_email": "Root@Example.org", "admin_password": SecretStr(PASSWORD)}
    )
    assert first_admin(site.database, settings, site.key) is None
    assert first_admin(site.database, settings, site.key) is None
    body = {"email": "root@example.org", "password": PASSWORD}
    answer = site.anonymous().post("/session", json=body)
    assert answer.json()["role"] == "admin"


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("root@example.org", "short", "weak-password"),
        ("root@example.org", "password1234", "weak-password"),
        ("nonsense", PASSWORD, "invalid-email"),
    ],
)
def test_settings_with_a_bad_password_or_email_are_refused(
    site: Site, email: str, password: str, code: str
) -> None:
    settings = site.settings.model_copy(
        update={"admin_email": email, "admin_password": SecretStr(password)}
    )
    with pytest.raises(Problem) as refused:
        first_admin(site.database, settings, site.key)
    assert refused.value.code == code


def invite(site: Site, email: str = "Grace@Example.org", role: str = "reviewer") -> str:
    body = {"name": "Grace", "email": email, "role": role}
    answer = site.browser("admin").post("/users", json=body)
    assert answer.status_code == 201
    return secret_of(answer.json()["set_up_url"])


def accept(client: httpx.Client, token: str, **more: str) -> httpx.Response:
    return client.post("/invitations/accept", json={"token": token, "password": PASSWORD, **more})


def test_an_invited_person_sets_a_password_and_is_signed_in(site: Site) -> None:
    client, token = site.anonymous(Origin=site.url), invite(site)
    looked_up = client.post("/invitations/lookup", json={"token": token}).json()
    assert looked_up == {"purpose": "invitation", "email": "grace@example.org", "name": "Grace"}
    assert accept(client, token, name="Dr Grace").json()["name"] == "Dr Grace"
    assert client.get("/session").json()["user"]["role"] == "reviewer"
    assert accept(site.anonymous(), token).status_code == 410


def test_of_two_who_use_an_invitation_at_once_one_gets_in(site: Site) -> None:
    token = invite(site)
    assert at_once(site, [lambda client: accept(client, token)] * 2) == {200: 1, 410: 1}


def test_an_invited_person_cannot_sign_in_before(site: Site) -> None:
    invite(site)
    body = {"email": "grace@example.org", "password": PASSWORD}
    assert site.anonymous().post("/session", json=body).status_code == 401


@pytest.mark.parametrize(
    ("purpose", "lifetime"), [("invitation", timedelta(days=7)), ("reset", timedelta(hours=24))]
)
def test_links_expire(site: Site, purpose: str, lifetime: timedelta) -> None:
    if purpose == "invitation":
        token = invite(site)
    else:
        address = f"/users/{site.person('annotator').id}/reset-link"
        token = secret_of(site.browser("admin").post(address).json()["set_up_url"])
    with site.database.write() as session:
        [link] = session.scalars(select(OneTimeLink)).all()
        assert abs(link.expires_at - now() - lifetime) < timedelta(minutes=1)
        session.execute(update(OneTimeLink).values(expires_at=now() - timedelta(seconds=1)))
    client = site.anonymous()
    assert client.post("/invitations/lookup", json={"token": token}).status_code == 410
    assert accept(client, token).status_code == 410


def test_a_reset_ends_every_session_and_a_second_link_replaces_the_first(site: Site) -> None:
    person, admin = site.person("annotator"), site.browser("admin")
    signed_in = site.browser(person)
    address = f"/users/{person.id}/reset-link"
    old, new = (secret_of(admin.post(address).json()["set_up_url"]) for _ in range(2))
    assert signed_in.get("/session").status_code == 200
    assert accept(site.anonymous(), old).status_code == 410
    answer = accept(site.anonymous(), new, name="Not Allowed Here")
    assert answer.status_code == 200
    assert answer.json()["name"] == person.name
    assert signed_in.get("/session").status_code == 401


def test_a_reset_ends_every_token(site: Site) -> None:
    person, admin = site.person("annotator"), site.browser("admin")
    script = site.script(person, "read")
    address = f"/users/{person.id}/reset-link"
    link = secret_of(admin.post(address).json()["set_up_url"])
    assert script.get("/images").status_code == 200
    assert accept(site.anonymous(), link).status_code == 200
    assert script.get("/images").status_code == 401


@pytest.mark.parametrize("kind", ["invitation", "reset"])
def test_a_link_made_for_one_role_does_not_give_another(site: Site, kind: str) -> None:
    admin = site.browser("admin")
    if kind == "invitation":
        link = invite(site, role="annotator")
        [person] = [u for u in admin.get("/users").json()["items"] if u["pending"]]
        address = f"/users/{person['id']}"
    else:
        address = f"/users/{site.person('annotator').id}"
        link = secret_of(admin.post(f"{address}/reset-link").json()["set_up_url"])
    assert admin.patch(address, json={"role": "admin"}).status_code == 200
    assert accept(site.anonymous(), link).status_code == 410
    new = secret_of(admin.post(f"{address}/reset-link").json()["set_up_url"])
    assert accept(site.anonymous(), new).json()["role"] == "admin"


def test_a_link_is_good_for_its_own_purpose_only(site: Site) -> None:
    first = first_link(site)
    assert accept(site.anonymous(), first).status_code == 410
    invitation = invite(site)
    answer = site.anonymous().post("/setup", json=admin_body(invitation))
    assert answer.status_code == 410
    assert accept(site.anonymous(), invitation).status_code == 200


def test_links_of_a_deactivated_person_stop_working(site: Site) -> None:
    token = invite(site)
    admin = site.browser("admin")
    [grace] = [u for u in admin.get("/users").json()["items"] if u["pending"]]
    assert admin.patch(f"/users/{grace['id']}", json={"active": False}).is_success
    assert accept(site.anonymous(), token).status_code == 410
    assert admin.post(f"/users/{grace['id']}/reset-link").status_code == 409


def test_a_weak_password_is_refused_and_the_link_still_works(site: Site) -> None:
    client, token = site.anonymous(), invite(site)
    for weak in ("short", "password1234", "grace@example.org", "aaaaaaaaaaaab"):
        answer = accept(client, token, password=weak)
        assert answer.status_code == 422, weak
    assert accept(client, token).status_code == 200


def test_no_link_or_password_lies_in_the_database(site: Site) -> None:
    token = invite(site)
    path = site.database.url.database
    assert path
    with site.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    content = Path(path).read_bytes()
    assert token.encode() not in content
    assert PASSWORD.encode() not in content
    assert Role.REVIEWER.encode() in content
