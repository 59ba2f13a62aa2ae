"""``sonoloop model``: import, list and compare models, let one serve, go back."""

import tempfile
import zipfile
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.table import Table

from app.accounts.cli import Site, acting_admin, on_site
from app.core.logs import escape
from app.core.problems import Problem
from app.core.uploads import Upload
from app.deployments import imports, service
from app.deployments.jobs import ModelOutcome
from app.jobs.tables import Job
from app.jobs.waiting import state_of, wait
from app.model_versions.tables import Standing
from app.promotions import decisions, evaluations

AS = click.option("--as", "email", metavar="EMAIL", help="The admin to act as; default: the first.")
PROJECT = click.option("--project", help="Name of the project; required if there are several.")
REASON = click.option("--reason", required=True, help="Why; it is kept in the history.")
EVERYWHERE = click.option(
    "--everywhere", is_flag=True, help="For all projects without a deployment of their own."
)


@click.group()
def model() -> None:
    """Import, verify, evaluate and deploy models."""


@model.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@AS
@on_site
def import_model(site: Site, path: Path, email: str | None) -> None:
    """Import the model in PATH, a folder with model.onnx and card.json, or a ZIP of one.

    The site must be running: its worker verifies the model.
    """
    state = state_of(site)
    try:
        with state.database.read() as session:
            principal = acting_admin(session, email, None, anywhere=True)
        with tempfile.TemporaryFile() as file:
            source = path.open("rb") if path.is_file() else _packed(path, file)
            with source:
                job_id = imports.accept(state, principal, Upload.of(source), None)
        wait(state, job_id, "import")
        with state.database.read() as session:
            _print_outcome(imports.outcome(session.get_one(Job, job_id)))
    finally:
        state.close()


@model.command("verify")
@click.argument("name", metavar="NAME@VERSION")
@AS
@on_site
def verify(site: Site, name: str, email: str | None) -> None:
    """Verify a version again; if it passes, it may serve again."""
    state = state_of(site)
    try:
        with state.database.write() as session:
            principal = acting_admin(session, email, None, anywhere=True)
            job_id = imports.verify(session, state, principal, name).id
        wait(state, job_id, "verify")
        with state.database.read() as session:
            _print_outcome(imports.outcome(session.get_one(Job, job_id)))
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem
    finally:
        state.close()


@model.command("list")
@on_site
def list_models(site: Site) -> None:
    """Show all versions, and which of them serve."""
    table = Table("model", "state", "digest", "why")
    with site.database.read() as session:
        for one in service.models(session):
            state = f"{one.state}, default" if one.is_default else str(one.state)
            cells = (f"{one.name}@{one.version}", state, (one.digest or "")[:12], one.reason or "")
            table.add_row(*(escape(cell) for cell in cells))
    Console(markup=False, emoji=False).print(table)


@model.command("evaluate")
@click.argument("name", metavar="NAME@VERSION")
@PROJECT
@AS
@on_site
def evaluate(site: Site, name: str, project: str | None, email: str | None) -> None:
    """Compare a version with the one that serves, and show the gate's verdict.

    The site must be running: its worker measures.
    """
    state = state_of(site)
    try:
        with state.database.write() as session:
            principal = acting_admin(session, email, project)
            started = evaluations.start(session, state, principal, name)
            evaluation_id, job_id = started.id, started.job_id
        wait(state, job_id, "evaluate")
        with state.database.read() as session:
            found = evaluations.details(session, evaluations.find(session, evaluation_id))
    finally:
        state.close()
    for check in found.verdict.checks if found.verdict else ():
        group = f" ({check.group})" if check.group else ""
        click.echo(escape(f"{check.standing:9} {check.key}{group}: {check.text}"))
    for of in found.verdict.classes if found.verdict else ():
        for when, one in (("before", of.before), ("after", of.after)):
            if one is not None:
                ious = ", ".join(f"{name} {value:.3f}" for name, value in one.iou.items())
                said = f"mIoU {one.mean_iou:.3f}, pixel accuracy {one.pixel_accuracy:.3f}: {ious}"
                click.echo(escape(f"{of.set}, {when}: {said}"))
    click.echo(f"Look {found.look} at the test part. The gate: {found.standing}")


@model.command("promote")
@click.argument("name", metavar="NAME@VERSION")
@PROJECT
@EVERYWHERE
@REASON
@click.option(
    "--without-gain", is_flag=True, help="No gain is shown, and the reason is one to do without."
)
@click.option("--ask", is_flag=True, help="Ask a second admin if the gate does not pass it.")
@AS
@on_site
def promote(
    site: Site,
    name: str,
    project: str | None,
    everywhere: bool,
    reason: str,
    without_gain: bool,
    ask: bool,
    email: str | None,
) -> None:
    """Let a version serve from now on if it passes the gate.

    If it does not, --ask files a request that another admin confirms on the Models page.
    """
    with site.database.write() as session:
        principal = acting_admin(session, email, project)
        if ask:
            decisions.ask(session, site.key, principal, name, reason, everywhere)
            said = f"{name} waits for a second admin, who confirms it on the Models page."
        else:
            decisions.promote(
                session,
                site.key,
                principal.actor,
                principal.project,
                name,
                reason,
                everywhere=everywhere,
                without_gain=without_gain,
            )
            said = f"{name} serves."
    click.echo(said)


@model.command("rollback")
@PROJECT
@EVERYWHERE
@REASON
@AS
@on_site
def roll_back(
    site: Site, project: str | None, everywhere: bool, reason: str, email: str | None
) -> None:
    """Let the previous version serve again."""
    try:
        with site.database.write() as session:
            principal = acting_admin(session, email, project, anywhere=everywhere)
            project_id = None if everywhere else principal.project
            row = service.roll_back(session, site.key, principal.actor, project_id, reason)
            name = f"{row.model_name}@{row.model_version}"
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem
    click.echo(f"{name} serves again.")


def _packed(folder: Path, file: IO[bytes]) -> IO[bytes]:
    """Return the folder's regular files as an uncompressed ZIP."""
    with zipfile.ZipFile(file, "w", strict_timestamps=False) as archive:
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                archive.write(path, path.name)
    file.seek(0)
    return file


def _print_outcome(found: ModelOutcome | None) -> None:
    if found is None:
        raise click.ClickException("It was cancelled.")
    name = f"{found.name}@{found.version}"
    if found.standing is not Standing.USABLE:
        raise click.ClickException(f"{name} is {found.standing}: {escape(found.reason or '')}")
    here = " was here already" if found.duplicate else " is here and verified"
    click.echo(f"{name}{here}: {found.digest}")
