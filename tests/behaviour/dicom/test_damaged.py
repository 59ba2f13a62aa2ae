"""A few damaged files by every door; `python -m bench.fuzz_doors` sends a thousand."""

from app.accounts import service
from app.core.audit import SYSTEM
from app.dicom import peers
from bench.fuzz_doors import AE_TITLE, Doors, run
from tests.behaviour.dicom.test_cstore import start
from tests.processes import Processes
from tests.running_site import Site

DOORS = {"stow", "c-store", "upload", "study", "import"}


def test_damaged_files_cost_no_process_and_no_5xx_by_any_door(
    running: tuple[Processes, Site],
) -> None:
    processes, site = running
    project = site.add_project()
    with site.database.write() as session:
        account = service.add_service(session, site.key, SYSTEM, AE_TITLE, project)
        peers.put(session, site.key, SYSTEM, AE_TITLE, account, project, commits=False)
    token = site.token(account, "segment", "read")[1]
    importing = site.add_person("admin", "importing@example.org")
    admin = site.token(importing, "admin", "read", "segment", project_id=project)[1]
    listener, port = start(processes)
    watched = {one.pid: one for one in processes.running}

    def alive() -> set[int]:
        return {pid for pid, one in watched.items() if one.poll() is None}

    found = run(Doors(site.url, token, admin, port, alive), 60, seed=7)
    listener.terminate()
    assert listener.wait(60) == 0
    assert found.sound, found
    assert {answer.split()[0] for answer in found.answers} == DOORS
    assert found.jobs["done"]
