"""Races on PostgreSQL, where writers do not automatically wait for each other."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from app.accounts.tables import Role, User
from app.core import audit
from app.core.audit import SYSTEM, AuditEvent
from app.projects.tables import Membership
from tests.behaviour.dicom.test_calibrating_at_once import waiting
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.processes import wait_until
from tests.running_site import PASSWORD, Site, running_site

GRACE = {"name": "Grace", "email": "grace@example.org", "role": "annotator"}


@pytest.fixture
def site(tmp_path: Path, valkey: str, postgres: Postgres) -> Iterator[Site]:
    """A running site on its own PostgreSQL database."""
    settings = fresh_settings(
        tmp_path, valkey, database_url=postgres.new_database(), sign_in_attempts=3
    )
    with running_site(settings) as running:
        yield running


def at_once(
    clients: list[httpx.Client], send: Callable[[httpx.Client], httpx.Response]
) -> list[httpx.Response]:
    """Send the same request from every client at the same time."""
    barrier = Barrier(len(clients))

    def go(client: httpx.Client) -> httpx.Response:
        client.get("/healthz")
        barrier.wait(60)
        return send(client)

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(go, clients))


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def whole(site: Site) -> bool:
    with site.database.read() as session:
        return audit.verify(session, site.key).ok


def test_a_link_is_used_once(site: Site) -> None:
    link = site.browser("admin").post("/users", json=GRACE).json()["set_up_url"]
    body = {"token": link.partition("#token=")[2], "password": PASSWORD}
    clients = [site.anonymous() for _ in range(4)]
    answers = at_once(clients, lambda client: client.post("/invitations/accept", json=body))
    assert statuses(answers) == {200: 1, 410: 3}


def test_guesses_at_once_do_not_slip_past_the_limit(site: Site) -> None:
    body = {"email": site.person("annotator").email, "password": "a wrong guess"}
    clients = [site.anonymous() for _ in range(8)]
    answers = at_once(clients, lambda client: client.post("/session", json=body))
    assert statuses(answers) == {401: 3, 429: 5}


def test_one_admin_is_left(site: Site) -> None:
    people = [site.add_person("admin") for _ in range(3)]
    clients = {site.browser(person): person for person in people}

    def leave(client: httpx.Client) -> httpx.Response:
        return client.patch(f"/users/{clients[client].id}", json={"active": False})

    assert statuses(at_once(list(clients), leave)) == {200: 2, 409: 1}
    with site.database.read() as session:
        assert session.scalar(select(func.count()).where(User.active)) == 1


def test_one_key_makes_one_person_and_both_requests_get_it(site: Site) -> None:
    clients = [site.browser("admin") for _ in range(4)]
    key = {"Idempotency-Key": "grace"}
    answers = at_once(clients, lambda client: client.post("/users", json=GRACE, headers=key))
    assert statuses(answers) == {201: 4}
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1
    assert sum(answer.json()["set_up_url"] is not None for answer in answers) == 1


def test_one_email_is_given_once(site: Site) -> None:
    clients = [site.browser("admin") for _ in range(4)]
    answers = at_once(clients, lambda client: client.post("/users", json=GRACE))
    assert statuses(answers) == {201: 1, 409: 3}


def test_the_chain_holds_with_many_writers(site: Site) -> None:
    clients = [site.browser("admin") for _ in range(8)]

    def act(client: httpx.Client) -> httpx.Response:
        answers = [client.post("/tokens", json={"name": "t", "scopes": ["read"]}) for _ in range(5)]
        return answers[-1]

    assert statuses(at_once(clients, act)) == {201: 8}
    assert whole(site)
    with site.database.read() as session:
        made = select(func.count()).where(AuditEvent.action == "token.created")
        assert session.scalar(made) == 40


def test_an_event_is_written_last_so_that_nobody_who_holds_a_row_waits_for_the_log(
    site: Site,
) -> None:
    person = site.person("annotator")
    rename = update(User).where(User.id == person.id)

    def tell_and_rename() -> None:
        with site.database.write() as session:
            audit.record(session, site.key, SYSTEM, "user.changed", "user", person.id)
            session.execute(rename.values(name="Second"))

    with ThreadPoolExecutor(1) as pool:
        with site.database.write() as session:
            session.execute(rename.values(name="First"))
            other = pool.submit(tell_and_rename)
            wait_until(lambda: waiting(site), what="for the other to wait for the row")
            audit.record(session, site.key, SYSTEM, "user.changed", "user", person.id)
        other.result(60)
    with site.database.read() as session:
        assert session.get_one(User, person.id).name == "Second"
    assert whole(site)


def test_a_role_follows_when_a_group_and_its_people_change_at_once(site: Site) -> None:
    admin = site.browser("admin")
    people = [site.add_person() for _ in range(4)]
    group = admin.post("/groups", json={"name": "Radiology"}).json()["id"]
    project = site.add_project()
    paths = {site.browser("admin"): f"/groups/{group}/members/{person.id}" for person in people}
    giving = site.browser("admin")
    paths[giving] = f"/projects/{project}/groups/{group}"

    def change(client: httpx.Client) -> httpx.Response:
        return client.put(paths[client], json={"role": "reviewer"} if client is giving else None)

    assert statuses(at_once(list(paths), change)) == {200: 5}
    with site.database.read() as session:
        roles = select(Membership.user_id).where(
            Membership.project_id == project, Membership.role == Role.REVIEWER
        )
        assert set(session.scalars(roles)) == {person.id for person in people}


@pytest.mark.parametrize(
    "statement",
    [
        update(AuditEvent).values(action="x"),
        delete(AuditEvent),
        text("TRUNCATE audit_event"),
    ],
    ids=str,
)
def test_the_database_refuses_to_change_the_log(site: Site, statement: object) -> None:
    site.token("admin", "read")
    with pytest.raises(DBAPIError, match="append-only"), site.database.write() as session:
        session.execute(statement)  # type: ignore[call-overload]
    assert whole(site)
