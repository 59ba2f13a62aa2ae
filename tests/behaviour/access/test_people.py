"""People: roles, deactivation, the last admin, repeated requests."""

from base64 import urlsafe_b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from app.accounts.tables import OneTimeLink, User
from tests.running_site import Site

GRACE = {"name": "Grace", "email": "grace@example.org", "role": "annotator"}


@pytest.mark.parametrize("change", [{"active": False}, {"role": "reviewer"}])
def test_the_last_admin_who_can_sign_in_stays(site: Site, change: dict[str, object]) -> None:
    admin = site.person("admin")
    client = site.browser(admin)
    invited = client.post("/users", json={**GRACE, "role": "admin"})
    assert invited.status_code == 201  # invited only: cannot sign in yet
    answer = client.patch(f"/users/{admin.id}", json=change)
    assert (answer.status_code, answer.json()["code"]) == (409, "last-admin")
    site.add_person("admin")
    assert client.patch(f"/users/{admin.id}", json=change).status_code == 200


def test_two_admins_cannot_demote_each_other_at_once(site: Site) -> None:
    people = [site.add_person("admin"), site.add_person("admin")]
    clients = [site.browser(person) for person in people]
    barrier = Barrier(2)

    def demote_other(n: int) -> int:
        clients[n].get("/session")
        barrier.wait(60)
        return (
            clients[n].patch(f"/users/{people[1 - n].id}", json={"role": "annotator"}).status_code
        )

    with ThreadPoolExecutor(2) as pool:
        statuses = Counter(pool.map(demote_other, range(2)))
    # The second one is signed out, no longer an admin, or the last admin.
    assert statuses[200] == 1
    with site.database.read() as session:
        admins = session.scalar(select(func.count()).where(User.site_admin))
    assert admins == 1


@pytest.mark.parametrize("change", [{"active": False}, {"role": "reviewer"}])
def test_sessions_end_with_a_change_of_role_or_deactivation(
    site: Site, change: dict[str, object]
) -> None:
    person, admin = site.add_person(), site.browser("admin")
    client = site.browser(person)
    assert client.get("/session").status_code == 200
    assert admin.patch(f"/users/{person.id}", json={"name": "New Name"}).status_code == 200
    assert client.get("/session").status_code == 200
    assert admin.patch(f"/users/{person.id}", json=change).status_code == 200
    assert client.get("/session").status_code == 401


def test_deactivation_revokes_tokens_for_good(site: Site) -> None:
    person, admin = site.add_person(), site.browser("admin")
    script = site.script(person, "read")
    assert script.get("/images").status_code == 200
    assert admin.patch(f"/users/{person.id}", json={"active": False}).status_code == 200
    assert script.get("/images").status_code == 401
    assert admin.patch(f"/users/{person.id}", json={"active": True}).status_code == 200
    assert script.get("/images").status_code == 401


def test_an_email_belongs_to_one_person_whatever_its_letters(site: Site) -> None:
    client = site.browser("admin")
    assert client.post("/users", json=GRACE).status_code == 201
    answer = client.post("/users", json={**GRACE, "email": "GRACE@Example.ORG"})
    assert (answer.status_code, answer.json()["code"]) == (409, "email-taken")


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "grace"},
        {"email": "grace@@example.org"},
        {"email": "gr ace@example.org"},
        {"name": "   "},
        {"name": "Gr\x00ace"},
        {"role": "owner"},
        {"active": True},
    ],
)
def test_what_is_not_a_person_is_refused(site: Site, wrong: dict[str, object]) -> None:
    answer = site.browser("admin").post("/users", json={**GRACE, **wrong})
    assert answer.status_code == 422


def test_a_repeated_request_invites_once_and_shows_the_link_once(site: Site) -> None:
    client = site.browser("admin")
    key = {"Idempotency-Key": "invite grace"}
    first, second = (client.post("/users", json=GRACE, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["user"] == second.json()["user"]
    assert first.json()["set_up_url"]
    assert second.json()["set_up_url"] is None
    other = client.post("/users", json={**GRACE, "name": "Else"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OneTimeLink)) == 1


def test_a_key_is_its_senders_own(site: Site) -> None:
    key = {"Idempotency-Key": "1"}
    first = site.browser(site.add_person("admin")).post("/users", json=GRACE, headers=key)
    other = {**GRACE, "email": "other@example.org"}
    second = site.browser(site.add_person("admin")).post("/users", json=other, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)


def test_people_are_listed_page_by_page_each_once(site: Site) -> None:
    client = site.browser("admin")
    added = {str(site.add_person().id) for _ in range(7)} | {str(site.person("admin").id)}
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/users", params=params).json()
        seen += [user["id"] for user in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == added


@pytest.mark.parametrize("address", ["/users", "/tokens", "/audit"])
@pytest.mark.parametrize(
    "position", ["", "{}", "[]", '["x"]', "[[]]", "[-1]", "[1e400]", "[36893488147419103232]"]
)
def test_a_made_up_cursor_is_refused(shared_site: Site, address: str, position: str) -> None:
    cursor = urlsafe_b64encode(position.encode()).decode().rstrip("=")
    answer = shared_site.browser("admin").get(address, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-cursor")


def test_a_person_keeps_a_language_in_every_browser(site: Site) -> None:
    person = site.add_person()
    here, there = site.browser(person), site.browser(person)
    assert here.get("/session").json()["user"]["language"] is None
    assert here.put("/session/language", json={"language": "zh-Hans"}).status_code == 204
    assert there.get("/session").json()["user"]["language"] == "zh-Hans"
    refused = here.put("/session/language", json={"language": "tlh"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert there.get("/session").json()["user"]["language"] == "zh-Hans"
