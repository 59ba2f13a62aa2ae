"""A product whose parts tests kill."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
    api: object
    url: str
    client: httpx.Client


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Broker running, database migrated, an admin; no api and no worker yet."""
    for site in opened(tmp_path / "data"):
        prepare(site)
        yield site


def prepare(site: Processes) -> None:
    """Start the broker, migrate, make the first admin."""
    site.start_broker()
    site.migrate()
    settings = site.settings
    database = Database(settings.database)
    first_admin(database, settings, load_site_key(settings))
    database.dispose()


@pytest.fixture
def product(processes: Processes) -> Iterator[Product]:
    """Api running and a client for it."""
    api, url = processes.start_api()
    token = processes.token()
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as client:
        yield Product(processes, api, url, client)
