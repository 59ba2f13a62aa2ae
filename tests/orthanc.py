"""Orthanc, the PACS of the tests: a real server on loopback, with authentication and DICOMweb.

It keeps what it is sent in a folder of its own. `scripts/pacs.sh` installs it; where it is missing,
tests that need it fail and say so.
"""

import json
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from os import environ, getpid
from pathlib import Path
from typing import Any

import httpx

from app.core.process import die_with_parent
from tests.processes import free_port, wait_until

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
START_SECONDS = 60


def find_program() -> str:
    """The program that Debian installs where only root has it on the path.

    Raises:
        RuntimeError: it, or its plug-in, is not installed.
    """
    found = shutil.which("Orthanc", path=f"{environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None or not PLUGIN.exists():
        raise RuntimeError("Orthanc is not installed; run scripts/pacs.sh (as root on Debian)")
    return found


class Orthanc:
    """A running Orthanc.

    Attributes:
        url: of its REST interface; DICOMweb is at `dicomweb_url`.
        auth: user and password.
        dicom_port: where it takes C-STORE, C-FIND and the like.
        ae_title: its own.
    """

    ae_title = "ORTHANC"

    def __init__(
        self,
        servers: Mapping[str, Sequence[str]] | None = None,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        """Start one.

        Args:
            tls: certificate of localhost and its key; its DICOM port speaks TLS then. (Debian's
                Orthanc dies of the first connection by HTTPS.)
            servers: DICOMweb servers that it may send to, by name: address, user and password or
                HTTP headers, as its configuration has them.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="orthanc-"))
        self.port, self.dicom_port = free_port(), free_port()
        self.auth = ("pacs", secrets.token_urlsafe(12))
        self.url = f"http://127.0.0.1:{self.port}"
        self.dicomweb_url = f"{self.url}/dicom-web"
        configuration: dict[str, Any] = {
            "Name": "Test PACS",
            "StorageDirectory": str(self.folder / "storage"),
            "IndexDirectory": str(self.folder / "index"),
            "Plugins": [str(PLUGIN)],
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {self.auth[0]: self.auth[1]},
            "HttpPort": self.port,
            "DicomAet": self.ae_title,
            "DicomPort": self.dicom_port,
            "DicomCheckCalledAet": False,
            "DicomAlwaysAllowEcho": True,
            "DicomAlwaysAllowStore": True,
            "DicomModalitiesInDatabase": True,
            "HttpTimeout": 30,
            "HttpsVerifyPeers": False,
            "JobsHistorySize": 100,
            "DicomWeb": {
                "Enable": True,
                "Root": "/dicom-web/",
                "EnableWado": True,
                "Servers": dict(servers or {}),
            },
        }
        if tls:
            certificate, key = tls
            configuration |= {
                "DicomTlsEnabled": True,
                "DicomTlsCertificate": str(certificate),
                "DicomTlsPrivateKey": str(key),
                "DicomTlsTrustedCertificates": str(certificate),
                "DicomTlsRemoteCertificateRequired": False,
            }
        written = self.folder / "orthanc.json"
        written.write_text(json.dumps(configuration))
        self._log = self.folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [find_program(), str(written)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=partial(die_with_parent, getpid()),
            )
        self.client = httpx.Client(
            base_url=self.url,
            auth=self.auth,
            timeout=60,
            verify=False,
            # It closes a connection that rests while a request is on its way.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        wait_until(self._answers, START_SECONDS, "for Orthanc")

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(self._log.read_text(errors="replace")[-4000:])
        try:
            return self.client.get("/system").status_code == 200
        except httpx.HTTPError:
            return False

    def store(self, data: bytes) -> str:
        """Put a Part 10 file in; Orthanc's id of the instance."""
        answer = self.client.post("/instances", content=data)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ID"])

    def instances(self) -> list[str]:
        """Orthanc's ids of all that it holds."""
        return list(self.client.get("/instances").json())

    def file(self, instance: str) -> bytes:
        """An instance as a Part 10 file."""
        answer = self.client.get(f"/instances/{instance}/file")
        assert answer.status_code == 200, answer.text
        return answer.content

    def know_modality(self, name: str, ae_title: str, port: int) -> None:
        """Let it send to an AE on this machine under that name."""
        body = {"AET": ae_title, "Host": "127.0.0.1", "Port": port}
        answer = self.client.put(f"/modalities/{name}", json=body)
        assert answer.status_code == 200, answer.text

    def push(self, name: str, instances: Sequence[str]) -> httpx.Response:
        """C-STORE instances to a modality that it knows."""
        return self.client.post(f"/modalities/{name}/store", json=list(instances))

    def ask_commitment(self, name: str, instances: Sequence[str]) -> str:
        """Ask a modality that it knows for storage commitment; the transaction."""
        body = {"Resources": list(instances)}
        answer = self.client.post(f"/modalities/{name}/storage-commitment", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ID"])

    def commitment(self, transaction: str) -> str:
        """The reported state of a transaction: Pending, Success or Failure."""
        return str(self.client.get(f"/storage-commitment/{transaction}").json()["Status"])

    def empty(self) -> None:
        """Delete everything that it holds."""
        for patient in self.client.get("/patients").json():
            self.client.delete(f"/patients/{patient}")

    def close(self) -> None:
        """End it and remove its folder."""
        self.client.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
