"""A watched folder: files that are dropped into it become images and are then moved aside.

A new run continues after a killed one: a file stays in the folder until its job has ended, and a
file whose bytes were accepted before is recognised.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.accounts.principal import Principal, principal_of
from app.accounts.tables import User
from app.core.blobs import BlobStoreFullError
from app.core.ids import new_id
from app.core.logs import summary
from app.core.problems import Problem
from app.core.state import State
from app.core.uploads import Upload
from app.dicom.head import read_head
from app.dicom.receiving import Reason, RefusedError, receive
from app.images.tables import ImageSource
from app.jobs.tables import Job, JobState
from app.local_labels.case_rule import case_of
from app.local_labels.records import Label
from app.projects.records import case_rule_of
from app.segment.quotas import require_room
from app.segment.service import Order, accept, make_durable
from app.site_settings.records import follow

log = logging.getLogger(__name__)

DONE, FAILED = "done", "failed"
MOST_NAME = 255
"""Most characters of a file's name that are kept."""
MOST_AT_ONCE = 64
"""Most files with unfinished jobs; further ones wait in the folder."""
_MOST_NAME_BYTES = 255
"""Most bytes of a file's name on the disk."""
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file's size in bytes, its modification time in seconds, and since when both are unchanged
    (monotonic clock)."""

    size: int
    modified: float
    since: float


class Watch:
    """One folder, watched for one account and project."""

    def __init__(
        self,
        state: State,
        principal: Principal,
        folder: Path,
        settle: float,
        case_rule: str | None = None,
    ) -> None:
        """Start watching.

        Args:
            state: the site's state.
            principal: the account in the project.
            folder: the folder to watch.
            settle: seconds for which a file must not change before it counts as complete.
            case_rule: extracts the case from a picture's name; None means the project's rule. DICOM
                files name their own patients.
        """
        self._case_rule = case_rule
        self._state = state
        self._principal = principal
        self._folder = folder
        self._settle = settle
        self._seen: dict[Path, _Seen] = {}
        self._jobs: dict[Path, UUID] = {}
        self._waits = False

    @property
    def idle(self) -> bool:
        """Whether no files are left to import or to wait for."""
        return not self._jobs and not self._seen and not self._waits

    def step(self) -> int:
        """Check once: import complete files, move finished ones aside; return how many were
        moved.

        While the database is unreachable, or the account may not send, the files wait.
        """
        self._waits = True
        try:
            return self._step()
        except DBAPIError as error:
            log.warning("the folder waits: %s", type(error).__name__)
            return 0

    def _step(self) -> int:
        follow(self._state)
        ended = sum(self._finish(path, job_id) for path, job_id in list(self._jobs.items()))
        if not self._may_send():
            log.warning("the folder waits: its account is deactivated or not in the project")
            return ended
        self._waits = False
        for path in list(self._complete()):
            if len(self._jobs) >= MOST_AT_ONCE:
                break
            ended += self._take(path)
        return ended

    def _may_send(self) -> bool:
        """Look the account up again; return whether it may still send to the project."""
        project = self._principal.project
        with self._state.database.read() as session:
            account = session.get_one(User, self._principal.user.id)
            principal = principal_of(session, account)
        if not account.active or project not in principal.projects:
            return False
        self._principal = principal.entering(project)
        return True

    def _files(self) -> Iterator[Path]:
        for folder, names, files in os.walk(self._folder):
            here = Path(folder)
            names[:] = [
                name
                for name in sorted(names)
                if not name.startswith(".")
                and not (here == self._folder and name in (DONE, FAILED))
            ]
            for name in sorted(files):
                path = here / name
                hidden = name.startswith(".") or name.lower().endswith(_UNFINISHED)
                if not hidden and not path.is_symlink() and path not in self._jobs:
                    yield path

    def _complete(self) -> Iterator[Path]:
        """Yield the files that have not changed for the settling time."""
        now = time.monotonic()
        there: dict[Path, _Seen] = {}
        for path in self._files():
            with suppress(OSError):
                stat = path.stat()
                before = self._seen.get(path)
                same = before and (before.size, before.modified) == (stat.st_size, stat.st_mtime)
                there[path] = before if before and same else _Seen(stat.st_size, stat.st_mtime, now)
        self._seen = there
        for path, seen in there.items():
            if seen.size and now - seen.since >= self._settle:
                yield path

    def _take(self, path: Path) -> bool:
        """Hand one file to the ingest path; return whether it was moved aside at once."""
        try:
            with path.open("rb") as file:
                job_id = self._handed_in(file, path.name)
        except FileNotFoundError:
            return False
        except RefusedError as error:
            if error.reason is Reason.OUT_OF_RESOURCES:
                log.warning("a file waits: %s", error.detail)
                return False
            return self._move_aside(path, FAILED, error.detail)
        except BlobStoreFullError as error:
            log.warning("a file waits: %s", error)
            return False
        except Problem as problem:
            if problem.status in (429, 503, 507):
                log.warning("a file waits: %s", problem)
                return False
            return self._move_aside(path, FAILED, str(problem))
        except Exception as error:  # the database or a disk: try again later
            log.warning("a file waits: %s", summary(error))
            return False
        if job_id is None:
            return self._move_aside(path, DONE)
        self._jobs[path] = job_id
        return False

    def _handed_in(self, file: IO[bytes], name: str) -> UUID | None:
        """Return the job of a file, or None if its image already exists."""
        if read_head(file) is not None:
            return receive(self._state, self._principal, file).job_id
        upload = Upload.of(file)
        limit = self._state.settings.max_upload_bytes
        if upload.size > limit:
            raise Problem(413, "too-large", f"The file is larger than {limit:,} bytes.")
        label = self._label(name)
        key = f"watched {upload.sha256}"
        if label is not None and label.case:
            key += f" {self._state.site_key.pseudonym(label.case)}"
        require_room(self._state, self._principal, key, upload.size)
        order = Order(
            None,
            label.case if label else None,
            store=True,
            waits=False,
            label=label,
            source=ImageSource.SCRIPT,
        )
        job_id = accept(self._state, self._principal, upload, order, key, new_id())
        make_durable(self._state, job_id)
        return job_id

    def _label(self, name: str) -> Label | None:
        """Return the local label of a picture; it is kept only if there is a rule for names."""
        name = os.fsencode(name).decode(errors="replace")  # one that is not UTF-8 cannot be stored
        rule = self._case_rule
        if rule is None:
            with self._state.database.read() as session:
                rule = case_rule_of(session, self._principal.project)
        return None if rule is None else Label(name[:MOST_NAME], case_of(rule, name))

    def _finish(self, path: Path, job_id: UUID) -> bool:
        """Move a file aside if its job has ended; return whether it was moved."""
        with self._state.database.read() as session:
            job = session.scalar(select(Job).where(Job.id == job_id))
        if job is not None and not job.state.final:
            return False
        del self._jobs[path]
        if job is not None and job.state is JobState.DONE:
            return self._move_aside(path, DONE)
        reason = "Its job was cancelled or deleted."
        if job is not None and job.problem:
            reason = str(job.problem.get("detail", reason))
        return self._move_aside(path, FAILED, reason)

    def _move_aside(self, path: Path, where: str, reason: str | None = None) -> bool:
        try:
            target = self._free_place(path, where)
            if reason:
                name = _cut(target.name, ".reason.txt")
                note = _numbered(target.parent, name, Path.exists)
                note.write_text(f"{reason}\n", "utf-8")
            with suppress(FileNotFoundError):
                path.replace(target)
        except OSError as error:
            log.warning("a file cannot be moved aside: %s", summary(error))
            return False
        self._seen.pop(path, None)
        return True

    def _free_place(self, path: Path, where: str) -> Path:
        """Return where a file can be moved to; its folder exists."""
        folder = self._folder / where
        for part in path.relative_to(self._folder).parent.parts:
            folder = _numbered(folder, part, lambda place: place.exists() and not place.is_dir())
        folder.mkdir(parents=True, exist_ok=True)
        return _numbered(folder, path.name, Path.exists)


def _numbered(folder: Path, name: str, is_taken: Callable[[Path], bool]) -> Path:
    """Return the first place in a folder that is not taken: NAME, NAME-2, NAME-3."""
    place, number = folder / name, 1
    while is_taken(place):
        number += 1
        suffix = Path(name).suffix
        place = folder / _cut(name.removesuffix(suffix), f"-{number}{suffix}")
    return place


def _cut(name: str, ending: str) -> str:
    """Return the name with an ending, cut so that a file may be called like it."""
    room = _MOST_NAME_BYTES - len(os.fsencode(ending))
    return os.fsencode(name)[:room].decode(errors="ignore") + ending
