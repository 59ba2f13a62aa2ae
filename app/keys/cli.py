"""``sonoloop keys rotate``."""

from pathlib import Path

import click

from app.accounts.cli import Site, on_site
from app.core.security import MIN_SITE_KEY, SiteKey, new_site_key, put_next_key, take_next_key
from app.keys.rotation import rotate
from app.site.lock import AlreadyRunningError, hold
from app.status.records import fresh


@click.group()
def keys() -> None:
    """The key that seals everything that names patients."""


@keys.command("rotate")
@click.option(
    "--new-key",
    "path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file that holds the new key; required if SONOLOOP_SITE_KEY is set.",
)
@on_site
def rotate_key(site: Site, path: Path | None) -> None:
    """Replace the site key; the site must be stopped.

    Sealed references, names and cases of images, and credentials are resealed. Pseudonyms and the
    audit log stay valid. Earlier backups need the old key: keep it as long as you keep them.
    """
    by_setting = site.settings.site_key is not None
    if by_setting and path is None:
        raise click.ClickException(
            "SONOLOOP_SITE_KEY is set, so that this command cannot replace it. Write a new key of "
            f"at least {MIN_SITE_KEY} characters into a file and name it with --new-key; set "
            "SONOLOOP_SITE_KEY to it afterwards, on every machine."
        )
    secret = path.read_bytes().strip() if path else new_site_key()
    new = SiteKey(secret)
    if new.fingerprint() == site.key.fingerprint():
        raise click.ClickException("That is the present key; make another one.")
    try:
        with hold(site.settings.data_dir):
            with site.database.read() as session:
                if fresh(session):
                    raise click.ClickException("Workers are running; stop them on every machine.")
            if not by_setting:
                put_next_key(site.settings.data_dir, secret)
            with site.database.write() as session:
                done = rotate(session, site.key, new, lambda n: click.echo(f"{n:,} …"))
            if not by_setting:
                take_next_key(site.settings.data_dir)
    except AlreadyRunningError as error:
        raise click.ClickException(f"Stop the site first. {error}") from error
    click.echo(f"{done.resealed:,} texts are sealed under the new key {new.fingerprint()}.")
    if done.unreadable:
        click.echo(
            f"{done.unreadable:,} could not be opened with the old key and stay as they are."
        )
    if by_setting:
        click.echo("Now set SONOLOOP_SITE_KEY to the new key, on every machine.")
    else:
        click.echo(f"Keep a copy of {site.settings.data_dir / 'site.key'} apart from backups.")
