"""A running download ends when the person's access ends."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from app.accounts import downloads, memberships
from app.accounts.tables import ApiToken, Role, User
from app.core.ids import now
from app.exports.tables import Export, ExportPart, part_key
from app.projects.tables import DEFAULT_PROJECT
from tests.behaviour.exports.archives import order, work
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.running_site import Site

LARGE = 48 * 2**20
"""Bytes; more than the sockets between server and client can buffer."""


@pytest.fixture(scope="module")
def large(shared_site: Site) -> UUID:
    """A finished export with a large archive."""
    add_pooled(shared_site, shared_site.person("annotator"), speckle(1), ellipses((20, 20)))
    details = order(shared_site.browser("admin"))
    work(shared_site, details["links"]["job"])
    export_id = UUID(details["id"])
    shared_site.blobs.put(part_key(export_id, 1), bytes(LARGE))
    with shared_site.database.write() as session:
        session.execute(update(ExportPart).values(size_bytes=LARGE))
        session.execute(update(Export).values(size_bytes=LARGE))
    return export_id


def deactivate(site: Site, user: User) -> None:
    with site.database.write() as session:
        session.execute(update(User).where(User.id == user.id).values(active=False))


def revoke(site: Site, user: User) -> None:
    with site.database.write() as session:
        session.execute(
            update(ApiToken).where(ApiToken.user_id == user.id).values(revoked_at=now())
        )


def demote(site: Site, user: User) -> None:
    with site.database.write() as session:
        session.execute(update(User).where(User.id == user.id).values(site_admin=False))
        memberships.put(session, DEFAULT_PROJECT, user.id, Role.REVIEWER)


@pytest.mark.parametrize("lose", [deactivate, revoke, demote])
def test_a_download_stops_when_access_ends(
    shared_site: Site,
    large: UUID,
    lose: Callable[[Site, User], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(downloads, "RECHECK_SECONDS", 0.0)
    admin = shared_site.add_person("admin")
    client = shared_site.script(admin, "admin")
    got = 0
    with client.stream("GET", f"/exports/{large}/archive") as answer:
        assert answer.status_code == 200
        pieces = answer.iter_raw()
        got += len(next(pieces))
        lose(shared_site, admin)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            got += sum(len(piece) for piece in pieces)
    assert got < LARGE


def test_a_download_of_somebody_who_keeps_access_is_whole(
    shared_site: Site, large: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "RECHECK_SECONDS", 0.0)
    client = shared_site.script(shared_site.add_person("admin"), "admin")
    assert len(client.get(f"/exports/{large}/archive").content) == LARGE


def test_a_download_stops_when_a_picture_in_it_is_blacked_out(
    shared_site: Site, large: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "RECHECK_SECONDS", 0.0)
    client = shared_site.script(shared_site.add_person("admin"), "admin")
    with client.stream("GET", f"/exports/{large}/archive") as answer:
        pieces = answer.iter_raw()
        next(pieces)
        with shared_site.database.write() as session:
            session.execute(update(Export).values(expired_at=now()))
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            list(pieces)
