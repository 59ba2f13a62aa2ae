"""The audit log: who did what, without secrets; any change to it is noticed."""

import csv
import io
import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import SYSTEM, Actor, AuditEvent
from app.core.ids import new_id
from app.core.security import SiteKey
from app.dicom import peers
from tests.running_site import PASSWORD, Site


def events(site: Site) -> list[dict[str, object]]:
    """Return all events, oldest first."""
    items = site.browser("admin").get("/audit", params={"limit": 200}).json()["items"]
    return list(reversed(items))


def test_what_people_do_is_recorded_with_who_did_it(site: Site) -> None:
    admin = site.person("admin")
    client = site.anonymous(Origin=site.url)
    wrong = {"email": "admin@example.org", "password": "a wrong password"}
    client.post("/session", json=wrong)
    client.post("/session", json={**wrong, "email": "nobody@example.org"})
    client.post("/session", json={**wrong, "password": PASSWORD})
    person = {"name": "Grace", "email": "grace@example.org", "role": "annotator"}
    invited = client.post("/users", json=person).json()
    grace = invited["user"]["id"]
    link = invited["set_up_url"].partition("#token=")[2]
    newcomer = site.anonymous(Origin=site.url)
    newcomer.post("/invitations/accept", json={"token": link, "password": PASSWORD})
    token = newcomer.post("/tokens", json={"name": "PACS", "scopes": ["read"]}).json()
    newcomer.delete(f"/tokens/{token['id']}")
    client.patch(f"/users/{grace}", json={"role": "reviewer"})
    client.patch(f"/users/{grace}", json={"active": False})
    client.delete("/session")
    found = events(site)
    by_admin, by_grace, by_nobody = str(admin.id), grace, None
    told = [
        (event["action"], event["actor"] and event["actor"]["id"], event["object_id"])
        for event in found
    ]
    assert told == [
        ("session.refused", by_nobody, by_admin),
        ("session.refused", by_nobody, "unknown"),
        ("session.signed-in", by_admin, by_admin),
        ("user.created", by_admin, grace),
        ("link.created", by_admin, grace),
        ("link.used", by_grace, grace),
        ("user.password-changed", by_grace, grace),
        ("token.created", by_grace, token["id"]),
        ("token.revoked", by_grace, token["id"]),
        ("user.changed", by_admin, grace),
        ("user.deactivated", by_admin, grace),
        ("session.signed-out", by_admin, by_admin),
    ]
    assert found[9]["detail"] == {"before": {"role": "annotator"}, "after": {"role": "reviewer"}}
    written = json.dumps(found)
    for secret in (PASSWORD, "a wrong password", link, token["token"], "grace@example.org"):
        assert secret not in written


def test_an_act_through_a_token_names_the_token(site: Site) -> None:
    token, secret = site.token("admin", "admin")
    script = site.anonymous(Authorization=f"Bearer {secret}")
    script.post("/users", json={"name": "G", "email": "g@example.org", "role": "annotator"})
    event = next(event for event in events(site) if event["action"] == "user.created")
    assert event["token_id"] == str(token.id)


@pytest.fixture
def log(site: Site) -> Site:
    """A site whose log holds five events."""
    with site.database.write() as session:
        for number in range(5):
            actor = Actor(new_id(), new_id())
            audit.record(session, site.key, actor, "image.deleted", "image", new_id(), n=number)
    return site


def verdict(site: Site) -> dict[str, object]:
    answer: dict[str, object] = site.browser("admin").get("/audit/verify").json()
    return answer


def tamper(site: Site, statement: str) -> None:
    """Change the log as someone with full access to the database could."""
    with site.database.write() as session:
        names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in names.all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text(statement))


def test_an_untouched_log_is_whole(log: Site) -> None:
    found = verdict(log)
    assert (found["ok"], found["events"], found["broken_at"]) == (True, 5, None)


@pytest.mark.parametrize(
    "change",
    [
        "at = '2020-01-01 00:00:00.000000'",
        "actor_id = '00000000000000000000000000000000'",
        "actor_id = NULL",
        "token_id = NULL",
        "action = 'image.created'",
        "object_type = 'mask'",
        "object_id = 'other'",
        """detail = '{"n": 3}'""",
        "chain = '0000000000000000000000000000000000000000000000000000000000000000'",
        "number = 30",
    ],
)
def test_a_change_of_any_field_is_found(log: Site, change: str) -> None:
    tamper(log, f"UPDATE audit_event SET {change} WHERE number = 3")
    found = verdict(log)
    assert found["ok"] is False
    assert found["broken_at"] == ("4" if change == "number = 30" else "3")
    assert found["events"] == 2


def test_every_column_is_part_of_what_is_signed() -> None:
    changed = {"at", "actor_id", "token_id", "action", "object_type", "object_id", "detail"}
    assert {*changed, "chain", "number"} == set(AuditEvent.__table__.columns.keys())


def test_a_removed_event_is_found(log: Site) -> None:
    tamper(log, "DELETE FROM audit_event WHERE number = 3")
    assert verdict(log)["broken_at"] == "4"


def test_events_that_changed_places_are_found(log: Site) -> None:
    tamper(
        log,
        "UPDATE audit_event SET number = CASE number WHEN 2 THEN -3 WHEN 3 THEN -2 END "
        "WHERE number IN (2, 3)",
    )
    with log.database.write() as session:
        session.execute(text("UPDATE audit_event SET number = -number WHERE number < 0"))
    assert verdict(log)["broken_at"] == "2"


def test_a_chain_rebuilt_without_the_site_key_is_found(log: Site) -> None:
    other = SiteKey(b"a key that somebody guessed, long enough")
    with log.database.read() as session:
        rows = [
            (event.action, event.object_type, event.object_id, event.detail)
            for event in session.scalars(select(AuditEvent).order_by(AuditEvent.number))
        ]
    tamper(log, "DELETE FROM audit_event")
    with log.database.write() as session:
        for action, kind, identifier, detail in rows[1:]:
            audit.record(session, other, Actor(), action, kind, identifier, **detail)
    assert verdict(log)["broken_at"] == "1"


def test_a_log_cut_off_at_its_end_shows_by_a_head_that_was_noted_before(log: Site) -> None:
    def since(noted: dict[str, object]) -> tuple[object, object]:
        asked = {"events": noted["events"], "head": noted["head"]}
        found = log.browser("admin").get("/audit/verify", params=asked).json()
        return found["ok"], found["broken_at"]

    def more(number: int) -> None:
        with log.database.write() as session:
            for _ in range(number):
                audit.record(session, log.key, Actor(), "image.deleted", "image", new_id())

    noted = verdict(log)
    assert since(noted) == (True, None)
    more(2)
    assert since(noted) == (True, None), "a log that has grown still contains it"
    tamper(log, "DELETE FROM audit_event WHERE number > 3")
    assert verdict(log)["ok"] is True  # the chain alone cannot tell
    assert since(noted) == (False, "4")
    more(4)
    assert verdict(log)["ok"] is True  # the site goes on, and the numbers are used again
    assert since(noted) == (False, "5")


@pytest.mark.parametrize(
    "asked",
    [
        {"events": 5},
        {"head": "0" * 64},
        {"events": -1, "head": "0" * 64},
        {"events": 5, "head": "x"},
    ],
)
def test_a_head_needs_the_number_of_events_that_it_was_noted_with(
    log: Site, asked: dict[str, object]
) -> None:
    answer = log.browser("admin").get("/audit/verify", params=asked)
    assert answer.status_code == 422


def change_by_query(session: Session) -> None:
    session.execute(update(AuditEvent).values(action="x"))


def change_by_row(session: Session) -> None:
    session.scalars(select(AuditEvent)).first().at += timedelta(days=1)  # type: ignore[union-attr]
    session.flush()


def delete_all(session: Session) -> None:
    session.execute(text("DELETE FROM audit_event"))


@pytest.mark.parametrize("act", [change_by_query, change_by_row, delete_all])
def test_the_database_refuses_to_change_the_log(log: Site, act: object) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        log.database.write() as session,
    ):
        act(session)  # type: ignore[operator]
    assert verdict(log)["ok"] is True


def test_the_log_is_listed_page_by_page_newest_first(log: Site) -> None:
    client = log.browser("admin")
    first = client.get("/audit", params={"limit": 3}).json()
    second = client.get("/audit", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [event["id"] for event in first["items"] + second["items"]] == ["5", "4", "3", "2", "1"]
    assert second["next_cursor"] is None


def test_the_log_is_filtered_and_leaves_as_a_table_or_as_lines(site: Site) -> None:
    admin = site.browser("admin")
    person = {"name": "=SUM(1)", "email": "grace@example.org", "role": "admin"}
    grace = admin.post("/users", json=person).json()["user"]["id"]
    admin.patch(f"/users/{grace}", json={"email": "hopper@example.org"})
    site.browser(site.person("annotator"))
    mine = {"actor": str(site.person("admin").id), "action": "user.changed"}
    (event,) = admin.get("/audit", params=mine).json()["items"]
    assert event["object_id"] == grace
    assert event["detail"] == {"before": {}, "after": {}, "email_changed": True}
    assert "hopper" not in json.dumps(events(site))  # no e-mail address is logged
    for key, value in (("until", event["at"]), ("since", "2100-01-01T00:00:00Z")):
        assert admin.get("/audit", params={**mine, key: value}).json()["items"] == []
    assert "user.changed" in admin.get("/audit/actions").json()["items"]

    with site.database.write() as session:
        acting = Actor(UUID(grace))
        audit.record(session, site.key, acting, "user.changed", "user", grace, why="é")
    lines = admin.get("/audit/export", params={"format": "jsonl", "action": "user.changed"})
    assert [json.loads(line)["object_id"] for line in lines.text.splitlines()] == [grace, grace]
    table = admin.get("/audit/export", params={"actor": grace})
    assert table.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert (row["actor"], row["detail"]) == ("'=SUM(1)", '{"why": "é"}')
    assert events(site)[-1]["action"] == "audit.exported"
    assert audit_is_whole(site)


def audit_is_whole(site: Site) -> bool:
    return bool(site.browser("admin").get("/audit/verify").json()["ok"])


def test_where_results_go_and_whose_images_are_accepted_is_recorded(site: Site) -> None:
    """A destination receives patients' names, and may be deleted after that."""
    admin = site.browser("admin")
    project = admin.get("/projects").json()["items"][0]["id"]
    path = f"/projects/{project}/destinations"
    stow = {"name": "A", "protocol": "stow-rs", "url": "https://pacs.example.org/dicom-web"}
    store = {"name": "B", "protocol": "c-store", "ae_title": "PACS", "host": "pacs", "port": 104}
    for body in ({**stow, "authorization": "Basic c2VjcmV0"}, {**store, "on_approval": True}):
        made = admin.post(path, json=body)
        assert made.status_code == 201, made.text
        admin.delete(f"{path}/{made.json()['id']}")
    account = site.add_person("annotator")
    with site.database.write() as session:
        peers.put(
            session,
            site.key,
            SYSTEM,
            "ROOM3",
            account,
            UUID(project),
            commits=True,
            address=("room3", 11112),
        )
    told = {event["action"]: event["detail"] for event in events(site)}
    (first, second) = (
        event["detail"] for event in events(site) if event["action"] == "destination.created"
    )
    objects = ["seg", "sr", "sc"]
    at = {"project": project, "objects": objects}
    assert first == {**at, "address": stow["url"], "ae_title": None, "on_approval": False}
    assert second == {**at, "address": "pacs:104", "ae_title": "PACS", "on_approval": True}
    assert told["dicom-peer.set"] == {
        "ae_title": "ROOM3",
        "user": str(account.id),
        "project": project,
        "commits": True,
        "address": "room3:11112",
    }
    assert "c2VjcmV0" not in json.dumps(events(site))
