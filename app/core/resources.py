"""Resources that every process of the site opens: the api, a worker, a command."""

from dataclasses import dataclass, field
from typing import Any, Self

from app.core.blobs import BlobStore, open_blobs
from app.core.broker import BrokerClient
from app.core.carried import carrying
from app.core.database import Database
from app.core.security import SiteKey, load_site_key
from app.core.settings import Settings


@dataclass(eq=False)
class Resources:
    """Settings and open resources of one process."""

    settings: Settings
    """The settings in force: ``environment`` with an administrator's changes applied. Read them at
    each use, because they change while the process runs."""
    environment: Settings
    """The settings that the process started with."""
    database: Database
    blobs: BlobStore
    broker: BrokerClient
    site_key: SiteKey
    changed_settings: dict[str, Any] = field(default_factory=dict, init=False)
    """The changes that `app.site_settings.records.follow` found last."""

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the resources that the settings name.

        Raises:
            SiteKeyError: the site key is unusable.
        """
        database = Database(settings.database)
        return cls(
            settings=settings,
            environment=settings,
            database=database,
            blobs=open_blobs(settings),
            broker=BrokerClient(settings),
            site_key=carrying(database, load_site_key(settings)),
            **cls._more(settings),
        )

    @classmethod
    def _more(cls, settings: Settings) -> dict[str, Any]:
        """Return the further resources of this kind of process, by field."""
        return {}

    def close(self) -> None:
        """Close connections."""
        self.broker.close()
        self.database.dispose()
