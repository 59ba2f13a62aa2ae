"""People who work on images over HTTP, and the worker that compares and merges their drawings."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from app.accounts.tables import Role, User
from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.jobs.tables import Job, JobState
from tests.behaviour.masks.sending import empty, save, square
from tests.running_site import Site
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run


@dataclass
class Hand:
    """A person with a signed-in client."""

    user: User
    client: httpx.Client

    @property
    def id(self) -> str:
        return str(self.user.id)

    def details(self, image_id: UUID) -> dict[str, Any]:
        """Return the image as this person sees it."""
        answer = self.client.get(f"/images/{image_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def draw(
        self, image_id: UUID, left: int = 4, parent: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """Save a revision based on the newest one that this person sees in their line."""
        if parent is None:
            parent = newest_in_line(self, image_id)
        labels = square(left) if more.get("answer", "lesions") == "lesions" else empty()
        answer = save(self.client, image_id, parent, labels, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def hand_in(self, image_id: UUID, left: int = 4, **more: Any) -> int:
        """Draw and submit; return the revision."""
        return self.draw(image_id, left, submit=True, **more)["revision"]

    def submit(self, image_id: UUID, revision: int) -> httpx.Response:
        return self.client.post(f"/images/{image_id}/submit", json={"revision": revision})

    def withdraw(self, image_id: UUID) -> httpx.Response:
        return self.client.delete(f"/images/{image_id}/submit")

    def approve(self, image_id: UUID, revision: int, key: str | None = None) -> httpx.Response:
        return self.client.post(
            f"/images/{image_id}/reviews",
            json={"revision": revision, "verdict": "approved"},
            headers={"Idempotency-Key": key} if key else {},
        )

    def give_back(
        self, image_id: UUID, revision: int, comment: str | None = "The rim is too wide."
    ) -> httpx.Response:
        body = {"revision": revision, "verdict": "returned", "comment": comment}
        return self.client.post(f"/images/{image_id}/reviews", json=body)

    def take_back(self, image_id: UUID, review: httpx.Response) -> httpx.Response:
        """Take back the decision that returned this answer."""
        return self.client.delete(f"/images/{image_id}/reviews/{review.json()['id']}")

    def assign(self, image_id: UUID, *readers: "Hand", **more: Any) -> httpx.Response:
        body = {"reader_ids": [one.id for one in readers], **more}
        return self.client.post(f"/images/{image_id}/readings", json=body)

    def queue(self, name: str) -> set[UUID]:
        """Return the ids of the images in one of this person's queues."""
        answer = self.client.get("/images", params={"queue": name, "limit": 200})
        assert answer.status_code == 200, answer.text
        return {UUID(item["id"]) for item in answer.json()["items"]}

    def counts(self) -> dict[str, int]:
        answer = self.client.get("/queues")
        assert answer.status_code == 200, answer.text
        return answer.json()


def newest_in_line(hand: Hand, image_id: UUID) -> int:
    """Return the revision that the person's next one is based on."""
    details = hand.details(image_id)
    blind = {one["id"] for one in details["readings"] if one["blind"]}
    mine = (details["reading"] or {}).get("id")
    return next(
        mask["revision"]
        for mask in details["masks"]
        if mask["reading_id"] is None
        or (mask["reading_id"] == mine if mine in blind else mask["reading_id"] not in blind)
    )


def person(site: Site, role: Role | str = Role.ANNOTATOR, name: str = "A. Person") -> Hand:
    """Return a new, signed-in person with this role."""
    user = site.add_person(role)
    with site.database.write() as session:
        session.get_one(User, user.id).name = name
    return Hand(user, site.browser(user))


def work(site: Site) -> list[Job]:
    """Run all queued jobs, as a worker does; they must succeed."""
    with site.database.read() as session:
        ids = session.scalars(select(Job.id).where(Job.state == JobState.QUEUED)).all()
    runtime = Runtime.open(site.settings)
    try:
        for queue in (SEGMENT_QUEUE, BACKGROUND_QUEUE):
            while run(runtime, queue):
                pass
        finish_all()
    finally:
        runtime.close()
    with site.database.read() as session:
        jobs = session.scalars(select(Job).where(Job.id.in_(ids)).order_by(Job.id)).all()
    assert all(job.state == JobState.DONE for job in jobs), [job.problem for job in jobs]
    return list(jobs)
