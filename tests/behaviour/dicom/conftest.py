"""A site with a worker, for tests in which machines send images."""

from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.security import load_site_key
from tests.faults.conftest import prepare
from tests.processes import Processes, opened, wait_until
from tests.running_site import Site


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Processes, Site]]:
    """Broker, API and worker, and the site on their data."""
    for processes in opened(tmp_path_factory.mktemp("dicom") / "data", send_after_seconds="0"):
        prepare(processes)
        _, url = processes.start_api()
        processes.start_worker()
        chosen = processes.settings
        site = Site(
            chosen, url, Database(chosen.database), open_blobs(chosen), load_site_key(chosen)
        )
        ready = partial(httpx.get, f"{url}/readyz", timeout=60)
        wait_until(lambda ask=ready: ask().status_code == 200)  # type: ignore[misc]
        yield processes, site
        site.close()


@pytest.fixture(scope="package")
def product(running: tuple[Processes, Site]) -> Site:
    """A site whose worker turns uploads into images."""
    return running[1]
