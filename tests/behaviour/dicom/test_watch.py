"""A watched folder: complete files become images and are moved aside, others get a reason."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.accounts.principal import principal_of
from app.accounts.tables import User
from app.core.state import State
from app.dicom.watching import Watch
from app.jobs.tables import Job, JobState
from tests.behaviour.dicom.sending import instance
from tests.conftest import fresh_settings
from tests.integration.servers import Postgres
from tests.running_site import Site, picture, running_site

REPORT = "1.2.840.10008.5.1.4.1.1.88.33"


@pytest.fixture
def watch(site: Site, tmp_path: Path) -> Iterator[Callable[[], Watch]]:
    """Watch `tmp_path/in` from scratch each time, like a restarted process."""
    state = State.open(site.settings)
    (tmp_path / "in").mkdir()
    with state.database.read() as session:
        principal = principal_of(session, site.person("annotator")).entering(None)
    yield lambda: Watch(state, principal, tmp_path / "in", 0)
    state.close()


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def end_jobs(site: Site, state: JobState, detail: str | None = None) -> int:
    """End all queued jobs, as a worker would, and return their number."""
    with site.database.write() as session:
        jobs = session.scalars(select(Job).where(Job.state == JobState.QUEUED)).all()
        for job in jobs:
            job.state, job.problem = state, {"detail": detail} if detail else None
    return len(jobs)


def test_files_are_put_aside_once_their_jobs_have_ended(
    site: Site, watch: Callable[[], Watch], tmp_path: Path
) -> None:
    folder, watching = tmp_path / "in", watch()
    (folder / "study").mkdir()
    (folder / "study" / "a.dcm").write_bytes(instance(1))
    (folder / "b.png").write_bytes(picture("PNG"))
    (folder / "half.dcm.part").write_bytes(b"x")
    watching.step()
    assert names(folder) == {"study/a.dcm", "b.png", "half.dcm.part"}
    assert end_jobs(site, JobState.DONE) == 2
    watching.step()
    assert names(folder) == {"done/study/a.dcm", "done/b.png", "half.dcm.part"}


def test_what_cannot_be_an_image_says_why(
    site: Site, watch: Callable[[], Watch], tmp_path: Path
) -> None:
    folder, watching = tmp_path / "in", watch()
    (folder / "report.dcm").write_bytes(instance(2, SOPClassUID=REPORT))
    (folder / "broken.png").write_bytes(b"\x89PNG")
    watching.step()
    end_jobs(site, JobState.FAILED, "The file ends before the image does.")
    watching.step()
    reasons = {path.name: path.read_text() for path in (folder / "failed").glob("*.txt")}
    assert "Only ultrasound images" in reasons["report.dcm.reason.txt"]
    assert "ends before" in reasons["broken.png.reason.txt"]
    assert {"failed/report.dcm", "failed/broken.png"} < names(folder)


def test_killed_and_started_again_it_makes_no_second_job(
    site: Site, watch: Callable[[], Watch], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "a.dcm").write_bytes(instance(3))
    (folder / "b.png").write_bytes(picture("PNG"))
    watch().step()
    again = watch()
    again.step()
    with site.database.read() as session:
        assert session.scalar(select(func.count(Job.id))) == 2
    end_jobs(site, JobState.DONE)
    again.step()
    assert names(folder) == {"done/a.dcm", "done/b.png"}


def test_a_file_that_still_grows_is_left_alone(
    site: Site, watch: Callable[[], Watch], tmp_path: Path
) -> None:
    watching = watch()
    watching._settle = 3600
    path = tmp_path / "in" / "a.dcm"
    path.write_bytes(instance(4)[:1000])
    (tmp_path / "in" / "link.dcm").symlink_to("/etc/hostname")
    watching.step()
    assert end_jobs(site, JobState.DONE) == 0
    assert path.exists()


@pytest.mark.parametrize("long", ["x" * 250, "超声" * 42])
def test_a_name_as_long_as_a_file_may_have_holds_up_no_other_file(
    site: Site, watch: Callable[[], Watch], tmp_path: Path, long: str
) -> None:
    folder, watching = tmp_path / "in", watch()
    for kind in ("a", "b"):  # the second one of that name gets a number
        (folder / f"{long}.{kind}").write_bytes(b"no image")
        (folder / "failed").mkdir(exist_ok=True)
        (folder / "failed" / f"{long}.{kind}").write_bytes(b"no image")
    (folder / "z.png").write_bytes(picture("PNG"))
    watching.step()
    end_jobs(site, JobState.FAILED, "This is not an image.")
    watching.step()
    found = names(folder)
    assert "failed/z.png" in found
    assert len(list((folder / "failed").glob("*.txt"))) == 3
    assert {name for name in found if not name.startswith("failed/")} == set()


def test_a_name_that_is_not_utf_8_is_no_reason_to_stop(
    site: Site, watch: Callable[[], Watch], tmp_path: Path
) -> None:
    folder, watching = tmp_path / "in", watch()
    watching._case_rule = "US_{case}"
    (folder / os.fsdecode(b"US_\xe9.png")).write_bytes(picture("PNG"))
    watching.step()
    assert end_jobs(site, JobState.DONE) == 1
    watching.step()
    assert [os.fsencode(path.name) for path in (folder / "done").iterdir()] == [b"US_\xe9.png"]


def test_a_folder_is_put_aside_under_another_name_where_a_file_is_called_like_it(
    site: Site, watch: Callable[[], Watch], tmp_path: Path
) -> None:
    folder, watching = tmp_path / "in", watch()
    (folder / "EXAM").write_bytes(instance(5))
    watching.step()
    end_jobs(site, JobState.DONE)
    watching.step()
    (folder / "EXAM").mkdir()
    (folder / "EXAM" / "b.dcm").write_bytes(instance(6))
    (folder / "z.png").write_bytes(picture("PNG"))
    watching.step()
    end_jobs(site, JobState.DONE)
    watching.step()
    assert names(folder) == {"done/EXAM", "done/EXAM-2/b.dcm", "done/z.png"}


def test_files_wait_while_the_account_may_not_send(
    site: Site, watch: Callable[[], Watch], tmp_path: Path
) -> None:
    folder, watching = tmp_path / "in", watch()
    with site.database.write() as session:
        session.get_one(User, site.person("annotator").id).active = False
    (folder / "a.dcm").write_bytes(instance(7))
    watching.step()
    assert end_jobs(site, JobState.DONE) == 0
    assert not watching.idle
    with site.database.write() as session:
        session.get_one(User, site.person("annotator").id).active = True
    watching.step()
    assert end_jobs(site, JobState.DONE) == 1
    watching.step()
    assert names(folder) == {"done/a.dcm"}


def test_files_wait_while_the_database_is_away(tmp_path: Path, valkey: str) -> None:
    server = Postgres()
    settings = fresh_settings(tmp_path / "site", valkey, database_url=server.new_database())
    folder = tmp_path / "in"
    folder.mkdir()
    with running_site(settings) as site:
        state = State.open(settings)
        with state.database.read() as session:
            principal = principal_of(session, site.person("annotator")).entering(None)
        watching = Watch(state, principal, folder, 0)
        (folder / "a.dcm").write_bytes(instance(8))
        server.kill()
        assert watching.step() == 0
        assert not watching.idle
        server.start()
        watching.step()
        server.kill()
        assert watching.step() == 0
        server.start()
        assert end_jobs(site, JobState.DONE) == 1
        assert watching.step() == 1
        assert names(folder) == {"done/a.dcm"}
        state.close()
    server.close()
