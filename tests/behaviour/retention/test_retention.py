"""A project's retention rules delete what the preview showed, after the notice period, in steps
that survive a kill, and never an image on hold."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from app.accounts.tables import Role
from app.bulk.tables import BulkAct
from app.core.audit import AuditEvent
from app.core.broker import BACKGROUND_QUEUE
from app.core.ids import now
from app.core.settings import Settings
from app.core.state import State
from app.exports.tables import Export, export_prefix
from app.housekeeping.sweeper import take_back
from app.images.tables import Image, ImageState, Split
from app.jobs.tables import Job, JobKind, JobState
from app.projects.tables import DEFAULT_PROJECT, TRASH, RetentionRule
from app.retention import service
from tests.behaviour.deployments.versions import working
from tests.behaviour.exports.rows import add_export
from tests.behaviour.retention.rules import HERE, aged, applied, begun, rule, where
from tests.behaviour.reviews.acting import Hand, person
from tests.running_site import Site
from worker.runtime import Runtime
from worker.tasks import retention
from worker.tasks.run import finish_all, run


@pytest.fixture
def admin(site: Site) -> Hand:
    return person(site, "admin")


@pytest.fixture
def reader(site: Site) -> Hand:
    return person(site)


@pytest.fixture
def runtime(site: Site) -> Iterator[Runtime]:
    with working(site) as opened:
        yield opened


def test_what_was_shown_is_deleted_after_the_notice_and_can_be_brought_back(
    site: Site, runtime: Runtime, admin: Hand, reader: Hand
) -> None:
    old = aged(site, site.add_image(reader.user), 100)
    soon = aged(site, site.add_image(reader.user), 88)
    drawn = aged(site, site.add_image(reader.user), 100)
    reader.draw(drawn)
    fresh = site.add_image(reader.user)
    handed_in = aged(site, site.add_image(reader.user), 100)
    reader.hand_in(handed_in)
    question = {"kind": "never-submitted", "days": 90, "notice_days": 7}
    shown = admin.client.post(f"{HERE}/retention-preview", json=question).json()
    assert (shown["now"], shown["count"]) == (1, 2)
    assert [UUID(one["id"]) for one in shown["items"]] == [old, soon]

    rule(admin, "never-submitted", days=90, notice_days=7)
    assert applied(site, runtime) == 0, "nothing happens before the notice is over"
    begun(site)
    assert applied(site, runtime) == 1
    assert where(site, old, soon, drawn, fresh, handed_in) == [
        TRASH,
        *[DEFAULT_PROJECT] * 4,
    ]
    told = admin.client.get(f"{HERE}/retention").json()
    assert told["last_run"]["counts"] == {"never-submitted": 1}
    with site.database.read() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "retention.run")
        ).one()
        assert (event.object_id, event.detail) == (str(DEFAULT_PROJECT), {"never-submitted": 1})
        (act,) = session.scalars(select(BulkAct.id)).all()

    assert admin.client.delete(f"/bulk-acts/{act}").json()["images"] == 1
    with site.database.write() as session:  # a day later
        session.execute(
            update(Job)
            .where(Job.kind == JobKind.RETENTION)
            .values(created_at=now() - timedelta(days=1))
        )
    assert applied(site, runtime) == 0, "what was brought back counts anew"
    assert where(site, old) == [DEFAULT_PROJECT]


def die_in_the_second_slice(settings: Settings) -> None:
    """Run a worker process that is killed before it commits its second slice."""
    whole, slices = retention._slice, 0

    def killed(*given: Any) -> Any:
        nonlocal slices
        slices += 1
        done = whole(*given)
        if slices == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    retention.SLICE, retention._slice = 2, killed  # type: ignore[assignment]
    run(Runtime.open(settings), BACKGROUND_QUEUE)


def test_a_run_whose_process_is_killed_goes_on(
    site: Site, runtime: Runtime, admin: Hand, reader: Hand
) -> None:
    images = [aged(site, site.add_image(reader.user), 100) for _ in range(5)]
    rule(admin, "never-submitted", days=90)
    begun(site)
    state = State.open(site.settings)
    assert service.look(state) == 1
    process = multiprocessing.get_context("spawn").Process(
        target=die_in_the_second_slice, args=(site.settings,)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert where(site, *images).count(TRASH) == 2
    with site.database.write() as session:  # the lease has expired
        job = session.scalars(select(Job).where(Job.kind == JobKind.RETENTION)).one()
        assert job.state == JobState.RUNNING
        job.lease_until = now() - timedelta(seconds=1)
    assert take_back(state) == 1
    state.close()
    while run(runtime, BACKGROUND_QUEUE):
        finish_all()
    assert where(site, *images) == [TRASH] * 5
    with site.database.read() as session:
        events = session.scalars(
            select(AuditEvent.detail).where(AuditEvent.action == "retention.run")
        )
        assert list(events) == [{"never-submitted": 5}]
        assert len(session.scalars(select(BulkAct)).all()) == 1


def test_a_rule_that_is_taken_away_during_a_run_reaches_nothing_more(
    site: Site, runtime: Runtime, admin: Hand, reader: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [aged(site, site.add_image(reader.user), 100) for _ in range(5)]
    rule(admin, "never-submitted", days=90)
    begun(site)
    monkeypatch.setattr(retention, "SLICE", 2)
    whole, slices = retention._slice, 0

    def then_gone(*given: Any) -> Any:
        nonlocal slices
        slices += 1
        if slices == 2:
            given[0].execute(delete(RetentionRule))
        return whole(*given)

    monkeypatch.setattr(retention, "_slice", then_gone)
    assert applied(site, runtime) == 1
    assert where(site, *images).count(TRASH) == 2


def test_the_pool_is_held_unless_a_rule_says_otherwise(
    site: Site, runtime: Runtime, admin: Hand, reader: Hand
) -> None:
    back = {"state": ImageState.RETURNED}
    plain = aged(site, site.add_image(reader.user), 40, **back)
    pooled = aged(site, site.add_image(reader.user), 40, split=Split.TEST, **back)
    approved = aged(
        site,
        site.add_image(reader.user),
        40,
        state=ImageState.APPROVED,
        approved_at=now() - timedelta(days=40),
        split=Split.TRAIN,
    )
    rule(admin, "returned", days=30, action="archive")
    begun(site)
    applied(site, runtime)
    with site.database.read() as session:
        aside = {one: session.get_one(Image, one).archived_at for one in (plain, pooled, approved)}
    assert [one for one, at in aside.items() if at] == [plain]
    stricter = rule(admin, "returned", days=30, keep_pool=False)
    assert stricter["begins_at"] > now().isoformat(), "a stricter rule gets a notice of its own"
    question = {"kind": "returned", "days": 30, "keep_pool": False}
    shown = admin.client.post(f"{HERE}/retention-preview", json=question).json()
    assert [UUID(one["id"]) for one in shown["items"]] == [pooled], "what serves the pool stays"


def test_exports_deleted_images_and_jobs_go_and_what_they_hold_with_them(
    site: Site, runtime: Runtime, admin: Hand, reader: Hand
) -> None:
    long_ago = now() - timedelta(days=50)
    export = add_export(site, admin.user, DEFAULT_PROJECT)
    assert list(site.blobs.list(export_prefix(export)))
    image = site.add_image(reader.user)
    body = {"act": "delete", "image_ids": [str(image)]}
    deleted = admin.client.post("/bulk-acts", json=body).json()
    jobs = [site.add_job(reader.user, state) for state in (JobState.DONE, JobState.RUNNING)]
    with site.database.write() as session:
        session.execute(update(Job).values(finished_at=long_ago, input_bytes=0))
        session.execute(update(Job).where(Job.id == jobs[1]).values(finished_at=None))
        session.get_one(Job, session.get_one(Export, export).job_id).state = JobState.DONE
    for kind in ("exports", "deleted-images", "jobs"):
        rule(admin, kind, days=30)
    until = admin.client.get("/deleted-images").json()["items"][0]["kept_until"]
    assert until > (now() + timedelta(days=29)).isoformat(), "the rule, not the site's setting"
    begun(site)
    with site.database.write() as session:
        session.get_one(BulkAct, UUID(deleted["id"])).created_at = long_ago
    applied(site, runtime)
    assert where(site, image) == [None]
    with site.database.read() as session:
        assert session.get(Export, export) is None
        assert [session.get(Job, one) is None for one in jobs] == [True, False]
    assert not list(site.blobs.list(export_prefix(export)))
    counts = admin.client.get(f"{HERE}/retention").json()["last_run"]["counts"]
    assert counts["exports"] == counts["deleted-images"] == 1


@pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("exports", {"days": 30, "action": "archive"}),
        ("jobs", {"days": 3}),
        ("returned", {"days": 0}),
        ("returned", {"days": 30, "notice_days": 0}),
        ("anything", {"days": 30}),
    ],
)
def test_a_rule_that_cannot_be_is_refused(
    shared_site: Site, kind: str, terms: dict[str, Any]
) -> None:
    admin = person(shared_site, "admin")
    answer = admin.client.put(f"{HERE}/retention/{kind}", json=terms)
    assert (answer.status_code, answer.json()["status"]) == (422, 422)
    assert admin.client.get(f"{HERE}/retention").json()["items"] == []
    elsewhere = admin.client.get(f"/projects/{uuid4()}/retention")
    assert elsewhere.status_code == 404
    assert shared_site.browser(Role.REVIEWER).get(f"{HERE}/retention").status_code == 403
