"""The site key belongs to the data; a wrong key is refused before it does harm."""

from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.carried import carrying
from app.core.database import Database
from app.core.security import (
    SiteKey,
    SiteKeyError,
    load_site_key,
    next_key,
    take_next_key,
)
from app.core.settings import Settings
from app.site.tables import SiteFact

FINGERPRINT = "site-key-fingerprint"


class DatabaseNotReadyError(Exception):
    """The database does not answer or lacks this version's tables; the message says what to do."""


def recorded_fingerprint(database: Database) -> str | None:
    """Return the fingerprint of the key that this data was written with; None if there is none."""
    with database.read() as session:
        fact = session.get(SiteFact, FINGERPRINT)
        return fact.value if fact else None


def verified_site_key(database: Database, settings: Settings) -> SiteKey:
    """Return the site's key after checking that it belongs to this data; record it on first use.

    Raises:
        SiteKeyError: the key is missing although there is data, does not match, or is too short.
    """
    recorded = recorded_fingerprint(database)
    if recorded and settings.site_key is None and not (settings.data_dir / "site.key").is_file():
        raise SiteKeyError(
            f"{settings.data_dir / 'site.key'} is missing, but the database holds data written "
            "with it. Restore the file from your backup, or set SONOLOOP_SITE_KEY."
        )
    key = load_site_key(settings)
    if recorded is None:
        recorded = _record(database, key.fingerprint())
    if recorded != key.fingerprint() and settings.site_key is None:
        following = next_key(settings.data_dir)
        if following is not None and following.fingerprint() == recorded:
            take_next_key(settings.data_dir)  # a rotation was cut off after its commit
            key = following
    if recorded != key.fingerprint():
        raise SiteKeyError(
            "The site key is not the one that this data was written with "
            f"(fingerprint {key.fingerprint()}, the data's is {recorded}). "
            "Restore the right key: SONOLOOP_SITE_KEY, or site.key in the data folder."
        )
    return carrying(database, key)


def require_site_key(settings: Settings) -> None:
    """Check the site key and the schema, in every process of the site before it touches data.

    Raises:
        SiteKeyError: the key does not match the data.
        DatabaseNotReadyError: the database does not answer or is not migrated yet.
    """
    database = Database(settings.database)
    try:
        verified_site_key(database, settings)
    except DBAPIError as error:
        raise DatabaseNotReadyError(
            f"The database cannot be used: {error.orig}. See that it runs and that "
            "SONOLOOP_DATABASE_URL is right, then run `sonoloop migrate`."
        ) from error
    finally:
        database.dispose()


def _record(database: Database, fingerprint: str) -> str:
    try:
        with database.write() as session:
            session.add(SiteFact(key=FINGERPRINT, value=fingerprint))
    except IntegrityError:  # another process was first
        return recorded_fingerprint(database) or fingerprint
    return fingerprint
