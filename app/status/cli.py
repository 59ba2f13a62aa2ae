"""`sonoloop doctor`: what works on this machine, and how to fix what does not."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import make_url

from app.core.blobs import open_blobs
from app.core.broker import BrokerClient
from app.core.database import Database
from app.core.settings import Settings, get_settings
from app.dicom.health import spool_of
from app.site.lock import Holder, holder
from app.site.readiness import fetch_readiness
from app.status import checks, machine
from app.status.checks import Check, guarded


@click.command()
def doctor() -> None:
    """Check this installation; exit code 1 if something needs a fix."""
    settings = get_settings()
    console = Console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("check")
    table.add_column("finding", overflow="fold")
    failures = []
    with console.status("Checking …"):
        for check in examine(settings):
            table.add_row(
                "[green]✓[/]" if check.ok else "[red]✗[/]", check.name, escape(check.detail)
            )
            if not check.ok:
                failures.append(check)
    console.print(table)
    for check in failures:
        console.print(f"\n[red]✗ {check.name}[/]  {escape(check.detail)}")
        if check.reason:
            console.print(f"  [dim]{escape(check.reason)}[/]")
        if check.fix:
            console.print(f"  [bold]Fix:[/] {escape(check.fix)}")
    if failures:
        console.print(f"\n{len(failures)} of {table.row_count} checks need attention.")
        sys.exit(1)
    console.print("\nAll is well.")


def examine(settings: Settings) -> list[Check]:
    """Run every check of machine, installation and services."""
    running = holder(settings.data_dir)
    local: dict[str, Callable[[], Check]] = {
        "python": machine.python,
        "libraries": machine.libraries,
        "device": machine.device,
        "pages": machine.pages,
        "models": partial(machine.models, settings),
        "engines": partial(machine.engines, settings),
        "disk": partial(machine.disk, settings),
        "privacy": partial(machine.permissions, settings),
        "port": partial(machine.port, settings, running),
    }
    found = [guarded(name, check) for name, check in local.items()]
    found.append(guarded("database", partial(_of_database, settings, checks.database)))
    key = partial(machine.site_key, settings)
    found.append(guarded("site key", partial(_of_database, settings, key)))
    return found + _services(settings, running)


def _of_database(settings: Settings, check: Callable[[Database], Check]) -> Check:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Check("", True, "Made at the first start.")  # checking must not create it
    database = Database(settings.database)
    try:
        return check(database)
    finally:
        database.dispose()


def _services(settings: Settings, running: Holder | None) -> list[Check]:
    """Check blobs, broker, worker and model: ask the running server, or check from here."""
    if running is not None and (report := fetch_readiness(running.local_url)) is not None:
        return [Check(**check) for check in report["checks"] if check["name"] != "database"]
    found = []
    if settings.blob_url or settings.data_dir.exists():
        found.append(guarded("blobs", lambda: checks.blobs(lambda: open_blobs(settings))))
    if not settings.redis_url:
        what = "Not running." if running is None else f"{running.url} does not answer."
        fix = "Start it: make run" if running is None else "Read the logs in the data folder."
        return [*found, Check("server", False, what, fix)]
    broker, database = BrokerClient(settings), Database(settings.database)
    try:
        found.append(guarded("broker", lambda: checks.broker(broker)))
        found.append(guarded("worker", lambda: checks.worker(broker)))
        found.append(guarded("model", lambda: checks.model(database)))
        if settings.dicom_port:
            folder = spool_of(settings.data_dir)
            found.append(guarded("dicom", lambda: checks.dicom(folder)))
    finally:
        broker.close()
        database.dispose()
    return found
