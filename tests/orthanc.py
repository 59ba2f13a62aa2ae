"""Orthanc, the PACS of the tests: a real server on loopback, with authentication and DICOMweb.

It stores what it receives in its own folder. `scripts/pacs.sh` installs it; if it is missing, tests
that need it fail with an error that says so.
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
    """Return the program, which Debian installs in a folder that is only on root's path.

    Raises:
        RuntimeError: Orthanc or its DICOMweb plug-in is not installed.
    """
    found = shutil.which("Orthanc", path=f"{environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None or not PLUGIN.exists():
        raise RuntimeError("Orthanc is not installed; run scripts/pacs.sh (as root on Debian)")
    return found


class Orthanc:
    """A running Orthanc.

    Attributes:
        url: URL of its REST interface; DICOMweb is at `dicomweb_url`.
        auth: user and password.
        dicom_port: port for C-STORE, C-FIND and the like.
        ae_title: its AE title.
    """

    ae_title = "ORTHANC"

    def __init__(
        self,
        servers: Mapping[str, Sequence[str]] | None = None,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        """Start an Orthanc.

        Args:
            tls: certificate for localhost and its key, which make the DICOM port use TLS. (Debian's
                Orthanc crashes on the first HTTPS connection.)
            servers: DICOMweb servers that it may send to, by name: address, user and password or
                HTTP headers, in the form of its configuration.
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
            # It may close an idle connection just as a request is sent.
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
        """Store a Part 10 file and return Orthanc's id of the instance."""
        answer = self.client.post("/instances", content=data)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ID"])

    def instances(self) -> list[str]:
        """Return Orthanc's ids of all stored instances."""
        return list(self.client.get("/instances").json())

    def file(self, instance: str) -> bytes:
        """Return an instance as a Part 10 file."""
        answer = self.client.get(f"/instances/{instance}/file")
        assert answer.status_code == 200, answer.text
        return answer.content

    def know_modality(self, name: str, ae_title: str, port: int) -> None:
        """Register an AE on this machine under that name, so that Orthanc can send to it."""
        body = {"AET": ae_title, "Host": "127.0.0.1", "Port": port}
        answer = self.client.put(f"/modalities/{name}", json=body)
        assert answer.status_code == 200, answer.text

    def push(self, name: str, instances: Sequence[str]) -> httpx.Response:
        """C-STORE instances to a registered modality."""
        return self.client.post(f"/modalities/{name}/store", json=list(instances))

    def ask_commitment(self, name: str, instances: Sequence[str]) -> str:
        """Request storage commitment from a registered modality and return the transaction."""
        body = {"Resources": list(instances)}
        answer = self.client.post(f"/modalities/{name}/storage-commitment", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ID"])

    def commitment(self, transaction: str) -> str:
        """Return the reported state of a transaction: Pending, Success or Failure."""
        return str(self.client.get(f"/storage-commitment/{transaction}").json()["Status"])

    def empty(self) -> None:
        """Delete everything stored."""
        for patient in self.client.get("/patients").json():
            self.client.delete(f"/patients/{patient}")

    def close(self) -> None:
        """Stop it and remove its folder."""
        self.client.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
