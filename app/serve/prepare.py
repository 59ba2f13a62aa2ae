"""Preparation of the data before anything serves it: migrate, check the key, first admin.

`sonoloop serve` does it by itself; where api and workers run on machines of their own,
`python -m app.serve.prepare` does it once before they start.
"""

import json

from app.core.imports import lasting_imports

with lasting_imports():
    import click

    # A column with a foreign key has no type before the table that it points to is known.
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
    """Bring the database to this version and see that somebody can sign in.

    Returns:
        One-time link for the first admin; None where there is one already.

    Raises:
        MigrationError: the database cannot be migrated.
        SiteKeyError: the site key is not that of the data.
        Problem: the first admin's email or password in the settings cannot be used.
    """
    upgrade(settings)
    database = Database(settings.database)
    try:
        return first_admin(database, settings, verified_site_key(database, settings))
    finally:
        database.dispose()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
def main(as_json: bool) -> None:
    """Prepare the data; prints the first admin's one-time link where it is needed."""
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
