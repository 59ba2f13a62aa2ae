"""What is done to the data before anything serves it: migrate, check the key, first admin."""

from app.accounts.service import first_admin
from app.core.database import Database
from app.core.database_cli import upgrade
from app.core.settings import Settings
from app.status.site import settle_site_key


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
        return first_admin(database, settings, settle_site_key(database, settings))
    finally:
        database.dispose()
