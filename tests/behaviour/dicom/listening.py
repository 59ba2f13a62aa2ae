"""A DICOM listener in a separate process, as tests drive it."""

import re
import signal
import subprocess
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

from pydicom import dcmread
from pydicom.uid import UltrasoundImageStorage
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ComprehensiveSRStorage,
    StorageCommitmentPushModel,
    Verification,
)

from app.instances import records as instances
from tests.behaviour.dicom.sending import instance_uid
from tests.processes import Processes, wait_until
from tests.running_site import Site

SENT = "MODALITY"
COMMITS = "ARCHIVED"


@dataclass
class Listening:
    """A listener in a separate process, and the rows that it writes."""

    processes: Processes
    site: Site
    process: subprocess.Popen[bytes]
    port: int
    project: UUID

    def associate(
        self, ae_title: str = SENT, called: str = "SONOLOOP", **how: object
    ) -> Association:
        entity = AE(ae_title)
        for sop_class in (Verification, UltrasoundImageStorage, ComprehensiveSRStorage):
            entity.add_requested_context(sop_class)
        entity.add_requested_context(StorageCommitmentPushModel)
        return entity.associate("127.0.0.1", self.port, ae_title=called, **how)

    def send(self, *files: bytes, ae_title: str = SENT) -> list[int]:
        """Send files by C-STORE and return the status of each."""
        assoc = self.associate(ae_title)
        assert assoc.is_established
        try:
            return [assoc.send_c_store(dcmread(BytesIO(one))).Status for one in files]
        finally:
            assoc.release()

    def kept(self, numbers: list[int]) -> list[int]:
        """Return the numbers of those instances for which there is a job."""
        key = self.site.key
        with self.site.database.read() as session:
            return [
                number
                for number in numbers
                if instances.is_kept(
                    session, self.project, instances.code(key, instance_uid(number))
                )
            ]

    def restart(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(60)
        self.process, self.port = start(self.processes)


def start(processes: Processes, *options: str) -> tuple[subprocess.Popen[bytes], int]:
    before = len(processes.log("dicom"))
    process = processes._start(
        "dicom",
        ["app", "dicom", "listen", "--host", "127.0.0.1", "--port", "0", *options],
        PYTHONUNBUFFERED="1",
    )

    def port() -> int | None:
        said = processes.log("dicom")[before:]
        assert process.poll() is None, said
        found = re.search(r"Listening on port (\d+)", said)
        return int(found[1]) if found else None

    return process, wait_until(port, what="for the listener")  # type: ignore[return-value]
