"""A version that is worse in any row of the gate is deployed only if two admins decide so."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from app.accounts import links
from app.accounts.access import Scope
from app.accounts.tables import LinkPurpose, Role, User
from app.core.audit import SYSTEM, AuditEvent
from app.projects.tables import DEFAULT_PROJECT
from tests.behaviour.promotions.judged import BETTER, SERVING, WORSE, Judged, judged_site
from tests.running_site import Site


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Judged]:
    with judged_site(tmp_path_factory.mktemp("gate"), valkey) as opened:
        yield opened


def serving(judged: Judged) -> str:
    rows = judged.admin.get("/deployments").json()["items"]
    return next(f"{row['model']}@{row['version']}" for row in rows if row["serving"])


def body(model: str) -> dict[str, str]:
    return {"model": model, "reason": "We want it."}


def test_without_an_evaluation_or_with_a_bad_one_one_admin_cannot_promote(judged: Judged) -> None:
    admin = judged.admin
    for evaluated in (False, True):
        if evaluated:
            assert judged.evaluate(WORSE)["standing"] == "fail"
        refused = admin.post("/deployments", json=body(WORSE))
        assert (refused.status_code, refused.json()["code"]) == (409, "gate-shut")
        assert "there is none: invite one" in refused.json()["detail"], "a site with one admin"
        assert serving(judged) == SERVING
    gate = admin.get("/models/dark/2.0.0/gate").json()
    assert (gate["standing"], gate["others"]) == ("fail", 0)
    assert "loss beyond 0.01" in gate["text"]


def reset(site: Site, by: httpx.Client, person: User) -> None:
    """Set a new password through someone else's link."""
    link = by.post(f"/users/{person.id}/reset-link")
    assert link.status_code == 200, link.text
    accept(site, link.json()["set_up_url"].partition("token=")[2])


def accept(site: Site, token: str) -> None:
    """Set a password with a link."""
    secret = {"token": token, "password": "another long pass phrase"}
    used = site.anonymous(Origin=site.url).post("/invitations/accept", json=secret)
    assert used.status_code == 200, used.text


def test_nobody_confirms_through_an_account_that_they_let_themselves_into(judged: Judged) -> None:
    site, admin = judged.site, judged.admin
    second, third, helper, mailed = (site.add_person(Role.ADMIN) for _ in range(4))
    waiting = site.add_person(Role.REVIEWER)
    reset(site, admin, second)
    reset(site, site.browser(third), helper)
    elsewhere = {"email": "elsewhere@example.org"}
    assert admin.patch(f"/users/{mailed.id}", json=elsewhere).status_code == 200
    with site.database.write() as session:  # as for a forgotten password
        sent = links.create(session, site.key, SYSTEM, LinkPurpose.RESET, mailed)
    accept(site, sent)
    asked = admin.post("/promotion-requests", json=body(WORSE))
    assert asked.status_code == 201, asked.text
    address = f"/promotion-requests/{asked.json()['id']}/confirmation"

    def refused(client: httpx.Client) -> str:
        (shown,) = (
            one
            for one in client.get("/promotion-requests").json()["items"]
            if one["id"] == asked.json()["id"]
        )
        assert not shown["may_confirm"]
        answer = client.post(address)
        assert answer.status_code == 403, answer.text
        return str(answer.json()["code"])

    assert refused(site.browser(second)) == "not-independent"
    assert refused(site.browser(mailed)) == "not-independent"
    assert admin.patch(f"/users/{waiting.id}", json={"role": "admin"}).status_code == 200
    assert refused(site.browser(waiting)) == "account-changed"
    reset(site, admin, third)  # and accounts to which that person gave access
    assert refused(site.browser(third)) == "account-changed"
    assert refused(site.browser(helper)) == "not-independent"
    assert serving(judged) == SERVING
    assert admin.post(address.replace("confirmation", "refusal")).status_code == 204


def test_an_override_needs_another_admin_who_was_there_before(judged: Judged) -> None:
    site, admin = judged.site, judged.admin
    second_person, script_owner = site.add_person(Role.ADMIN), site.add_person(Role.ADMIN)
    second = site.browser(second_person)
    asked = admin.post("/promotion-requests", json=body(WORSE))
    assert asked.status_code == 201, asked.text
    address = f"/promotion-requests/{asked.json()['id']}"
    twice = admin.post("/promotion-requests", json=body(WORSE))
    assert (twice.status_code, twice.json()["code"]) == (409, "asked-already")
    alone = admin.post(f"{address}/confirmation")
    assert (alone.status_code, alone.json()["code"]) == (403, "second-admin-needed")
    young = site.browser(site.add_person(Role.ADMIN)).post(f"{address}/confirmation")
    assert (young.status_code, young.json()["code"]) == (403, "account-too-new")
    script = site.script(script_owner, *Scope).post(f"{address}/confirmation")
    assert (script.status_code, script.json()["code"]) == (403, "session-needed")
    assert site.browser(Role.REVIEWER).post(f"{address}/confirmation").status_code == 403
    assert serving(judged) == SERVING
    confirmed = second.post(f"{address}/confirmation")
    assert confirmed.status_code == 201, confirmed.text
    row = confirmed.json()["items"][0]
    assert (row["model"], row["version"], row["serving"]) == ("dark", "2.0.0", True)
    assert row["created_by"]["id"] == str(site.person(Role.ADMIN).id)
    assert row["confirmed_by"]["id"] == str(second_person.id)
    assert row["evaluation_id"] == asked.json()["evaluation_id"] is not None
    again = second.post(f"{address}/confirmation")
    assert (again.status_code, again.json()["code"]) == (409, "decided-already")
    with site.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.object_id == asked.json()["id"])
        events = session.scalars(query.order_by(AuditEvent.number)).all()
    assert [(one.action, one.actor_id) for one in events] == [
        ("promotion.asked", site.person(Role.ADMIN).id),
        ("promotion.confirmed", second_person.id),
    ]


def test_going_back_is_one_click_and_an_old_wish_is_void_after_it(judged: Judged) -> None:
    site, admin = judged.site, judged.admin
    second = site.browser(site.add_person(Role.ADMIN))
    asked = admin.post("/promotion-requests", json=body(BETTER))
    assert asked.status_code == 201, asked.text
    back = admin.post("/deployments/rollback", json={"reason": "Worse."})
    assert back.status_code == 201
    assert serving(judged) == SERVING
    late = second.post(f"/promotion-requests/{asked.json()['id']}/confirmation")
    assert (late.status_code, late.json()["code"]) == (409, "serves-another")
    assert second.post(f"/promotion-requests/{asked.json()['id']}/refusal").status_code == 204
    again = admin.post("/deployments", json=body(WORSE))
    assert again.json()["code"] == "gate-shut", "what was gone back from does not return alone"


def test_what_passes_is_promoted_by_one_until_a_reference_set_is_named_after_it(
    judged: Judged,
) -> None:
    admin = judged.admin
    found = judged.evaluate(BETTER)
    others = [one for one in found["verdict"]["checks"] if one["standing"] != "pass"]
    assert (found["standing"], others) == ("pass", []), str(others)
    own = {"project_id": str(DEFAULT_PROJECT), "name": "Ours"}
    named = admin.post("/reference-sets", json=own).json()
    early = admin.post("/deployments", json=body(BETTER))
    assert "evaluate it again" in early.json()["detail"]
    assert admin.delete(f"/reference-sets/{named['id']}").status_code == 204
    done = admin.post("/deployments", json=body(BETTER))
    assert done.status_code == 201, done.text
    assert done.json()["items"][0]["confirmed_by"] is None
    assert done.json()["items"][0]["evaluation_id"]
    everywhere = admin.post("/deployments", json={**body(WORSE), "everywhere": True})
    assert everywhere.status_code == 201, "nothing serves the site yet"
