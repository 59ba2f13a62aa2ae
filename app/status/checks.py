"""One function per check. `detail` and `fix` are public; `reason` is for the site's own people."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from app.core.blobs import BlobStore
from app.core.broker import BrokerClient
from app.core.database import Database
from app.core.revisions import current_revision, head
from app.core.state import State
from app.deployments.records import deployed_faults
from app.dicom.health import LOST_SECONDS, WAITS_SECONDS, health, spool_of
from app.status import records as heartbeat

LIMIT_SECONDS = 2.0
PING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check.

    ``detail`` and ``fix`` name no path, address or account: anybody may read them. ``reason``
    may, and is shown only to somebody at the machine.
    """

    name: str
    ok: bool
    detail: str
    fix: str | None = None
    reason: str | None = None
    answering: bool = False
    """Whether requests are still answered if it is not ok."""


CheckFunction = Callable[[], Check]


def database(database: Database) -> Check:
    """Check that the database answers and has this version's schema."""
    try:
        with database.engine.connect() as connection:
            found = current_revision(connection)
    except DBAPIError as error:
        return Check(
            "database",
            False,
            "The database does not answer.",
            "See that the database server runs and that SONOLOOP_DATABASE_URL is right.",
            str(error.orig),
        )
    if found != head():
        return Check(
            "database",
            False,
            "The database is not at this version's schema.",
            "Run `sonoloop migrate`.",
            f"found {found}, needed {head()}",
        )
    return Check("database", True, "Answers, migrated.")


def broker(broker: BrokerClient) -> Check:
    """Check that the broker answers a ping."""
    try:
        broker.ping()
    except RedisError as error:
        return Check(
            "broker",
            False,
            "The broker does not answer; results will be late.",
            "See that Redis or Valkey runs and that SONOLOOP_REDIS_URL is right.",
            str(error),
        )
    return Check("broker", True, "Answers.")


def blobs(store: Callable[[], BlobStore]) -> Check:
    """Check that a probe can be written, read and deleted."""
    try:
        store().check()
    except Exception as error:  # the S3 client raises its own classes
        return Check(
            "blobs",
            False,
            "Images cannot be stored.",
            "See that the disk or bucket has room and may be written, and SONOLOOP_BLOB_URL.",
            f"{type(error).__name__}: {error}",
        )
    return Check("blobs", True, "A probe was written, read and deleted.")


def worker(broker: BrokerClient) -> Check:
    """Check that at least one worker answers through the broker."""
    try:
        answered = broker.workers(PING_SECONDS)
        reason = None
    except Exception as error:  # kombu raises transport errors of many classes
        answered, reason = [], f"{type(error).__name__}: {error}"
    if not answered:
        return Check(
            "worker",
            False,
            "No worker answers; images wait until one does.",
            "Start one with `sonoloop worker`, or read its log.",
            reason,
        )
    return Check("worker", True, "Answers.", reason=", ".join(answered))


def model(database: Database) -> Check:
    """Check that a recently seen worker has a model in memory; name its execution provider."""
    try:
        with database.read() as session:
            workers = heartbeat.fresh(session)
            faults = deployed_faults(session)
    except DBAPIError as error:
        return Check(
            "model",
            False,
            "Not known while the database does not answer.",
            "Bring the database back first.",
            str(error.orig),
        )
    loaded = sorted(
        {
            f"{entry['name']} {entry['version']} on {worker.provider}"
            for worker in workers
            for entry in worker.models
        }
    )
    if not loaded:
        return Check(
            "model",
            False,
            "No worker has a model loaded." if workers else "No worker has reported itself lately.",
            "Read the worker's log; `sonoloop doctor` says which model files are there."
            if workers
            else "Start one with `sonoloop worker`, or read its log.",
        )
    instead = {
        f"{entry['name']} {entry['version']} serves, "
        f"because {broken.replace('@', ' ')} cannot be used"
        for worker in workers
        for entry in worker.models
        if (broken := entry.get("instead_of"))
    }
    instead |= {
        f"{name.replace('@', ' ')} is deployed and cannot be used: {reason}"
        for name, reason in faults
    }
    if instead:
        return Check(
            "model",
            False,
            f"Loaded: {'; '.join(loaded)}. {'; '.join(sorted(instead))}.",
            "Run `sonoloop model verify` for the one that cannot be used, or promote another.",
            answering=True,
        )
    return Check("model", True, f"Loaded: {'; '.join(loaded)}.")


def dicom(folder: Path) -> Check:
    """Check that the DICOM listener runs, and that what it received is passed on."""
    found = health(folder)
    if found.beat is None or found.beat > LOST_SECONDS:
        return Check(
            "dicom",
            False,
            "The DICOM listener does not run; scanners and PACS keep what they have.",
            "Read the log of `dicom`, or start `sonoloop dicom listen`.",
            answering=True,
        )
    if found.oldest > WAITS_SECONDS:
        return Check(
            "dicom",
            False,
            f"{found.waiting} received files wait to be handed on.",
            "See that the disk has room, that no quota of the service account is used up, and that "
            "it may still send.",
            answering=True,
        )
    return Check("dicom", True, f"Listens; {found.waiting} received files wait.")


def all_checks(state: State) -> dict[str, CheckFunction]:
    """Return the checks of `/readyz` by name, in the order in which they are shown."""
    checks: dict[str, CheckFunction] = {
        "database": lambda: database(state.database),
        "broker": lambda: broker(state.broker),
        "blobs": lambda: blobs(lambda: state.blobs),
        "worker": lambda: worker(state.broker),
        "model": lambda: model(state.database),
    }
    if state.settings.dicom_port:
        folder = spool_of(state.settings.data_dir)
        checks["dicom"] = lambda: dicom(folder)
    return checks


def guarded(name: str, check: CheckFunction) -> Check:
    """Run a check; a check that raises counts as not passed and does not affect the others."""
    try:
        return replace(check(), name=name)
    except Exception as error:
        return Check(
            name,
            False,
            "The check itself failed.",
            "Read the log of the api.",
            f"{type(error).__name__}: {error}",
        )


def public(check: Check) -> dict[str, Any]:
    """Return the public part of a check."""
    return {"name": check.name, "ok": check.ok, "detail": check.detail, "fix": check.fix}
