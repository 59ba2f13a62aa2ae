"""Prints what `make run` installs, pinned, with the SHA-256 of every artifact of each release.

    .venv/bin/python scripts/hashes.py > requirements.lock
    .venv/bin/python scripts/hashes.py cpu > requirements-cpu.lock  # what the extra adds

Versions come from constraints.txt, hashes from the package index, read by pip's own client. Every
artifact is listed, not only this machine's, so that one file serves all platforms. torch and the
CUDA build are left out: their files differ by index and machine (docs/adr/0015).
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from pip._internal.cli.main_parser import parse_command
from pip._internal.commands import create_command
from pip._internal.index.collector import LinkCollector, parse_links
from pip._internal.models.link import Link
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from pip._vendor.packaging.version import InvalidVersion

ROOT = Path(__file__).parents[1]


def pins() -> dict[str, str]:
    """Versions in constraints.txt by canonical name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = (re.match(r"([\w.-]+)==([^\s;]+)", line) for line in lines)
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def closure(extras: list[str]) -> set[str]:
    """Names of everything that the project needs on this machine, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = [Requirement(line) for line in project["dependencies"]]
    for extra in extras:
        waiting += [Requirement(line) for line in project["optional-dependencies"][extra]]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        needed = waiting.pop()
        key = (canonicalize_name(needed.name), frozenset(needed.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            stated = [Requirement(line) for line in requires(needed.name) or []]
        except PackageNotFoundError:
            sys.exit(f"{needed.name} is not installed in this environment; run `make test` first.")
        environments = [{"extra": extra} for extra in needed.extras or {""}]
        waiting += [
            one
            for one in stated
            if one.marker is None or any(one.marker.evaluate(e) for e in environments)
        ]
    return {name for name, _ in seen}


def hashes(collector: LinkCollector, name: str, version: str) -> set[str]:
    """SHA-256 of each artifact of a release."""
    found = set()
    for location in collector.search_scope.get_index_urls_locations(name):
        page = collector.fetch_response(Link(location))
        for link in parse_links(page) if page else []:
            if _version(link.filename) == version and link.hash_name == "sha256":
                found.add(link.hash)
    return found


def _version(filename: str) -> str | None:
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[1])
        return str(parse_sdist_filename(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def main() -> None:
    """Print the lock."""
    versions = pins()
    name, arguments = parse_command(["index", "versions", "pip"])
    command = create_command(name)
    with command.main_context():
        options, _ = command.parse_args(arguments)
        session = command.get_default_session(options)
        collector = LinkCollector.create(session, options=options)
        base = closure([])
        chosen = closure(sys.argv[1:]) - base if sys.argv[1:] else base
        sys.stdout.write("# What `make run` installs; written by scripts/hashes.py.\n")
        for project in sorted(chosen):
            if project not in versions:
                continue
            found = sorted(h for h in hashes(collector, project, versions[project]) if h)
            if not found:
                sys.exit(f"{project} {versions[project]}: the index states no hash")
            lines = [f"    --hash=sha256:{one}" for one in found]
            sys.stdout.write(" \\\n".join([f"{project}=={versions[project]}", *lines]) + "\n")


if __name__ == "__main__":
    main()
