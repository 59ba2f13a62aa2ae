"""Fuzzes every entry point of a running site.

Damaged files arrive by STOW-RS, C-STORE, upload, upload in parts and a watched folder, ZIPs of
DICOM files as studies, ZIPs of labels as imports.

    python -m bench.fuzz_doors --count 1000

Damage is that of `bench.fuzz` and `bench.fuzz_archives`, determined by `--seed` and the file's
number. Exits with 1 if a route answered with a 5xx or not at all, a process of the site died, or a
job was given up.
"""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import click
import httpx
import psutil
from pydicom.uid import UltrasoundImageStorage
from pynetdicom import AE, _config
from pynetdicom.association import Association

from app.dicom.classes import TRANSFER_SYNTAXES
from bench.fuzz_archives import METHODS, Files, cut, damaged, flipped, odd_field, packed
from bench.fuzz_mutations import mutated
from bench.fuzz_seeds import dicoms
from bench.label_archives import Packed, all_archives
from bench.site import SONOLOOP, site

AE_TITLE = "FUZZ"
SECONDS = 60.0
"""Seconds without an answer after which a route counts as hanging."""
FINAL = {"done", "failed", "cancelled"}


@dataclass(frozen=True)
class Doors:
    """The entry points of a site.

    Attributes:
        token: a token that may segment and read.
        admin: a token that may import labels.
        port: port of the listener, which knows `AE_TITLE`.
        watched: a folder from which `sonoloop watch` takes files.
        alive: returns the process ids, which must not change.
    """

    url: str
    token: str
    admin: str
    port: int
    watched: Path
    alive: Callable[[], set[int]]


@dataclass
class Found:
    """The results: answers by entry point, and those that must not occur."""

    count: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    worst_ms: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether there are no forbidden outcomes."""
        return not self.wrong


def case(number: int, seed: int, files: dict[str, bytes]) -> tuple[str, bytes]:
    """The damaged file with this number, and its seed."""
    rng = random.Random(f"doors:{seed}:{number}")
    name = rng.choice(sorted(files))
    return name, mutated(rng, name, files)


def study(number: int, seed: int, files: dict[str, bytes]) -> tuple[str, bytes]:
    """The damaged ZIP of DICOM files with this number: some of its files, or the ZIP, or both."""
    rng = random.Random(f"study:{seed}:{number}")
    inside: Files = {}
    for place in range(rng.randint(1, 4)):
        name = rng.choice(sorted(files))
        data = files[name] if rng.random() < 0.5 else mutated(rng, name, files)
        inside[rng.choice((f"DICOM/IM{place}", f"..\\IM{place}", "DICOMDIR", "é/" + name))] = data
    zipped = packed(inside, rng.choice(METHODS))
    how = rng.choice((None, flipped, cut, odd_field))
    return " ".join(inside), how(rng, zipped) if how else zipped


def labels(number: int, seed: int, archives: dict[str, Packed]) -> tuple[str, bytes]:
    """The damaged archive of labels with this number."""
    rng = random.Random(f"labels:{seed}:{number}")
    name = rng.choice(sorted(archives))
    return name, damaged(rng, archives[name].files).data


def run(doors: Doors, count: int, seed: int) -> Found:
    """Send this many damaged files, each through the next entry point, and wait for their jobs."""
    files, archives = dicoms(), dict(all_archives())
    found, before = Found(), doors.alive()
    headers = {"Authorization": f"Bearer {doors.token}"}
    as_admin = {"Authorization": f"Bearer {doors.admin}"}
    with (
        httpx.Client(base_url=doors.url, headers=headers, timeout=SECONDS) as client,
        httpx.Client(base_url=doors.url, headers=as_admin, timeout=SECONDS) as admin,
        tempfile.TemporaryDirectory() as folder,
    ):
        calling = _Calling(doors.port, Path(folder))
        ways: list[tuple[str, Callable[[int], tuple[str, bytes]], Callable[[bytes], str]]] = [
            ("stow", lambda n: case(n, seed, files), lambda data: _stow(client, data)),
            ("c-store", lambda n: case(n, seed, files), calling.send),
            ("upload", lambda n: case(n, seed, files), lambda data: _upload(client, data)),
            ("parts", lambda n: case(n, seed, files), lambda data: _parts(client, data)),
            ("watch", lambda n: case(n, seed, files), lambda data: _drop(doors.watched, data)),
            ("study", lambda n: study(n, seed, files), lambda data: _study(client, data)),
            ("import", lambda n: labels(n, seed, archives), lambda data: _import(admin, data)),
        ]
        for number in range(count):
            door, made, send = ways[number % len(ways)]
            name, data = made(number)
            started = time.monotonic()
            try:
                answer = send(data)
            except (httpx.HTTPError, OSError, TimeoutError) as error:
                answer = f"no answer: {type(error).__name__}"
            took = (time.monotonic() - started) * 1000
            found.worst_ms = max(found.worst_ms, took)
            found.answers[f"{door} {answer}"] += 1
            found.count += 1
            if answer.startswith(("5", "no answer")):
                found.wrong.append(f"{number} {name} by {door}: {answer}")
        calling.end()
        _noise(doors.port, seed)
        _put_aside(doors.watched, found)
        _jobs(client, found)
        _jobs(admin, found)
    if lost := before - doors.alive():
        found.wrong.append(f"processes died: {sorted(lost)}")
    return found


def _stow(client: httpx.Client, data: bytes) -> str:
    mark = b"fuzz-boundary-of-its-own"
    head = b"--" + mark + b"\r\nContent-Type: application/dicom\r\n\r\n"
    kind = f'multipart/related; type="application/dicom"; boundary={mark.decode()}'
    answer = client.post(
        "/dicomweb/studies",
        content=head + data + b"\r\n--" + mark + b"--\r\n",
        headers={"Content-Type": kind},
    )
    return str(answer.status_code)


def _upload(client: httpx.Client, data: bytes) -> str:
    return str(client.post("/segment", params={"wait": 0}, content=data).status_code)


def _parts(client: httpx.Client, data: bytes) -> str:
    begun = client.post("/uploads", json={"size": len(data)})
    if begun.status_code != 201:
        return str(begun.status_code)
    upload, half = begun.json()["id"], len(data) // 2
    for offset, part in ((0, data[:half]), (half, data[half:])):
        sent = client.patch(f"/uploads/{upload}", params={"offset": offset}, content=part)
        if sent.status_code != 200:
            return str(sent.status_code)
    fields = {"upload": (None, upload)}
    return str(client.post("/segment", params={"wait": 0}, files=fields).status_code)


def _drop(folder: Path, data: bytes) -> str:
    path = folder / f"{uuid4()}.dcm"
    path.with_suffix(".part").write_bytes(data)
    path.with_suffix(".part").rename(path)
    return "dropped"


def _put_aside(folder: Path, found: Found) -> None:
    """Wait until every file of the watched folder is put aside."""
    deadline = time.monotonic() + 10 * SECONDS
    while any(path.is_file() for path in folder.iterdir()):
        if time.monotonic() > deadline:
            found.wrong.append("files that stay in the watched folder")
            return
        time.sleep(0.5)
    for where in ("done", "failed"):
        found.answers[f"watch {where}"] += sum(1 for _ in (folder / where).glob("*.dcm"))


def _study(client: httpx.Client, data: bytes) -> str:
    kind = {"Content-Type": "application/zip"}
    return str(client.post("/images", content=data, headers=kind).status_code)


def _import(admin: httpx.Client, data: bytes) -> str:
    return str(admin.post("/imports", files={"file": ("labels.zip", data)}).status_code)


class _Calling:
    """C-STORE of unchanged files: the data set is sent without being parsed."""

    def __init__(self, port: int, folder: Path) -> None:
        _config.STORE_SEND_CHUNKED_DATASET = True
        self._entity = AE(AE_TITLE)
        self._entity.dimse_timeout = self._entity.network_timeout = SECONDS
        for syntax in TRANSFER_SYNTAXES:
            self._entity.add_requested_context(UltrasoundImageStorage, [syntax])
        self._port = port
        self._path = folder / "file.dcm"
        self._assoc: Association | None = None

    def send(self, data: bytes) -> str:
        """Send a file; return the status, or why no sender could send it."""
        if self._assoc is None or not self._assoc.is_established:
            self._assoc = self._entity.associate("127.0.0.1", self._port, ae_title="SONOLOOP")
            if not self._assoc.is_established:
                return "no answer: no association"
        self._path.write_bytes(data)
        try:
            status = self._assoc.send_c_store(self._path)
        except Exception as error:  # its meta information is damaged: no sender could send it
            return f"not sent: {type(error).__name__}"
        return f"{status.Status:04x}" if "Status" in status else "aborted"

    def end(self) -> None:
        """Release the association."""
        if self._assoc is not None and self._assoc.is_established:
            self._assoc.release()


def _noise(port: int, seed: int) -> None:
    """Send bytes that are not DICOM at all, and truncated protocol data units."""
    rng = random.Random(seed)
    for length in (1, 5, 6, 100, 5000):
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            kind = rng.choice([b"\x01\x00", b"\x04\x00", b""])
            connection.sendall(kind + rng.randbytes(length))


def _jobs(client: httpx.Client, found: Found) -> None:
    """Wait for every job's end; one that was given up, or failed in our code, is wrong."""
    deadline = time.monotonic() + 10 * SECONDS
    while True:
        jobs, cursor = [], None
        while True:
            query = {"limit": "100", **({"cursor": cursor} if cursor else {})}
            page = client.get("/jobs", params=query).json()
            jobs += page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                break
        if all(job["state"] in FINAL for job in jobs):
            break
        if time.monotonic() > deadline:
            found.wrong.append("jobs that do not end")
            break
        time.sleep(0.5)
    for job in jobs:
        problem = job.get("problem") or {}
        found.jobs[problem.get("code") or job["state"]] += 1
        if problem and int(problem.get("status", 0)) >= 500:
            found.wrong.append(f"job {job['id']}: {problem.get('code')}")


@click.command()
@click.option("--count", default=1000, show_default=True, help="Damaged files.")
@click.option("--seed", default=1, show_default=True)
def main(count: int, seed: int) -> None:
    """Fuzz every entry point of a running site."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with site(dicom_port=str(port), dicom_host="127.0.0.1") as running:
        environment = {"SONOLOOP_DATA_DIR": str(running.data), "PATH": "/usr/bin:/bin"}

        def command(*arguments: str) -> str:
            done = subprocess.run(
                [*SONOLOOP, *arguments],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
            return done.stdout.strip()

        command("service-account", "create", "--name", "Fuzz")
        command("dicom", "peer", "add", AE_TITLE, "--account", "Fuzz")
        scopes = ("--scope", "segment", "--scope", "read")
        token = command("token", "create", "--name", "f", "--service-account", "Fuzz", *scopes)
        importing = (*scopes, "--scope", "admin")
        admin = command("token", "create", "--name", "imports", *importing)

        folder = running.data / "watched"
        folder.mkdir()
        watch = ("watch", str(folder), "--account", "Fuzz", "--settle", "0.1")
        watching = subprocess.Popen([*SONOLOOP, *watch], env=environment)

        def alive() -> set[int]:
            own = {watching.pid} if watching.poll() is None else set()
            return own | {child.pid for child in psutil.Process(running.pid).children()}

        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        started = time.monotonic()
        found = run(Doors(running.url, token, admin, port, folder, alive), count, seed)
        watching.terminate()
        watching.wait(60)
    report = {
        "files": found.count,
        "answers": dict(sorted(found.answers.items())),
        "jobs": dict(found.jobs.most_common()),
        "wrong": found.wrong,
        "worst_ms": round(found.worst_ms),
        "seconds": round(time.monotonic() - started),
    }
    click.echo(json.dumps(report, indent=2))
    sys.exit(0 if found.sound and found.count == count else 1)


if __name__ == "__main__":
    main()
