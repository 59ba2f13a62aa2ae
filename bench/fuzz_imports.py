"""Fuzzes the readers of imports with damaged archives of labels.

    python -m bench.fuzz_imports --count 2000 --seconds 600

Archives are those of `bench.label_archives`, ours and other tools'; the seed and the archive's
number determine the damage, so that findings can be reproduced (`--only NUMBER --keep FILE`). Each
is read in a child with limits of memory and time. Exits with 1 if one raised anything but the typed
errors, took more than five seconds of processor time, requested too much memory, or put a label on
an image that the undamaged archive does not have there.
"""

from __future__ import annotations

import io
import json
import os
import random
import resource
import signal
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import click
import numpy as np

from bench.fuzz_archives import Damaged, damaged
from bench.label_archives import Packed, all_archives
from worker.formats.layouts import READERS, layout_of, left_out
from worker.formats.originals import image_of
from worker.formats.source import Finding, LabelError, Labelled
from worker.ingest import Decoded, DecodeError, DecodeLimits, decode
from worker.labels_import.archive import ArchiveError, ArchiveLimits, ZipTree
from worker.labels_import.table import Table

LIMITS = ArchiveLimits(file_bytes=64 * 2**20, total_bytes=2**30)
IMAGE_LIMITS = DecodeLimits(max_bytes=4_000_000, max_pixels=4_000_000, max_side=8000)
LOOP_SECONDS = 5.0
MOST_BYTES = 1536 * 2**20
"""Memory that one archive of a few kilobytes may use in addition to the process's own."""
_STOP_SECONDS = 3 * LOOP_SECONDS
_CHUNK = 25


@dataclass
class Findings:
    """The results of a run.

    Attributes:
        read: archives from which at least one label was accepted.
        refused: archives from which none was, by the code of the first reason.
        labels: number of accepted labels.
        errors: `NUMBER archive: what`, for archives that raised anything but the typed errors.
        slow: the same, for those that took more than five seconds of processor time.
        large: the same, for those that requested more memory than available.
        killed: the same, for those that killed the process that read them.
        wrong: the same, for those that put another label on an image than the undamaged archive.
        worst_ms: most processor time for one archive.
        worst_mib: largest resident size of a process.
    """

    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    labels: int = 0
    errors: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    large: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    worst_ms: float = 0.0
    worst_mib: float = 0.0

    @property
    def count(self) -> int:
        """Number of archives tried."""
        return self.read + self.refused.total()

    @property
    def sound(self) -> bool:
        """Whether there are no forbidden outcomes."""
        return not (self.errors or self.slow or self.large or self.killed or self.wrong)


def case(number: int, seed: int, archives: dict[str, Packed]) -> tuple[str, Damaged]:
    """The damaged archive with this number, and its original."""
    rng = random.Random(f"{seed}:{number}")
    name = rng.choice(sorted(archives))
    return name, damaged(rng, archives[name].files)


def run(count: int, seed: int, seconds: float) -> Findings:
    """Read this many damaged archives, or as many as the time allows."""
    archives, found = dict(all_archives()), Findings()
    end = time.monotonic() + seconds
    number = 0
    while number < count and time.monotonic() < end:
        number = _chunk(number, min(count, number + _CHUNK), seed, archives, found)
    return found


def _chunk(start: int, stop: int, seed: int, archives: dict[str, Packed], found: Findings) -> int:
    """Read archives in a child until it dies; return the number of the next one."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        _read_all(start, stop, seed, archives, theirs)
    os.close(theirs)
    next_, name = start, ""
    with os.fdopen(ours, "rb") as lines:
        for line in lines:
            entry = json.loads(line)
            if "begins" in entry:
                name = entry["begins"]
                continue
            next_ += 1
            _count(found, entry)
    _, status, usage = os.wait4(child, 0)
    found.worst_mib = max(found.worst_mib, usage.ru_maxrss / 1024)
    if next_ < stop:
        by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else status
        kind = found.slow if by == signal.SIGPROF else found.killed
        kind.append(f"{next_} {name}: signal {by}")
        found.refused["ended the process"] += 1
        next_ += 1
    return next_


def _count(found: Findings, entry: dict[str, object]) -> None:
    what, problem = str(entry["what"]), str(entry["problem"])
    milliseconds, labels = float(str(entry["ms"])), int(str(entry["labels"]))
    found.worst_ms = max(found.worst_ms, milliseconds)
    found.labels += labels
    if labels:
        found.read += 1
    else:
        found.refused[str(entry["code"])] += 1
    if problem.startswith("memory"):
        found.large.append(f"{what}: {problem}")
    elif problem.startswith("wrong"):
        found.wrong.append(f"{what}: {problem}")
    elif problem:
        found.errors.append(f"{what}: {problem}")
    if milliseconds > LOOP_SECONDS * 1000:
        found.slow.append(f"{what}: {milliseconds:.0f} ms")


def _read_all(start: int, stop: int, seed: int, archives: dict[str, Packed], out: int) -> None:
    """In the child: print one line per archive."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    status = 1
    try:
        for number in range(start, stop):
            name, archive = case(number, seed, archives)
            _say(out, {"begins": name})
            signal.setitimer(signal.ITIMER_PROF, _STOP_SECONDS)
            before = time.process_time()
            outcome = read(archive, archives[name])
            took = (time.process_time() - before) * 1000
            _say(out, {"what": f"{number} {name} ({archive.how})", "ms": took, **outcome})
        status = 0
    finally:
        os._exit(status)


def _say(out: int, entry: dict[str, object]) -> None:
    os.write(out, json.dumps(entry).encode() + b"\n")


def read(archive: Damaged, whole: Packed) -> dict[str, object]:
    """Import it; return the number of labels, the first reason, and forbidden outcomes."""
    codes: list[str] = []
    labels = 0
    problem = ""
    try:
        tree = ZipTree(io.BytesIO(archive.data), LIMITS)
        layout, table = layout_of(tree), Table(tree)
        entries = [*tree.findings, *table.findings, *left_out(tree, layout)]
        codes += [finding.code for finding in entries]
        for entry in READERS[layout](tree):
            if isinstance(entry, Finding):
                codes.append(entry.code)
                continue
            table.row(entry.name, entry.key)
            code = _label(entry, archive, whole, layout)
            labels += not code
            codes += [code] if code else []
            if code.startswith("wrong"):
                problem = code
    except ArchiveError as error:
        codes.append(error.code)
    except MemoryError:
        problem = "memory"
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{type(error).__name__} at {PurePath(where.filename).name}:{where.lineno}"
    return {"labels": labels, "code": codes[0] if codes else "no label", "problem": problem}


def _label(entry: Labelled, archive: Damaged, whole: Packed, layout: str) -> str:
    """Why a label is not accepted; empty if it is."""
    try:
        image = image_of(entry, _decode, DecodeError)
        labels = entry.labels(image.frame.height, image.frame.width)
    except DecodeError as error:
        return error.code
    except LabelError as error:
        return error.code
    # Damage that a checksum detects may cost labels, but never changes one.
    right = whole.right.get(entry.name.partition("#")[0])
    if archive.faithful and layout == whole.layout:
        if right is None:
            return f"wrong: {entry.name} has no label"
        if labels.shape != right.shape or not np.array_equal(labels > 0, right > 0):
            return f"wrong: another label of {entry.name}"
    return ""


def _decode(data: bytes) -> Decoded:
    return decode(data, IMAGE_LIMITS)


@click.command()
@click.option("--count", default=2000, show_default=True, help="Damaged archives.")
@click.option("--seed", default=1, show_default=True)
@click.option("--seconds", default=900.0, show_default=True, help="Most time for all of them.")
@click.option("--only", type=int, help="Read the archive of this number alone, in this process.")
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), help="Write it here.")
def main(count: int, seed: int, seconds: float, only: int | None, keep: Path | None) -> None:
    """Fuzz the readers of imports."""
    if only is not None:
        archives = dict(all_archives())
        name, archive = case(only, seed, archives)
        if keep:
            keep.write_bytes(archive.data)
        click.echo(f"{name} ({archive.how}): {read(archive, archives[name])}")
        return
    started = time.monotonic()
    found = run(count, seed, seconds)
    report = {
        "archives": found.count,
        "read": found.read,
        "labels": found.labels,
        "refused": dict(found.refused.most_common()),
        "errors": found.errors,
        "slow": found.slow,
        "large": found.large,
        "killed": found.killed,
        "wrong": found.wrong,
        "worst_ms": round(found.worst_ms),
        "worst_mib": round(found.worst_mib),
        "seconds": round(time.monotonic() - started),
    }
    click.echo(json.dumps(report, indent=2))
    raise SystemExit(0 if found.sound and found.count == count else 1)


if __name__ == "__main__":
    main()
