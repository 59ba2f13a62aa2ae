"""Number of SQL statements for a still image, by action, from upload to approval.

    python -m bench.statements

A real site on SQLite in this process: API, broker and the worker's own code. Statements for the
jobs' leases and the audit log count as well. Each action is done once on another image before it is
counted, so that the figures contain no first-time work.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event

from app.accounts.tables import Role
from app.core.broker import SEGMENT_QUEUE
from tests.processes import Processes
from tests.running_site import Site, running_site
from tests.synthetic import dicom_bytes, png_bytes, ultrasound, ultrasound_dataset
from worker.registry.folders import take_in_default
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run

WIDTH, HEIGHT = 128, 96


class Counter:
    """Statements of this process, by action."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._now = 0
        event.listen(Engine, "before_cursor_execute", self._hear)

    def _hear(self, *_: Any) -> None:
        self._now += 1

    def act(self, name: str, do: Callable[[], Any]) -> Any:
        """Do it and record its cost; the last time counts."""
        self._now = 0
        done = do()
        self.counts[name] = self._now
        return done


@contextmanager
def opened() -> Iterator[tuple[Site, Runtime]]:
    """Open a site and a worker in this process."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"job_lease_seconds": "600", "sweep_seconds": "3600", "log_level": "warning"}
        processes = Processes(Path(folder), **quiet)
        try:
            processes.start_broker()
            with running_site(processes.settings) as site:
                runtime = Runtime.open(site.settings)
                take_in_default(runtime)
                try:
                    yield site, runtime
                finally:
                    runtime.close()
        finally:
            processes.close()


def work(runtime: Runtime) -> None:
    """Run one job to its end."""
    assert run(runtime, SEGMENT_QUEUE), "no job waits"
    finish_all()


def good(answer: httpx.Response) -> Any:
    """Return the body of a successful response."""
    assert answer.status_code < 300, answer.text
    kind = answer.headers.get("content-type")
    return answer.json() if answer.content and kind == "application/json" else None


def drawing() -> dict[str, Any]:
    """One lesion, as sent by a browser."""
    runs = [0, 20 * WIDTH, 1, 3 * WIDTH, 0, (HEIGHT - 23) * WIDTH]
    return {"width": WIDTH, "height": HEIGHT, "runs": runs, "names": {}}


def once(counter: Counter, site: Site, runtime: Runtime, kind: str, data: bytes) -> None:
    """Do everything that people do with a still."""
    owner, reviewer = site.browser(Role.ANNOTATOR), site.browser(Role.REVIEWER)

    def act(name: str, do: Callable[[], httpx.Response]) -> Any:
        return good(counter.act(f"{kind}: {name}", do))

    job = act("send", lambda: owner.post("/segment?wait=0", content=data))
    counter.act(f"{kind}: segment and store", lambda: work(runtime))
    image = good(owner.get(f"/jobs/{job['id']}"))["image_id"]
    act("worklist of 50", lambda: owner.get("/images"))
    act("image", lambda: owner.get(f"/images/{image}"))
    for picture in ("frame", "thumbnail", "mask"):
        act(picture, lambda at=picture: owner.get(f"/images/{image}/{at}"))  # type: ignore[misc]
    act("presence", lambda: owner.put(f"/images/{image}/presence", json={"editing": True}))
    draft = {"parent_revision": 1, "labels": drawing(), "seconds": 1.0}
    act("first draft", lambda: owner.put(f"/images/{image}/draft", json={**draft, "version": 0}))
    act("autosave", lambda: owner.put(f"/images/{image}/draft", json={**draft, "version": 1}))
    act("draft read", lambda: owner.get(f"/images/{image}/draft"))
    mask = {**draft, "answer": "lesions", "submit": True}
    act("save and hand in", lambda: owner.post(f"/images/{image}/masks", json=mask))
    counter.act(f"{kind}: measure", lambda: work(runtime))
    act("revision", lambda: owner.get(f"/images/{image}/masks/2"))
    act("labels", lambda: owner.get(f"/images/{image}/masks/2/labels"))
    review = {"revision": 2, "verdict": "approved"}
    act("approve", lambda: reviewer.post(f"/images/{image}/reviews", json=review))
    act("delete", lambda: site.browser(Role.ADMIN).delete(f"/images/{image}"))


def main() -> None:
    """Count and print."""
    with opened() as (site, runtime):
        counter = Counter()
        for seed in range(3):
            pixels = ultrasound(HEIGHT, WIDTH, seed).pixels
            once(counter, site, runtime, "png", png_bytes(pixels))
        for seed in range(3, 6):
            pixels = ultrasound(HEIGHT, WIDTH, seed).pixels
            dataset = ultrasound_dataset(pixels, identifier="7")
            once(counter, site, runtime, "dicom", dicom_bytes(dataset))
    for name, count in counter.counts.items():
        print(f"{count:4d}  {name}")


if __name__ == "__main__":
    main()
