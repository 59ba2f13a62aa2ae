"""A shadow runs beside the version in use, visible only to admins, and never while others wait."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import pytest
import redis
from sqlalchemy import select

from app.accounts.tables import Role
from app.core.audit import AuditEvent
from app.core.blobs import BlobInfo
from app.core.broker import BACKGROUND_QUEUE, INTERACTIVE_QUEUE, SEGMENT_QUEUE
from app.core.ids import now
from app.core.state import State
from app.housekeeping.orphans import orphans
from app.images.tables import Frame, Image, ImageState, Region, frame_key, mask_key
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Mask
from app.shadows import service
from app.shadows.tables import ShadowAnswer, shadow_key
from tests.behaviour.deployments.versions import taken_in, working
from tests.behaviour.promotions.confirming import let_serve
from tests.behaviour.promotions.judged import dark_disc
from tests.behaviour.promotions.rows import add_evaluation
from tests.running_site import Site
from worker.pipeline import encode_mask_png, encode_png
from worker.runtime import Runtime
from worker.tasks import shadow as work
from worker.tasks.lease import LostLeaseError
from worker.tasks.run import finish_all, run

SERVING, SHADOW = "dark@1.0.0", "dark@1.1.0"
BODY = {"model": SHADOW, "reason": "To see it at work."}
HEIGHT, WIDTH = 48, 64


class Beside:
    """A site with a version in use and another that may run beside it."""

    def __init__(self, site: Site, runtime: Runtime) -> None:
        self.site, self.runtime = site, runtime
        self.state = State.open(site.settings)
        self.admin = site.browser(Role.ADMIN)
        self.owner = site.person(Role.ANNOTATOR)

    def image(self, seed: int) -> UUID:
        """Store a new image with a lesion, half of which the version in use outlined."""
        image_id = self.site.add_image(self.owner)
        pixels, labels = dark_disc(seed, lesion=True)
        half = labels > 0
        half[:, :30] = False
        self.site.blobs.put(frame_key(image_id, None), encode_png(pixels))
        with self.site.database.write() as session:
            frame = session.scalars(select(Frame).where(Frame.image_id == image_id)).one()
            frame.width, frame.height = WIDTH, HEIGHT
            region = session.get_one(Region, (image_id, 0))
            region.width, region.height = WIDTH, HEIGHT
            mask_id = frame.latest_mask_id
            assert mask_id is not None
            session.get_one(Mask, mask_id).model_name = "dark"
            session.get_one(Mask, mask_id).model_version = "1.0.0"
        self.site.blobs.put(mask_key(image_id, mask_id), encode_mask_png(half))
        return image_id

    def approve(self, image_id: UUID, seed: int) -> None:
        """Approve the whole lesion."""
        self.site.add_revision(image_id, self.owner)
        with self.site.database.write() as session:
            image = session.get_one(Image, image_id)
            frame = session.scalars(select(Frame).where(Frame.image_id == image_id)).one()
            query = select(Mask.id).where(Mask.image_id == image_id).order_by(Mask.revision.desc())
            frame.approved_mask_id = session.scalars(query.limit(1)).one()
            image.state, image.approved_at = ImageState.APPROVED, now()
            mask_id = frame.approved_mask_id
        truth = dark_disc(seed, lesion=True)[1] > 0
        self.site.blobs.put(mask_key(image_id, mask_id), encode_mask_png(truth))

    def work(self) -> None:
        """Queue the due job, as the site's sweeper does, and run it."""
        assert self.is_due()
        assert run(self.runtime, BACKGROUND_QUEUE)
        finish_all()

    def is_due(self) -> bool:
        """Return whether a job is queued after a sweep."""
        service.see_to(self.state)
        with self.site.database.read() as session:
            query = select(Job.id).where(Job.kind == JobKind.SHADOW, Job.state == JobState.QUEUED)
            return session.scalar(query.limit(1)) is not None

    def answers(self) -> list[ShadowAnswer]:
        with self.site.database.read() as session:
            return list(session.scalars(select(ShadowAnswer).order_by(ShadowAnswer.id)))

    def shown(self) -> dict:  # type: ignore[type-arg]
        found: dict = self.admin.get("/shadow").json()["items"][0]  # type: ignore[type-arg]
        return found


@pytest.fixture
def beside(site: Site, tmp_path: Path, valkey: str) -> Iterator[Beside]:
    with redis.Redis.from_url(valkey) as client:
        client.delete(INTERACTIVE_QUEUE)  # unanswered requests of other tests
    with working(site) as runtime:
        for name, level in ((SERVING, 80.0), (SHADOW, 115.0)):
            taken_in(runtime, tmp_path, name.partition("@")[2], level=level)
        opened = Beside(site, runtime)
        let_serve(site, opened.admin, SERVING)
        yield opened
        opened.state.close()


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_shadow_from_its_start_to_its_end(beside: Beside) -> None:
    """A shadow must be evaluated and segments only new images; its results are compared after
    approval and deleted with the image."""
    site, admin = beside.site, beside.admin
    assert refused(admin.post("/shadow", json=BODY)) == (409, "not-evaluated")
    assert refused(admin.delete("/shadow")) == (409, "no-shadow")
    add_evaluation(site, site.person(Role.ADMIN), model=SHADOW, serving=SERVING, verdict={"x": 1})
    assert refused(admin.post("/shadow", json=BODY | {"model": SERVING})) == (409, "serves-already")
    beside.image(0)  # stored before the start, so not for the shadow
    assert admin.post("/shadow", json=BODY).status_code == 201
    assert refused(admin.post("/shadow", json=BODY)) == (409, "shadow-runs")
    assert not beside.is_due()
    first, second = beside.image(1), beside.image(2)
    assert beside.shown()["waiting"] == 2
    beside.work()
    assert {one.image_id for one in beside.answers()} == {first, second}
    assert not beside.is_due(), "there is nothing to do"
    beside.approve(first, 1)
    beside.work()
    shown = beside.shown()
    figures = shown["figures"]
    assert (shown["waiting"], figures["answers"], figures["compared"]) == (0, 2, 1)
    assert figures["all"]["dice"][1] > 0.9 > figures["all"]["dice"][0] > 0.5
    assert figures["all"]["difference"] is None, "one patient says nothing"
    assert figures["points"] == [[pytest.approx(v, abs=1e-3) for v in figures["all"]["dice"]]]
    assert figures["furthest"][0]["image_id"] == str(first)
    _seen_by_admins_alone(beside, first)
    answer = next(one for one in beside.answers() if one.image_id == first)
    key = shadow_key(first, answer.id)
    info = [BlobInfo(key, 1, now()), BlobInfo(shadow_key(second, answer.id), 1, now())]
    assert list(orphans(beside.state, info)) == [info[1].key]
    assert admin.delete(f"/images/{first}").status_code == 204
    assert {one.image_id for one in beside.answers()} == {second}
    assert key not in {blob.key for blob in site.blobs.list(f"images/{first}/")}
    beside.work()
    assert beside.shown()["figures"]["answers"] == 1
    assert admin.delete("/shadow").status_code == 200
    beside.image(3)
    assert not beside.is_due(), "a shadow that was stopped answers nothing"
    with site.database.read() as session:
        query = select(AuditEvent.action).where(AuditEvent.object_type == "shadow")
        assert session.scalars(query.order_by(AuditEvent.number)).all() == [
            "shadow.started",
            "shadow.ended",
        ]


def _seen_by_admins_alone(beside: Beside, image_id: UUID) -> None:
    """Check that readers' routes do not name the shadow and its network is not listed as loaded."""
    reader, reviewer = beside.site.browser(beside.owner), beside.site.browser(Role.REVIEWER)

    def state(client: httpx.Client) -> str:
        items = client.get("/models").json()["items"]
        found: str = next(one["state"] for one in items if one["version"] == "1.1.0")
        return found

    assert state(beside.admin) == "shadow"
    for client in (reader, reviewer):
        assert state(client) == "evaluated"
        assert client.get("/shadow").status_code == 403
        for path in ("/images", f"/images/{image_id}", "/jobs", "/readyz", "/deployments"):
            assert "1.1.0" not in client.get(path).text, path
    assert "1.1.0" not in str(beside.runtime.loaded())


def test_a_shadow_stands_back_and_loses_nothing_when_it_is_killed(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, admin = beside.site, beside.admin
    add_evaluation(site, site.person(Role.ADMIN), model=SHADOW, serving=SERVING, verdict={"x": 1})
    admin.post("/shadow", json=BODY).raise_for_status()
    images = [beside.image(seed) for seed in range(3)]
    with site.database.write() as session:
        waiting = Job(
            kind=JobKind.PREDICT,
            queue=SEGMENT_QUEUE,
            project_id=session.get_one(Image, images[0]).project_id,
            owner_id=beside.owner.id,
        )
        session.add(waiting)
    assert not beside.is_due(), "somebody waits"
    with site.database.write() as session:
        session.get_one(Job, waiting.id).state = JobState.DONE
    ask = work.ask

    def asked(*arguments):  # type: ignore[no-untyped-def]
        if len(beside.answers()) == 1:
            with site.database.write() as session:
                session.get_one(Job, waiting.id).state = JobState.QUEUED
        return ask(*arguments)

    monkeypatch.setattr(work, "ask", asked)
    beside.work()
    assert len(beside.answers()) == 2, "it went on while somebody waited"

    def killed(*arguments):  # type: ignore[no-untyped-def]
        raise LostLeaseError("killed")

    with site.database.write() as session:
        session.get_one(Job, waiting.id).state = JobState.DONE
        job = session.scalars(select(Job).where(Job.kind == JobKind.SHADOW)).one()
        assert job.state == JobState.QUEUED
        job.lease_until = None
    monkeypatch.setattr(work, "keep", killed)
    assert run(beside.runtime, BACKGROUND_QUEUE)
    assert len(beside.answers()) == 2
    with site.database.write() as session:  # as the sweeper does
        again = session.get_one(Job, job.id)
        again.state, again.lease_token, again.lease_until = JobState.QUEUED, None, None
    monkeypatch.undo()
    assert run(beside.runtime, BACKGROUND_QUEUE)
    assert {one.image_id for one in beside.answers()} == set(images)
    let_serve(site, admin, SHADOW)
    assert not beside.is_due()
    assert beside.shown()["end_reason"] == "It serves now."
    assert np.all([one.fault is None for one in beside.answers()])
