"""A watched folder: complete files become images and are moved aside, others get a reason."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.accounts.principal import principal_of
from app.core.state import State
from app.dicom.watching import Watch
from app.jobs.tables import Job, JobState
from tests.behaviour.dicom.sending import instance
from tests.running_site import Site, picture

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
