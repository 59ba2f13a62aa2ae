"""Sub-keys that survive a rotation of the site key: those of pseudonyms and of the audit log.

After a rotation the database holds them, each sealed under the new key.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable

from sqlalchemy import column, select, table

from app.core.database import Database
from app.core.security import SiteKey

CARRIED = ("audit", "instance", "pseudonym")
"""Their purposes: the chain of the audit log, codes of DICOM instances, pseudonyms of patients."""

_PURPOSE = "carried"
_SITE = table("site", column("key"), column("value"))


def fact_name(purpose: str) -> str:
    """Return the name of the site's fact that holds a carried sub-key."""
    return f"carried-key/{purpose}"


def seal_carried(new: SiteKey, old: SiteKey) -> dict[str, str]:
    """Return the site's facts that carry the old key's sub-keys over to the new key."""
    return {
        fact_name(purpose): b64encode(
            new.seal(_PURPOSE, old.subkey(purpose), purpose.encode())
        ).decode()
        for purpose in CARRIED
    }


def carrying(database: Database, key: SiteKey) -> SiteKey:
    """Return the key, which looks up its carried sub-keys when one of them is first needed."""

    def find() -> dict[str, bytes]:
        names = {fact_name(purpose): purpose for purpose in CARRIED}
        query = select(_SITE.c.key, _SITE.c.value).where(_SITE.c.key.in_(names))
        with database.read() as session:
            rows = session.execute(query).all()
        return {
            names[row.key]: key.open(_PURPOSE, b64decode(row.value), names[row.key].encode())
            for row in rows
        }

    finder: Callable[[], dict[str, bytes]] = find
    key.carry(CARRIED, finder)
    return key
