"""A product whose processes the tests kill."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from app.accounts.service import first_admin
from app.core.database import Database
from app.core.security import load_site_key
from tests.processes import Processes, opened


@dataclass
class Product:
    """Processes with an API and a client with a token; the test starts the worker."""

    processes: Processes
    api: subprocess.Popen[bytes]
    url: str
    client: httpx.Client
    _worker: subprocess.Popen[bytes] | None = None
    _settings: dict[str, str] = field(default_factory=dict)

    def worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """Return the only worker, with these settings; restart it if it is dead or has others."""
        if self._worker is None or self._worker.poll() is not None or self._settings != settings:
            self.end_worker()
            self._worker, self._settings = self.processes.start_worker(**settings), settings
        return self._worker

    def end_worker(self) -> None:
        """Kill the worker and its children, so that jobs wait."""
        if self._worker is not None:
            self.processes.kill_all_of(self._worker)
        self._worker = None

    def start_api_again(self) -> None:
        """Start an API on the port of the one that the test killed."""
        self.api, _ = self.processes.start_api(int(self.url.rpartition(":")[2]))


def prepare(site: Processes) -> None:
    """Start the broker, migrate the database and create the first admin."""
    site.start_broker()
    site.migrate()
    settings = site.settings
    database = Database(settings.database)
    first_admin(database, settings, load_site_key(settings))
    database.dispose()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A running API and its client for all tests of a module; each test leaves it working."""
    for processes in opened(tmp_path_factory.mktemp("product") / "data"):
        prepare(processes)
        api, url = processes.start_api()
        headers = {"Authorization": f"Bearer {processes.token()}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            yield Product(processes, api, url, client)
