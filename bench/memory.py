"""Memory of a running site by process: idle, and after many images.

    python -m bench.memory --requests 1000

Proportional set size (PSS): shared pages are divided among processes, so that the sum is the memory
actually used. Measured half a minute after the last request.
"""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import click
import psutil

from bench.http import images, saturate
from bench.site import site

QUIET_SECONDS = 30


def processes(pid: int) -> dict[str, int]:
    """MiB by process of a site, in order of their start; `total` comes last."""
    parent = psutil.Process(pid)
    found: dict[str, int] = {}
    for number, one in enumerate([parent, *parent.children(recursive=True)]):
        try:
            words = [Path(word).name for word in one.cmdline()]
            role = one.parent() if one.pid != pid else None
            mebibytes = one.memory_full_info().pss / 2**20
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        forked = role is not None and role.cmdline() == one.cmdline()
        name = " ".join(word for word in words[1:] if not word.startswith("-")) or words[0]
        found[f"{number} {name}{' (child)' if forked else ''}"] = round(mebibytes)
    found["total"] = sum(found.values())
    return found


@click.command()
@click.option("--requests", default=1000, show_default=True)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(requests: int, target: Path | None) -> None:
    """Start a site, measure, send images, measure again."""
    with site() as product:
        time.sleep(QUIET_SECONDS)
        figures: dict[str, Any] = {"idle": processes(product.pid)}
        print(json.dumps(figures, indent=2), flush=True)
        if requests:
            asyncio.run(saturate(product, images(requests, side=384), 4))
            time.sleep(QUIET_SECONDS)
            figures["after"] = {"requests": requests, **processes(product.pid)}
            print(json.dumps(figures["after"], indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
