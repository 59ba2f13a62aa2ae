"""A machine sends a film as DICOM by C-STORE, and it becomes a cine."""

import subprocess
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app.accounts import service
from app.core.audit import SYSTEM
from app.dicom import peers
from app.images.tables import Frame, Image
from tests.behaviour.dicom.test_cstore import DCMTK_STORE, start
from tests.cines import cine_frames, cine_video_dicom
from tests.processes import Processes, wait_until
from tests.running_site import Site

COUNT = 6


def test_a_film_that_a_machine_sends_becomes_a_cine(
    running: tuple[Processes, Site], tmp_path: Path
) -> None:
    processes, site = running
    project = site.add_project("Films")
    with site.database.write() as session:
        account = service.add_service(session, site.key, SYSTEM, "Films", project)
        peers.put(session, site.key, SYSTEM, "FILMS", account, project, commits=False)
    (tmp_path / "film.dcm").write_bytes(cine_video_dicom(cine_frames(COUNT)[0]))
    process, port = start(processes)
    try:
        sent = [DCMTK_STORE, "-xn", "-R", "-aet", "FILMS", "-aec", "SONOLOOP", "127.0.0.1"]
        film = tmp_path / "film.dcm"
        subprocess.run([*sent, str(port), film], check=True, capture_output=True, timeout=120)
        wait_until(partial(are_there, site, project), 120, "for the frames")
    finally:
        process.terminate()
        process.wait(20)


def are_there(site: Site, project: UUID) -> bool:
    """Whether the project has all frames of one image."""
    with site.database.read() as session:
        of = select(Image.id).where(Image.project_id == project)
        frames = session.scalars(select(Frame.image_id).where(Frame.image_id.in_(of))).all()
        return len(frames) == COUNT and len(set(frames)) == 1
