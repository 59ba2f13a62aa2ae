"""After a promotion, untouched predictions can be rerun; people's drawings stay."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.accounts.tables import Role
from app.core.broker import BACKGROUND_QUEUE
from app.images.tables import frame_key
from tests.behaviour.deployments.versions import taken_in, working
from tests.behaviour.promotions.confirming import let_serve
from tests.running_site import Site
from tests.synthetic import png_bytes, ultrasound
from worker import serving
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run


@pytest.fixture
def runtime(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    monkeypatch.setattr(serving, "FOUND_SECONDS", 0.0)
    with working(site) as opened:
        yield opened


def again(admin: httpx.Client, runtime: Runtime) -> None:
    assert admin.post("/reruns").status_code == 202
    assert run(runtime, BACKGROUND_QUEUE)
    finish_all()


def test_untouched_predictions_follow_what_serves_forth_and_back(
    site: Site, runtime: Runtime, tmp_path: Path
) -> None:
    admin, owner = site.browser(Role.ADMIN), site.person(Role.ANNOTATOR)
    for version in ("1.0.0", "1.1.0"):
        taken_in(runtime, tmp_path, version)
    images = [site.add_image(owner) for _ in range(3)]
    for image_id in images:
        site.blobs.put(frame_key(image_id, None), png_bytes(ultrasound(24, 32, 1).pixels))
    site.add_reading(images[2], owner)

    def models() -> list[tuple[str, str]]:
        found = [admin.get(f"/images/{image_id}").json()["model"] for image_id in images]
        return [(one["name"], one["version"]) for one in found]

    for version in ("1.0.0", "1.1.0"):
        let_serve(site, admin, f"dark@{version}")
        assert admin.get("/reruns").json()["waiting"] == 2
        again(admin, runtime)
        assert models() == [("dark", version)] * 2 + [("test", "1")]
    assert admin.get("/reruns").json() == {"waiting": 0, "state": "done", "total": 2, "done": 2}
    assert admin.post("/reruns").status_code == 409, "there is nothing to do"
    masks = len(admin.get(f"/images/{images[0]}").json()["masks"])
    assert admin.post("/deployments/rollback", json={"reason": "Worse."}).status_code == 201
    again(admin, runtime)
    assert models()[0] == ("dark", "1.0.0")
    assert len(admin.get(f"/images/{images[0]}").json()["masks"]) == masks, "no mask twice"
    assert admin.delete("/reruns").status_code == 409
