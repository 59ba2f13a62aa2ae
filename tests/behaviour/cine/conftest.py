"""A site with a worker in this process, for tests with cines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.accounts.tables import Role, User
from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.core.ids import new_id
from app.images.tables import Frame, Image, Region, frame_key, preview_key, thumbnail_key
from tests.running_site import Site, picture
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run


@dataclass
class Working:
    """A site, a worker, and people."""

    site: Site
    runtime: Runtime
    reader: httpx.Client
    reviewer: httpx.Client

    def work(self, *queues: str) -> None:
        """Run all queued jobs."""
        for queue in queues or (SEGMENT_QUEUE, BACKGROUND_QUEUE):
            while run(self.runtime, queue):
                finish_all()

    def send(self, data: bytes, kind: str = "application/dicom") -> str:
        """Upload a file and return the job's id."""
        headers = {"Content-Type": kind}
        sent = self.reader.post("/segment?wait=0", content=data, headers=headers)
        assert sent.status_code == 202, sent.text
        job: str = sent.json()["id"]
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        """Return the job's current state."""
        return good(self.reader.get(f"/jobs/{job_id}"))

    def stored(self, data: bytes, kind: str = "application/dicom") -> UUID:
        """Upload a file, run its job, and return the image's id."""
        job_id = self.send(data, kind)
        self.work()
        job = self.job(job_id)
        assert job["state"] == "done", job["problem"]
        return UUID(job["image_id"])

    def frames(self, image_id: UUID) -> list[dict[str, Any]]:
        """Return the details of each frame."""
        found: list[dict[str, Any]] = good(self.reader.get(f"/images/{image_id}/frames"))["frames"]
        return found


def good(answer: httpx.Response) -> Any:
    """Return the body of a successful response."""
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def add_cine(site: Site, owner: User, count: int) -> UUID:
    """Store a cine of 32 × 24 px whose first frame has a model's mask; return its id."""
    image_id = site.add_image(owner)
    with site.database.write() as session:
        image = session.get_one(Image, image_id)
        image.frame_count, image.frames_per_second = count, 25.0
        region = session.scalars(select(Region).where(Region.image_id == image_id)).one()
        region.last_frame = count - 1
        for index in range(1, count):
            further = Frame(
                image_id=image_id,
                index=index,
                time_ms=40.0 * index,
                width=32,
                height=24,
                picture_id=new_id(),
                blanked=[],
            )
            session.add(further)
            session.flush()
            for key in (frame_key, thumbnail_key, preview_key):
                site.blobs.put(key(image_id, further.picture_id), picture("JPEG"))
    site.blobs.put(preview_key(image_id, None), picture("JPEG"))
    return image_id


@pytest.fixture(scope="module")
def working(shared_site: Site) -> Iterator[Working]:
    runtime = Runtime.open(shared_site.settings)
    reader = shared_site.browser(shared_site.add_person())
    yield Working(shared_site, runtime, reader, shared_site.browser(Role.ADMIN))
    runtime.close()
