"""A product whose parts tests kill."""

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
    """Processes with an api and a client that holds a token; the worker is the test's to start."""

    processes: Processes
    api: subprocess.Popen[bytes]
    url: str
    client: httpx.Client
    _worker: subprocess.Popen[bytes] | None = None
    _settings: dict[str, str] = field(default_factory=dict)

    def worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """The only worker, with these settings; the one that runs where it has them."""
        if self._worker is None or self._worker.poll() is not None or self._settings != settings:
            self.end_worker()
            self._worker, self._settings = self.processes.start_worker(**settings), settings
        return self._worker

    def end_worker(self) -> None:
        """Kill the worker and its children; jobs wait from now on."""
        if self._worker is not None:
            self.processes.kill_all_of(self._worker)
        self._worker = None

    def start_api_again(self) -> None:
        """Start an api where the one was that the test killed."""
        self.api, _ = self.processes.start_api(int(self.url.rpartition(":")[2]))


def prepare(site: Processes) -> None:
    """Start the broker, migrate, make the first admin."""
    site.start_broker()
    site.migrate()
    settings = site.settings
    database = Database(settings.database)
    first_admin(database, settings, load_site_key(settings))
    database.dispose()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Api running and a client for it, for all tests of a module: each leaves it working."""
    for processes in opened(tmp_path_factory.mktemp("product") / "data"):
        prepare(processes)
        api, url = processes.start_api()
        headers = {"Authorization": f"Bearer {processes.token()}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            yield Product(processes, api, url, client)
