"""Data and the key that it was written with stay together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.database import Database
from app.core.security import SiteKeyError
from app.core.settings import Settings
from app.site.records import recorded_fingerprint, verified_site_key
from app.status import machine
from tests.databases import migrate


def site(folder: Path, key: str | None = None) -> Settings:
    return Settings(_env_file=None, data_dir=folder, site_key=key)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    migrate(site(tmp_path))
    found = Database(site(tmp_path).database)
    yield found
    found.dispose()


def test_the_first_key_is_recorded_and_accepted_from_then_on(
    database: Database, tmp_path: Path
) -> None:
    assert recorded_fingerprint(database) is None
    first = verified_site_key(database, site(tmp_path))
    assert recorded_fingerprint(database) == first.fingerprint()
    assert verified_site_key(database, site(tmp_path)).fingerprint() == first.fingerprint()
    assert machine.site_key(site(tmp_path), database).ok


def test_another_key_is_refused(database: Database, tmp_path: Path) -> None:
    verified_site_key(database, site(tmp_path, "a" * 32))
    with pytest.raises(SiteKeyError, match="not the one"):
        verified_site_key(database, site(tmp_path, "b" * 32))
    assert not machine.site_key(site(tmp_path, "b" * 32), database).ok
    assert verified_site_key(database, site(tmp_path, "a" * 32))


def test_a_lost_key_is_not_replaced(database: Database, tmp_path: Path) -> None:
    verified_site_key(database, site(tmp_path))
    (tmp_path / "site.key").unlink()
    with pytest.raises(SiteKeyError, match="backup"):
        verified_site_key(database, site(tmp_path))
    assert not (tmp_path / "site.key").exists()
    found = machine.site_key(site(tmp_path), database)
    assert not found.ok
    assert found.fix
    assert not (tmp_path / "site.key").exists()


def test_a_key_that_is_too_short_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(SiteKeyError, match="32 characters"):
        verified_site_key(database, site(tmp_path, "short"))
    assert recorded_fingerprint(database) is None


def test_of_many_machines_that_start_at_once_those_with_one_key_win(
    database: Database, tmp_path: Path
) -> None:
    def verify(key: str) -> str | None:
        try:
            return verified_site_key(database, site(tmp_path, key)).fingerprint()
        except SiteKeyError:
            return None

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(verify, ["a" * 32, "b" * 32] * 4))
    winners = {fingerprint for fingerprint in found if fingerprint}
    assert winners == {recorded_fingerprint(database)}
    assert sum(fingerprint is not None for fingerprint in found) == 4
