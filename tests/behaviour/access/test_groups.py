"""Groups of people: every member has the group's role in a project, in whatever order things
change, and keeps a role of their own."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from app.accounts.tables import Role, User
from app.core.audit import AuditEvent
from app.projects.tables import DEFAULT_PROJECT, Membership
from tests.running_site import Site


@pytest.fixture
def admin(shared_site: Site) -> httpx.Client:
    return shared_site.browser("admin")


def made(admin: httpx.Client, *people: User) -> str:
    """Create a group of these people and return its id."""
    answer = admin.post("/groups", json={"name": f"Group {uuid4().hex}"})
    assert answer.status_code == 201, answer.text
    group: str = answer.json()["id"]
    for person in people:
        assert admin.put(f"/groups/{group}/members/{person.id}").status_code == 200
    return group


def give(admin: httpx.Client, project: UUID, group: str, role: str | None) -> None:
    """Give a group a role in a project, or remove it if None."""
    path = f"/projects/{project}/groups/{group}"
    answer = admin.put(path, json={"role": role}) if role else admin.delete(path)
    assert answer.status_code in (200, 204), answer.text


def held(site: Site, project: UUID, person: User) -> tuple[Role, Role | None] | None:
    """Return the role that checks use, and the person's own."""
    with site.database.read() as session:
        row = session.get(Membership, (project, person.id))
        return (row.role, row.own_role) if row else None


def listed(admin: httpx.Client, project: UUID, person: User) -> dict[str, Any]:
    members = admin.get(f"/projects/{project}/members").json()["items"]
    found: dict[str, Any] = next(one for one in members if one["id"] == str(person.id))
    return found


def test_a_group_lets_its_people_into_a_project_and_out_again(
    shared_site: Site, admin: httpx.Client
) -> None:
    site, project = shared_site, shared_site.add_project()
    first, second = site.add_person(), site.add_person()
    group = made(admin, first)
    give(admin, project, group, "reviewer")
    images = site.browser(first).get("/images", params={"project": str(project)})
    assert images.status_code == 200, "at once, with the session that is open"
    assert held(site, project, second) is None
    admin.put(f"/groups/{group}/members/{second.id}")
    assert held(site, project, second) == (Role.REVIEWER, None)
    admin.delete(f"/groups/{group}/members/{first.id}")
    images = site.browser(first).get("/images", params={"project": str(project)})
    assert (images.status_code, held(site, project, first)) == (404, None)
    give(admin, project, group, None)
    assert held(site, project, second) is None


def test_the_highest_of_ones_own_role_and_those_of_the_groups_counts(
    shared_site: Site, admin: httpx.Client
) -> None:
    site, project, person = shared_site, shared_site.add_project(), shared_site.add_person()
    readers, heads = made(admin, person), made(admin, person)
    site.add_member(project, person, Role.REVIEWER)
    give(admin, project, readers, "annotator")
    assert held(site, project, person) == (Role.REVIEWER, Role.REVIEWER)
    give(admin, project, heads, "admin")
    assert held(site, project, person) == (Role.ADMIN, Role.REVIEWER)
    seen = listed(admin, project, person)
    assert (seen["role"], seen["own_role"]) == ("admin", "reviewer")
    assert {one["role"] for one in seen["groups"]} == {"annotator", "admin"}
    give(admin, project, heads, "reviewer")
    path = f"/projects/{project}/members/{person.id}"
    assert admin.delete(path).status_code == 204
    assert held(site, project, person) == (Role.REVIEWER, None), "the group's stays"
    refused = admin.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "member-by-group")
    assert admin.delete(f"/groups/{heads}").status_code == 204
    assert held(site, project, person) == (Role.ANNOTATOR, None)
    assert admin.put(path, json={"role": "reviewer"}).json()["own_role"] == "reviewer"
    give(admin, project, readers, None)
    assert held(site, project, person) == (Role.REVIEWER, Role.REVIEWER)


def test_a_role_of_the_site_cannot_be_lower_than_a_groups(
    shared_site: Site, admin: httpx.Client
) -> None:
    person = shared_site.add_person()
    give(admin, DEFAULT_PROJECT, made(admin, person), "reviewer")
    lower = admin.patch(f"/users/{person.id}", json={"role": "annotator"})
    assert (lower.status_code, lower.json()["code"]) == (409, "role-by-group")
    assert held(shared_site, DEFAULT_PROJECT, person) == (Role.REVIEWER, Role.ANNOTATOR)
    higher = admin.patch(f"/users/{person.id}", json={"role": "admin"})
    assert (higher.status_code, higher.json()["role"]) == (200, "admin")
    back = admin.patch(f"/users/{person.id}", json={"role": "annotator"})
    assert (back.status_code, back.json()["role"]) == (200, "reviewer"), "no admin of the site"


def test_a_project_admin_gives_roles_and_does_not_lose_their_own_by_it(
    shared_site: Site, admin: httpx.Client
) -> None:
    site, project, person = shared_site, shared_site.add_project(), shared_site.add_person()
    others, group = made(admin, site.add_person()), made(admin, person)
    give(admin, project, group, "admin")
    client = site.browser(person)
    give(client, project, others, "annotator")
    for answer in (
        client.delete(f"/projects/{project}/groups/{group}"),
        client.put(f"/projects/{project}/groups/{group}", json={"role": "reviewer"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "oneself")
    assert held(site, project, person) == (Role.ADMIN, None)
    roles = {one["id"]: one for one in client.get(f"/projects/{project}/groups").json()["items"]}
    assert (roles[group]["role"], roles[others]["role"]) == ("admin", "annotator")
    assert roles[others]["members"] == 1


def test_a_groups_name_is_its_own_and_stays_out_of_the_log(
    shared_site: Site, admin: httpx.Client
) -> None:
    name = f"Radiology {uuid4().hex}"
    key = {"Idempotency-Key": uuid4().hex}
    first, again = (admin.post("/groups", json={"name": name}, headers=key) for _ in range(2))
    assert first.json() == again.json()
    taken = admin.post("/groups", json={"name": name})
    assert (taken.status_code, taken.json()["code"]) == (409, "name-taken")
    other = made(admin)
    taken = admin.patch(f"/groups/{other}", json={"name": name})
    assert (taken.status_code, taken.json()["code"]) == (409, "name-taken")
    group, person = first.json()["id"], shared_site.add_person()
    renamed = admin.patch(f"/groups/{group}", json={"name": f"{name} and more"})
    assert renamed.json()["name"] == f"{name} and more"
    for _ in range(2):  # no event without a change
        admin.put(f"/groups/{group}/members/{person.id}")
    give(admin, DEFAULT_PROJECT, group, "reviewer")
    seen = next(one for one in admin.get("/groups").json()["items"] if one["id"] == group)
    assert [one["id"] for one in seen["members"]] == [str(person.id)]
    assert [(one["id"], one["role"]) for one in seen["projects"]] == [
        (str(DEFAULT_PROJECT), "reviewer")
    ]
    admin.delete(f"/groups/{group}")
    with shared_site.database.read() as session:
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.object_id == group).order_by(AuditEvent.number)
        ).all()
    assert [one.action for one in events] == [
        "group.created",
        "group.renamed",
        "group.joined",
        "group.deleted",
    ]
    assert events[-1].detail["people"] == [str(person.id)]
    assert name not in str([one.detail for one in events])


def test_who_cannot_be_in_a_group_is_refused(shared_site: Site, admin: httpx.Client) -> None:
    group = made(admin)
    machine = admin.post("/service-accounts", json={"name": f"Machine {uuid4().hex}"}).json()["id"]
    answer = admin.put(f"/groups/{group}/members/{machine}")
    assert (answer.status_code, answer.json()["code"]) == (422, "service-account")
    assert admin.put(f"/groups/{group}/members/{uuid4()}").status_code == 404
    assert admin.put(f"/groups/{uuid4()}/members/{machine}").status_code == 404
    assert admin.post("/groups", json={"name": "  "}).status_code == 422
