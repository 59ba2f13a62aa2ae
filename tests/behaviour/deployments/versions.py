"""Versions that a worker registered, without a worker's processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.running_site import Site
from tests.unit.worker.pipeline.dark import GAIN, write_dark_model
from worker.pipeline.artifact import Artifact, read_artifact
from worker.registry.intake import take_in
from worker.runtime import Runtime


@contextmanager
def working(site: Site) -> Iterator[Runtime]:
    """Yield the runtime of a worker process of the site."""
    runtime = Runtime.open(site.settings)
    try:
        yield runtime
    finally:
        runtime.close()


def taken_in(
    runtime: Runtime, root: Path, version: str, gain: float = GAIN, **card: Any
) -> Artifact:
    """Register a version of `dark` and return it."""
    artifact = read_artifact(write_dark_model(root, version=version, gain=gain, **card))
    take_in(runtime, artifact, {})
    return artifact
