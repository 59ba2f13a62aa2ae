"""`sonoloop federate`: updates of one parent from several sites, averaged into a candidate."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from models.loop.federation import FederationError, federate, read_bundles
from models.packaging.export import ExportError

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command("federate")
@click.argument("bundles", metavar="BUNDLE…", type=FILE, nargs=-1, required=True)
@click.option(
    "--trust", "trusted", metavar="KEY", multiple=True, required=True, help="Key of a site; repeat."
)
@click.option("--name", required=True, help="Of the candidate.")
@click.option("--version", default="1.0.0", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder."
)
def federate_command(
    bundles: tuple[Path, ...], trusted: tuple[str, ...], name: str, version: str, out: Path
) -> None:
    """Average the updates in two or more bundles, weighted by their numbers of training images.

    All must be updates of the same parent, signed by keys that --trust names. The candidate has the
    pipeline that they share. `sonoloop model import` imports it, and the gate judges it.
    """
    if len(bundles) < 2:
        raise click.UsageError("Name two bundles or more.")
    try:
        with tempfile.TemporaryDirectory(prefix="federate-") as work:
            updates = read_bundles(bundles, Path(work), trusted)
            folder = federate(updates, name, version, out)
    except (FederationError, ExportError) as error:
        raise click.ClickException(str(error)) from error
    for path, update in zip(bundles, updates, strict=True):
        click.echo(f"{path}: {update.images} training images", err=True)
    click.echo(folder)
