"""A few damaged files, sent by every route; `python -m bench.fuzz_doors` sends a thousand."""

from pathlib import Path

from app.accounts import service
from app.core.audit import SYSTEM
from app.dicom import peers
from bench.fuzz_doors import AE_TITLE, Doors, run
from tests.behaviour.dicom.listening import start
from tests.processes import Processes
from tests.running_site import Site

DOORS = {"stow", "c-store", "upload", "parts", "watch", "study", "import"}


def test_damaged_files_cost_no_process_and_no_5xx_by_any_door(
    running: tuple[Processes, Site], tmp_path: Path
) -> None:
    processes, site = running
    project = site.add_project("Damaged")
    with site.database.write() as session:
        account = service.add_service(session, site.key, SYSTEM, AE_TITLE, project)
        peers.put(session, site.key, SYSTEM, AE_TITLE, account, project, commits=False)
    token = site.token(account, "segment", "read")[1]
    importing = site.add_person("admin", "importing@example.org")
    admin = site.token(importing, "admin", "read", "segment", project_id=project)[1]
    listener, port = start(processes)
    folder = ("app", "watch", str(tmp_path), "--account", AE_TITLE)
    into = ("--project", "Damaged", "--settle", "0.1")
    watching = processes._start("watch", [*folder, *into])
    watched = {one.pid: one for one in processes.running}

    def alive() -> set[int]:
        return {pid for pid, one in watched.items() if one.poll() is None}

    found = run(Doors(site.url, token, admin, port, tmp_path, alive), 70, seed=7)
    for process in (listener, watching):
        process.terminate()
        assert process.wait(60) == 0
    assert found.sound, found
    assert {answer.split()[0] for answer in found.answers} == DOORS
    assert found.jobs["done"]
