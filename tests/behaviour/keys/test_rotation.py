"""A new site key opens data sealed with the old one; pseudonyms and the audit log stay valid."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import LargeBinary

from app.accounts.tables import Role
from app.core import audit
from app.core.audit import SYSTEM
from app.core.blobs import open_blobs
from app.core.database import Database
from app.core.resources import Resources
from app.core.security import SiteKey, load_site_key
from app.core.settings import Settings, get_settings
from app.hooks.records import seal_secret, secret_of
from app.hooks.tables import Webhook
from app.keys.cli import keys
from app.keys.rotation import SEALED
from app.local_labels.records import Label, keep, labels_of
from app.local_labels.tables import LocalLabel
from app.projects.tables import DEFAULT_PROJECT
from app.sealed_references import records as references
from app.sending.records import credentials, seal_credentials
from app.sending.tables import Destination, Protocol
from app.site.lock import hold
from app.site.records import require_site_key
from app.tables import metadata
from tests.databases import migrate
from tests.running_site import Site

LABEL = Label("Trillian.png", "Case 42")
REFERENCE = {"attributes": {"00100020": {"vr": "LO", "Value": ["HHGG-42"]}}}


@dataclass
class Place:
    """A stopped site with sealed data of each kind."""

    settings: Settings
    image_id: UUID
    webhook_id: UUID
    destination_id: UUID

    def opened(self) -> Resources:
        return Resources.open(self.settings)

    def require_all_readable(self) -> None:
        place = self.opened()
        key = place.site_key
        with place.database.write() as session:
            assert labels_of(session, key, [self.image_id]) == {self.image_id: LABEL}
            found = references.unseal(session, key, self.image_id, SYSTEM, "test")
            assert found == REFERENCE
            assert credentials(key, session.get_one(Destination, self.destination_id)) == "Basic x"
            assert secret_of(key, session.get_one(Webhook, self.webhook_id)) == b"a secret"
        with place.database.read() as session:
            assert audit.verify(session, key).ok
        place.close()


@pytest.fixture
def place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    settings = settings.model_copy(update={"site_key": None})
    migrate(settings)
    database, key = Database(settings.database), load_site_key(settings)
    require_site_key(settings)
    site = Site(settings, "", database, open_blobs(settings), key)
    person = site.add_person(Role.ADMIN)
    image_id = site.add_image(person)
    job_id = site.add_job(person)
    with database.write() as session:
        keep(session, key, DEFAULT_PROJECT, job_id, LABEL)
        references.keep(session, key, image_id, REFERENCE)
        hook = Webhook(
            project_id=DEFAULT_PROJECT,
            url="https://his.example.org",
            events=["done"],
            sealed_secret=b"",
            created_by_id=person.id,
        )
        pacs = Destination(
            project_id=DEFAULT_PROJECT,
            name="PACS",
            protocol=Protocol.STOW_RS,
            url="https://pacs.example.org",
            objects=["seg"],
        )
        session.add_all([hook, pacs])
        session.flush()
        hook.sealed_secret = seal_secret(key, hook.id, "a secret")
        pacs.sealed_credentials = seal_credentials(key, pacs.id, "Basic x")
        session.query(LocalLabel).update({"job_id": None, "image_id": image_id})
    site.close()
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(settings.data_dir))
    yield Place(settings, image_id, hook.id, pacs.id)


def rotate(*arguments: str) -> Result:
    get_settings.cache_clear()
    try:
        return CliRunner().invoke(keys, ["rotate", *arguments])
    finally:
        get_settings.cache_clear()


def test_everything_opens_with_the_new_key_and_nothing_with_the_old(place: Place) -> None:
    old = load_site_key(place.settings)
    pseudonym = old.pseudonym("TEST-0001")
    for _ in range(2):  # data kept by the first rotation survives the second
        result = rotate()
        assert result.exit_code == 0, result.output
        assert "4 texts are sealed" in result.output
        place.require_all_readable()
        require_site_key(place.settings)
        now = place.opened()
        assert now.site_key.fingerprint() != old.fingerprint()
        assert now.site_key.pseudonym("TEST-0001") == pseudonym
        with now.database.write() as session:
            assert references.unseal(session, old, place.image_id, SYSTEM, "test") is None
            assert labels_of(session, old, [place.image_id]) == {}
        now.close()


def test_a_rotation_that_was_cut_off_behind_its_last_write_is_finished_at_the_next_start(
    place: Place,
) -> None:
    folder = place.settings.data_dir
    before = (folder / "site.key").read_bytes()
    assert rotate().exit_code == 0
    (folder / "site.key").rename(folder / "site.key.next")
    (folder / "site.key").write_bytes(before)
    require_site_key(place.settings)
    assert not (folder / "site.key.next").exists()
    place.require_all_readable()


def test_one_that_was_cut_off_before_it_leaves_the_old_key(place: Place) -> None:
    folder = place.settings.data_dir
    (folder / "site.key.next").write_bytes(b"a key that no row was sealed with, long enough")
    require_site_key(place.settings)
    place.require_all_readable()


def test_a_site_that_runs_is_left_alone(place: Place) -> None:
    before = (place.settings.data_dir / "site.key").read_bytes()
    with hold(place.settings.data_dir):
        result = rotate()
    assert result.exit_code != 0
    assert "Stop the site first" in result.output
    assert (place.settings.data_dir / "site.key").read_bytes() == before


def test_a_key_that_is_a_setting_is_replaced_by_hand(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = (place.settings.data_dir / "site.key").read_text()
    monkeypatch.setenv("SONOLOOP_SITE_KEY", present)
    assert "--new-key" in rotate().output
    written = place.settings.data_dir / "new"
    written.write_text("a new key of an administrator, long enough\n")
    result = rotate("--new-key", str(written))
    assert result.exit_code == 0, result.output
    assert "set SONOLOOP_SITE_KEY" in result.output
    (place.settings.data_dir / "site.key").write_bytes(written.read_bytes().strip())
    place.require_all_readable()


def test_no_sealed_column_is_forgotten() -> None:
    there = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.startswith("sealed") and isinstance(column.type, LargeBinary)
    }
    assert there == {(one.table.__tablename__, one.sealed) for one in SEALED}


def test_a_stranger_cannot_use_what_is_carried(place: Place) -> None:
    assert rotate().exit_code == 0
    stranger = SiteKey(b"a key that somebody guessed, long enough")
    place_of = place.opened()
    assert stranger.pseudonym("TEST-0001") != place_of.site_key.pseudonym("TEST-0001")
    place_of.close()
