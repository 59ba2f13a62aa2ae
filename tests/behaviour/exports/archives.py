"""Create exports on a running site with the worker's own code, and read them."""

import io
import zipfile
from typing import Any
from uuid import UUID

import httpx

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.tables import Job, JobState
from tests.running_site import Site
from worker.runtime import Runtime
from worker.tasks.run import run as run_job


def order(client: httpx.Client, format: str = "png", **filters: Any) -> dict[str, Any]:
    """Order an export and return its details."""
    answer = client.post("/exports", json={"format": format, "filters": filters})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def work(site: Site, address: str) -> None:
    """Run long jobs in this process, like a worker, until this one is done."""
    runtime, job_id = Runtime.open(site.settings), UUID(address.rsplit("/", 1)[-1])
    try:
        while run_job(runtime, BACKGROUND_QUEUE):
            with site.database.read() as session:
                if session.get_one(Job, job_id).state != JobState.QUEUED:
                    break
    finally:
        runtime.close()


def exported(site: Site, client: httpx.Client, format: str = "png", **filters: Any) -> bytes:
    """Export and return the archive."""
    details = order(client, format, **filters)
    work(site, details["links"]["job"])
    details = client.get(details["links"]["self"]).json()
    assert details["state"] == "done", details["problem"]
    answer = client.get(details["links"]["archive"])
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == details["size_bytes"]
    return answer.content


def opened(archive: bytes) -> zipfile.ZipFile:
    """Return the archive after checking every checksum."""
    found = zipfile.ZipFile(io.BytesIO(archive))
    assert found.testzip() is None
    return found
