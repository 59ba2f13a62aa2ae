"""Making exports on a running site with the worker's own code, and reading them."""

import io
import zipfile
from typing import Any
from uuid import UUID

import httpx

from tests.running_site import Site
from worker.runtime import Runtime
from worker.tasks.run import run as run_job


def order(client: httpx.Client, format: str = "png", **filters: Any) -> dict[str, Any]:
    """Ask for an export; its details."""
    answer = client.post("/exports", json={"format": format, "filters": filters})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def work(site: Site, address: str) -> None:
    """Run a job to its end in this process, as a worker would."""
    runtime = Runtime.open(site.settings)
    try:
        run_job(runtime, UUID(address.rsplit("/", 1)[-1]))
    finally:
        runtime.close()


def exported(site: Site, client: httpx.Client, format: str = "png", **filters: Any) -> bytes:
    """A finished export's archive."""
    details = order(client, format, **filters)
    work(site, details["links"]["job"])
    details = client.get(details["links"]["self"]).json()
    assert details["state"] == "done", details["problem"]
    answer = client.get(details["links"]["archive"])
    assert answer.status_code == 200, answer.text
    assert len(answer.content) == details["size_bytes"]
    return answer.content


def opened(archive: bytes) -> zipfile.ZipFile:
    """The archive, with every checksum looked at."""
    found = zipfile.ZipFile(io.BytesIO(archive))
    assert found.testzip() is None
    return found
