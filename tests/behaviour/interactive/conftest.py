"""A running site with a worker that helps to draw, and a stored image."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.connections import BRIEFLY
from tests.faults.conftest import prepare
from tests.processes import Processes, opened, wait_until
from tests.synthetic import png_bytes, ultrasound

HEIGHT, WIDTH = 384, 512


@dataclass
class Drawing:
    """A person's script, one of their images, and its true lesion.

    Attributes:
        lesion: bool [H,W].
    """

    site: Processes
    client: httpx.Client
    image_id: str
    lesion: NDArray[np.bool_]

    def ask(self, kind: str, body: dict[str, object]) -> httpx.Response:
        """`POST /images/{id}/refine`, `/box` or `/point`."""
        return self.client.post(f"/images/{self.image_id}/{kind}", json=body)


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawing]:
    """Broker, API, a worker for drawing, and an image made by a worker for uploads."""
    for site in opened(tmp_path_factory.mktemp("drawing") / "data"):
        prepare(site)
        _, url = site.start_api()
        uploads = site.start_worker("segment")
        site.start_worker("interactive")
        ready = partial(httpx.get, f"{url}/readyz", timeout=60)
        wait_until(lambda ask=ready: ask().status_code == 200)  # type: ignore[misc]
        headers = {"Authorization": f"Bearer {site.token()}"}
        frame = ultrasound(HEIGHT, WIDTH, seed=4, geometry="full")
        with httpx.Client(base_url=url, headers=headers, timeout=90, limits=BRIEFLY) as client:
            sent = client.post("/segment", content=png_bytes(frame.pixels))
            sent.raise_for_status()
            image_id = sent.json()["image_id"]
            site.kill(uploads)  # requests must be answered without this worker
            yield Drawing(site, client, image_id, frame.mask)
