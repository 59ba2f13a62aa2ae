"""Real PostgreSQL and S3 servers, one of each for the whole run."""

from collections.abc import Iterator

import pytest

from tests.integration.servers import ObjectStore, Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; `new_database()` gives a test one of its own."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """An S3 server with a bucket; `settings()` gives a test a prefix of its own."""
    server = ObjectStore()
    yield server
    server.close()
