"""A site with a worker, for tests that black out images."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture

from app.accounts.tables import Role, User
from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.security import load_site_key
from tests.faults.conftest import prepare
from tests.processes import Processes, opened, wait_until
from tests.running_site import Site


@dataclass
class Product:
    """Processes, the site on their data, and a signed-in admin who owns the added images."""

    processes: Processes
    site: Site
    user: User
    admin: httpx.Client

    def pixels(self, image_id: UUID | str) -> NDArray[np.uint8]:
        """Return the frame at the address in the image's JSON."""
        return as_array(self.admin.get(self.image(image_id)["frame"]["url"]))

    def image(self, image_id: UUID | str) -> dict[str, Any]:
        """Return the image as its page receives it."""
        answer = self.admin.get(f"/images/{image_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def black_out(self, image_id: UUID | str, *areas: dict[str, Any]) -> None:
        """Order areas to be blacked out and wait for it."""
        asked = self.admin.post(f"/images/{image_id}/redactions", json={"areas": areas})
        assert asked.status_code == 202, asked.text
        self.ended(asked.json()["id"])

    def ended(self, job_id: str) -> dict[str, Any]:
        """Wait until the job is done and return it."""

        def done() -> dict[str, Any] | None:
            job = self.admin.get(f"/jobs/{job_id}").json()
            assert job["state"] not in ("failed", "cancelled"), job["problem"]
            return job if job["state"] == "done" else None

        return wait_until(done, what=f"for job {job_id}")

    def keys(self, prefix: str) -> set[str]:
        """Return the keys of the blobs with this prefix."""
        return {blob.key for blob in self.site.blobs.list(prefix)}


def as_array(answer: httpx.Response) -> NDArray[np.uint8]:
    """Return the picture in a response."""
    assert answer.status_code == 200, answer.text
    return np.asarray(Picture.open(BytesIO(answer.content)))


def rectangle(top: int, left: int, height: int, width: int) -> dict[str, Any]:
    """Return a rectangle as requests contain it."""
    return {"kind": "rectangle", "top": top, "left": left, "height": height, "width": width}


def _products(folder: Any, *queues: str, **settings: str) -> Iterator[Product]:
    for processes in opened(folder, **settings):
        prepare(processes)
        _, url = processes.start_api()
        chosen = processes.settings
        site = Site(
            chosen, url, Database(chosen.database), open_blobs(chosen), load_site_key(chosen)
        )
        if queues:
            processes.start_worker(*queues)
            wait_until(partial(_worker_is_there, url))
        user = site.add_person(Role.ADMIN)
        yield Product(processes, site, user, site.browser(user))
        site.close()


def _worker_is_there(url: str) -> bool:
    return httpx.get(f"{url}/readyz", timeout=60).status_code == 200


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product with workers for all tests of a module."""
    yield from _products(
        tmp_path_factory.mktemp("redaction") / "data", "segment", "interactive", "background"
    )


@pytest.fixture
def workerless(tmp_path: Any) -> Iterator[Product]:
    """A product without a worker; the test starts and kills one."""
    yield from _products(tmp_path / "data", export_part_bytes="4096")
