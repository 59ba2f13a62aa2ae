"""One running site with a worker, for all tests in this folder."""

from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from tests.connections import BRIEFLY
from tests.faults.conftest import prepare
from tests.processes import Processes, opened, wait_until


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Processes, str]]:
    """Broker, API and worker, and the API's address."""
    for site in opened(tmp_path_factory.mktemp("segment") / "data"):
        prepare(site)
        _, url = site.start_api()
        site.start_worker()
        ready = partial(httpx.get, f"{url}/readyz", timeout=60)
        wait_until(lambda ask=ready: ask().status_code == 200)  # type: ignore[misc]
        yield site, url


@pytest.fixture(scope="package")
def client(running: tuple[Processes, str]) -> Iterator[httpx.Client]:
    """A script with a token for sending and reading."""
    site, url = running
    headers = {"Authorization": f"Bearer {site.token()}"}
    with httpx.Client(base_url=url, headers=headers, timeout=90, limits=BRIEFLY) as client:
        yield client
