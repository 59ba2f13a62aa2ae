"""A site with a pool of many patients, and better and worse versions of a tiny network."""

import json
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import redis

from app.accounts.tables import Role
from app.core.broker import BACKGROUND_QUEUE, INTERACTIVE_QUEUE
from app.images.tables import Image, Split
from app.projects.tables import DEFAULT_PROJECT
from tests.behaviour.deployments.versions import taken_in, working
from tests.behaviour.exports.rows import add_pooled, ellipses
from tests.conftest import fresh_settings
from tests.running_site import Site, running_site
from worker.runtime import Runtime
from worker.tasks.interactive import answer
from worker.tasks.run import finish_all, run

PATIENTS = 12
SERVING, BETTER, WORSE = "dark@1.0.0", "dark@1.1.0", "dark@2.0.0"


@dataclass
class Judged:
    """A site, a worker in this process, and a site admin."""

    site: Site
    runtime: Runtime
    admin: httpx.Client

    def evaluate(self, model: str) -> dict[str, Any]:
        """Run an evaluation and return it."""
        started = self.admin.post("/evaluations", json={"model": model})
        assert started.status_code == 202, started.text
        self.work()
        found: dict[str, Any] = self.admin.get(f"/evaluations/{started.json()['id']}").json()
        return found

    def work(self) -> None:
        """Run the next job."""
        assert run(self.runtime, BACKGROUND_QUEUE)
        finish_all()

    def report(self, evaluation_id: str, client: httpx.Client | None = None) -> httpx.Response:
        """Return the response to `GET …/report` for this client, or for the admin."""
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit((client or self.admin).get, f"/evaluations/{evaluation_id}/report")
            self.answer()
            return asked.result()

    def answer(self) -> None:
        """Answer the report's request when it arrives, and skip other tests' leftover requests."""
        with redis.Redis.from_url(self.site.settings.redis_url) as broker:
            while True:
                taken = broker.brpop([INTERACTIVE_QUEUE], 60)
                assert taken is not None
                request_id, question = json.loads(b64decode(json.loads(taken[1])["body"]))[0]
                if question["kind"] == "report":
                    return answer(self.runtime, UUID(request_id), question)


def dark_disc(seed: int, *, lesion: bool) -> tuple[Any, Any]:
    """Return bright tissue, uint8 [48,64], with a dark disc as the lesion, and its labels."""
    random = np.random.default_rng(seed)
    labels = ellipses((20 + seed % 5, 30)) if lesion else np.zeros((48, 64), np.uint8)
    pixels = random.integers(170, 190, labels.shape).astype(np.uint8)
    pixels[labels > 0] = random.integers(40, 60, int((labels > 0).sum()))
    return pixels, labels


def fill(site: Site, project_id: UUID, split: Split, first: int, patients: int = PATIENTS) -> None:
    """Store approved images in one split, two per patient: with a lesion and without."""
    owner = site.add_person(project_id=project_id)
    for number in range(first, first + patients):
        for lesion in (True, False):
            pixels, labels = dark_disc(2 * number + lesion, lesion=lesion)
            image_id = add_pooled(
                site, owner, pixels, labels, project_id=project_id, subject=f"patient {number}"
            )
            with site.database.write() as session:
                session.get_one(Image, image_id).split = split


@contextmanager
def judged_site(folder: Path, valkey: str) -> Iterator[Judged]:
    """Yield a site with a deployed version, one that finds more of each lesion, one that finds less
    and outlines healthy tissue, a test split, and a reference set."""
    settings = fresh_settings(folder, valkey, interactive_seconds=60)
    with running_site(settings) as site, working(site) as runtime:
        admin = site.browser(Role.ADMIN)
        opened = Judged(site, runtime, admin)
        for name, level in ((SERVING, 80.0), (BETTER, 115.0), (WORSE, 250.0)):
            taken_in(runtime, folder / "versions", name.partition("@")[2], level=level)
        body = {"model": SERVING, "reason": "First."}
        admin.post("/deployments", json=body).raise_for_status()
        fill(site, DEFAULT_PROJECT, Split.TEST, 0)
        other = site.add_project()
        fill(site, other, Split.VALIDATION, 100)
        named = admin.post("/reference-sets", json={"project_id": str(other), "name": "Elsewhere"})
        assert named.status_code == 201, named.text
        yield opened
