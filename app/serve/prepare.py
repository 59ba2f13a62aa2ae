"""Preparation of the data before anything serves it: migration, check of the key, first admin.

`sonoloop serve` does it itself; if api and workers run on separate machines, run
`python -m app.serve.prepare` once before they start.
"""

import json

from app.core.imports import lasting_imports

with lasting_imports():
    import click

    # A foreign key column has no type until the table that it refers to is imported.
    import app.tables  # noqa: F401
    from app.accounts.service import first_admin
    from app.core.database import Database
    from app.core.database_cli import MigrationError, upgrade
    from app.core.problems import Problem
    from app.core.security import SiteKeyError
    from app.core.settings import Settings, get_settings
    from app.site.records import verified_site_key

FAILURES = (MigrationError, SiteKeyError, Problem)
"""Errors of :func:`prepare`; each says what to do."""


def prepare(settings: Settings) -> str | None:
    """Migrate the database to this version and make sure that somebody can sign in.

    Returns:
        One-time link for the first admin; None if there is an admin already.

    Raises:
        MigrationError: the database cannot be migrated.
        SiteKeyError: the site key does not match the data.
        Problem: the first admin's email or password in the settings cannot be used.
    """
    upgrade(settings)
    database = Database(settings.database)
    try:
        return first_admin(database, settings, verified_site_key(database, settings))
    finally:
        database.dispose()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def main(as_json: bool) -> None:
    """Prepare the data; print the first admin's one-time link if there is none yet."""
    settings = get_settings()
    link: str | None = None
    problem: str | None = None
    try:
        link = prepare(settings)
    except FAILURES as error:
        if not as_json:
            raise click.ClickException(str(error)) from error
        problem = str(error)
    if as_json:
        click.echo(json.dumps({"link": link, "problem": problem}))
        return
    click.echo("The database is ready.")
    if link:
        click.echo(f"First sign-in (works once, for 24 hours): {link}")


if __name__ == "__main__":
    main()
