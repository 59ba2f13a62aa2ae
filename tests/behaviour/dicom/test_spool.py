"""The spool of the listener: what was acknowledged is handed on, whatever became of its sender."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.accounts import service
from app.core.audit import SYSTEM
from app.core.state import State
from app.dicom import peers
from app.dicom.spool import Spool
from app.instances import records as instances
from tests.behaviour.dicom.sending import instance, instance_uid
from tests.processes import wait_until
from tests.running_site import Site

SIZE = len(instance(1))


@pytest.fixture
def state(site: Site) -> Iterator[State]:
    made = State.open(site.settings)
    yield made
    made.close()


@pytest.fixture
def spool(state: State, tmp_path: Path) -> Iterator[Spool]:
    made = Spool(state, tmp_path / "spool", 8 * SIZE)
    yield made
    if made.alive:
        made.stop()


@pytest.fixture
def project(site: Site) -> UUID:
    return site.add_project("Scanner room")


def put(site: Site, project: UUID, title: str) -> UUID:
    """Let a peer send, for an account of its own; return its id."""
    with site.database.write() as session:
        name = f"{title} {uuid4()}"
        account = service.add_service(session, site.key, SYSTEM, name, project)
        peers.put(session, site.key, SYSTEM, title, account, project, commits=False)
        row = peers.by_ae_title(session, title)
        assert row is not None
        return row.id


def keep(spool: Spool, peer: UUID, number: int) -> None:
    path = spool.incoming / f"{number}.dcm"
    path.write_bytes(instance(number))
    try:
        spool.keep(peer, path)
    finally:
        path.unlink()  # as pynetdicom does


def is_kept(site: Site, project: UUID, number: int) -> bool:
    code = instances.code(site.key, instance_uid(number))
    with site.database.read() as session:
        return instances.is_kept(session, project, code)


def test_a_peer_that_is_removed_and_set_again_loses_nothing_that_waited(
    site: Site, spool: Spool, project: UUID
) -> None:
    keep(spool, put(site, project, "SCANNER"), 1)
    with site.database.write() as session:
        assert peers.remove(session, site.key, SYSTEM, "SCANNER")
    put(site, project, "SCANNER")
    spool.start()
    wait_until(lambda: is_kept(site, project, 1), what="for the instance")


def test_what_waits_of_one_peer_leaves_room_for_another(
    site: Site, spool: Spool, project: UUID
) -> None:
    first, second = put(site, project, "FIRST"), put(site, project, "SECOND")
    kept = 0
    with pytest.raises(OSError, match="full"):
        for kept in range(100):
            keep(spool, first, kept)
    assert kept >= 4, "half of the spool"
    for number in range(200, 203):
        keep(spool, second, number)
    spool.start()
    wait_until(lambda: is_kept(site, project, kept - 1) and is_kept(site, project, 202))
    keep(spool, first, kept)


def test_a_folder_that_cannot_be_read_does_not_end_the_handing_on(
    site: Site, spool: Spool, project: UUID
) -> None:
    peer = put(site, project, "SCANNER")
    keep(spool, peer, 1)
    spool.start()
    wait_until(lambda: is_kept(site, project, 1), what="for the first")
    kept = spool.incoming.parent / "2.dcm"
    kept.write_bytes(instance(2))
    shutil.rmtree(spool.incoming)  # as somebody who tidies temporary files
    spool.keep(peer, kept)
    wait_until(lambda: is_kept(site, project, 2), what="for the second")
    assert spool.alive
