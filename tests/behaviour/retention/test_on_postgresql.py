"""Retention on PostgreSQL: rules find and delete the same, and two admins do not collide."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from app.bulk.tables import BulkAct
from app.core.ids import now
from app.exports.tables import Export
from app.images.tables import ImageState
from app.jobs.tables import Job, JobState
from app.projects.tables import DEFAULT_PROJECT, TRASH, RetentionKind, RetentionRule
from tests.behaviour.access.test_on_postgresql import at_once, statuses
from tests.behaviour.deployments.versions import working
from tests.behaviour.exports.rows import add_export
from tests.behaviour.retention.rules import HERE, aged, applied, begun, rule, where
from tests.behaviour.reviews.acting import person
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.running_site import Site, running_site


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, valkey: str, postgres: Postgres
) -> Iterator[Site]:
    """A running site on a PostgreSQL database."""
    folder: Path = tmp_path_factory.mktemp("site")
    settings = fresh_settings(
        folder,
        valkey,
        database_url=postgres.new_database(),
        deleted_images_days=100,  # so the sweeper erases nothing that a rule should delete
    )
    with running_site(settings) as running:
        yield running


def test_two_admins_who_set_a_rule_at_once_both_get_an_answer(site: Site) -> None:
    clients = [site.browser(site.add_person("admin")) for _ in range(6)]

    def put(client: httpx.Client) -> httpx.Response:
        return client.put(f"{HERE}/retention/returned", json={"days": 30})

    answers = at_once(clients, put)
    assert statuses(answers) == {200: 6}
    assert len({answer.json()["begins_at"] for answer in answers}) == 1, "the first one's notice"
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(RetentionRule)) == 1


def test_rules_of_every_kind_reach_what_they_name(site: Site) -> None:
    admin, reader = person(site, "admin"), person(site)
    long_ago = now() - timedelta(days=50)
    left = aged(site, site.add_image(reader.user), 50)
    returned = aged(site, site.add_image(reader.user), 50, state=ImageState.RETURNED)
    fresh, erased = site.add_image(reader.user), site.add_image(reader.user)
    body = {"act": "delete", "image_ids": [str(erased)]}
    deleted = UUID(admin.client.post("/bulk-acts", json=body).json()["id"])
    export = add_export(site, admin.user, DEFAULT_PROJECT)
    job = site.add_job(reader.user, JobState.DONE)
    with site.database.write() as session:
        session.execute(update(Job).values(finished_at=long_ago, input_bytes=0))
        session.get_one(Job, session.get_one(Export, export).job_id).state = JobState.DONE
        session.get_one(BulkAct, deleted).created_at = long_ago
    for kind in RetentionKind:
        shown = admin.client.post(f"{HERE}/retention-preview", json={"kind": kind, "days": 30})
        assert shown.json()["now"] >= 1, kind
        rule(admin, kind, days=30)
    begun(site)
    with working(site) as runtime:
        assert applied(site, runtime) == 1
    assert where(site, left, returned, fresh, erased) == [TRASH, TRASH, DEFAULT_PROJECT, None]
    with site.database.read() as session:
        assert session.get(Export, export) is None
        assert session.get(Job, job) is None
    counts = admin.client.get(f"{HERE}/retention").json()["last_run"]["counts"]
    assert set(counts) == set(RetentionKind)
