"""A machine sends MPEG-2, H.264 and HEVC films as DICOM by C-STORE, and each becomes a cine."""

import io
import subprocess
from pathlib import Path
from uuid import UUID

from pydicom import dcmread
from pydicom.uid import HEVCM10P51, HEVCMP51, MPEG2MPML, MPEG4HP41, generate_uid
from sqlalchemy import func, select

from app.accounts import service
from app.core.audit import SYSTEM
from app.dicom import peers
from app.images.tables import Frame, Image
from tests.behaviour.dicom.test_cstore import DCMTK_STORE, start
from tests.cines import cine_frames, cine_video_dicom
from tests.processes import Processes, wait_until
from tests.running_site import Site

FILMS = {MPEG2MPML: "-xm", MPEG4HP41: "-xn", HEVCMP51: "-x4", HEVCM10P51: "-x5"}
"""Transfer syntaxes, and the DCMTK option that proposes each."""
FEWEST = 5


def test_films_that_a_machine_sends_become_cines(
    running: tuple[Processes, Site], tmp_path: Path
) -> None:
    """Each film has a different number of frames and is recognised by it."""
    processes, site = running
    project = site.add_project("Films")
    with site.database.write() as session:
        account = service.add_service(session, site.key, SYSTEM, "Films", project)
        peers.put(session, site.key, SYSTEM, "FILMS", account, project, commits=False)
    process, port = start(processes)
    try:
        for count, (syntax, proposed) in enumerate(FILMS.items(), FEWEST):
            dataset = dcmread(io.BytesIO(cine_video_dicom(cine_frames(count)[0], syntax)))
            dataset.SOPInstanceUID = generate_uid()
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            film = tmp_path / f"{count}.dcm"
            dataset.save_as(film)
            command = [DCMTK_STORE, proposed, "-R", "-aet", "FILMS", "-aec", "SONOLOOP"]
            where = ["127.0.0.1", str(port), film]
            subprocess.run([*command, *where], check=True, capture_output=True, timeout=120)
        wanted = [*range(FEWEST, FEWEST + len(FILMS))]
        wait_until(lambda: frames(site, project) == wanted, what="for the frames of all")
    finally:
        process.terminate()
        process.wait(20)


def frames(site: Site, project: UUID) -> list[int]:
    """Return the number of frames of each image of the project, in ascending order."""
    query = select(func.count(Frame.id)).join(Image, Image.id == Frame.image_id)
    of = query.where(Image.project_id == project).group_by(Image.id)
    with site.database.read() as session:
        return sorted(session.scalars(of))
