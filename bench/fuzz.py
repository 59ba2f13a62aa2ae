"""Fuzzes the decoders of uploads with damaged files of every format, stills and cines.

    python -m bench.fuzz --count 20000 --imports 2000 --seconds 1500

Seeds are generated here; `--seed` and a file's number determine its damage, so that every finding
can be reproduced: `--only NUMBER --keep FOLDER` writes that file. Exits with 1 if a file raised
anything but `DecodeError`, took a decoder more than five seconds, or killed a worker, or if
`bench.fuzz_imports`, which sends archives of labels, fails.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import click

from bench import fuzz_imports
from bench.fuzz_mutations import mutated
from bench.fuzz_seeds import CINES, seeds
from worker.decoding import Decoder, Playing
from worker.ingest import DecodeError, DecodeLimits

LIMITS = DecodeLimits(
    max_bytes=2_000_000,
    max_pixels=1_000_000,
    max_side=4000,
    max_frames=200,
    max_cine_pixels=2_000_000,
)
LOOP_SECONDS = 5.0


@dataclass
class Found:
    """The results of a run.

    Attributes:
        decoded: number of files that gave a picture.
        refused: number of refused files by code.
        errors: `NUMBER seed: what`, for files that raised anything but `DecodeError`.
        killed: the same, for files that killed their decoding process.
        slow: the same, for files that took more than five seconds of processor time, or the limit.
        lost: how often no decoding process was left.
        worst_ms: longest wall-clock time of a file.
    """

    decoded: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    worst_ms: float = 0.0
    worst_bytes: int = 0

    @property
    def count(self) -> int:
        """Number of files tried."""
        return self.decoded + self.refused.total() + len(self.lost)

    @property
    def sound(self) -> bool:
        """Whether there are no forbidden outcomes."""
        return not (self.errors or self.slow or self.lost)


def case(number: int, seed: int, files: dict[str, bytes]) -> tuple[str, bytes]:
    """The damaged file with this number, and its seed."""
    rng = random.Random(f"{seed}:{number}")
    name = rng.choice(sorted(files))
    return name, mutated(rng, name, files)


def _watch(playing: Playing) -> None:
    """Read every frame, as storing a cine does."""
    for _ in playing.frames():
        pass


def run(count: int, seed: int, seconds: float, keep: Path | None = None) -> Found:
    """Decode this many damaged files, or as many as the time allows.

    Args:
        keep: folder for files with findings; None keeps none.
    """
    files, found, lock = seeds(), Found(), threading.Lock()
    numbers = iter(range(count))
    end = time.monotonic() + seconds

    def work() -> None:
        decoder = Decoder()
        try:
            while time.monotonic() < end:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                one(decoder, number)
        finally:
            decoder.close()

    def one(decoder: Decoder, number: int) -> None:
        name, data = case(number, seed, files)
        what = f"{number} {name}"
        started, code, ended = time.monotonic(), None, decoder.ended
        try:
            if name.startswith(CINES):
                decoder.play(data, LIMITS, _watch)
            else:
                decoder.decode(data, LIMITS)
        except DecodeError as error:
            code = error.code
            if not 400 <= error.status < 500:
                code = f"status {error.status}"
        except Exception as error:
            code = f"lost: {type(error).__name__}"
        took = (time.monotonic() - started) * 1000
        with lock:
            found.worst_ms = max(found.worst_ms, took)
            if decoder.ended:
                found.worst_bytes = max(found.worst_bytes, decoder.ended.most_bytes)
            if code is None:
                found.decoded += 1
                return
            if code.startswith("lost"):
                found.lost.append(f"{what}: {code}")
            else:
                found.refused[code] += 1
            before = len(found.errors) + len(found.killed) + len(found.slow) + len(found.lost)
            if decoder.fault:
                found.errors.append(f"{what}: {decoder.fault}")
            if code == "decoder-stopped" and decoder.ended and decoder.ended is not ended:
                found.killed.append(f"{what}: signal {decoder.ended.by_signal}")
            if code == "decoding-too-slow":
                found.slow.append(what)
            after = len(found.errors) + len(found.killed) + len(found.slow) + len(found.lost)
            if keep and after > before:
                (keep / f"{seed}-{number}").write_bytes(data)

    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work) for _ in range(workers)]:
            done.result()
    return found


@click.command()
@click.option("--count", default=20_000, show_default=True, help="Damaged files.")
@click.option("--imports", default=2000, show_default=True, help="Damaged archives of labels.")
@click.option("--seed", default=1, show_default=True)
@click.option("--seconds", default=1500.0, show_default=True, help="Most time for either kind.")
@click.option("--only", type=int, help="Write the file of this number into --keep, and end.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="For what is found.")
def main(
    count: int, imports: int, seed: int, seconds: float, only: int | None, keep: Path | None
) -> None:
    """Fuzz the decoders."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
    if only is not None:
        _, data = case(only, seed, seeds())
        ((keep or Path()) / f"{seed}-{only}").write_bytes(data)
        return
    started = time.monotonic()
    found = run(count, seed, seconds, keep)
    report = {
        "files": found.count,
        "decoded": found.decoded,
        "refused": dict(found.refused.most_common()),
        "errors": found.errors,
        "killed": found.killed,
        "slow": found.slow,
        "lost": found.lost,
        "worst_ms": round(found.worst_ms),
        "worst_mib": round(found.worst_bytes / 2**20),
        "seconds": round(time.monotonic() - started),
    }
    archives = fuzz_imports.run(imports, seed, seconds)
    report["imports"] = vars(archives)
    click.echo(json.dumps(report, indent=2))
    whole = (found.count, archives.count) == (count, imports)
    raise SystemExit(0 if found.sound and archives.sound and whole else 1)


if __name__ == "__main__":
    main()
